"""The two steps that the system takes in any procedure when somebody cannot keep a part in it. Neither says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from lifecycle.model import SYSTEM, Case, Effect, Step, then
from lifecycle.recipients import appointed, assigned
from policy.model import Role

RECUSE: Final = "recuse"
"""Somebody is taken out of their part; the case waits for another."""
ANNOUNCE: Final = "announce_handover"
"""Somebody's last day is known: they hear that they have to hand over before it."""
STEPS: Final = frozenset({RECUSE, ANNOUNCE})

WAITING: Final = "handover.waiting"
AHEAD: Final = "handover.ahead"
LINE_CHANGED: Final = "handover.line_changed"
"""Whoever handles a case hears that a change of lines in it calls for something: another line, another supervisor."""


def recuse(case: Case, role: Role, now: datetime) -> Case:
    """The case without its `role`; whoever holds that role hears that it waits for somebody."""
    step = Step(case.version + 1, RECUSE, SYSTEM, None, now, {"role": role.value})
    assigned_still = {one: name for one, name in case.assigned.items() if one is not role}
    return _after(case, step, appointed(WAITING, role), assigned_still)


def announce(case: Case, role: Role, last: date, now: datetime) -> Case:
    """Whoever has the part `role` hears that it has to be handed over before the day `last`."""
    step = Step(case.version + 1, ANNOUNCE, SYSTEM, None, now, {"role": role.value, "last": last.isoformat()})
    return _after(case, step, assigned(AHEAD, role), dict(case.assigned))


def is_announced(case: Case, role: Role, last: date) -> bool:
    told = {"role": role.value, "last": last.isoformat()}
    return any(step.action == ANNOUNCE and dict(step.facts) == told for step in case.steps)


def again(case: Case, step: Step) -> Case:
    """One of these two steps once more, as it was recorded."""
    role = Role(str(step.facts["role"]))
    if step.action == RECUSE:
        return recuse(case, role, step.at)
    return announce(case, role, date.fromisoformat(str(step.facts["last"])), step.at)


def _after(case: Case, step: Step, effect: Effect, assigned_then: dict[Role, str]) -> Case:
    return replace(case, version=step.version, assigned=assigned_then, steps=then(case.steps, step), effects=(effect,))
