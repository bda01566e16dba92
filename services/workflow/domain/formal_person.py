"""What is the person's in a formal report, at any time: to say who she is in it, to stop taking part, and that nobody
hands out what she wrote (invariants 4, 16).
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, staff, text
from lifecycle.guards import is_appointed
from lifecycle.model import STOP_CONTACT, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, assigned, her_inbox
from lifecycle.retention import HOLD_FIELDS, OWNERS, SET_HOLD, hold_checks, reviewer_rules
from lifecycle.table import ClockRule, Guard, Outcome, Rule, Situation
from policy.model import Role
from services.workflow.domain import formal_referral
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_parts import SAME_LEGAL
from services.workflow.domain.formal_rules import CLOSED, INVESTIGATE, LEGAL, OPEN, OVERSIGHT, PERSON

WRITERS = ("affected", "witness", "third_party")
WRITER_SAID = Effect(EffectKind.EMIT, "writer_said")
"""A measure that was asked for before is told."""


def _writer_known(situation: Situation) -> Facts | None:
    """What comes of a report of exploitation or abuse has it there (policy 2.7)."""
    facts = situation.case.facts
    known = facts.get("writer") or facts.get(formal_referral.CONSENT) == formal_referral.MANDATORY
    return {"has": "writer"} if known else None


RULES = (
    # Asked at the beginning and never required (invariant 17): without it she is not asked in her inbox before anything
    # changes for her, for somebody else may have written.
    Rule(
        action="say_who_writes",
        states=OPEN,
        by=PERSON,
        fields=(choice("writer", *WRITERS),),
        guards=(rules.MAIN_FILE, rules.NOT_GONE, Guard("WRITER_KNOWN", "invariant 17", _writer_known)),
        effects=(WRITER_SAID,),
    ),
    # Contact ends at once. Whether she herself has withdrawn is looked at once a while has passed: the code alone may
    # be in somebody else's hands. Whether the matter goes on is the office's decision (invariant 16).
    Rule(
        action="withdraw",
        states=OPEN,
        by=PERSON,
        fields=(flag(STOP_CONTACT),),
        guards=(rules.MAIN_FILE, rules.NOT_GONE),
        sets={"withdrawn": True, "withdrawal_checked": False},
        clocks=(start("withdraw.cooling"),),
        effects=(appointed("formal_report.withdrawn", Role.INTAKE_OFFICER),),
    ),
    # Also of what is closed: else nobody could ever write to her of what else there is of her report.
    Rule(
        action="take_back_withdrawal",
        states=(*OPEN, *CLOSED[:-1]),
        by=PERSON,
        guards=(rules.holds("withdrawn", "NOT_WITHDRAWN", "invariant 16"), rules.NOT_GONE),
        sets={"withdrawn": False, "withdrawal_checked": False, STOP_CONTACT: False},
        clocks=(meet("withdraw.cooling"),),
        effects=(
            appointed("formal_report.withdrawal_taken_back", Role.INTAKE_OFFICER),
            rules.CONTACT_WANTED_AGAIN,
        ),
    ),
    rules.notes_contact((*OPEN, *CLOSED[:-1]), rules.NOT_GONE),
    Rule(
        action="check_withdrawal",
        states=OPEN,
        by=OVERSIGHT,
        fields=(choice("checked_by", "safe_channel", "no_other_channel"),),
        guards=(
            rules.holds("withdrawn", "NOT_WITHDRAWN", "invariant 16"),
            rules.has_rung("withdraw.cooling", "invariant 16"),
        ),
        sets={"withdrawal_checked": True},
    ),
    # She is told that it goes on, and why; nobody asks her to take part, and none of it counts against her.
    Rule(
        action="go_on_without_person",
        states=OPEN,
        by=INVESTIGATE,
        fields=(choice("goes_on_for", "gravity", "others_at_risk", "child_or_sea", "pattern"), text("reasons")),
        guards=(rules.holds("withdrawn", "NOT_WITHDRAWN", "invariant 16"),),
        effects=(her_inbox("formal_report.goes_on_without_you"),),
    ),
    # Messages stop, everything is kept, and nobody gets anything by her code; the office decides how it goes on.
    Rule(
        action="record_person_gone",
        states=OPEN,
        by=OVERSIGHT,
        fields=(choice("circumstance", "died", "incapacitated"), *HOLD_FIELDS),
        checks=hold_checks(*OWNERS),
        sets={rules.GONE: True, STOP_CONTACT: True},
        clocks=(SET_HOLD,),
        effects=(appointed("formal_report.person_gone", Role.INVESTIGATOR),),
    ),
    Rule(
        action="record_person_back",
        states=OPEN,
        by=OVERSIGHT,
        fields=(text("reasons"),),
        guards=(rules.holds(rules.GONE, "NOT_GONE", rules.POLICY),),
        sets={rules.GONE: False, STOP_CONTACT: False},
    ),
    # Police, a court, anybody outside: no desk hands out a file. Legal affairs alone answer, with immunity noted.
    Rule(
        action="record_outside_demand",
        states=OPEN,
        by=OVERSIGHT,
        fields=(choice("demanded_by", "police", "court", "government", "other"), staff("legal_officer")),
        checks=(is_appointed("legal_officer", Role.LEGAL_OFFICER), SAME_LEGAL),
        assigns={Role.LEGAL_OFFICER: "legal_officer"},
        sets={"demand_open": True},
        effects=(assigned("formal_report.demand_to_answer", Role.LEGAL_OFFICER),),
    ),
    Rule(
        action="answer_outside_demand",
        states=OPEN,
        by=LEGAL,
        fields=(choice("answer", "refused", "sent_to_executive_head"), flag("immunity_noted"), text("reasons")),
        guards=(rules.BY_LEGAL, rules.holds("demand_open", "NO_DEMAND", rules.POLICY)),
        checks=(rules.IMMUNITY,),
        sets={"demand_open": False},
    ),
    Rule(
        action="tell_person_of_demand",
        states=OPEN,
        by=LEGAL | OVERSIGHT,
        guards=(rules.CONTACT_WANTED, rules.NOT_GONE),
        effects=(her_inbox("formal_report.demand_refused"),),
    ),
    *reviewer_rules((*OPEN, *CLOSED)),
)

CLOCKS = (
    ClockRule(
        "withdraw.cooling",
        outcomes=(Outcome(effects=(appointed("formal_report.withdrawal_to_check", Role.INTAKE_OFFICER),)),),
    ),
)
