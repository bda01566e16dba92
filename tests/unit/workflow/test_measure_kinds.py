"""Each kind of interim measure: on whom it may be put, what has to be shown, what it does to pay and rights."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Actor, Case, EffectKind, Fact, Refused, Step
from lifecycle.recipients import recipients
from policy.model import Role, Side
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_conditions import KNOWN
from services.workflow.domain.measure_parts import explained_to_her, may_see, needs_release
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, at, attempt, effect_names, refused, ring_until, staff
from tests.unit.workflow.measures import (
    DIRECTOR,
    EXECUTIVE,
    HEAD,
    LINE,
    OIO,
    ON_HIM,
    SECOND_INVESTIGATOR,
    SUSPENSION,
    WITHOUT_PAY,
    acknowledged,
    consented,
    effective,
    signed,
    told_first,
)

EXTENDING = NOW + timedelta(days=15)
OTHER_KINDS = sorted(set(POLICY.measures) - {"reporting_line_change"})


def without_text(case: Case, name: str, actor: Actor, text: str, **facts: Fact) -> Refused:
    answer = attempt(LIFECYCLE, case, name, actor, without=text, **facts)
    assert isinstance(answer, Refused)
    return answer


def test_every_condition_of_the_policy_is_one_that_can_be_shown() -> None:
    asked = {name for one in POLICY.measures.values() for name in (*one.conditions, *one.conditions_on_offender)}
    assert asked <= KNOWN


def test_a_condition_that_nobody_can_show_keeps_a_measure_closed() -> None:
    line = replace(POLICY.measures["reporting_line_change"], conditions=("blue_moon",))
    policy = replace(POLICY, measures={**POLICY.measures, "reporting_line_change": line})
    answer = refused(consented(), "decide_measure", HEAD, policy=policy, **LINE)
    wanted = {"type": "reporting_line_change", "needs": "blue_moon"}
    assert (answer.code, answer.params) == ("CONDITION_NOT_SHOWN", wanted)


def test_what_an_earlier_decision_confirmed_or_covered_the_next_one_does_not_unless_it_says_so() -> None:
    apart: dict[str, Fact] = {**ON_HIM, "type": "physical_separation"}
    first = act(consented(), "decide_measure", HEAD, **apart, covers_housing=True, lighter_means_fail=True)
    again = act(act(first, "record_failed", SYSTEM), "decide_measure", HEAD, **apart)
    assert (first.facts["covers_housing"], first.facts["lighter_means_fail"]) == (True, True)
    assert (again.facts["covers_housing"], again.facts["lighter_means_fail"]) == (False, False)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("suspension_with_pay", SUSPENSION),
        ("suspension_without_pay", WITHOUT_PAY),
        ("alternative_duties", {"same_grade_no_loss": True}),
        ("special_leave_full_pay", {"entitlements_unaffected": True, "lighter_means_fail": True}),
    ],
)
def test_inv_39_40_44_without_any_one_of_its_conditions_a_measure_is_refused(kind: str, facts: dict[str, Fact]) -> None:
    case = signed() if kind == "suspension_without_pay" else consented()
    said: dict[str, Fact] = {**ON_HIM, **facts, "type": kind}
    assert act(case, "decide_measure", HEAD, **said).state == "decided"
    for left_out in set(facts) - {"type", "burden"}:
        answer = refused(case, "decide_measure", HEAD, **{k: v for k, v in said.items() if k != left_out})
        assert answer.code == "CONDITION_NOT_SHOWN", left_out
        assert answer.params["type"] == kind


def test_inv_40_gravity_alone_is_no_exceptional_circumstance() -> None:
    answer = without_text(signed(), "decide_measure", HEAD, "exceptional_circumstances", **WITHOUT_PAY)
    assert (answer.code, answer.rule) == ("CONDITION_NOT_SHOWN", "invariant 40")
    assert answer.params == {"type": "suspension_without_pay", "needs": "exceptional_circumstances"}


def test_inv_40_a_suspension_without_pay_needs_a_second_signature_for_these_very_terms() -> None:
    alone = refused(consented(), "decide_measure", HEAD, **WITHOUT_PAY)
    assert (alone.code, alone.rule, alone.params["needs"]) == (
        "CONDITION_NOT_SHOWN",
        "invariant 40",
        "second_signature",
    )
    for other in ({"until_at": at(21)}, {"evidence_reference": "E-18"}):
        assert refused(signed(), "decide_measure", HEAD, **(WITHOUT_PAY | other)).params["needs"] == "second_signature"
    assert act(signed(), "decide_measure", HEAD, **WITHOUT_PAY).state == "decided"


def test_inv_40_two_signatures_are_two_people() -> None:
    both = staff("S0001", Role.EXECUTIVE_HEAD, Role.ADMINISTRATIVE_HEAD)
    answer = refused(signed(), "decide_measure", both, **WITHOUT_PAY)
    assert (answer.code, answer.rule, answer.params) == ("SAME_PERSON", "invariant 40", {"did": "sign_measure"})


def test_inv_40_a_signature_is_spent_with_the_decision_it_was_given_for() -> None:
    failed = act(act(signed(), "decide_measure", HEAD, **WITHOUT_PAY), "record_failed", SYSTEM)
    assert refused(failed, "decide_measure", HEAD, **WITHOUT_PAY).params["needs"] == "second_signature"


@pytest.mark.parametrize("decision", ["decide_measure", "extend_measure", "vary_measure"])
def test_inv_40_whichever_decision_came_last_has_spent_it(decision: str) -> None:
    case = signed()
    spent = replace(case, steps=(*case.steps, Step(case.version + 1, decision, "S0004", None, NOW)))
    assert refused(spent, "decide_measure", HEAD, **WITHOUT_PAY).params["needs"] == "second_signature"


def test_inv_40_only_those_whom_the_policy_names_sign_second() -> None:
    answer = refused(consented(), "sign_measure", DIRECTOR)
    assert (answer.code, answer.params) == ("NOT_DELEGATED", {"type": "suspension_without_pay"})
    asked = act(consented(), "ask_signature", HEAD)
    told = {one for effect in asked.effects for one in recipients(asked, effect, POLICY, NOW)}
    assert told == {"S0001"}
    assert Role.EXECUTIVE_HEAD in may_see(asked)
    assert Role.EXECUTIVE_HEAD not in may_see(consented())


def test_inv_33_whoever_signed_neither_reviews_nor_lifts_and_whoever_alerted_does_not_sign() -> None:
    both = staff("S0001", Role.EXECUTIVE_HEAD, Role.ADMINISTRATIVE_HEAD)
    standing = act(told_first_of(act(signed(), "decide_measure", HEAD, **WITHOUT_PAY)), "release_notice", OIO)
    for action in ("review_measure", "lift_measure"):
        assert refused(standing, action, both).params == {"did": "sign_measure"}
    alerter = staff("S0003", Role.LEGAL_OFFICER, Role.EXECUTIVE_HEAD)
    assert refused(consented(), "sign_measure", alerter).rule == "invariant 33"


def told_first_of(case: Case) -> Case:
    case = act(case, "record_applied", SYSTEM)
    return act(case, "record_placed", SYSTEM, version=case.version)


@pytest.mark.parametrize("kind", sorted(POLICY.measures))
def test_inv_44_nothing_that_costs_pay_grade_or_rights_is_put_on_her(kind: str) -> None:
    measure = POLICY.measures[kind]
    costs = measure.pay_percent < 100 or set(measure.legal_effects.values()) != {"unchanged"}
    if costs or kind.startswith("suspension"):
        assert Side.AFFECTED_INDIVIDUAL not in measure.burdens
        answer = refused(
            consented(), "decide_measure", HEAD, **{**WITHOUT_PAY, "type": kind, "burden": "affected_individual"}
        )
        assert (answer.code, answer.rule) == ("NOT_ON_THIS_SIDE", "invariant 44")
    assert measure.legal_effects["contract"] == "unchanged", "no measure ends or shortens a contract"
    assert measure.burdens[0] is Side.ALLEGED_OFFENDER, "the burden falls first on the other side"


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_inv_35_hr_is_told_what_is_to_be_different(kind: str) -> None:
    answer = without_text(
        signed(), "decide_measure", HEAD, "arrangement", **{**WITHOUT_PAY, "type": kind, "burden": "alleged_offender"}
    )
    assert (answer.code, answer.rule, answer.params) == (
        "ARRANGEMENT_MISSING",
        "invariant 35",
        {"field": "arrangement"},
    )


def test_the_legal_effects_are_seen_before_anybody_signs_or_agrees() -> None:
    asked = act(act(consented(), "withdraw_consent", PERSON), "ask_consent", SECOND_INVESTIGATOR)
    assert refused(asked, "consent_to_measure", PERSON, effects_seen=False).code == "NOT_CONFIRMED"
    assert refused(consented(), "decide_measure", HEAD, **LINE, effects_seen=False).params == {"field": "effects_seen"}
    assert refused(consented(), "sign_measure", EXECUTIVE, effects_seen=False).code == "NOT_CONFIRMED"


def test_she_sees_to_what_she_is_asked_to_agree_and_of_the_other_sides_measure_the_dates_alone() -> None:
    case = act(acknowledged(), "ask_consent", SECOND_INVESTIGATOR, asked_type="flexible_working")
    told = explained_to_her(case, POLICY)
    assert (told["measure"], told["effect_on_pay"], told["effect_on_pension"]) == (
        "flexible_working",
        "unchanged",
        "unchanged",
    )
    hers = explained_to_her(effective(), POLICY)
    assert (hers["measure"], hers["until_at"]) == ("reporting_line_change", at(20))
    his = explained_to_her(told_first(**SUSPENSION), POLICY)
    assert his == {"from_at": at(0), "review_at": at(10), "until_at": at(20)}


# Notice


def test_inv_01_a_measure_that_needs_written_reasons_is_not_told_before_oversight_releases_the_letter() -> None:
    case = told_first(**SUSPENSION)
    assert needs_release(case, POLICY)
    assert refused(case, "make_effective", SYSTEM).code == "NOTICE_HELD"
    waits = act(case, "ask_release", SYSTEM)
    assert set(effect_names(waits, EffectKind.NOTIFY)) == {"interim_measure.notice_to_release"}
    assert not [one for one in (*case.effects, *waits.effects) if one.facts.get("to") == "other_side"]
    assert refused(waits, "ask_release", SYSTEM).code == "SAME_PERSON", "oversight is asked once"
    released = act(waits, "release_notice", OIO)
    assert released.state == "notified_of_measure"
    assert effect_names(released, EffectKind.OPEN) == ["respondent"]
    assert refused(effective(), "release_notice", OIO).code == "ACTION_NOT_OPEN"


def test_a_letter_that_oversight_forgets_is_escalated_and_still_not_sent() -> None:
    case = ring_until(act(told_first(**SUSPENSION), "ask_release", SYSTEM), NOW + timedelta(days=5))
    assert case.state == "told_first"
    assert "im.release" in [step.facts.get("clock") for step in case.steps]


def test_once_a_measure_is_lifted_nobody_waits_for_its_letter_or_for_her_consent_to_it() -> None:
    waits = act(told_first(**SUSPENSION), "ask_release", SYSTEM)
    for case in (act(waits, "lift_measure", DIRECTOR), act(effective(), "lift_measure", DIRECTOR)):
        running = {key for key, clock in case.clocks.items() if clock.runs}
        assert running == {"im.apply", "report.update"}, "HR gives back what it did"


def test_where_they_share_a_compound_the_other_side_hears_of_it_once_she_is_settled() -> None:
    case = told_first(**ON_HIM, type="physical_separation", covers_housing=True, covers_transport=True)
    assert refused(case, "make_effective", SYSTEM).code == "NOTICE_HELD"
    answer = refused(case, "release_notice", OIO)
    assert (answer.code, answer.params) == ("NOT_CONFIRMED", {"field": "she_is_settled"})
    assert act(case, "release_notice", OIO, she_is_settled=True).state == "notified_of_measure"


# Extension, variation, clearance


@pytest.mark.parametrize("left_out", ["serious_misconduct", "redeployment_considered"])
def test_inv_37_an_extension_shows_again_what_the_decision_showed(left_out: str) -> None:
    standing = act(told_first(**SUSPENSION), "release_notice", OIO)
    facts: dict[str, Fact] = {k: v for k, v in SUSPENSION.items() if k not in {"type", "burden"}}
    extended = act(standing, "extend_measure", DIRECTOR, now=EXTENDING, **facts)
    assert (extended.state, effect_names(extended, EffectKind.EMIT)) == ("notified_of_measure", ["measure_decided"])
    del facts[left_out]
    answer = refused(standing, "extend_measure", DIRECTOR, now=EXTENDING, **facts)
    assert answer.params["needs"] == left_out


def test_by_the_time_of_an_extension_the_hearing_has_taken_place() -> None:
    standing = act(told_first(**(SUSPENSION | {"hearing": "will_be_heard"})), "release_notice", OIO)
    facts: dict[str, Fact] = {"serious_misconduct": True, "redeployment_considered": True}
    late = refused(standing, "extend_measure", DIRECTOR, now=EXTENDING, **facts, hearing="will_be_heard")
    assert late.params["needs"] == "heard_or_to_be_heard"
    assert act(standing, "extend_measure", DIRECTOR, now=EXTENDING, **facts, hearing="heard").state


def test_hr_answers_an_extension_without_moving_the_measure() -> None:
    extended = act(effective(), "extend_measure", DIRECTOR, now=EXTENDING, review_at=at(30), until_at=at(50))
    assert extended.clocks["im.apply"].runs
    answered = act(extended, "record_applied", SYSTEM, now=EXTENDING)
    assert (answered.state, answered.clocks["im.apply"].met_at) == ("effective", EXTENDING)


def test_a_variation_prolongs_nothing_and_she_is_told_of_it_first_again() -> None:
    later: dict[str, Fact] = {"review_at": at(15), "until_at": at(25)}
    answer = refused(effective(), "vary_measure", DIRECTOR, **later)
    assert (answer.code, answer.rule) == ("END_LATER", "invariant 37")
    assert act(effective(), "vary_measure", DIRECTOR, review_at=at(10), until_at=at(20)).state == "varying"
    varied = act(effective(), "vary_measure", DIRECTOR, review_at=at(10), until_at=at(18))
    assert (varied.state, effect_names(varied, EffectKind.EMIT)) == ("varying", ["measure_decided"])
    assert varied.clocks["im.cumulative_alarm"] == effective().clocks["im.cumulative_alarm"]
    applied = act(varied, "record_applied", SYSTEM)
    assert (applied.state, applied.clocks["im.end"].due_at) == ("applied", NOW + timedelta(days=18))
    assert act(varied, "withdraw_consent", PERSON).state == "varying", "a running measure is not undone by itself"


def test_inv_36_after_the_end_passed_only_a_decision_prolongs_and_within_one_block() -> None:
    over = ring_until(effective(), NOW + timedelta(days=20))
    now = NOW + timedelta(days=25)
    assert over.state == "passed_on"
    far: dict[str, Fact] = {"review_at": at(30), "until_at": at(25 + 90.01)}
    assert refused(over, "vary_measure", DIRECTOR, now=now, **far).code == "PERIOD_TOO_LONG"
    again = act(over, "vary_measure", DIRECTOR, now=now, review_at=at(40), until_at=at(100))
    assert not again.clocks["im.escalate"].runs
    standing = act(again, "record_applied", SYSTEM, now=now)
    assert standing.clocks["im.end"].due_at == NOW + timedelta(days=100)


def test_the_alarm_for_all_blocks_together_rings_earlier_without_pay() -> None:
    assert effective().clocks["im.cumulative_alarm"].due_at == NOW + timedelta(days=180)
    case = act(act(signed(), "decide_measure", HEAD, **WITHOUT_PAY), "record_applied", SYSTEM)
    assert case.clocks["im.cumulative_alarm"].due_at == NOW + timedelta(days=90)


def test_whoever_is_cleared_gets_pay_and_rights_back_and_is_not_put_back_over_her() -> None:
    suspended = act(told_first(**SUSPENSION), "release_notice", OIO)
    given_back = act(suspended, "record_clearance", SYSTEM)
    assert (given_back.state, effect_names(given_back, EffectKind.EMIT)) == ("lifting", ["measure_restore"])
    separated = effective(**ON_HIM)
    assert refused(separated, "record_clearance", SYSTEM).rule == "invariant 36"
    asked = act(separated, "ask_for_lifting", SYSTEM)
    assert (asked.state, asked.clocks["im.clear"].runs) == ("effective", True)
    assert refused(effective(), "ask_for_lifting", SYSTEM).code == "NOT_ON_THIS_SIDE", "hers stays hers"
    rung = ring_until(asked, NOW + timedelta(days=2))
    assert "interim_measure.cleared" in effect_names(rung, EffectKind.NOTIFY)


def test_inv_41_hrs_codes_are_neutral() -> None:
    codes = {one.code for one in POLICY.measures.values()}
    assert codes == {"work_location", "duties", "schedule", "leave_full_pay", "reporting_line", "status"}
    records = {name for one in POLICY.measures.values() for name in one.hr_record}
    loaded = {"suspension", "sanction", "discipline", "misconduct", "offender", "investigation"}
    assert not [word for word in loaded for name in codes | records if word in name]
    assert POLICY.measures["suspension_with_pay"].code == POLICY.measures["suspension_without_pay"].code
