"""Who hears and who goes on where somebody has left or came into conflict: no date rings for nobody, and no part that a
report cannot go on without stays nobody's.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.ids import CaseId
from contracts.topics import HR_PEOPLE
from lifecycle import parties, recusal
from lifecycle.decide import ring
from lifecycle.durable import Decided
from lifecycle.model import Refused
from policy.model import Role
from tests.integration.workflow.formal_reports import assessing, by_her, investigating, took
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    LEGAL_AND_HEAD,
    LINES,
    OTHER_HEAD,
    PARTIES,
    SECOND_INVESTIGATOR,
    SUPERVISOR,
    House,
    person,
)
from tests.integration.workflow.measures import EXECUTIVE, acknowledged, seen_by
from tests.integration.workflow.test_respondents import case_of

OUTSIDE_COUNSEL, OUTSIDE_INVESTIGATOR, ANSWERED = "S0065", "S0064", "formal_report.answered"


async def leaves(house: House, staff_id: str) -> None:
    await house.receive(HR_PEOPLE, staff_id, person(staff_id, LINES[staff_id], active=False))
    await recusal.release_the_unfit(house.desk)


async def rings(house: House, case_id: UUID, at: datetime) -> None:
    async with house.desk.database.transaction() as session:
        await ring(session, house.desk, case_id, at)


async def assigned(house: House, case_id: UUID, role: Role) -> str | None:
    found: str | None = (await house.row(case_id)).data["assigned"].get(role)
    return found


async def test_where_everybody_of_a_role_has_left_whoever_is_next_above_hears(house: House) -> None:
    await house.people()
    # Their appointments stand, as when nobody has thought of ending them.
    await leaves(house, INVESTIGATOR)
    case_id = await house.open()
    await house.route(case_id, PARTIES)
    await house.run_errands()
    assert await house.notices_of("formal_report.received") == [SECOND_INVESTIGATOR]
    await leaves(house, SECOND_INVESTIGATOR)
    await rings(house, case_id, datetime.now(UTC) + timedelta(days=8))
    assert set(await house.notices_of("formal_report.late")) == {"S0015"}, "and at last somebody outside of the office"


async def test_her_answer_is_heard_while_nobody_has_her_report(house: House) -> None:
    case_id = await assessing(house, by=SECOND_INVESTIGATOR)
    await took(house, SECOND_INVESTIGATOR, case_id, "ask_person")
    await leaves(house, SECOND_INVESTIGATOR)
    assert await assigned(house, case_id, Role.INVESTIGATOR) is None
    await by_her(house, case_id, "answer_question")
    assert await house.notices_of(ANSWERED) == [INVESTIGATOR]
    await took(house, INVESTIGATOR, case_id, "hand_over", {"investigator": INVESTIGATOR})
    assert await house.notices_of(ANSWERED) == [INVESTIGATOR], "what was said is not said again"


async def test_a_date_that_only_the_investigator_hears_of_is_heard_while_there_is_none(house: House) -> None:
    case_id = await investigating(house)
    await took(house, INVESTIGATOR, case_id, "hand_over", {"investigator": SECOND_INVESTIGATOR})
    await leaves(house, SECOND_INVESTIGATOR)
    await rings(house, case_id, datetime.now(UTC) + timedelta(days=16))
    assert await house.notices_of("formal_report.notice_due") == [INVESTIGATOR]


async def with_legal(house: House) -> CaseId:
    case_id = await investigating(house)
    facts = {"finding": "inconclusive", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, case_id, "report_to_leg", facts, {"report": "r"})
    return case_id


async def test_where_legal_affairs_lose_a_report_oversight_hears_and_names_who_goes_on(house: House) -> None:
    case_id = await with_legal(house)
    named = {"legal_officer": OUTSIDE_COUNSEL}
    assert isinstance(await house.act(INVESTIGATOR, case_id, "name_legal_officer", named), Refused)
    demand = {"demanded_by": "police", **named}
    assert isinstance(await house.act(INVESTIGATOR, case_id, "record_outside_demand", demand), Refused)
    await house.steps_aside(case_id, LEGAL_AND_HEAD)
    heard = await house.notices_of("handover.waiting")
    assert heard == [INVESTIGATOR, SECOND_INVESTIGATOR], "each once, also who holds two of the roles that hear of it"
    await parties.retag(house.desk)
    assert (await house.row(case_id)).desk == "committee", "nobody is left in that office, and another is concerned"
    await took(house, OUTSIDE_INVESTIGATOR, case_id, "name_legal_officer", named)
    assert isinstance(await house.act(OUTSIDE_COUNSEL, case_id, "find_no_case", {}, {"reasons": "r"}), Decided)


async def test_whoever_lets_the_time_of_the_legal_review_pass_can_be_followed_by_another(house: House) -> None:
    case_id = await with_legal(house)
    late = datetime.now(UTC) + timedelta(days=61)
    facts = {"legal_officer": LEGAL_AND_HEAD}
    assert isinstance(await house.act(INVESTIGATOR, case_id, "name_legal_officer", facts, now=late), Decided)


async def declined(house: House, measure: UUID) -> list[str]:
    """Whoever hears that the alert, which one investigator gave, is answered."""
    await took(house, OTHER_HEAD, measure, "decline_alert", {"reason": "not_needed"}, {"reasons": "r"})
    return await house.notices_of("interim_measure.answered")


async def test_where_whoever_alerted_has_left_their_office_hears_of_the_answer_and_of_its_date(house: House) -> None:
    measure = await acknowledged(house)
    await leaves(house, INVESTIGATOR)
    assert await declined(house, measure) == [SECOND_INVESTIGATOR]
    await rings(house, measure, datetime.now(UTC) + timedelta(days=9))
    assert SECOND_INVESTIGATOR in await house.notices_of("interim_measure.answer_waits")


async def test_whoever_alerted_and_has_other_work_now_hears_no_more_of_it(house: House) -> None:
    measure = await acknowledged(house)
    policy = house.desk.policy
    still = tuple(one for one in policy.appointments if one.staff_id != INVESTIGATOR)
    house.desk.policy = replace(policy, appointments=still)
    assert await declined(house, measure) == [SECOND_INVESTIGATOR]


async def test_nobody_else_hears_while_one_of_those_who_alerted_is_there(house: House) -> None:
    assert await declined(house, await acknowledged(house)) == [INVESTIGATOR]


async def test_whoever_declines_to_sign_sees_no_more_of_it_and_who_decided_and_legal_affairs_hear(house: House) -> None:
    case_id = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, case_id, "notify_subject", {}, {"letter": "l"})
    his = await case_of(house, case_id, SUPERVISOR)
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "r"})
    found = {"finding": "substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, case_id, "report_to_leg", found, {"report": "r"})
    await took(house, LEGAL_AND_HEAD, case_id, "charge", {}, {"letter": "l", "evidence": "e"})
    await took(house, SUPERVISOR, his.case_id, "reply_to_charge", {}, {"reply": "r"})
    advised = {"recommendation": "sanction", "hr_director": HR_DIRECTOR}
    await took(house, LEGAL_AND_HEAD, case_id, "recommend", advised, {"advice": "a"})
    sanction = {"sanction": "demotion", "executive_head": EXECUTIVE}
    await took(house, HR_DIRECTOR, case_id, "decide_discipline", sanction, {"reasons": "r"})
    assert case_id in await seen_by(house, EXECUTIVE, "formal_report")
    await took(house, EXECUTIVE, case_id, "decline_signature", {}, {"reasons": "Too severe for what was shown."})
    assert case_id not in await seen_by(house, EXECUTIVE, "formal_report")
    assert set(await house.notices_of("formal_report.signature_declined")) == {HR_DIRECTOR, LEGAL_AND_HEAD}
    await took(house, HR_DIRECTOR, case_id, "decide_no_sanction", {}, {"reasons": "r"})
    assert set(await house.notices_of("respondent.cleared_for_others")) == {EXECUTIVE, LEGAL_AND_HEAD}, "once told"
