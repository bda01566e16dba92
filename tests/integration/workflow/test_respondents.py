"""Whose case hears what, on the real stores: two alleged offenders, a measure before the notice, and being cleared."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.cases.v1.cases_pb2 import PersonActionRefused
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import PersonActed, PlacedInInbox
from contracts.measures.v1.measures_pb2 import MEASURE_ENDING_RESTORE, MeasureApplied, MeasureEnded
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import bodies
from lifecycle.desk import EffectRefused
from lifecycle.durable import Decided
from lifecycle.model import Action
from lifecycle.records import CaseRow
from policy.model import Role
from services.workflow.desk import route
from tests.integration.workflow.formal_reports import (
    REVIEWER,
    assessing,
    by_her,
    facts_of,
    investigating,
    of_report,
    took,
)
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    OTHER_HEAD,
    OTHER_MANAGER,
    PARTIES,
    PERSON,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.measures import WELFARE
from tests.integration.workflow.test_alerts_and_results import ALERT, LEAST, REASONS, RISK

HIS = "respondent"
SUSPENSION = {"type": "suspension_with_pay", "serious_misconduct": True, "hearing": "heard"}


async def case_of(house: House, report_case: UUID, staff_id: str) -> CaseRow:
    """The one case of this report that this person sees."""
    found = [one for one in await of_report(house, report_case, HIS) if await sees(house, one, staff_id)]
    (his,) = found
    return his


async def sees(house: House, row: CaseRow, staff_id: str) -> bool:
    acts = await house.act(staff_id, row.case_id, "name_companion", {}, {"companion": "c"})
    return isinstance(acts, Decided)


async def cleared(house: House, file: UUID) -> None:
    facts = {"finding": "not_substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, file, "report_to_leg", facts, {"report": "r"})
    await took(house, LEGAL_AND_HEAD, file, "find_no_case", {}, {"reasons": "r"})


async def test_each_of_two_is_told_heard_and_cleared_in_his_own_file_alone(house: House) -> None:
    main = await investigating(house)
    with pytest.raises(EffectRefused) as unclear:
        await house.act(INVESTIGATOR, main, "notify_subject", {}, {"letter": "To whom?"})
    assert unclear.value.refused.params == {"needs": "open_subfile"}
    await took(house, INVESTIGATOR, main, "open_subfile", {}, {"respondent": SUPERVISOR.lower()})
    await house.run_errands()
    _, sub = await of_report(house, main, "formal_report")
    await took(house, INVESTIGATOR, sub.case_id, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    await took(house, INVESTIGATOR, main, "notify_subject", {}, {"letter": "To the second."})
    assert len(await of_report(house, main, HIS)) == 1
    await took(house, INVESTIGATOR, sub.case_id, "notify_subject", {}, {"letter": "To the first."})
    assert {("respondent.told", SUPERVISOR), ("respondent.told", OTHER_MANAGER)} <= set(await house.notices())

    first, second = await case_of(house, main, SUPERVISOR), await case_of(house, main, OTHER_MANAGER)
    assert min(first.number, second.number) > 1_000, "drawn: a number says nothing of how many there are"
    async with house.desk.database.transaction() as session:
        letter = await bodies.words_of(session, house.desk, first, "letter", "notify")
    assert letter == "To the first."
    assert not await sees(house, first, OTHER_MANAGER)
    assert not await sees(house, second, SUPERVISOR)

    await took(house, SUPERVISOR, first.case_id, "respond", {}, {"response": "It was not so."})
    assert (await facts_of(house, sub.case_id))["subject_heard"] is True
    assert (await facts_of(house, main))["subject_heard"] is False
    await cleared(house, sub.case_id)
    assert (await house.row(first.case_id)).state == "cleared"
    assert (await house.row(second.case_id)).state == "notified"
    told = await house.notices()
    assert [who for wording, who in told if wording == "respondent.nothing_found"] == [SUPERVISOR]


async def measured(house: House, report_case: UUID, **facts: Any) -> UUID:
    await took(house, INVESTIGATOR, report_case, "alert_interim_measures", ALERT, RISK)
    (row,) = await of_report(house, report_case, "interim_measure")
    await route(house.desk, CaseId(row.case_id))
    await applied_over_him(house, row.case_id, **facts)
    return row.case_id


async def applied_over_him(house: House, measure: UUID, **facts: Any) -> None:
    """A measure over his work that HR has applied and that her inbox shows."""
    await house.hr_key()
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    now = datetime.now(UTC)
    times = {name: (now + timedelta(seconds=n)).isoformat() for name, n in (("review_at", 200), ("until_at", 400))}
    terms = {
        "purpose": "prevent_repetition",
        "burden": "alleged_offender",
        "effects_seen": True,
        "from_at": now.isoformat(),
        **times,
        **facts,
    }
    texts = {"reasons": REASONS, "least_burden": LEAST, "arrangement": "As agreed with HR."}
    texts["persons"] = json.dumps({"person": SUPERVISOR})
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", terms, texts), Decided)
    ((measure_id,),) = await house.query("select measure_id from measures where case_id = :id", id=measure)
    await house.hr_answers(str(measure_id), MeasureApplied)
    applied = await house.row(measure)
    report_id = str(applied.report_id)
    shown = PlacedInInbox(
        report_id=report_id, lifecycle=applied.lifecycle, number=applied.number, version=applied.version
    )
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, shown)
    await house.run_errands()


async def suspended(house: House, report_case: UUID) -> UUID:
    measure = await measured(house, report_case, **SUSPENSION, redeployment_considered=True)
    await took(house, INVESTIGATOR, measure, "release_notice", {}, {"letter": "Your duties rest, with pay."})
    return measure


async def test_inv_48_a_measure_over_his_work_that_needs_no_letter_of_the_office_opens_his_case_all_the_same(
    house: House,
) -> None:
    """With the kind of reason, the dates, somebody to turn to, and the way to a review; of two, for him alone."""
    file = await assessing(house)
    measure = await measured(house, file, type="flexible_working", purpose="investigation_integrity")
    assert (await house.row(measure)).state == "effective"
    (his,) = await of_report(house, file, HIS)
    assert await sees(house, his, SUPERVISOR)
    assert not await sees(house, his, OTHER_MANAGER)
    facts = await facts_of(house, his.case_id)
    assert ("file" in facts, facts["support_contact"], "until_at" in facts) == (False, WELFARE, True)
    async with house.desk.database.transaction() as session:
        letter = await bodies.words_of(session, house.desk, his, "letter", "tell_of_measure")
    assert "without anybody being influenced" in letter
    told = [one for one in await house.notices() if one[1] in {SUPERVISOR, OTHER_MANAGER}]
    assert told == [("respondent.told", SUPERVISOR)], "one mail, and not two"
    review = {"about": "measure"}, {"request": "My hours do not fit the night shift."}
    await took(house, SUPERVISOR, his.case_id, "ask_review", *review)


async def test_inv_48_a_letter_on_a_measure_leaves_him_the_time_that_he_was_given_to_answer_what_is_said(
    house: House,
) -> None:
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "What is said."})
    his = await case_of(house, file, SUPERVISOR)
    until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    await took(house, INVESTIGATOR, his.case_id, "extend_response", {"response_until": until})
    await measured(house, file, type="flexible_working")
    told = await house.row(his.case_id)
    assert told.data["facts"]["until_at"]
    assert told.data["clocks"]["subject.response"]["due_at"] == until


@pytest.mark.parametrize("state", ["effective", "restored", "lifted"])
async def test_inv_43_a_case_about_a_measure_alone_closes_once_the_measure_is_over_and_she_knows(
    house: House, state: str
) -> None:
    file = await assessing(house, PARTIES)
    measure = await measured(house, file, type="flexible_working")
    his = await case_of(house, file, SUPERVISOR)
    async with house.desk.database.transaction() as session:
        moved = text("update cases set state = :state where case_id = :id")
        await session.execute(moved, {"state": state, "id": measure})
    action = Action(uuid4(), "close_respondent", {"reason": "measure_over"})
    async with house.desk.database.transaction_if_needed() as begun:
        refused = await house.desk.check(begun, his, action, {})
    assert (refused.code if refused else None) == (None if state == "lifted" else "MEASURE_STANDS")
    # Of the other office's measures this one knows nothing (invariant 31).
    of_ethics = replace(his, data={**his.data, "facts": {**his.data["facts"], "origin": "ethics"}})
    async with house.desk.database.transaction_if_needed() as begun:
        assert await house.desk.check(begun, of_ethics, action, {}) is None


def without_contact(house: House) -> None:
    others = tuple(one for one in house.desk.policy.appointments if one.role is not Role.WELFARE_OFFICER)
    house.desk.policy = replace(house.desk.policy, appointments=others)


async def test_where_nobody_can_be_his_contact_he_is_told_of_it_all_the_same(house: House) -> None:
    without_contact(house)
    file = await assessing(house)
    measure = await measured(house, file, type="flexible_working")
    assert (await house.row(measure)).state == "effective"
    assert await of_report(house, file, HIS) == []
    assert ("interim_measure.other_side_told", SUPERVISOR) in await house.notices()


async def test_whoever_was_told_of_a_measure_first_is_notified_in_the_same_case_and_his_answer_counts(
    house: House,
) -> None:
    file = await assessing(house, PARTIES)
    measure = await suspended(house, file)
    his = await case_of(house, file, SUPERVISOR)
    facts = await facts_of(house, his.case_id)
    assert ("file" in facts, "until_at" in facts) == (False, True)
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "I need my post."})
    assert "subject_heard" not in await facts_of(house, file), "that was an answer to the measure"

    await took(house, INVESTIGATOR, file, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "What is said."})
    assert (await case_of(house, file, SUPERVISOR)).case_id == his.case_id
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "No."})
    assert (await facts_of(house, file))["subject_heard"] is True

    # Cleared: pay and rights come back by themselves, and everybody who was told of it is told the same day.
    await cleared(house, file)
    assert (await house.row(measure)).state == "lifting"
    rows = await house.query("select value from outbox where type like '%MeasureEnded'")
    assert [MeasureEnded.FromString(row.value).ending for row in rows] == [MEASURE_ENDING_RESTORE]
    told = {who for wording, who in await house.notices() if wording == "respondent.cleared_for_others"}
    assert {INVESTIGATOR, OTHER_HEAD} <= told, "who alerted, who decided"
    assert not told & {PERSON, SUPERVISOR}


async def test_a_decider_who_had_a_part_in_his_file_hears_that_nothing_was_found(house: House) -> None:
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "l"})
    his = await case_of(house, file, SUPERVISOR)
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "r"})
    facts = {"finding": "substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, file, "report_to_leg", facts, {"report": "r"})
    await took(house, LEGAL_AND_HEAD, file, "charge", {}, {"letter": "l", "evidence": "e"})
    await took(house, SUPERVISOR, his.case_id, "reply_to_charge", {}, {"reply": "r"})
    advice = {"recommendation": "no_sanction", "hr_director": HR_DIRECTOR}
    await took(house, LEGAL_AND_HEAD, file, "recommend", advice, {"advice": "a"})
    await took(house, HR_DIRECTOR, file, "decide_no_sanction", {}, {"reasons": "r"})
    told = [who for wording, who in await house.notices() if wording == "respondent.cleared_for_others"]
    assert told == [LEGAL_AND_HEAD]


async def test_where_a_measure_alone_rested_on_it_that_ends_though_nothing_was_ever_written_to_him(
    house: House,
) -> None:
    without_contact(house)
    file = await assessing(house, PARTIES)
    measure = await measured(house, file, type="alternative_duties", same_grade_no_loss=True)
    reason = {"reason": "no_reasonable_chance"}
    await took(house, INVESTIGATOR, file, "close_no_action", reason, {"reasons": "r"})
    assert await of_report(house, file, HIS) == []
    row = await house.row(measure)
    assert row.state == "lifting" or "im.clear" in row.data["clocks"], row.state


@pytest.mark.parametrize("ended_for", ["another_body_acts", "subject_left"])
async def test_an_end_that_leaves_the_matter_open_clears_nobody_and_is_told_to_him(
    house: House, ended_for: str
) -> None:
    file = await investigating(house, PARTIES)
    measure = await measured(house, file, type="alternative_duties", same_grade_no_loss=True)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "l"})
    ends = {"discontinued_for": ended_for}
    await took(house, INVESTIGATOR, file, "discontinue_investigation", ends, {"reasons": "r"})
    his = await case_of(house, file, SUPERVISOR)
    assert his.state == "outcome_told"
    async with house.desk.database.transaction() as session:
        letter = await bodies.words_of(session, house.desk, his, "letter", "tell_no_finding")
    assert "Nothing has been established for or against you." in letter
    assert "respondent.cleared_for_others" not in [wording for wording, _ in await house.notices()]
    assert (await house.row(measure)).state == "effective", "nobody decided that it ends"


async def test_a_clearance_reaches_him_whatever_ends_the_investigation_without_a_finding(house: House) -> None:
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "l"})
    ends = {"discontinued_for": "no_way_to_establish"}
    await took(house, INVESTIGATOR, file, "discontinue_investigation", ends, {"reasons": "r"})
    (his,) = await of_report(house, file, HIS)
    assert his.state == "cleared"


async def test_inv_53_what_is_opened_while_a_review_is_open_stays_with_the_file_until_it_has_ended(
    house: House,
) -> None:
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "l"})
    his = await case_of(house, file, SUPERVISOR)
    await took(house, SUPERVISOR, his.case_id, "ask_review", {"about": "decision"}, {"request": "r"})
    (review,) = await of_report(house, file, "review")
    await by_her(house, file, "ask_for_protection")
    (measure,) = await of_report(house, file, "interim_measure")
    assert (await facts_of(house, measure.case_id))["frozen"] is True

    await house.run_errands()
    await took(house, REVIEWER, review.case_id, "take_review")
    await took(house, REVIEWER, review.case_id, "decide_review", {"outcome": "upheld"}, {"reasons": "r"})
    await took(house, REVIEWER, review.case_id, "record_appeal", {"forum": "tribunal"})
    await took(house, REVIEWER, review.case_id, "record_appeal_outcome", {"outcome": "dismissed"}, {"reasons": "r"})
    assert (await facts_of(house, measure.case_id))["frozen"] is False


@pytest.mark.parametrize("act", ["record_appeal", "withdraw_request", "no_such_act"])
async def test_a_review_that_he_has_asked_for_answers_her_as_one_that_never_was(house: House, act: str) -> None:
    """Else her act could move it, and the code of a refusal would tell that it is there."""
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "l"})
    his = await case_of(house, file, SUPERVISOR)
    await took(house, SUPERVISOR, his.case_id, "ask_review", {"about": "decision"}, {"request": "r"})
    (review,) = await of_report(house, file, "review")
    await route(house.desk, CaseId(review.case_id))
    await took(house, REVIEWER, review.case_id, "take_review")
    await took(house, REVIEWER, review.case_id, "decide_review", {"outcome": "upheld"}, {"reasons": "r"})
    before = await house.row(review.case_id)
    there, absent = [await answered(house, replace(before, number=number), act) for number in (before.number, 77)]
    assert there == absent
    assert there == ("CASE_UNKNOWN", [("event.without_case", str(before.report_id))])
    assert await house.row(review.case_id) == before


async def answered(house: House, row: CaseRow, act: str) -> tuple[str, list[tuple[str, str]]]:
    """(what her inbox is told, what the trail has of it) when she acts in this case."""
    known = len(await house.query("select 1 from audit_readable"))
    message = PersonActed(
        report_id=str(row.report_id), lifecycle=row.lifecycle, number=row.number, action_id=str(uuid4()), action=act
    )
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(row.report_id), message)
    rows = await house.query("select value from outbox where type like '%PersonActionRefused' order by id")
    trail = [json.loads(bytes(one.entry_json)) for one in await house.query("select entry_json from audit_readable")]
    said = sorted(trail, key=lambda entry: str(entry["at"]))[known:]
    return PersonActionRefused.FromString(rows[-1].value).code, [(one["act"], one["object"]) for one in said]
