"""Reminders, and which things wait to ring."""

from dataclasses import replace
from datetime import timedelta

from lifecycle import engine
from lifecycle.model import Case, DueKind
from policy.model import Role
from tests.lifecycles import BY_NAME, NOW, POLICY, SYSTEM, act, at, effect_names, opened, ring_until, staff

MEASURE = BY_NAME["interim_measure"]
HEAD = staff("S0004", Role.ADMINISTRATIVE_HEAD)


def running(until: float) -> Case:
    case = replace(opened("interim_measure"), state="consented", facts={"consent": True, "asked_type": "any"})
    case = act(case, "decide_measure", HEAD, type="reporting_line_change", review_at=at(until / 2), until_at=at(until))
    case = act(case, "record_applied", SYSTEM)
    return act(case, "record_placed", SYSTEM, version=case.version)


def end_marks(case: Case) -> list[str]:
    return [str(step.facts["mark"]) for step in case.steps if step.facts.get("clock") == "im.end"]


def test_reminders_come_first_each_once_and_then_the_end() -> None:
    ended = ring_until(running(28), NOW + timedelta(days=28))
    assert end_marks(ended) == ["im.remind.14", "im.remind.7", "im.remind.2", "due"]
    assert ended.state == "passed_on"


def test_a_reminder_that_would_lie_before_the_start_is_left_out() -> None:
    assert end_marks(ring_until(running(7), NOW + timedelta(days=7))) == ["im.remind.2", "due"]
    assert end_marks(ring_until(running(2), NOW + timedelta(days=2))) == ["due"]


def test_a_reminder_only_reminds() -> None:
    case = running(28)
    due = next(due for due in engine.clocks.waiting(MEASURE, case, POLICY) if due.mark == "im.remind.14")
    assert (due.kind, due.at, due.irreversible) == (DueKind.REMINDER, NOW + timedelta(days=14), False)
    rung = engine.on_due(MEASURE, case, due, due.at, POLICY)
    assert (rung.state, effect_names(rung, "notify")) == ("effective", ["interim_measure.ends_soon"] * 2)
    assert rung.clocks["im.end"].due_at == case.clocks["im.end"].due_at
    assert engine.on_due(MEASURE, rung, due, due.at, POLICY) is rung


def test_after_a_long_standstill_everything_rings_in_its_order() -> None:
    case, now, marks = running(30), NOW + timedelta(days=40), []
    while len(marks) < 10 and (due := engine.next_due(MEASURE, case, POLICY)) and due.at <= now:
        case = engine.on_due(MEASURE, case, due, now, POLICY)
        marks += [f"{due.key} {due.mark}"] if due.key in {"im.end", "im.review"} else []
    assert marks == [
        "im.review due",
        "im.end im.remind.14",
        "im.end im.remind.7",
        "im.end im.remind.2",
        "im.end due",
    ]
    assert case.state == "passed_on"
