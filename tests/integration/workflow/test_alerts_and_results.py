"""Alerts open or join a measure, the HR bridge's answers move it, and only those who may hear of it do."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.inbox import InvalidMessage
from chassis.keys import ServiceKeys
from chassis.sealing import open_from
from chassis.web.problems import Problem
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import (
    REPORTING_MODE_CONFIDENTIAL,
    PersonActed,
    PlacedInInbox,
    ReportLodged,
)
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureDecided, MeasureFailed, MeasureRestored
from contracts.topics import HR_MEASURE_RESULTS, INTAKE_REPORTS_WORKFLOW, WORKFLOW_CASES
from lifecycle import bodies, notices
from lifecycle.activities import Activities
from lifecycle.directory import DirectoryNotHere
from lifecycle.durable import Act, Decided, RefusedAction
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Refused
from lifecycle.parties import PartiesNotHere
from lifecycle.sender import Sender
from policy.model import Appointment, Office, Role
from services.workflow.desk import route
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PARTIES,
    PERSON,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
    House,
)

RISK = {"risk_facts": "He signs her leave."}
REASONS = "Two people depend on one man for leave and appraisal while the matter is assessed."
LEAST = "Her work, her place and her hours stay as they are; only who signs changes."
ALERT = {"purpose": "prevent_repetition", "urgency": "green"}


async def reported(house: House, named: Parties = PARTIES) -> CaseId:
    await house.people()
    await house.hr_key()
    case_id = await house.open()
    await house.route(case_id, named)
    assert isinstance(await house.act(INVESTIGATOR, case_id, "acknowledge"), Decided)
    return case_id


async def measures(house: House) -> list[UUID]:
    rows = await house.query("select case_id from cases where lifecycle = 'interim_measure' order by number")
    return [row.case_id for row in rows]


async def alerted(house: House) -> UUID:
    case_id = await reported(house)
    assert isinstance(await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK), Decided)
    (measure,) = await measures(house)
    await route(house.desk, CaseId(measure))
    return measure


def decision(**changed: Any) -> tuple[dict[str, Any], dict[str, str]]:
    now = datetime.now(UTC)
    facts = {
        "type": "reporting_line_change",
        "purpose": "prevent_repetition",
        "burden": "alleged_offender",
        "effects_seen": True,
        "from_at": now.isoformat(),
        "review_at": (now + timedelta(seconds=200)).isoformat(),
        "until_at": (now + timedelta(seconds=400)).isoformat(),
    }
    persons = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER} | changed
    return facts, {"reasons": REASONS, "least_burden": LEAST, "persons": json.dumps(persons)}


async def decided(house: House) -> tuple[UUID, str]:
    """(the measure's case, the name under which the HR bridge knows it)."""
    measure = await alerted(house)
    assert isinstance(await house.act(OTHER_HEAD, measure, "acknowledge_alert"), Decided)
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", *decision()), Decided)
    ((measure_id,),) = await house.query("select measure_id from measures where case_id = :case", case=measure)
    return measure, str(measure_id)


async def state(house: House, case_id: UUID) -> str:
    return (await house.row(case_id)).state


async def test_a_lodged_report_opens_one_case_however_often_it_comes(house: House) -> None:
    report_id = str(uuid4())
    message = ReportLodged(
        report_id=report_id,
        lifecycle="formal_report",
        mode=REPORTING_MODE_CONFIDENTIAL,
        route_public_key=b"key",
        language="en",
    )
    message.lodged_at.FromDatetime(datetime.now(UTC))
    for _ in range(2):
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    ((case_id, lodged_state),) = await house.query("select case_id, state from cases")
    assert lodged_state == "submitted"
    assert house.desk.to_wake.get_nowait() == case_id
    for wrong in ("informal_resolution", "interim_measure", ""):
        message.lifecycle = wrong
        with pytest.raises(InvalidMessage):
            await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)


async def test_before_the_directory_has_come_nothing_is_shown_to_anybody(house: House) -> None:
    """Without lines only the parties themselves would be kept out (invariant 32)."""
    case_id = await house.open()
    await house.route(case_id)
    await house.act(INVESTIGATOR, case_id, "acknowledge")
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    (measure,) = await measures(house)
    with pytest.raises(DirectoryNotHere):
        await route(house.desk, CaseId(measure))
    assert await house.excluded(measure, OTHER_HEAD, decides=True)
    await house.people()
    await route(house.desk, CaseId(measure))
    assert not await house.excluded(measure, OTHER_HEAD, decides=True)


async def test_alerts_of_two_offices_join_one_measure_and_carry_what_was_written(house: House) -> None:
    case_id = await reported(house)
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    await house.act(SECOND_INVESTIGATOR, case_id, "alert_interim_measures", ALERT, {"risk_facts": "Also this."})
    (measure,) = await measures(house)
    case = (await house.row(measure)).data
    assert [step.by for step in case["steps"] if step.action == "alert"] == [INVESTIGATOR, SECOND_INVESTIGATOR]
    row = await house.row(measure)
    assert row.report_id == (await house.row(case_id)).report_id
    async with house.desk.database.transaction() as session:
        texts = await bodies.texts_of(session, house.desk, row)
    assert [one.text for one in texts] == [RISK["risk_facts"], "Also this."]


async def test_inv_33_who_asked_for_consent_learns_that_another_has_to_alert(house: House) -> None:
    measure = await alerted(house)
    ((case_id,),) = await house.query("select case_id from cases where lifecycle = 'formal_report'")
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    asked = await house.act(SECOND_INVESTIGATOR, measure, "ask_consent", {"alternative_offered": True})
    assert isinstance(asked, Decided)
    before = [await house.row(one) for one in (case_id, measure)]

    action = Action(uuid4(), "alert_interim_measures", ALERT, frozenset(RISK))
    async with house.desk.database.transaction_if_needed() as begun:
        signed = await Sender(house.desk).sign(begun, before[0], action, RISK, SECOND_INVESTIGATOR)
    verdict = await Activities(house.desk).decide(Act(str(case_id), signed, datetime.now(UTC)))
    assert verdict.refused == RefusedAction("SAME_PERSON", "invariant 33", {"did": "ask_consent"})
    assert [await house.row(one) for one in (case_id, measure)] == before
    # A refusal that had been taken for done would be answered as done when it is sent again.
    assert await house.query("select 1 from case_actions where action_id = :id", id=action.id) == []
    trail = await house.query(
        "select entry_json from audit_readable where object_ref = :case order by object_number", case=str(case_id)
    )
    last = json.loads(trail[-1].entry_json)
    assert (last["act"], last["actor"], last["rule"]) == ("action.refused", SECOND_INVESTIGATOR, "invariant 33")

    other = await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    assert isinstance(other, Decided)


async def test_an_alert_after_the_decision_opens_another_measure(house: House) -> None:
    await decided(house)
    ((case_id,),) = await house.query("select case_id from cases where lifecycle = 'formal_report'")
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    assert len(await measures(house)) == 2


async def test_a_measure_waits_for_its_reports_parties(house: House) -> None:
    await house.people()
    measure = await house.open("interim_measure")
    with pytest.raises(PartiesNotHere):
        await route(house.desk, measure)
    assert await house.excluded(measure, INVESTIGATOR)


async def test_a_measure_takes_its_reports_exclusions(house: House) -> None:
    routed = await alerted(house)
    assert await house.excluded(routed, SUPERVISOR, decides=True)
    assert not await house.excluded(routed, LEGAL_AND_HEAD)


async def test_those_who_decide_are_told_once_it_is_known_who_must_not_be(house: House) -> None:
    case_id = await reported(house)
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    assert [wording for wording, _ in await house.notices() if wording.startswith("interim_measure")] == []
    await house.run_errands()
    told = {who for wording, who in await house.notices() if wording == "interim_measure.to_consider"}
    # S0017 is an administrative head too, and the one whom it is about.
    assert told == {LEGAL_AND_HEAD, OTHER_HEAD, HR_DIRECTOR}
    await house.run_errands()
    assert len(await house.notices()) == len(set(await house.notices()))


async def test_who_may_decide_in_a_wider_line_hears_nothing_in_another_role(house: House) -> None:
    """S0001 stands above the parties' managers: open to him is the measure, as a head, and not the report."""
    began = datetime.now(UTC).date() - timedelta(days=1)
    by = {"appointed_by": "S0062", "confirmed_by": "S0063"}
    held = (
        Appointment("S0001", Role.INTAKE_OFFICER, Office.OIO, "", began, **by),
        Appointment("S0001", Role.ADMINISTRATIVE_HEAD, Office.OIO, "", began, **by),
    )
    policy = house.desk.policy
    house.desk.policy = replace(policy, appointments=(*policy.appointments, *held))
    case_id = await reported(house)
    await route(house.desk, case_id)
    told = [who for wording, who in await house.notices() if wording == "formal_report.received"]
    assert INVESTIGATOR in told
    assert "S0001" not in told
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    await house.run_errands()
    assert ("interim_measure.to_consider", "S0001") in await house.notices()


async def test_the_decision_reaches_the_hr_bridge_sealed_and_names_nobody_in_clear(house: House) -> None:
    _, measure_id = await decided(house)
    ((value,),) = await house.query("select value from outbox where topic = 'workflow.measures.v1'")
    message = MeasureDecided.FromString(value)
    assert message.measure_id == measure_id
    assert PERSON.encode() not in value

    hr = ServiceKeys.load(house.settings.keys_dir.parent / "hr_bridge").desk("hr")
    opened = json.loads(open_from(hr, message.sealed_persons, context=b"measure|" + measure_id.encode()))
    assert opened == {
        "person": PERSON,
        "current_supervisor": SUPERVISOR,
        "temporary_supervisor": OTHER_MANAGER,
        "next_level_manager": "S0016",
        "appraiser": OTHER_MANAGER,
        "approver": OTHER_MANAGER,
    }


async def test_without_a_proof_nothing_counts_as_applied(house: House) -> None:
    measure, measure_id = await decided(house)
    with pytest.raises(InvalidMessage):
        await house.hr_answers(measure_id, MeasureApplied, proof_hash=b"")
    assert await state(house, measure) == "decided"
    await house.hr_answers(measure_id, MeasureApplied)
    assert await state(house, measure) == "applied"


async def test_an_answer_for_another_measure_changes_nothing(house: House) -> None:
    measure, measure_id = await decided(house)
    other = str(uuid4())
    await house.receive(HR_MEASURE_RESULTS, other, MeasureApplied(measure_id=other, proof_hash=b"\x01"))
    with pytest.raises(InvalidMessage):
        await house.receive(HR_MEASURE_RESULTS, other, MeasureApplied(measure_id=measure_id, proof_hash=b"\x01"))
    assert await state(house, measure) == "decided"


async def test_a_failure_is_told_and_the_measure_may_be_decided_again_under_its_name(house: House) -> None:
    measure, measure_id = await decided(house)
    await house.hr_answers(measure_id, MeasureFailed, code="changed_meanwhile")
    assert await state(house, measure) == "not_applied"
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", *decision()), Decided)
    rows = await house.query("select value from outbox where topic = 'workflow.measures.v1' order by id")
    assert [MeasureDecided.FromString(row.value).measure_id for row in rows] == [measure_id, measure_id]


async def test_the_other_side_is_told_only_when_her_inbox_shows_what_was_applied(house: House) -> None:
    measure, measure_id = await decided(house)
    row = await house.row(measure)
    report_id = str(row.report_id)

    async def placed(version: int) -> None:
        message = PlacedInInbox(report_id=report_id, lifecycle="interim_measure", number=1, version=version)
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)

    await placed(row.version)
    await house.hr_answers(measure_id, MeasureApplied)
    applied = (await house.row(measure)).version
    await placed(applied - 1)
    assert await state(house, measure) == "applied"
    assert SUPERVISOR not in [who for _, who in await house.notices()]
    await placed(applied)
    assert await state(house, measure) == "told_first"
    assert SUPERVISOR not in [who for _, who in await house.notices()]
    await house.run_errands()
    assert await state(house, measure) == "effective"
    # Of a measure over his own work he has a case of his own, and hears of that.
    assert [name for name, who in await house.notices() if who == SUPERVISOR] == ["respondent.told"]
    assert (await house.row(measure)).placed_version == applied


async def test_the_other_side_hears_no_end_of_what_it_was_never_told_of(house: House) -> None:
    measure, measure_id = await decided(house)
    await house.hr_answers(measure_id, MeasureApplied)
    lifted = await house.act(HR_DIRECTOR, measure, "lift_measure", {"safety_check": True}, {"reasons": "Not needed."})
    assert isinstance(lifted, Decided)
    await house.hr_answers(measure_id, MeasureRestored)
    row = await house.row(measure)
    report_id = str(row.report_id)
    shown = PlacedInInbox(report_id=report_id, lifecycle="interim_measure", number=1, version=row.version)
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, shown)
    assert await state(house, measure) == "lifted"
    told = await house.notices()
    assert ("interim_measure.over", INVESTIGATOR) in told
    assert SUPERVISOR not in [who for _, who in told]


async def test_inv_38_her_work_is_not_changed_under_the_name_of_the_other_sides_burden(house: House) -> None:
    measure = await alerted(house)
    facts, texts = decision()

    async def check(burden: str) -> None:
        action = Action(uuid4(), "decide_measure", facts | {"burden": burden}, frozenset(texts))
        async with house.desk.database.transaction_if_needed() as begun:
            await house.desk.check(begun, await house.row(measure), action, texts)

    with pytest.raises(Problem) as refusal:
        await check("alleged_offender")
    assert (refusal.value.status, refusal.value.facts) == (400, {"field": "texts.persons.person"})
    await check("affected_individual")


async def test_a_notice_has_room_for_whatever_the_reporter_typed_and_is_answered_for_as_long_as_it_is_kept(
    house: House,
) -> None:
    """Were it refused, the event that brought it would be tried for ever, and others of its partition wait."""
    office, longest = house.desk.keys.desk("oio"), "x" * 64
    async with house.desk.database.transaction() as session:
        notice = StaffNotice(wording_key="any.wording")
        await notices.add_notice(session, WORKFLOW_CASES, uuid4(), longest, notice, case_id=uuid4(), desk_key=office)
    assert await house.notices() == [("any.wording", longest)]
    ((reference,),) = await house.query("select recipient_ref from recipients")

    async def meant() -> str | None:
        async with house.desk.database.transaction() as session:
            found = await notices.recipient(session, reference, desk_key=office)
            return found and found.staff_id

    assert await meant() == longest
    await house.query("update recipients set created_at = now() - interval '31 days' returning 1")
    assert await meant() is None


async def test_what_needs_somebody_soon_or_is_late_is_told_at_once_and_the_rest_may_wait(house: House) -> None:
    measure, told = await alerted(house), list[StaffNotice]()
    for due, late in (("3 days", ""), ("1 hour", ""), (None, ""), ("3 days", Office.OIO.value)):
        await house.query(
            "update cases set unmet_at = now() + cast(:due as interval) where case_id = :id returning 1",
            due=timedelta(hours=72 if due == "3 days" else 1) if due else None,
            id=measure,
        )
        async with house.desk.database.transaction() as session:
            await notices.add(session, house.desk, await house.row(measure), PERSON, "any.wording", late_office=late)
        rows = await house.query(
            "select value from outbox where type = 'contracts.cases.v1.StaffNotice' order by id desc limit 1"
        )
        told.append(StaffNotice.FromString(rows[0].value))
    assert [(one.may_wait, one.late_office) for one in told] == [
        (True, ""), (False, ""), (True, ""), (False, "oio"),
    ]  # fmt: skip


async def test_the_person_acts_in_her_own_case_alone_and_an_unknown_one_holds_nothing_up(house: House) -> None:
    measure = await alerted(house)
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    await house.act(SECOND_INVESTIGATOR, measure, "ask_consent", {"alternative_offered": True})
    report_id = str((await house.row(measure)).report_id)
    message = PersonActed(
        report_id=report_id, lifecycle="interim_measure", number=7, action_id=str(uuid4()), action="consent_to_measure"
    )
    message.facts_json = json.dumps({"effects_seen": True})
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    assert await state(house, measure) == "consent_asked"
    message.number = 1
    with pytest.raises(InvalidMessage):
        await house.receive(INTAKE_REPORTS_WORKFLOW, str(uuid4()), message)
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    assert await state(house, measure) == "consented"


async def test_who_alerted_neither_acknowledges_nor_decides(house: House) -> None:
    measure = await alerted(house)
    assert isinstance(await house.act(LEGAL_AND_HEAD, measure, "alert", texts=RISK), Decided)
    refused = await house.act(LEGAL_AND_HEAD, measure, "acknowledge_alert")
    assert refused == Refused("SAME_PERSON", "invariant 33", {"did": "alert"})
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    refused = await house.act(LEGAL_AND_HEAD, measure, "decide_measure", *decision())
    assert refused == Refused("SAME_PERSON", "invariant 33", {"did": "alert"})
