"""What has to hold after every step, whatever happened: the invariants of the policy that the pure core can break.

Each function looks at one `Change` and is named for its number (domain.md section 3). What is not here is kept by a
database, a door or a page, and has its tests there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lifecycle import engine
from lifecycle.clocks import waiting
from lifecycle.handover import STEPS
from lifecycle.model import FROZEN, STOP_CONTACT, ActorKind, Effect, EffectKind, Step
from lifecycle.recipients import APPOINTED, ASSIGNED, OTHER_SIDE
from lifecycle.replay import RING, again
from policy.model import BY_ASSIGNMENT, AtEnd, Role
from services.ethics.domain.retaliation_parts import ETHICS, REVIEWERS
from services.support.domain.referral_acts import CELL
from services.workflow.domain.measure_parts import RUNNING, WRITTEN_REASONS
from services.workflow.domain.retention import HOLD, WINDOWS
from tests.invariants.organisation import Change, Held, Organisation, runs
from tests.unit.lifecycle.test_tables import AFTER_CLOSING

INFORMAL = frozenset({"informal_resolution", "mediation", "supervisor_request"})
PURGED = frozenset({"purged", "erased"})
GOES_BY_ITSELF = {
    ("interim_measure", "im.end"): {"passed_on", "lifting"},
    ("emergency_separation", "emergency.separation"): {"lapsed"},
    ("retaliation", "ret.complete"): {"info_complete"},
}
"""Where time alone may move an open case: what ends protects nobody less, and nothing is held against anybody."""
TOUCHES_HER = frozenset({"ask_person", "ask_view", "disclose_to_person", "tell_person_of_demand"})
HIS_OWN = frozenset({"accept_invitation", "decline_invitation", "leave_mediation"})
PARTS = {
    "alert": {"alert"},
    "ask": {"ask_consent", "record_consent", "record_no_consent"},
    "decide": {"decide_measure", "sign_measure", "extend_measure", "vary_measure", "decline_alert"},
    "review": {"review_measure", "lift_measure"},
}
SAYS_YES = {"consent_to_measure", "record_consent", "renew_consent"}
SAYS_NO = {"ask_consent", "refuse_measure", "withdraw_consent", "record_withdrawal", "record_no_consent"}


def last(change: Change, *actions: str) -> Step | None:
    """The latest step of these in the case as it is after the change."""
    return next((step for step in reversed(change.after.steps) if step.action in actions), None)


def version(step: Step | None) -> int:
    return step.version if step else 0


def to_other_side(change: Change) -> list[Effect]:
    return [one for one in change.after.effects if one.facts.get("to") == OTHER_SIDE]


def told_roles(change: Change) -> set[Role]:
    named = (one.facts["role"] for one in change.after.effects if one.facts.get("to") in {APPOINTED, ASSIGNED})
    return {Role(str(role)) for role in named}


def at(change: Change, fact: str) -> datetime:
    return datetime.fromisoformat(str(change.after.facts[fact]))


# The engine.


def a_step_is_a_version_and_says_it_all(change: Change, step: Step) -> None:
    """One step, one version; played again it comes out alike, with the same news (invariant 54)."""
    case, lifecycle = change.after, change.held.lifecycle
    assert case.state in lifecycle.state_of
    assert step.version == case.version == change.before.version + 1 == len(case.steps)
    assert case.steps[:-1] == change.before.steps, "what was done stays on record"
    played = again(lifecycle, change.before, step, change.policy)
    assert played is not None
    assert played.effects == case.effects  # type: ignore[union-attr]
    steps = (*change.before.steps, step)
    # Which text was left out, and for whom somebody stood in, is not in the step.
    assert replace(played, steps=steps) == case  # type: ignore[type-var]


def clocks_are_sound(change: Change, step: Step) -> None:
    for key, clock in change.after.clocks.items():
        assert clock.started_at <= clock.due_at
        assert len(set(clock.rung)) == len(clock.rung), "nothing rings twice"
        cap = change.held.lifecycle.clock_of[key].pause_cap
        if clock.paused_at and clock.met_at is None and cap is not None and change.policy.is_set(cap):
            ends = [one.at for one in waiting(change.held.lifecycle, change.after, change.policy) if one.key == key]
            assert ends, f"{key} would stand still for ever"
            assert max(ends) <= change.policy.due(cap, clock.paused_at)
    if step.action == RING:
        clock = change.before.clocks[str(step.facts["clock"])]
        assert clock.met_at is None, "what was met in time does not ring"
        assert (clock.paused_at is None) == (step.facts["mark"] != "resumed"), "what stands still does not ring"


def an_open_case_goes_on(organisation: Organisation, held: Held) -> None:
    """There is a date by which something happens, or somebody who can do something; and her inbox shows the date."""
    case, policy = held.case, organisation.policy_of(held)
    due = engine.next_due(held.lifecycle, case, policy)
    assert due is None or due.at > organisation.now or held.erased
    seen = [one for key, one in case.clocks.items() if one.runs and held.lifecycle.clock_of[key].person_sees]
    shown = engine.next_date(held.lifecycle, case)
    assert shown == min((one.due_at for one in seen), default=None)
    if case.lifecycle == "formal_report" and held.is_open and case.facts.get("subfile") is not True:
        assert shown is not None, f"{case.state}: she is told no date"
    if held.is_open and due is None:
        assert any(
            offer.open
            for actor in organisation.who_might(held)
            for offer in engine.offers(held.lifecycle, case, actor, organisation.now, policy)
        ), f"{case.lifecycle} stands still in {case.state}"


def inv_32_nobody_in_conflict_has_a_part(organisation: Organisation, held: Held) -> None:
    for role, name in held.case.assigned.items() if held.is_open else ():
        assert role in BY_ASSIGNMENT or not organisation.in_conflict(held, name, role), f"{role}: {held.kept_out[name]}"


# Confidentiality.


def inv_01_the_other_side_hears_nothing_before_it_is_told(change: Change, step: Step) -> None:
    if not to_other_side(change):
        return
    match change.after.lifecycle:
        case "mediation":
            assert last(change, "let_in_other_party")
        case "respondent":
            assert last(change, "notify")
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
    if step.action in {"sign_second", "decide_national_referral"}:
        assert step.by not in {one.by for one in change.before.steps if one.action in {"report_to_leg", "recommend"}}
    if step.action == "sign_second":
        decided = last(change, "decide_discipline", "dismiss_summarily")
        assert decided
        assert decided.by != step.by
    if step.action == "end_separation":
        assert step.by not in {one.by for one in change.before.steps if one.action == "separate"}


def inv_34_a_report_is_passed_on_once(change: Change, step: Step) -> None:
    if step.action == "pass_on":
        assert change.is_closed
        assert sum(one.action == "pass_on" for one in change.after.steps) == 1


# Interim measures.


def inv_35_a_measure_is_complete_before_it_is_effective(change: Change, step: Step) -> None:
    if change.after.lifecycle != "interim_measure" or change.after.state not in RUNNING:
        return
    facts, measure = change.after.facts, change.policy.measures[str(change.after.facts["type"])]
    decided = last(change, "decide_measure", "vary_measure", "extend_measure")
    assert decided
    assert {"purpose", "burden", "from_at", "review_at", "until_at"} <= facts.keys()
    assert {"reasons", "least_burden"} <= change.held.texts[decided.version]
    assert at(change, "review_at") <= at(change, "until_at")
    assert decided.role in {*measure.deciders, Role.EXECUTIVE_HEAD, Role.OVERSIGHT_COMMITTEE}
    if WRITTEN_REASONS in measure.conditions_on_offender and facts["burden"] == "alleged_offender":
        assert last(change, "release_notice"), "he is told in a letter"


def inv_36_nothing_outlasts_its_end_in_silence(change: Change, step: Step) -> None:
    if change.after.lifecycle == "interim_measure" and step.facts.get("clock") == "im.end":
        lapses = change.policy.measures[str(change.after.facts["type"])].at_end is AtEnd.LAPSE
        if step.facts["mark"] == "due":
            assert change.after.state == ("lifting" if lapses else "passed_on")
            assert change.after.clocks["im.escalate" if not lapses else "im.apply"].runs
    if change.after.lifecycle == "interim_measure" and change.after.state in RUNNING:
        assert runs(change.after, "im.end"), "a measure in effect has an end that rings"


def inv_37_an_extension_is_a_new_decision_in_time(change: Change, step: Step) -> None:
    if step.action == "extend_measure":
        end = at(replace(change, after=change.before), "until_at")
        assert change.policy.opens("im.extend_window", end) <= change.now < end < at(change, "until_at")
        assert {"reasons", "least_burden"} <= change.held.texts[step.version]


def inv_38_what_burdens_her_rests_on_her_yes(change: Change, step: Step) -> None:
    case = change.after
    if case.lifecycle != "interim_measure" or case.facts.get("burden") != "affected_individual":
        return
    entered = case.state != change.before.state and case.state in {"decided", "applied", "told_first", *RUNNING}
    if entered:
        assert case.facts["consent"] is True
        assert version(last(change, *SAYS_YES)) > version(last(change, *SAYS_NO))


def inv_40_no_pay_is_withheld_on_one_signature(change: Change, step: Step) -> None:
    if step.action in {"decide_measure", "extend_measure", "vary_measure"}:
        if change.after.facts["type"] != "suspension_without_pay":
            return
        signed = last(change, "sign_measure")
        assert signed
        assert signed.by != step.by
        assert signed.facts["signed_until"] == change.after.facts["until_at"]
        assert step.facts["serious_misconduct"] is step.facts["restoration_of_pay"] is True
        assert "evidence_reference" in step.facts
        assert "exceptional_circumstances" in change.held.texts[step.version]


def inv_43_she_knows_first(change: Change, step: Step) -> None:
    if change.after.lifecycle == "interim_measure" and to_other_side(change):
        since = last(change, "record_applied", "record_restored")
        assert version(last(change, "record_placed", "record_told")) > version(since)
    if step.action == "lift_measure":
        assert step.facts["safety_check"] is True


def inv_44_no_measure_costs_her_pay(change: Change, step: Step) -> None:
    if step.action in {"decide_measure", "extend_measure", "vary_measure"}:
        measure = change.policy.measures[str(change.after.facts["type"])]
        assert change.after.facts["burden"] in measure.burdens
        assert change.after.facts["burden"] != "affected_individual" or measure.pay_percent == 100


# Retaliation and fairness.


def inv_45_when_she_came_to_us_never_changes(change: Change, step: Step) -> None:
    for fact in ("lodged_at", "received_at"):
        assert change.after.facts.get(fact) == change.after.steps[0].facts.get(fact)
    if change.after.facts.get("activity_on") != change.before.facts.get("activity_on"):
        assert step.action == "correct_activity"


def inv_47_the_burden_of_proof_is_never_turned(change: Change, step: Step) -> None:
    if step.action == "find_not_established" and change.before.facts["burden"] == "organisation":
        assert step.facts["ground"] == "same_action_shown"
        assert step.facts["standard_met"] == change.before.facts["standard"]


def inv_48_nobody_is_found_against_unheard(change: Change, step: Step) -> None:
    if step.action == "report_to_leg" and step.facts["finding"] == "substantiated":
        assert version(last(change, "record_response", "go_on_unheard")) > 0
        assert last(change, "notify_subject")
    if step.action in {"charge", "advise_managerial_action"} and change.after.lifecycle == "formal_report":
        assert last(change, "record_response", "go_on_unheard")
    if step.action == "tell_outcome":
        key = "charge.reply" if last(change, "charge") else "subject.response"
        clock = change.before.clocks[key]
        said = [one for one in change.after.steps if one.facts.get("letter_about") == "allegation"]
        asked = max(version(last(change, "charge")), version(said[-1] if said else None))
        answered = version(last(change, "reply_to_charge" if key == "charge.reply" else "respond")) > asked
        assert answered or clock.due_at <= change.now


def inv_50_every_closing_has_an_author_and_a_reason(change: Change, step: Step) -> None:
    if change.was_closed or not change.is_closed:
        return
    lapsed = GOES_BY_ITSELF.get((change.after.lifecycle, str(step.facts.get("clock"))), set())
    assert step.action != RING or change.after.state in lapsed
    # What a person closes has a reason; what another case closes has it there.
    assert step.by == ActorKind.SYSTEM or {"reason", "outcome"} & step.facts.keys()


def inv_52_time_decides_against_nobody(change: Change, step: Step) -> None:
    if step.action == RING:
        assert change.after.facts == change.before.facts
        assert change.after.assigned == change.before.assigned
        assert change.after.effects or step.facts["mark"] == "resumed", "somebody hears of it"
        if change.after.state != change.before.state:
            key = (change.after.lifecycle, str(step.facts["clock"]))
            assert change.after.state in (PURGED if change.was_closed else GOES_BY_ITSELF[key])


def inv_53_nothing_is_erased_that_could_serve(change: Change, step: Step) -> None:
    erases = any(one.kind is EffectKind.ERASE for one in change.after.effects)
    assert erases == (change.after.state in PURGED and change.before.state not in PURGED)
    # What is kept for the ombuds cell goes early, and a danger is no report; the rest of an allegation goes with it.
    if not erases or change.after.lifecycle in {"informal_resolution", "mediation", "danger_alert"}:
        return
    assert change.before.facts.get(FROZEN) is not True
    still = {HOLD, *WINDOWS} - {step.facts.get("clock")}
    assert not any(runs(change.before, key) for key in still)
    if step.action == RING:
        assert change.held.closed_at is not None
        assert change.now >= change.policy.due("ret.lookahead", change.held.closed_at)


def closed_is_closed(change: Change, step: Step) -> None:
    """Only clocks, and what holds up the erasure, follow a closing; nothing follows an erasure."""
    if change.is_closed:
        running = {key for key, one in change.after.clocks.items() if one.runs and not key.startswith("keep.")}
        assert {key for key in running if not change.held.lifecycle.clock_of[key].outlives} <= {"ombuds.purge"}
    if change.was_closed:
        assert change.before.state not in PURGED
        assert step.action in AFTER_CLOSING | STEPS | {RING}
        assert change.after.state == change.before.state or step.action == RING


AFTER_A_STEP: tuple[Callable[[Change, Step], None], ...] = tuple(
    found
    for name, found in list(globals().items())
    if name.startswith(("inv_", "a_step_", "clocks_are", "closed_is")) and "organisation" not in found.__annotations__
)


def check(organisation: Organisation) -> None:
    """Everything that has changed since this was last asked."""
    changed = {id(change.held): change.held for change in organisation.changes}
    for change in organisation.changes:
        for holds in AFTER_A_STEP:
            try:
                holds(change, change.after.steps[-1])
            except AssertionError as error:
                error.add_note(f"{change.after.lifecycle}: {change.before.state} -> {change.after.state}")
                for step in change.after.steps:
                    error.add_note(f"{step.version} {step.at:%d.%m.%y} {step.action} by {step.by}: {dict(step.facts)}")
                raise
    organisation.changes.clear()
    for held in changed.values():
        inv_32_nobody_in_conflict_has_a_part(organisation, held)
        an_open_case_goes_on(organisation, held)
