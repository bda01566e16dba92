"""An alert of danger: told at once to those who can act, with what is needed and without a report."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Case
from lifecycle.recipients import recipients
from policy.model import Role
from services.workflow.domain.danger_alert import LIFECYCLE
from tests.lifecycles import NOW, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

GUARD = staff("S0069", Role.SECURITY_OFFICER)
HEADS = ("S0003", "S0004", "S0017")


def raised() -> Case:
    return act(opened("danger_alert"), "record_danger", SYSTEM, needed="police")


def told(case: Case) -> list[tuple[str, ...]]:
    return [recipients(case, effect, POLICY, NOW) for effect in case.effects]


def test_security_and_the_heads_hear_of_it_once() -> None:
    assert told(raised()) == [("S0069",), HEADS]
    assert effect_names(raised(), "notify") == ["danger_alert.raised"] * 2
    assert refused(raised(), "record_danger", SYSTEM).params == {"did": "record_danger"}


@pytest.mark.parametrize("missing", ["danger", "needed"])
def test_it_says_what_the_danger_is_and_what_is_needed(missing: str) -> None:
    assert refused(opened("danger_alert"), "record_danger", SYSTEM, without=missing).params == {"field": missing}


@pytest.mark.parametrize("needed", ["security", "medical", "separation", "police"])
def test_what_can_be_needed(needed: str) -> None:
    assert act(opened("danger_alert"), "record_danger", SYSTEM, needed=needed).facts["needed"] == needed


@pytest.mark.parametrize(
    "role",
    [Role.SECURITY_OFFICER, Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR, Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE],
)
def test_whoever_can_act_takes_it_in_hand_and_ends_it(role: Role) -> None:
    taken = act(raised(), "take_in_hand", staff("S9000", role))
    assert (taken.state, taken.assigned) == ("in_hand", {Role.SECURITY_OFFICER: "S9000"})
    assert not taken.clocks["danger.answer"].runs
    assert act(taken, "take_in_hand", GUARD).assigned == {Role.SECURITY_OFFICER: "S0069"}, "and hands it on"
    assert act(taken, "close_alert", staff("S9000", role)).state == "closed"


@pytest.mark.parametrize("role", [Role.FOCAL_POINT, Role.OMBUDSPERSON, Role.HR_OFFICER, Role.INVESTIGATOR])
def test_nobody_else_has_a_part_in_it(role: Role) -> None:
    assert refused(raised(), "take_in_hand", staff("S9000", role)).code == "ROLE_NOT_ALLOWED"
    taken = act(raised(), "take_in_hand", GUARD)
    assert refused(taken, "close_alert", staff("S9000", role)).code == "ROLE_NOT_ALLOWED"


def test_it_is_taken_in_hand_before_it_is_closed_and_closed_with_a_reason() -> None:
    assert refused(raised(), "close_alert", GUARD).code == "ACTION_NOT_OPEN"
    taken = act(raised(), "take_in_hand", GUARD)
    for reason in ("safe_now", "separated", "with_authorities"):
        assert act(taken, "close_alert", GUARD, reason=reason).facts["reason"] == reason
    for missing in ("reason", "reasons"):
        assert refused(taken, "close_alert", GUARD, without=missing).params == {"field": missing}


def test_without_an_answer_it_goes_up_every_hour() -> None:
    late = ring_until(raised(), NOW + timedelta(hours=2))
    rings = [step.at for step in late.steps if step.action == "ring"]
    assert rings == [NOW + timedelta(hours=1), NOW + timedelta(hours=2)]
    first = ring_until(raised(), NOW + timedelta(hours=1))
    assert (effect_names(first, "notify"), told(first)) == (["danger_alert.late"], [HEADS])
    assert told(late) != told(first), "the second time further up"


def test_what_was_taken_in_hand_goes_up_until_somebody_says_that_it_is_over() -> None:
    taken = act(raised(), "take_in_hand", GUARD)
    late = ring_until(taken, NOW + timedelta(hours=24))
    assert (effect_names(late, "notify"), told(late)) == (["danger_alert.still_open"] * 2, [("S0069",), HEADS])
    assert told(ring_until(taken, NOW + timedelta(hours=48)))[1] != HEADS, "the second time further up"
    handed_on = act(taken, "take_in_hand", staff("S0003", Role.ADMINISTRATIVE_HEAD), now=NOW + timedelta(hours=20))
    assert handed_on.clocks["danger.close"].due_at == NOW + timedelta(hours=24), "and no later by handing it on"
    assert not act(late, "close_alert", GUARD).clocks["danger.close"].runs


def test_she_never_sees_it_and_it_is_gone_after_its_time() -> None:
    assert not any(state.person_sees for state in LIFECYCLE.states)
    closed = act(act(raised(), "take_in_hand", GUARD), "close_alert", GUARD)
    due = engine.next_due(LIFECYCLE, closed, POLICY)
    assert due is not None
    assert (due.key, due.at, due.irreversible) == ("keep.danger", POLICY.due("keep.danger", NOW), True)
    assert engine.on_due(LIFECYCLE, closed, due, due.at, POLICY).state == "erased"
