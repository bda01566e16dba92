"""Who must not hear of a request for help, before anybody does; and who may help with it."""

import uuid
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId
from lifecycle import directory, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk, Part
from lifecycle.exclusions import Parties, excluded
from lifecycle.model import Action, Actor, ActorKind
from lifecycle.records import CaseRow
from policy.model import Role
from services.support.domain.referral_acts import HELPERS, RELEASE
from services.support.domain.support_referral import LIFECYCLE

SYSTEM: Final = Actor(ActorKind.SYSTEM)
_ROUTED: Final = uuid.UUID("7f2b7c9e-3f0e-4f0c-9a35-0d7be9f8b1a4")
PARTS: Final = {LIFECYCLE.name: {Role.SPECIALIST: Part(HELPERS, RELEASE)}}
"""Who may have a part by assignment, and by which step they lose it once they no longer may."""


async def route(desk: Desk, case_id: CaseId, source: parties.Source = parties.fetch) -> None:
    """The errand of every new case. Where nobody is named nothing has to be known first: help starts at once
    (invariant 22). Bears being done twice. Raises PartiesNotHere, DirectoryNotHere.
    """

    async def known(desk: Desk, row: CaseRow) -> Parties:
        named = await source(desk, row)
        if named != Parties():
            async with desk.database.transaction() as session:
                await directory.need(session)
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
