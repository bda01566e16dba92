"""Who may hold a talk or a mediation (invariant 32), and by which step they lose it once they no longer may: the desk's
background asks that again at every change of the directory and of the appointments.
"""

from collections.abc import Mapping
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle import directory, exclusions
from lifecycle.desk import Desk, Part
from lifecycle.records import CaseRow
from policy.model import Role
from services.ombuds.domain import informal_resolution, mediation

PARTS: Final[Mapping[str, Mapping[Role, Part]]] = {
    informal_resolution.LIFECYCLE.name: {
        informal_resolution.LISTENER: Part(frozenset(informal_resolution.LISTENERS), informal_resolution.REASSIGN)
    },
    mediation.LIFECYCLE.name: {mediation.MEDIATOR: Part(informal_resolution.OMBUDS, mediation.RELEASE)},
}
"""The part in each procedure that somebody has to be free of conflict for."""


async def is_at_work(session: AsyncSession, staff_id: str) -> bool:
    person = await directory.person(session, staff_id)
    return person is not None and person.active


async def may_hold(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str) -> bool:
    """Whether somebody is at work and has no conflict in this case."""
    return await is_at_work(session, staff_id) and not await exclusions.excluded(
        session, desk.keys.cell, row.case_id, staff_id
    )
