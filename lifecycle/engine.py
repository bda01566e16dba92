"""The one place where a case changes. Pure: the clock, the actor and the table come in as arguments.

Every function takes the table first: `apply(desk.lifecycles[case.lifecycle], case, action, actor, now, policy)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from lifecycle import clocks
from lifecycle.clocks import PLACE
from lifecycle.fields import InvalidFacts, check_action, check_opening
from lifecycle.model import (
    RING,
    SYSTEM,
    Action,
    Actor,
    ActorKind,
    Case,
    Clock,
    Due,
    Effect,
    EffectKind,
    Fact,
    Facts,
    RefusalCode,
    Refused,
    Step,
    then,
)
from lifecycle.table import ACTOR, ClockChangeKind, Field, Guard, Lifecycle, Offer, Rule, Situation
from policy.model import Policy, Role

TABLE = "lifecycle"
"""The rule a refusal names when the table itself, not an invariant, says no."""
KEPT = "invariant 53"
ROLES = tuple(Role)
"""Whoever holds several roles that allow an action takes it in the first of these."""


def open_case(lifecycle: Lifecycle, report_id: UUID, number: int, facts: Facts, now: datetime, policy: Policy) -> Case:
    """The first version of a case. Raises `InvalidFacts` when the caller sends facts the table does not take."""
    opening = lifecycle.opening
    checked = check_opening(lifecycle, facts, policy)
    return Case(
        report_id=report_id,
        lifecycle=lifecycle.name,
        number=number,
        state=opening.state_for(checked),
        version=1,
        opened_at=now,
        clocks=clocks.change({}, checked, opening.clocks, now, policy),
        facts=checked,
        steps=(Step(version=1, action="open", by=SYSTEM, role=None, at=now, facts=checked),),
        effects=opening.effects,
    )


def apply(
    lifecycle: Lifecycle, case: Case, action: Action, actor: Actor, now: datetime, policy: Policy
) -> Case | Refused:
    """The case after the action, with the effects that follow; or why not. Nothing else changes a case.

    Order: exclusion (invariant 32), action known, role, state, guards, fields, checks.
    """
    rule = _rule(lifecycle, case, action.name, actor)
    if isinstance(rule, Refused):
        return rule
    if refused := _blocked(lifecycle, rule, Situation(case, actor, now, policy, {})):
        return refused
    try:
        facts = check_action(rule, action, policy, case.facts)
    except InvalidFacts as invalid:
        return Refused(invalid.code, TABLE, {"field": invalid.field})
    if refused := _first_broken(rule.checks, Situation(case, actor, now, policy, facts, action.texts)):
        return refused
    return _changed(lifecycle, case, rule, facts, action.place, actor, now, policy)


def offers(lifecycle: Lifecycle, case: Case, actor: Actor, now: datetime, policy: Policy) -> list[Offer]:
    """Every action of the actor's kind (person, staff or system): open, or why not; by the same rules as `apply`."""
    found = []
    for name in lifecycle.by_kind[actor.kind]:
        rule = _rule(lifecycle, case, name, actor)
        if isinstance(rule, Refused):
            found.append(Offer(name, open=False, refused=rule, fields=()))
            continue
        refused = _blocked(lifecycle, rule, Situation(case, actor, now, policy, {}))
        fields = tuple(_with_options(one, policy, case.facts) for one in rule.fields)
        asked = refused is None and rule.asked is not None and rule.asked(case)
        found.append(Offer(name, open=refused is None, refused=refused, fields=fields, asked=asked))
    return found


def _with_options(field: Field, policy: Policy, known: Facts) -> Field:
    options = field.options(policy, known)
    return field if options is field.choices else replace(field, choices=options)


def next_due(lifecycle: Lifecycle, case: Case, policy: Policy) -> Due | None:
    """The earliest reminder or due time that has not rung; None when no clock runs."""
    return min(clocks.waiting(lifecycle, case, policy), key=lambda due: due.at, default=None)


def on_due(lifecycle: Lifecycle, case: Case, due: Due, now: datetime, policy: Policy) -> Case:
    """The case after `due` has rung; the same object unchanged when it is too early, or it rang or stopped already."""
    if due.at > now or due not in clocks.waiting(lifecycle, case, policy):
        return case
    rule = lifecycle.clock_of[due.key]
    outcome = clocks.outcome(rule, case, due, policy)
    step = Step(case.version + 1, RING, SYSTEM, None, now, {"clock": due.key, "mark": due.mark})
    rung = clocks.ring(rule, case, due, now, policy)
    state, running = _entered(lifecycle, case, outcome.to, rung, now)
    return replace(
        case,
        state=state,
        version=step.version,
        steps=then(case.steps, step),
        clocks=clocks.change(running, case.facts, outcome.clocks, now, policy),
        effects=outcome.effects,
    )


def next_clock(lifecycle: Lifecycle, case: Case) -> Clock | None:
    """Whose date the person's inbox shows: of the running clocks that are hers to see the earliest, and of those that
    erase the last, for until then it is there.
    """
    seen = [one for one in case.clocks.values() if one.runs and lifecycle.clock_of[one.key].person_sees]
    ahead = [one for one in seen if not lifecycle.clock_of[one.key].erases]
    due_at = attrgetter("due_at")
    return min(ahead, key=due_at) if ahead else max(seen, key=due_at, default=None)


def next_date(lifecycle: Lifecycle, case: Case) -> datetime | None:
    """When that clock is due."""
    clock = next_clock(lifecycle, case)
    return clock.due_at if clock else None


def unmet(case: Case) -> Clock | None:
    """Whose date a desk shows: of what somebody has to meet and nobody has met the earliest. One that has gone by stays
    it, also where nothing is left to ring.
    """
    running = [clock for clock in case.clocks.values() if clock.runs]
    return min(running, key=lambda clock: clocks.first_due(clock, case.steps), default=None)


def unmet_at(case: Case) -> datetime | None:
    """When that clock was or will be due for the first time."""
    clock = unmet(case)
    return clocks.first_due(clock, case.steps) if clock else None


def _rule(lifecycle: Lifecycle, case: Case, action: str, actor: Actor) -> Rule | Refused:
    if actor.excluded:
        return Refused(RefusalCode.ACTOR_EXCLUDED, "invariant 32")
    by = lifecycle.by_action.get(action)
    if by is None:
        return Refused(RefusalCode.ACTION_UNKNOWN, TABLE)
    if not _allowed(by, actor):
        return Refused(RefusalCode.ROLE_NOT_ALLOWED, TABLE, {"action": action})
    rule = lifecycle.rule_of.get((case.state, action))
    if rule is None:
        return Refused(RefusalCode.ACTION_NOT_OPEN, TABLE, {"action": action, "state": case.state})
    if not _allowed(rule.by, actor):
        return Refused(RefusalCode.ROLE_NOT_ALLOWED, TABLE, {"action": action, "state": case.state})
    return rule


def _allowed(by: frozenset[Role | ActorKind], actor: Actor) -> bool:
    return not by.isdisjoint(actor.roles) if actor.kind is ActorKind.STAFF else actor.kind in by


def _blocked(lifecycle: Lifecycle, rule: Rule, situation: Situation) -> Refused | None:
    if rule.to and lifecycle.is_gone(rule.to) and clocks.is_held(situation.case):
        return Refused(RefusalCode.CASE_HELD, KEPT, {"action": rule.action})
    for change in rule.clocks:
        clock = situation.case.clocks.get(change.key)
        if change.kind is ClockChangeKind.PAUSE and (clock is None or not clock.runs):
            return Refused(RefusalCode.CLOCK_NOT_RUNNING, TABLE, {"clock": change.key})
        if change.kind is ClockChangeKind.PAUSE and clock:
            ends = clocks.pause_ends(lifecycle.clock_of[change.key], situation.case, situation.policy, situation.now)
            if ends is not None and ends <= situation.now:
                return Refused(RefusalCode.CLOCK_PAUSE_SPENT, TABLE, {"clock": change.key})
        if change.kind is ClockChangeKind.RESUME and (clock is None or clock.paused_at is None or clock.met_at):
            return Refused(RefusalCode.CLOCK_NOT_PAUSED, TABLE, {"clock": change.key})
    return _first_broken(rule.guards, situation)


def _first_broken(guards: Sequence[Guard], situation: Situation) -> Refused | None:
    for guard in guards:
        params = guard.broken(situation)
        if params is not None:
            return Refused(guard.code, guard.rule, params)
    return None


def _changed(
    lifecycle: Lifecycle, case: Case, rule: Rule, facts: Facts, place: str, actor: Actor, now: datetime, policy: Policy
) -> Case:
    role = min(actor.roles.intersection(rule.by), key=ROLES.index, default=None)
    assigned = case.assigned
    if rule.assigns or rule.unassigns:
        theirs = {one for one, name in assigned.items() if one in rule.by and name == actor.name}
        out = {*rule.unassigns, *(theirs if ACTOR in rule.unassigns else ())}
        assigned = {one: name for one, name in assigned.items() if one not in out}
        for one, source in rule.assigns.items():
            if source == ACTOR or source in facts:
                assigned[one] = actor.name if source == ACTOR else str(facts[source])
    known, running, said = {**case.facts, **facts, **rule.sets}, case.clocks, facts
    if (part := lifecycle.calendar_of) and assigned.get(part) != case.assigned.get(part):
        known.pop(PLACE, None)
        if place and part in assigned:
            known[PLACE], said = place, {**facts, PLACE: place}
            running = running if part in case.assigned else clocks.taken_up(lifecycle, running, place, now, policy)
    step = Step(case.version + 1, rule.action, actor.name, role, now, said)
    effects = tuple(_signed(effect, step) if effect.kind is EffectKind.OPEN else effect for effect in rule.effects)
    state, running = _entered(lifecycle, case, rule.to, running, now)
    if lifecycle.state_of[state].closed:
        # Nobody has to act any more: how long it is kept is counted as everywhere.
        known.pop(PLACE, None)
    if rule.derives:
        known |= rule.derives(Situation(case, actor, now, policy, facts))
    return replace(
        case,
        state=state,
        version=step.version,
        facts=known,
        assigned=assigned,
        steps=then(case.steps, step),
        clocks=clocks.change(running, known, rule.clocks, now, policy),
        effects=effects,
    )


def _signed(effect: Effect, step: Step) -> Effect:
    asked_by: dict[str, Fact] = {"by": step.by}
    if step.role:
        asked_by["role"] = step.role
    return replace(effect, facts={**effect.facts, **asked_by})


def _entered(
    lifecycle: Lifecycle, case: Case, to: str | None, running: Mapping[str, Clock], now: datetime
) -> tuple[str, Mapping[str, Clock]]:
    """The state gone to and the clocks still running there: in a closed one those that outlive it, and what the step
    then starts.
    """
    if to is None or to == case.state:
        return case.state, running
    if not lifecycle.state_of[to].closed:
        return to, running
    staying = {key for key in running if lifecycle.clock_of[key].outlives}
    return to, clocks.stop_all(running, now, staying)
