"""How an interim measure ends: lifted, passed on or lapsed, and who is told first (invariants 36 and 43)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import EffectKind, Fact
from lifecycle.recipients import recipients
from policy.load import load
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_parts import NOT_OVER, last_order
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, refused, ring_until
from tests.unit.workflow.measures import (
    DIRECTOR,
    HEAD,
    LEAVE,
    LINE,
    applied,
    consented,
    decided,
    effective,
    passed_on,
    proven,
    told_first,
    with_a_letter,
)


def test_inv_43_the_other_side_is_told_only_after_her_inbox_said_so() -> None:
    case = applied()
    early = refused(case, "record_placed", SYSTEM, version=case.version - 1)
    assert (early.code, early.rule) == ("NOT_IN_THE_INBOX_YET", "invariant 43")
    told = act(case, "record_placed", SYSTEM, version=case.version)
    for one in (case, told):
        assert not [effect for effect in one.effects if effect.facts.get("to") == "other_side"]
    assert effect_names(told, EffectKind.ERRAND) == ["release_measure"]
    in_effect = act(told, "make_effective", SYSTEM, proof="a1b2")
    assert [effect.facts["to"] for effect in in_effect.effects if effect.kind == "notify"] == ["other_side"]
    assert effect_names(in_effect, EffectKind.EMIT) == ["interim_measure.line_told"]


def test_inv_43_lifting_needs_a_safety_check_and_tells_her_first() -> None:
    answer = refused(effective(), "lift_measure", DIRECTOR, safety_check=False)
    assert (answer.code, answer.rule) == ("NOT_CONFIRMED", "invariant 43")
    refused(effective(), "lift_measure", DIRECTOR, without="safety_check")
    lifting = act(effective(), "lift_measure", DIRECTOR)
    assert effect_names(lifting, EffectKind.EMIT) == ["measure_restore"]
    restored = act(lifting, "record_restored", SYSTEM)
    for case in (lifting, restored):
        assert not [effect for effect in case.effects if effect.facts.get("to") == "other_side"]
    refused(restored, "record_placed", SYSTEM, version=lifting.version)
    lifted = act(restored, "record_placed", SYSTEM, version=restored.version)
    assert lifted.state == "lifted"
    assert "other_side" in [effect.facts.get("to") for effect in lifted.effects]


def test_a_lifted_measure_rings_no_more() -> None:
    lifting = act(effective(), "lift_measure", DIRECTOR)
    assert {clock.key for clock in lifting.clocks.values() if clock.runs} == {"im.apply", "report.update"}
    restored = act(lifting, "record_restored", SYSTEM)
    assert {clock.key for clock in restored.clocks.values() if clock.runs} == {"report.update"}
    lifted = act(restored, "record_placed", SYSTEM, version=restored.version)
    ended = act(lifted, "end_aftercare", PERSON, outcome="well")
    assert {clock.key for clock in ended.clocks.values() if clock.runs} == {"keep.hr_measure"}


@pytest.mark.parametrize(
    ("pack", "unit", "before"),
    [("iom-2024-03", timedelta(days=1), (14, 7, 2)), ("rehearsal", timedelta(seconds=1), (8, 4, 2))],
)
def test_the_end_is_announced_before_it_comes(pack: str, unit: timedelta, before: tuple[int, ...]) -> None:
    policy = load(pack)
    end = NOW + 28 * unit
    facts: dict[str, Fact] = {**LINE, "until_at": end.isoformat(), "review_at": (NOW + 14 * unit).isoformat()}
    decision = act(consented(), "decide_measure", HEAD, policy=policy, **facts)
    case = act(proven(decision), "record_applied", SYSTEM, policy=policy)
    case = act(case, "record_placed", SYSTEM, policy=policy, version=case.version)
    case = act(case, "make_effective", SYSTEM, policy=policy, proof="a1b2")
    rung = ring_until(case, end - unit, policy=policy)
    reminders = [(step.facts["mark"], step.at) for step in rung.steps if step.facts.get("clock") == "im.end"]
    assert reminders == [(f"im.remind.{n}", end - n * unit) for n in before]
    assert rung.state == "effective"
    assert ring_until(rung, end, policy=policy).state == "passed_on"


def test_inv_36_without_a_decision_the_line_passes_to_the_next_manager_and_escalates() -> None:
    case = passed_on()
    assert (case.state, last_order(case)) == ("passed_on", case.version)
    assert effect_names(case, EffectKind.EMIT) == ["measure_passed_on"]
    told = {one for effect in case.effects if effect.kind == "notify" for one in recipients(case, effect, POLICY, NOW)}
    assert {"S0001", "S0002", "S0004"} <= told
    assert not [effect for effect in case.effects if effect.facts.get("to") == "other_side"]
    later = ring_until(case, NOW + timedelta(days=20 + 65))
    assert later.state == "passed_on", "only a decision ends it"
    assert [s.at for s in later.steps if s.facts.get("clock") == "im.escalate"] == [
        NOW + timedelta(days=50),
        NOW + timedelta(days=80),
    ]


def test_inv_36_a_leave_lapses_at_its_end() -> None:
    decision = act(consented(), "decide_measure", HEAD, **LEAVE)
    case = ring_until(act(proven(decision), "record_applied", SYSTEM), NOW + timedelta(days=20))
    assert (case.state, effect_names(case, EffectKind.EMIT)) == ("lifting", ["measure_restore"])


def test_inv_36_a_clock_jump_is_asked_about_before_the_end_rings() -> None:
    case = effective()
    due = engine.next_due(LIFECYCLE, ring_until(case, NOW + timedelta(days=19)), POLICY)
    assert due is not None
    assert (due.key, due.irreversible) == ("im.end", True)


def test_a_measure_that_runs_very_long_raises_an_alarm() -> None:
    case = ring_until(passed_on(), NOW + timedelta(days=180))
    assert "im.cumulative_alarm" in [step.facts.get("clock") for step in case.steps]


def test_a_review_sets_the_next_one() -> None:
    reviewed = act(effective(), "review_measure", DIRECTOR, now=NOW + timedelta(days=9))
    assert reviewed.clocks["im.review"].due_at == NOW + timedelta(days=39)
    assert reviewed.state == "effective"
    leave = replace(effective(), facts={**effective().facts, **LEAVE})
    assert act(leave, "review_measure", DIRECTOR).clocks["im.review"].due_at == NOW + timedelta(days=14)


def test_inv_43_nothing_is_over_for_him_from_what_hr_has_done_until_she_is_told_that_it_ends() -> None:
    varying, lifting = act(effective(), "vary_measure", DIRECTOR), act(effective(), "lift_measure", DIRECTOR)
    restored = act(lifting, "record_restored", SYSTEM)
    for case in (applied(), told_first(), effective(), with_a_letter(), varying, passed_on(), lifting, restored):
        assert case.state in NOT_OVER
    lifted = act(restored, "record_placed", SYSTEM, version=restored.version)
    for case in (decided(), lifted):
        assert case.state not in NOT_OVER
