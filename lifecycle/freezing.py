"""The two steps that the system takes in any procedure while a decision of the report is under review. Pure.

In between nothing of the file goes (invariant 53): what would erase it waits (`clocks.is_held`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from lifecycle.clocks import DUE, place_of
from lifecycle.model import FROZEN, SYSTEM, Case, Clock, Facts, Step, then
from lifecycle.table import Lifecycle
from policy.model import Policy

FREEZE: Final = "freeze"
UNFREEZE: Final = "unfreeze"
STEPS: Final = frozenset({FREEZE, UNFREEZE})
RELEASE: Final = "keep.release"
"""How long a file is still there once nothing holds it up: who needs it has that time to say so."""


def freeze(case: Case, now: datetime) -> Case:
    return _after(case, FREEZE, now, {FROZEN: True})


def unfreeze(lifecycle: Lifecycle, case: Case, now: datetime, policy: Policy) -> Case:
    """The case free again: what has waited to erase it waits for `RELEASE` first."""
    freed = _after(case, UNFREEZE, now, {FROZEN: False})
    if not policy.is_set(RELEASE):
        return freed
    earliest = policy.due(RELEASE, now, place_of(case.facts))

    def later(clock: Clock) -> Clock:
        if clock.met_at or not lifecycle.clock_of[clock.key].erases:
            return clock
        rung = tuple(mark for mark in clock.rung if mark != DUE)
        return clock._replace(due_at=max(clock.due_at, earliest), rung=rung)

    return replace(freed, clocks={key: later(clock) for key, clock in case.clocks.items()})


def again(lifecycle: Lifecycle, case: Case, step: Step, policy: Policy) -> Case:
    """One of these two steps once more, as it was recorded."""
    return freeze(case, step.at) if step.action == FREEZE else unfreeze(lifecycle, case, step.at, policy)


def _after(case: Case, action: str, now: datetime, said: Facts) -> Case:
    step = Step(case.version + 1, action, SYSTEM, None, now)
    return replace(case, version=step.version, facts={**case.facts, **said}, steps=then(case.steps, step), effects=())
