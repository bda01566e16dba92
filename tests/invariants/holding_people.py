"""The invariants of who may know, choose and act (1 to 34), as far as the pure core holds them: see `holding`."""

from __future__ import annotations

from lifecycle.model import STOP_CONTACT, EffectKind, Step
from lifecycle.replay import RING
from policy.model import Role
from services.ethics.domain.retaliation_parts import ETHICS, REVIEWERS
from services.support.domain.referral_acts import CELL
from tests.invariants.matters import Change, last, to_other_side, told_roles, version

INFORMAL = frozenset({"informal_resolution", "mediation", "supervisor_request"})
PURGED = frozenset({"purged", "erased"})
TOUCHES_HER = frozenset({"ask_person", "ask_view", "disclose_to_person", "tell_person_of_demand"})
HIS_OWN = frozenset({"accept_invitation", "decline_invitation", "leave_mediation"})
PARTS = {
    "alert": {"alert"},
    "ask": {"ask_consent", "record_consent", "record_no_consent"},
    "decide": {"decide_measure", "sign_measure", "extend_measure", "vary_measure", "decline_alert"},
    "review": {"review_measure", "lift_measure"},
}


# Confidentiality.


def inv_01_the_other_side_hears_nothing_before_it_is_told(change: Change, step: Step) -> None:
    if not to_other_side(change):
        return
    match change.after.lifecycle:
        case "mediation":
            assert last(change, "let_in_other_party")
        case "respondent":
            assert last(change, "notify", "tell_of_measure")
        case "interim_measure":
            # What is over is told only to whoever knew; that is looked up where it is sent.
            over = all(one.name == "interim_measure.over" for one in to_other_side(change))
            assert over or last(change, "make_effective", "release_notice")
        case lifecycle:
            raise AssertionError(f"{lifecycle} writes to the other side")


def inv_04_her_name_goes_further_by_an_act_of_its_own(change: Change, step: Step) -> None:
    if step.action == "disclose_identity" and step.facts["notice"] == "given_before":
        earlier = [one for one in change.before.steps if one.action == "disclose_identity"]
        assert version(last(change, "announce_disclosure")) > version(earlier[-1] if earlier else None)
    elif step.action == "disclose_identity":
        assert "notice_reasons" in change.held.texts[step.version]


# Choice and consent.


def inv_14_an_informal_case_moves_by_her_word(change: Change, step: Step) -> None:
    if change.after.lifecycle not in INFORMAL or change.after.state == change.before.state:
        return
    assert step.action != RING or change.after.state in PURGED
    assert step.role is not Role.ALLEGED_OFFENDER or step.action in HIS_OWN


def inv_15_nothing_is_shared_after_a_revocation(change: Change, step: Step) -> None:
    if step.action == "record_referred" and change.after.lifecycle == "support_referral":
        given = last(change, "give_consent", "decide_for_child")
        approved = last(change, "approve_referral", "decide_for_child")
        revoked = last(change, "revoke_consent", "ask_for_changes")
        assert min(version(given), version(approved)) > 0
        assert version(approved) > version(revoked)
        fresh = last(change, "give_consent", "approve_referral", "decide_for_child", "renew_consent")
        assert fresh
        assert change.now < change.policy.due("consent.refresh", fresh.at)
    if step.action == "disclose_identity" and step.facts["legal_basis"] == "consent":
        agreed = last(change, "agree_to_naming")
        assert agreed
        assert agreed.facts["name_may_go_to"] == step.facts["recipient"]
        assert version(agreed) > version(last(change, "refuse_naming", "ask_naming_consent"))
    if step.action == "withdraw_identity_consent":
        assert change.after.facts["identity_consent"] == "not_given"


def inv_16_withdrawing_ends_contact_and_nothing_else(change: Change, step: Step) -> None:
    if step.action in {"withdraw", "stop_taking_part"}:
        assert change.after.state == change.before.state
        assert change.after.facts[STOP_CONTACT] == step.facts[STOP_CONTACT]
    if change.after.lifecycle == "formal_report" and step.action in TOUCHES_HER:
        assert change.before.facts.get(STOP_CONTACT) is not True
    if step.facts.get("reason") == "withdrawn" and step.action in {"close_no_action", "close_case"}:
        withdrew = last(change, "withdraw")
        assert withdrew
        wait = "withdraw.cooling" if change.after.lifecycle == "formal_report" else "ret.withdrawal"
        assert change.now >= change.policy.due(wait, withdrew.at), "the code may be in somebody else's hands"


def inv_20_nobody_is_brought_together_without_two_fresh_yeses(change: Change, step: Step) -> None:
    if step.action in {"schedule_session", "record_agreement"}:
        for yes in (last(change, "agree_to_mediation"), last(change, "accept_invitation")):
            assert yes
            assert change.now < change.policy.due("consent.refresh", yes.at)
    if step.action == "propose_mediation":
        assert {step.facts[name] for name in ("exploitation_or_abuse", "sexual_assault", "minor_involved")} == {"no"}


# Separation of functions.


def inv_29_the_ombuds_cell_tells_the_organisation_nothing(change: Change, step: Step) -> None:
    if change.after.lifecycle in {"informal_resolution", "mediation"}:
        out = {one.name for one in change.after.effects if one.kind in {EffectKind.EMIT, EffectKind.OPEN}}
        assert out <= {"danger_raised", "end_mediations", "keep_out_actor", "let_in_other_party", "mediation"}
        assert ("danger_raised" in out) == (step.action == "raise_imminent_harm")


def inv_30_support_stays_in_its_cell(change: Change, step: Step) -> None:
    if change.after.lifecycle == "support_referral":
        assert step.role is None or step.role in CELL
        assert told_roles(change) <= {*CELL, Role.PSEA_FOCAL_POINT}
        out = {one.name for one in change.after.effects if one.kind in {EffectKind.EMIT, EffectKind.OPEN}}
        assert out <= {"keep_out_actor", "support_referral"}


def inv_31_retaliation_is_the_ethics_offices_own(change: Change, step: Step) -> None:
    if change.after.lifecycle in {"retaliation", "query"}:
        outside = step.role not in {None, *ETHICS, *REVIEWERS}
        assert not outside or step.by in change.before.assigned.values() or step.action == "declare_conflict"
        asked = {"refer_to_oversight", "refer_outside", "submit_investigation"}
        assert Role.INVESTIGATOR not in told_roles(change) or step.action in asked


def inv_32_nobody_in_conflict_acts(change: Change, step: Step) -> None:
    assert change.actor is None or not change.actor.excluded
    if change.actor is None or change.actor.staff_id is None or step.by.startswith("part:"):
        return
    assert step.role is not None
    # Said by themselves: the step that says so is their last here.
    declared = any(one.by == step.by and one.action == "declare_conflict" for one in change.before.steps)
    assert not declared


def inv_33_alert_consent_decision_and_review_are_different_people(change: Change, step: Step) -> None:
    if change.after.lifecycle == "interim_measure":
        by = [{one.by for one in change.after.steps if one.action in actions} for actions in PARTS.values()]
        assert sum(map(len, by)) == len(set().union(*by))
    if step.action in {"sign_second", "decline_signature", "decide_national_referral"}:
        assert step.by not in {one.by for one in change.before.steps if one.action in {"report_to_leg", "recommend"}}
    if step.action in {"sign_second", "decline_signature"}:
        decided = last(change, "decide_discipline", "dismiss_summarily")
        assert decided
        assert decided.by != step.by
    if step.action == "end_separation":
        assert step.by not in {one.by for one in change.before.steps if one.action == "separate"}


def inv_34_a_report_is_passed_on_once(change: Change, step: Step) -> None:
    if step.action == "pass_on":
        assert change.is_closed
        assert sum(one.action == "pass_on" for one in change.after.steps) == 1
