"""An informal talk belongs to the person and to the ombuds cell, and to nobody else."""

from datetime import timedelta

import pytest

from lifecycle import engine
from lifecycle.model import Case, EffectKind
from lifecycle.recipients import recipients
from policy.load import load
from policy.model import Role
from services.ombuds.domain.informal_resolution import LIFECYCLE
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, effect_names, opened, refused, ring_until, staff

LISTENER = staff("S0011", Role.FOCAL_POINT)
OTHER_LISTENER = staff("S0012", Role.FOCAL_POINT)
OMBUDSPERSON = staff("S0010", Role.OMBUDSPERSON)


def offered(focal_point: str = "S0011") -> Case:
    return act(opened("informal_resolution"), "offer_match", SYSTEM, focal_point=focal_point)


def talking() -> Case:
    return act(offered(), "accept_match", LISTENER)


def test_a_wish_to_talk_asks_for_a_focal_point() -> None:
    assert effect_names(opened("informal_resolution"), EffectKind.ERRAND) == ["match_focal_point"]


def test_the_offered_focal_point_alone_is_told_and_may_accept() -> None:
    case = offered()
    (notice,) = case.effects
    assert recipients(case, notice, POLICY, NOW) == ("S0011",)
    assert refused(case, "accept_match", OTHER_LISTENER).code == "NOT_ASSIGNED"
    assert act(case, "accept_match", LISTENER).state == "talking"


def test_declining_looks_for_another_one_and_never_asks_the_same_again() -> None:
    case = act(offered(), "decline_match", LISTENER)
    assert (case.state, dict(case.assigned)) == ("requested", {})
    assert effect_names(case, EffectKind.ERRAND) == ["match_focal_point"]
    assert refused(case, "offer_match", SYSTEM, focal_point="S0011").code == "DECLINED_BEFORE"
    assert act(case, "offer_match", SYSTEM, focal_point="S0012").assigned == {Role.FOCAL_POINT: "S0012"}


def test_only_somebody_appointed_to_listen_is_offered() -> None:
    answer = refused(opened("informal_resolution"), "offer_match", SYSTEM, focal_point="S0017")
    assert (answer.code, dict(answer.params)) == ("NOT_APPOINTED", {"field": "focal_point"})


def test_a_handover_ends_the_first_listeners_assignment_at_once() -> None:
    case = act(talking(), "offer_match", OMBUDSPERSON, focal_point="S0012")
    assert (case.state, dict(case.assigned)) == ("offered", {Role.FOCAL_POINT: "S0012"})
    assert case.clocks["rwfp.first"].runs
    refused(talking(), "offer_match", SYSTEM, focal_point="S0012")


def test_a_late_answer_is_escalated_to_the_ombudsperson_until_somebody_accepts() -> None:
    case = ring_until(offered(), NOW + timedelta(days=2))
    assert "informal_resolution.late" in effect_names(case, EffectKind.NOTIFY)
    assert recipients(case, case.effects[0], POLICY, NOW) == ("S0010",)
    later = ring_until(case, NOW + timedelta(days=10))
    assert sum(step.action == "ring" for step in later.steps) >= 3
    accepted = act(later, "accept_match", LISTENER, now=NOW + timedelta(days=10))
    assert engine.next_due(LIFECYCLE, accepted, POLICY) is None


@pytest.mark.parametrize("outcome", ["resolved", "not_resolved", "stopped"])
def test_inv_14_only_her_own_word_ends_a_talk(outcome: str) -> None:
    ends = {rule.action: rule.by for rule in LIFECYCLE.rules if rule.to == "ended"}
    assert ends == {"end_talk": frozenset({PERSON.kind})}
    assert act(talking(), "end_talk", PERSON, outcome=outcome).facts["outcome"] == outcome
    refused(talking(), "end_talk", LISTENER)


def test_inv_14_no_timer_moves_a_running_talk() -> None:
    for case in (opened("informal_resolution"), offered(), talking()):
        assert ring_until(case, NOW + timedelta(days=90)).state == case.state


def test_inv_27_nothing_of_a_talk_leaves_for_the_organisations_side() -> None:
    kinds = {effect.kind for effect in LIFECYCLE.opening.effects}
    kinds |= {effect.kind for rule in LIFECYCLE.rules for effect in rule.effects}
    kinds |= {effect.kind for clock in LIFECYCLE.clocks for outcome in clock.outcomes for effect in outcome.effects}
    assert kinds == {EffectKind.ERRAND, EffectKind.NOTIFY, EffectKind.ERASE}
    roles = frozenset[object]().union(*LIFECYCLE.by_action.values())
    assert roles & set(Role) == {Role.FOCAL_POINT, Role.OMBUDSPERSON}


@pytest.mark.parametrize(("pack", "wait"), [("iom-2024-03", timedelta(days=30)), ("rehearsal", timedelta(seconds=5))])
def test_inv_28_what_was_said_is_destroyed_after_the_end(pack: str, wait: timedelta) -> None:
    policy = load(pack)
    ended = act(talking(), "end_talk", PERSON, policy=policy, outcome="stopped")
    due = engine.next_due(LIFECYCLE, ended, policy)
    assert due is not None
    assert (due.key, due.at, due.irreversible) == ("ombuds.purge", NOW + wait, True)
    assert engine.next_date(LIFECYCLE, ended) == NOW + wait
    assert engine.on_due(LIFECYCLE, ended, due, NOW + wait - timedelta(microseconds=1), policy) is ended
    purged = engine.on_due(LIFECYCLE, ended, due, NOW + wait, policy)
    assert purged.state == "purged"
    assert effect_names(purged, EffectKind.ERASE) == ["matter"]
    assert engine.next_due(LIFECYCLE, purged, policy) is None


def test_ending_early_stops_the_search() -> None:
    ended = act(opened("informal_resolution"), "end_talk", PERSON, outcome="stopped")
    assert [clock.key for clock in ended.clocks.values() if clock.runs] == ["ombuds.purge"]
