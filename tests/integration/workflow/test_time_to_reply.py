"""Time to reply to a charge: he asks in his own case, and legal affairs answer from the report, where he is not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from lifecycle import bodies
from lifecycle.model import Refused
from lifecycle.records import CaseRow
from tests.integration.workflow.formal_reports import facts_of, investigating, took
from tests.integration.workflow.house import INVESTIGATOR, LEGAL_AND_HEAD, PARTIES, SUPERVISOR, House
from tests.integration.workflow.test_respondents import case_of


async def charged(house: House) -> tuple[UUID, CaseRow]:
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "l"})
    his = await case_of(house, file, SUPERVISOR)
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "r"})
    facts = {"finding": "substantiated", "legal_officer": LEGAL_AND_HEAD}
    await took(house, INVESTIGATOR, file, "report_to_leg", facts, {"report": "r"})
    await took(house, LEGAL_AND_HEAD, file, "charge", {}, {"letter": "l", "evidence": "e"})
    return file, his


async def waits(house: House, *cases: UUID) -> list[bool]:
    rows = [await house.row(case_id) for case_id in cases]
    return [row.data["clocks"]["respondent.answer"].get("met_at") is None for row in rows]


async def test_inv_48_who_is_charged_asks_for_time_and_legal_affairs_say_no_by_letter_or_give_it(house: House) -> None:
    file, his = await charged(house)
    await took(house, SUPERVISOR, his.case_id, "ask_more_time", {"time_for": "translation"})
    assert ("respondent.wrote", LEGAL_AND_HEAD) in await house.notices()
    assert await waits(house, file, his.case_id) == [True, True]
    assert isinstance(await house.act(INVESTIGATOR, his.case_id, "refuse_more_time", {}, {"letter": "l"}), Refused)

    await took(house, LEGAL_AND_HEAD, file, "refuse_more_time", {}, {"letter": "There is a translation with it."})
    assert await waits(house, file, his.case_id) == [False, False]
    async with house.desk.database.transaction() as session:
        row = await house.row(his.case_id)
        letter = await bodies.words_of(session, house.desk, row, "letter", "refuse_more_time")
    assert letter == "There is a translation with it."

    await took(house, SUPERVISOR, his.case_id, "reply_to_charge", {}, {"reply": "r"})
    await took(house, SUPERVISOR, his.case_id, "ask_more_time", {"time_for": "much_to_read"})
    until = (datetime.now(UTC) + timedelta(days=60)).isoformat()
    await took(house, LEGAL_AND_HEAD, file, "extend_reply", {"reply_until": until}, {"reasons": "r"})
    assert await waits(house, file, his.case_id) == [False, False]
    for case_id in (file, his.case_id):
        assert (await house.row(case_id)).data["clocks"]["charge.reply"]["due_at"] == until
    assert (await house.row(file)).state == "charged", "the report waits for him again"


async def test_a_reply_after_legal_affairs_went_on_is_on_record_all_the_same(house: House) -> None:
    file, his = await charged(house)
    await took(house, SUPERVISOR, his.case_id, "reply_to_charge", {}, {"reply": "r"})
    before = len([one for one in await house.notices() if one == ("formal_report.reply_came", LEGAL_AND_HEAD)])
    await took(house, SUPERVISOR, his.case_id, "reply_to_charge", {}, {"reply": "More."})
    heard = len([one for one in await house.notices() if one == ("formal_report.reply_came", LEGAL_AND_HEAD)])
    assert (heard, (await facts_of(house, file))["reply_given"]) == (before + 1, True)
