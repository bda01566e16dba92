"""An interim measure: who may take which part, how an alert is answered, and who hears of what."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, Clock, Due, DueKind, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_parts import (
    explained_to_her,
    last_order,
    may_see,
    on_other_side,
    told_of_persons_at,
)
from tests.lifecycles import NOW, POLICY, SYSTEM, act, at, effect_names, refused, ring_until, staff
from tests.unit.workflow.measures import (
    DIRECTOR,
    HEAD,
    LEGAL_AND_HEAD,
    LINE,
    OIO,
    SECOND_INVESTIGATOR,
    SUSPENSION,
    alerted,
    consented,
    decided,
    effective,
    passed_on,
    proven,
    told_first,
)


@pytest.mark.parametrize("action", ["acknowledge_alert", "decide_measure", "decline_alert", "extend_measure"])
def test_inv_33_who_alerted_takes_no_part_in_the_decision(action: str) -> None:
    state = {"acknowledge_alert": alerted(), "extend_measure": effective()}.get(action, consented())
    answer = refused(state, action, LEGAL_AND_HEAD, now=NOW + timedelta(days=15) if action == "extend_measure" else NOW)
    assert (answer.code, answer.rule, dict(answer.params)) == ("SAME_PERSON", "invariant 33", {"did": "alert"})


@pytest.mark.parametrize("action", ["review_measure", "lift_measure"])
@pytest.mark.parametrize("actor", [LEGAL_AND_HEAD, HEAD], ids=["alerter", "decider"])
def test_inv_33_who_alerted_or_decided_neither_reviews_nor_lifts(action: str, actor: Actor) -> None:
    assert refused(effective(), action, actor).rule == "invariant 33"
    assert refused(passed_on(), "lift_measure", actor).rule == "invariant 33"
    assert act(effective(), action, DIRECTOR).steps[-1].by == "S0002"


def test_inv_33_who_reviewed_does_not_decide_the_extension() -> None:
    reviewed = act(effective(), "review_measure", DIRECTOR)
    assert refused(reviewed, "extend_measure", DIRECTOR, now=NOW + timedelta(days=15)).rule == "invariant 33"


def test_inv_33_who_extended_does_not_lift() -> None:
    later = NOW + timedelta(days=15)
    extended = act(effective(), "extend_measure", DIRECTOR, now=later)
    assert refused(extended, "lift_measure", DIRECTOR, now=later).params == {"did": "extend_measure"}


def test_inv_33_consent_is_asked_by_nobody_who_alerted_or_may_decide() -> None:
    case = act(alerted(), "acknowledge_alert", HEAD)
    assert refused(case, "ask_consent", OIO).params == {"did": "alert"}
    both = staff("S0099", Role.INVESTIGATOR, Role.ADMINISTRATIVE_HEAD)
    assert refused(case, "ask_consent", both).code == "ROLE_CONFLICT"
    assert refused(case, "ask_consent", HEAD).code == "ROLE_NOT_ALLOWED"


def test_inv_33_who_asked_for_consent_does_not_decide_or_alert_later() -> None:
    promoted = staff("S0006", Role.ADMINISTRATIVE_HEAD, Role.INVESTIGATOR)
    assert refused(consented(), "decide_measure", promoted, **LINE).params == {"did": "ask_consent"}
    assert refused(consented(), "alert", SECOND_INVESTIGATOR).rule == "invariant 33"


def test_inv_33_who_decided_once_cannot_become_the_alerter() -> None:
    failed = act(proven(act(consented(), "decide_measure", DIRECTOR, **LINE)), "record_failed", SYSTEM)
    assert refused(failed, "alert", staff("S0002", Role.HR_DIRECTOR, Role.LEGAL_OFFICER)).rule == "invariant 33"


def test_inv_32_an_excluded_administrative_head_can_do_nothing() -> None:
    excluded = staff("S0017", Role.ADMINISTRATIVE_HEAD, excluded=True)
    for case in (alerted(), consented(), effective(), passed_on()):
        assert not [offer for offer in engine.offers(LIFECYCLE, case, excluded, NOW, POLICY) if offer.open]
        for action in LIFECYCLE.by_action:
            assert refused(case, action, excluded).code == "ACTOR_EXCLUDED"


def test_a_second_office_joins_the_same_alert() -> None:
    assert [(step.by, step.role) for step in alerted().steps if step.action == "alert"] == [
        ("S0005", Role.INTAKE_OFFICER),
        ("S0003", Role.LEGAL_OFFICER),
    ]


def test_those_who_may_decide_are_told_and_the_service_leaves_out_the_excluded() -> None:
    routed = act(alerted(), "record_routed", SYSTEM)
    assert set(effect_names(routed, EffectKind.NOTIFY)) == {"interim_measure.to_consider"}
    told = {one for effect in routed.effects for one in recipients(routed, effect, POLICY, NOW)}
    assert told == {"S0002", "S0003", "S0004", "S0017"}


def declined() -> Case:
    return act(act(alerted(), "acknowledge_alert", HEAD), "decline_alert", HEAD, reason="lighter_means_found")


def test_declining_answers_the_alerters_who_take_it_up_or_let_it_be() -> None:
    case = declined()
    assert (case.state, case.facts["reason"]) == ("declined", "lighter_means_found")
    assert effect_names(case, EffectKind.NOTIFY) == ["interim_measure.answered"]
    assert refused(case, "accept_answer", SECOND_INVESTIGATOR).code == "NOT_AN_ALERTER"
    accepted = act(case, "accept_answer", OIO)
    assert (accepted.state, LIFECYCLE.is_closed(accepted)) == ("ended", True)
    assert [clock.key for clock in accepted.clocks.values() if clock.runs] == ["keep.hr_measure"]


def test_inv_50_an_answer_that_nobody_accepts_is_asked_about_and_closes_nothing() -> None:
    case = ring_until(declined(), NOW + timedelta(days=30))
    assert case.state == "declined"
    assert [step.facts["clock"] for step in case.steps if step.action == "ring"].count("im.answer") >= 3


def test_an_alert_that_was_declined_goes_one_level_up_and_not_back_to_who_declined() -> None:
    case = act(declined(), "escalate_alert", LEGAL_AND_HEAD)
    assert case.state == "alerted"
    told = {one for effect in case.effects if effect.kind == "notify" for one in recipients(case, effect, POLICY, NOW)}
    assert {"S0001", "S0002"} <= told
    assert {Role.EXECUTIVE_HEAD} <= may_see(case)
    assert Role.EXECUTIVE_HEAD not in may_see(declined())
    urgent = act(act(alerted(urgency="red"), "acknowledge_alert", HEAD), "decline_alert", HEAD)
    above = act(urgent, "escalate_alert", LEGAL_AND_HEAD)
    assert above.clocks["im.decide"].due_at == POLICY.due("im.decide.red", NOW), "as urgent as it was"
    executive = staff("S0001", Role.EXECUTIVE_HEAD)
    assert refused(alerted(), "acknowledge_alert", executive) == Refused("NOT_ESCALATED", "policy 2.3", {"level": 0})
    taken_up = act(case, "acknowledge_alert", executive)
    on_him: dict[str, Fact] = {**LINE, "burden": "alleged_offender"}
    assert refused(taken_up, "decide_measure", HEAD, **on_him).params == {"did": "decline_alert"}
    assert act(taken_up, "decide_measure", executive, **on_him).state == "decided"


def test_nobody_is_above_the_last_level() -> None:
    case = declined()
    for _ in range(2):
        case = act(act(case, "escalate_alert", OIO), "acknowledge_alert", DIRECTOR)
        case = act(case, "decline_alert", DIRECTOR)
    assert refused(case, "escalate_alert", OIO) == Refused("NOBODY_ABOVE", "policy 2.3", {"level": 2})


def test_an_unanswered_alert_is_escalated_without_end() -> None:
    case = ring_until(alerted(), NOW + timedelta(days=14))
    assert case.state == "alerted"
    assert [s.facts["clock"] for s in case.steps if s.action == "ring"] == [
        "im.ack",
        "im.decide",
        "im.decide",
        "im.decide",
    ]


def test_a_reminder_takes_nothing_a_level_up_and_leaves_what_hr_was_asked_for() -> None:
    case = effective()
    reminded = ring_until(case, case.clocks["im.review"].due_at - timedelta(seconds=1))
    marks = {step.facts["mark"] for step in reminded.steps if step.action == "ring"}
    assert marks & {"im.review.remind.3", "im.remind.14"}
    assert "due" not in marks
    assert may_see(reminded) == may_see(case), "nobody further up"
    assert last_order(reminded) == last_order(case), "what HR answers to it still counts"


@pytest.mark.parametrize("key", ["im.need", "im.ack", "im.decide", "im.apply", "im.review", "im.release"])
def test_she_hears_once_that_a_date_of_ours_was_missed(key: str) -> None:
    """Nothing where she follows no measure; whoever is above hears of each round."""
    said = []
    for rounds in (0, 1):
        case = replace(effective(), clocks={key: Clock(key, NOW, NOW, deadline=key, rounds=rounds)})
        late = engine.on_due(LIFECYCLE, case, Due(key, DueKind.DUE, NOW, "due"), NOW, POLICY)
        assert effect_names(late, EffectKind.NOTIFY)
        said.append("interim_measure.date_missed" in effect_names(late, EffectKind.NOTIFY))
    assert said == [True, False]


def test_whom_the_other_side_knows_it_to_be_about_changes_once_she_knows_and_it_is_in_effect() -> None:
    case, later = effective(), NOW + timedelta(hours=1)
    assert told_of_persons_at(told_first()) is None
    assert told_of_persons_at(case) == NOW
    for released in (
        act(told_first(), "make_effective", SYSTEM, now=later, proof="a1b2"),
        act(told_first(**SUSPENSION), "release_notice", OIO, now=later),
    ):
        assert told_of_persons_at(released) == NOW, "as it was decided, not when he heard"
    varying = act(case, "vary_measure", DIRECTOR, now=later, review_at=at(10), until_at=at(18))
    assert told_of_persons_at(varying) == NOW
    applied = act(varying, "record_applied", SYSTEM, now=later)
    shown = act(applied, "record_placed", SYSTEM, now=later, version=applied.version)
    assert told_of_persons_at(act(shown, "make_effective", SYSTEM, now=later, proof="a1b2")) == later


def test_each_date_that_nobody_kept_lets_one_more_office_see_and_decide_it() -> None:
    case = alerted()
    assert may_see(case).isdisjoint({Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE})
    acknowledged_late = ring_until(case, case.clocks["im.ack"].due_at)
    assert may_see(acknowledged_late) == may_see(case), "that it was read late takes it nowhere"
    late = ring_until(case, case.clocks["im.decide"].due_at)
    assert Role.EXECUTIVE_HEAD in may_see(late)
    assert Role.OVERSIGHT_COMMITTEE not in may_see(late)
    next_up = ((effective(), "im.review", Role.EXECUTIVE_HEAD), (passed_on(), "im.escalate", Role.OVERSIGHT_COMMITTEE))
    for stands, key, role in next_up:
        alone = replace(stands, clocks={key: stands.clocks[key]})
        assert may_see(ring_until(alone, alone.clocks[key].due_at)) - may_see(stands) == {role}, key


def test_a_measure_is_over_his_work_where_the_decision_says_so_alone() -> None:
    assert on_other_side(decided(burden="alleged_offender").facts)
    for facts in (decided().facts, alerted().facts):
        assert not on_other_side(facts)


def test_what_a_measure_is_she_hears_and_dates_only_once_there_is_one() -> None:
    asked_for = replace(alerted(), facts={"writer": "affected", "from_at": at(1), "until_at": at(9)})
    assert explained_to_her(asked_for, POLICY) == {"measure": "any"}
    telework = replace(asked_for, facts={**asked_for.facts, "asked_type": "flexible_working"})
    told = explained_to_her(telework, POLICY)
    assert told["measure"] == "flexible_working"
    assert "from_at" not in told
    on_him = replace(asked_for, facts={**asked_for.facts, "type": "flexible_working", "burden": "alleged_offender"})
    assert explained_to_her(on_him, POLICY) == {"from_at": at(1), "until_at": at(9)}
    assert LIFECYCLE.explains is not None
    assert LIFECYCLE.explains(telework, POLICY) == told, "beside the measure in her inbox"
