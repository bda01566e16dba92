"""Which cases are opened to find who may no longer have a part: those that a change can concern, and no others."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from contracts.ids import CaseId
from contracts.topics import HR_PEOPLE
from lifecycle import exclusions, parties, recusal
from lifecycle.durable import Decided
from lifecycle.exclusions import Conflict
from policy.model import Policy
from tests.integration.workflow.house import (
    INVESTIGATOR,
    LINES,
    PARTIES,
    PERSON,
    SECOND_INVESTIGATOR,
    House,
    person,
)

LATER = timedelta(hours=1)


async def assessed(house: House) -> CaseId:
    case_id = await house.open()
    await house.route(case_id, PARTIES)
    assert isinstance(await house.act(INVESTIGATOR, case_id, "acknowledge"), Decided)
    assert isinstance(await house.act(SECOND_INVESTIGATOR, case_id, "start_assessment"), Decided)
    return case_id


async def long_ago(house: House) -> None:
    """As if all that has happened so far had happened before anybody last looked."""
    async with house.desk.database.transaction() as session:
        for table, column in (("cases", "changed_at"), ("case_exclusions", "computed_at")):
            await session.execute(sa.text(f"update {table} set {column} = {column} - interval '1 hour'"))


async def released(house: House) -> int:
    return await recusal.release_the_unfit(house.desk, datetime.now(UTC) - LATER / 2)


async def has_investigator(house: House, case_id: UUID) -> bool:
    return "investigator" in (await house.row(case_id)).data["assigned"]


async def test_who_has_left_loses_every_part_though_no_case_has_changed(house: House) -> None:
    await house.people()
    cases = [await assessed(house) for _ in range(2)]
    await long_ago(house)
    assert await released(house) == 0
    gone = person(SECOND_INVESTIGATOR, LINES[SECOND_INVESTIGATOR], active=False)
    await house.receive(HR_PEOPLE, SECOND_INVESTIGATOR, gone)
    assert await released(house) == 2
    assert [await has_investigator(house, one) for one in cases] == [False, False]


async def test_a_last_day_that_has_come_needs_no_other_change(house: House) -> None:
    await house.people()
    today, cases = datetime.now(UTC).date(), [await assessed(house) for _ in range(2)]

    def until(last: date) -> Policy:
        listed = house.desk.policy.appointments
        ending = [replace(one, to=last) if one.staff_id == SECOND_INVESTIGATOR else one for one in listed]
        return replace(house.desk.policy, appointments=tuple(ending))

    house.desk.policy = until(today + timedelta(days=365))
    await long_ago(house)
    assert await released(house) == 0
    house.desk.policy = until(today - timedelta(days=1))
    assert await released(house) == 2
    assert [await has_investigator(house, one) for one in cases] == [False, False]


async def test_a_conflict_that_is_found_has_that_case_looked_at_and_no_other(house: House) -> None:
    await house.people()
    case_id, other = await assessed(house), await assessed(house)
    await long_ago(house)
    # A tag that nothing has told of: as in a case that nobody has any reason to open.
    async with house.desk.database.transaction() as session:
        conflict = {SECOND_INVESTIGATOR: Conflict.DECLARED}
        await exclusions.add_tags(session, house.desk.keys.cell, other, conflict)
    assert await released(house) == 0
    await house.receive(HR_PEOPLE, PERSON, person(PERSON, SECOND_INVESTIGATOR))
    await parties.retag(house.desk)
    assert await released(house) == 2, "the change of line concerns both"
    assert [await has_investigator(house, one) for one in (case_id, other)] == [False, False]


async def test_who_takes_a_part_in_conflict_is_found_at_the_next_look(house: House) -> None:
    await house.people()
    case_id = await house.open()
    await house.route(case_id, PARTIES)
    await house.act(INVESTIGATOR, case_id, "acknowledge")
    await long_ago(house)
    assert isinstance(await house.act(SECOND_INVESTIGATOR, case_id, "start_assessment"), Decided)
    async with house.desk.database.transaction() as session:
        await exclusions.declare(session, house.desk.keys.cell, case_id, SECOND_INVESTIGATOR)
    assert await released(house) == 1
    assert not await has_investigator(house, case_id)
