"""How clocks start, stop, pause and ring. Pure; durations come from the policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from lifecycle.fields import time_of
from lifecycle.model import (
    Case,
    Clock,
    ClockChange,
    ClockChangeKind,
    ClockRule,
    Due,
    DueKind,
    Facts,
    Lifecycle,
    Outcome,
)
from policy.model import Policy

DUE = "due"
"""The mark of a clock's due time itself; reminders have their policy key and amount as mark."""


def start(key: str, *, since: str | None = None, due: str | None = None) -> ClockChange:
    """Starts (or restarts) the clock: from the time fact `since` or now, until the time fact `due` or by policy."""
    return ClockChange(ClockChangeKind.START, key, since, due)


def meet(key: str) -> ClockChange:
    return ClockChange(ClockChangeKind.MEET, key)


def pause(key: str) -> ClockChange:
    return ClockChange(ClockChangeKind.PAUSE, key)


def resume(key: str) -> ClockChange:
    """Lets a paused clock go on; its due time moves by as long as it stood still."""
    return ClockChange(ClockChangeKind.RESUME, key)


def change(
    running: Mapping[str, Clock], facts: Facts, changes: Sequence[ClockChange], now: datetime, policy: Policy
) -> Mapping[str, Clock]:
    """The clocks after `changes`. Meeting a clock that does not run changes nothing, and a deadline that the
    policy leaves unset starts none: nothing of it is ever breached.
    """
    if not changes:
        return running
    clocks = dict(running)
    for one in changes:
        clock = clocks.get(one.key)
        match one.kind:
            case ClockChangeKind.START:
                since = time_of(facts, one.since) if one.since else now
                if one.due:
                    clocks[one.key] = Clock(one.key, since, time_of(facts, one.due))
                elif policy.is_set(one.key):
                    clocks[one.key] = Clock(one.key, since, policy.due(one.key, since))
            case ClockChangeKind.MEET if clock and clock.met_at is None:
                clocks[one.key] = replace(clock, met_at=now)
            case ClockChangeKind.PAUSE if clock and clock.runs:
                clocks[one.key] = replace(clock, paused_at=now)
            case ClockChangeKind.RESUME if clock and clock.paused_at and clock.met_at is None:
                clocks[one.key] = replace(clock, paused_at=None, due_at=clock.due_at + (now - clock.paused_at))
            case _:
                pass
    return clocks


def stop_all(running: Mapping[str, Clock], now: datetime) -> Mapping[str, Clock]:
    """A case that closes leaves no clock running but those its closing starts."""
    return {key: clock if clock.met_at else replace(clock, met_at=now) for key, clock in running.items()}


def waiting(lifecycle: Lifecycle, case: Case, policy: Policy) -> Iterator[Due]:
    """Everything that has yet to ring. A reminder that would lie before its clock's start is none."""
    for clock in case.clocks.values():
        if not clock.runs:
            continue
        irreversible = lifecycle.clock_of[clock.key].irreversible
        if DUE not in clock.rung:
            yield Due(clock.key, DueKind.DUE, clock.due_at, DUE, irreversible)
        for reminder in policy.reminders.get(clock.key, ()):
            for mark, at in reminder.times(clock.due_at):
                if mark not in clock.rung and at > clock.started_at:
                    yield Due(clock.key, DueKind.REMINDER, at, mark)


def outcome(rule: ClockRule, case: Case, due: Due, policy: Policy) -> Outcome:
    if due.kind is DueKind.REMINDER:
        return Outcome(effects=rule.reminds)
    return next(one for one in rule.outcomes if one.when is None or one.when(case, policy))


def ring(rule: ClockRule, case: Case, due: Due, now: datetime, policy: Policy) -> Mapping[str, Clock]:
    """The case's clocks with `due` marked as rung; a repeating clock that was due starts again from now."""
    clock = case.clocks[due.key]
    rung = replace(clock, rung=(*clock.rung, due.mark))
    if rule.repeats and due.kind is DueKind.DUE:
        rung = Clock(due.key, now, policy.due(due.key, now))
    return {**case.clocks, due.key: rung}
