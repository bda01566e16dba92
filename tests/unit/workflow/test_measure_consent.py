"""An interim measure over her own work rests on her yes: asked, given, taken back (invariants 15 and 38)."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import EffectKind
from lifecycle.recipients import recipients
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_parts import last_order
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, refused
from tests.unit.workflow.measures import (
    DIRECTOR,
    HEAD,
    LINE,
    SECOND_INVESTIGATOR,
    alerted,
    applied,
    asked,
    consented,
    decided,
    effective,
    told_first,
)


def test_consent_is_asked_only_after_the_other_person_could_have_moved() -> None:
    case = act(alerted(), "acknowledge_alert", HEAD)
    assert refused(case, "ask_consent", SECOND_INVESTIGATOR, alternative_offered=False).code == "NOT_CONFIRMED"
    refused(case, "ask_consent", SECOND_INVESTIGATOR, without="alternative_offered")


@pytest.mark.parametrize("action", ["acknowledged", "refused", "withdrawn", "asked again"])
def test_inv_38_nothing_is_decided_over_her_work_without_her_consent(action: str) -> None:
    case = {
        "acknowledged": act(alerted(), "acknowledge_alert", HEAD),
        "refused": act(asked(), "refuse_measure", PERSON),
        "withdrawn": act(consented(), "withdraw_consent", PERSON),
        "asked again": act(
            act(act(consented(), "withdraw_consent", PERSON), "ask_consent", SECOND_INVESTIGATOR),
            "refuse_measure",
            PERSON,
        ),
    }[action]
    answer = refused(case, "decide_measure", HEAD, **LINE)
    assert (answer.code, answer.rule) == ("CONSENT_MISSING", "invariant 38")
    assert refused(case, "decide_measure", HEAD, **LINE, without="burden").code == "CONSENT_MISSING"


def test_inv_38_a_yes_to_one_kind_of_measure_is_none_to_another() -> None:
    case = act(alerted(), "acknowledge_alert", HEAD)
    yes = act(
        act(case, "ask_consent", SECOND_INVESTIGATOR, asked_type="flexible_working"), "consent_to_measure", PERSON
    )
    assert refused(yes, "decide_measure", HEAD, **LINE).code == "CONSENT_MISSING"
    assert act(yes, "decide_measure", HEAD, type="flexible_working").state == "decided"


def test_inv_38_asking_again_takes_back_the_earlier_yes() -> None:
    failed = act(decided(), "record_failed", SYSTEM)
    again = act(act(failed, "ask_consent", SECOND_INVESTIGATOR), "refuse_measure", PERSON)
    assert again.facts["consent"] is False
    assert act(failed, "ask_consent", SECOND_INVESTIGATOR).facts["consent"] is False


def test_her_no_is_no_veto_over_a_measure_that_leaves_her_work_as_it_is() -> None:
    case = act(asked(), "refuse_measure", PERSON)
    assert act(case, "decide_measure", HEAD, **LINE, burden="alleged_offender").state == "decided"


def test_inv_38_an_earlier_decision_on_the_other_side_does_not_lend_its_freedom_to_a_later_one() -> None:
    case = act(asked(), "refuse_measure", PERSON)
    failed = act(act(case, "decide_measure", HEAD, **LINE, burden="alleged_offender"), "record_failed", SYSTEM)
    assert refused(failed, "decide_measure", HEAD, **LINE, without="burden").code == "CONSENT_MISSING"


def test_inv_15_consent_taken_back_during_a_measure_is_told_to_everybody_who_holds_it() -> None:
    case = act(effective(), "withdraw_consent", PERSON)
    assert (case.state, case.facts["consent"]) == ("effective", False)
    assert set(effect_names(case, EffectKind.NOTIFY)) == {"interim_measure.consent_withdrawn"}
    told = {one for effect in case.effects for one in recipients(case, effect, POLICY, NOW)}
    assert {"S0002", "S0004", "S0005", "S0003", "S0006"} <= told, "deciders, alerters and whoever asked her"
    answer = refused(case, "extend_measure", DIRECTOR, now=NOW + timedelta(days=15))
    assert answer.rule == "invariant 38"


def test_inv_38_consent_taken_back_before_hr_has_applied_it_undoes_the_decision() -> None:
    for case in (decided(), act(decided(), "record_failed", SYSTEM)):
        back = act(case, "withdraw_consent", PERSON)
        assert (back.state, back.facts["consent"]) == ("consent_refused", False)
        assert effect_names(back, EffectKind.EMIT) == ["measure_restore"]
        running = {clock.key for clock in back.clocks.values() if clock.runs}
        assert running == {"im.decide", "im.apply", "report.update"}, "and HR has its time to take it back"
        assert last_order(back) == back.version
        # HR was on its way: what it did is given back, and counts for nothing.
        assert refused(back, "record_applied", SYSTEM).code == "ACTION_NOT_OPEN"
        assert act(back, "record_restored", SYSTEM).state == "consent_refused"
        assert "interim_measure.stuck" in effect_names(act(back, "record_failed", SYSTEM), EffectKind.NOTIFY)
        assert refused(back, "decide_measure", HEAD, **LINE).code == "CONSENT_MISSING"


def test_inv_38_her_word_undoes_nothing_that_does_not_rest_on_it() -> None:
    others = act(consented(), "decide_measure", HEAD, **LINE, burden="alleged_offender")
    assert refused(others, "withdraw_consent", PERSON).rule == "invariant 38"
    assert "withdraw_consent" not in {
        offer.action for offer in engine.offers(LIFECYCLE, others, PERSON, NOW, POLICY) if offer.open
    }


def test_inv_38_what_was_applied_does_not_become_effective_once_she_has_taken_her_word_back() -> None:
    case = act(applied(), "withdraw_consent", PERSON)
    assert (case.state, effect_names(case, EffectKind.EMIT)) == ("applied", [])
    answer = refused(case, "record_placed", SYSTEM, version=case.version)
    assert (answer.code, answer.rule) == ("CONSENT_MISSING", "invariant 38")
    assert act(case, "lift_measure", DIRECTOR).state == "lifting"
    late = act(told_first(), "withdraw_consent", PERSON)
    assert refused(late, "make_effective", SYSTEM, proof="a1b2").code == "CONSENT_MISSING"
