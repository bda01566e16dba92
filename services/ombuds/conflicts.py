"""Who may hold a talk or a mediation, and what follows when they no longer may (invariant 32).

Asked again at every change of the directory and of the appointments: a listener who has come into conflict, has left or
is no longer appointed loses the talk by a step that gives no reason, and somebody else is looked for.
"""

import asyncio
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId
from lifecycle import directory, exclusions, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, ActorKind
from lifecycle.records import CaseRow
from policy.model import Role
from services.ombuds.domain import informal_resolution, mediation

HOLDER: Final[Mapping[str, Role]] = {
    informal_resolution.LIFECYCLE.name: informal_resolution.LISTENER,
    mediation.LIFECYCLE.name: mediation.MEDIATOR,
}
"""The part in each procedure that somebody has to be free of conflict for."""
APPOINTED: Final[Mapping[str, Collection[Role]]] = {
    informal_resolution.LIFECYCLE.name: informal_resolution.LISTENERS,
    mediation.LIFECYCLE.name: informal_resolution.OMBUDS,
}
RELEASES: Final[Mapping[str, str]] = {
    informal_resolution.LIFECYCLE.name: informal_resolution.REASSIGN,
    mediation.LIFECYCLE.name: mediation.RELEASE,
}
_RELEASED: Final = uuid.UUID("4a8c0d3f-0f65-4a3d-8b5b-6a5d5a0f6c11")
_LOOK_EVERY: Final = 5.0
_HELD: Final = text("""
    select case_id, lifecycle, version, data -> 'assigned' as assigned from cases
    where closed_at is null and erased_at is null and handlers <> '{}'
""")


async def is_at_work(session: AsyncSession, staff_id: str) -> bool:
    person = await directory.person(session, staff_id)
    return person is not None and person.active


async def may_hold(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str) -> bool:
    """Whether somebody is at work and has no conflict in this case."""
    return await is_at_work(session, staff_id) and not await exclusions.excluded(
        session, desk.keys.cell, row.case_id, staff_id
    )


async def release_the_unfit(desk: Desk) -> int:
    """Takes from everybody what they may no longer hold; how many cases that were."""
    async with desk.database.transaction() as session:
        # Without a directory nobody's standing can be told: whatever is held stays so.
        known = await directory.version(session) > 0
        found = await _unfit(session, desk, await records.clock_now(session)) if known else {}
    for case_id, version in found.items():
        async with desk.database.transaction() as session:
            await _release(session, desk, CaseId(case_id), version)
        await desk.poke(case_id)()
    return len(found)


async def release_forever(desk: Desk) -> None:
    """Part of the cell's background, beside the one that computes the exclusions again."""
    while True:
        await release_the_unfit(desk)
        await asyncio.sleep(_LOOK_EVERY)


async def _unfit(session: AsyncSession, desk: Desk, now: datetime) -> dict[UUID, int]:
    """Cases whose holder may not hold them any more, with their versions."""
    held: dict[str, dict[UUID, tuple[str, int]]] = {}
    for row in (await session.execute(_HELD)).all():
        if holder := row.assigned.get(HOLDER[row.lifecycle]):
            held.setdefault(holder, {})[row.case_id] = row.lifecycle, row.version
    found: dict[UUID, int] = {}
    for staff_id, cases in held.items():
        gone = not await is_at_work(session, staff_id)
        roles = desk.policy.roles_of(staff_id, now)
        excluded = await exclusions.excluded_from(session, desk.keys.cell, list(cases), staff_id)
        for case_id, (lifecycle, version) in cases.items():
            if gone or case_id in excluded or roles.isdisjoint(APPOINTED[lifecycle]):
                found[case_id] = version
    return found


async def _release(session: AsyncSession, desk: Desk, case_id: CaseId, version: int) -> None:
    row = await records.lock(session, case_id)
    if row is None or row.version != version:
        # Somebody was faster; the next look sees how it stands then.
        return
    action = Action(uuid.uuid5(_RELEASED, f"{case_id}:{version}"), RELEASES[row.lifecycle])
    await decide_as(session, desk, case_id, action, Actor(ActorKind.SYSTEM), await records.clock_now(session))
