"""Protection from retaliation, by its table alone: how it ends, and what ends with it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle import engine
from services.ethics.domain.retaliation import LIFECYCLE
from services.ethics.domain.retaliation_parts import OPEN
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, refused, ring_until
from tests.unit.ethics.retaliation import OFFICER, TO_FINDING, TO_REVIEW, begun, monitored, walked


def test_inv_50_whoever_closes_writes_down_why_and_an_end_at_her_word_needs_a_safe_channel() -> None:
    later = NOW + timedelta(days=40)
    unfounded = ring_until(walked(begun(), *TO_REVIEW, ("find_no_prima_facie", OFFICER)), later)
    withdrawn = ring_until(act(act(begun(), "acknowledge", OFFICER), "withdraw", PERSON, stop_contact=False), later)
    for case, reason in ((unfounded, "no_prima_facie"), (withdrawn, "withdrawn")):
        answer = refused(case, "close_case", OFFICER, now=later, reason=reason, without="reasons")
        assert (answer.code, answer.params) == ("FIELD_MISSING", {"field": "reasons"})
    unsafe = refused(withdrawn, "close_case", OFFICER, now=later, reason="withdrawn", safe_channel_checked=False)
    assert (unsafe.code, unsafe.rule) == ("NOT_CONFIRMED", "invariant 16")


def test_monitoring_goes_on_to_its_end_unless_she_wishes_otherwise() -> None:
    case = monitored()
    assert refused(case, "close_case", OFFICER, reason="monitoring_done").code == "STILL_MONITORED"
    almost = NOW + timedelta(days=300)
    rung = ring_until(case, almost)
    assert refused(rung, "close_case", OFFICER, now=almost, reason="monitoring_done").code == "STILL_MONITORED"
    assert act(case, "close_case", OFFICER, reason="person_wished").state == "closed"
    later = NOW + timedelta(days=400)
    assert act(ring_until(case, later), "close_case", OFFICER, now=later, reason="monitoring_done").state == "closed"


def test_inv_53_nothing_is_erased_before_the_look_ahead_has_ended() -> None:
    short = replace(POLICY.deadlines["keep.investigated"], amount=1)
    policy = replace(POLICY, deadlines={**POLICY.deadlines, "keep.investigated": short})
    closed = act(monitored(), "close_case", OFFICER, reason="person_wished", policy=policy)
    due = engine.next_due(LIFECYCLE, closed, policy)
    assert due is not None
    assert (due.at, due.irreversible) == (policy.due("ret.lookahead", NOW), True)
    erased = engine.on_due(LIFECYCLE, closed, due, due.at, policy)
    assert (erased.state, effect_names(erased, "erase")) == ("erased", ["case"])


def test_inv_16_a_withdrawal_stops_contact_at_once_and_waits_with_everything_else() -> None:
    case = walked(begun(), *TO_FINDING)
    asked = act(case, "withdraw", PERSON, stop_contact=True)
    assert (asked.state, asked.facts["stop_contact"]) == ("prima_facie", True)
    assert refused(asked, "close_case", OFFICER, reason="withdrawn").code == "NOT_COOLED_OFF"
    assert refused(case, "close_case", OFFICER, reason="withdrawn").code == "NOT_WITHDRAWING"
    later = NOW + timedelta(days=7)
    cooled = ring_until(asked, later)
    answer = refused(cooled, "close_case", OFFICER, now=later, reason="withdrawn", safe_channel_checked=False)
    assert answer.code == "NOT_CONFIRMED"
    assert act(cooled, "close_case", OFFICER, now=later, reason="withdrawn").state == "closed"
    stayed = act(asked, "take_back_withdrawal", PERSON)
    assert not stayed.clocks["ret.withdrawal"].runs, "nobody asks her about it any more"
    assert refused(stayed, "close_case", OFFICER, now=later, reason="withdrawn").code == "NOT_WITHDRAWING"
    assert stayed.facts["stop_contact"] is False


def test_every_open_state_lets_her_withdraw_and_every_closing_starts_the_look_ahead() -> None:
    assert all((state, "withdraw") in LIFECYCLE.rule_of for state in OPEN)
    closing = [rule for rule in LIFECYCLE.rules if rule.to and LIFECYCLE.state_of[rule.to].closed]
    assert {rule.action for rule in closing} == {"close_case", "pass_on"}
    for rule in closing:
        assert "protection_closed" in [effect.name for effect in rule.effects]
        assert any(change.not_before == ("ret.lookahead",) for change in rule.clocks)


@pytest.mark.parametrize("answer", ["asked", "kept"])
def test_a_hold_at_hr_ends_with_its_case_when_nobody_could_end_it_any_more(answer: str) -> None:
    held = act(act(begun(), "acknowledge", OFFICER), "ask_hr_hold", OFFICER, contested="non_renewal")
    case = held if answer == "asked" else act(held, "record_hr_hold", SYSTEM, hr_hold=answer)
    later = NOW + timedelta(days=15)
    withdrawn = ring_until(act(case, "withdraw", PERSON, stop_contact=False), later)
    for over in (act(withdrawn, "close_case", OFFICER, now=later, reason="withdrawn"), act(case, "pass_on", OFFICER)):
        assert LIFECYCLE.is_closed(over)
        assert over.facts["hr_hold"] == "released"
        assert effect_names(over, "emit") == ["protection_closed", "hr_hold_released"]
    assert "hr_hold" not in act(act(begun(), "acknowledge", OFFICER), "pass_on", OFFICER).facts
