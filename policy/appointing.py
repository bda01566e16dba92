"""What has been decided about appointments since the list that a pack comes with: who was appointed, whose appointment
was ended. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from policy import tables
from policy.entry import Entry
from policy.model import Appointment, Policy, Role, RoleEntry

_SAID: Final = Path("workflow.policy.v1")
"""Where what is read here comes from, for whoever reads of a mistake in it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The last day of an appointment; one before its first day means that it never begins."""

    appointment: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Changes:
    """All that was decided about appointments, in order; `number` counts the decisions."""

    number: int
    appointed: tuple[Appointment, ...] = ()
    ended: tuple[Ended, ...] = ()


def appointment_id(one: Appointment) -> str:
    """Names one appointment, wherever it was written down, and nobody in it."""
    said = f"{one.staff_id.casefold()}\n{one.role}\n{one.place}\n{one.from_.isoformat()}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def with_changes(listed: Policy, changes: Changes) -> Policy:
    """The policy with its own list of people and what was decided since; what has come into the list meanwhile counts
    once.
    """
    if not changes.number:
        return listed
    ends: dict[str, date] = {}
    for one in changes.ended:
        ends[one.appointment] = min(one.last_day, ends.get(one.appointment, date.max))
    named = {appointment_id(one): one for one in (*listed.appointments, *changes.appointed)}
    people = (_ended(one, ends.get(name)) for name, one in named.items())
    appointments = tuple(one for one in people if one.to is None or one.to >= one.from_)
    said = repr((listed.appointments_hash, changes.appointed, changes.ended))
    return replace(listed, appointments=appointments, appointments_hash=hashlib.sha256(said.encode()).hexdigest())


def _ended(one: Appointment, last_day: date | None) -> Appointment:
    return one if last_day is None else replace(one, to=min(last_day, one.to or date.max))


def appointment(said: Mapping[str, Any], roles: Mapping[Role, RoleEntry]) -> Appointment:
    """One appointment from its fields, by the rules of a pack's own list. Raises `PolicyBroken`."""
    return tables.appointment(Entry(_SAID, ("appointment",), said, "appointment"), roles)


def apart(roles: Mapping[Role, RoleEntry], role: Role, held: Iterable[Role]) -> frozenset[Role]:
    """Which of the roles `held` nobody may hold beside `role`, whichever of the two says so."""
    return frozenset(one for one in held if one in roles[role].apart_from or role in roles[one].apart_from)
