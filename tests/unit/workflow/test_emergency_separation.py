"""An emergency separation: at once, without pay effect, never against her wish, and over by itself."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.emergency_separation import LIFECYCLE
from tests.lifecycles import NOW, POLICY, SYSTEM, act, attempt, effect_names, opened, refused, ring_until, staff

GUARD = staff("S0069", Role.SECURITY_OFFICER)
HEAD = staff("S0004", Role.ADMINISTRATIVE_HEAD)
LEGAL = staff("S0003", Role.LEGAL_OFFICER)
OIO = staff("S0005", Role.INTAKE_OFFICER, Role.INVESTIGATOR)


def separated(**facts: Fact) -> Case:
    return act(opened("emergency_separation"), "separate", GUARD, **facts)


@pytest.mark.parametrize("actor", [GUARD, HEAD], ids=["security", "administrative head"])
def test_head_or_security_separate_at_once_and_oversight_and_legal_hear_of_it(actor: Actor) -> None:
    case = act(opened("emergency_separation"), "separate", actor)
    told = {one for effect in case.effects for one in recipients(case, effect, POLICY, NOW)}
    assert told == {"S0005", "S0003"}
    assert refused(opened("emergency_separation"), "separate", OIO).code == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize("moved", ["affected_individual", "both"])
def test_her_own_move_is_never_against_her_wish(moved: str) -> None:
    answer = refused(opened("emergency_separation"), "separate", GUARD, moved=moved)
    assert (answer.code, answer.rule) == ("AGAINST_HER_WISH", "policy 2.11")
    assert separated(moved=moved, affected_agrees=True).state == "separated"


def test_it_costs_nobody_pay() -> None:
    names = {field.name for rule in LIFECYCLE.rules for field in rule.fields}
    assert not [name for name in names if "pay" in name or "leave" in name]
    emitted = [effect for rule in LIFECYCLE.rules for effect in rule.effects if effect.kind is EffectKind.EMIT]
    assert not emitted, "HR hears nothing of it"


def test_inv_52_it_ends_after_five_working_days_and_nobody_can_say_they_were_not_told() -> None:
    case = ring_until(separated(), NOW + timedelta(days=7))
    assert (case.state, case.steps[-1].at) == ("lapsed", NOW + timedelta(days=7)), "a Monday and five working days"
    marks = [step.facts["mark"] for step in case.steps if step.facts.get("clock") == "emergency.separation"]
    assert marks == ["emergency.remind.2", "emergency.remind.1", "due"]
    told = {one for effect in case.effects if effect.kind == "notify" for one in recipients(case, effect, POLICY, NOW)}
    assert {"S0005", "S0003", "S0004", "S0069"} <= told
    due = engine.next_due(LIFECYCLE, ring_until(separated(), NOW + timedelta(days=6.5)), POLICY)
    assert due is not None
    assert due.irreversible


def test_oversight_has_a_day_before_it_is_escalated() -> None:
    case = ring_until(separated(), NOW + timedelta(hours=24))
    assert case.steps[-1].facts["clock"] == "emergency.alert"
    taken = act(separated(), "take_up", LEGAL)
    assert not taken.clocks["emergency.alert"].runs


def test_a_measure_that_hr_has_applied_stands_in_its_place() -> None:
    asked = act(separated(), "alert_interim_measures", LEGAL)
    assert effect_names(asked, EffectKind.OPEN) == ["interim_measure"]
    assert asked.clocks["emergency.separation"].runs, "until then it goes on and ends as it would have"
    confirmed = act(asked, "record_confirmed", SYSTEM)
    assert LIFECYCLE.is_closed(confirmed)


def test_a_measure_that_begins_only_after_its_end_leaves_it_as_it_is() -> None:
    asked = act(separated(), "alert_interim_measures", LEGAL)
    ends = asked.clocks["emergency.separation"].due_at
    for begins, takes_over in ((ends, True), (ends + timedelta(seconds=1), False)):
        answer = attempt(LIFECYCLE, asked, "record_confirmed", SYSTEM, from_at=begins.isoformat())
        assert isinstance(answer, Case) is takes_over
    assert answer == Refused("BEGINS_TOO_LATE", "policy 2.11", {"field": "from_at"})
    late = ring_until(asked, ends)
    assert "emergency.remind.1" in [step.facts.get("mark") for step in late.steps], "they hear that it ends"
    assert (late.state, set(effect_names(late, "notify"))) == ("lapsed", {"emergency_separation.over"})


def test_inv_33_43_somebody_else_ends_it_after_a_safety_check() -> None:
    assert refused(separated(), "end_separation", GUARD).params == {"did": "separate"}
    assert refused(separated(), "end_separation", HEAD, safety_check=False).rule == "invariant 43"
    assert act(separated(), "end_separation", HEAD, reason="her_wish").state == "ended"


@pytest.mark.parametrize("danger", ["weapon", "violence", "threat", "stalking", "other"])
def test_it_says_what_the_danger_was_and_what_was_done(danger: str) -> None:
    assert separated(danger=danger).facts["danger"] == danger
    for missing in ("danger", "moved", "what_was_done"):
        answer = refused(opened("emergency_separation"), "separate", GUARD, without=missing)
        assert answer.params == {"field": missing}


def test_who_is_moved_and_that_she_agrees() -> None:
    assert separated(moved="alleged_offender").facts["affected_agrees"] is False, "where nothing is said, she does not"
    assert refused(opened("emergency_separation"), "separate", GUARD, moved="both").params == {
        "field": "affected_agrees"
    }


@pytest.mark.parametrize("role", [Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER])
def test_oversight_and_legal_affairs_take_it_up_and_have_a_measure_considered(role: Role) -> None:
    taken = act(separated(), "take_up", staff("S9000", role))
    assert taken.state == "taken_up"
    assert refused(separated(), "take_up", HEAD).code == "ROLE_NOT_ALLOWED"
    for case in (separated(), taken):
        asked = act(case, "alert_interim_measures", staff("S9000", role))
        assert (asked.state, asked.clocks["emergency.alert"].runs) == ("measure_asked", False)
        (opens,) = [effect for effect in asked.effects if effect.kind is EffectKind.OPEN]
        assert opens.facts["action"] == "alert"


def test_whoever_separated_hears_what_became_of_it() -> None:
    for stands in (separated(), act(separated(), "take_up", LEGAL), act(separated(), "alert_interim_measures", LEGAL)):
        for answered in (act(stands, "record_confirmed", SYSTEM), act(stands, "end_separation", LEGAL)):
            told = [recipients(answered, effect, POLICY, NOW) for effect in answered.effects]
            assert (told, effect_names(answered, "notify")) == ([("S0069",)], ["emergency_separation.answered"])
            assert answered.clocks["keep.hr_measure"].runs


@pytest.mark.parametrize(
    "role",
    [
        Role.ADMINISTRATIVE_HEAD,
        Role.SECURITY_OFFICER,
        Role.INTAKE_OFFICER,
        Role.INVESTIGATOR,
        Role.LEGAL_OFFICER,
        Role.HR_DIRECTOR,
    ],
)
def test_who_reads_it_may_end_it_and_says_why(role: Role) -> None:
    who = staff("S9000", role)
    for reason in ("danger_over", "her_wish", "other_means", "mistaken"):
        assert act(separated(), "end_separation", who, reason=reason).facts["reason"] == reason
    for missing in ("reason", "reasons", "safety_check"):
        assert refused(separated(), "end_separation", who, without=missing).params == {"field": missing}


def test_what_oversight_leaves_goes_up_again_each_day_and_to_the_hr_director() -> None:
    def told(days: int) -> list[tuple[str, ...]]:
        late = ring_until(separated(), NOW + timedelta(days=days))
        assert set(effect_names(late, "notify")) == {"emergency_separation.late"}
        return [recipients(late, effect, POLICY, NOW) for effect in late.effects]

    first, second = told(1), told(2)
    assert (first[0], first[1], first[3]) == (("S0005",), ("S0003",), ("S0002",))
    assert first[2] != second[2], "the second time further up"


def test_before_it_ends_everybody_who_could_decide_is_reminded() -> None:
    quiet = act(separated(), "take_up", LEGAL)
    reminded = ring_until(quiet, NOW + timedelta(days=6.9))
    assert reminded.steps[-1].facts["mark"] == "emergency.remind.1"
    told = {one for effect in reminded.effects for one in recipients(reminded, effect, POLICY, NOW)}
    assert told == {"S0005", "S0003", "S0004", "S0017", "S0069"}
    lapsed = ring_until(quiet, NOW + timedelta(days=7))
    assert lapsed.clocks["keep.hr_measure"].runs
