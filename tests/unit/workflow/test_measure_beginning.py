"""What rests on her word begins on its day, and only if she is found to agree then (invariant 38)."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Case, EffectKind
from lifecycle.recipients import heard_as, recipients
from policy.lint import INDEPENDENT
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_parts import is_held, last_order
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, at, effect_names, refused, ring_until
from tests.unit.workflow.measures import (
    DIRECTOR,
    HEAD,
    LINE,
    ON_HIM,
    SECOND_INVESTIGATOR,
    WITHOUT_PAY,
    consented,
    decided,
    effective,
    held,
    signed,
    told_first,
)

NEXT_WEEK = {"from_at": at(7), "review_at": at(14), "until_at": at(20)}


def asks_hr(case: Case) -> bool:
    """As the service does: what the last step has ordered goes to HR, and nothing else."""
    return bool(effect_names(case, EffectKind.EMIT)) and last_order(case) == case.version


def test_inv_38_hr_is_asked_for_nothing_before_the_day_on_which_she_is_found_to_agree() -> None:
    case = held(**NEXT_WEEK)
    assert (case.state, asks_hr(case)) == ("decided", False)
    assert engine.next_date(LIFECYCLE, case) == NOW + timedelta(days=7), "her inbox shows when it begins"
    assert "prove_consent" not in asked_for(ring_until(case, NOW + timedelta(days=6.9)))
    due = ring_until(case, NOW + timedelta(days=7))
    assert (due.state, asked_for(due)) == ("decided", ["prove_consent"])
    assert not asks_hr(due)
    begun = act(due, "record_proof", SYSTEM)
    assert (begun.state, asks_hr(begun), effect_names(begun, EffectKind.EMIT)) == ("decided", True, ["measure_decided"])
    assert refused(begun, "record_proof", SYSTEM).code == "NOTHING_TO_PROVE", "it goes to HR once"


def asked_for(case: Case) -> list[str]:
    return effect_names(case, EffectKind.ERRAND)


@pytest.mark.parametrize("answer", ["record_applied", "record_failed"])
def test_inv_38_no_answer_of_hr_counts_before_her_agreement_was_proven(answer: str) -> None:
    said = refused(held(), answer, SYSTEM)
    assert (said.code, said.rule, dict(said.params)) == ("CONSENT_NOT_PROVEN", "invariant 38", {"field": "proof"})


def test_inv_38_without_a_proof_it_does_not_begin_and_she_and_those_who_decide_hear_of_it() -> None:
    case = act(held(), "record_no_proof", SYSTEM)
    assert (case.state, case.facts["consent"], is_held(case), asks_hr(case)) == ("not_begun", False, False, False)
    assert LIFECYCLE.person_sees(case)
    assert set(effect_names(case, EffectKind.NOTIFY)) == {"interim_measure.consent_not_proven"}
    told = {one for effect in case.effects if effect.kind is EffectKind.NOTIFY
            for one in recipients(case, effect, POLICY, NOW)}  # fmt: skip
    assert {"S0002", "S0004", "S0006"} <= told, "those who decide, and whoever asked her"
    assert {clock.key for clock in case.clocks.values() if clock.runs} == {"im.decide", "report.update"}
    assert refused(case, "decide_measure", HEAD, **LINE).code == "CONSENT_MISSING"


def test_what_has_not_begun_is_asked_anew_or_decided_otherwise_or_declined() -> None:
    case = act(held(), "record_no_proof", SYSTEM)
    again = act(act(case, "ask_consent", SECOND_INVESTIGATOR), "consent_to_measure", PERSON)
    assert is_held(act(again, "decide_measure", HEAD, **LINE))
    on_him = act(case, "decide_measure", HEAD, **LINE, **ON_HIM)
    assert (on_him.state, asks_hr(on_him)) == ("decided", True)
    assert act(case, "decline_alert", HEAD).state == "declined"
    assert act(case, "withdraw_consent", PERSON).state == "consent_refused", "her own word arrives after the proof"


def test_inv_38_she_takes_it_back_before_its_day_and_hr_never_hears_of_it() -> None:
    back = act(held(**NEXT_WEEK), "withdraw_consent", PERSON)
    assert (back.state, asks_hr(back)) == ("consent_refused", False)
    running = {clock.key for clock in back.clocks.values() if clock.runs}
    assert running == {"im.decide", "report.update"}, "nobody is asked on that day"
    # Once HR was asked it is told at once.
    assert asks_hr(act(decided(), "withdraw_consent", PERSON))


def test_what_hr_was_asked_for_earlier_is_taken_back_there_when_the_next_decision_does_not_begin() -> None:
    failed = act(decided(), "record_failed", SYSTEM)
    again = act(failed, "decide_measure", HEAD, **LINE)
    assert (is_held(again), asks_hr(again)) == (True, False)
    case = act(again, "record_no_proof", SYSTEM)
    assert (asks_hr(case), effect_names(case, EffectKind.EMIT)) == (True, ["measure_restore"])
    assert act(case, "record_restored", SYSTEM).state == "not_begun"


def test_inv_38_what_hr_has_set_up_takes_effect_with_a_fresh_proof_alone() -> None:
    case = told_first()
    said = refused(case, "make_effective", SYSTEM)
    assert (said.code, said.rule) == ("CONSENT_NOT_PROVEN", "invariant 38")
    gone = act(case, "record_no_proof", SYSTEM)
    assert (gone.state, gone.facts["consent"]) == ("told_first", False)
    assert {*effect_names(gone, EffectKind.NOTIFY)} == {
        "interim_measure.not_in_effect", "interim_measure.consent_withdrawn",
    }  # fmt: skip
    assert refused(gone, "make_effective", SYSTEM, proof="a1b2").code == "CONSENT_MISSING"
    assert act(gone, "lift_measure", DIRECTOR).state == "lifting", "somebody sees to her safety first"


def test_inv_38_a_measure_that_leaves_her_work_as_it_is_needs_no_word_of_hers() -> None:
    case = act(consented(), "decide_measure", HEAD, **LINE, **ON_HIM)
    assert asks_hr(case)
    assert refused(case, "record_proof", SYSTEM).code == "NOTHING_TO_PROVE"
    assert refused(case, "record_no_proof", SYSTEM).code == "NOTHING_TO_PROVE"
    applied = act(case, "record_applied", SYSTEM)
    told = act(applied, "record_placed", SYSTEM, version=applied.version)
    assert act(told, "make_effective", SYSTEM).state == "effective"


def test_while_nobody_can_be_asked_those_who_decide_hear_of_it_and_hr_does_not() -> None:
    case = ring_until(held(), NOW + timedelta(days=3))
    assert (case.state, is_held(case)) == ("decided", True)
    assert "interim_measure.proof_waits" in effect_names(case, EffectKind.NOTIFY)
    told = {one for effect in case.effects if effect.kind is EffectKind.NOTIFY
            for one in recipients(case, effect, POLICY, NOW)}  # fmt: skip
    assert "S0009" not in told
    above = [effect for effect in case.effects if effect.facts.get("to") == "escalation"]
    assert [(effect.name, effect.facts["level"]) for effect in above] == [("interim_measure.proof_waits", 3)]
    assert heard_as(above[0], POLICY) in INDEPENDENT, "whoever decides is not left alone with it"


def test_a_decision_on_the_other_side_after_one_on_her_is_held_no_more() -> None:
    case = act(act(held(**NEXT_WEEK), "record_no_proof", SYSTEM), "decide_measure", HEAD, **LINE, **ON_HIM)
    assert "prove_consent" not in asked_for(ring_until(case, NOW + timedelta(days=8)))
    assert not is_held(effective())


def test_nobody_is_reminded_of_an_end_or_a_review_before_the_measure_has_begun() -> None:
    """HR has set it up days before it begins."""
    on_him = decided(**ON_HIM, from_at=at(7), review_at=at(9), until_at=at(20))
    for case in (on_him, act(on_him, "record_failed", SYSTEM)):
        rung = ring_until(act(case, "record_applied", SYSTEM), NOW + timedelta(days=20))
        reminded = {step.at for step in rung.steps if "remind" in str(step.facts.get("mark"))}
        assert NOW + timedelta(days=13) in reminded, "a week before its end"
        assert min(reminded) >= NOW + timedelta(days=7), case.state


def test_hr_has_its_time_from_the_day_on_which_a_measure_begins() -> None:
    case = decided(**ON_HIM, **NEXT_WEEK)
    assert case.clocks["im.apply"].due_at == POLICY.due("im.apply", NOW + timedelta(days=7))


def test_the_alarm_for_all_blocks_rings_earlier_without_pay_after_a_failure_too() -> None:
    failed = act(act(signed(), "decide_measure", HEAD, **WITHOUT_PAY), "record_failed", SYSTEM)
    applied = act(failed, "record_applied", SYSTEM)
    assert applied.clocks["im.cumulative_alarm"].due_at == NOW + timedelta(days=90)
