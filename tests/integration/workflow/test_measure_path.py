"""An interim measure from the alert to its end, through HTTP, Temporal and the real topics."""

import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from contracts.measures.v1.measures_pb2 import (
    MEASURE_ENDING_PASS_ON,
    MEASURE_ENDING_RESTORE,
    MeasureApplied,
    MeasureDecided,
    MeasureEnded,
    MeasurePassedOn,
    MeasureRestored,
)
from ops.demo.clients import Handler, Reporter
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    NEXT_MANAGER,
    OTHER_HEAD,
    OTHER_MANAGER,
    PERSON,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
)
from tests.integration.workflow.whole import Whole
from tests.waiting import eventually

WORDS = "He mocked how I speak at three meetings."
RISK = "He signs her leave and her appraisal."
REASONS = "Two people depend on one man while the matter is assessed."
LEAST = "Her work, place and hours stay as they are; only who signs changes."
OTHER_SIDE_TOLD = "interim_measure.other_side_told"
REPORT = {
    "route": "formal_report",
    "mode": "confidential",
    "language": "en",
    "answers": {"what_happened": WORDS},
    "parties": {"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]},
    "consents": {},
    "choices": {"writer": "affected"},
    # Protection is the ethics office's matter, which is not here.
    "watch_for_retaliation": False,
}


def decision(seconds: float) -> tuple[dict[str, Any], dict[str, str]]:
    now = datetime.now(UTC)
    facts = {
        "type": "reporting_line_change",
        "purpose": "prevent_repetition",
        "effects_seen": True,
        "from_at": now.isoformat(),
        "review_at": (now + timedelta(seconds=seconds / 2)).isoformat(),
        "until_at": (now + timedelta(seconds=seconds)).isoformat(),
    }
    persons = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
    return facts, {"reasons": REASONS, "least_burden": LEAST, "persons": json.dumps(persons)}


async def ids(handler: Handler, lifecycle: str) -> set[str]:
    return {case["case_id"] for case in await handler.cases(lifecycle)}


async def new(handler: Handler, lifecycle: str, known: set[str]) -> str:
    """The case that is in this person's list and was not before."""

    async def come() -> set[str]:
        return await ids(handler, lifecycle) - known

    (case_id,) = await eventually(come)
    return str(case_id)


async def reported(whole: Whole) -> tuple[Reporter, str, str]:
    """(the reporter, the report's id, the case at oversight)."""
    investigator = await whole.staff(INVESTIGATOR)
    reporter = await whole.reporter()
    known = await ids(investigator, "formal_report")

    async def lodged() -> bool:
        # Before workflow's desk key has come, intake can seal nothing to it.
        answer = await whole.http.post(
            f"{whole.url('intake')}/api/v1/reports", json=REPORT, headers={"Idempotency-Key": str(uuid4())}
        )
        if answer.status_code == 201:
            reporter.access_code = answer.json()["access_code"]
        assert answer.status_code in {201, 503}, answer.text
        return answer.status_code == 201

    await eventually(lodged)
    case_id = await new(investigator, "formal_report", known)
    return reporter, (await reporter.route("formal_report"))["report_id"], case_id


async def alerted(whole: Whole) -> tuple[Reporter, str, str, str]:
    """(the reporter, the report's id, its case, the measure's): oversight and the legal officer have alerted."""
    reporter, report_id, report_case = await reported(whole)
    investigator, legal = await whole.staff(INVESTIGATOR), await whole.staff(LEGAL_AND_HEAD)
    await investigator.act("acknowledge", report_case)
    await investigator.act("start_assessment", report_case)
    known = await ids(legal, "interim_measure")
    alert = {"purpose": "prevent_repetition", "urgency": "green"}
    await investigator.act("alert_interim_measures", report_case, alert, {"risk_facts": RISK})
    measure = await new(legal, "interim_measure", known)
    assert await ids(legal, "formal_report") == set()
    assert (await legal.ask(report_case)).status_code == 404
    await legal.act("alert", measure, texts={"risk_facts": "LEG sees the same."})
    return reporter, report_id, report_case, measure


async def consented(whole: Whole, kind: str = "reporting_line_change") -> tuple[Reporter, str, str]:
    reporter, report_id, _, measure = await alerted(whole)
    head, second = await whole.staff(OTHER_HEAD), await whole.staff(SECOND_INVESTIGATOR)
    await head.act("acknowledge_alert", measure)
    facts, texts = decision(600)
    without = await head.try_to("decide_measure", measure, facts, texts)
    assert (without.status_code, without.json()["code"], without.json()["rule"]) == (
        409,
        "CONSENT_MISSING",
        "invariant 38",
    )
    await second.act("ask_consent", measure, {"alternative_offered": True, "asked_type": kind})
    case = await eventually(lambda: asked(reporter))
    assert (case["facts"]["measure"], case["facts"]["effect_on_pay"]) == (kind, "unchanged")
    await reporter.act(report_id, case, "consent_to_measure", {"effects_seen": True})
    await eventually(lambda: state_is(head, measure, "consented"))
    return reporter, report_id, measure


async def asked(reporter: Reporter) -> Any:
    case = await reporter.case("formal_report", "interim_measure")
    return case if case and case["state"] == "consent_asked" else None


async def state_is(handler: Handler, case_id: str, state: str) -> bool:
    return bool((await handler.case(case_id))["state"] == state)


async def test_a_measure_is_applied_told_to_her_first_passed_on_at_its_end_and_lifted(whole: Whole) -> None:
    reporter, _, measure = await consented(whole)
    head, director = await whole.staff(OTHER_HEAD), await whole.staff(HR_DIRECTOR)

    await head.act("decide_measure", measure, *decision(15))
    decided = await whole.measure(MeasureDecided)
    assert decided.type == "reporting_line_change"
    assert decided.measure_id != measure
    assert whole.persons(decided) == {
        "person": PERSON,
        "current_supervisor": SUPERVISOR,
        "temporary_supervisor": OTHER_MANAGER,
        "next_level_manager": NEXT_MANAGER,
        "appraiser": OTHER_MANAGER,
        "approver": OTHER_MANAGER,
    }
    await eventually(lambda: nothing_waits(whole))

    # Applied, but her inbox cannot say so yet: the other side is not told.
    whole.signal("intake", signal.SIGSTOP)
    await whole.result(decided.measure_id, MeasureApplied, proof_hash=b"\x01" * 32)
    await eventually(lambda: state_is(head, measure, "applied"))
    assert whole.told(OTHER_SIDE_TOLD) == []
    whole.signal("intake", signal.SIGCONT)
    await eventually(lambda: state_is(head, measure, "effective"))
    await eventually(lambda: her_state_is(reporter, "effective"))

    async def other_side_told() -> list[datetime]:
        return whole.told(OTHER_SIDE_TOLD)

    (told,) = await eventually(other_side_told)
    ((placed,),) = await whole.query(
        "select min(at) from (select convert_from(entry_json, 'utf8')::json as entry,"
        " (convert_from(entry_json, 'utf8')::json ->> 'at')::timestamptz as at from audit_trail) trail"
        " where entry ->> 'act' = 'case.acted' and entry -> 'facts' ->> 'action' = 'record_placed'"
    )
    assert placed <= told

    # Who decided may not lift it, nor who alerted (invariant 33).
    for staff_id in (OTHER_HEAD, LEGAL_AND_HEAD):
        lifter = await whole.staff(staff_id)
        refused = await lifter.try_to("lift_measure", measure, {"safety_check": True}, {"reasons": REASONS})
        assert (refused.status_code, refused.json()["code"], refused.json()["rule"]) == (
            409,
            "SAME_PERSON",
            "invariant 33",
        )

    # At the end without a decision it does not fall back to the other side (invariant 36).
    ended = await whole.measure(MeasureEnded)
    assert (ended.ending, ended.measure_id) == (MEASURE_ENDING_PASS_ON, decided.measure_id)
    assert whole.persons(ended)["next_level_manager"] == NEXT_MANAGER
    await whole.result(decided.measure_id, MeasurePassedOn, proof_hash=b"\x02" * 32)
    await eventually(lambda: state_is(director, measure, "passed_on"))

    async def escalated() -> list[datetime]:
        return whole.told("interim_measure.passed_on")

    assert await eventually(escalated)
    await director.act("lift_measure", measure, {"safety_check": True}, {"reasons": REASONS})
    restore = await whole.measure(MeasureEnded, 2)
    assert restore.ending == MEASURE_ENDING_RESTORE
    await whole.result(decided.measure_id, MeasureRestored, proof_hash=b"\x03" * 32)
    await eventually(lambda: state_is(director, measure, "lifted"))
    await eventually(lambda: her_state_is(reporter, "lifted"))


async def nothing_waits(whole: Whole) -> bool:
    """The HR bridge has said that it applied what it was sent: it is not sent again."""
    rows = await whole.query("select 1 from outbox where topic = 'workflow.measures.v1'")
    return rows == []


async def her_state_is(reporter: Reporter, state: str) -> bool:
    case = await reporter.case("formal_report", "interim_measure")
    return bool(case and case["state"] == state)


async def test_who_alerted_cannot_decide_and_persons_have_to_be_those_of_the_matter(whole: Whole) -> None:
    decided_before = len(whole.hr.of(MeasureDecided))
    _, _, measure = await consented(whole)
    facts, texts = decision(600)
    legal, head = await whole.staff(LEGAL_AND_HEAD), await whole.staff(OTHER_HEAD)
    refused = (await legal.try_to("decide_measure", measure, facts, texts)).json()
    assert (refused["status"], refused["code"], refused["rule"], refused["params"]) == (
        409,
        "SAME_PERSON",
        "invariant 33",
        {"did": "alert"},
    )
    named = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
    for wrong, field in [
        ("not json", "texts.persons"),
        (json.dumps({"person": PERSON}), "texts.persons.current_supervisor"),
        (json.dumps(named | {"person": "S0026"}), "texts.persons.person"),
        (json.dumps(named | {"current_supervisor": NEXT_MANAGER}), "texts.persons.current_supervisor"),
        (json.dumps(named | {"temporary_supervisor": "S9999"}), "texts.persons.temporary_supervisor"),
        (json.dumps(named | {"temporary_supervisor": SUPERVISOR}), "texts.persons"),
        (json.dumps(named | {"note": "to whom"}), "texts.persons"),
    ]:
        answer = await head.try_to("decide_measure", measure, facts, texts | {"persons": wrong})
        assert (answer.status_code, answer.json()["field"]) == (400, field)
        assert "S0" not in answer.text
        assert "S9" not in answer.text
    assert len(whole.hr.of(MeasureDecided)) == decided_before


async def test_the_excluded_supervisor_finds_nothing_and_what_was_written_reaches_whom_it_is_for(whole: Whole) -> None:
    _, _, report_case, measure = await alerted(whole)
    investigator, excluded = await whole.staff(INVESTIGATOR), await whole.staff(SUPERVISOR)
    assert await excluded.cases() == []
    unknown = await excluded.ask(str(uuid4()))
    for case_id in (measure, report_case):
        for answer in (
            await excluded.ask(case_id),
            await excluded.try_to("acknowledge_alert", case_id),
            await whole.http.post(
                f"{excluded.desk}/api/v1/cases/{case_id}/contents-readings",
                json={"purpose": "measure"},
                headers=excluded.headers,
            ),
        ):
            assert (answer.status_code, answer.content) == (404, unknown.content)

    items = await investigator.read_contents(report_case, "assessment")
    assert WORDS in [item["text"] for item in items]
    head = await whole.staff(OTHER_HEAD)
    assert (await head.ask(report_case)).content == unknown.content
    texts = [item["text"] for item in await head.read_contents(measure, "measure")]
    assert RISK in texts
    assert WORDS not in texts

    tables = ("cases", "case_actions", "action_bodies", "case_parties", "audit_readable", "reports", "recipients")
    dump = [repr(await whole.query(f"select * from {table}")) for table in tables]
    for word in (PERSON, SUPERVISOR, WORDS, RISK):
        assert word not in "".join(dump)
    log = (whole.folder / "workflow.log").read_text()
    for word in (PERSON, SUPERVISOR, INVESTIGATOR, WORDS, RISK):
        assert word not in log
