"""What has to hold after every step, whatever happened: the invariants of the policy that the pure core can break.

Each function looks at one `Change` and is named for its number (docs/rules.md). What is not here is kept by a
database, a door or a page, and has its tests there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from lifecycle import engine
from lifecycle.clocks import DUE, waiting
from lifecycle.handover import STEPS, is_lost
from lifecycle.model import FROZEN, ActorKind, Case, EffectKind, Step
from lifecycle.recipients import ASSIGNED, HER_INBOX, TOOK_PART, heard_as, recipients
from lifecycle.replay import RING, again
from lifecycle.retention import HOLD, WINDOWS
from lifecycle.table import Lifecycle
from policy.lint import INDEPENDENT, OWN_CELL
from policy.model import BY_ASSIGNMENT, Policy, Role
from services.workflow.domain import supervisor_parts, supervisor_rules
from tests.invariants import holding_measures, holding_people
from tests.invariants.matters import Change, Held, last, runs, version
from tests.invariants.organisation import Organisation
from tests.lifecycles import BY_NAME
from tests.unit.lifecycle.test_tables import AFTER_CLOSING

GOES_BY_ITSELF = {
    ("interim_measure", "im.end"): {"passed_on", "lifting"},
    ("emergency_separation", "emergency.separation"): {"lapsed"},
    ("retaliation", "ret.complete"): {"info_complete"},
}
"""Where time alone may move an open case: what ends protects nobody less, and nothing is held against anybody."""

RINGS = 200
"""More than any clock needs to come to the top, level by level, with what rings beside it."""
WAITS: Mapping[tuple[str, str], str] = {
    **dict.fromkeys(
        (
            *(("informal_resolution", state) for state in ("talking", "steps_agreed")),
            *(("mediation", state.name) for state in BY_NAME["mediation"].states),
        ),
        "a talk may last; she asks for somebody else, or stops, whenever she likes",
    ),
    # What a manager has begun himself goes up all the same, until he has done something (`is_nobodys_to_ask_for`).
    **{
        ("supervisor_request", state.name): "she is shown the other ways; nobody above the manager is told (policy 6)"
        for state in BY_NAME["supervisor_request"].states
    },
    **dict.fromkeys(
        (
            *(("misdirected_report", state) for state in ("referred", "copy_purged")),
            *(("respondent", state) for state in ("to_notify", "cleared")),
            ("interim_measure", "restored"),
        ),
        "what comes next is a step of the system's own, done again until it is done",
    ),
    **{
        ("support_referral", state.name): "her own cell: she takes help or leaves it, and the offer stands"
        for state in BY_NAME["support_referral"].states
    },
    **{
        ("respondent", state): "his turn, or over for him; what it belongs to goes up"
        for state in ("notified", "responded", "charged", "replied", "outcome_told")
    },
    ("sea_report", "her_choice"): "whether it goes on is hers alone to say",
    ("sea_report", "oio_acknowledged"): "it is a formal report now, which goes up",
    ("review", "appealed"): "a tribunal has it; no clock of ours runs there",
    ("emergency_separation", "danger_seen"): "whoever saw it acts now or not at all; nothing holds anybody yet",
    **dict.fromkeys(
        (("query", "opened"), ("query", "contacted")),
        "it asks the office to look, and goes up until the office has; what comes of it may be nothing",
    ),
}
"""Where nothing goes up by itself, and why that is right."""


def is_nobodys_to_ask_for(case: Case) -> bool:
    """Whether it is a request that has no inbox in which somebody could ask further."""
    return case.facts.get("begun_by") == supervisor_rules.BY_MANAGER and case.state not in supervisor_parts.DONE


def goes_up(lifecycle: Lifecycle, case: Case, policy: Policy) -> bool:
    """Whether somebody independent hears of it at last, or it closes, where from now on nobody does anything."""
    for _ in range(RINGS):
        due = engine.next_due(lifecycle, case, policy)
        if due is None:
            return False
        case = engine.on_due(lifecycle, case, due, due.at, policy)
        told = [heard_as(one, policy) for one in case.effects if one.kind is EffectKind.NOTIFY]
        if lifecycle.is_closed(case) or not (INDEPENDENT | OWN_CELL).isdisjoint(told):
            return True
        # The errand finds whoever is next above, and at last has an auditor hear that nobody is.
        if supervisor_parts.LEVEL_UP in case.effects:
            return True
    return False


# The engine.


def a_step_is_a_version_and_says_it_all(change: Change, step: Step) -> None:
    """One step, one version; played again it comes out alike, with the same news (invariant 54)."""
    case, lifecycle = change.after, change.held.lifecycle
    assert case.state in lifecycle.state_of
    assert step.version == case.version == change.before.version + 1 == len(case.steps)
    assert case.steps[:-1] == change.before.steps, "what was done stays on record"
    played = again(lifecycle, change.before, step, change.policy)
    assert played is not None
    assert played.effects == case.effects  # type: ignore[union-attr]
    steps = (*change.before.steps, step)
    # Which text was left out, and for whom somebody stood in, is not in the step.
    assert replace(played, steps=steps) == case  # type: ignore[type-var]


def clocks_are_sound(change: Change, step: Step) -> None:
    for key, clock in change.after.clocks.items():
        assert clock.started_at <= clock.due_at
        assert len(set(clock.rung)) == len(clock.rung), "nothing rings twice"
        cap = change.held.lifecycle.clock_of[key].pause_cap
        if clock.paused_at and clock.met_at is None and cap is not None and change.policy.is_set(cap):
            ends = [one.at for one in waiting(change.held.lifecycle, change.after, change.policy) if one.key == key]
            assert ends, f"{key} would stand still for ever"
            assert max(ends) <= change.policy.due(cap, clock.paused_at)
    if step.action == RING:
        clock = change.before.clocks[str(step.facts["clock"])]
        assert clock.met_at is None, "what was met in time does not ring"
        assert (clock.paused_at is None) == (step.facts["mark"] != "resumed"), "what stands still does not ring"


def an_open_case_goes_on(organisation: Organisation, held: Held) -> None:
    """There is a date by which something happens, or somebody who can do something; and her inbox shows the date."""
    case, policy = held.case, organisation.policy_of(held)
    due = engine.next_due(held.lifecycle, case, policy)
    assert due is None or due.at > organisation.now or held.erased
    seen = {key: one for key, one in case.clocks.items() if one.runs and held.lifecycle.clock_of[key].person_sees}
    shown = engine.next_date(held.lifecycle, case)
    ahead = [one.due_at for key, one in seen.items() if not held.lifecycle.clock_of[key].erases]
    # Until the last of those that erase it is there.
    assert shown == (min(ahead) if ahead else max((one.due_at for one in seen.values()), default=None))
    if case.lifecycle == "formal_report" and held.is_open and case.facts.get("subfile") is not True:
        assert shown is not None, f"{case.state}: she is told no date"
    if held.is_open and ((case.lifecycle, case.state) not in WAITS or is_nobodys_to_ask_for(case)):
        assert goes_up(held.lifecycle, case, policy), f"{case.lifecycle}: in {case.state} silence is the end of it"
    if held.is_open and due is None:
        assert any(
            offer.open
            for actor in organisation.who_might(held)
            for offer in engine.offers(held.lifecycle, case, actor, organisation.now, policy)
        ), f"{case.lifecycle} stands still in {case.state}"


def nobody_in_conflict_has_a_part(organisation: Organisation, held: Held) -> None:
    """Invariant 32, once whoever came into conflict has lost what was theirs."""
    for role, name in held.case.assigned.items() if held.is_open else ():
        assert role in BY_ASSIGNMENT or not organisation.in_conflict(held, name, role), f"{role}: {held.kept_out[name]}"


# Retaliation and fairness.


def inv_45_when_she_came_to_us_never_changes(change: Change, step: Step) -> None:
    for fact in ("lodged_at", "received_at"):
        assert change.after.facts.get(fact) == change.after.steps[0].facts.get(fact)
    if change.after.facts.get("activity_on") != change.before.facts.get("activity_on"):
        assert step.action == "correct_activity"


def inv_47_the_burden_of_proof_is_never_turned(change: Change, step: Step) -> None:
    if step.action == "find_not_established" and change.before.facts["burden"] == "organisation":
        assert step.facts["ground"] == "same_action_shown"
        assert step.facts["standard_met"] == change.before.facts["standard"]


def inv_48_nobody_is_found_against_unheard(change: Change, step: Step) -> None:
    if step.action == "report_to_leg" and step.facts["finding"] == "substantiated":
        assert version(last(change, "record_response", "go_on_unheard")) > 0
        assert last(change, "notify_subject")
    if step.action in {"charge", "advise_managerial_action"} and change.after.lifecycle == "formal_report":
        assert last(change, "record_response", "go_on_unheard")
    if step.action == "tell_outcome":
        charge, notice = version(last(change, "charge")), version(last(change, "notify"))
        asked = [(charge, "reply_to_charge", "charge.reply")] if charge else []
        asked += [(notice, "respond", "subject.response")] if notice > charge or not asked else []
        for since, answer, key in asked:
            answered = version(last(change, answer)) > since
            assert answered or change.before.clocks[key].due_at <= change.now


def inv_50_every_closing_has_an_author_and_a_reason(change: Change, step: Step) -> None:
    if change.was_closed or not change.is_closed:
        return
    lapsed = GOES_BY_ITSELF.get((change.after.lifecycle, str(step.facts.get("clock"))), set())
    assert step.action != RING or change.after.state in lapsed
    # What a person closes has a reason; what another case closes has it there.
    assert step.by == ActorKind.SYSTEM or {"reason", "outcome"} & step.facts.keys()


def is_heard(change: Change) -> bool:
    """Whether anything follows, or anybody is told: whoever holds a role, or is next above; who has a part, or whoever
    hears of it once it was taken from them; who did something here.
    """
    for effect in change.after.effects:
        if effect.kind is not EffectKind.NOTIFY or effect.facts["to"] != ASSIGNED:
            told = effect.kind is not EffectKind.NOTIFY or effect.facts["to"] != TOOK_PART
            if told or recipients(change.after, effect, change.policy, change.now):
                return True
        else:
            role = Role(str(effect.facts["role"]))
            if role in change.after.assigned or is_lost(change.held.lifecycle, change.after, role):
                return True
    return False


def inv_52_time_decides_against_nobody(change: Change, step: Step) -> None:
    if step.action == RING:
        assert change.after.facts == change.before.facts
        assert change.after.assigned == change.before.assigned
        assert change.after.effects or step.facts["mark"] == "resumed"
        assert is_heard(change) or step.facts["mark"] != DUE, f"{step.facts['clock']} rings to nobody"
        if change.after.state != change.before.state:
            key = (change.after.lifecycle, str(step.facts["clock"]))
            assert change.after.state in (holding_people.PURGED if change.was_closed else GOES_BY_ITSELF[key])


def inv_53_nothing_is_erased_that_could_serve(change: Change, step: Step) -> None:
    erases = any(one.kind is EffectKind.ERASE for one in change.after.effects)
    assert erases == (change.after.state in holding_people.PURGED and change.before.state not in holding_people.PURGED)
    if not erases or change.after.lifecycle in {"informal_resolution", "mediation"}:
        return
    assert change.before.facts.get(FROZEN) is not True
    still = {HOLD, *WINDOWS} - {step.facts.get("clock")}
    assert not any(runs(change.before, key) for key in still)
    # A danger is no report; and the rest of an allegation goes with it.
    if step.action == RING and change.after.lifecycle != "danger_alert":
        assert change.held.closed_at is not None
        assert change.now >= change.policy.due("ret.lookahead", change.held.closed_at)


def closed_is_closed(change: Change, step: Step) -> None:
    """Only clocks, and what holds up the erasure, follow a closing; nothing follows an erasure. Beside what it is kept
    for, those clocks only ask her how it is: whoever handled it has nothing more to meet.
    """
    if change.is_closed:
        running = {key for key, one in change.after.clocks.items() if one.runs and not key.startswith("keep.")}
        later = {key for key in running if not change.held.lifecycle.clock_of[key].outlives} - {"ombuds.purge"}
        assert not later or change.after.state not in holding_people.PURGED
        for outcome in (one for key in later for one in change.held.lifecycle.clock_of[key].outcomes):
            assert outcome.to is None
            assert {effect.facts["to"] for effect in outcome.effects} == {HER_INBOX}
    if change.was_closed:
        assert change.before.state not in holding_people.PURGED
        assert step.action in AFTER_CLOSING | STEPS | {RING}
        assert change.after.state == change.before.state or step.action == RING


ENGINE = (a_step_is_a_version_and_says_it_all, clocks_are_sound, closed_is_closed)
NUMBERED = [
    found
    for module in (holding_people, holding_measures, sys.modules[__name__])
    for name, found in vars(module).items()
    if name.startswith("inv_")
]


def check(organisation: Organisation) -> None:
    """Everything that has changed since this was last asked."""
    changed = {id(change.held): change.held for change in organisation.changes}
    for change in organisation.changes:
        for holds in (*ENGINE, *NUMBERED):
            try:
                holds(change, change.after.steps[-1])
            except AssertionError as error:
                error.add_note(f"{change.after.lifecycle}: {change.before.state} -> {change.after.state}")
                for step in change.after.steps:
                    error.add_note(f"{step.version} {step.at:%d.%m.%y} {step.action} by {step.by}: {dict(step.facts)}")
                raise
    organisation.changes.clear()
    for held in changed.values():
        nobody_in_conflict_has_a_part(organisation, held)
        an_open_case_goes_on(organisation, held)
