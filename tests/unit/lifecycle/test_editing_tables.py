"""Running cases go on when their table is edited: what is recorded of each procedure meets today's table and others."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lifecycle import engine
from lifecycle.clocks import start
from lifecycle.guards import took_no_part
from lifecycle.model import Action, ActorKind, Case, Clock, Effect, EffectKind, Refused
from lifecycle.records import steps_from_json
from lifecycle.replay import replay
from lifecycle.serial import from_json
from lifecycle.table import ClockRule, Lifecycle, Outcome, Rule, State
from tests.lifecycles import ACTION, BY_NAME, NOW, POLICY, attempt
from tests.unit.lifecycle.record_cases import PEOPLE, RECORDED

DAY = timedelta(days=1)
EACH = pytest.mark.parametrize("name", sorted(BY_NAME))
PERSON, SYSTEM = PEOPLE[:2]
NEW = "look_again"


def recorded(name: str) -> tuple[Case, datetime]:
    kept: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    assert kept["policy"] == POLICY.pin
    steps = steps_from_json(",".join(map(json.dumps, kept["data"]["steps"])))
    return from_json(kept["data"] | {"steps": steps}), NOW + timedelta(days=kept["day"])


def edited(table: Lifecycle, rules: Iterable[Rule], states: Iterable[State] = (), clocks: Any = None) -> Lifecycle:
    """The table with other rules, with states more, or with other clocks."""
    return replace(
        table,
        states=(*table.states, *states),
        rules=tuple(rules),
        clocks=table.clocks if clocks is None else tuple(clocks),
    )


def next_steps(table: Lifecycle, case: Case, now: datetime) -> list[tuple[Any, str]]:
    """Who may do what now, of all kinds of people."""
    offered = [(who, one) for who in PEOPLE for one in engine.offers(table, case, who, now, POLICY)]
    return [(who, one.action) for who, one in offered if one.open]


def to_the_end(table: Lifecycle, case: Case) -> Case:
    """As far as time alone takes it in a year; a clock that repeats rings on and on."""
    for _ in range(60):
        due = engine.next_due(table, case, POLICY)
        if due is None or due.at > NOW + 365 * DAY:
            break
        rung = engine.on_due(table, case, due, due.at, POLICY)
        assert rung.version == case.version + 1
        case = rung
    return case


def test_a_case_of_every_procedure_is_recorded() -> None:
    assert {file.stem for file in RECORDED.glob("*.json")} == set(BY_NAME)


@EACH
def test_a_recorded_case_goes_on_under_todays_table(name: str) -> None:
    """It fails for whoever takes away a state that cases are in: they would stand still for ever."""
    case, now = recorded(name)
    table = BY_NAME[name]
    assert case.state in table.state_of
    steps = next_steps(table, case, now)
    assert steps or engine.next_due(table, case, POLICY) or name == "misdirected_report", "it would stand still"
    assert to_the_end(table, case).version >= case.version
    answers = [attempt(table, case, action, who, now=now) for who, action in steps]
    assert all(isinstance(one, Case) or one.code for one in answers)
    assert not steps or any(isinstance(one, Case) for one in answers)


@EACH
def test_a_rule_that_is_added_is_open_to_running_cases(name: str) -> None:
    case, now = recorded(name)
    more = Rule(NEW, (case.state,), frozenset({ActorKind.PERSON}), to="looked_at")
    on = Rule("go_on", ("looked_at",), frozenset({ActorKind.PERSON}), to=case.state)
    table = edited(BY_NAME[name], (*BY_NAME[name].rules, more, on), [State("looked_at", person_sees=True)])
    looked_at = engine.apply(table, case, Action(ACTION, NEW), PERSON, now, POLICY)
    assert isinstance(looked_at, Case)
    assert (looked_at.state, looked_at.version) == ("looked_at", case.version + 1)
    back = engine.apply(table, looked_at, Action(ACTION, "go_on"), PERSON, now, POLICY)
    assert isinstance(back, Case)
    assert (back.state, back.facts, back.clocks.keys()) == (case.state, case.facts, case.clocks.keys())
    to_the_end(table, back)


@EACH
def test_what_was_done_by_rules_that_are_gone_stays_done(name: str) -> None:
    case, now = recorded(name)
    done = {step.action for step in case.steps}
    table = edited(BY_NAME[name], [rule for rule in BY_NAME[name].rules if rule.action not in done])
    next_steps(table, case, now)
    to_the_end(table, case)
    taken = [step for step in case.steps[1:] if step.action in BY_NAME[name].by_action]
    named = {one.version for one in replay(table, case, case.steps, {1: POLICY}).deviations}
    assert {step.version for step in taken} <= named, "and whoever replays it is told"


@EACH
def test_a_guard_that_is_added_holds_from_the_next_step_on(name: str) -> None:
    case, now = recorded(name)
    stricter = [
        replace(rule, guards=(took_no_part(*(step.action for step in case.steps), rule="ours"), *rule.guards))
        for rule in BY_NAME[name].rules
    ]
    table = edited(BY_NAME[name], stricter)
    was_open = {(who.name, action) for who, action in next_steps(BY_NAME[name], case, now)}
    is_open = {(who.name, action) for who, action in next_steps(table, case, now)}
    took_part = {step.by for step in case.steps if step.action != "open"}
    assert is_open <= was_open
    assert not [one for one in is_open if one[0] in took_part]


@EACH
def test_a_clock_that_its_table_knows_no_more_ends_and_nothing_follows(name: str) -> None:
    case, now = recorded(name)
    gone = "retired.clock"
    running = replace(case, clocks={**case.clocks, gone: Clock(gone, NOW, now + DAY, deadline=None)})
    table = BY_NAME[name]
    next_steps(table, running, now)
    due = next(one for one in [engine.next_due(replace(table), only(running, gone), POLICY)] if one)
    rung = engine.on_due(table, only(running, gone), due, due.at, POLICY)
    assert (rung.state, rung.effects, rung.steps[-1].facts["clock"]) == (case.state, (), gone)
    assert engine.next_due(table, rung, POLICY) is None


@EACH
def test_a_clock_that_is_added_starts_with_the_next_step_that_starts_it(name: str) -> None:
    case, now = recorded(name)
    asked = Rule(NEW, (case.state,), frozenset({ActorKind.SYSTEM}), clocks=(start("policy.waiting"),))
    heard = Outcome(effects=(Effect(EffectKind.EMIT, "heard"),))
    clocks = (*BY_NAME[name].clocks, ClockRule("policy.waiting", (heard,)))
    table = edited(BY_NAME[name], (*BY_NAME[name].rules, asked), clocks=clocks)
    started = engine.apply(table, case, Action(ACTION, NEW), SYSTEM, now, POLICY)
    assert isinstance(started, Case)
    assert started.clocks["policy.waiting"].due_at == POLICY.due("policy.waiting", now)
    refused = engine.apply(BY_NAME[name], case, Action(ACTION, NEW), SYSTEM, now, POLICY)
    assert isinstance(refused, Refused)
    assert refused.code == "ACTION_UNKNOWN"


def only(case: Case, key: str) -> Case:
    return replace(case, clocks={key: case.clocks[key]})
