"""Who may no longer have a part that they were assigned: asked again and again, of every open case of a desk.

Somebody who has come into conflict, has left or is no longer appointed loses the part by a step that gives no reason,
and whoever could take it hears that it waits. Who leaves on a day that is known hears of it before, and has nothing
left to hand over on the last day.
"""

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId
from lifecycle import access, changes, directory, exclusions, handover, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk, Part
from lifecycle.exclusions import FOR_DECIDERS, FOR_HANDLERS, Conflict
from lifecycle.model import Action, Actor, ActorKind
from lifecycle.records import CaseRow
from lifecycle.routing import DECIDERS
from lifecycle.serial import from_json
from lifecycle.table import ACTOR
from policy.model import BY_ASSIGNMENT, Policy, Role

BEFORE: Final = "handover.before"
"""How long before a last day it is announced."""
_LOOK_EVERY: Final = 5.0
_PAGE: Final = 200
_RELEASED: Final = uuid.UUID("0a1f9d0e-9d31-4c6b-8d5e-61a4f2f7a3c5")
_SETTLES_WITHIN: Final = timedelta(minutes=5)
"""No transaction that changes a case, or who must not see it, takes longer to be seen here."""
_HELD: Final = text("""
    select case_id from cases c where closed_at is null and erased_at is null and handlers <> '{}' and case_id > :after
       and (cast(:since as timestamptz) is null or changed_at >= :since or handlers && cast(:leaving as text[])
            or exists (select from case_exclusions e where e.case_id = c.case_id and e.computed_at >= :since))
    order by case_id limit :page
""")
_LEAVING: Final = text("""
    select staff_id from people where (not active or contract_ends_on <> '') and staff_id in (
        select unnest(handlers) from cases where closed_at is null and erased_at is null and handlers <> '{}')
""")


@dataclass(frozen=True)
class _Held:
    """One part in one case. `ahead`: it is only announced that it has to be handed over before this day."""

    case_id: UUID
    staff_id: str
    role: Role
    ahead: date | None


async def release_the_unfit(desk: Desk, since: datetime | None = None) -> int:
    """Takes from everybody what they may no longer have, and tells who will soon have to hand over; in how many parts
    that was so. With `since`, only cases that have changed from then on, by a step or by a conflict found, and those
    of people who have left or whose last day is known are opened.
    """
    count, after, leaving = 0, UUID(int=0), await _leaving(desk) if since else []
    while True:
        async with desk.database.transaction() as session:
            # Without a directory nobody's standing can be told: whatever is held stays so.
            if await directory.version(session) == 0:
                return 0
            asked = {"after": after, "page": _PAGE, "since": since, "leaving": leaving}
            page = list(await session.scalars(_HELD, params=asked))
            rows = await records.load_all(session, page)
            found = await _unfit(session, desk, rows, await records.clock_now(session))
        for held in found:
            async with desk.database.transaction() as session:
                await _take(session, desk, held)
            await desk.poke(held.case_id)()
        count += len(found)
        if len(page) < _PAGE:
            return count
        after = page[-1]


async def release_forever(desk: Desk) -> None:
    """Part of a desk's background, beside the one that computes exclusions again. All open cases are looked at once it
    has started and whenever the appointments have changed; in between, those that it can concern. A day that comes
    concerns nobody else: whose last day is known is among them, and an appointment that begins has the exclusions
    computed again.
    """
    looked: tuple[object, ...] = ()
    since = None
    while True:
        now = datetime.now(UTC)
        async with desk.database.transaction() as session:
            under = (desk.policy.appointments_hash, await directory.version(session) > 0)
        await release_the_unfit(desk, since if under == looked else None)
        looked, since = under, now - _SETTLES_WITHIN
        await asyncio.sleep(_LOOK_EVERY)


async def _leaving(desk: Desk) -> list[str]:
    """Whoever has a part and is gone already or will be on a day that is known."""
    async with desk.database.transaction() as session:
        found = await session.scalars(_LEAVING)
    return [*found, *(one.staff_id for one in desk.policy.appointments if one.to)]


async def step_aside(session: AsyncSession, desk: Desk, case_id: UUID, staff_id: str) -> None:
    """Somebody says that they have a conflict in a case: from here on it is hidden from them, and what was theirs in it
    is given on in the same transaction. Why is not asked, and no step says that it was their own word.
    """
    row = await records.lock(session, case_id)
    assert row is not None  # cases are never deleted
    await exclusions.declare(session, desk.keys.cell, case_id, staff_id)
    for role in sorted(access.assigned_to(row, staff_id)):
        if part_of(desk, row.lifecycle, role):
            await _take(session, desk, _Held(row.case_id, staff_id, role, None))
    desk.wake(session, row.case_id)


def part_of(desk: Desk, lifecycle: str, role: Role) -> Part | None:
    """What is asked of whoever has this part; None for a part that nobody loses like this. Where the desk says nothing:
    the part's own role, or one by which the table lets somebody take the part.
    """
    if own := desk.parts.get(lifecycle, {}).get(role):
        return own
    if role in BY_ASSIGNMENT:
        return None
    taking = [rule.by for rule in desk.lifecycles[lifecycle].rules if rule.assigns.get(role) == ACTOR]
    return Part(frozenset({role, *(one for by in taking for one in by if isinstance(one, Role))}))


async def _unfit(session: AsyncSession, desk: Desk, rows: Iterable[CaseRow], now: datetime) -> list[_Held]:
    held: dict[tuple[str, frozenset[Conflict]], list[tuple[CaseRow, Role, Part]]] = {}
    for row in rows:
        for role, staff_id in from_json(row.data).assigned.items():
            if part := part_of(desk, row.lifecycle, role):
                roles = desk.policy_of(row).roles_of(staff_id, now)
                held.setdefault((staff_id, conflicts_with(part, role, roles)), []).append((row, role, part))
    found: list[_Held] = []
    for (staff_id, conflicts), cases in held.items():
        person = await directory.person(session, staff_id)
        case_ids = [row.case_id for row, _, _ in cases]
        # By their tags: while it is found out who else must not see a case, nobody is taken for one of them.
        kept_out = await exclusions.tagged(session, desk.keys.cell, case_ids, staff_id, conflicts)
        for row, role, part in cases:
            last = _last_day(desk.policy_of(row), part, person, staff_id, now)
            if (person and not person.active) or row.case_id in kept_out or (last and last <= now.date()):
                found.append(_Held(row.case_id, staff_id, role, None))
            elif last and _is_near(desk.policy_of(row), last, now) and not _is_announced(row, role, last):
                found.append(_Held(row.case_id, staff_id, role, last))
    return found


def conflicts_with(part: Part, role: Role, held: frozenset[Role]) -> frozenset[Conflict]:
    """What keeps somebody who holds the roles `held` from the part `role`: whoever has it by a decider's role may stand
    in a party's wider line, as for any decision (invariant 32).
    """
    if role in access.KEEPS_OUT:
        return frozenset(access.KEEPS_OUT[role])
    return FOR_HANDLERS if DECIDERS.isdisjoint({role, *(part.appointed & held)}) else FOR_DECIDERS


def _last_day(policy: Policy, part: Part, person: directory.Person | None, staff_id: str, now: datetime) -> date | None:
    """The last day on which somebody may have a part: before today where they may not now, None where none is set."""
    days = [date.fromisoformat(person.contract_ends_on)] if person and person.contract_ends_on else []
    if part.appointed:
        days.append(_appointed_until(policy, part, staff_id, now))
    return min((day for day in days if day != date.max), default=None)


def _appointed_until(policy: Policy, part: Part, staff_id: str, now: datetime) -> date:
    """The last day of an appointment that holds now and of those that follow it without a gap; `date.max` where none is
    set, before today where none holds.
    """
    own = [one for one in policy.appointments if one.staff_id == staff_id and one.role in part.appointed]
    if not any(one.holds(now) for one in own):
        return date.min
    until = now.date()
    for one in sorted(own, key=lambda one: one.from_):
        if until != date.max and one.from_ <= until + timedelta(days=1):
            until = max(until, one.to or date.max)
    return until


def _is_near(policy: Policy, last: date, now: datetime) -> bool:
    return policy.is_set(BEFORE) and policy.opens(BEFORE, datetime.combine(last, time.min, UTC)) <= now


def _is_announced(row: CaseRow, role: Role, last: date) -> bool:
    return handover.is_announced(from_json(row.data), role, last)


async def _take(session: AsyncSession, desk: Desk, held: _Held) -> None:
    row = await records.lock(session, held.case_id)
    if row is None or row.closed_at is not None or from_json(row.data).assigned.get(held.role) != held.staff_id:
        # Somebody was faster.
        return
    case, now = from_json(row.data), await records.clock_now(session)
    part = part_of(desk, row.lifecycle, held.role)
    if held.ahead:
        after = handover.announce(case, held.role, held.ahead, now)
    elif part and part.release:
        name = part.release if isinstance(part.release, str) else part.release(case)
        action = Action(uuid.uuid5(_RELEASED, f"{row.case_id}:{row.version}"), name)
        await decide_as(session, desk, CaseId(row.case_id), action, Actor(ActorKind.SYSTEM), now)
        return
    else:
        lifecycle, readers = desk.lifecycles[row.lifecycle], desk.readers_of(row)
        after = handover.recuse(case, held.role, now, handover.told_for(lifecycle, case, held.role, readers))
    facts = {"action": after.steps[-1].action}
    await changes.keep_change(session, desk, row, after, desk.policy_of(row), "case.acted", "system", facts)
