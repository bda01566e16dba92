"""What a step in a retaliation case has to satisfy beyond its fields, and what the pinned policy adds to it."""

from __future__ import annotations

from lifecycle.clocks import DUE
from lifecycle.fields import time_of
from lifecycle.model import Facts
from lifecycle.table import Guard, Situation
from policy.decisions import Burden
from policy.model import Policy, Role

FEAR, REQUEST, THIRD_PARTY = "fear", "request", "third_party"
ACTIVITIES = ("reported", "told_supervisor", "cooperated")
HOLDABLE = (
    "non_renewal",
    "early_termination",
    "dismissal",
    "suspension",
    "demotion",
    "non_selection",
    "transfer",
    "duties_removed",
    "pay_or_hours",
    "training_refused",
    "leave_refused",
    "travel_refused",
    "access_cut",
    "appraisal",
    "discipline",
    "medical_referral",
    "visa_or_permit",
)
"""Detrimental acts (policy 2.4) that HR takes or could leave undone."""
ACTS = (*HOLDABLE, "reference", "blacklisting", "ostracism", "threat", "other")
PREVENTION = ("remind_of_the_rules", "regular_check_in", "other_contact_person", "watch_closely", "interim_measure")
REMEDIES = ("rescind", "restore", "transfer_requester", "move_offender", "compensate", "refer_for_discipline")
INVESTIGATORS = (Role.INVESTIGATOR, Role.OUTSIDE_INVESTIGATOR)
SAME_ACTION = "same_action_shown"
GROUNDS = (SAME_ACTION, "no_act_found", "no_link_found")
MONITORING = ("ret.monitor", "ret.monitor.second", "ret.monitor.third", "ret.monitor.fourth", "ret.monitor.last")
REVIEW_WINDOW, COOLING_OFF = "ret.appeal", "ret.withdrawal"
POLICY = "policy 2.4"


def burden_of_proof(situation: Situation) -> Facts:
    """Fixed with the finding, by the tribunal of the policy that the case is pinned to."""
    tribunal = situation.policy.tribunal
    return {"burden": str(tribunal.burden), "standard": str(tribunal.standard)}


def time_limit(situation: Situation) -> Facts:
    """Whether she asked within `ret.window` of the last act she named: a flag; nothing follows from it by itself."""
    policy, case = situation.policy, situation.case
    named = next((one for one in ("last_act_on", "first_act_on") if case.facts.get(one)), None)
    if named is None:
        return {}
    if not policy.is_set("ret.window"):
        return {"time_limit": "unset"}
    ends = policy.due("ret.window", time_of(case.facts, named))
    told = [step.at for step in case.steps if step.action == "report_act"]
    asked = told[-1] if told else time_of(case.facts, "lodged_at")
    return {"time_limit": "passed" if asked > ends else "kept", "time_limit_at": ends.isoformat()}


def standards(policy: Policy) -> tuple[str, ...]:
    return (policy.tribunal.standard,)


def _turned(situation: Situation) -> Facts | None:
    """Once it is for the organisation to show that it would have acted the same anyway, nothing else ends the case
    against her, and no lower standard will do, whatever the case is migrated to. What a newer policy says counts where
    it is better for her.
    """
    facts, known = situation.facts, situation.case.facts
    if Burden.ORGANISATION not in {known.get("burden"), situation.policy.tribunal.burden}:
        return None
    if facts["ground"] != SAME_ACTION:
        return {"field": "ground", "needs": SAME_ACTION}
    fixed = str(known.get("standard", facts["standard_met"]))
    return None if facts["standard_met"] == fixed else {"field": "standard_met", "needs": fixed}


def _for_another(situation: Situation) -> Facts | None:
    return {"kind": THIRD_PARTY} if situation.case.facts["kind"] == THIRD_PARTY else None


def _not_agreed(situation: Situation) -> Facts | None:
    agreed = situation.case.facts.get("contact_agreed") is True
    return None if agreed or situation.facts["ground"] == "imminent_harm" else {"field": "ground"}


def _not_agreed_by_another(situation: Situation) -> Facts | None:
    return _not_agreed(situation) if _for_another(situation) else None


def _lasts(situation: Situation, key: str) -> bool:
    """Whether the clock has yet to ring; one that the policy leaves unset never began."""
    clock = situation.case.clocks.get(key)
    return clock is not None and clock.runs and DUE not in clock.rung and situation.now < clock.due_at


def _review_too_late(situation: Situation) -> Facts | None:
    if any(step.action == "ask_review" for step in situation.case.steps):
        return {"did": "ask_review"}
    unset = REVIEW_WINDOW not in situation.case.clocks
    return None if unset or _lasts(situation, REVIEW_WINDOW) else {"clock": REVIEW_WINDOW}


def _review_still_open(situation: Situation) -> Facts | None:
    return {"clock": REVIEW_WINDOW} if _lasts(situation, REVIEW_WINDOW) else None


def _not_withdrawing(situation: Situation) -> Facts | None:
    return None if situation.case.facts.get("withdrawing") is True else {"withdrawing": False}


def _withdrawing(situation: Situation) -> Facts | None:
    return {"withdrawing": True} if situation.case.facts.get("withdrawing") is True else None


def _not_cooled_off(situation: Situation) -> Facts | None:
    return {"clock": COOLING_OFF} if _lasts(situation, COOLING_OFF) else None


def _still_monitored(situation: Situation) -> Facts | None:
    lasts = situation.facts["reason"] == "monitoring_done" and _lasts(situation, MONITORING[-1])
    return {"clock": MONITORING[-1]} if lasts else None


def _tolling_not_asked(situation: Situation) -> Facts | None:
    asked = any(step.action == "ask_tolling" for step in situation.case.steps)
    return None if asked else {"needs": "ask_tolling"}


def _other_steps(situation: Situation) -> Facts | None:
    return None if situation.facts["message"] == situation.case.facts.get("message") else {"field": "message"}


def _not_investigating(situation: Situation) -> Facts | None:
    named = {situation.case.assigned.get(role) for role in INVESTIGATORS}
    return None if situation.actor.staff_id in named else {"role": INVESTIGATORS[0]}


def _moved_without_consent(situation: Situation) -> Facts | None:
    moved = situation.facts["remedy"] == "transfer_requester" and situation.facts.get("she_agrees") is not True
    return {"field": "she_agrees"} if moved else None


def _same_decider(situation: Situation) -> Facts | None:
    asked_before = situation.case.state == "declined"
    same = asked_before and situation.facts["decider"] == situation.case.facts.get("decider")
    return {"field": "decider"} if same else None


def _hold_stands(situation: Situation) -> Facts | None:
    return {"hr_hold": "stands"} if situation.case.facts.get("hr_hold") in {"asked", "kept"} else None


def hold_over(situation: Situation) -> Facts:
    """What a case that ends says of a hold at HR that stands."""
    return {"hr_hold": "released"} if _hold_stands(situation) else {}


def _no_hold(situation: Situation) -> Facts | None:
    return None if _hold_stands(situation) else {"hr_hold": "none"}


def _not_done_yet(situation: Situation) -> Facts | None:
    return {"field": "activity_on"} if time_of(situation.facts, "activity_on") > situation.now else None


BURDEN_HOLDS = Guard("BURDEN_NOT_MET", "invariant 47", _turned)
HERSELF = Guard("NOT_FOR_ANOTHER", POLICY, _for_another)
BY_AGREEMENT = Guard("NOT_AGREED", POLICY, _not_agreed)
BY_AGREEMENT_OF_ANOTHER = Guard("NOT_AGREED", POLICY, _not_agreed_by_another)
REVIEW_OPEN = Guard("REVIEW_TOO_LATE", POLICY, _review_too_late)
REVIEW_OVER = Guard("REVIEW_STILL_OPEN", "invariant 53", _review_still_open)
WITHDRAWING = Guard("NOT_WITHDRAWING", "invariant 16", _not_withdrawing)
NOT_WITHDRAWING = Guard("WITHDRAWING_ALREADY", "invariant 16", _withdrawing)
COOLED_OFF = Guard("NOT_COOLED_OFF", "invariant 16", _not_cooled_off)
MONITORED_TO_THE_END = Guard("STILL_MONITORED", POLICY, _still_monitored)
TOLLING_ASKED = Guard("TOLLING_NOT_ASKED", POLICY, _tolling_not_asked)
AS_PROPOSED = Guard("NOT_WHAT_WAS_PROPOSED", "invariant 15", _other_steps)
INVESTIGATES = Guard("NOT_ASSIGNED", "lifecycle", _not_investigating)
MOVED_BY_CONSENT = Guard("CONSENT_MISSING", "invariant 38", _moved_without_consent)
NEXT_DECIDER = Guard("DECLINED_BEFORE", POLICY, _same_decider)
NO_HOLD_YET = Guard("HOLD_STANDS", POLICY, _hold_stands)
HOLD_STANDS = Guard("NO_HOLD", POLICY, _no_hold)
DONE_ALREADY = Guard("TIME_IN_THE_FUTURE", "invariant 45", _not_done_yet)
