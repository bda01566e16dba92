"""The invariants of interim measures (35 to 44), as far as the pure core holds them: see `holding`."""

from __future__ import annotations

from dataclasses import replace

from lifecycle.model import Step
from policy.model import AtEnd, Role
from services.workflow.domain.measure_parts import RUNNING, WRITTEN_REASONS
from tests.invariants.matters import Change, at, last, runs, to_other_side, version

SAYS_YES = {"consent_to_measure", "record_consent", "renew_consent"}
SAYS_NO = {"ask_consent", "refuse_measure", "withdraw_consent", "record_withdrawal", "record_no_consent"}


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
