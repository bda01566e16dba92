"""Whoever may no longer hold a talk loses it, she gets somebody else, and nobody learns why (invariant 32)."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.cases.v1.cases_pb2 import CaseChanged
from lifecycle import parties
from lifecycle.exclusions import Conflict, case_tag
from lifecycle.model import Actor, ActorKind, Refused
from lifecycle.recusal import release_the_unfit
from policy.model import Role
from tests.integration.ombuds.cell import (
    ELSEWHERE,
    FURTHER,
    HERSELF,
    LINES,
    OMBUDSPERSON,
    SUPERVISOR,
    Cell,
    taken,
)

LISTENER = Actor(ActorKind.STAFF, ELSEWHERE, frozenset({Role.FOCAL_POINT}))


async def her_inbox(cell: Cell) -> list[tuple[str, str]]:
    """(state, what it says) of everything her inbox was told, oldest first."""
    rows = await cell.query("select value from outbox where type = 'contracts.cases.v1.CaseChanged' order by id")
    news = [CaseChanged.FromString(row.value) for row in rows]
    return [(one.state, one.wording_key) for one in news]


async def steps(cell: Cell, case_id: UUID) -> list[tuple[str, str, dict[str, object]]]:
    return [(one.action, one.by, one.facts) for one in (await cell.row(case_id)).data["steps"]]


async def goes_on_elsewhere(cell: Cell, case_id: UUID, left: str) -> None:
    """The talk waits for somebody else, is offered to the next one, and the old holder sees it no more."""
    row = await cell.row(case_id)
    assert (row.state, row.data["assigned"], list(row.handlers)) == ("rematching", {}, [])
    assert (await her_inbox(cell))[-1] == ("rematching", "informal_resolution.rematching")
    assert not await cell.sees(case_id, left)
    assert await cell.match(case_id) == FURTHER
    assert not await cell.sees(case_id, left)
    assert await cell.sees(case_id, FURTHER)


async def test_a_listener_who_comes_into_the_line_of_a_party_loses_the_talk(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    assert await release_the_unfit(cell.desk) == 0

    await cell.people({ELSEWHERE: SUPERVISOR})
    assert await parties.retag(cell.desk) == 1
    assert not await cell.sees(case_id, ELSEWHERE), "from the moment the exclusion is known"
    assert await release_the_unfit(cell.desk) == 1

    assert (await steps(cell, case_id))[-1] == ("reassign", "system", {})
    await goes_on_elsewhere(cell, case_id, ELSEWHERE)
    assert await release_the_unfit(cell.desk) == 0


async def test_a_listener_who_has_left_loses_the_talk(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    await cell.people({ELSEWHERE: LINES[ELSEWHERE]}, active=False)

    assert await release_the_unfit(cell.desk) == 1
    await goes_on_elsewhere(cell, case_id, ELSEWHERE)


async def test_a_listener_who_is_no_longer_appointed_loses_the_talk(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    left = tuple(one for one in cell.desk.policy.appointments if one.staff_id != ELSEWHERE)
    cell.desk.policy = replace(cell.desk.policy, appointments=left)

    assert await release_the_unfit(cell.desk) == 1
    await goes_on_elsewhere(cell, case_id, ELSEWHERE)


async def test_every_talk_of_somebody_who_leaves_is_given_on_and_nobody_elses(cell: Cell) -> None:
    await cell.people()
    first, second, third = [await cell.wish() for _ in range(3)]
    held = [await cell.match(one) for one in (first, second, third)]
    assert held == [ELSEWHERE, FURTHER, ELSEWHERE]
    await cell.people({ELSEWHERE: LINES[ELSEWHERE]}, active=False)

    assert await release_the_unfit(cell.desk) == 2
    assert [(await cell.row(one)).state for one in (first, second, third)] == ["rematching", "offered", "rematching"]


async def test_without_a_directory_nobody_loses_anything(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    for table in ("people", "directory_version"):
        await cell.as_owner(f"delete from ombuds.{table}")

    assert await release_the_unfit(cell.desk) == 0
    assert (await cell.row(case_id)).state == "talking"


async def test_a_declared_conflict_ends_their_access_at_once_and_says_nothing(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    assert await cell.sees(case_id, ELSEWHERE)

    await cell.steps_aside(case_id, ELSEWHERE)

    assert (await steps(cell, case_id))[-1] == ("reassign", "system", {}), "that it was their own word is in no step"
    kinds = await cell.query(
        "select kind from case_tags where tag = :tag", tag=case_tag(cell.desk.keys.cell, case_id, ELSEWHERE)
    )
    assert [row.kind for row in kinds] == [Conflict.DECLARED]
    await goes_on_elsewhere(cell, case_id, ELSEWHERE)


async def test_an_ombudsperson_who_steps_aside_sees_and_hears_no_more_of_it(cell: Cell) -> None:
    await cell.people({**LINES, "S0067": ""})
    case_id = await cell.talk()
    assert await cell.sees(case_id, OMBUDSPERSON)

    await cell.steps_aside(case_id, OMBUDSPERSON)

    assert (await cell.row(case_id)).state == "talking"
    assert not await cell.sees(case_id, OMBUDSPERSON)
    await cell.steps_aside(case_id, ELSEWHERE)
    await cell.ring(case_id, datetime.now(UTC).replace(year=datetime.now(UTC).year + 1))
    told = await cell.told()
    assert (OMBUDSPERSON, "informal_resolution.late") not in told
    assert ("S0067", "informal_resolution.late") in told


async def test_she_can_end_it_while_somebody_else_is_looked_for(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    await cell.steps_aside(case_id, ELSEWHERE)
    taken(await cell.act(case_id, "end_talk", HERSELF, outcome="stopped"))

    assert await cell.match(case_id) is None
    assert (await cell.row(case_id)).state == "ended"


@pytest.mark.parametrize("actor", [HERSELF, LISTENER])
async def test_nobody_but_the_cell_itself_reassigns(cell: Cell, actor: Actor) -> None:
    await cell.people()
    case_id = await cell.talk()
    assert isinstance(await cell.act(case_id, "reassign", actor), Refused)
