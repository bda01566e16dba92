"""What each step of a procedure brings, written out in `steps/`: which words it asks for, where the case is then, which
clocks start and end, who has which part, who hears of it and what begins beside it.

The engine takes each step in a case where nothing forbids it; what it refuses has tests of its own. The tables and
these files say the same in different words, on purpose: a clock or a notice is lost in both or somebody sees it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lifecycle import engine
from lifecycle.model import HOLD, Action, Case, Clock, Due, DueKind, Effect, EffectKind, Facts
from lifecycle.recipients import recipients
from lifecycle.table import FieldKind, Lifecycle, Rule
from tests.lifecycles import ACTION, BY_NAME, NOW, POLICY, texts, valid_facts
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES, actor_for, standing

WRITTEN = Path(__file__).with_name("steps")
SINCE, UNTIL = NOW - timedelta(days=2), NOW + timedelta(days=28)


@pytest.mark.parametrize("file", sorted(WRITTEN.glob("*.txt")), ids=lambda file: file.stem)
def test_what_a_step_brings_is_what_is_written(file: Path) -> None:
    lifecycle = BY_NAME[file.stem]
    for line in file.read_text(encoding="utf-8").splitlines():
        step, _, brings = line.partition(": ")
        if step.startswith("when "):
            assert "; ".join(rung(lifecycle, step.removeprefix("when "))) == brings, step
            continue
        action, _, states = step.partition(" in ")
        for state in states.split(", "):
            rule = lifecycle.rule_of.get((state, action))
            assert rule, f"{action} in {state}"
            assert "; ".join(brought(lifecycle, rule, state)) == brings, f"{action} in {state}"


def rung(lifecycle: Lifecycle, key: str) -> Iterator[str]:
    """What a clock brings that is due in the first state, with no other clock beside it."""
    begun = standing(lifecycle, lifecycle.opening.state, "")
    case = replace(begun, clocks={key: Clock(key, SINCE, NOW, deadline=key)})
    rule = lifecycle.clock_of[key]
    due = Due(key, DueKind.DUE, NOW, "due", rule.irreversible)
    if rule.person_sees:
        yield "she sees the date"
    if rule.irreversible:
        yield "for good"
    if rule.pause_cap:
        yield f"pauses as long as {rule.pause_cap}"
    yield from (f"before: {heard(effect, case)}" for effect in rule.reminds)
    yield from changed(case, engine.on_due(lifecycle, case, due, NOW, POLICY), {})


def brought(lifecycle: Lifecycle, rule: Rule, state: str) -> Iterator[str]:
    before, after = taken(lifecycle, rule, state)
    for field in rule.fields:
        options = " or ".join(field.choices) if isinstance(field.choices, tuple) else "of the policy"
        asked = f"{field.name}, {options}" if field.kind is FieldKind.CHOICE else field.name
        yield f"asks {asked}" if field.required else f"may say {asked}"
    yield from changed(before, after, after.steps[-1].facts)


def changed(before: Case, after: Case, sent: Facts) -> Iterator[str]:
    if after.state != before.state:
        yield f"then {after.state}"
    for key, clock in after.clocks.items():
        was = before.clocks.get(key)
        if was is None or (clock.started_at, clock.due_at) != (was.started_at, was.due_at):
            yield f"{key} until {clock.due_at:%Y-%m-%d}"
        elif clock.met_at != was.met_at:
            yield f"{key} ends"
        elif clock.paused_at != was.paused_at:
            yield f"{key} stands still"
    for role in sorted({*before.assigned, *after.assigned}):
        if before.assigned.get(role) != after.assigned.get(role):
            yield f"{role} is {after.assigned.get(role, 'nobody')}"
    yield from (f"{name} is {fact}" for name, fact in after.facts.items() if {**before.facts, **sent}.get(name) != fact)
    yield from (heard(effect, after) for effect in after.effects)


def taken(lifecycle: Lifecycle, rule: Rule, state: str) -> tuple[Case, Case]:
    """The case before and after the step, with every clock running where the step allows that."""
    case = standing(lifecycle, state, rule.action)
    running = {key: Clock(key, SINCE, UNTIL, deadline=key) for key in lifecycle.clock_of}
    free = {key: clock for key, clock in running.items() if key != HOLD}
    undone = {key: clock for key, clock in free.items() if key not in {"im.apply", "respondent.answer"}}
    for clocks in (running, free, undone, {}):
        before = replace(case, clocks={**clocks, **case.clocks})
        action = Action(ACTION, rule.action, valid_facts(rule, NOW), texts(rule))
        after = engine.apply(lifecycle, before, action, actor_for(lifecycle, min(rule.by)), NOW, EVERYBODY_DECIDES)
        if isinstance(after, Case):
            return before, after
    raise AssertionError(f"{rule.action} in {state}: {after}")


def heard(effect: Effect, case: Case) -> str:
    if effect.kind is not EffectKind.NOTIFY:
        more = " to ".join([effect.name, *([str(effect.facts["action"])] if "action" in effect.facts else [])])
        return f"{effect.kind} {more}"
    people = ", ".join(recipients(case, effect, POLICY, NOW))
    return f"{effect.name} to {people or effect.facts.get('role') or effect.facts['to']}"
