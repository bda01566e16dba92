"""Every step of a referral, written out: where it leads, which clocks it starts and meets, who hears of it."""

from dataclasses import dataclass, field
from typing import Final

import pytest

from lifecycle import engine
from lifecycle.model import NO_MESSAGES, STOP_CONTACT, Actor, Case, Clock, Fact
from lifecycle.model import Step as CaseStep
from lifecycle.recipients import recipients
from policy.model import Role
from services.support.domain.support_referral import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, REPORT, SYSTEM, act, at, attempt, refused, staff

WELFARE, PSEAH, FOCAL_POINT = "S0014", "S0070", "S0071"
SPECIALIST: Final = staff("S0072", Role.SPECIALIST)
COORDINATOR: Final = staff(PSEAH, Role.PSEAH_OFFICER)
HELPER = {"S0072"}
HERS: Final = {"service": "medical"}
EVERY = ("support.first", "support.refer", "support.connect", "support.recall", "support.checkin", "support.restate")
CHILD: Final = {"minor": "yes", "told": "child", "understands": False, "caregiver": "risk"}


@dataclass(frozen=True)
class Step:
    """`starts` and `meets`: clock keys without their `support.`; `tells`: who hears, by wording."""

    state: str
    action: str
    by: Actor
    to: str
    facts: dict[str, Fact] = field(default_factory=dict)
    starts: set[str] = field(default_factory=set)
    meets: set[str] = field(default_factory=set)
    tells: dict[str, set[str]] = field(default_factory=dict)
    known: dict[str, Fact] = field(default_factory=dict)


AGAIN = {"needs_somebody": {PSEAH, WELFARE}}
STEPS = [
    Step("offered", "assign_specialist", COORDINATOR, "offered", {"specialist": "S0072"}, meets={"first"},
         tells={"assigned": HELPER}),
    Step("offered", "record_routed", SYSTEM, "offered", tells={"received": {PSEAH, WELFARE}}),
    *(Step("offered", "offer_through", COORDINATOR, "offered", {"through": through})
      for through in ("the_one_who_asked", "somebody_they_trust", "public_help")),
    Step("offered", "release_specialist", SYSTEM, "offered", starts={"first"}, tells=AGAIN),
    Step("offered", "add_note", SPECIALIST, "offered"),
    Step("offered", "give_consent", PERSON, "consented", {**HERS, "scope": "needs"},
         starts={"refer", "consent.refresh"}, meets={"restate"}, tells={"consent_given": HELPER}),
    Step("declined", "give_consent", PERSON, "consented", {**HERS, "scope": "needs"},
         starts={"refer", "consent.refresh"}, meets={"restate"}, tells={"consent_given": HELPER}),
    Step("offered", "decline", PERSON, "declined", {**HERS}, starts={"restate"}, meets={"first"},
         tells={"said_no": HELPER}),
    Step("offered", "decide_for_child", SPECIALIST, "consented", {"scope": "needs"},
         starts={"refer", "consent.refresh"}, known=CHILD),
    Step("previewed", "decide_for_child", SPECIALIST, "approved", starts={"refer", "consent.refresh"}, known=CHILD),
    Step("consented", "prepare_referral", SPECIALIST, "previewed", {"shares": "needs"}, meets={"refer"}),
    Step("previewed", "prepare_referral", SPECIALIST, "previewed", {"shares": "needs"}, meets={"refer"}),
    Step("previewed", "approve_referral", PERSON, "approved", {**HERS, "preview": "a1b2"},
         starts={"refer", "consent.refresh"}, tells={"words_approved": HELPER}),
    Step("previewed", "ask_for_changes", PERSON, "consented", {**HERS}, starts={"refer"},
         tells={"changes_wanted": HELPER}),
    Step("approved", "record_referred", SPECIALIST, "referred", starts={"connect"}, meets={"refer"}),
    Step("referred", "record_connected", SPECIALIST, "connected", starts={"checkin"}, meets={"connect"}),
    *(Step(state, "record_unavailable", SPECIALIST, "unavailable", {"why": "full"}, starts={"refer"},
           tells={"pathway_gap": {FOCAL_POINT}}) for state in ("consented", "approved")),
    *(Step(state, "record_unavailable", SPECIALIST, "unavailable", {"why": "full", "answer": "returned"},
           starts={"refer"}, meets={"connect", "checkin"}, tells={"pathway_gap": {FOCAL_POINT}})
      for state in ("referred", "connected", "follow_up")),
    Step("unavailable", "look_elsewhere", SPECIALIST, "consented", {"where": "remote"}),
    Step("connected", "start_follow_up", SPECIALIST, "follow_up"),
    *(Step(state, "say_how_it_goes", PERSON, state, {**HERS, "going": "well"}, tells={"checked_in": HELPER})
      for state in ("connected", "follow_up")),
    *(Step(state, "renew_consent", PERSON, state, {**HERS}, starts={"consent.refresh"})
      for state in ("referred", "connected", "follow_up")),
    *(Step(state, "revoke_consent", PERSON, "offered", {**HERS}, meets={"refer", "consent.refresh"},
           tells={"consent_revoked": HELPER}) for state in ("consented", "previewed", "approved", "unavailable")),
    *(Step(state, "revoke_consent", PERSON, "recalling", {**HERS}, starts={"recall"},
           meets={"connect", "checkin", "consent.refresh"}, tells={"recall_due": HELPER, "consent_revoked": {"S0060"}})
      for state in ("referred", "connected", "follow_up")),
    Step("recalling", "record_recalled", SPECIALIST, "offered", {"answer": "destroyed"}, meets={"recall"}),
]  # fmt: skip
IDS = [f"{step.state}-{step.action}" for step in STEPS]


def standing(step: Step) -> Case:
    """Every clock runs; somebody else than who helps now sent the words."""
    case = engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat(), **HERS}, NOW, POLICY)
    keys = (*EVERY, "consent.refresh")
    sent = CaseStep(2, "record_referred", "S0060", Role.SPECIALIST, NOW)
    values = {name: getattr(case, name) for name in case.__slots__}
    clocks = {key: Clock(key, NOW, POLICY.due(key, NOW), rung=("due",), deadline=key) for key in keys}
    values |= {
        "state": step.state,
        "steps": (*case.steps, sent),
        "version": 2,
        "clocks": clocks,
        "assigned": {Role.SPECIALIST: "S0072"},
        "facts": {**case.facts, "preview": "a1b2", **step.known},
    }
    return Case(**values)


@pytest.mark.parametrize("step", STEPS, ids=IDS)
def test_a_step_leads_where_it_should_and_keeps_its_times(step: Step) -> None:
    before = standing(step)
    case = act(before, step.action, step.by, **step.facts)
    assert case.state == step.to
    started = {key for key, clock in case.clocks.items() if clock.runs and not clock.rung}
    stopped = {key for key, clock in case.clocks.items() if clock.met_at}
    assert {key.removeprefix("support.") for key in started} == step.starts
    assert {key.removeprefix("support.") for key in stopped} == step.meets
    told = {
        effect.name.removeprefix("support_referral."): set[str]() for effect in case.effects if effect.kind == "notify"
    }
    for effect in case.effects:
        if effect.kind == "notify":
            hearers = recipients(case, effect, POLICY, NOW)
            told[effect.name.removeprefix("support_referral.")] |= set(hearers)
    assert told == step.tells


def test_these_are_all_the_steps_there_are() -> None:
    written = {(step.state, step.action) for step in STEPS}
    everywhere = {"assign_specialist", "record_routed", "release_specialist"}
    everywhere |= {"add_note", "ask_for_another"}
    elsewhere = {"tell_child", "end_support", "close_referral", "set_hold", "release_hold"}
    left = {(state, action) for state, action in LIFECYCLE.rule_of if action not in everywhere | elsewhere}
    assert left <= written
    states = {state.name for state in LIFECYCLE.states if not state.closed}
    for action in everywhere:
        assert {state for state in states if (state, action) in LIFECYCLE.rule_of} == states, action


@pytest.mark.parametrize("state", [state.name for state in LIFECYCLE.states if not state.closed])
def test_she_can_end_it_wherever_nothing_has_to_be_called_back(state: str) -> None:
    case = standing(Step(state, "end_support", PERSON, "closed"))
    if state == "recalling":
        assert refused(case, "end_support", PERSON).code == "ACTION_NOT_OPEN"
        return
    ended = act(case, "end_support", PERSON, **HERS, outcome="prefer_not_to_say")
    assert (ended.state, {key for key, clock in ended.clocks.items() if clock.runs}) == ("closed", {"keep.support"})
    assert [recipients(ended, effect, POLICY, NOW) for effect in ended.effects] == [("S0072",)]


def test_who_declined_is_written_to_no_more_until_she_says_yes() -> None:
    said_no = act(standing(Step("offered", "decline", PERSON, "declined")), "decline", PERSON, **HERS)
    assert said_no.facts[NO_MESSAGES] is True
    assert STOP_CONTACT not in said_no.facts, "her other services are no business of this no"
    assert act(said_no, "give_consent", PERSON, **HERS, scope="needs").facts[NO_MESSAGES] is False


@pytest.mark.parametrize("action", ["give_consent", "approve_referral", "renew_consent"])
def test_nobody_says_yes_for_somebody_who_does_not_know_or_a_child_that_was_not_told(action: str) -> None:
    state = {"give_consent": "offered", "approve_referral": "previewed", "renew_consent": "connected"}[action]
    for known, code in (
        ({"for_whom": "somebody_who_does_not_know"}, "NOT_YOURS_TO_GIVE"),
        ({"minor": "yes"}, "CHILD_NOT_TOLD"),
    ):
        case = standing(Step(state, action, PERSON, "", known=dict(known)))
        assert refused(case, action, PERSON, **HERS).code == code


def test_only_who_holds_it_and_is_trained_acts_in_it() -> None:
    for step in STEPS:
        if step.by is SPECIALIST and step.action != "add_note":
            other = attempt(LIFECYCLE, standing(step), step.action, staff("S9000", Role.SPECIALIST), **step.facts)
            assert not isinstance(other, Case), step.action
            assert other.code == "NOT_ASSIGNED"


@pytest.mark.parametrize("action", ["tell_child", "decide_for_child"])
def test_what_is_for_children_is_for_children(action: str) -> None:
    assert refused(standing(Step("offered", action, SPECIALIST, "")), action, SPECIALIST).code == "NO_CHILD"
    not_told = {"minor": "yes", "understands": False, "caregiver": "risk"}
    if action == "decide_for_child":
        case = standing(Step("offered", action, SPECIALIST, "", known=dict(not_told)))
        assert refused(case, action, SPECIALIST).code == "CHILD_NOT_TOLD"


def test_an_urgent_yes_is_acted_on_sooner() -> None:
    urgent = standing(Step("offered", "give_consent", PERSON, "", known={"urgency": "now"}))
    due = act(urgent, "give_consent", PERSON, **HERS, scope="needs").clocks["support.refer"].due_at
    assert due.isoformat() == at(8 / 24)


def test_it_begins_by_finding_out_who_must_not_know() -> None:
    case = engine.open_case(LIFECYCLE, REPORT, 1, {"lodged_at": NOW.isoformat()}, NOW, POLICY)
    assert [(effect.kind, effect.name) for effect in case.effects] == [("errand", "route")]


def test_her_inbox_shows_every_state_and_nobody_handles_the_last_two() -> None:
    assert all(state.person_sees for state in LIFECYCLE.states)
    assert {state.name for state in LIFECYCLE.states if state.closed} == {"closed", "erased"}


def test_each_clock_as_it_rings() -> None:
    shown = {}
    for clock in LIFECYCLE.clocks:
        # What ends last erases, and what ends before it says that it does not.
        outcome, *others = clock.outcomes
        assert [effect.name for one in others for effect in one.effects] == ["hold.still_kept"] * len(others)
        names = [effect.name.removeprefix("support_referral.") for effect in outcome.effects]
        shown[clock.key] = (clock.repeats, clock.irreversible, clock.person_sees, names)
    late = ["kept_waiting", "late", "late"]
    assert shown == {
        "support.first": (True, False, True, late),
        "support.refer": (True, False, True, late),
        "support.connect": (True, False, True, late),
        "support.recall": (True, False, True, late),
        "support.checkin": (True, False, True, ["how_is_it", "check_in_due"]),
        "consent.refresh": (False, False, False, ["consent_old", "ask_consent_again"]),
        "support.restate": (False, False, False, ["offer_stands"]),
        **dict.fromkeys(("keep.support", "keep.hold", "keep.release"), (False, True, True, ["case"])),
    }


@pytest.mark.parametrize(("state", "reason"), [("follow_up", "help_has_ended"), ("declined", "offer_declined")])
def test_what_the_cell_closes_is_kept_for_a_time_too(state: str, reason: str) -> None:
    case = act(
        standing(Step(state, "close_referral", COORDINATOR, "closed")), "close_referral", COORDINATOR, reason=reason
    )
    assert {key for key, clock in case.clocks.items() if clock.runs} == {"keep.support"}


@pytest.mark.parametrize("state", ["offered", "consented", "previewed"])
def test_a_child_can_be_told_again_as_things_go_on(state: str) -> None:
    case = standing(Step(state, "tell_child", SPECIALIST, state, known={"minor": "yes"}))
    told = act(case, "tell_child", SPECIALIST, told="child", understands=True, caregiver="not_known")
    assert (told.state, told.facts["understands"]) == (state, True)
    by_another = refused(case, "tell_child", staff("S9000", Role.SPECIALIST))
    assert by_another.code == "NOT_ASSIGNED"


def test_that_a_place_must_report_need_not_be_said_where_none_must() -> None:
    case = standing(Step("consented", "prepare_referral", SPECIALIST, "previewed"))
    assert "must_report_told" not in act(case, "prepare_referral", SPECIALIST, shares="needs").facts


@pytest.mark.parametrize("state", ["offered", "previewed"])
def test_who_decides_for_a_child_writes_down_why(state: str) -> None:
    case = standing(Step(state, "decide_for_child", SPECIALIST, "", known=CHILD))
    assert refused(case, "decide_for_child", SPECIALIST, without="reasons").params == {"field": "reasons"}


def test_that_a_place_must_report_can_be_said_where_one_must() -> None:
    case = standing(Step("consented", "prepare_referral", SPECIALIST, "previewed"))
    after = act(case, "prepare_referral", SPECIALIST, shares="needs", must_report_told=True)
    assert after.facts["must_report_told"] is True
