"""The charge and his reply to it (policy 2.2): legal affairs charge, give time, and go on where it was not used.
Whoever is charged asks them for more, and has their answer before anybody recommends anything (invariant 48).
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import text, time
from lifecycle.recipients import assigned, escalation
from lifecycle.table import ClockRule, Guard, Outcome, Rule, Situation
from policy.model import Role
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_rules import LEGAL, SYSTEM, to_respondent

CHARGED = ("charged", "replied", "recommended", "decided")
"""From the charge to the letter that says what follows from it."""
ADVISED = ("recommended", "decided")
TO_LEGAL = (assigned("formal_report.reply_came", Role.LEGAL_OFFICER),)
WAITS = (assigned("respondent.waits", Role.LEGAL_OFFICER), escalation("respondent.waits", Role.LEGAL_OFFICER))
ANSWERED = meet("respondent.answer")


def _asked(situation: Situation) -> bool:
    clock = situation.case.clocks.get("respondent.answer")
    return clock is not None and clock.runs


TIME_ASKED = Guard("NOT_ASKED", rules.HEARD, lambda s: None if _asked(s) else {"needs": "ask_more_time"})
UNANSWERED = Guard("SOMETHING_WAITS", rules.HEARD, lambda s: {"clock": "respondent.answer"} if _asked(s) else None)

RULES = (
    # With the evidence: whoever is charged sees what he is charged with.
    Rule(
        action="charge",
        states=("at_leg",),
        by=LEGAL,
        to="charged",
        fields=(text("letter"), text("evidence")),
        guards=(rules.BY_LEGAL, rules.SUBSTANTIATED),
        clocks=(start("charge.reply"),),
        effects=(to_respondent("charge"),),
    ),
    # Also after a first reply, or none: with the new time it waits for him again.
    Rule(
        action="extend_reply",
        states=("charged", "replied"),
        by=LEGAL,
        to="charged",
        fields=(time("reply_until"), text("reasons")),
        guards=(rules.BY_LEGAL,),
        checks=(rules.later("reply_until", "charge.reply", rules.HEARD),),
        clocks=(ANSWERED, start("charge.reply", due="reply_until")),
        effects=(to_respondent("extend_reply"),),
    ),
    # Asked for in his own case, where legal affairs have no part: they answer him from here.
    Rule(
        action="note_time_asked",
        states=CHARGED,
        by=SYSTEM,
        clocks=(start("respondent.answer"),),
        effects=(assigned("respondent.wrote", Role.LEGAL_OFFICER),),
    ),
    Rule(
        action="refuse_more_time",
        states=CHARGED,
        by=LEGAL,
        fields=(text("letter"),),
        guards=(rules.BY_LEGAL, TIME_ASKED),
        clocks=(ANSWERED,),
        effects=(to_respondent("refuse_more_time"),),
    ),
    Rule(
        action="record_reply",
        states=("charged",),
        by=SYSTEM | LEGAL,
        to="replied",
        clocks=(meet("charge.reply"),),
        sets={"reply_given": True},
        effects=TO_LEGAL,
    ),
    # What comes late, or beside a first reply, is on record too, and whoever decides hears that there is more.
    Rule(
        action="record_reply",
        states=("replied", *ADVISED),
        by=SYSTEM,
        sets={"reply_given": True},
        effects=(*TO_LEGAL, *(assigned("formal_report.reply_came", role) for role in rules.DECIDER_PARTS)),
    ),
    Rule(
        action="go_on_without_reply",
        states=("charged",),
        by=LEGAL,
        to="replied",
        fields=(text("reasons"),),
        guards=(rules.BY_LEGAL, rules.has_rung("charge.reply", rules.HEARD), UNANSWERED),
        clocks=(meet("charge.reply"),),
        sets={"reply_given": False},
    ),
)

CLOCKS = (
    # It lets legal affairs go on without a reply; it decides nothing.
    ClockRule(
        "charge.reply",
        outcomes=(Outcome(effects=(assigned("formal_report.no_reply", Role.LEGAL_OFFICER),)),),
    ),
    ClockRule("respondent.answer", outcomes=(Outcome(effects=WAITS),), repeats=True),
)
