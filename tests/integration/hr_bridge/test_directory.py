"""The people directory: taken over from Tryton, told of only when something changed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.database import Database
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE
from policy.load import load
from policy.model import Policy
from services.hr_bridge import directory
from services.hr_bridge.adapters.tryton import Employee
from tests import real_parts
from tests.integration.hr_bridge.house import House
from tests.waiting import eventually

pytestmark = pytest.mark.stack

POLICY = load("iom-2024-03")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANN = Employee("S1", "OIO", "valmora", "staff", "S2", date(2024, 1, 1), None, "s1@staff.example")
BOB = Employee("S2", "OIO", "valmora", "staff", "", date(2024, 1, 1), None, "s2@staff.example")


def told(house: House, staff_id: str) -> list[Any]:
    return [message for key, message in house.workflow.seen if key == staff_id and isinstance(message, Person)]


async def test_others_hear_of_everybody_once_and_of_a_change_when_it_comes(house: House) -> None:
    await eventually(lambda: _known(house, "S0029", 1))
    first = told(house, "S0029")[0]
    assert (first.unit, first.station, first.line_staff_id) == ("Mission", "creek", "S0025")
    assert (first.contract, first.active) == ("staff", True)

    await house.hr.set_supervisor("S0029", "S0044")
    await eventually(lambda: _known(house, "S0029", 2))
    assert told(house, "S0029")[1].line_staff_id == "S0044"
    await house.hr.set_supervisor("S0029", "S0025")
    await eventually(lambda: _known(house, "S0029", 3))
    # Many readings later, whoever did not change was told of once.
    assert [len(told(house, staff_id)) for staff_id in ("S0039", "S0049", "S0001")] == [1, 1, 1]


async def _known(house: House, staff_id: str, times: int) -> bool:
    return len(told(house, staff_id)) >= times


async def test_who_has_left_is_told_of_as_inactive(house: House) -> None:
    await house.hr.set_contract_end("S0054", date(2025, 6, 30))
    await eventually(lambda: _known(house, "S0054", 2))
    assert told(house, "S0054")[-1].active is False
    await house.hr.set_contract_end("S0054", None)
    await eventually(lambda: _known(house, "S0054", 3))
    assert told(house, "S0054")[-1].active is True


async def test_a_last_day_that_is_still_to_come_is_told(house: House) -> None:
    await eventually(lambda: _known(house, "S0055", 1))
    before = len(told(house, "S0055"))
    await house.hr.set_contract_end("S0055", date(2031, 6, 30))
    await eventually(lambda: _known(house, "S0055", before + 1))
    newest = told(house, "S0055")[-1]
    assert (newest.contract_ends_on, newest.active) == ("2031-06-30", True)
    await house.hr.set_contract_end("S0055", None)
    await eventually(lambda: _known(house, "S0055", before + 2))
    assert told(house, "S0055")[-1].contract_ends_on == ""


async def test_no_name_is_on_the_topic(house: House) -> None:
    await eventually(lambda: _known(house, "S0018", 1))
    records = await house.records(HR_PEOPLE)
    assert len(records) >= 61
    assert not [one for one in records if b"Exemplar" in one.value or b"staff.example" in one.value]


@pytest.fixture
async def database(fresh_database: Callable[..., Awaitable[real_parts.Database]]) -> AsyncIterator[Database]:
    made = await fresh_database("hr_bridge")
    database = Database(made.dsn("hr_bridge"))
    yield database
    await database.close()


async def take_over(database: Database, *employees: Employee, now: datetime, policy: Policy = POLICY) -> int:
    async with database.transaction() as session:
        return await directory.take_over(session, list(employees), policy, now)


async def read(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_a_second_reading_of_the_same_changes_nothing(database: Database) -> None:
    assert await take_over(database, ANN, BOB, now=NOW) == 2
    assert await take_over(database, ANN, BOB, now=NOW + timedelta(minutes=1)) == 0
    assert await read(database, "select key, sequence from outbox order by key") == [("S1", 1), ("S2", 1)]


async def test_what_others_do_not_see_is_kept_without_telling_them(database: Database) -> None:
    await take_over(database, ANN, BOB, now=NOW)
    moved = replace(ANN, mail_address="other@staff.example")
    assert await take_over(database, moved, BOB, now=NOW + timedelta(minutes=1)) == 1
    assert await read(database, "select key, sequence from outbox order by key") == [("S1", 1), ("S2", 1)]
    assert await read(database, "select mail_address from people where staff_id = 'S1'") == [("other@staff.example",)]


async def test_the_end_of_a_contract_is_told_and_that_there_is_none_any_more(database: Database) -> None:
    await take_over(database, ANN, BOB, now=NOW)
    for minute, end in enumerate((date(2027, 3, 31), None), start=1):
        await take_over(database, replace(ANN, end=end), BOB, now=NOW + timedelta(minutes=minute))
    values = await read(database, "select value from outbox where key = 'S1' order by sequence")
    ends = [Person.FromString(value).contract_ends_on for (value,) in values]
    assert ends[-2:] == ["2027-03-31", ""]


async def test_who_has_vanished_becomes_inactive_and_keeps_the_line(database: Database) -> None:
    await take_over(database, ANN, BOB, now=NOW)
    assert await take_over(database, BOB, now=NOW + timedelta(minutes=1)) == 1
    assert await take_over(database, BOB, now=NOW + timedelta(minutes=2)) == 0
    assert await read(database, "select active, line_staff_id from people where staff_id = 'S1'") == [(False, "S2")]
    assert await read(database, "select active, line_staff_id from people_history") == [(True, "S2")]


async def test_inv_32_a_past_line_is_kept_for_as_long_as_the_policy_counts_it(database: Database) -> None:
    kept = replace(POLICY.thresholds[directory.HISTORY], value=30)
    policy = replace(POLICY, thresholds={**POLICY.thresholds, directory.HISTORY: kept})
    await take_over(database, ANN, BOB, now=NOW, policy=policy)
    await take_over(database, replace(ANN, supervisor=""), BOB, now=NOW + timedelta(minutes=1), policy=policy)
    async with database.transaction() as session:
        await session.execute(text("update people_history set compared = true"))
    for days, left in ((29 * 30, 1), (31 * 31, 0)):
        await take_over(database, ANN, BOB, now=NOW + timedelta(days=days), policy=policy)
        past = await read(database, "select line_staff_id from people_history where compared")
        assert len(past) == left, f"after {days} days"


async def test_an_hr_system_that_names_nobody_empties_nothing(database: Database) -> None:
    await take_over(database, ANN, BOB, now=NOW)
    with pytest.raises(directory.DirectoryBroken):
        await take_over(database, now=NOW + timedelta(minutes=1))
    assert await read(database, "select count(*) from people where active") == [(2,)]


MANY = [replace(ANN, staff_id=f"S{number}", supervisor="") for number in range(10)]


async def test_an_hr_system_that_suddenly_knows_few_ends_nobody_s_employment(database: Database) -> None:
    """Whoever leaves stays in it, with a last day: that many rows are missing is a right lost or a wrong database."""
    await take_over(database, *MANY, now=NOW)
    with pytest.raises(directory.DirectoryBroken):
        await take_over(database, *MANY[:4], now=NOW + timedelta(minutes=1))
    assert await read(database, "select count(*) from people where active") == [(10,)]
    await take_over(database, *MANY[:5], now=NOW + timedelta(minutes=2))
    assert await read(database, "select count(*) from people where active") == [(5,)]


async def test_many_may_leave_on_one_day_as_long_as_they_are_still_there(database: Database) -> None:
    await take_over(database, *MANY, now=NOW)
    left = [replace(one, end=date(2026, 11, 21)) for one in MANY]
    assert await take_over(database, *left, now=NOW + timedelta(minutes=1)) == 10
    # Nor does it matter then that they are taken out one day.
    assert await take_over(database, MANY[0], now=NOW + timedelta(minutes=2)) == 1


@pytest.mark.parametrize("lost", ["unit", "station", "contract", "supervisor"])
async def test_an_hr_system_that_files_nobody_any_more_moves_nobody(database: Database, lost: str) -> None:
    people = [replace(one, supervisor="S0") for one in MANY[1:]]
    await take_over(database, MANY[0], *people, now=NOW)
    unfiled = [replace(one, **{lost: ""}) for one in (MANY[0], *people)]
    with pytest.raises(directory.DirectoryBroken):
        await take_over(database, *unfiled, now=NOW + timedelta(minutes=1))
    assert await read(database, "select count(*) from people_history") == [(0,)]
    # Of one alone it may well be so.
    assert await take_over(database, MANY[0], *people[1:], unfiled[1], now=NOW + timedelta(minutes=2)) == 1
