"""A mediation is two people's own free choice, and nothing of the talk it came from is in it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lifecycle import engine
from lifecycle.changes import wording_key
from lifecycle.model import ActorKind, Case, EffectKind
from lifecycle.recipients import OTHER_SIDE, recipients
from lifecycle.table import FieldKind
from policy.model import Role
from services.ombuds.domain.mediation import LIFECYCLE, OPEN
from tests.lifecycles import NOW, PERSON, POLICY, SYSTEM, act, at, effect_names, opened, refused, ring_until, staff

MEDIATOR = staff("S0010", Role.OMBUDSPERSON)
EXTERNAL = staff("S0067", Role.EXTERNAL_OMBUDSPERSON)
PARTY = staff("part:17", Role.ALLEGED_OFFENDER)
STRANGER = staff("part:16", Role.ALLEGED_OFFENDER)


def invited() -> Case:
    case = act(opened("mediation"), "agree_to_mediation", PERSON)
    case = act(case, "invite_other_party", MEDIATOR)
    assert effect_names(case, EffectKind.EMIT) == ["let_in_other_party"]
    return act(case, "let_in_other_party", SYSTEM, part="part:17")


def both_agreed() -> Case:
    return act(invited(), "accept_invitation", PARTY)


def in_sessions() -> Case:
    return act(both_agreed(), "schedule_session", MEDIATOR)


def test_the_other_party_learns_nothing_before_she_has_said_yes() -> None:
    proposed = opened("mediation")
    assert (dict(proposed.assigned), proposed.effects) == ({}, ())
    assert refused(proposed, "invite_other_party", MEDIATOR).code == "ACTION_NOT_OPEN"
    declined = act(proposed, "decline_mediation", PERSON)
    assert (declined.state, dict(declined.assigned), declined.effects) == ("stopped", {}, ())


def test_her_yes_calls_for_a_mediator() -> None:
    agreed = act(opened("mediation"), "agree_to_mediation", PERSON)
    assert [(one.name, recipients(agreed, one, POLICY, NOW)) for one in agreed.effects] == [
        ("mediation.mediator_needed", ("S0010",))
    ]
    assert act(agreed, "invite_other_party", EXTERNAL).assigned == {Role.OMBUDSPERSON: "S0067"}


def test_her_yes_is_not_left_lying() -> None:
    agreed = act(opened("mediation"), "agree_to_mediation", PERSON)
    assert engine.next_date(LIFECYCLE, agreed) == POLICY.due("ombuds.first", NOW)
    late = ring_until(agreed, POLICY.due("ombuds.first", NOW))
    assert [(one.name, recipients(late, one, POLICY, NOW)) for one in late.effects] == [
        ("mediation.not_invited", ("S0010",)),
        ("mediation.not_invited", ("S0067",)),
    ]
    assert engine.next_due(LIFECYCLE, late, POLICY) is not None, "it rings again until somebody is invited"
    assert not invited().clocks["ombuds.first"].runs
    taken = act(agreed, "take_mediation", MEDIATOR)
    for stopped in (act(agreed, "revoke_consent", PERSON), act(taken, "stop_mediation", MEDIATOR)):
        assert engine.next_due(LIFECYCLE, stopped, POLICY) is None


def test_the_mediator_hears_the_answer_and_the_other_party_what_concerns_him() -> None:
    accepted = both_agreed()
    assert [(one.name, recipients(accepted, one, POLICY, NOW)) for one in accepted.effects] == [
        ("mediation.answered", ("S0010",))
    ]
    agreement = act(in_sessions(), "record_agreement", MEDIATOR)
    for case, wording in ((in_sessions(), "mediation.session_set"), (agreement, "mediation.terms")):
        assert [(one.name, one.facts["to"]) for one in case.effects] == [(wording, OTHER_SIDE)]
    assert engine.next_date(LIFECYCLE, invited()) == POLICY.due("mediation.consent", NOW)
    assert engine.next_date(LIFECYCLE, accepted) == POLICY.due("mediation.session", NOW)
    assert LIFECYCLE.tells == (Role.OMBUDSPERSON,), "she knows who mediates, and the other party is not named to her"


def test_nobody_but_this_mediator_and_this_party_acts_in_their_place() -> None:
    agreement = act(in_sessions(), "record_agreement", MEDIATOR)
    for case, action in (
        (both_agreed(), "schedule_session"),
        (both_agreed(), "stop_mediation"),
        (both_agreed(), "issue_letter"),
        (in_sessions(), "record_agreement"),
        (in_sessions(), "record_no_agreement"),
        (agreement, "follow_up"),
    ):
        assert refused(case, action, EXTERNAL).code == "NOT_ASSIGNED"
        assert act(case, action, MEDIATOR).version == case.version + 1
    for case, action in (
        (invited(), "accept_invitation"),
        (invited(), "decline_invitation"),
        (both_agreed(), "accept_invitation"),
        (both_agreed(), "leave_mediation"),
        (in_sessions(), "leave_mediation"),
    ):
        assert refused(case, action, STRANGER).code == "NOT_ASSIGNED"
        assert act(case, action, PARTY).version == case.version + 1


@pytest.mark.parametrize("reason", ["unsuitable", "unsafe", "no_answer"])
def test_the_mediator_stops_what_should_not_go_on(reason: str) -> None:
    agreed = act(opened("mediation"), "agree_to_mediation", PERSON)
    assert refused(agreed, "stop_mediation", MEDIATOR).code == "NOT_ASSIGNED", "nobody mediates yet"
    for case in (invited(), both_agreed(), in_sessions()):
        stopped = act(case, "stop_mediation", MEDIATOR, reason=reason)
        assert (stopped.state, stopped.assigned) == ("stopped", {Role.OMBUDSPERSON: "S0010"})
        assert engine.next_due(LIFECYCLE, stopped, POLICY) is None
    taken = act(opened("mediation"), "take_mediation", MEDIATOR)
    assert act(taken, "stop_mediation", MEDIATOR, reason=reason).state == "stopped"


def test_whoever_invites_mediates_and_the_other_party_is_told_that_he_is_asked() -> None:
    case = invited()
    assert case.assigned == {Role.OMBUDSPERSON: "S0010", Role.ALLEGED_OFFENDER: "part:17"}
    (notice,) = case.effects
    assert (notice.name, notice.facts["to"]) == ("mediation.invitation", OTHER_SIDE)
    assert refused(case, "accept_invitation", STRANGER).code == "NOT_ASSIGNED"
    assert refused(case, "stop_mediation", EXTERNAL).code == "NOT_ASSIGNED"


def test_inv_20_no_meeting_without_the_fresh_consent_of_both() -> None:
    assert refused(invited(), "schedule_session", MEDIATOR).code == "ACTION_NOT_OPEN"
    assert act(both_agreed(), "schedule_session", MEDIATOR).state == "in_sessions"
    much_later = NOW + timedelta(days=180)
    case = both_agreed()
    stale = refused(case, "schedule_session", MEDIATOR, now=much_later)
    assert (stale.code, stale.rule, stale.params["consent"]) == (
        "CONSENT_NOT_FRESH",
        "invariant 20",
        "agree_to_mediation",
    )
    almost = much_later - timedelta(microseconds=1)
    assert act(case, "schedule_session", MEDIATOR, now=almost, session_at=at(200)).state == "in_sessions"
    case = act(case, "agree_to_mediation", PERSON, now=much_later)
    still = refused(case, "schedule_session", MEDIATOR, now=much_later)
    assert still.params["consent"] == "accept_invitation"
    case = act(case, "accept_invitation", PARTY, now=much_later)
    assert (case.state, act(case, "schedule_session", MEDIATOR, now=much_later).state) == ("both_agreed", "in_sessions")


def test_inv_20_nobody_consents_for_anybody_else() -> None:
    hers = {rule.action: rule.by for rule in LIFECYCLE.rules if ActorKind.PERSON in rule.by}
    assert set(hers) == {"agree_to_mediation", "decline_mediation", "revoke_consent"}
    assert all(by == {ActorKind.PERSON} for by in hers.values())
    for actor in (MEDIATOR, PARTY, SYSTEM):
        assert refused(opened("mediation"), "agree_to_mediation", actor).code == "ROLE_NOT_ALLOWED"
    for actor in (MEDIATOR, PERSON, SYSTEM):
        assert refused(invited(), "accept_invitation", actor).code == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("case", "action", "actor"),
    [
        (invited, "decline_invitation", PARTY),
        (both_agreed, "leave_mediation", PARTY),
        (in_sessions, "leave_mediation", PARTY),
        (invited, "revoke_consent", PERSON),
        (both_agreed, "revoke_consent", PERSON),
        (in_sessions, "revoke_consent", PERSON),
    ],
    ids=lambda one: one if isinstance(one, str) else getattr(one, "__name__", str(getattr(one, "kind", ""))),
)
def test_inv_15_either_takes_the_consent_back_at_any_time_and_it_ends_for_both_alike(
    case: Any, action: str, actor: Any
) -> None:
    stopped = act(case(), action, actor)
    assert (stopped.state, stopped.assigned) == ("stopped", {Role.OMBUDSPERSON: "S0010"})
    assert [(e.name, recipients(stopped, e, POLICY, NOW)) for e in stopped.effects] == [("mediation.off", ("S0010",))]
    assert engine.next_due(LIFECYCLE, stopped, POLICY) is None
    assert refused(stopped, "schedule_session", MEDIATOR).code == "ACTION_NOT_OPEN"
    assert refused(stopped, "accept_invitation", PARTY).code == "ACTION_NOT_OPEN"


def test_inv_15_she_takes_it_back_before_anybody_was_invited() -> None:
    stopped = act(act(opened("mediation"), "agree_to_mediation", PERSON), "revoke_consent", PERSON)
    assert (stopped.state, dict(stopped.assigned)) == ("stopped", {})
    assert refused(stopped, "invite_other_party", MEDIATOR).code == "ACTION_NOT_OPEN"


def test_inv_20_a_yes_that_is_not_on_record_is_none() -> None:
    forgotten = replace(both_agreed(), steps=())
    assert refused(forgotten, "schedule_session", MEDIATOR).params == {"consent": "agree_to_mediation"}


def test_an_invitation_without_an_answer_is_no_yes_and_no_no() -> None:
    for rings, told in ((1, [("S0010",)]), (2, [("S0010",), ("S0067",)])):
        case = invited()
        for _ in range(rings):
            due = engine.next_due(LIFECYCLE, case, POLICY)
            assert due is not None
            case = engine.on_due(LIFECYCLE, case, due, due.at, POLICY)
        assert (case.state, {*effect_names(case, EffectKind.NOTIFY)}) == ("invited", {"mediation.no_answer"})
        assert [recipients(case, effect, POLICY, NOW) for effect in case.effects] == told


def test_a_session_that_is_never_set_goes_up_within_the_cell() -> None:
    case = ring_until(both_agreed(), NOW + timedelta(days=45))
    again = ring_until(case, NOW + timedelta(days=100))
    assert (case.state, again.state) == ("both_agreed", "both_agreed")
    assert sum(step.action == "ring" for step in again.steps) > sum(step.action == "ring" for step in case.steps)
    assert [recipients(case, effect, POLICY, NOW) for effect in case.effects] == [("S0010",), ("S0067",)]


def test_the_day_of_the_meeting_asks_what_came_of_it_and_silence_goes_up() -> None:
    case = in_sessions()
    meeting = NOW + timedelta(days=10)
    assert engine.next_date(LIFECYCLE, case) == meeting
    asked = ring_until(case, meeting)
    assert [(one.name, recipients(asked, one, POLICY, NOW)) for one in asked.effects] == [
        ("mediation.meeting_was_set", ("S0010",))
    ]
    late = ring_until(asked, POLICY.due("mediation.session", meeting))
    assert [recipients(late, effect, POLICY, NOW) for effect in late.effects] == [("S0010",), ("S0067",)]
    another = act(late, "schedule_session", MEDIATOR, session_at=at(90))
    assert effect_names(ring_until(another, NOW + timedelta(days=90)), EffectKind.NOTIFY) == [
        "mediation.meeting_was_set"
    ]
    for outcome in ("record_agreement", "record_no_agreement"):
        assert not act(asked, outcome, MEDIATOR).clocks["mediation.session"].runs


def test_a_session_is_set_for_a_time_to_come() -> None:
    past = refused(both_agreed(), "schedule_session", MEDIATOR, session_at=at(-1))
    assert (past.code, past.rule) == ("TIME_IN_THE_PAST", "policy 2.12")
    five = (NOW - timedelta(minutes=5)).isoformat()
    assert refused(both_agreed(), "schedule_session", MEDIATOR, session_at=five).code == "TIME_IN_THE_PAST"
    a_moment_ago = (NOW - timedelta(minutes=4)).isoformat()
    assert act(both_agreed(), "schedule_session", MEDIATOR, session_at=a_moment_ago).state == "in_sessions"
    for form in ("apart", "together", "remote"):
        assert act(in_sessions(), "schedule_session", MEDIATOR, form=form, session_at=at(0)).facts["form"] == form


def test_what_binds_the_organisation_needs_somebody_who_may_sign_for_it() -> None:
    without = refused(in_sessions(), "record_agreement", MEDIATOR, outcome="binding_agreement")
    assert (without.code, without.rule, dict(without.params)) == (
        "AUTHORITY_MISSING", "policy 2.12", {"field": "authority_reference"},
    )  # fmt: skip
    bound = act(
        in_sessions(), "record_agreement", MEDIATOR, outcome="binding_agreement", authority_reference="LEG-2026-7"
    )
    assert bound.facts["authority_reference"] == "LEG-2026-7"
    assert act(in_sessions(), "record_agreement", MEDIATOR, outcome="agreement").state == "agreement"
    much_later = NOW + timedelta(days=200)
    assert refused(in_sessions(), "record_agreement", MEDIATOR, now=much_later).code == "CONSENT_NOT_FRESH"


def test_the_only_words_are_those_that_both_agreed_to() -> None:
    texts = {
        (rule.action, field.name) for rule in LIFECYCLE.rules for field in rule.fields if field.kind is FieldKind.TEXT
    }
    assert texts == {("record_agreement", "terms"), ("invite_other_party", "other_party")}
    assert LIFECYCLE.opening.fields == (), "nothing of the talk comes with it"


def test_without_an_agreement_the_other_partys_access_ends_and_the_follow_up_comes() -> None:
    case = act(in_sessions(), "record_no_agreement", MEDIATOR)
    assert Role.ALLEGED_OFFENDER not in case.assigned
    case = act(case, "follow_up", MEDIATOR)
    assert engine.next_date(LIFECYCLE, case) == NOW + timedelta(days=30)
    assert act(act(in_sessions(), "record_agreement", MEDIATOR), "follow_up", MEDIATOR).state == "follow_up"
    asked = ring_until(case, NOW + timedelta(days=30))
    assert wording_key(LIFECYCLE, asked) == "mediation.how_is_it"
    assert engine.next_due(LIFECYCLE, asked, POLICY) is None
    assert engine.next_date(LIFECYCLE, asked) is None, "asked once, nothing is late"


AFTERWARDS = ("agreement", "no_agreement", "follow_up")


def afterwards() -> dict[str, Case]:
    agreement = act(in_sessions(), "record_agreement", MEDIATOR)
    without = act(in_sessions(), "record_no_agreement", MEDIATOR)
    return dict(zip(AFTERWARDS, (agreement, without, act(agreement, "follow_up", MEDIATOR)), strict=True))


@pytest.mark.parametrize("state", AFTERWARDS)
def test_inv_32_who_mediated_is_released_afterwards_too_and_who_takes_over_can_issue_the_letter(state: str) -> None:
    case = afterwards()[state]
    assert refused(case, "issue_letter", EXTERNAL).code == "NOT_ASSIGNED"
    left = act(case, "release_mediator", SYSTEM)
    assert (left.state, Role.OMBUDSPERSON in left.assigned) == (state, False)
    taken = act(left, "take_mediation", EXTERNAL)
    assert "letter_since" in act(taken, "issue_letter", EXTERNAL).facts
    assert refused(taken, "issue_letter", MEDIATOR).code == "NOT_ASSIGNED"


def test_inv_32_a_mediator_who_may_not_go_on_is_released_and_another_one_takes_over() -> None:
    left = act(in_sessions(), "release_mediator", SYSTEM)
    assert (left.state, left.assigned) == ("in_sessions", {Role.ALLEGED_OFFENDER: "part:17"})
    assert "mediation.mediator_needed" in effect_names(left, EffectKind.NOTIFY)
    assert refused(left, "schedule_session", MEDIATOR).code == "NOT_ASSIGNED"
    taken = act(left, "take_mediation", EXTERNAL)
    assert act(taken, "schedule_session", EXTERNAL).state == "in_sessions"


def test_inv_28_it_ends_with_the_talk_and_is_destroyed_the_same_day() -> None:
    assert {state for (state, action) in LIFECYCLE.rule_of if action == "end_with_talk"} == set(OPEN)
    assert set(OPEN) == {state.name for state in LIFECYCLE.states if not state.closed}
    ended = act(in_sessions(), "end_with_talk", SYSTEM)
    assert (ended.state, dict(ended.assigned)) == ("ended", {})
    assert [clock.key for clock in ended.clocks.values() if clock.runs] == ["ombuds.purge"]
    assert engine.next_date(LIFECYCLE, ended) == NOW + timedelta(days=30)
    warned = ring_until(ended, NOW + timedelta(days=23))
    assert wording_key(LIFECYCLE, warned) == "mediation.purge_soon"
    due = engine.next_due(LIFECYCLE, warned, POLICY)
    assert due is not None
    assert due.irreversible
    purged = ring_until(ended, NOW + timedelta(days=30))
    assert (purged.state, effect_names(purged, EffectKind.ERASE)) == ("purged", ["matter"])


def test_inv_27_nobody_outside_the_cell_but_the_two_parties_has_a_part_in_it() -> None:
    roles = frozenset[object]().union(*LIFECYCLE.by_action.values())
    assert roles & set(Role) == {Role.OMBUDSPERSON, Role.EXTERNAL_OMBUDSPERSON, Role.ALLEGED_OFFENDER}
    effects = [effect for rule in LIFECYCLE.rules for effect in rule.effects]
    assert {effect.kind for effect in effects} == {EffectKind.NOTIFY, EffectKind.EMIT}
    assert {effect.name for effect in effects if effect.kind is EffectKind.EMIT} == {
        "let_in_other_party",
    }


def test_a_letter_says_dates_alone() -> None:
    case = act(both_agreed(), "issue_letter", MEDIATOR, now=NOW + timedelta(days=3))
    new = case.facts.keys() - both_agreed().facts.keys()
    assert new == {"letter_since", "letter_until"}
