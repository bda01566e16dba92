"""While a review is open or a hold is on, nothing of a case goes, whatever procedure it follows (invariant 53)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine, freezing
from lifecycle.clocks import DUE, erases, start
from lifecycle.model import FROZEN, HOLD, Action, ActorKind, Case, Clock, Effect, EffectKind, Refused, Step
from lifecycle.replay import replay
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role
from policy.working_time import Unit
from tests.lifecycles import ACTION, BY_NAME, LIFECYCLES, NOW, PERSON, POLICY, SYSTEM, opened, ring_until, staff
from tests.unit.workflow.measures import LINE, effective

DAY, YEAR = timedelta(days=1), timedelta(days=365)
LEAVE = {"type": "special_leave_full_pay", "entitlements_unaffected": True}
ENDS = ("closed", "passed_on", "erased")
ERASING = [(table, clock) for table in LIFECYCLES for clock in table.clocks if clock.erases]
LEAVING = [(table, rule) for table in LIFECYCLES for rule in table.rules if rule.to and table.is_gone(rule.to)]
EACH = pytest.mark.parametrize(("lifecycle", "clock"), ERASING, ids=[f"{t.name}-{c.key}" for t, c in ERASING])


def kept_by(lifecycle: Lifecycle, clock: ClockRule) -> Case:
    """A closed case that the clock alone keeps, for a year: where it is a hold's, what else kept it is over."""
    state = next(one.name for one in lifecycle.states if one.closed and not lifecycle.is_gone(one.name))
    usual = next(one.key for one in lifecycle.clocks if one.erases)
    over = Clock(usual, NOW - YEAR, NOW - DAY, rung=(DUE,), deadline=usual)
    clocks = {usual: over} if clock.key in (HOLD, freezing.RELEASE) else {}
    clocks[clock.key] = Clock(clock.key, NOW, NOW + YEAR, deadline=clock.key)
    return replace(opened(lifecycle.name), state=state, clocks=clocks, effects=())


def test_every_procedure_ends_by_erasing() -> None:
    assert {table.name for table, _ in ERASING} == set(BY_NAME)


@EACH
def test_without_a_review_the_clock_erases(lifecycle: Lifecycle, clock: ClockRule) -> None:
    assert lifecycle.is_gone(ring_until(kept_by(lifecycle, clock), NOW + YEAR).state)


@EACH
def test_inv_53_while_a_review_is_open_no_clock_erases(lifecycle: Lifecycle, clock: ClockRule) -> None:
    frozen = ring_until(freezing.freeze(kept_by(lifecycle, clock), NOW), NOW + 9 * YEAR)
    assert not lifecycle.is_gone(frozen.state)
    assert engine.next_due(lifecycle, frozen, POLICY) is None, "and the workflow does not ring in vain"
    free = freezing.unfreeze(lifecycle, frozen, NOW + 9 * YEAR, POLICY)
    assert not lifecycle.is_gone(ring_until(free, NOW + 9 * YEAR + 13 * DAY).state), "keep.release is fourteen days"
    assert lifecycle.is_gone(ring_until(free, NOW + 9 * YEAR + 14 * DAY).state)


@EACH
def test_inv_53_a_review_that_ends_early_shortens_nothing(lifecycle: Lifecycle, clock: ClockRule) -> None:
    frozen = freezing.freeze(kept_by(lifecycle, clock), NOW)
    free = freezing.unfreeze(lifecycle, frozen, NOW + DAY, POLICY)
    assert not lifecycle.is_gone(ring_until(free, NOW + YEAR - DAY).state)
    assert lifecycle.is_gone(ring_until(free, NOW + YEAR).state)


@pytest.mark.parametrize(
    ("lifecycle", "clock"),
    [(table, clock) for table, clock in ERASING if HOLD in table.clock_of and clock.key != HOLD],
    ids=[f"{t.name}-{c.key}" for t, c in ERASING if HOLD in t.clock_of and c.key != HOLD],
)
def test_inv_53_while_a_hold_is_on_nothing_else_erases(lifecycle: Lifecycle, clock: ClockRule) -> None:
    case = kept_by(lifecycle, clock)
    held = replace(case, clocks={**case.clocks, HOLD: Clock(HOLD, NOW, NOW + 5 * YEAR)})
    assert not lifecycle.is_gone(ring_until(held, NOW + 5 * YEAR - DAY).state)
    assert lifecycle.is_gone(ring_until(held, NOW + 5 * YEAR).state), "at the end of the hold"


def test_inv_53_a_table_that_says_nothing_of_holds_is_held_up_all_the_same() -> None:
    by = frozenset({ActorKind.SYSTEM})
    plain = Lifecycle(
        name="toy",
        states=(State("open", person_sees=True), *(State(one, person_sees=True, closed=True) for one in ENDS)),
        opening=Opening("open", clocks=(start("keep.no_case"),)),
        rules=(Rule("close", ("open",), by, to="closed"), Rule("pass_on", ("open",), by, to="passed_on")),
        clocks=(erases("keep.no_case"), ClockRule(HOLD, (Outcome(effects=(Effect(EffectKind.EMIT, "over"),)),))),
    )
    case = engine.open_case(plain, opened("query").report_id, 1, {}, NOW, POLICY)
    held = replace(case, clocks={**case.clocks, HOLD: Clock(HOLD, NOW, NOW + 9 * YEAR)})
    due = engine.next_due(plain, held, POLICY)
    assert due is not None
    assert (due.key, due.at) == (HOLD, NOW + 9 * YEAR)
    over = engine.on_due(plain, held, due, due.at, POLICY)
    erased = engine.next_due(plain, over, POLICY)
    assert erased is not None
    assert erased.key == "keep.no_case"
    answer = engine.apply(plain, held, Action(ACTION, "pass_on"), SYSTEM, NOW, POLICY)
    assert answer == Refused("CASE_HELD", "invariant 53", {"action": "pass_on"})


@pytest.mark.parametrize(("lifecycle", "rule"), LEAVING, ids=[f"{t.name}-{r.action}" for t, r in LEAVING])
def test_inv_53_what_is_under_review_is_neither_passed_on_nor_erased_by_a_step(
    lifecycle: Lifecycle, rule: Rule
) -> None:
    by = next(iter(rule.by))
    actors = {ActorKind.PERSON: PERSON, ActorKind.SYSTEM: SYSTEM}
    actor = staff("S0005", by) if isinstance(by, Role) else actors[by]
    case = opened(lifecycle.name)
    frozen = replace(case, state=rule.states[0], facts={**case.facts, FROZEN: True})
    answer = engine.apply(lifecycle, frozen, Action(ACTION, rule.action), actor, NOW, POLICY)
    assert answer == Refused("CASE_HELD", "invariant 53", {"action": rule.action})
    offered = {one.action: one for one in engine.offers(lifecycle, frozen, actor, NOW, POLICY)}
    assert offered[rule.action].refused == answer


def test_what_ends_without_erasing_anything_ends_under_review_as_ever() -> None:
    for facts, state in ((LINE, "passed_on"), (LEAVE, "lifting")):
        measure = effective(**facts)
        end = measure.clocks["im.end"].due_at
        assert ring_until(measure, end).state == state
        assert ring_until(freezing.freeze(measure, NOW), end).state == state


def test_both_steps_are_played_again_as_they_were() -> None:
    lifecycle = BY_NAME["supervisor_request"]
    case = freezing.unfreeze(lifecycle, freezing.freeze(opened(lifecycle.name), NOW), NOW + DAY, POLICY)
    assert case.steps[1:] == (
        Step(2, "freeze", "system", None, NOW),
        Step(3, "unfreeze", "system", None, NOW + DAY),
    )
    frozen = freezing.freeze(opened(lifecycle.name), NOW)
    assert freezing.again(lifecycle, opened(lifecycle.name), frozen.steps[-1], POLICY) == frozen
    played = replay(lifecycle, case, case.steps, {1: POLICY})
    assert (played.case, played.deviations) == (case, ())


def test_inv_53_only_what_would_erase_it_and_still_runs_waits_for_its_time_after_a_review() -> None:
    lifecycle = BY_NAME["formal_report"]
    over = Clock("keep.no_case", NOW - YEAR, NOW, rung=("early", DUE), deadline="keep.no_case")
    met = over._replace(key=HOLD, met_at=NOW - DAY)
    other = Clock("report.update", NOW - YEAR, NOW, rung=(DUE,), deadline="report.update")
    case = replace(opened(lifecycle.name), clocks={one.key: one for one in (over, met, other)})
    free = freezing.unfreeze(lifecycle, freezing.freeze(case, NOW), NOW, POLICY)
    assert free.clocks == {
        "keep.no_case": over._replace(due_at=NOW + 14 * DAY, rung=("early",)),
        HOLD: met,
        "report.update": other,
    }


def test_what_a_review_leaves_of_time_is_counted_by_the_calendar_of_the_place() -> None:
    """Creek rests on Friday and Saturday: four working days from Monday end on a Sunday."""
    lifecycle = BY_NAME["formal_report"]
    working = replace(POLICY.deadlines["keep.release"], amount=4, unit=Unit.WORKING_DAYS)
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "keep.release": working})
    kept = Clock("keep.no_case", NOW - YEAR, NOW, deadline="keep.no_case")
    case = replace(opened(lifecycle.name), facts={"place": "creek"}, clocks={kept.key: kept})
    free = freezing.unfreeze(lifecycle, freezing.freeze(case, NOW), NOW, policy)
    assert free.clocks[kept.key].due_at == NOW + 6 * DAY


def test_a_measure_that_has_passed_to_the_next_manager_is_not_gone() -> None:
    """Its state is called as that of a report which went to another office."""
    measure, report = BY_NAME["interim_measure"], BY_NAME["formal_report"]
    assert not measure.is_gone("passed_on")
    assert report.is_gone("passed_on")
    assert report.is_gone("erased")
    assert not report.is_gone("closed")
