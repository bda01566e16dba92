"""How clocks start, stop, pause and ring. Pure; durations come from the policy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from lifecycle.fields import time_of
from lifecycle.model import FROZEN, HOLD, Case, Clock, Due, DueKind, Effect, EffectKind, Facts, Step
from lifecycle.recipients import at_level, is_said_at
from lifecycle.table import ClockChange, ClockChangeKind, ClockRule, Lifecycle, Outcome, brings_erasure
from policy.model import Policy

DUE = "due"
"""The mark of a clock's due time itself; reminders have their policy key and amount as mark."""
RESUMED = "resumed"
"""The mark of a pause that ends by itself."""
PLACE = "place"
"""The fact that says at which duty station whoever has the case works; clocks that start count by its calendar."""


def start(
    key: str,
    *,
    since: str | None = None,
    due: str | None = None,
    by: str | None = None,
    not_before: tuple[str, ...] = (),
    no_later: bool = False,
) -> ClockChange:
    """Starts (or restarts) the clock: from the time fact `since` or now, until the time fact `due` or by policy; a
    choice fact `by` may pick a deadline of its own (`im.ack.red` for the clock `im.ack` and urgency red). A date that
    the case does not have, or has emptied, starts none. By policy it is due no earlier than the deadlines `not_before`
    (nothing is erased while they run, invariant 53), which count from now. `no_later`: one that has not rung yet is due
    then or sooner, in the round that it is in; one that stands still goes on, as much later as it stood.
    """
    return ClockChange(ClockChangeKind.START, key, since, due, by, not_before=not_before, no_later=no_later)


def renew(key: str) -> ClockChange:
    """Starts the clock again from now where it runs; where it does not, it stays as it is."""
    return ClockChange(ClockChangeKind.RENEW, key)


def meet(key: str) -> ClockChange:
    return ClockChange(ClockChangeKind.MEET, key)


def pause(key: str, *, reason: str) -> ClockChange:
    """Lets the clock stand still, for what the choice fact `reason` says."""
    return ClockChange(ClockChangeKind.PAUSE, key, reason=reason)


def resume(key: str) -> ClockChange:
    """Lets a paused clock go on; its due time moves by as long as it stood still, in its deadline's own unit."""
    return ClockChange(ClockChangeKind.RESUME, key)


def erases(key: str, *, person_sees: bool = False) -> ClockRule:
    """The clock of a time for which a closed case is kept: at its end all of it goes, for good (invariant 53)."""
    gone = Outcome(effects=(Effect(EffectKind.ERASE, "case"),), to="erased")
    return ClockRule(key, outcomes=(gone,), irreversible=True, person_sees=person_sees)


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
            case ClockChangeKind.RENEW if not (clock and clock.runs):
                pass
            case ClockChangeKind.START | ClockChangeKind.RENEW:
                if one.no_later and clock and clock.paused_at and clock.met_at is None:
                    clock = _resumed(clock, clock.paused_at, now, policy)
                if started := _started(one, facts, now, policy):
                    waits = one.no_later and clock is not None and clock.runs and DUE not in clock.rung
                    clocks[one.key] = _no_later(started, clock) if waits and clock else started
            case ClockChangeKind.MEET if clock and clock.met_at is None:
                clocks[one.key] = clock._replace(met_at=now)
            case ClockChangeKind.PAUSE if clock and clock.runs:
                clocks[one.key] = clock._replace(paused_at=now, pause_reason=str(facts[str(one.reason)]))
            case ClockChangeKind.RESUME if clock and clock.paused_at and clock.met_at is None:
                clocks[one.key] = _resumed(clock, clock.paused_at, now, policy)
            case _:
                pass
    return clocks


def _started(one: ClockChange, facts: Facts, now: datetime, policy: Policy) -> Clock | None:
    """None where there is nothing that it could be due by."""
    since = time_of(facts, one.since) if one.since else now
    place = place_of(facts)
    if one.due:
        return Clock(one.key, since, time_of(facts, one.due), place=place) if facts.get(one.due) else None
    if not policy.is_set(deadline := _deadline(one, facts, policy)):
        return None
    others = [policy.due(key, now, place) for key in one.not_before if policy.is_set(key)]
    due_at = max([policy.due(deadline, since, place), *others])
    return Clock(one.key, since, due_at, deadline=deadline, place=place)


def _no_later(started: Clock, running: Clock) -> Clock:
    """In the round that it is in; what it counts by from the next one on is new."""
    if running.due_at <= started.due_at:
        return running._replace(deadline=started.deadline)
    return started._replace(rounds=running.rounds)


def _deadline(one: ClockChange, facts: Facts, policy: Policy) -> str:
    own = f"{one.key}.{facts.get(one.by)}" if one.by else one.key
    return own if own in policy.deadlines else one.key


def place_of(facts: Facts) -> str | None:
    """None where nobody has the case, or an office has it, and where it is not known."""
    return str(facts[PLACE]) if PLACE in facts else None


def taken_up(
    lifecycle: Lifecycle, running: Mapping[str, Clock], place: str, now: datetime, policy: Policy
) -> Mapping[str, Clock]:
    """The clocks once somebody at `place` has a case that nobody had: those that began while it waited for them count
    from their beginning by the calendar there. None is made due in the past, and what is kept is kept as promised.
    """

    def counted(clock: Clock) -> Clock:
        waits = clock.runs and not clock.rung and clock.place is None
        if not waits or clock.deadline is None or lifecycle.clock_of[clock.key].erases:
            return clock
        due_at = policy.due(clock.deadline, clock.started_at, place)
        due_at = policy.moved(clock.deadline, due_at, due_at, due_at + clock.paused_for, place)
        return clock._replace(due_at=due_at, place=place) if due_at > now else clock

    return {key: counted(clock) for key, clock in running.items()}


def _resumed(clock: Clock, paused_at: datetime, now: datetime, policy: Policy) -> Clock:
    due_at = policy.moved(clock.deadline, clock.due_at, paused_at, now, clock.place)
    stood = clock.paused_for + (now - paused_at)
    return clock._replace(paused_at=None, pause_reason=None, due_at=due_at, paused_for=stood)


def pause_ends(rule: ClockRule, case: Case, policy: Policy, now: datetime) -> datetime | None:
    """When a pause that began at `now` (or began already) has lasted as long as it may; None where nothing limits it.
    Not after `now` when earlier pauses have used it up.
    """
    if rule.pause_cap is None or not policy.is_set(rule.pause_cap):
        return None
    clock = case.clocks[rule.key]
    return policy.due(rule.pause_cap, clock.paused_at or now, clock.place) - clock.paused_for


def first_due(clock: Clock, steps: Sequence[Step]) -> datetime:
    """When it was or will be due for the first time: of one that rang and started again, when it rang first."""
    if not clock.rounds:
        return clock.due_at
    rung = [one.at for one in steps if one.facts.get("clock") == clock.key and one.facts.get("mark") == DUE]
    return rung[-clock.rounds] if len(rung) >= clock.rounds else clock.started_at


def standing(clock: Clock, now: datetime) -> str:
    """running, paused, met, met_late or breached; a repeating clock that has started again counts as breached."""
    if clock.met_at:
        return "met" if clock.met_at <= clock.due_at and not clock.rounds else "met_late"
    if clock.paused_at:
        return "paused"
    return "breached" if clock.rounds or clock.due_at <= now else "running"


def stop_all(running: Mapping[str, Clock], now: datetime, staying: Collection[str] = ()) -> Mapping[str, Clock]:
    """A case that closes leaves no clock running but `staying` and those its closing starts."""
    return {
        key: clock if clock.met_at or key in staying else clock._replace(met_at=now) for key, clock in running.items()
    }


def on_hold(case: Case) -> bool:
    """Whether somebody has set a hold on it that has not ended."""
    hold = case.clocks.get(HOLD)
    return hold is not None and hold.runs and DUE not in hold.rung


def is_held(case: Case) -> bool:
    """Whether the file has to stay as it is: a decision in it is under review, or somebody has set a hold on it."""
    return case.facts.get(FROZEN) is True or on_hold(case)


def _held_up(rule: ClockRule, case: Case, policy: Policy) -> bool:
    """Whether the clock would erase the case and must not: it rings as soon as it may (invariant 53)."""
    held = case.facts.get(FROZEN) is True if rule.key == HOLD else is_held(case)
    return held and brings_erasure(_found(rule, case, policy))


def waiting(lifecycle: Lifecycle, case: Case, policy: Policy) -> Iterator[Due]:
    """Everything that has yet to ring. A reminder that would lie before its clock's start is none, nor is one that
    would remind nobody.
    """
    for clock in case.clocks.values():
        rule = lifecycle.clock_of[clock.key]
        if clock.paused_at and clock.met_at is None and (ends := pause_ends(rule, case, policy, clock.paused_at)):
            yield Due(clock.key, DueKind.RESUME, max(ends, clock.paused_at), RESUMED)
        if not clock.runs:
            continue
        irreversible = rule.irreversible
        if DUE not in clock.rung and not _held_up(rule, case, policy):
            yield Due(clock.key, DueKind.DUE, clock.due_at, DUE, irreversible)
        for reminder in policy.reminders.get(clock.key, ()) if rule.reminds else ():
            for mark, at in reminder.times(clock.due_at, policy.calendar_at(clock.place)):
                if mark not in clock.rung and at > clock.started_at:
                    yield Due(clock.key, DueKind.REMINDER, at, mark)


def outcome(rule: ClockRule, case: Case, due: Due, policy: Policy) -> Outcome:
    """What follows when `due` rings. Each round of a clock that nobody has met goes one level further up."""
    match due.kind:
        case DueKind.REMINDER:
            return Outcome(effects=rule.reminds)
        case DueKind.RESUME:
            return Outcome(effects=())
        case DueKind.DUE:
            found = _found(rule, case, policy)
            level = case.clocks[due.key].rounds + 1
            effects = (at_level(effect, level) for effect in found.effects if is_said_at(effect, level))
            return replace(found, effects=tuple(effects))


def _found(rule: ClockRule, case: Case, policy: Policy) -> Outcome:
    return next(one for one in rule.outcomes if one.when is None or one.when(case, policy))


def ring(rule: ClockRule, case: Case, due: Due, now: datetime, policy: Policy) -> Mapping[str, Clock]:
    """The case's clocks with `due` marked as rung; a repeating clock that was due starts again from now."""
    clock = case.clocks[due.key]
    if due.kind is DueKind.RESUME:
        assert clock.paused_at is not None  # only paused clocks wait for it
        return {**case.clocks, due.key: _resumed(clock, clock.paused_at, now, policy)}
    rung = clock._replace(rung=(*clock.rung, due.mark))
    if rule.repeats and due.kind is DueKind.DUE:
        deadline, place = clock.deadline or due.key, place_of(case.facts)
        due_at = policy.due(deadline, now, place)
        rung = Clock(due.key, now, due_at, deadline=deadline, rounds=clock.rounds + 1, place=place)
    return {**case.clocks, due.key: rung}
