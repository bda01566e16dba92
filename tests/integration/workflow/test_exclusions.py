"""Who must not see a case (invariant 32), by the lines of today and of the last two years."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap

from contracts.topics import HR_PEOPLE
from lifecycle import exclusions, parties
from lifecycle.exclusions import Parties
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    LINES,
    NEXT_MANAGER,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
    House,
    person,
)


async def test_parties_and_their_lines_are_excluded_as_handlers_and_the_rest_is_not(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id)
    excluded = {staff_id for staff_id in LINES if await house.excluded(case_id, staff_id)}
    assert excluded == {PERSON, SUPERVISOR, NEXT_MANAGER, COLLEAGUE, "S0001"}


async def test_a_decider_may_stand_in_the_wider_line_and_not_next_to_a_party(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id)
    assert not await house.excluded(case_id, "S0001", decides=True)
    for staff_id in (PERSON, SUPERVISOR, NEXT_MANAGER, COLLEAGUE):
        assert await house.excluded(case_id, staff_id, decides=True)


async def test_people_she_refused_are_excluded_and_their_lines_are_not(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id, Parties(PERSON, (SUPERVISOR,), refused=(INVESTIGATOR,)))
    assert await house.excluded(case_id, INVESTIGATOR, decides=True)
    assert not await house.excluded(case_id, "S0008")


async def test_before_the_parties_are_known_everybody_is_excluded(house: House) -> None:
    await house.people()
    case_id = await house.open()
    assert await house.excluded(case_id, INVESTIGATOR)
    async with house.desk.database.transaction() as session:
        found = await exclusions.conflicts_with(session, house.desk.keys.cell, [case_id], INVESTIGATOR)
    assert found == {case_id: None}
    await house.route(case_id, Parties())
    assert not await house.excluded(case_id, INVESTIGATOR)


async def test_a_supervisor_of_the_last_two_years_is_still_excluded_and_one_before_is_not(house: House) -> None:
    now = datetime.now(UTC)
    await house.people({"S0018": "S0006"}, at=now - timedelta(days=1200))
    await house.people({"S0018": "S0019"}, at=now - timedelta(days=800))
    await house.people({"S0018": "S0017"}, at=now - timedelta(days=400))
    case_id = await house.open()
    await house.route(case_id, Parties(PERSON))
    assert await house.excluded(case_id, OTHER_MANAGER)
    assert not await house.excluded(case_id, "S0006")


async def test_a_new_supervisor_is_excluded_once_the_directory_says_so_and_the_old_one_stays_so(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id)
    assert not await house.excluded(case_id, OTHER_MANAGER)
    assert await parties.retag(house.desk) == 0
    await house.people({PERSON: OTHER_MANAGER})
    assert await parties.retag(house.desk) == 1
    assert await house.excluded(case_id, OTHER_MANAGER)
    assert await house.excluded(case_id, SUPERVISOR)
    assert await parties.retag(house.desk) == 0


async def test_a_change_that_is_none_of_lines_or_places_computes_nothing_again(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id)
    message = person(PERSON, SUPERVISOR)
    message.contract = "consultant"
    await house.receive(HR_PEOPLE, PERSON, message)
    assert await parties.retag(house.desk) == 0
    assert await house.query("select contract from people_history where staff_id = :who", who=PERSON) == [("staff",)]


async def test_two_cases_about_the_same_people_share_no_tag_and_no_row_names_anybody(house: House) -> None:
    await house.people()
    cases = [await house.open(), await house.open()]
    for case_id in cases:
        await house.route(case_id)
    first, second = [
        {row.tag for row in await house.query("select tag from case_tags where case_id = :case_id", case_id=case_id)}
        for case_id in cases
    ]
    assert len(first) == len(second) == 5
    assert not first & second
    for table in ("cases", "case_tags", "case_parties", "case_exclusions", "audit_readable", "outbox"):
        rows = await house.query(f"select * from {table}")
        assert rows
        assert PERSON.encode() not in b"".join(repr(row).encode() for row in rows)


async def test_the_parties_open_with_the_key_of_their_case_and_not_without_it(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id)
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        found = await parties.parties_of(session, house.desk, row)
    assert found == Parties(PERSON, (SUPERVISOR,), ())
    assert PERSON not in repr(found)
    await house.desk.keystore.destroy_matter_key(case_id)
    async with house.desk.database.transaction() as session:
        with pytest.raises(InvalidUnwrap):
            await parties.parties_of(session, house.desk, row)


async def test_routing_twice_changes_nothing(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id)
    before = await house.query("select case_id, tag, kind from case_tags order by tag")
    await house.route(case_id, Parties(uuid4().hex))
    assert await house.query("select case_id, tag, kind from case_tags order by tag") == before


async def test_people_are_found_however_their_staff_id_is_typed(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id, Parties("s0018", (" s0017",), refused=("s9999",)))
    for staff_id in (PERSON, SUPERVISOR, NEXT_MANAGER, COLLEAGUE, "S9999"):
        assert await house.excluded(case_id, staff_id, decides=True)
    async with house.desk.database.transaction() as session:
        found = await parties.parties_of(session, house.desk, await house.row(case_id))
    assert found == Parties(PERSON, (SUPERVISOR,), ("s9999",))


async def test_a_circle_in_the_lines_does_not_hang(house: House) -> None:
    await house.people({"A": "B", "B": "C", "C": "A", "D": "A"})
    case_id = await house.open()
    await house.route(case_id, Parties("D"))
    assert [one for one in "ABCD" if await house.excluded(case_id, one)] == ["A", "B", "C", "D"]
