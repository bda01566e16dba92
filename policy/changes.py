"""What differs between two versions of a policy, whether it protects people more or less, and what a change that
protects less needs before it may take effect. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from policy import protection
from policy.model import Deadline, Office, Policy, Role
from policy.protection import Direction
from policy.routing import desk_for
from policy.working_time import Calendar

WAITING: Final = "policy.waiting"
DELEGATION: Final = "policy_change"
NOT_COMPARED: Final = frozenset({"source", "confidence", "starts_at", "preset", "amount", "unit"})
"""Fields that are no value of their own; an amount is compared with its unit, as a length."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs. `before` and `after` are None where the pack does not have it. `direction` is None where
    it is not known, or neither more nor less protection.
    """

    key: str
    before: str | None
    after: str | None
    direction: Direction | None


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """Every value that differs, by kind and key; sources are none. Routing is compared by where matters would go."""
    return (*_of_tables(before, after), *_of_routing(before, after))


def weakening(found: Iterable[Difference]) -> tuple[Difference, ...]:
    return tuple(one for one in found if one.direction is Direction.WEAKER)


class ChangeRefused(StrEnum):
    """Why a change that weakens protection may not take effect yet."""

    SECOND_OFFICE_MISSING = "SECOND_OFFICE_MISSING"
    SAME_PERSON = "SAME_PERSON"
    SAME_OFFICE = "SAME_OFFICE"
    TOO_EARLY = "TOO_EARLY"
    NOT_DELEGATED = "NOT_DELEGATED"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who stands behind a change, for which office, and since when."""

    staff_id: str
    office: Office
    at: datetime


def refused(
    found: Iterable[Difference],
    proposed: Signature,
    confirmed: Signature | None,
    takes_effect_at: datetime,
    policy: Policy,
) -> tuple[ChangeRefused, ...]:
    """What keeps a change from taking effect at that time; nothing for one that weakens no protection.

    A second office has to confirm it, and then `policy.waiting` of the policy in force has to pass, so that a proposal
    cannot shorten its own wait.
    """
    if not weakening(found):
        return ()
    if confirmed is None:
        return (ChangeRefused.SECOND_OFFICE_MISSING,)
    wrong = []
    if confirmed.staff_id.casefold() == proposed.staff_id.casefold():
        wrong.append(ChangeRefused.SAME_PERSON)
    if confirmed.office is proposed.office:
        wrong.append(ChangeRefused.SAME_OFFICE)
    if not policy.is_set(WAITING) or takes_effect_at < policy.due(WAITING, max(proposed.at, confirmed.at)):
        wrong.append(ChangeRefused.TOO_EARLY)
    return tuple(wrong)


def not_yet(before: Policy, after: Policy, now: datetime) -> tuple[ChangeRefused, ...]:
    """What keeps a case that goes by `before` from going by `after` at `now`: nothing where no protection is lost, or
    where it has been approved and waited for. Who may approve is what `before` says.
    """
    found = differences(before, after)
    if not weakening(found):
        return ()
    approval = next((one for one in after.approvals if one.of == before.pin), None)
    if approval is None:
        return (ChangeRefused.SECOND_OFFICE_MISSING,)
    delegation = before.delegation[DELEGATION]
    proposed = _signed(before, after, approval.proposed_by, delegation.deciders, approval.proposed_at)
    confirmed = _signed(before, after, approval.confirmed_by, delegation.second, approval.confirmed_at)
    if proposed is None:
        return (ChangeRefused.NOT_DELEGATED,)
    return refused(found, proposed, confirmed, now, before)


def _signed(before: Policy, after: Policy, staff_id: str, allowed: Collection[Role], at: datetime) -> Signature | None:
    """For the first of the roles that may, and that the person held when signing; today's list knows who held what."""
    held = after.roles_of(staff_id, at)
    role = next((one for one in allowed if one in held), None)
    return Signature(staff_id, before.roles[role].office, at) if role else None


def tables_of(policy: Policy) -> Mapping[str, Mapping[str, Any]]:
    """Every described thing of a policy, by kind and key."""
    return {
        "deadline": policy.deadlines,
        "reminder": {one.key: one for some in policy.reminders.values() for one in some},
        "threshold": policy.thresholds,
        "preset": policy.presets,
        "calendar": policy.calendars,
        "office": {office.value: one for office, one in policy.offices.items()},
        "role": {role.value: one for role, one in policy.roles.items()},
        "desk": policy.desks,
        "route": policy.routes,
        "measure": policy.measures,
        "delegation": policy.delegation,
        "identity_purpose": policy.identity_purposes,
        "tribunal": policy.tribunals,
        "option": policy.options,
        "resource": policy.resources,
        "wording": policy.wording,
    }


def _of_tables(before: Policy, after: Policy) -> Iterator[Difference]:
    old, new, guarded = tables_of(before), tables_of(after), _guarded(before)
    for kind in old:
        for key in dict.fromkeys((*old[kind], *new[kind])):
            for one in _of_entry(before, after, kind, key, old[kind].get(key), new[kind].get(key)):
                yield replace(one, direction=Direction.WEAKER) if one.key in guarded else one
    if before.tribunal != after.tribunal:
        yield from _of_entry(before, after, "pack", "tribunal", before.tribunal, after.tribunal)


def _guarded(before: Policy) -> frozenset[str]:
    """Whom a change of policy needs, and for which office: any other is less protection, for one office could put
    itself in the place of the second.
    """
    found = [one for key, one in before.delegation.items() if key in protection.DECIDE_ON_PROTECTION]
    delegations = [f"delegation.{one.key}{field}" for one in found for field in ("", ".deciders", ".second")]
    roles = {role for one in found for role in (*one.deciders, *one.second)}
    return frozenset((*delegations, *(f"role.{role}.office" for role in roles)))


def _of_entry(before: Policy, after: Policy, kind: str, key: str, old: Any, new: Any) -> Iterator[Difference]:
    name = f"{kind}.{key}"
    if old is None or new is None:
        known = protection.of_being_there(kind, there=new is not None)
        yield Difference(name, shown(old), shown(new), known)
        return
    rules = "tribunal" if kind == "pack" else kind
    for field, one, other in _fields(old, new):
        compared = (one, other)
        if field in protection.NAME_LENGTHS:
            compared = (before.deadlines[one], after.deadlines[other])
        direction = protection.direction(rules, key, field, *compared)
        yield Difference(f"{name}.{field}" if field else name, shown(one), shown(other), direction)


def _fields(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The fields in which two things of a kind differ; no name where the thing is a value itself."""
    if isinstance(old, str):
        if old != new:
            yield "", old, new
        return
    if isinstance(old, Deadline) and (old.amount, old.unit) != (new.amount, new.unit):
        yield "", old, new
    for field in fields(old):
        one, other = getattr(old, field.name), getattr(new, field.name)
        if field.name not in NOT_COMPARED and one != other:
            yield field.name, one, other


def _of_routing(before: Policy, after: Policy) -> Iterator[Difference]:
    """Where a matter about one office would go: to a desk of which that very office is part, or not any more. Whether
    an office is part of a desk is judged by both versions: one that is only left out of the list has not left.
    """
    for route in before.routes.keys() & after.routes.keys():
        for office in Office:
            old, new = desk_for(before, route, {office}), desk_for(after, route, {office})
            part_of = [office in before.desks.get(one.name, one).offices | one.offices for one in (old, new)]
            if old.name != new.name or part_of[0] != part_of[1]:
                weaker, stronger = part_of == [False, True], part_of == [True, False]
                direction = Direction.WEAKER if weaker else Direction.STRONGER if stronger else None
                yield Difference(f"route.{route} about {office}", old.name, new.name, direction)


def shown(value: Any) -> str | None:
    """A value as people read it."""
    match value:
        case None:
            return None
        case Deadline():
            return "unset" if value.amount is None else f"{value.amount} {value.unit}"
        case Calendar():
            free = [*(f"{month:02}-{day:02}" for month, day in sorted(value.yearly)), *map(str, sorted(value.holidays))]
            return f"{value.zone}, rests on days {shown(value.weekend)} of the week, holidays {', '.join(free)}"
        case Mapping():
            return ", ".join(f"{one}: {shown(other)}" for one, other in value.items())
        case tuple() | list():
            return ", ".join(str(shown(one)) for one in value)
        case frozenset():
            return shown(sorted(value))
        case _ if is_dataclass(value):
            return "; ".join(f"{one.name} {shown(getattr(value, one.name))}" for one in fields(value))
        case _:
            return str(value)
