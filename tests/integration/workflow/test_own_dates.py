"""The one whom a case is about is shown no date that others have set for themselves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from lifecycle import at_desk
from lifecycle.access import DUE_FIRST
from lifecycle.pages.open_cases import open_cases
from lifecycle.records import CaseRow
from lifecycle.views import listed, shown
from tests.integration.workflow.formal_reports import investigating, of_report, took
from tests.integration.workflow.house import INVESTIGATOR, PARTIES, SUPERVISOR, House

HIS = "respondent"


async def notified(house: House) -> CaseRow:
    file = await investigating(house, PARTIES)
    await took(house, INVESTIGATOR, file, "notify_subject", {}, {"letter": "What is said."})
    (his,) = await of_report(house, file, HIS)
    return his


async def held(house: House, case_id: UUID, until: datetime) -> None:
    facts = {"hold_owner": INVESTIGATOR, "hold_until": until.isoformat()}
    await took(house, INVESTIGATOR, case_id, "set_hold", facts, {"reasons": "r"})


async def dates_of(house: House, case_id: UUID, staff_id: str) -> list[object]:
    """In a list, and in the case itself."""
    found, _ = await at_desk.list_cases(house.desk, staff_id, None, 50, DUE_FIRST, HIS)
    (row,) = [one for one, _ in found if one.case_id == case_id]
    case = shown(house.desk, *await at_desk.show_case(house.desk, case_id, staff_id), datetime.now(UTC))
    in_list = listed(row, datetime.now(UTC)).next_date
    assert (case.next_clock is None) == (in_list is None), "what it is the date of goes with the date"
    return [in_list, case.next_date]


async def test_the_day_of_a_hold_is_not_his_to_see(house: House) -> None:
    his = await notified(house)
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "No."})
    until = datetime.now(UTC) + timedelta(days=40)
    await held(house, his.case_id, until)
    assert await dates_of(house, his.case_id, INVESTIGATOR) == [until.date()] * 2
    assert await dates_of(house, his.case_id, SUPERVISOR) == [None, None]


async def test_the_days_that_are_his_stay(house: House) -> None:
    his = await notified(house)
    due = datetime.fromisoformat(his.data["clocks"]["subject.response"]["due_at"])
    assert await dates_of(house, his.case_id, SUPERVISOR) == [due.date()] * 2


async def test_a_case_without_a_date_ends_no_list_of_what_is_due(house: House) -> None:
    his = await notified(house)
    await took(house, SUPERVISOR, his.case_id, "respond", {}, {"response": "No."})
    until = datetime.now(UTC) + timedelta(days=40)
    await held(house, his.case_id, until)
    assert await open_cases(house.desk, SUPERVISOR, HIS, until + timedelta(days=1)) == []
    [(one, _)] = await open_cases(house.desk, INVESTIGATOR, HIS, until + timedelta(days=1))
    assert one.case_id == his.case_id
    assert await open_cases(house.desk, INVESTIGATOR, HIS, until - timedelta(days=1)) == []


async def test_the_id_of_the_file_that_others_work_on_is_not_his_to_see(house: House) -> None:
    """It is that of another case: two who are named in one report would find each other by it (invariant 1)."""
    his = await notified(house)
    assert "file" in his.data["facts"]
    seen = shown(house.desk, *await at_desk.show_case(house.desk, his.case_id, SUPERVISOR), datetime.now(UTC))
    assert seen.facts["support_contact"]
    assert "file" not in seen.facts
    handled = shown(house.desk, *await at_desk.show_case(house.desk, his.case_id, INVESTIGATOR), datetime.now(UTC))
    assert handled.facts["file"] == his.data["facts"]["file"]


async def test_what_is_still_to_be_met_stands_before_what_was(house: House) -> None:
    file = await investigating(house, PARTIES)
    seen = shown(house.desk, *await at_desk.show_case(house.desk, file, INVESTIGATOR), datetime.now(UTC))
    dates = [(one.met_at is not None, one.due_at) for one in seen.clocks]
    assert dates == sorted(dates)
    assert {met for met, _ in dates} == {True, False}
