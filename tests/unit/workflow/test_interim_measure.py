"""An interim measure: who may take which part, what a decision needs, and what happens at its end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Actor, Case, Clock, Due, DueKind, EffectKind, Fact, Refused
from lifecycle.recipients import recipients
from policy.load import load
from policy.model import Role
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_conditions import terms_known
from services.workflow.domain.measure_parts import (
    NOT_OVER,
    explained_to_her,
    last_order,
    may_see,
    on_other_side,
    told_of_persons_at,
)
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, at, effect_names, refused, ring_until, staff
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
    proven,
    told_first,
)

LEAVE: dict[str, Fact] = {"type": "special_leave_full_pay", "entitlements_unaffected": True}


def asked() -> Case:
    return act(act(alerted(), "acknowledge_alert", HEAD), "ask_consent", SECOND_INVESTIGATOR)


def applied(**facts: Fact) -> Case:
    return act(decided(**facts), "record_applied", SYSTEM)


def passed_on() -> Case:
    return ring_until(effective(), NOW + timedelta(days=20))


# Who


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


# Alert and consent


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


# The decision


@pytest.mark.parametrize(
    "without", ["type", "purpose", "reasons", "least_burden", "persons", "from_at", "review_at", "until_at"]
)
def test_inv_35_a_decision_names_everything_it_has_to(without: str) -> None:
    answer = refused(consented(), "decide_measure", HEAD, **({} if without == "type" else LINE), without=without)
    assert (answer.code, dict(answer.params)) == ("FIELD_MISSING", {"field": without})


@pytest.mark.parametrize(
    ("facts", "code", "field"),
    [
        ({"until_at": at(0), "review_at": at(0), "from_at": at(0)}, "TIME_IN_THE_PAST", "until_at"),
        ({"from_at": at(-1)}, "TIME_IN_THE_PAST", "from_at"),
        ({"from_at": at(21)}, "TIMES_OUT_OF_ORDER", "until_at"),
        ({"review_at": at(0)}, "TIMES_OUT_OF_ORDER", "review_at"),
        ({"review_at": at(20.01)}, "TIMES_OUT_OF_ORDER", "until_at"),
        ({"until_at": at(90.01), "review_at": at(30)}, "PERIOD_TOO_LONG", "until_at"),
    ],
)
def test_inv_35_dates_that_make_no_sense_are_refused(facts: dict[str, Fact], code: str, field: str) -> None:
    answer = refused(consented(), "decide_measure", HEAD, **(LINE | facts))
    assert (answer.code, answer.params["field"]) == (code, field)


@pytest.mark.parametrize(
    "facts",
    [{"from_at": at(-0.003)}, {"review_at": at(20)}, {"until_at": at(90), "review_at": at(30)}],
    ids=["clocks differ", "last day", "block"],
)
def test_inv_35_dates_at_the_edge_are_taken(facts: dict[str, Fact]) -> None:
    assert decided(**facts).state == "decided"


def test_a_leave_may_not_take_as_long_as_a_line_change() -> None:
    facts: dict[str, Fact] = {"until_at": at(31), "review_at": at(14)}
    assert refused(consented(), "decide_measure", HEAD, **(LEAVE | facts)).params["deadline"] == "im.short_block"
    assert act(consented(), "decide_measure", HEAD, **(LINE | facts)).state == "decided"


def test_each_kind_is_reviewed_within_its_own_time() -> None:
    late: dict[str, Fact] = {"until_at": at(30), "review_at": at(14.01)}
    answer = refused(consented(), "decide_measure", HEAD, **(LEAVE | late))
    assert (answer.code, answer.params["deadline"]) == ("REVIEW_TOO_LATE", "im.review.special_leave_full_pay")
    assert decided(until_at=at(90), review_at=at(30)).state == "decided"
    assert (
        refused(consented(), "decide_measure", HEAD, **LINE, until_at=at(90), review_at=at(30.01)).rule == "policy 2.3"
    )


def test_a_decision_asks_hr_and_answers_the_alerters() -> None:
    case = act(consented(), "decide_measure", HEAD, **LINE, burden="alleged_offender")
    assert effect_names(case, EffectKind.EMIT) == ["measure_decided"]
    (answer,) = [effect for effect in case.effects if effect.kind is EffectKind.NOTIFY]
    assert recipients(case, answer, POLICY, NOW) == ("S0005", "S0003")
    assert case.clocks["im.decide"].met_at == NOW
    assert case.clocks["im.apply"].runs


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


# Effect


def test_a_decision_that_hr_could_not_apply_can_be_taken_anew() -> None:
    failed = act(decided(), "record_failed", SYSTEM)
    assert failed.state == "not_applied"
    assert recipients(failed, failed.effects[-1], POLICY, NOW) == ("S0009",)
    again = proven(act(failed, "decide_measure", HEAD, **LINE))
    assert again.state == "decided"
    assert last_order(again) == again.version > last_order(failed)


@pytest.mark.parametrize("leaves", ["ask_consent", "decline_alert"])
def test_leaving_what_hr_could_not_apply_withdraws_it_there(leaves: str) -> None:
    failed = act(decided(), "record_failed", SYSTEM)
    actor = SECOND_INVESTIGATOR if leaves == "ask_consent" else HEAD
    left = act(failed, leaves, actor)
    assert effect_names(left, EffectKind.EMIT) == ["measure_restore"]
    assert last_order(left) == left.version
    assert refused(left, "record_applied", SYSTEM).code == "ACTION_NOT_OPEN"
    assert act(left, "record_restored", SYSTEM).state == left.state


def test_what_hr_put_right_by_hand_after_a_failure_counts_as_applied() -> None:
    case = act(act(decided(), "record_failed", SYSTEM), "record_applied", SYSTEM)
    assert case.state == "applied"
    assert {clock.key for clock in case.clocks.values() if clock.runs} == {
        "im.end", "im.review", "im.cumulative_alarm", "consent.refresh", "report.update",
    }  # fmt: skip


def test_hr_that_does_not_answer_is_noticed() -> None:
    case = ring_until(decided(), NOW + timedelta(days=2))
    assert case.state == "decided"
    assert "interim_measure.stuck" in effect_names(case, EffectKind.NOTIFY)


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


# The end


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


@pytest.mark.parametrize(
    ("day", "open_"), [(5.99, False), (6, True), (19.99, True), (20, False)], ids=["early", "opens", "last", "over"]
)
def test_inv_37_an_extension_is_decided_within_fourteen_days_before_the_end(day: float, open_: bool) -> None:
    now = NOW + timedelta(days=day)
    facts: dict[str, Fact] = {"review_at": at(30), "until_at": at(50)}
    if open_:
        assert act(effective(), "extend_measure", DIRECTOR, now=now, **facts).clocks[
            "im.end"
        ].due_at == NOW + timedelta(50)
    else:
        answer = refused(effective(), "extend_measure", DIRECTOR, now=now, **facts)
        assert (answer.code, answer.rule) == ("OUTSIDE_THE_WINDOW", "invariant 37")


@pytest.mark.parametrize("without", ["reasons", "least_burden", "until_at", "review_at"])
def test_inv_37_an_extension_needs_new_reasons_and_dates(without: str) -> None:
    answer = refused(effective(), "extend_measure", DIRECTOR, now=NOW + timedelta(days=15), without=without)
    assert answer.params == {"field": without}


def test_inv_37_an_extension_ends_later_and_no_more_than_one_block_later() -> None:
    now = NOW + timedelta(days=15)
    sooner: dict[str, Fact] = {"review_at": at(16), "until_at": at(19)}
    assert refused(effective(), "extend_measure", DIRECTOR, now=now, **sooner).code == "END_NOT_LATER"
    far: dict[str, Fact] = {"review_at": at(30), "until_at": at(110.01)}
    assert refused(effective(), "extend_measure", DIRECTOR, now=now, **far).code == "PERIOD_TOO_LONG"


def extended(before: Case, **facts: Fact) -> Case:
    """HR has done it."""
    return act(act(before, "extend_measure", DIRECTOR, now=NOW + timedelta(days=15), **facts), "record_applied", SYSTEM)


def test_inv_43_the_other_side_is_told_of_an_extension_once_hr_has_done_it_and_her_inbox_shows_it() -> None:
    before = effective()
    case = extended(before)
    assert terms_known(case)["until_at"] == before.facts["until_at"] != case.facts["until_at"]
    early = refused(case, "record_placed", SYSTEM, version=case.version - 1)
    assert (early.code, early.rule) == ("NOT_IN_THE_INBOX_YET", "invariant 43")
    placed = act(case, "record_placed", SYSTEM, version=case.version)
    assert (placed.state, terms_known(placed)["until_at"]) == ("effective", case.facts["until_at"])
    assert named(placed) == ["interim_measure.other_side_told", "interim_measure.line_told"]
    assert refused(placed, "record_placed", SYSTEM, version=placed.version).code == "NOTHING_NEW_TO_TELL"


def test_nobody_is_told_anew_of_a_measure_that_stands_as_it_was() -> None:
    assert refused(effective(), "record_placed", SYSTEM, version=99).code == "NOTHING_NEW_TO_TELL"
    twice = act(effective(), "record_applied", SYSTEM)
    assert refused(twice, "record_placed", SYSTEM, version=99).code == "NOTHING_NEW_TO_TELL", "HR said so again"
    failed = act(effective(), "extend_measure", DIRECTOR, now=NOW + timedelta(days=15))
    assert refused(act(failed, "record_failed", SYSTEM), "record_placed", SYSTEM, version=99).rule == "invariant 43"


SHOWN: dict[str, Fact] = {"serious_misconduct": True, "hearing": "heard", "redeployment_considered": True}


def with_a_letter() -> Case:
    case = told_first(**SUSPENSION)
    return act(act(case, "ask_release", SYSTEM), "release_notice", OIO)


def test_where_there_was_a_letter_there_is_another_of_the_extension_and_oversight_is_asked_for_it() -> None:
    before = with_a_letter()
    assert refused(before, "release_notice", OIO).code == "NOTICE_NOT_HELD"
    case = extended(before, **SHOWN)
    assert refused(case, "release_notice", OIO).rule == "policy 2.13", "she is told first"
    placed = act(case, "record_placed", SYSTEM, version=case.version)
    assert (placed.state, "im.release" in running(placed)) == ("notified_of_measure", True)
    assert set(named(placed)) == {"interim_measure.notice_to_release"}
    again = act(placed, "release_notice", OIO)
    assert (again.state, "im.release" in running(again)) == ("notified_of_measure", False)
    assert "respondent" in named(again)
    assert refused(again, "release_notice", OIO).code == "NOTICE_NOT_HELD"


def test_who_does_not_write_herself_is_told_of_an_extension_by_somebody_outside_the_decision() -> None:
    case = extended(replace(effective(), facts={**effective().facts, "writer": "third_party"}))
    assert refused(case, "record_told", SECOND_INVESTIGATOR, told_her=False).rule == "invariant 43"
    told = act(case, "record_told", SECOND_INVESTIGATOR, told_her=True)
    assert terms_known(told)["until_at"] == case.facts["until_at"]
    assert "interim_measure.other_side_told" in named(told)


def test_oversight_is_asked_for_the_letter_on_each_change_too() -> None:
    varied = act(with_a_letter(), "vary_measure", DIRECTOR, **SHOWN)
    case = act(varied, "record_applied", SYSTEM)
    case = act(case, "record_placed", SYSTEM, version=case.version)
    asked = act(case, "ask_release", SYSTEM)
    assert set(named(asked)) == {"interim_measure.notice_to_release"}
    assert refused(asked, "ask_release", SYSTEM).rule == "lifecycle"


def named(case: Case) -> list[str]:
    """What follows from the last step."""
    return [effect.name for effect in case.effects]


def running(case: Case) -> set[str]:
    return {key for key, clock in case.clocks.items() if clock.runs}


def test_an_extended_measure_is_announced_again_before_its_new_end() -> None:
    now = NOW + timedelta(days=19)
    rung = ring_until(effective(), now)
    extended = act(rung, "extend_measure", DIRECTOR, now=now, review_at=at(30), until_at=at(50))
    ended = ring_until(extended, NOW + timedelta(days=49))
    marks = [step.facts["mark"] for step in ended.steps if step.facts.get("clock") == "im.end"]
    assert marks == ["im.remind.14", "im.remind.7", "im.remind.2"] * 2


def test_a_measure_that_runs_very_long_raises_an_alarm() -> None:
    case = ring_until(passed_on(), NOW + timedelta(days=180))
    assert "im.cumulative_alarm" in [step.facts.get("clock") for step in case.steps]


def test_a_review_sets_the_next_one() -> None:
    reviewed = act(effective(), "review_measure", DIRECTOR, now=NOW + timedelta(days=9))
    assert reviewed.clocks["im.review"].due_at == NOW + timedelta(days=39)
    assert reviewed.state == "effective"
    leave = replace(effective(), facts={**effective().facts, **LEAVE})
    assert act(leave, "review_measure", DIRECTOR).clocks["im.review"].due_at == NOW + timedelta(days=14)


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


def test_inv_43_nothing_is_over_for_him_from_what_hr_has_done_until_she_is_told_that_it_ends() -> None:
    varying, lifting = act(effective(), "vary_measure", DIRECTOR), act(effective(), "lift_measure", DIRECTOR)
    restored = act(lifting, "record_restored", SYSTEM)
    for case in (applied(), told_first(), effective(), with_a_letter(), varying, passed_on(), lifting, restored):
        assert case.state in NOT_OVER
    lifted = act(restored, "record_placed", SYSTEM, version=restored.version)
    for case in (decided(), lifted):
        assert case.state not in NOT_OVER


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
