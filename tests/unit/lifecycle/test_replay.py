"""A case played again from its steps: as it stood, and as it would have gone under another policy or table."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Case
from lifecycle.replay import Deviation, Replayed, as_of, cases_before, replay
from lifecycle.table import Lifecycle
from ops.case_history import rules_of
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, PERSON, POLICY, act, opened, ring_until, staff

REPORT = BY_NAME["formal_report"]
OFFICER = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)
DAY = timedelta(days=1)


def lived() -> Case:
    """Acknowledged on the second day, assessed from the third, withdrawn on the fiftieth."""
    case = act(opened("formal_report"), "acknowledge", OFFICER, now=NOW + 2 * DAY)
    case = act(case, "start_assessment", OFFICER, now=NOW + 3 * DAY)
    case = ring_until(case, NOW + 49 * DAY)
    return replace(act(case, "withdraw", PERSON, now=NOW + 50 * DAY), effects=())


def test_the_steps_say_it_all() -> None:
    assert replay(REPORT, lived(), lived().steps, {1: POLICY}) == Replayed(lived(), ())


def test_a_case_as_it_stood_on_a_day() -> None:
    seen = as_of(REPORT, lived(), NOW + 2.5 * DAY, {1: POLICY})
    assert seen is not None
    assert (seen.case.state, seen.case.version, seen.deviations) == ("acknowledged", 2, ())
    assert seen.case.clocks["report.ack"].met_at == NOW + 2 * DAY
    assert seen.case.clocks["assess.target"].met_at is None
    assert "withdrawn" not in seen.case.facts


def test_before_it_was_open_there_was_nothing_to_see() -> None:
    assert as_of(REPORT, lived(), NOW - DAY, {1: POLICY}) is None


def test_under_a_shorter_deadline_a_clock_rings_at_another_time() -> None:
    """Six weeks instead of thirty days: the ring that was recorded would not have happened then."""
    longer = replace(POLICY.deadlines["assess.target"], amount=60)
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "assess.target": longer})
    again = replay(REPORT, lived(), lived().steps, {1: policy})
    rings = [step for step in lived().steps if step.facts.get("clock") == "assess.target"]
    assert again.deviations == tuple(Deviation(step.version, "ring", None) for step in rings)
    assert again.case.clocks["assess.target"].rung == ()


def test_what_a_changed_table_would_refuse_is_named() -> None:
    rules = tuple(rule for rule in REPORT.rules if rule.action != "start_assessment")
    table = Lifecycle(REPORT.name, REPORT.states, REPORT.opening, rules, REPORT.clocks)
    (first, *_) = replay(table, lived(), lived().steps, {1: POLICY}).deviations
    assert (first.version, first.action) == (3, "start_assessment")
    assert first.refused is not None
    assert first.refused.code == "ACTION_UNKNOWN"


def test_what_happened_at_that_very_moment_is_seen() -> None:
    seen = as_of(REPORT, lived(), NOW + 2 * DAY, {1: POLICY})
    assert seen is not None
    assert (seen.case.state, seen.case.report_id) == ("acknowledged", lived().report_id)


@pytest.mark.parametrize(
    ("case", "key", "deadline"),
    [
        (act(opened("interim_measure"), "alert", OFFICER, urgency="red"), "im.decide", "im.decide.red"),
        (act(opened("interim_measure"), "alert", OFFICER, urgency="green"), "im.decide", "im.decide"),
    ],
)
def test_a_ring_is_explained_by_the_deadline_that_the_clock_counted_by(case: Case, key: str, deadline: str) -> None:
    """A red alert has a deadline of its own, with a source of its own."""
    rung = ring_until(case, case.clocks[key].due_at)
    step = next(one for one in rung.steps if one.facts.get("clock") == key)
    before = cases_before(BY_NAME[case.lifecycle], rung, {1: POLICY})[step.version]
    told = rules_of(BY_NAME[case.lifecycle], before, step, POLICY)
    assert [one.partition(":")[0] for one in told] == [deadline]
