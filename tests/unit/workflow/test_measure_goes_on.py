"""A measure that somebody has to see to is not left lying: not where whoever alerted has left, where the other side is
cleared before its first day, nor where she takes her word back while it stands.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle.model import Actor, Case, EffectKind, Refused
from policy.model import Role
from services.workflow.domain.measure_parts import RESTORE, may_see
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, opened, refused, ring_until, staff
from tests.unit.workflow.measures import (
    DIRECTOR,
    EXECUTIVE,
    HEAD,
    LEGAL_AND_HEAD,
    LINE,
    OIO,
    ON_HIM,
    SECOND_INVESTIGATOR,
    SUSPENSION,
    WELFARE,
    acknowledged,
    alerted,
    consented,
    decided,
    effective,
    told_first,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Begun = Callable[[], Case]
NOT_APPOINTED = staff("S9999", Role.LEGAL_OFFICER)


def declined_to(alerter: Actor) -> Case:
    case = act(opened("interim_measure"), "alert", alerter)
    return act(act(case, "acknowledge_alert", HEAD), "decline_alert", HEAD)


def test_what_was_declined_goes_up_by_whoever_may_alert_also_when_the_alerter_has_left() -> None:
    case = declined_to(NOT_APPOINTED)
    up = act(case, "escalate_alert", SECOND_INVESTIGATOR)
    assert (up.state, Role.EXECUTIVE_HEAD in may_see(up)) == ("alerted", True)
    assert act(case, "accept_answer", SECOND_INVESTIGATOR).state == "ended", "nobody else is there to accept it"
    assert refused(declined_to(OIO), "accept_answer", SECOND_INVESTIGATOR).code == "NOT_AN_ALERTER"


def test_inv_33_who_takes_an_alert_up_decides_nothing_of_it() -> None:
    up = act(declined_to(OIO), "escalate_alert", LEGAL_AND_HEAD)
    assert refused(up, "acknowledge_alert", LEGAL_AND_HEAD).params == {"did": "escalate_alert"}
    assert refused(act(alerted(), "acknowledge_alert", HEAD), "decline_alert", LEGAL_AND_HEAD).code == "SAME_PERSON"


@pytest.mark.parametrize(("begun", "clock"), [(alerted(), "im.ack"), (alerted(), "im.decide")])
def test_what_becomes_red_is_due_no_later_than_it_was(begun: Case, clock: str) -> None:
    before = begun.clocks[clock]
    red = act(begun, "raise_urgency", OIO, now=before.due_at - HOUR)
    assert red.clocks[clock].due_at == before.due_at
    assert red.clocks[clock].deadline == f"{clock}.red", "and from then on by the hours of a red one"
    at_once = act(begun, "raise_urgency", OIO)
    assert at_once.clocks[clock].due_at == POLICY.due(f"{clock}.red", NOW) < before.due_at


def test_what_becomes_red_after_a_breach_stays_as_high_as_it_had_gone() -> None:
    twice = ring_until(acknowledged(), NOW + 9 * DAY)
    assert twice.clocks["im.decide"].rounds == 2
    red = act(twice, "raise_urgency", OIO, now=NOW + 9 * DAY)
    assert red.clocks["im.decide"].rounds == 2


# Cleared, or no longer needed, before its first day


def suspended() -> Case:
    return decided(**SUSPENSION)


def moved() -> Case:
    return decided(**LINE, **ON_HIM)


def failed(case: Case) -> Case:
    return act(case, "record_failed", SYSTEM)


@pytest.mark.parametrize("case", [suspended(), failed(suspended())], ids=["decided", "not_applied"])
def test_policy_2_13_who_is_cleared_before_it_begins_is_never_suspended(case: Case) -> None:
    after = act(case, "record_clearance", SYSTEM)
    assert after.state == "lifting"
    assert RESTORE in after.effects, "HR hears that it is not to begin"
    assert not {key for key in ("im.decide", "im.begin", "im.end") if key in after.clocks and after.clocks[key].runs}
    assert act(after, "record_restored", SYSTEM).state == "restored"


@pytest.mark.parametrize("case", [moved(), failed(moved())], ids=["decided", "not_applied"])
def test_what_keeps_him_away_from_her_is_asked_about_until_somebody_lifts_it(case: Case) -> None:
    asked = act(case, "ask_for_lifting", SYSTEM)
    assert asked.clocks["im.clear"].runs
    if case.state == "decided":
        lifted = act(asked, "lift_measure", DIRECTOR)
        assert (lifted.state, lifted.clocks["im.clear"].runs, RESTORE in lifted.effects) == ("lifting", False, True)
    else:
        assert not act(asked, "decline_alert", DIRECTOR).clocks["im.clear"].runs


def test_inv_33_who_decided_does_not_lift_it_and_what_rests_on_her_word_is_hers_till_its_day() -> None:
    assert refused(moved(), "lift_measure", HEAD).code == "SAME_PERSON"
    held = act(consented(), "decide_measure", HEAD, **LINE)
    assert refused(held, "lift_measure", DIRECTOR).code == "CONSENT_NOT_PROVEN"


def test_hr_answers_what_it_was_to_take_back_also_where_the_alert_has_gone_further_up() -> None:
    case = act(act(failed(moved()), "decline_alert", DIRECTOR), "escalate_alert", OIO)
    assert act(case, "record_restored", SYSTEM).state == "alerted"
    stuck = act(case, "record_failed", SYSTEM)
    assert [one.name for one in stuck.effects if one.kind is EffectKind.NOTIFY].count("interim_measure.stuck") == 3


# Her word, taken back while it stands


@pytest.mark.parametrize("begun", [effective, told_first])
def test_inv_38_what_she_takes_her_word_back_from_does_not_rest_until_somebody_sees_to_it(begun: Begun) -> None:
    case = act(begun(), "withdraw_consent", PERSON)
    clock = case.clocks["im.decide"]
    assert (clock.runs, clock.due_at) == (True, POLICY.due("im.decide", NOW))
    late = ring_until(case, NOW + 5 * DAY)
    assert late.clocks["im.decide"].rounds == 1
    assert Role.EXECUTIVE_HEAD in may_see(late), "one level up may see to it then"
    lifted = act(late, "lift_measure", EXECUTIVE, now=NOW + 6 * DAY)
    assert not lifted.clocks["im.decide"].runs
    again = act(case, "withdraw_consent", PERSON, now=NOW + DAY)
    assert again.clocks["im.decide"].due_at == clock.due_at, "said twice, it is no later"


@pytest.mark.parametrize(
    ("step", "by"), [("withdraw_consent", PERSON), ("record_failed", SYSTEM)], ids=["her_word", "not_possible"]
)
def test_inv_38_what_hr_was_asked_for_is_watched_until_it_is_undone(step: str, by: Actor) -> None:
    case = act(decided(**LINE), step, by)
    case = case if step == "withdraw_consent" else act(case, "decline_alert", DIRECTOR)
    undo = case.clocks["im.apply"]
    assert (undo.runs, undo.due_at) == (True, POLICY.due("im.apply", NOW))
    quiet = ring_until(replace(case, clocks={"im.apply": undo}), NOW + 2 * DAY)
    told = {str(one.facts["role"]) for one in quiet.effects if one.name == "interim_measure.stuck"}
    assert told == {"administrative_head", "hr_director", "hr_officer"}
    assert not act(case, "record_restored", SYSTEM).clocks["im.apply"].runs


@pytest.mark.parametrize("her_word", [False, True])
def test_an_answer_is_not_accepted_before_hr_has_taken_back_what_it_was_asked_for(her_word: bool) -> None:
    """Closed, nobody would hear of what HR has not undone."""
    before = act(decided(**LINE), "withdraw_consent", PERSON) if her_word else failed(moved())
    case = act(before, "decline_alert", DIRECTOR)
    answer = refused(case, "accept_answer", OIO)
    assert answer == Refused("NOT_UNDONE_YET", "policy 2.3", {"clock": "im.apply"})
    later = ring_until(case, NOW + 9 * DAY)
    assert refused(later, "accept_answer", OIO, now=NOW + 9 * DAY) == answer, "however long that takes"
    stuck = act(case, "record_failed", SYSTEM)
    assert refused(stuck, "accept_answer", OIO) == answer
    assert act(act(stuck, "record_restored", SYSTEM), "accept_answer", OIO).state == "ended"


def test_where_hr_was_asked_for_nothing_nothing_is_undone() -> None:
    held = act(consented(), "decide_measure", HEAD, **LINE)
    assert held.clocks["im.apply"].runs
    for case in (act(held, "withdraw_consent", PERSON), act(held, "record_no_proof", SYSTEM)):
        assert not case.clocks["im.apply"].runs


def test_it_rests_again_once_she_agrees_and_where_nothing_rests_on_her_nothing_is_asked() -> None:
    agreed = act(act(effective(), "withdraw_consent", PERSON), "renew_consent", PERSON)
    assert not agreed.clocks["im.decide"].runs
    on_him = act(effective(**ON_HIM), "withdraw_consent", PERSON)
    assert not on_him.clocks["im.decide"].runs


def test_no_proof_when_she_knows_of_it_is_asked_about_until_somebody_sees_to_it() -> None:
    case = act(told_first(), "record_no_proof", SYSTEM)
    clock = case.clocks["im.decide"]
    assert (clock.runs, clock.due_at) == (True, POLICY.due("im.decide", NOW))


def test_what_somebody_else_records_for_her_counts_the_same() -> None:
    case = replace(effective(), facts={**effective().facts, "writer": "witness"})
    taken_back = act(case, "record_withdrawal", WELFARE)
    assert taken_back.clocks["im.decide"].runs
    assert not act(taken_back, "record_consent", WELFARE).clocks["im.decide"].runs
