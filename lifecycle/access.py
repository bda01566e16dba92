"""Who may see a case: by role or assignment, never against an exclusion (invariant 32)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import tag
from lifecycle import looking, records
from lifecycle.case_tables import BY_DATE
from lifecycle.desk import Desk, Team
from lifecycle.exclusions import FOR_DECIDERS, Conflict, case_tag, conflicts_among, conflicts_with, keep_out
from lifecycle.model import Actor, ActorKind
from lifecycle.records import ActionRow, CaseRow
from lifecycle.routing import DECIDERS
from policy.model import BY_ASSIGNMENT, Role
from policy.routing import acting_roles

# A manager stands in the line of whoever told them; the one whom a matter is about is a party to it.
KEEPS_OUT: Final = {
    Role.MANAGER: (Conflict.PARTY, Conflict.REFUSED, Conflict.DECLARED),
    Role.ALLEGED_OFFENDER: (),
}
PART: Final = "part:"
"""How the name begins under which somebody acts whom a matter is about."""

Position = tuple[datetime, UUID]
"""Where a page of the list ends: that case's place in the list's order, and its id."""

# Three lists, each from an index of its own, cut before they are put together: what somebody's roles read at the usual
# desks, what they read where others stand in, and what is assigned to them.
_LISTED: Final = """
    (select case_id, {place} as place from cases
      where erased_at is null and desk is null and lifecycle = any(:lifecycles)
        and ({place}, case_id) {after} (:place, :case_id) {only}
      order by place {direction}, case_id {direction} limit :limit)
    union
    (select c.case_id, {place} as place
      from unnest(cast(:desks as text[]), cast(:lifecycles_there as text[])) there (desk, lifecycle)
      join cases c on c.desk = there.desk and c.lifecycle = there.lifecycle
      where c.erased_at is null and ({place}, c.case_id) {after} (:place, :case_id) {only}
      order by place {direction}, c.case_id {direction} limit :limit)
    union
    (select case_id, {place} as place from cases
      where erased_at is null and handlers && array[cast(:staff_id as text), cast(:part as text)]
        and (cast(:kind as text) = '' or lifecycle = cast(:kind as text))
        and ({place}, case_id) {after} (:place, :case_id) {only}
      order by place {direction}, case_id {direction} limit :limit)
    order by place {direction}, case_id {direction} limit :limit
"""
_AT_ONCE: Final = 100
_NEVER: Final = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Order:
    """How a list of cases is ordered: its statement, where it begins, and the place that a case has in it."""

    statement: TextClause
    first: Position
    place: Callable[[CaseRow], datetime]


NEWEST_FIRST: Final = Order(
    text(_LISTED.format(place="opened_at", after="<", direction="desc", only="")),
    (_NEVER, UUID(int=2**128 - 1)),
    lambda row: row.opened_at,
)
DUE_FIRST: Final = Order(
    text(
        _LISTED.format(
            place=BY_DATE,
            after=">",
            direction="asc",
            only="and closed_at is null",
        )
    ),
    (datetime.fromisoformat("0001-01-02T00:00:00+00:00"), UUID(int=0)),
    lambda row: row.unmet_at or _NEVER,
)
"""What is still open, by the next date; what has gone by unmet comes first."""


async def actors_of(
    session: AsyncSession, desk: Desk, cases: Mapping[UUID, CaseRow | None], staff_id: str, now: datetime
) -> dict[UUID, Actor]:
    """The person as an actor in each of these cases, also in one that is not there: that takes no less time. Somebody
    in a party's wider line keeps a decider's roles alone; somebody whose part in a case is by assignment has that
    part alone, and only what `KEEPS_OUT` says keeps them from it. The one whom a matter is about is the case's tag.
    """
    found = await conflicts_with(session, desk.keys.cell, list(cases), staff_id)
    return {case_id: _actor(desk, row, staff_id, now, found[case_id]) for case_id, row in cases.items()}


async def look(
    desk: Desk, case_id: UUID, action_id: UUID, staff_id: str, now: datetime
) -> tuple[CaseRow | None, ActionRow | None, Actor]:
    """A case, the action of this id where it is known already, and the person as an actor in the case, as `actors_of`;
    with nothing locked and no transaction.
    """
    row, known, conflicts = await looking.look(desk.database, desk.keys.cell, case_id, action_id, staff_id)
    return row, known, _actor(desk, row, staff_id, now, conflicts)


async def lock(
    session: AsyncSession, desk: Desk, case_id: UUID, action_id: UUID, staff_id: str, now: datetime
) -> tuple[CaseRow, ActionRow | None, Actor] | None:
    """As `look`, and nobody else's change to the case until this transaction ends. None where there is no such case."""
    looked = await looking.lock_free(session, desk.keys.cell, case_id, action_id, staff_id)
    if looked and looked.row:
        return looked.row, looked.known, _actor(desk, looked.row, staff_id, now, looked.conflicts)
    row, known = await looking.lock_and_known(session, case_id, action_id)
    return (row, known, await actor_of(session, desk, row, staff_id, now)) if row else None


async def actors_in(
    session: AsyncSession, desk: Desk, row: CaseRow, staff_ids: Sequence[str], now: datetime
) -> list[Actor]:
    """Each of these people as an actor in this case."""
    found = await conflicts_among(session, desk.keys.cell, [(row.case_id, staff_id) for staff_id in staff_ids])
    return [_actor(desk, row, staff_id, now, one) for staff_id, one in zip(staff_ids, found, strict=True)]


def _actor(
    desk: Desk, row: CaseRow | None, staff_id: str, now: datetime, conflicts: frozenset[Conflict] | None
) -> Actor:
    if row and (concerns := assigned_to(row, name := part_name(desk, staff_id))):
        return Actor(ActorKind.STAFF, name, concerns)
    if row and (held := assigned_to(row, staff_id) & BY_ASSIGNMENT):
        excluded = any(part in held and keep_out(conflicts, kinds) for part, kinds in KEEPS_OUT.items())
        return Actor(ActorKind.STAFF, staff_id, held, excluded=excluded)
    roles = roles_of(desk, row, staff_id, now)
    left = roles & DECIDERS if keep_out(conflicts) else roles
    excluded = keep_out(conflicts, FOR_DECIDERS) or (keep_out(conflicts) and not left)
    return Actor(ActorKind.STAFF, staff_id, left, excluded=excluded)


def roles_of(desk: Desk, row: CaseRow | None, staff_id: str, now: datetime) -> frozenset[Role]:
    """What somebody may act as in a case, by appointment: at another desk than the usual one, as it counts there."""
    return (desk.policy_of(row) if row and row.desk else desk.policy).roles_of(staff_id, now)


def part_name(desk: Desk, staff_id: str) -> str:
    """How somebody whom a matter is about stands in its row, its steps and the trail: recognisable to the cell's key,
    to nobody else. To be assigned in place of the staff id.
    """
    return f"{PART}{tag(desk.keys.cell, 'part', staff_id.strip().casefold()).hex()}"


def is_party(actor: Actor) -> bool:
    """Whether the matter is about this person, or they are the other party to it: they act under no name of theirs."""
    return actor.name.startswith(PART)


def assigned_to(row: CaseRow, name: str) -> frozenset[Role]:
    """What the person of this name (a staff id, or a part's) is assigned as in a case."""
    assigned = row.data.get("assigned", {})
    return frozenset(Role(role) for role, one in assigned.items() if one == name)


def parts_of(desk: Desk, row: CaseRow, staff_id: str) -> frozenset[Role]:
    """The person's parts by assignment in a case."""
    return (assigned_to(row, staff_id) | assigned_to(row, part_name(desk, staff_id))) & BY_ASSIGNMENT


async def actor_of(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, now: datetime) -> Actor:
    """The person as an actor in this case."""
    [actor] = await actors_in(session, desk, row, [staff_id], now)
    return actor


def may_see(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """By a role that reads every case of this lifecycle, or by assignment under a role still held."""
    return bool(_reads_by(desk, row, actor))


def may_read(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    """Whether they may also read what was written in it: by a role that is not blind there, or with a part in it."""
    seen_by = _reads_by(desk, row, actor)
    with_a_part = bool(seen_by) and actor.staff_id is not None and bool(assigned_to(row, actor.staff_id))
    return with_a_part or bool(seen_by - desk.blind.get(row.lifecycle, frozenset()))


def outside(desk: Desk, row: CaseRow, actor: Actor) -> Team | None:
    """The team of which the reader is none."""
    team = desk.teams.get(row.lifecycle)
    return team if team and actor.roles.isdisjoint(team.roles) else None


def _reads_by(desk: Desk, row: CaseRow, actor: Actor) -> frozenset[Role]:
    if actor.excluded:
        return frozenset()
    assigned = assigned_to(row, actor.staff_id) if actor.staff_id else frozenset[Role]()
    return actor.roles & (desk.readers_of(row) | assigned)


async def cases_seen_by(
    session: AsyncSession,
    desk: Desk,
    staff_id: str,
    now: datetime,
    *,
    order: Order = NEWEST_FIRST,
    after: Position | None,
    limit: int,
    kind: str = "",
) -> tuple[list[tuple[CaseRow, Actor]], Position | None]:
    """The first cases that the person may see, at most `limit`, each with the person as an actor in it; and where to go
    on, None at the end of the list. With `kind` those of one lifecycle alone.
    Neither a page's length nor the place to go on tells of a case that is hidden from the person.
    """
    position, seen, ended = after or order.first, list[tuple[CaseRow, Actor]](), False
    while not ended and len(seen) <= limit:
        rows = await _next_rows(session, desk, staff_id, now, order, position, kind)
        actors = await actors_of(session, desk, {row.case_id: row for row in rows}, staff_id, now)
        seen += [(row, actor) for row in rows if may_see(desk, row, actor := actors[row.case_id])]
        ended = len(rows) < _AT_ONCE
        position = _position(order, rows[-1]) if rows else position
    page = seen[:limit]
    return page, _position(order, page[-1][0]) if len(seen) > limit else None


async def _next_rows(
    session: AsyncSession, desk: Desk, staff_id: str, now: datetime, order: Order, position: Position, kind: str
) -> list[CaseRow]:
    place, case_id = position
    roles = desk.policy.roles_of(staff_id, now)
    elsewhere = [(name, one) for name, one in _read_elsewhere(desk, roles) if kind in ("", one)]
    found = await session.execute(
        order.statement,
        params={
            "lifecycles": [one for one in desk.lifecycles_read_by(roles) if kind in ("", one)],
            "desks": [name for name, _ in elsewhere],
            "lifecycles_there": [lifecycle for _, lifecycle in elsewhere],
            "kind": kind,
            "staff_id": staff_id,
            "part": part_name(desk, staff_id),
            "place": place,
            "case_id": case_id,
            "limit": _AT_ONCE,
        },
    )
    listed = [row.case_id for row in found]
    rows = {row.case_id: row for row in await records.load_all(session, listed)}
    return [rows[case_id] for case_id in listed if case_id in rows]


def _read_elsewhere(desk: Desk, roles: frozenset[Role]) -> Iterator[tuple[str, str]]:
    """At which other desk of the policy somebody acts as what reads a kind of matter, and which kind."""
    for one in desk.policy.desks.values():
        yield from ((one.name, lifecycle) for lifecycle in desk.lifecycles_read_by(acting_roles(one, roles)))


def kinds_read(desk: Desk, staff_id: str, now: datetime) -> set[str]:
    """The lifecycles of which somebody may see cases by what they are appointed to, whether there are any or not."""
    roles = desk.policy.roles_of(staff_id, now)
    return {*desk.lifecycles_read_by(roles), *(kind for _, kind in _read_elsewhere(desk, roles))}


def _position(order: Order, row: CaseRow) -> Position:
    return order.place(row), row.case_id


def hidden_name(desk: Desk, case_id: UUID, staff_id: str) -> str:
    """How somebody who must not see a case stands in the trail: recognisable to the cell's key, to nobody else."""
    return f"tag:{case_tag(desk.keys.cell, case_id, staff_id).hex()}"
