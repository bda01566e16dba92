"""Who must not hear of a request for help, before anybody does; and who may no longer help, once they may not."""

import asyncio
import uuid
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId
from lifecycle import directory, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties, excluded, excluded_from
from lifecycle.model import Action, Actor, ActorKind
from lifecycle.records import CaseRow
from services.support.domain.referral_acts import HELPERS, RELEASE

SYSTEM: Final = Actor(ActorKind.SYSTEM)
_ROUTED: Final = uuid.UUID("7f2b7c9e-3f0e-4f0c-9a35-0d7be9f8b1a4")
_RELEASED: Final = uuid.UUID("c3a0e5b6-52c1-4f8e-8d0b-6f1d0a9f2e77")
_LOOK_EVERY: Final = 5.0
_HELD: Final = text("""
    select case_id, version, data -> 'assigned' ->> 'specialist' as specialist from cases
    where closed_at is null and erased_at is null and handlers <> '{}'
""")


class DirectoryNotHere(Exception):
    """Somebody is named and no people directory has come yet: nobody's line can be told. Tried again."""


async def route(desk: Desk, case_id: CaseId, source: parties.Source = parties.fetch) -> None:
    """The errand of every new case. Where nobody is named nothing has to be known first: help starts at once
    (invariant 22). Bears being done twice. Raises PartiesNotHere, DirectoryNotHere.
    """

    async def known(desk: Desk, row: CaseRow) -> Parties:
        named = await source(desk, row)
        async with desk.database.transaction() as session:
            if named != Parties() and await directory.version(session) == 0:
                raise DirectoryNotHere
        return named

    await parties.find_exclusions(desk, case_id, known)
    async with desk.database.transaction() as session:
        action = Action(uuid.uuid5(_ROUTED, str(case_id)), "record_routed")
        await decide_as(session, desk, case_id, action, SYSTEM, await records.clock_now(session))


async def is_at_work(session: AsyncSession, staff_id: str) -> bool:
    person = await directory.person(session, staff_id)
    return person is not None and person.active


async def may_help(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str) -> bool:
    """Whether somebody is at work and has no conflict in this case (invariant 32)."""
    return await is_at_work(session, staff_id) and not await excluded(session, desk.keys.cell, row.case_id, staff_id)


async def release_forever(desk: Desk) -> None:
    """Part of the cell's background, beside the one that computes exclusions again."""
    while True:
        await release_the_unfit(desk)
        await asyncio.sleep(_LOOK_EVERY)


async def release_the_unfit(desk: Desk) -> int:
    """Takes from everybody what they may no longer help with; how many cases that were. The step gives no reason."""
    async with desk.database.transaction() as session:
        # Without a directory nobody's standing can be told: whatever is held stays so.
        unfit = await _unfit(session, desk) if await directory.version(session) > 0 else {}
    for case_id, version in unfit.items():
        async with desk.database.transaction() as session:
            await _release(session, desk, CaseId(case_id), version)
        await desk.poke(case_id)()
    return len(unfit)


async def _unfit(session: AsyncSession, desk: Desk) -> dict[UUID, int]:
    """Cases whose helper may not help any more, with their versions."""
    held: dict[str, dict[UUID, int]] = {}
    for row in (await session.execute(_HELD)).all():
        held.setdefault(row.specialist, {})[row.case_id] = row.version
    now, found = await records.clock_now(session), dict[UUID, int]()
    for staff_id, cases in held.items():
        lost = not await is_at_work(session, staff_id) or desk.policy.roles_of(staff_id, now).isdisjoint(HELPERS)
        gone = cases.keys() if lost else await excluded_from(session, desk.keys.cell, list(cases), staff_id)
        found |= {case_id: cases[case_id] for case_id in gone}
    return found


async def _release(session: AsyncSession, desk: Desk, case_id: CaseId, version: int) -> None:
    row = await records.lock(session, case_id)
    if row is None or row.version != version:
        # Somebody was faster; the next look sees how it stands then.
        return
    action = Action(uuid.uuid5(_RELEASED, f"{case_id}:{version}"), RELEASE)
    await decide_as(session, desk, case_id, action, SYSTEM, await records.clock_now(session))
