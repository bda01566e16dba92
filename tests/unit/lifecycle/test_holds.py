"""Whatever is kept about somebody can be held for a court or a claim, by whoever reads it already (invariant 53)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import clocks, engine, retention
from lifecycle.model import HOLD, Actor, Case, Clock, DueKind
from lifecycle.recipients import HER_INBOX, recipients
from lifecycle.table import Lifecycle, Rule
from policy.model import Role
from tests.lifecycles import (
    BY_NAME,
    LIFECYCLES,
    NOW,
    POLICY,
    act,
    at,
    attempt,
    effect_names,
    opened,
    owners,
    refused,
    ring_until,
    staff,
)

DAY, YEAR = timedelta(days=1), timedelta(days=365)
NEVER_HELD = {
    "informal_resolution": "what is said in the ombuds cell serves nothing else, and goes at its time",
    "mediation": "nothing said there is usable later",
    "misdirected_report": "nobody reads it, and nothing is left there but that it was passed on",
}
OF_DESKS = {
    "support_referral": {Role.WELFARE_OFFICER, Role.PSEAH_OFFICER},
    "formal_report": {Role.INVESTIGATOR, Role.LEGAL_OFFICER},
    "review": {Role.INVESTIGATOR},
    "interim_measure": {Role.INVESTIGATOR, Role.LEGAL_OFFICER},
    "emergency_separation": {Role.INVESTIGATOR, Role.LEGAL_OFFICER},
    "respondent": {Role.INVESTIGATOR},
    "danger_alert": {
        Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE,
    },
    "supervisor_request": {Role.MANAGER},
    "sea_report": {Role.INVESTIGATOR},
    "data_request": {Role.DATA_PROTECTION_OFFICER},
    "retaliation": {Role.ETHICS_OFFICER},
    "query": {Role.ETHICS_OFFICER},
    "recommendation": {Role.ETHICS_OFFICER},
}  # fmt: skip
"""Who reads the cases of a procedure, and is let to hold them: nobody learns of one by holding it."""
HERS = {"support_referral", "supervisor_request", "data_request", "retaliation"}
"""Those that she hears of being held: her own matters, of which nobody is told but whom she asked."""
PARTS = (Role.INVESTIGATOR, Role.MANAGER, Role.REVIEWER)
HOLDABLE = [table for table in LIFECYCLES if table.name not in NEVER_HELD]
EACH = pytest.mark.parametrize("lifecycle", HOLDABLE, ids=[one.name for one in HOLDABLE])


def rule_of(lifecycle: Lifecycle) -> Rule:
    return next(rule for rule in lifecycle.rules if rule.action == "set_hold")


def kept(lifecycle: Lifecycle) -> Case:
    """A closed case of which something is there, kept for a year by its usual clock."""
    state = next(one for one in rule_of(lifecycle).states if lifecycle.state_of[one].closed)
    usual = next(one.key for one in lifecycle.clocks if one.erases)
    clock = Clock(usual, NOW, NOW + YEAR, deadline=usual)
    case = replace(opened(lifecycle.name), state=state, clocks={usual: clock}, effects=())
    return replace(case, assigned=dict.fromkeys(PARTS, "S9000"))


def who(lifecycle: Lifecycle) -> Actor:
    return staff("S9000", *(role for role in rule_of(lifecycle).by if isinstance(role, Role)))


def held(lifecycle: Lifecycle, until: float) -> Case:
    return act(kept(lifecycle), "set_hold", who(lifecycle), hold_until=at(until))


def test_inv_53_everything_can_be_held_but_what_is_said_in_confidence() -> None:
    can = {table.name: {*rule_of(table).by} for table in LIFECYCLES if "set_hold" in table.by_action}
    assert can == OF_DESKS
    assert {*BY_NAME} - {*can} == {*NEVER_HELD}
    assert not [name for name in NEVER_HELD if HOLD in BY_NAME[name].clock_of]


@EACH
def test_inv_53_wherever_something_is_left_it_can_be_held_and_let_go_by_the_same(lifecycle: Lifecycle) -> None:
    left = {one.name for one in lifecycle.states if one.closed and not lifecycle.is_gone(one.name)}
    for action in ("set_hold", "release_hold"):
        assert left <= {state for state, name in lifecycle.rule_of if name == action}
    assert lifecycle.by_action["set_hold"] == lifecycle.by_action["release_hold"]
    deciders = {*POLICY.delegation["legal_hold"].deciders}
    assert lifecycle.by_action["set_hold"] <= deciders, "the policy lets them"


@EACH
def test_inv_53_what_is_held_stays_until_the_hold_ends_and_then_goes(lifecycle: Lifecycle) -> None:
    assert lifecycle.is_gone(ring_until(kept(lifecycle), NOW + YEAR).state), "without one"
    case = held(lifecycle, 3 * 365)
    assert not lifecycle.is_gone(ring_until(case, NOW + 3 * YEAR - DAY).state)
    over = ring_until(case, NOW + 3 * YEAR)
    assert (lifecycle.is_gone(over.state), effect_names(over, "erase")) == (True, ["case"])


@EACH
def test_inv_53_what_is_let_go_is_there_for_a_while_still_and_then_goes(lifecycle: Lifecycle) -> None:
    late = ring_until(held(lifecycle, 9 * 365), NOW + 2 * YEAR)
    free = act(late, "release_hold", who(lifecycle), now=NOW + 2 * YEAR)
    assert not lifecycle.is_gone(ring_until(free, NOW + 2 * YEAR + 13 * DAY).state), "keep.release is fourteen days"
    assert lifecycle.is_gone(ring_until(free, NOW + 2 * YEAR + 14 * DAY).state)


@EACH
def test_a_hold_that_ends_early_shortens_nothing(lifecycle: Lifecycle) -> None:
    assert not lifecycle.is_gone(ring_until(held(lifecycle, 60), NOW + YEAR - DAY).state)
    free = act(held(lifecycle, 60), "release_hold", who(lifecycle))
    assert not lifecycle.is_gone(ring_until(free, NOW + YEAR - DAY).state)
    assert lifecycle.is_gone(ring_until(free, NOW + YEAR).state)


@EACH
def test_inv_53_a_hold_has_an_owner_an_end_and_reasons(lifecycle: Lifecycle) -> None:
    case, actor = kept(lifecycle), who(lifecycle)
    for missing in ("hold_owner", "hold_until", "reasons"):
        assert refused(case, "set_hold", actor, without=missing).params == {"field": missing}
    past = refused(case, "set_hold", actor, hold_until=at(-1))
    assert (past.code, past.rule) == ("TIME_IN_THE_PAST", "invariant 53")
    nobodys = refused(case, "set_hold", actor, hold_owner="S0011")
    assert (nobodys.code, nobodys.params) == ("NOT_APPOINTED", {"field": "hold_owner"})
    nobody = replace(POLICY.delegation["legal_hold"], deciders=())
    policy = replace(POLICY, delegation={**POLICY.delegation, "legal_hold": nobody})
    for action in ("set_hold", "release_hold"):
        undecided = refused(case, action, actor, policy=policy)
        assert (undecided.code, undecided.params) == ("NOT_DELEGATED", {"decision": "legal_hold"})


@EACH
def test_only_an_office_that_may_know_of_a_case_answers_for_its_hold(lifecycle: Lifecycle) -> None:
    case, actor, rule = kept(lifecycle), who(lifecycle), rule_of(lifecycle)
    oversight = {Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER}
    may_answer = oversight if {*rule.by} <= oversight | {Role.MANAGER} else {*owners(rule)}
    usual = {name: replace(one, in_place_of={}) for name, one in POLICY.desks.items()}
    for role in (one for one in Role if POLICY.appointed(one, NOW)):
        [one, *_] = POLICY.appointed(role, NOW)
        alone = replace(POLICY, desks=usual, appointments=(replace(one, staff_id="S9001", to=None),))
        answer = attempt(lifecycle, case, "set_hold", actor, policy=alone, hold_owner="S9001")
        assert isinstance(answer, Case) == (role in may_answer), role


@EACH
def test_what_is_not_held_has_no_hold_to_end(lifecycle: Lifecycle) -> None:
    for case, now in ((kept(lifecycle), NOW), (ring_until(held(lifecycle, 60), NOW + 60 * DAY), NOW + 60 * DAY)):
        answer = refused(case, "release_hold", who(lifecycle), now=now)
        assert (answer.code, answer.rule, answer.params) == ("NOT_ON_HOLD", "invariant 53", {"clock": HOLD})


@EACH
def test_somebody_is_told_before_a_hold_ends_and_when_the_usual_time_is_over(lifecycle: Lifecycle) -> None:
    case = held(lifecycle, 3 * 365)
    for days in (30, 7):
        due = NOW + 3 * YEAR - days * DAY
        reminded = ring_until(case, due)
        assert (reminded.steps[-1].at, effect_names(reminded, "notify")) == (due, ["hold.ends_soon"])
        assert recipients(reminded, reminded.effects[0], POLICY, due)
        assert reminded.steps[-1].facts == {"clock": HOLD, "mark": f"keep.hold.remind.{days}"}
    over = ring_until(case, NOW + YEAR)
    [told] = over.effects
    assert over.steps[-1].at == NOW + YEAR
    assert recipients(over, told, POLICY, NOW + YEAR) == recipients(reminded, reminded.effects[0], POLICY, due)


@EACH
def test_she_hears_that_her_own_matter_is_kept_longer(lifecycle: Lifecycle) -> None:
    told = [effect.name for effect in held(lifecycle, 60).effects if effect.facts.get("to") == HER_INBOX]
    assert told == (["hold.set"] if lifecycle.name in HERS else [])


@pytest.mark.parametrize("window", ["ret.lookahead", "review.request", "review.appeal"])
def test_inv_53_nothing_is_kept_shorter_than_a_window_that_it_could_serve(window: str) -> None:
    policy = replace(POLICY, deadlines={**POLICY.deadlines, window: replace(POLICY.deadlines[window], amount=2_000)})
    kept_for = clocks.change({}, {}, (retention.keep("keep.no_case"),), NOW, policy)["keep.no_case"]
    assert kept_for.due_at == policy.due(window, NOW) > policy.due("keep.no_case", NOW)


def test_the_date_that_her_inbox_shows_is_that_on_which_it_goes() -> None:
    support = BY_NAME["support_referral"]
    assert engine.next_date(support, kept(support)) == NOW + YEAR
    case = held(support, 3 * 365)
    assert engine.next_date(support, case) == NOW + 3 * YEAR
    assert engine.next_date(support, ring_until(case, NOW + 2 * YEAR)) == NOW + 3 * YEAR
    free = act(ring_until(case, NOW + 2 * YEAR), "release_hold", who(support), now=NOW + 2 * YEAR)
    assert engine.next_date(support, free) == NOW + 2 * YEAR + 14 * DAY
    assert engine.next_date(support, held(support, 60)) == NOW + YEAR, "never earlier than it goes"


def test_a_hold_that_is_set_again_counts_from_then() -> None:
    table = BY_NAME["retaliation"]
    longer = act(held(table, 60), "set_hold", who(table), hold_until=at(90))
    assert longer.clocks[HOLD].due_at == NOW + 90 * DAY
    due = engine.next_due(table, longer, POLICY)
    assert due is not None
    assert (due.key, due.kind, due.at) == (HOLD, DueKind.REMINDER, NOW + 60 * DAY)
