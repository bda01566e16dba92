"""The register as somebody of the office may look at it: what each protection rests on and from when to when; who it
is, only where that person agreed to be contacted (policy 2.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties, conflicts_of, stand_ins
from policy.model import Role
from policy.routing import standing
from services.ethics.use_cases.names import OFFICE, protected_person

_PAGE: Final = 50
_AT_ONCE: Final = 100
_ROWS: Final = text("""
    select protection_id, sealed_person, activity, started_at, until, contact_agreed from protected
    where (until is null or until > :now)
      and (cast(:after as uuid) is null or protection_id > cast(:after as uuid))
    order by protection_id limit :limit
""")


@dataclass(frozen=True)
class ProtectionSeen:
    """`staff_id` is empty where the person has not agreed to be contacted."""

    protection_id: UUID
    activity: str
    started_at: datetime
    until: datetime | None
    staff_id: str


async def protected_seen_by(
    session: AsyncSession, desk: Desk, staff_id: str, after: str, now: datetime
) -> tuple[Sequence[ProtectionSeen], str]:
    """A page of the register, and after which one the next begins, empty at the end. Nobody is shown a protection of
    their own, nor of anybody whose cases they must not see (invariant 32), nor one that is another office's because it
    is about this one. Whoever has no part in it finds nothing. Each look stands in the trail.
    Neither a page's length nor where the next begins tells of a protection that is hidden.
    """
    first = _id(after)
    offices = _offices_of(desk, staff_id, now)
    found = await _shown(session, desk, staff_id, offices, first, now) if offices else []
    page = found[:_PAGE]
    facts: dict[str, str | int] = {"count": len(page)} | ({"after": first} if first else {})
    act = "register.shown" if offices else "register.hidden"
    await audit_trail.record(session, act, object_ref="protected", actor=staff_id, facts=facts)
    return page, str(page[-1].protection_id) if len(found) > _PAGE else ""


async def _shown(
    session: AsyncSession, desk: Desk, staff_id: str, offices: frozenset[str], after: str | None, now: datetime
) -> list[ProtectionSeen]:
    """More than a page, unless the register ends before."""
    # A line is the same from both its ends: who is in conflict with the reader is whom the reader is in conflict with.
    in_conflict = await conflicts_of(session, Parties(affected_individual=staff_id), now, stand_ins(desk.policy, now))
    kept_from = {one.casefold() for one in in_conflict}
    found, ended = list[ProtectionSeen](), False
    while not ended and len(found) <= _PAGE:
        given = {"now": now, "after": after, "limit": _AT_ONCE}
        rows = (await session.execute(_ROWS, params=given)).all()
        for row in rows:
            meant = protected_person(desk, row.protection_id, row.sealed_person)
            if meant.office in offices and meant.staff_id.strip().casefold() not in kept_from:
                name = meant.staff_id if row.contact_agreed else ""
                found.append(ProtectionSeen(row.protection_id, row.activity, row.started_at, row.until, name))
        ended = len(rows) < _AT_ONCE
        after = str(rows[-1].protection_id) if rows else after
    return found


def _offices_of(desk: Desk, staff_id: str, now: datetime) -> frozenset[str]:
    """The office itself, and those that stand in for it, in which somebody is an ethics officer."""
    policy = desk.policy
    found = {OFFICE} if Role.ETHICS_OFFICER in policy.roles_of(staff_id, now) else set()
    for one in policy.desks.values():
        if one.service == desk.service and one.key != OFFICE:
            there = replace(policy, appointments=standing(policy, one))
            if Role.ETHICS_OFFICER in there.roles_of(staff_id, now):
                found.add(one.key)
    return frozenset(found)


def _id(typed: str) -> str | None:
    try:
        return str(UUID(typed)) if typed else None
    except ValueError:
        return None
