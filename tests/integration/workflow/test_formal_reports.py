"""A formal report on the real stores: sub-files, links, witnesses, reviews, and what is left at its end."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import (
    REPORTING_MODE_ANONYMOUS,
    MessageReceived,
    NameGiven,
    PersonActed,
    ReportLodged,
)
from contracts.requests.v1.requests_pb2 import CooperationEnded, CooperationStarted
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import access, parties, records, recusal
from lifecycle.at_desk import _contents
from lifecycle.decide import decide_as, open_case, ring
from lifecycle.desk import EffectRefused
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.serial import from_json
from policy.model import Role
from services.workflow import formal_reports, measures
from services.workflow.cooperation import protection_id
from tests.integration.workflow.house import (
    COLLEAGUE,
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_MANAGER,
    PERSON,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
    House,
)
from tests.waiting import eventually

REVIEWER, SECOND_REVIEWER = "S0068", "S0076"
TWO = Parties(affected_individual=PERSON, alleged_offender=(SUPERVISOR, OTHER_MANAGER))


async def checked(
    house: House,
    staff_id: str,
    case_id: UUID,
    name: str,
    facts: dict[str, Any] | None = None,
    texts: dict[str, str] | None = None,
) -> Any:
    """An action as the web process takes it: looked at first, then sent."""
    action = Action(uuid4(), name, facts or {}, frozenset(texts or {}))
    async with house.desk.database.transaction() as session:
        await house.desk.check(session, await house.row(case_id), action, texts or {})
    return await house.act(staff_id, case_id, name, facts, texts)


async def took(house: House, *action: Any) -> Decided:
    answer = await checked(house, *action)
    assert isinstance(answer, Decided), answer
    return answer


async def assessing(house: House, named: Parties = TWO, by: str = INVESTIGATOR) -> CaseId:
    await house.people()
    await house.peer_key("ethics", "ethics")
    case_id = await house.open()
    await house.route(case_id, named)
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    await took(house, by, case_id, "start_assessment")
    return case_id


async def investigating(house: House, named: Parties = TWO) -> CaseId:
    case_id = await assessing(house, named)
    await took(house, INVESTIGATOR, case_id, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    return case_id


async def closed(house: House) -> CaseId:
    case_id = await assessing(house)
    reason = {"reason": "no_reasonable_chance"}
    await took(house, INVESTIGATOR, case_id, "close_no_action", reason, {"reasons": "r"})
    return case_id


async def of_report(house: House, case_id: UUID, lifecycle: str) -> list[records.CaseRow]:
    async with house.desk.database.transaction() as session:
        found = await records.of_report(session, (await house.row(case_id)).report_id)
    return [one for one in found if one.lifecycle == lifecycle]


async def facts_of(house: House, case_id: UUID) -> Any:
    return from_json((await house.row(case_id)).data).facts


async def by_her(house: House, case_id: UUID, name: str, **facts: Any) -> None:
    row = await house.row(case_id)

    message = PersonActed(
        report_id=str(row.report_id),
        lifecycle=row.lifecycle,
        number=row.number,
        action_id=str(uuid4()),
        action=name,
        facts_json=json.dumps(facts),
    )
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(row.report_id), message)


# Sub-files.


async def test_each_alleged_offender_has_a_sub_file_of_his_own_and_is_named_there_alone(house: House) -> None:
    main = await investigating(house)
    await took(house, INVESTIGATOR, main, "open_subfile", {}, {"respondent": SUPERVISOR.lower()})
    first, second = await of_report(house, main, "formal_report")
    assert (first.case_id, second.number, second.state) == (main, 2, "assessing")
    assert second.handlers == [INVESTIGATOR]
    await house.run_errands()
    async with house.desk.database.transaction() as session:
        assert await formal_reports.subjects_of(session, house.desk, second) == (SUPERVISOR,)
        assert await formal_reports.subjects_of(session, house.desk, first) == (OTHER_MANAGER,)
    for case_id in (first.case_id, second.case_id):
        for party in (SUPERVISOR, OTHER_MANAGER, PERSON):
            assert await house.excluded(case_id, party)
    dump = str(await house.query("select data, errands, handlers, step from cases join case_steps using (case_id)"))
    assert SUPERVISOR.lower() not in dump.lower(), "who it is stands under seal alone"


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"respondent": COLLEAGUE}, "texts.respondent"),
        ({"respondent": "nobody"}, "texts.respondent"),
    ],
)
async def test_a_sub_file_is_about_somebody_whom_the_report_names(
    house: House, texts: dict[str, str], field: str
) -> None:
    case_id = await investigating(house)
    with pytest.raises(Problem) as problem:
        await checked(house, INVESTIGATOR, case_id, "open_subfile", {}, texts)
    assert problem.value.facts == {"field": field}
    assert COLLEAGUE not in problem.value.detail


async def test_nobody_has_two_sub_files(house: House) -> None:
    case_id = await investigating(house)
    await took(house, INVESTIGATOR, case_id, "open_subfile", {}, {"respondent": SUPERVISOR})
    with pytest.raises(Problem):
        await checked(house, INVESTIGATOR, case_id, "open_subfile", {}, {"respondent": SUPERVISOR})


# Parts in a case.


async def test_a_part_goes_to_nobody_who_must_not_see_it(house: House) -> None:
    named = Parties(affected_individual=PERSON, alleged_offender=(OTHER_MANAGER,), refused=(LEGAL_AND_HEAD,))
    case_id = await investigating(house, named)
    facts = {"finding": "not_substantiated", "legal_officer": LEGAL_AND_HEAD}
    with pytest.raises(Problem) as problem:
        await checked(house, INVESTIGATOR, case_id, "report_to_leg", facts, {"report": "r"})
    assert problem.value.facts == {"field": "facts.legal_officer"}


async def test_legal_affairs_see_the_report_from_the_moment_it_is_theirs(house: House) -> None:
    case_id = await investigating(house)
    assert isinstance(await house.act(LEGAL_AND_HEAD, case_id, "find_no_case", {}, {"reasons": "r"}), Refused)
    facts = {"finding": "not_substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, case_id, "report_to_leg", facts, {"report": "r"})
    assert (await house.row(case_id)).handlers == sorted([INVESTIGATOR, LEGAL_AND_HEAD])
    told = [whom for wording, whom in await house.notices() if wording == "formal_report.at_leg_now"]
    assert told == [LEGAL_AND_HEAD]


# Questions.


async def test_what_she_writes_answers_a_question_that_waits(house: House) -> None:
    case_id = await assessing(house)
    await took(house, INVESTIGATOR, case_id, "ask_person")
    report_id = str((await house.row(case_id)).report_id)
    for _ in range(2):
        message = MessageReceived(report_id=report_id, item_id=str(uuid4()))
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    row = await house.row(case_id)
    assert row.state == "assessing"
    assert [step.action for step in from_json(row.data).steps].count("record_answer") == 1
    heard = [who for wording, who in await house.notices() if wording == "formal_report.message"]
    assert heard == [INVESTIGATOR] * 2, "whoever has it hears of each"


async def test_before_anybody_has_it_the_office_hears_that_she_has_written(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id, TWO)
    report_id = str((await house.row(case_id)).report_id)
    message = MessageReceived(report_id=report_id, item_id=str(uuid4()))
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    heard = {who for wording, who in await house.notices() if wording == "formal_report.message"}
    assert heard == {one.staff_id for one in house.desk.policy.appointed(Role.INTAKE_OFFICER, datetime.now(UTC))}


# Links and witnesses.


async def test_inv_49_a_counter_report_is_handed_to_somebody_else_and_takes_nothing_along(house: House) -> None:
    first = await assessing(house)
    second = await house.open()
    await house.route(second, Parties(affected_individual=SUPERVISOR, alleged_offender=(PERSON,)))
    await took(house, INVESTIGATOR, second, "acknowledge")
    await took(house, INVESTIGATOR, second, "start_assessment")
    before = await facts_of(house, first)
    link = {"relation": "counter_report"}
    await took(house, INVESTIGATOR, second, "link_report", link, {"other_case": str(first)})
    assert (await facts_of(house, second))["other_handler_wanted"] is True
    assert await facts_of(house, first) == before, "the other report is as it was"
    refused = await house.act(INVESTIGATOR, second, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    assert isinstance(refused, Refused)
    assert refused.rule == "invariant 49"
    await took(house, INVESTIGATOR, second, "hand_over", {"investigator": SECOND_INVESTIGATOR})
    await took(house, SECOND_INVESTIGATOR, second, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    assert str(first) not in str(await house.query("select data, step from cases join case_steps using (case_id)")), (
        "a link is sealed"
    )


async def test_inv_49_where_nobody_else_is_left_the_same_person_goes_on(house: House) -> None:
    first = await assessing(house)
    named = Parties(affected_individual=SUPERVISOR, alleged_offender=(PERSON,), refused=(SECOND_INVESTIGATOR,))
    second = await house.open()
    await house.route(second, named)
    await took(house, INVESTIGATOR, second, "acknowledge")
    await took(house, INVESTIGATOR, second, "start_assessment")
    link = {"relation": "counter_report"}
    await took(house, INVESTIGATOR, second, "link_report", link, {"other_case": str(first)})
    assert "other_handler_wanted" not in await facts_of(house, second)


@pytest.mark.parametrize("other", ["not a case", "00000000-0000-4000-8000-000000000009"])
async def test_a_link_leads_to_a_report(house: House, other: str) -> None:
    case_id = await assessing(house)
    with pytest.raises(Problem):
        await checked(house, INVESTIGATOR, case_id, "link_report", {"relation": "group"}, {"other_case": other})


async def test_a_witness_is_protected_from_that_day_handles_none_of_it_and_it_ends_with_the_report(
    house: House,
) -> None:
    case_id = await investigating(house)
    assert not await house.excluded(case_id, SECOND_INVESTIGATOR)
    await took(house, INVESTIGATOR, case_id, "record_witness", {}, {"witness": SECOND_INVESTIGATOR})
    assert await house.excluded(case_id, SECOND_INVESTIGATOR)
    ((value,),) = await house.query("select value from outbox where type like '%CooperationStarted'")
    started = CooperationStarted.FromString(value)
    assert started.protection_id == str(protection_id(house.desk, case_id, SECOND_INVESTIGATOR))
    assert started.started_at.ToDatetime(UTC).time().isoformat() == "00:00:00"
    await took(house, INVESTIGATOR, case_id, "discontinue_investigation", *_reasons("subject_left"))
    await took(house, INVESTIGATOR, case_id, "ask_redress", {"hr_director": HR_DIRECTOR})
    await took(house, HR_DIRECTOR, case_id, "consider_redress", {"redress": "none"}, {"reasons": "r"})
    await took(house, INVESTIGATOR, case_id, "decide_disclosure", {"disclosure": "as_owed"}, {"reasons": "r"})
    await took(house, INVESTIGATOR, case_id, "communicate_outcome", {}, {"what_she_is_told": "w"})
    await took(house, INVESTIGATOR, case_id, "close_report", {"reason": "not_wanted"}, {"reasons": "r"})
    ((value,),) = await house.query("select value from outbox where type like '%CooperationEnded'")
    assert CooperationEnded.FromString(value).protection_id == started.protection_id


def _reasons(why: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"discontinued_for": why}, {"reasons": "r"}


# Reviews.


async def test_a_review_freezes_the_file_lets_its_reviewer_in_and_undoes_both(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    assert (review.state, from_json(review.data).facts["party"]) == ("requested", "person")
    assert (await facts_of(house, case_id))["frozen"] is True
    await house.run_errands()
    assert ("review.asked_for", REVIEWER) in await house.notices()
    assert isinstance(await house.act(REVIEWER, case_id, "release_hold", {}, {"reasons": "r"}), Refused)
    await took(house, REVIEWER, review.case_id, "take_review")
    assert REVIEWER in (await house.row(case_id)).handlers
    await took(house, REVIEWER, review.case_id, "decide_review", {"outcome": "upheld"}, {"reasons": "r"})
    assert ("review.decision_came", INVESTIGATOR) in await house.notices()
    assert ("review.decision_came", HR_DIRECTOR) not in await house.notices()
    await by_her(house, review.case_id, "record_appeal", forum="tribunal")
    await took(house, REVIEWER, review.case_id, "record_appeal_outcome", {"outcome": "dismissed"}, {"reasons": "r"})
    assert (await facts_of(house, case_id))["frozen"] is False
    assert REVIEWER not in (await house.row(case_id)).handlers


async def test_where_the_reviewer_steps_aside_the_second_goes_on_and_sees_the_file(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    await house.run_errands()
    assert {("review.asked_for", one) for one in (REVIEWER, SECOND_REVIEWER)} <= set(await house.notices())
    await took(house, REVIEWER, review.case_id, "take_review")
    assert isinstance(await house.act(SECOND_REVIEWER, review.case_id, "take_review"), Refused)
    async with house.desk.database.transaction() as session:
        await recusal.step_aside(session, house.desk, review.case_id, REVIEWER)
    assert ("handover.waiting", SECOND_REVIEWER) in await house.notices()
    assert isinstance(await house.act(REVIEWER, review.case_id, "take_review"), Refused)
    await took(house, SECOND_REVIEWER, review.case_id, "take_review")
    handlers = (await house.row(case_id)).handlers
    assert SECOND_REVIEWER in handlers
    assert REVIEWER not in handlers
    await took(house, SECOND_REVIEWER, review.case_id, "decide_review", {"outcome": "upheld"}, {"reasons": "r"})


async def test_a_file_stays_frozen_until_its_last_review_has_ended(house: House) -> None:
    case_id = await closed(house)
    for _ in range(2):
        await by_her(house, case_id, "request_review", about="closure")
    one, two = await of_report(house, case_id, "review")
    assert (one.number, two.number) == (1, 2)
    await by_her(house, one.case_id, "withdraw_request", reason="withdrawn")
    assert (await facts_of(house, case_id))["frozen"] is True
    await by_her(house, two.case_id, "withdraw_request", reason="withdrawn")
    assert (await facts_of(house, case_id))["frozen"] is False


async def test_whoever_had_a_part_in_the_file_does_not_review_it(house: House) -> None:
    """The oversight committee stands in as reviewer somewhere: here, somebody who also acknowledged the report."""
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    await house.run_errands()
    async with house.desk.database.transaction() as session:
        actor = Actor(ActorKind.STAFF, INVESTIGATOR, frozenset({Role.REVIEWER}))
        with pytest.raises(EffectRefused) as stopped:
            await decide_as(
                session, house.desk, review.case_id, Action(uuid4(), "take_review"), actor, datetime.now(UTC)
            )
    assert (stopped.value.refused.code, stopped.value.refused.params) == ("SAME_PERSON", {"did": "acknowledge"})


async def test_inv_53_what_is_frozen_is_not_erased_whatever_the_clock_says(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")

    far = datetime.now(UTC) + timedelta(days=365 * 9)
    async with house.desk.database.transaction() as session:
        await ring(session, house.desk, case_id, far)
    assert (await house.row(case_id)).state == "closed"


async def test_inv_53_a_review_holds_up_every_case_of_the_report_whatever_its_procedure(house: House) -> None:
    case_id = await closed(house)
    report_id, now = (await house.row(case_id)).report_id, datetime.now(UTC)
    lodged = {"lodged_at": now.isoformat()}
    async with house.desk.database.transaction() as session:
        beside = [
            await open_case(session, house.desk, report_id, name, 1, facts, now)
            for name, facts in (("supervisor_request", lodged), ("sea_report", lodged), ("danger_alert", {}))
        ]
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    assert [(await facts_of(house, one)).get("frozen") for one in (*beside, review.case_id)] == [True, True, True, None]
    await by_her(house, review.case_id, "withdraw_request", reason="withdrawn")
    assert [(await facts_of(house, one)).get("frozen") for one in beside] == [False, False, False]
    steps = [step.action for step in from_json((await house.row(beside[0])).data).steps]
    assert steps == ["open", "freeze", "unfreeze"]


async def test_inv_53_a_case_that_is_opened_while_a_review_is_asked_for_is_held_up_too(house: House) -> None:
    """The ethics office's alert has opened a measure and is not committed; she asks at this moment."""
    case_id = await closed(house)
    report_id, now = (await house.row(case_id)).report_id, datetime.now(UTC)
    before = now - timedelta(days=1)
    facts = {"urgency": "green", "purpose": "retaliation_risk"}
    async with house.desk.database.transaction() as session:
        told = {"lodged_at": before.isoformat()}
        oldest = await open_case(session, house.desk, report_id, "supervisor_request", 1, told, before)

    async def waits() -> bool:
        here = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return bool(await house.query(here))

    async with house.desk.database.transaction() as session:
        measure = await measures.alert_from(session, house.desk, report_id, "w", facts, "S0007", "affected", TWO)
        asks = asyncio.create_task(by_her(house, case_id, "request_review", about="closure"))
        await eventually(waits)
    await asks
    assert [(await facts_of(house, one)).get("frozen") for one in (case_id, oldest, measure)] == [True, True, True]


async def test_the_parties_of_a_review_are_those_of_its_report(house: House) -> None:
    case_id = await closed(house)
    await by_her(house, case_id, "request_review", about="closure")
    (review,) = await of_report(house, case_id, "review")
    await house.run_errands()
    async with house.desk.database.transaction() as session:
        found = await parties.parties_of(session, house.desk, review)
    assert found is not None
    assert found.alleged_offender == (SUPERVISOR, OTHER_MANAGER)
    assert await house.excluded(review.case_id, SUPERVISOR)


async def test_inv_09_whoever_does_not_work_on_it_reads_only_what_was_written_for_them(house: House) -> None:
    case_id = await investigating(house)
    facts = {"finding": "not_substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, case_id, "report_to_leg", facts, {"report": "What was found."})
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        counsel = await access.actor_of(session, house.desk, row, LEGAL_AND_HEAD, datetime.now(UTC))
    reader = SignedIn(LEGAL_AND_HEAD, "token")
    seen = await _contents(house.desk, row, counsel, reader, "legal_review")
    assert [(one.action, one.text) for one in seen] == [("report_to_leg", "What was found.")]
    assert "open_investigation" not in {one.action for one in seen}, "the office's own reasons are not among it"


async def test_a_name_that_is_given_later_makes_every_case_of_that_report_one_told_in_confidence(house: House) -> None:
    reports = [str(uuid4()), str(uuid4())]
    for report_id in reports:
        lodged = ReportLodged(
            report_id=report_id, lifecycle="formal_report", mode=REPORTING_MODE_ANONYMOUS, route_public_key=b"key"
        )
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, lodged)
    named, other = reports
    for _ in range(2):
        await house.receive(INTAKE_REPORTS_WORKFLOW, named, NameGiven(report_id=named))
    async with house.desk.database.transaction() as session:
        cases = [from_json(row.data) for one in reports for row in await records.of_report(session, UUID(one))]
    assert [(str(case.report_id), case.facts["mode"]) for case in cases] == [
        (named, "confidential"), (other, "anonymous"),
    ]  # fmt: skip
    assert [[step.action for step in case.steps] for case in cases] == [["open", "record_name"], ["open"]]
