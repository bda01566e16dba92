"""How a formal report ends (policy 2.2): what each is told is decided first, redress is considered whatever the
discipline, and after some time of looking after it somebody closes it, with a reason (invariant 50).
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, text
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import assigned, escalation, her_inbox
from lifecycle.retention import keep
from lifecycle.table import ClockRule, Outcome, Rule
from policy.model import Role
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_assessment import NEXT_UPDATE, REVIEW_WINDOW
from services.workflow.domain.formal_rules import (
    AT_LEG,
    CLOSED,
    DECIDER_PARTS,
    DECIDERS,
    INVESTIGATE,
    LEGAL,
    OVERSIGHT,
    PERSON,
    SETTLED,
    TOLD,
)

CLOSING = choice("reason", "looked_after", "not_wanted", "nothing_left_to_do")
REDRESS_LATE = (
    *(assigned("formal_report.redress_late", role) for role in DECIDER_PARTS),
    escalation("formal_report.redress_late", Role.LEGAL_OFFICER),
)
HOW_IT_IS = ("ret.monitor", "ret.monitor.second", "ret.monitor.third", "ret.monitor.fourth", "ret.monitor.last")
ASK_HOW_IT_IS = tuple(start(key) for key in HOW_IT_IS)
"""Whoever reported is asked after the end too (section 4, `ret.monitor`), by her inbox alone: the ethics office writes
to a person only by her own wish (policy 2.4).
"""


def _how_it_is(key: str) -> ClockRule:
    return ClockRule(key, outcomes=(Outcome(effects=(her_inbox("formal_report.how_it_is"),)),), person_sees=True)


RULES = (
    # Whatever the discipline: somebody is asked, and says with reasons what is given back to her.
    Rule(
        action="ask_redress",
        states=(*AT_LEG, *SETTLED),
        by=INVESTIGATE | LEGAL,
        fields=(*rules.parts(DECIDER_PARTS),),
        checks=(rules.named_one(DECIDER_PARTS),),
        assigns=DECIDER_PARTS,
        clocks=(start("redress.decide"),),
        effects=tuple(assigned("formal_report.redress_asked", role) for role in DECIDER_PARTS),
    ),
    Rule(
        action="consider_redress",
        states=(*AT_LEG, *SETTLED),
        by=DECIDERS,
        fields=(
            choice("redress", "none", "appraisal_expunged", "leave_restored", "costs", "compensation", "other"),
            text("reasons"),
        ),
        guards=(rules.BY_DECIDER, rules.delegated("redress")),
        clocks=(meet("redress.decide"),),
        sets={"redress_considered": True},
    ),
    # What is owed is the applicable tribunal's to say; the office redacts, and says why.
    Rule(
        action="decide_disclosure",
        states=SETTLED,
        by=INVESTIGATE,
        to="disclosure_decided",
        fields=(choice("disclosure", "as_owed", "more_than_owed"), text("reasons")),
        guards=(rules.REDRESS, rules.CLEARCHECK, rules.ACTED),
        derives=rules.owed,
        clocks=(NEXT_UPDATE,),
    ),
    Rule(
        action="communicate_outcome",
        states=("disclosure_decided",),
        by=INVESTIGATE,
        to="outcome_communicated",
        fields=(text("what_she_is_told"),),
        derives=rules.told_at,
        clocks=(NEXT_UPDATE, REVIEW_WINDOW),
    ),
    Rule(
        action="start_monitoring",
        states=("outcome_communicated",),
        by=OVERSIGHT,
        to="monitoring",
        clocks=(start("report.monitor"), NEXT_UPDATE),
    ),
    Rule(
        action="close_report",
        states=TOLD,
        by=INVESTIGATE,
        to="closed",
        fields=(CLOSING, text("reasons")),
        guards=(rules.NOT_SANCTIONED,),
        clocks=(keep("keep.investigated", since="outcome_told_at"),),
    ),
    # Kept by the organisation's own schedule, and looked at again when that time is over.
    Rule(
        action="close_sanctioned",
        states=TOLD,
        by=INVESTIGATE,
        to="closed",
        fields=(CLOSING, text("reasons")),
        guards=(rules.SANCTIONED,),
        clocks=(
            keep("keep.substantiated", since="outcome_told_at"),
            start("keep.substantiated.review", since="outcome_told_at"),
        ),
    ),
    Rule(
        action="request_assessment",
        states=TOLD,
        by=PERSON,
        guards=(rules.ON_REQUEST, rules.NOT_GONE),
        effects=(assigned("formal_report.assessment_asked", Role.INVESTIGATOR),),
    ),
    # Either party may ask; hers comes from here. After the time for it, it is a flag for the reviewer, no refusal.
    Rule(
        action="request_review",
        states=(*TOLD, *CLOSED[:-1]),
        by=PERSON,
        fields=(choice("about", "closure", "decision", "measure"),),
        guards=(rules.NOT_GONE, rules.MAIN_FILE),
        effects=(Effect(EffectKind.OPEN, "review", {"party": "person"}),),
    ),
)

CLOCKS = (
    # What she is told waits for it.
    ClockRule("redress.decide", outcomes=(Outcome(effects=REDRESS_LATE),), repeats=True),
    ClockRule("report.monitor", outcomes=(Outcome(effects=(assigned("formal_report.monitored", Role.INVESTIGATOR),)),)),
    ClockRule(
        "review.request",
        outcomes=(Outcome(effects=(her_inbox("formal_report.review_window_over"),)),),
        person_sees=True,
        outlives=True,
    ),
    *map(_how_it_is, HOW_IT_IS),
    ClockRule(
        "keep.substantiated.review",
        outcomes=(Outcome(effects=(assigned("formal_report.keeping_reviewed", Role.INVESTIGATOR),)),),
    ),
)
