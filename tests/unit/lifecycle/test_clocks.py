"""Reminders, and which things wait to ring."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import clocks, engine
from lifecycle.clocks import meet, pause, renew, resume, standing, start
from lifecycle.fields import choice, reference, time
from lifecycle.model import Action, ActorKind, Case, Clock, DueKind, Refused
from lifecycle.recipients import escalation
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Confidence, Deadline, Role
from policy.working_time import Unit
from tests.lifecycles import (
    ACTION,
    BY_NAME,
    NOW,
    POLICY,
    REPORT,
    SYSTEM,
    act,
    at,
    effect_names,
    opened,
    ring_until,
    staff,
)

MEASURE = BY_NAME["interim_measure"]
HEAD = staff("S0004", Role.ADMINISTRATIVE_HEAD)


def running(until: float) -> Case:
    case = replace(opened("interim_measure"), state="acknowledged")
    facts = {"type": "reporting_line_change", "burden": "alleged_offender"}
    case = act(case, "decide_measure", HEAD, **facts, review_at=at(until / 2), until_at=at(until))
    case = act(case, "record_applied", SYSTEM)
    case = act(case, "record_placed", SYSTEM, version=case.version)
    return act(case, "make_effective", SYSTEM)


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
        "im.review im.review.remind.3",
        "im.review due",
        "im.end im.remind.14",
        "im.end im.remind.7",
        "im.end im.remind.2",
        "im.end due",
    ]
    assert case.state == "passed_on"


def deadline(key: str, amount: int, unit: Unit) -> Deadline:
    return Deadline(key, amount, unit, "a start", "a test", Confidence.D)


DAY = timedelta(days=1)
TOLLED = replace(
    POLICY,
    deadlines={
        "wait": deadline("wait", 10, Unit.CALENDAR_DAYS),
        "wait.red": deadline("wait.red", 4, Unit.HOURS),
        "work": deadline("work", 5, Unit.WORKING_DAYS),
        "cap": deadline("cap", 20, Unit.CALENDAR_DAYS),
        "again": deadline("again", 1, Unit.CALENDAR_DAYS),
    },
)
LATE = Outcome((escalation("toy.late", Role.INVESTIGATOR),))
KEYS = ("wait", "work")
TOY = Lifecycle(
    name="toy",
    states=(State("open", person_sees=False), State("over", person_sees=False, closed=True)),
    opening=Opening(
        "open",
        fields=(
            choice("urgency", "red", "green", required=False),
            time("lodged_at", required=False),
            reference(clocks.PLACE, required=False),
        ),
        clocks=(start("wait", by="urgency"), start("work"), start("again")),
    ),
    rules=(
        Rule(
            "hold",
            ("open",),
            frozenset({ActorKind.SYSTEM}),
            fields=(choice("because", "sick_leave", "official_travel"),),
            clocks=tuple(pause(key, reason="because") for key in KEYS),
        ),
        Rule("go_on", ("open",), frozenset({ActorKind.SYSTEM}), clocks=tuple(resume(key) for key in KEYS)),
        Rule("end", ("open",), frozenset({ActorKind.SYSTEM}), to="over"),
    ),
    clocks=(
        ClockRule("wait", (LATE,), pause_cap="cap"),
        ClockRule("work", (LATE,)),
        ClockRule("again", (LATE,), repeats=True),
    ),
)


def toy(**facts: str) -> Case:
    return engine.open_case(TOY, REPORT, 1, facts, NOW, TOLLED)


def toy_act(case: Case, name: str, day: float, **facts: str) -> Case | Refused:
    return engine.apply(TOY, case, Action(ACTION, name, facts), SYSTEM, NOW + day * DAY, TOLLED)


def took(case: Case, name: str, day: float, **facts: str) -> Case:
    changed = toy_act(case, name, day, **facts)
    assert isinstance(changed, Case), changed
    return changed


def test_a_choice_may_pick_a_deadline_of_its_own() -> None:
    assert toy(urgency="red").clocks["wait"].due_at == NOW + timedelta(hours=4)
    assert toy(urgency="red").clocks["wait"].deadline == "wait.red"
    for facts in ({}, {"urgency": "green"}):
        assert (toy(**facts).clocks["wait"].due_at, toy(**facts).clocks["wait"].deadline) == (NOW + 10 * DAY, "wait")


def test_a_date_that_the_case_does_not_have_starts_no_clock() -> None:
    for facts in ({}, {"begins_at": ""}):
        assert not clocks.change({}, facts, (start("im.begin", due="begins_at"),), NOW, POLICY)
    started = clocks.change({}, {"begins_at": at(3)}, (start("im.begin", due="begins_at"),), NOW, POLICY)
    assert started["im.begin"].due_at == NOW + timedelta(days=3)


def test_a_clock_that_does_not_run_is_neither_renewed_nor_met_nor_stopped() -> None:
    every = (renew("wait"), meet("wait"), pause("wait", reason="because"), resume("wait"))
    assert not clocks.change({}, {"because": "sick_leave"}, every, NOW, TOLLED)
    begun = clocks.change({}, {}, (start("wait"),), NOW, TOLLED)
    assert clocks.change(begun, {}, (resume("wait"),), NOW + DAY, TOLLED) == begun
    met = clocks.change(begun, {}, (meet("wait"),), NOW + DAY, TOLLED)
    assert clocks.change(met, {"because": "sick_leave"}, every, NOW + 2 * DAY, TOLLED) == met
    renewed = clocks.change(begun, {}, (renew("wait"),), NOW + DAY, TOLLED)
    assert renewed["wait"] == begun["wait"]._replace(started_at=NOW + DAY, due_at=begun["wait"].due_at + DAY)


def test_a_date_that_was_set_and_one_that_is_kept_for_are_counted_at_the_place() -> None:
    facts = {"place": "creek", "begins_at": at(3)}
    policy = replace(TOLLED, deadlines=TOLLED.deadlines | {"cap": deadline("cap", 4, Unit.WORKING_DAYS)})
    found = clocks.change(
        {}, facts, (start("im.begin", due="begins_at"), start("again", not_before=("cap",))), NOW, policy
    )
    assert found["im.begin"].place == "creek"
    assert found["again"].due_at == NOW + 6 * DAY  # four working days there: Sunday


def test_inv_53_what_is_kept_is_kept_until_the_other_deadlines_have_passed_too() -> None:
    policy = replace(TOLLED, deadlines=TOLLED.deadlines | {"never": replace(TOLLED.deadlines["wait"], amount=None)})

    def due_at(*not_before: str) -> object:
        return clocks.change({}, {}, [start("again", not_before=not_before)], NOW, policy)["again"].due_at

    assert due_at() == NOW + DAY
    assert due_at("cap", "wait", "never") == NOW + 20 * DAY
    assert due_at("wait.red") == NOW + DAY


def test_working_days_that_stood_still_are_made_up_for_by_working_days() -> None:
    """Five working days from Monday; still from Friday to the next Tuesday, over two working days."""
    held = took(toy(), "hold", 4, because="sick_leave")
    on = took(held, "go_on", 8)
    assert toy().clocks["work"].due_at == NOW + 7 * DAY
    assert on.clocks["work"].due_at == NOW + 9 * DAY
    assert on.clocks["work"].due_at.weekday() == 2
    assert on.clocks["wait"].due_at == NOW + 14 * DAY


def test_working_days_are_those_of_the_duty_station() -> None:
    """Creek rests on Friday and Saturday: five working days from Monday end on the next one, a weekend of their own
    later; what stood still from Friday to Tuesday stood still over Sunday, Monday and Tuesday.
    """
    creek = toy(place="creek")
    assert creek.clocks["work"].due_at == NOW + 7 * DAY
    on = took(took(creek, "hold", 4, because="sick_leave"), "go_on", 8)
    assert on.clocks["work"].due_at == NOW + 10 * DAY
    policy = replace(TOLLED, deadlines=TOLLED.deadlines | {"again": deadline("again", 4, Unit.WORKING_DAYS)})
    case = engine.open_case(TOY, REPORT, 1, {"place": "creek"}, NOW, policy)
    first = case.clocks["again"].due_at
    assert first == NOW + 6 * DAY  # Sunday, where it is a working day
    due = next(due for due in clocks.waiting(TOY, case, policy) if due.key == "again")
    assert engine.on_due(TOY, case, due, first, policy).clocks["again"].due_at == first + 4 * DAY


def test_a_pause_ends_by_itself_when_it_has_lasted_as_long_as_it_may() -> None:
    once = took(took(toy(), "hold", 1, because="sick_leave"), "go_on", 13)
    held = took(once, "hold", 14, because="official_travel")
    (end,) = [due for due in clocks.waiting(TOY, held, TOLLED) if due.kind is DueKind.RESUME]
    assert end.at == NOW + 22 * DAY
    on = engine.on_due(TOY, held, end, end.at, TOLLED)
    assert (on.clocks["wait"].paused_at, on.clocks["wait"].due_at) == (None, NOW + 30 * DAY)
    assert on.clocks["work"].paused_at, "what nothing limits stands on"
    assert (on.effects, on.steps[-1].facts) == ((), {"clock": "wait", "mark": "resumed"})
    assert engine.on_due(TOY, on, end, end.at, TOLLED) is on


def test_how_long_a_pause_may_last_is_counted_by_the_calendar_of_the_place() -> None:
    policy = replace(TOLLED, deadlines=TOLLED.deadlines | {"cap": deadline("cap", 4, Unit.WORKING_DAYS)})
    held = took(toy(place="creek"), "hold", 0, because="sick_leave")
    assert clocks.pause_ends(TOY.clock_of["wait"], held, policy, NOW) == NOW + 6 * DAY  # Sunday


def test_a_pause_that_is_used_up_is_refused() -> None:
    held = took(toy(), "hold", 1, because="sick_leave")
    on = took(held, "go_on", 21)
    refused = toy_act(on, "hold", 22, because="sick_leave")
    assert refused == Refused("CLOCK_PAUSE_SPENT", "lifecycle", {"clock": "wait"})


def test_each_round_that_nobody_meets_goes_a_level_further_up() -> None:
    case, levels = toy(), []
    for round_ in (1, 2, 3):
        due = next(due for due in clocks.waiting(TOY, case, TOLLED) if due.key == "again")
        case = engine.on_due(TOY, case, due, due.at, TOLLED)
        levels.append(case.effects[0].facts["level"])
        assert (case.clocks["again"].rounds, case.clocks["again"].due_at) == (round_, NOW + (round_ + 1) * DAY)
    assert levels == [1, 2, 3]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (Clock("k", NOW, NOW + 2 * DAY), "running"),
        (Clock("k", NOW, NOW + DAY), "breached"),
        (Clock("k", NOW, NOW + 2 * DAY, rounds=1), "breached"),
        (Clock("k", NOW, NOW + DAY, paused_at=NOW), "paused"),
        (Clock("k", NOW, NOW + DAY, met_at=NOW + DAY), "met"),
        (Clock("k", NOW, NOW + DAY, met_at=NOW + 2 * DAY), "met_late"),
        (Clock("k", NOW, NOW + DAY, met_at=NOW, rounds=1), "met_late"),
    ],
)
def test_how_a_clock_stands(clock: Clock, expected: str) -> None:
    assert standing(clock, NOW + DAY) == expected


def test_each_round_counts_by_the_same_deadline_and_the_calendar_of_the_place() -> None:
    """Creek rests on Friday and Saturday: five working days from a Friday end on a Thursday."""
    rule = ClockRule("again", (LATE,), repeats=True)
    case = replace(toy(place="creek"), clocks={"again": Clock("again", NOW, NOW, deadline="work")})
    for round_ in (1, 2):
        at_once = clocks.Due("again", DueKind.DUE, NOW, "due")
        rung = clocks.ring(rule, case, at_once, NOW + 4 * DAY, TOLLED)["again"]
        assert (rung.rounds, rung.deadline, rung.started_at) == (round_, "work", NOW + 4 * DAY)
        assert rung.due_at == NOW + 10 * DAY, "and not on the Friday after"
        case = replace(case, clocks={"again": rung})


def test_reminders_count_back_by_the_calendar_of_the_place() -> None:
    def reminded(place: str) -> list[object]:
        case = replace(separated, clocks={key: one._replace(place=place) for key, one in separated.clocks.items()})
        lifecycle = BY_NAME["emergency_separation"]
        found = [due for due in clocks.waiting(lifecycle, case, POLICY) if due.key == "emergency.separation"]
        return [due.at for due in found if due.kind is DueKind.REMINDER]

    separated = act(opened("emergency_separation"), "separate", staff("S0069", Role.SECURITY_OFFICER))
    assert reminded("creek") != reminded("valmora")


def test_what_nobody_has_met_keeps_the_date_on_which_it_rang_first_however_often_it_rang_since() -> None:
    alerted = act(opened("interim_measure"), "alert", staff("S0005", Role.INTAKE_OFFICER))
    acknowledged = act(alerted, "acknowledge_alert", HEAD)
    first = acknowledged.clocks["im.decide"].due_at
    assert engine.unmet_at(acknowledged) == first
    for rounds in (1, 2, 3):
        case = acknowledged
        while case.clocks["im.decide"].rounds < rounds:
            case = ring_until(case, case.clocks["im.decide"].due_at)
        assert (engine.unmet_at(case), len(case.steps)) == (first, len(acknowledged.steps) + rounds)
    other = replace(case, clocks={"im.review": Clock("im.review", NOW, first, rounds=1)})
    assert engine.unmet_at(other) == NOW, "another clock's rings are not its own"
    assert engine.unmet_at(act(case, "decline_alert", HEAD)) is not None
    assert engine.unmet_at(replace(case, clocks={})) is None


def test_a_reminder_is_no_date_that_has_passed() -> None:
    reminded = ring_until(running(28), NOW + timedelta(days=27))
    again = replace(reminded, clocks={"im.end": reminded.clocks["im.end"]._replace(rounds=1)})
    assert engine.unmet_at(again) == again.clocks["im.end"].started_at, "nothing of it has rung but reminders"
