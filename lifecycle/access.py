"""Who may see a case: by role or assignment, never against an exclusion (invariant 32)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle.desk import Desk
from lifecycle.exclusions import FOR_DECIDERS, FOR_HANDLERS, case_tag, excluded
from lifecycle.model import Actor, ActorKind
from lifecycle.records import CaseRow
from policy.model import Role

DECIDERS: Final = frozenset({Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR})
"""Invariant 32: handlers and reviewers stand outside both whole lines, deciders need not."""


async def actor_of(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, now: datetime) -> Actor:
    """The person as an actor in this case. Somebody in a party's wider line keeps the roles of a decider alone."""
    roles = desk.policy.roles_of(staff_id, now)
    if await excluded(session, desk.keys.cell, row.case_id, staff_id, FOR_DECIDERS):
        return Actor(ActorKind.STAFF, staff_id, roles, excluded=True)
    if await excluded(session, desk.keys.cell, row.case_id, staff_id, FOR_HANDLERS):
        return Actor(ActorKind.STAFF, staff_id, roles & DECIDERS, excluded=not roles & DECIDERS)
    return Actor(ActorKind.STAFF, staff_id, roles)


def may_see(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """By a role that reads every case of this lifecycle, or by assignment under a role still held."""
    if actor.excluded:
        return False
    assigned = {Role(role) for role, staff_id in row.data.get("assigned", {}).items() if staff_id == actor.staff_id}
    return bool(actor.roles & (desk.readers[row.lifecycle] | assigned))


def hidden_name(desk: Desk, case_id: UUID, staff_id: str) -> str:
    """How somebody who must not see a case stands in the trail: recognisable to the cell's key, to nobody else."""
    return f"tag:{case_tag(desk.keys.cell, case_id, staff_id).hex()}"
