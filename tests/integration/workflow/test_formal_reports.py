"""A formal report on the real stores: sub-files, links, witnesses, and who reads what."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_ANONYMOUS, MessageReceived, NameGiven, ReportLodged
from contracts.requests.v1.requests_pb2 import CooperationEnded, CooperationStarted
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import access, records
from lifecycle.at_desk import _contents
from lifecycle.exclusions import Parties
from lifecycle.model import Refused
from lifecycle.serial import from_json
from policy.model import Role
from services.workflow import formal_reports
from services.workflow.cooperation import protection_id
from tests.integration.workflow.formal_reports import TWO, assessing, checked, facts_of, investigating, of_report, took
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
