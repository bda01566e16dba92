"""What has to hold for every table, whatever procedure it describes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lifecycle import handover, migration
from lifecycle.clocks import meet, start
from lifecycle.model import ActorKind, Effect, EffectKind, Refused, Step
from lifecycle.recipients import APPOINTED, ASSIGNED, ESCALATION, HER_INBOX, OTHER_SIDE, TOOK_PART
from lifecycle.table import (
    ClockChange,
    ClockChangeKind,
    ClockRule,
    FieldKind,
    Lifecycle,
    LifecycleBroken,
    Opening,
    Outcome,
    Rule,
    State,
)
from policy.load import load
from policy.model import Role
from policy.working_time import Unit
from tests.lifecycles import BY_NAME, LIFECYCLES, NOW, POLICY, SYSTEM, attempt
from tests.unit.lifecycle.test_cells import standing

BY_TABLE = pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=list(BY_NAME))


AFTER_CLOSING = {
    "set_hold",
    "release_hold",
    "request_review",
    "ask_review",
    "receive_review",
    "admit_reviewer",
    "dismiss_reviewer",
    "take_back_withdrawal",
    "note_contact_wanted",
}


def arrows(lifecycle: Lifecycle) -> set[tuple[str, str]]:
    moves = {(state, rule.to) for rule in lifecycle.rules for state in rule.states if rule.to}
    for clock in lifecycle.clocks:
        for outcome in clock.outcomes:
            if outcome.to:
                moves |= {(state, outcome.to) for state in running_in(lifecycle, clock.key)}
    return moves


def running_in(lifecycle: Lifecycle, key: str) -> set[str]:
    """States in which the clock may be running: where it is started, and where one gets from there unmet."""
    begun = changes(lifecycle.opening.clocks, key, ClockChangeKind.START)
    found = {*lifecycle.opening.first_states} if begun else set()
    for rule in lifecycle.rules:
        if changes(rule.clocks, key, ClockChangeKind.START):
            found |= {rule.to or state for state in rule.states}
    for clock in lifecycle.clocks:
        found |= {o.to for o in clock.outcomes if o.to and changes(o.clocks, key, ClockChangeKind.START)}
    while True:
        further = {
            rule.to
            for rule in lifecycle.rules
            if rule.to and found.intersection(rule.states) and not changes(rule.clocks, key, ClockChangeKind.MEET)
            if not lifecycle.state_of[rule.to].closed
        }
        if further <= found:
            return found
        found |= further


def changes(clocks: tuple[ClockChange, ...], key: str, kind: ClockChangeKind) -> bool:
    return any(change.key == key and change.kind is kind for change in clocks)


def effects(lifecycle: Lifecycle) -> Iterator[Effect]:
    yield from lifecycle.opening.effects
    for rule in lifecycle.rules:
        yield from rule.effects
    for clock in lifecycle.clocks:
        yield from clock.reminds
        for outcome in clock.outcomes:
            yield from outcome.effects


@BY_TABLE
def test_every_state_is_reached(lifecycle: Lifecycle) -> None:
    reached = {*lifecycle.opening.first_states}
    while further := {to for source, to in arrows(lifecycle) if source in reached} - reached:
        reached |= further
    assert reached == set(lifecycle.state_of)


@BY_TABLE
def test_every_open_state_has_a_way_to_a_closed_one(lifecycle: Lifecycle) -> None:
    leads_out = {state.name for state in lifecycle.states if state.closed}
    while further := {source for source, to in arrows(lifecycle) if to in leads_out} - leads_out:
        leads_out |= further
    assert leads_out == set(lifecycle.state_of)


@BY_TABLE
def test_nothing_is_done_in_a_closed_state_but_by_clocks_and_what_holds_up_the_erasure(lifecycle: Lifecycle) -> None:
    open_there = {
        rule.action
        for rule in lifecycle.rules
        for state in rule.states
        if lifecycle.state_of[state].closed and (rule.to is not None or lifecycle.state_of[state].name == "erased")
    }
    open_there |= {
        rule.action for rule in lifecycle.rules for state in rule.states if lifecycle.state_of[state].closed
    } - AFTER_CLOSING
    assert not open_there


@BY_TABLE
def test_every_clock_is_started_and_rings_for_somebody(lifecycle: Lifecycle) -> None:
    for clock in lifecycle.clocks:
        assert running_in(lifecycle, clock.key) or clock_started_by_a_clock(lifecycle, clock.key), clock.key
        assert clock.outcomes
        assert clock.outcomes[-1].when is None, f"{clock.key}: the last outcome has to hold always"
        assert all(outcome.effects for outcome in clock.outcomes), f"{clock.key} would ring unheard"


def clock_started_by_a_clock(lifecycle: Lifecycle, key: str) -> bool:
    return any(changes(o.clocks, key, ClockChangeKind.START) for clock in lifecycle.clocks for o in clock.outcomes)


@BY_TABLE
@pytest.mark.parametrize("pack", ["iom-2024-03", "rehearsal"])
def test_every_clock_has_a_deadline_or_a_date(lifecycle: Lifecycle, pack: str) -> None:
    policy = load(pack)
    dated = {change.key for rule in lifecycle.rules for change in rule.clocks if change.due}
    for clock in lifecycle.clocks:
        assert clock.key in policy.deadlines or clock.key in dated, clock.key
        if clock.repeats:
            assert policy.is_set(clock.key), f"{clock.key} repeats, so it needs a length"
        if pack == "rehearsal" and clock.key in policy.deadlines and clock.key != "investigation.other":
            assert policy.deadlines[clock.key].unit is Unit.SECONDS, f"{clock.key} would not ring in a demonstration"
        if clock.reminds:
            assert policy.reminders[clock.key]


@BY_TABLE
def test_every_state_she_sees_and_every_notice_has_words(lifecycle: Lifecycle) -> None:
    keys = {f"{lifecycle.name}.{state.seen_as or state.name}" for state in lifecycle.states if state.person_sees}
    notices = {effect.name for effect in effects(lifecycle) if effect.kind is EffectKind.NOTIFY}
    assert keys | notices <= POLICY.wording.keys()
    assert not keys & notices, "one key has one audience"


def test_no_words_without_a_use() -> None:
    used = {f"{lifecycle.name}.{state.name}" for lifecycle in LIFECYCLES for state in lifecycle.states}
    used |= {effect.name for lifecycle in LIFECYCLES for effect in effects(lifecycle)}
    used |= {f"{lifecycle.name}.message" for lifecycle in LIFECYCLES}  # a message is no action; the desk tells of it
    used |= {"review.decision_came"}  # whom the service tells depends on what was looked at
    used |= {"supervisor_request.nobody_left"}  # an errand has looked for somebody
    used |= {"identity.asked", "identity.answered"}  # what the custodian is asked, and answers, is no step of the case
    used |= {"draft.waiting"}  # of appointments and policy, which are no case
    used |= {handover.WAITING, handover.AHEAD, handover.LINE_CHANGED, migration.NEWS}  # of any procedure
    assert POLICY.wording.keys() <= used


@BY_TABLE
def test_notices_name_their_recipients_as_the_service_can_find_them(lifecycle: Lifecycle) -> None:
    needs = {
        ASSIGNED: "role",
        APPOINTED: "role",
        ESCALATION: "role",
        TOOK_PART: "action",
        OTHER_SIDE: None,
        HER_INBOX: None,
    }
    for effect in effects(lifecycle):
        if effect.kind is EffectKind.NOTIFY:
            need = needs[str(effect.facts["to"])]
            when = {HER_INBOX: {"once"}, ESCALATION: {"after"}}.get(str(effect.facts["to"]), set())
            assert set(effect.facts) - when == {"to", need} - {None}
            if need == "role":
                assert Role(str(effect.facts["role"]))
            if need == "action":
                assert effect.facts["action"] in lifecycle.by_action


@BY_TABLE
def test_what_people_write_is_never_a_fact(lifecycle: Lifecycle) -> None:
    """Facts lie open in the row; only short typed values may be among them, whatever their name promises."""
    for rule in lifecycle.rules:
        for field in rule.fields:
            if field.name in {"reasons", "note", "risk_facts", "least_burden", "persons"}:
                assert field.kind is FieldKind.TEXT, (rule.action, field.name)


@BY_TABLE
def test_inv_52_a_breach_escalates_and_never_decides_against_anybody(lifecycle: Lifecycle) -> None:
    moved = {(lifecycle.name, clock.key, o.to) for clock in lifecycle.clocks for o in clock.outcomes if o.to}
    kept = {(lifecycle.name, clock.key, "erased") for clock in lifecycle.clocks if clock.key.startswith("keep.")}
    assert moved - kept <= {
        ("informal_resolution", "ombuds.purge", "purged"),
        ("mediation", "ombuds.purge", "purged"),
        ("danger_alert", "keep.danger", "erased"),
        ("interim_measure", "im.end", "passed_on"),
        ("interim_measure", "im.end", "lifting"),
        ("emergency_separation", "emergency.separation", "lapsed"),
        ("retaliation", "ret.complete", "info_complete"),
    }


@BY_TABLE
def test_inv_50_every_closing_by_hand_has_a_reason(lifecycle: Lifecycle) -> None:
    for rule in lifecycle.rules:
        if rule.to and lifecycle.state_of[rule.to].closed and ActorKind.SYSTEM not in rule.by:
            assert {"reason", "outcome"} & {field.name for field in rule.fields if field.required}, rule.action


@BY_TABLE
def test_a_decision_is_pending_in_open_states_alone(lifecycle: Lifecycle) -> None:
    assert not [state for state in lifecycle.deciding if lifecycle.state_of[state].closed]


@BY_TABLE
def test_what_cannot_be_undone_is_marked(lifecycle: Lifecycle) -> None:
    for clock in lifecycle.clocks:
        for outcome in clock.outcomes:
            if outcome.to or any(effect.kind in {EffectKind.ERASE, EffectKind.EMIT} for effect in outcome.effects):
                assert clock.irreversible, clock.key


@BY_TABLE
def test_nobody_is_told_twice_that_a_case_is_theirs_to_handle(lifecycle: Lifecycle) -> None:
    for rule in lifecycle.rules:
        if rule.action == "record_routed" and rule.to is None:
            case = standing(lifecycle, rule.states[0], rule.action)
            again = replace(case, steps=(*case.steps, Step(7, rule.action, "system", None, NOW)))
            expected = Refused("SAME_PERSON", "lifecycle", {"did": "record_routed"})
            assert attempt(lifecycle, again, rule.action, SYSTEM) == expected


A_RULE = Rule("go", ("here",), frozenset({ActorKind.PERSON}), to="there")
HERE, THERE = State("here", person_sees=True), State("there", person_sees=True, closed=True)


WHOLE = {"states": (HERE, THERE), "opening": Opening("here"), "rules": (A_RULE,)}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rules": (A_RULE, A_RULE)}, "toy: two rules for go in here."),
        ({"opening": Opening("nowhere")}, "toy: no such state: nowhere."),
        ({"opening": Opening("here", by="who", states={"she": "nowhere"})}, "toy: no such state: nowhere."),
        ({"rules": (Rule("go", ("nowhere",), A_RULE.by),)}, "toy: no such state: nowhere."),
        ({"rules": (Rule("go", ("here",), A_RULE.by, to="gone"),)}, "toy: no such state: gone."),
        ({"states": (HERE, THERE, State("by", person_sees=True, seen_as="gone"))}, "toy: no such state: gone."),
        ({"clocks": (ClockRule("tick", (Outcome((), to="lost"),)),)}, "toy: no such state: lost."),
        ({"deciding": ("lost", "gone")}, "toy: no such state: gone, lost."),
        ({"opening": Opening("here", clocks=(start("tock"), start("tick")))}, "toy: no such clock: tick, tock."),
        ({"rules": (Rule("go", ("here",), A_RULE.by, clocks=(start("tick"),)),)}, "toy: no such clock: tick."),
        ({"clocks": (ClockRule("tick", (Outcome((), clocks=(meet("tock"),)),)),)}, "toy: no such clock: tock."),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LifecycleBroken) as broken:
        Lifecycle("toy", **WHOLE | changes)
    assert str(broken.value) == sentence


def test_a_clock_that_the_table_knows_no_more_ends_and_nothing_follows() -> None:
    assert BY_NAME["query"].clock_of["of old"] == ClockRule("of old", (Outcome(()),))


def test_a_table_prints_what_was_said_and_not_what_was_worked_out_of_it() -> None:
    printed = repr(BY_NAME["query"])
    assert not [one for one in ("state_of", "clock_of", "rule_of", "by_action", "gone") if f"{one}=" in printed]
