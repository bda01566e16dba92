"""Which desk has a case: the one intake chose before it sealed, or the next body in the table once nobody is left.

A desk here is one of the policy's routing table, by its name. A case moves on and never back: what a change of the
directory or of the appointments adds may send it further, and nothing brings it back to those it was taken from.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from lifecycle import directory, exclusions
from lifecycle.desk import Desk
from lifecycle.exclusions import FOR_DECIDERS, FOR_HANDLERS, Conflict, Parties
from lifecycle.model import ActorKind
from lifecycle.records import CaseRow
from policy import routing
from policy.decisions import Desk as RoutedDesk
from policy.model import BY_ASSIGNMENT, Office, Policy, Role

DECIDERS: Final = frozenset({Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD})
"""Invariant 32: handlers and reviewers stand outside both whole lines, deciders need not: at the top nobody else is."""
PERSON_OR_SYSTEM: Final = frozenset({ActorKind.PERSON, ActorKind.SYSTEM})

_WHERE_OF_REPORT: Final = text("""
    select desk, office from cases where report_id = :report_id and erased_at is null
    order by opened_at, case_id limit 1
""")
_UNITS: Final = text("select distinct unit from people where staff_id = any(:staff_ids)")
_STATIONS: Final = text("select distinct station from people where staff_id = any(:staff_ids)")
_MOVE: Final = text("""
    update cases set desk = :desk,
        errands = case when cast(:errand as text) is null then errands else array_append(errands, :errand) end
    where case_id = :case_id
""")
REWRAP: Final = "rewrap"
"""The errand of a case that goes to a desk with another key."""


class DeskUnknown(LookupError):
    """The policy has no such desk for that route, or not in this version."""


@dataclass(frozen=True)
class Place:
    """Where a case is: at a desk, under an office's key; None for the usual ones."""

    desk: str | None = None
    office: str | None = None


def place_at(desk: Desk, lifecycle: str, name: str) -> Place:
    """Where a report lies that intake sealed to the desk of this name. Raises DeskUnknown."""
    route = desk.policy.routes.get(lifecycle)
    if not name or (route and name == route.desk):
        return Place()
    found = desk.policy.desks.get(name)
    if found is None or found.service != desk.service:
        raise DeskUnknown
    return Place(name, found.key if found.key != desk.offices[lifecycle] else None)


async def place_of_report(session: AsyncSession, report_id: UUID) -> Place:
    """Where the oldest case of a report is: what follows from it is nobody else's to see."""
    found = await fetch(session, _WHERE_OF_REPORT, {"report_id": report_id})
    return Place(*found[0]) if found else Place()


async def move_on(session: AsyncSession, desk: Desk, row: CaseRow, parties: Parties, now: datetime) -> str | None:
    """Which desk has the case, once it is known whom it concerns and who must not see it; kept in its row. Whoever is
    appointed too near to the one whom it is about is excluded on the way.
    """
    policy = desk.pack_of(row)
    route = row.lifecycle if row.lifecycle in policy.routes else desk.routed_as
    if route is None:
        return row.desk
    usual = policy.desks[policy.routes[route].desk]
    about = await offices_about(session, policy, parties, now)
    if row.desk:
        # From where it is it goes on, not back: it was taken from these.
        about |= usual.offices - policy.desks[row.desk].offices
    places = await _column(session, _STATIONS, parties.alleged_offender)
    while True:
        chosen = routing.desk_for(policy, route, about)
        near = routing.too_near(policy, usual, chosen, places, now)
        await exclusions.add_tags(session, desk.keys.cell, row.case_id, dict.fromkeys(near, Conflict.SAME_OFFICE))
        left_out = await _without_anybody(session, desk, row, policy, route, chosen, frozenset(about), now)
        if routing.desk_for(policy, route, about | left_out) is chosen:
            break
        about |= left_out
    name = chosen.name if chosen is not usual else None
    if name != row.desk:
        there = replace(row, desk=name)
        errand = f"{REWRAP}:{row.version}:{name}" if office_at(desk, there) != desk.office_of(row) else None
        await session.execute(_MOVE, params={"case_id": row.case_id, "desk": name, "errand": errand})
        desk.wake(session, row.case_id)
    return name


def office_at(desk: Desk, row: CaseRow) -> str:
    """Whose desk key opens a case where it is: another than `office_of` while its key is on the way there."""
    return key_at(desk, desk.pack_of(row), row.lifecycle, row.desk) or desk.office_of(row)


def key_at(desk: Desk, policy: Policy, lifecycle: str, name: str | None) -> str | None:
    """Whose desk key opens a case of this kind at the desk of this name; None where it is the usual one."""
    route = lifecycle if lifecycle in policy.routes else desk.routed_as
    if name is None or route is None:
        return None
    key = policy.desks[name].key
    return key if key != policy.desks[policy.routes[route].desk].key else None


def handlers_of(desk: Desk, row: CaseRow) -> Sequence[Role]:
    """The roles whose turn it is in a case of this kind; none where they come by assignment alone."""
    policy = desk.pack_of(row)
    route = row.lifecycle if row.lifecycle in policy.routes else desk.routed_as
    if route is None:
        return ()
    deciders = desk.readers[row.lifecycle] & DECIDERS if row.lifecycle != route else frozenset[Role]()
    return [role for role in (*(deciders or policy.routes[route].handlers),) if role not in BY_ASSIGNMENT]


async def offices_about(session: AsyncSession, policy: Policy, parties: Parties, now: datetime) -> frozenset[Office]:
    """The offices that a matter is about: the person's word, and where those work whom she names."""
    units = await _column(session, _UNITS, parties.alleged_offender)
    named = routing.offices_of(policy, parties.alleged_offender, now, units=units)
    return named | {Office(one) for one in parties.about}


async def _without_anybody(
    session: AsyncSession,
    desk: Desk,
    row: CaseRow,
    policy: Policy,
    route: str,
    at: RoutedDesk,
    about: frozenset[Office],
    now: datetime,
) -> frozenset[Office]:
    """The offices of those who would have to act at this desk, where none of them may: for a part that nobody is left
    for, the next body in the table takes the case. Each step of the procedure is such a part; for one that is not the
    handlers' or the deciders' the case goes only where somebody is left for it.
    """
    parts = [frozenset(policy.routes[route].handlers)]
    if row.lifecycle != route and (deciders := desk.readers[row.lifecycle] & DECIDERS):
        parts.append(deciders)
    steps = _by_step(desk, row)
    free = _Free(session, desk, row, policy, frozenset().union(*parts, *steps), now)
    left_out = frozenset[Office]()
    for roles in parts:
        if roles.isdisjoint(BY_ASSIGNMENT) and not await free.anybody(roles, at):
            left_out |= _offices(policy, roles, at, now)
    for roles in steps:
        if await free.anybody(roles, at) or not any(routing.holders(policy, role, at, now) for role in roles):
            continue
        offices = _offices(policy, roles, at, now)
        there = routing.desk_for(policy, route, about | left_out | offices)
        if there is not at and await free.anybody(roles, there):
            left_out |= offices
    return left_out


def _by_step(desk: Desk, row: CaseRow) -> Sequence[frozenset[Role]]:
    """Who may take each step of the procedure: one of them has to be left."""
    lifecycle = desk.lifecycles[row.lifecycle]
    steps = (rule.by for rule in lifecycle.rules if not all(lifecycle.state_of[one].closed for one in rule.states))
    staff = (frozenset(one for one in by if isinstance(one, Role)) for by in steps if PERSON_OR_SYSTEM.isdisjoint(by))
    return [by for by in dict.fromkeys(staff) if by.isdisjoint(BY_ASSIGNMENT)]


def _offices(policy: Policy, roles: Collection[Role], at: RoutedDesk, now: datetime) -> frozenset[Office]:
    """Of those who act as these at a desk, whoever they are."""
    held = {one.office for role in roles for one in routing.holders(policy, role, at, now)}
    return frozenset(held | {policy.roles[at.in_place_of.get(role, role)].office for role in roles})


@dataclass
class _Free:
    """Who is left in a case of those who act as one of `roles` at a desk, all asked about at once: not in conflict, and
    has not gone. People from outside are in no directory. Deciders may stand in a party's wider line.
    """

    session: AsyncSession
    desk: Desk
    row: CaseRow
    policy: Policy
    roles: frozenset[Role]
    now: datetime
    conflicts: dict[str, frozenset[Conflict]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    async def anybody(self, roles: Collection[Role], at: RoutedDesk) -> bool:
        await self._ask(at)
        return any(
            one.staff_id not in self.gone
            and self.conflicts[one.staff_id].isdisjoint(FOR_DECIDERS if role in DECIDERS else FOR_HANDLERS)
            for role in roles
            for one in routing.holders(self.policy, role, at, self.now)
        )

    async def _ask(self, at: RoutedDesk) -> None:
        held = {one.staff_id for role in self.roles for one in routing.holders(self.policy, role, at, self.now)}
        if unknown := sorted(held - self.conflicts.keys()):
            cell_key, case_id = self.desk.keys.cell, self.row.case_id
            self.conflicts |= await exclusions.known_among(self.session, cell_key, case_id, unknown)
            self.gone |= await directory.gone(self.session, unknown)


async def _column(session: AsyncSession, query: object, staff_ids: Collection[str]) -> Sequence[str]:
    if not staff_ids:
        return ()
    return list(await session.scalars(query, params={"staff_ids": list(staff_ids)}))  # type: ignore[call-overload]
