"""The two steps that the system takes in any procedure when somebody cannot keep a part in it. Neither says why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from lifecycle.model import SYSTEM, ActorKind, Case, Effect, Step, then
from lifecycle.recipients import appointed, assigned
from lifecycle.table import Lifecycle
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


def recuse(case: Case, role: Role, now: datetime, told: Collection[Role] = ()) -> Case:
    """The case without its `role`; whoever holds one of the roles `told`, or else that role, hears that it waits for
    somebody.
    """
    step = Step(case.version + 1, RECUSE, SYSTEM, None, now, {"role": role.value})
    assigned_still = {one: name for one, name in case.assigned.items() if one is not role}
    return _after(case, step, [appointed(WAITING, one) for one in told or (role,)], assigned_still)


def is_lost(lifecycle: Lifecycle, case: Case, role: Role) -> bool:
    """Whether the system has taken somebody out of this part, by the bare step or one of the table's own, and nobody
    has it since.
    """
    if role in case.assigned:
        return False
    own = {one.action for one in lifecycle.rules if role in one.unassigns and ActorKind.SYSTEM in one.by}
    taken = {"role": role.value}
    return any(one.action in own or (one.action == RECUSE and one.facts == taken) for one in case.steps)


def told_for(lifecycle: Lifecycle, case: Case, role: Role, readers: frozenset[Role]) -> tuple[Role, ...]:
    """Who hears what is for a part that nobody has: whoever holds that role, and where they do not see such a case,
    whoever sees it and may give the part to somebody.
    """
    if role in readers:
        return (role,)
    here = (rule for (state, _), rule in lifecycle.rule_of.items() if state == case.state and role in rule.assigns)
    return tuple(sorted({one for rule in here for one in rule.by if isinstance(one, Role)} & readers))


def announce(case: Case, role: Role, last: date, now: datetime) -> Case:
    """Whoever has the part `role` hears that it has to be handed over before the day `last`."""
    step = Step(case.version + 1, ANNOUNCE, SYSTEM, None, now, {"role": role.value, "last": last.isoformat()})
    return _after(case, step, [assigned(AHEAD, role)], dict(case.assigned))


def is_announced(case: Case, role: Role, last: date) -> bool:
    told = {"role": role.value, "last": last.isoformat()}
    return any(step.action == ANNOUNCE and dict(step.facts) == told for step in case.steps)


def again(case: Case, step: Step) -> Case:
    """One of these two steps once more, as it was recorded."""
    role = Role(str(step.facts["role"]))
    if step.action == RECUSE:
        return recuse(case, role, step.at)
    return announce(case, role, date.fromisoformat(str(step.facts["last"])), step.at)


def _after(case: Case, step: Step, effects: Sequence[Effect], assigned_then: dict[Role, str]) -> Case:
    steps = then(case.steps, step)
    return replace(case, version=step.version, assigned=assigned_then, steps=steps, effects=tuple(effects))
