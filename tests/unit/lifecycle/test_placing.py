"""By whose calendar a case counts its working days: that of the one person who has to act, and never anybody else's."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from lifecycle import clocks, engine
from lifecycle.clocks import PLACE, erases, meet, pause, start
from lifecycle.fields import choice, staff
from lifecycle.model import Action, ActorKind, Case, DueKind
from lifecycle.recipients import escalation
from lifecycle.replay import replay
from lifecycle.serial import from_json, to_json
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Confidence, Deadline, Role
from policy.working_time import Unit
from tests.lifecycles import ACTION, LIFECYCLES, NOW, POLICY, REPORT, SYSTEM, act, opened, through_its_row

DAY: Final = timedelta(days=1)
# Four working days from Monday end on Friday; at Creek, which rests on Friday and Saturday, on Sunday.
FRIDAY, SUNDAY = NOW + 4 * DAY, NOW + 6 * DAY
DEADLINES: Final = {
    "first": Deadline("first", 4, Unit.WORKING_DAYS, "a start", "a test", Confidence.D),
    "later": Deadline("later", 4, Unit.WORKING_DAYS, "a start", "a test", Confidence.D),
    "often": Deadline("often", 4, Unit.WORKING_DAYS, "a start", "a test", Confidence.D),
    "kept": Deadline("kept", 4, Unit.WORKING_DAYS, "a start", "a test", Confidence.D),
}
RULES: Final = replace(POLICY, deadlines=DEADLINES, reminders={})
LATE: Final = Outcome((escalation("toy.late", Role.INVESTIGATOR),))
BY_SYSTEM: Final = frozenset({ActorKind.SYSTEM})
TOY: Final = Lifecycle(
    name="toy",
    calendar_of=Role.INVESTIGATOR,
    states=(
        State("open", person_sees=False),
        State("closed", person_sees=False, closed=True),
        State("erased", person_sees=False, closed=True),
    ),
    opening=Opening("open", clocks=(start("first"), start("often"), start("kept"))),
    rules=(
        Rule("give", ("open",), BY_SYSTEM, fields=(staff("to"),), assigns={Role.INVESTIGATOR: "to"}),
        Rule("take_away", ("open",), BY_SYSTEM, unassigns=(Role.INVESTIGATOR,), clocks=(start("later"),)),
        Rule("ask", ("open",), BY_SYSTEM, clocks=(start("later"),)),
        Rule("answer", ("open",), BY_SYSTEM, clocks=(meet("first"),)),
        Rule("close", ("open",), BY_SYSTEM, to="closed", clocks=(start("kept"),)),
        Rule(
            "hold",
            ("open",),
            BY_SYSTEM,
            fields=(choice("because", "leave"),),
            clocks=(pause("first", reason="because"),),
        ),
    ),
    clocks=(
        ClockRule("first", (LATE,)),
        ClockRule("later", (LATE,)),
        ClockRule("often", (LATE,), repeats=True),
        erases("kept"),
    ),
)


def begun() -> Case:
    return engine.open_case(TOY, REPORT, 1, {}, NOW, RULES)


def took(case: Case, name: str, day: float = 0, place: str = "", **facts: str) -> Case:
    action = Action(ACTION, name, facts, place=place)
    changed = engine.apply(TOY, case, action, SYSTEM, NOW + day * DAY, RULES)
    assert isinstance(changed, Case), changed
    return changed


def given(case: Case, place: str, day: float = 0, to: str = "S0011") -> Case:
    return took(case, "give", day, place, to=to)


def test_what_began_while_nobody_had_it_counts_by_the_calendar_of_whoever_is_found() -> None:
    assert begun().clocks["first"].due_at == FRIDAY
    case = given(begun(), "creek", 1)
    assert (case.clocks["first"].due_at, case.clocks["first"].started_at) == (SUNDAY, NOW)
    assert case.clocks["kept"] == begun().clocks["kept"], "what is promised to be gone by a day is gone by that day"


def test_nothing_is_made_due_in_the_past() -> None:
    """From a Saturday on, four working days end on Thursday; at Creek on Wednesday, which is over."""
    saturday, policy = NOW - 2 * DAY, RULES
    case = engine.open_case(TOY, REPORT, 1, {}, saturday, policy)
    assert case.clocks["first"].due_at == saturday + 5 * DAY
    assert given(case, "creek", 2.5).clocks["first"] == case.clocks["first"]
    assert given(case, "creek", 1.5).clocks["first"].due_at == saturday + 4 * DAY


def test_what_has_rung_or_stands_still_stays_as_it_is() -> None:
    for case in (took(begun(), "hold", 1, because="leave"), took(begun(), "answer", 1)):
        assert given(case, "creek", 2).clocks["first"] == case.clocks["first"]
    (due,) = [one for one in clocks.waiting(TOY, begun(), RULES) if one.key == "first"]
    rung = engine.on_due(TOY, begun(), due, FRIDAY, RULES)
    assert given(rung, "creek", 5).clocks["first"] == rung.clocks["first"]


def test_what_stood_still_before_somebody_had_it_is_made_up_for_by_days_on_which_they_work() -> None:
    first = begun().clocks["first"]
    case = replace(begun(), clocks={"first": first._replace(paused_for=5 * DAY)})
    # Five days from that Sunday hold four on which Creek works: Monday to Thursday.
    assert given(case, "creek", 1).clocks["first"].due_at == SUNDAY + 4 * DAY


def test_a_handover_leaves_what_runs_and_what_begins_then_counts_by_the_new_place() -> None:
    case = given(given(begun(), "creek"), "valmora", 0, "S0012")
    assert case.clocks["first"].due_at == SUNDAY
    assert took(case, "ask").clocks["later"].due_at == FRIDAY
    assert took(given(begun(), "creek"), "ask").clocks["later"].due_at == SUNDAY


def test_what_began_in_between_counts_by_whoever_has_it_next_and_nothing_older_does() -> None:
    case = took(given(begun(), "creek"), "take_away", 0)
    assert (PLACE in case.facts, case.clocks["later"].due_at) == (False, FRIDAY)
    case = given(case, "tarn", 1, "S0012")
    # Tarn rests on Saturday alone.
    assert (case.clocks["first"].due_at, case.clocks["first"].place) == (SUNDAY, "creek")
    assert (case.clocks["later"].due_at, case.clocks["later"].place) == (FRIDAY, "tarn")


def test_a_station_that_nobody_knows_counts_as_everybody_does() -> None:
    for place in ("", "nowhere"):
        case = given(begun(), place)
        assert (case.clocks["first"].due_at, took(case, "ask").clocks["later"].due_at) == (FRIDAY, FRIDAY)
    assert PLACE not in given(given(begun(), "creek"), "", 0, "S0012").facts, "nor by that of whoever had it before"


def test_the_next_round_of_a_clock_counts_where_the_case_is_then() -> None:
    case = given(given(begun(), "creek"), "valmora", 1, "S0012")
    (due,) = [one for one in clocks.waiting(TOY, case, RULES) if one.key == "often"]
    assert (due.kind, due.at) == (DueKind.DUE, SUNDAY)
    again = engine.on_due(TOY, case, due, SUNDAY, RULES).clocks["often"]
    # From a Sunday to Thursday, at Valmora; at Creek, Monday to Thursday.
    assert (again.rounds, again.due_at, again.place) == (1, SUNDAY + 4 * DAY, "valmora")


def test_what_is_kept_is_kept_by_nobodys_calendar() -> None:
    closed = took(given(begun(), "creek"), "close")
    assert (PLACE in closed.facts, closed.clocks["kept"].place, closed.clocks["kept"].due_at) == (False, None, FRIDAY)
    assert replay(TOY, closed, closed.steps, {1: RULES}).case == closed


def test_the_steps_say_where_it_was() -> None:
    case = given(took(given(begun(), "creek"), "take_away", 1), "tarn", 2, "S0012")
    assert [step.facts.get(PLACE) for step in case.steps] == [None, "creek", None, "tarn"]
    assert replay(TOY, case, case.steps, {1: RULES}).case == case


def test_a_clock_comes_back_with_its_place_and_an_old_row_without_one() -> None:
    case = given(begun(), "creek")
    assert through_its_row(case).clocks == case.clocks
    kept = to_json(begun())
    assert not [clock for clock in kept["clocks"].values() if "place" in clock], "kept as it was before there were any"
    assert from_json(kept).clocks == begun().clocks


def test_a_sender_cannot_say_the_place() -> None:
    answer = engine.apply(TOY, begun(), Action(ACTION, "give", {"to": "S0011", PLACE: "creek"}), SYSTEM, NOW, RULES)
    assert getattr(answer, "code", None) == "FIELD_UNKNOWN"


def test_only_where_she_has_one_person_before_her_do_their_calendars_count() -> None:
    """Everything else is an office's to do, and counts by the organisation's own calendar."""
    assert {one.name: one.calendar_of for one in LIFECYCLES if one.calendar_of} == {
        "informal_resolution": Role.FOCAL_POINT,
        "supervisor_request": Role.MANAGER,
        "support_referral": Role.SPECIALIST,
    }
    for table in LIFECYCLES:
        assert table.calendar_of is None or any(table.calendar_of in rule.assigns for rule in table.rules)


def test_an_old_case_that_knows_no_place_goes_on_as_before() -> None:
    case = act(opened("supervisor_request"), "assign_manager", SYSTEM)
    assert PLACE not in case.facts
    assert case.clocks == opened("supervisor_request").clocks
