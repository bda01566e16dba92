"""An emergency separation: at once, without pay effect, never against her wish, and over by itself."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, EffectKind, Fact
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.emergency_separation import LIFECYCLE
from tests.lifecycles import NOW, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

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


def test_a_measure_that_is_decided_stands_in_its_place() -> None:
    asked = act(separated(), "alert_interim_measures", LEGAL)
    assert effect_names(asked, EffectKind.OPEN) == ["interim_measure"]
    assert asked.clocks["emergency.separation"].runs, "until then it goes on and ends as it would have"
    confirmed = act(asked, "record_confirmed", SYSTEM)
    assert LIFECYCLE.is_closed(confirmed)


def test_inv_33_43_somebody_else_ends_it_after_a_safety_check() -> None:
    assert refused(separated(), "end_separation", GUARD).params == {"did": "separate"}
    assert refused(separated(), "end_separation", HEAD, safety_check=False).rule == "invariant 43"
    assert act(separated(), "end_separation", HEAD, reason="her_wish").state == "ended"
