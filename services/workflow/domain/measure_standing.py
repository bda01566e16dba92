"""An interim measure that stands, to its end: who is told when, and what is left (policy 2.3)."""

from __future__ import annotations

from lifecycle import retention
from lifecycle.asked import once_rung
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, number, text
from lifecycle.model import NO_NEWS, Effect, EffectKind
from lifecycle.recipients import appointed, assigned, date_missed, escalation, her_inbox, other_side, took_part
from lifecycle.table import ClockRule, Outcome, Rule
from policy.model import Role
from services.workflow.domain import measure_rules as rules
from services.workflow.domain.measure_beginning import PROOF, RELEASE_WAITS, TAKEN_BACK, TOLD, TOLD_HER
from services.workflow.domain.measure_parts import (
    CLOSED,
    COUNSEL,
    KEPT,
    NEWS,
    OPEN,
    OUTSIDE_THE_DECISION,
    OVER,
    PERSON,
    PROVE,
    RESTORE,
    RUNNING,
    SET_UP,
    STUCK,
    SYSTEM,
    TELL_LINE,
    WRITER_AFFECTED,
    WRITER_ANOTHER,
    deciders,
    hears_here,
    lapses,
    level_up,
    may_renew,
    nobody_alerted,
    ordered,
    oversight,
    waits_for_her,
    waits_for_proof,
)

MISSED = date_missed("interim_measure.date_missed")
STANDS = ("applied", "told_first", *RUNNING)
ORDERED = ("decided", "not_applied")
"""It has not begun, and nothing but somebody's word keeps it from beginning."""
KNOWN_OVER = (other_side("interim_measure.over"), TELL_LINE, took_part("interim_measure.over", "alert"))
AFTERCARE = start("im.aftercare")

RULES = (
    # The other side is cleared: pay and rights come back at once, and nobody is put back over her by it.
    Rule(
        action="record_clearance",
        states=(*ORDERED, *STANDS, "varying"),
        by=SYSTEM,
        to="lifting",
        guards=(rules.ON_OTHER_SIDE, rules.LAPSES),
        derives=ordered,
        clocks=(*OVER, start("im.apply")),
        effects=(RESTORE, *deciders("interim_measure.cleared")),
    ),
    Rule(
        action="ask_for_lifting",
        states=(*ORDERED, *STANDS, "varying", "passed_on"),
        by=SYSTEM,
        guards=(rules.ON_OTHER_SIDE, rules.PASSES_ON),
        clocks=(start("im.clear"),),
        effects=deciders("interim_measure.cleared"),
    ),
    Rule(action="record_passed_on", states=("passed_on",), by=SYSTEM, fields=PROOF, clocks=(meet("im.apply"),)),
    Rule(
        action="record_restored",
        states=TAKEN_BACK,
        by=SYSTEM,
        fields=PROOF,
        clocks=(meet("im.apply"),),
    ),
    Rule(
        action="record_restored",
        states=("lifting",),
        by=SYSTEM,
        to="restored",
        fields=PROOF,
        clocks=(meet("im.apply"),),
    ),
    Rule(
        action="record_placed",
        states=("restored",),
        by=SYSTEM,
        to="lifted",
        fields=(number("version"),),
        checks=(rules.placed_since("record_restored"),),
        clocks=(AFTERCARE,),
        effects=KNOWN_OVER,
    ),
    Rule(
        action="record_told",
        states=("restored",),
        by=OUTSIDE_THE_DECISION,
        to="lifted",
        fields=TOLD,
        guards=(WRITER_ANOTHER,),
        checks=(TOLD_HER,),
        clocks=(AFTERCARE,),
        effects=KNOWN_OVER,
    ),
    Rule(
        action="end_aftercare",
        states=("lifted",),
        by=PERSON,
        asked=once_rung("im.aftercare"),
        to="ended",
        fields=(choice("outcome", "well", "no_more_contact"),),
        guards=(WRITER_AFFECTED,),
        clocks=(KEPT,),
    ),
    Rule(
        action="close_measure",
        states=("lifted",),
        by=OUTSIDE_THE_DECISION,
        to="ended",
        fields=(choice("reason", "well", "her_wish", "new_measure", "left_organisation"), text("reasons")),
        clocks=(KEPT,),
    ),
    # Either party may have a measure looked at again, by somebody who had no part in it.
    Rule(
        action="ask_review",
        states=("declined", *SET_UP, "lifted"),
        by=PERSON,
        guards=(WRITER_AFFECTED,),
        effects=(Effect(EffectKind.OPEN, "review", {"party": "person", "about": "measure"}),),
    ),
    *retention.reviewer_rules((*OPEN, *CLOSED)),
    *retention.hold_rules(("lifted", *CLOSED), frozenset({Role.INVESTIGATOR}) | COUNSEL),
)


def above_who_alerted(wording: str, *, after: int = 0) -> tuple[Effect, ...]:
    """One level above the two offices that may alert, once they have let it pass `after` times."""
    return tuple(escalation(wording, role, after=after) for role in (Role.INTAKE_OFFICER, Role.ETHICS_OFFICER))


UPDATE_DUE = "interim_measure.update_due"
LATE, AFTERCARE_DUE = above_who_alerted("interim_measure.late"), "interim_measure.aftercare_due"

CLOCKS = (
    ClockRule(
        "im.need",
        outcomes=(Outcome(effects=(*LATE, MISSED)),),
        repeats=True,
    ),
    ClockRule(
        "im.ack",
        outcomes=(Outcome(effects=(escalation("interim_measure.late", Role.ADMINISTRATIVE_HEAD), MISSED)),),
    ),
    ClockRule("im.decide", outcomes=(Outcome(effects=(*level_up("interim_measure.late"), MISSED)),), repeats=True),
    ClockRule(
        "im.answer",
        outcomes=(Outcome(effects=(took_part("interim_measure.answer_waits", "alert"), *LATE)),),
        repeats=True,
    ),
    ClockRule("im.begin", outcomes=(Outcome(effects=(PROVE,)),), person_sees=True),
    ClockRule(
        "im.apply",
        outcomes=(
            Outcome(when=waits_for_proof, effects=level_up("interim_measure.proof_waits")),
            Outcome(effects=(*STUCK, escalation("interim_measure.stuck", Role.HR_DIRECTOR), MISSED)),
        ),
        repeats=True,
    ),
    ClockRule(
        "im.review",
        reminds=deciders("interim_measure.review_due"),
        outcomes=(Outcome(effects=(*level_up("interim_measure.review_due"), MISSED)),),
        repeats=True,
        person_sees=True,
    ),
    ClockRule("im.cumulative_alarm", outcomes=(Outcome(effects=level_up("interim_measure.runs_long")),)),
    ClockRule(
        "consent.refresh",
        outcomes=(
            Outcome(
                when=may_renew,
                effects=(her_inbox("interim_measure.still_right"), *deciders("interim_measure.consent_old")),
            ),
            Outcome(effects=deciders("interim_measure.consent_old")),
        ),
        person_sees=True,
    ),
    ClockRule(
        "im.end",
        reminds=deciders("interim_measure.ends_soon"),
        outcomes=(
            Outcome(
                when=lapses,
                to="lifting",
                clocks=(*OVER, start("im.apply"), NEWS),
                effects=(RESTORE, *deciders("interim_measure.lapsed")),
            ),
            Outcome(
                to="passed_on",
                clocks=(meet("im.review"), meet("im.release"), start("im.escalate"), start("im.apply"), NEWS),
                effects=(Effect(EffectKind.EMIT, "measure_passed_on"), *level_up("interim_measure.end_passed")),
            ),
        ),
        irreversible=True,
        person_sees=True,
    ),
    ClockRule("im.escalate", outcomes=(Outcome(effects=level_up("interim_measure.end_passed")),), repeats=True),
    ClockRule(
        "im.release",
        outcomes=(Outcome(effects=(*RELEASE_WAITS, *level_up("interim_measure.late"), MISSED)),),
        repeats=True,
    ),
    ClockRule("im.clear", outcomes=(Outcome(effects=level_up("interim_measure.cleared")),), repeats=True),
    ClockRule(
        "im.aftercare",
        outcomes=(Outcome(effects=(took_part(AFTERCARE_DUE, "alert"), *above_who_alerted(AFTERCARE_DUE, after=1))),),
        repeats=True,
        person_sees=True,
    ),
    # She hears from us even if nothing has moved, and of what she is asked where it waits for her. Where somebody else
    # wrote, no inbox shows anything of it: whoever speaks with her tells her, or sees to it that somebody does; before
    # anybody has alerted, those who could.
    ClockRule(
        NO_NEWS,
        outcomes=(
            Outcome(when=waits_for_her, effects=(her_inbox("interim_measure.still_asked"),)),
            Outcome(when=hears_here, effects=(her_inbox("interim_measure.nothing_new"),)),
            Outcome(when=nobody_alerted, effects=oversight(UPDATE_DUE)),
            Outcome(effects=(assigned(UPDATE_DUE, Role.WELFARE_OFFICER), took_part(UPDATE_DUE, "alert"))),
        ),
        repeats=True,
    ),
    *retention.clocks(("keep.hr_measure",), appointed("interim_measure.still_kept", Role.LEGAL_OFFICER)),
)
