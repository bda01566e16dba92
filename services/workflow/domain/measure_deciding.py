"""An interim measure is decided, declined, signed, extended, varied, reviewed or lifted (policy 2.3)."""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, text, time
from lifecycle.guards import confirmed
from lifecycle.model import Facts
from lifecycle.recipients import appointed, her_inbox
from lifecycle.table import Field, FieldKind, Guard, Rule, Situation
from policy.model import Side
from services.workflow.domain import measure_conditions as conditions
from services.workflow.domain import measure_rules as rules
from services.workflow.domain.measure_parts import (
    ALERTERS,
    AT_LEVEL,
    BEGINS_AT,
    DECIDABLE,
    DECIDED,
    DECIDERS,
    HAS_NOT_DECLINED,
    HIGHER_DECIDERS,
    KEPT,
    NOT_THE_ALERTER,
    NOT_THE_DECIDER,
    NOT_THE_REVIEWER,
    NOT_WHO_ASKED,
    OPEN,
    OVER,
    RESTORE,
    RUNNING,
    TELL_ALERTERS,
    THE_ALERTER,
    UNDO,
    asked_on_its_day,
    deciders,
    level,
    level_up,
    ordered,
    taken_back,
)

BURDEN = Field(
    "burden",
    FieldKind.CHOICE,
    required=False,
    choices=tuple(Side),
    default=Side.AFFECTED_INDIVIDUAL,
)
"""Whose work changes. Only a measure that leaves her work as it is needs no consent of hers."""
EFFECTS_SEEN = flag("effects_seen")
SEEN = confirmed("effects_seen", "policy 2.3")
"""What the measure does to pay, pension, insurance and the rest lies open under GET /api/v1/measures."""
REASONED = (text("reasons"), text("least_burden"))
ARRANGEMENT = text(rules.ARRANGEMENT, required=False)


def _covers(what: str) -> Field:
    return Field(f"covers_{what}", FieldKind.FLAG, required=False, default=False)


COVERS = tuple(_covers(what) for what in ("housing", "transport", "common_rooms", "chats", "missions", "panels"))
"""What a separation is about beside the work place, where people share a compound."""

DECIDES = (NOT_THE_ALERTER, NOT_WHO_ASKED, AT_LEVEL)
REVIEWS = (NOT_THE_ALERTER, NOT_WHO_ASKED, NOT_THE_DECIDER, AT_LEVEL)
LAWFUL = (
    rules.SIDE,
    rules.CONSENT,
    rules.CONSENT_FRESH,
    rules.DELEGATION,
    SEEN,
    rules.ARRANGED,
    *conditions.CONDITIONS,
)
"""What every decision has to satisfy, whether it is the first or prolongs or changes one."""
AGAIN = (*REASONED, ARRANGEMENT, time("review_at"), time("until_at"), EFFECTS_SEEN, *conditions.FIELDS)


def _nobody_above(situation: Situation) -> Facts | None:
    reached = level(situation.case)
    return {"level": reached} if reached >= len(HIGHER_DECIDERS) else None


SIGNERS = tuple(appointed("interim_measure.signature_asked", role) for role in HIGHER_DECIDERS[:1])
SOMEBODY_ABOVE = Guard("NOBODY_ABOVE", "policy 2.3", _nobody_above)

RULES = (
    Rule(
        action="acknowledge_alert",
        states=("alerted",),
        by=DECIDERS,
        to="acknowledged",
        guards=(NOT_THE_ALERTER, AT_LEVEL),
        clocks=(meet("im.ack"),),
    ),
    # Two authorised signatures (invariant 40): the second is given first, on its own, for these terms alone.
    Rule(
        action="ask_signature",
        states=(*DECIDABLE, *RUNNING),
        by=DECIDERS,
        guards=DECIDES,
        effects=SIGNERS,
    ),
    Rule(
        action="sign_measure",
        states=(*DECIDABLE, *RUNNING),
        by=DECIDERS,
        fields=conditions.SIGNATURE,
        guards=(NOT_THE_ALERTER, NOT_WHO_ASKED, NOT_THE_REVIEWER),
        checks=(SEEN, conditions.MAY_SIGN),
        effects=deciders("interim_measure.signed"),
    ),
    Rule(
        action="decide_measure",
        states=DECIDABLE,
        by=DECIDERS,
        to="decided",
        fields=(
            Field("type", FieldKind.CHOICE, choices=lambda policy: tuple(policy.measures)),
            choice("purpose", "investigation_integrity", "prevent_repetition", "retaliation_risk"),
            BURDEN,
            *REASONED,
            text("persons"),
            ARRANGEMENT,
            time("from_at"),
            time("review_at"),
            time("until_at"),
            EFFECTS_SEEN,
            *COVERS,
            *conditions.FIELDS,
        ),
        guards=(*DECIDES, HAS_NOT_DECLINED),
        checks=(*LAWFUL, *rules.DATES, *rules.PERIODS),
        derives=asked_on_its_day,
        clocks=(meet("im.decide"), start("im.apply", since="from_at"), start("im.begin", due=BEGINS_AT)),
        effects=(DECIDED, TELL_ALERTERS),
    ),
    Rule(
        action="decline_alert",
        states=("acknowledged", "consented", "consent_refused", "consent_asked", "not_begun"),
        by=DECIDERS,
        to="declined",
        fields=(choice("reason", "not_needed", "lighter_means_found", "no_consent"), text("reasons")),
        guards=DECIDES,
        clocks=(meet("im.decide"), start("im.answer")),
        effects=(TELL_ALERTERS,),
    ),
    # What HR could not do is withdrawn there, too.
    Rule(
        action="decline_alert",
        states=("not_applied",),
        by=DECIDERS,
        to="declined",
        fields=(choice("reason", "not_needed", "lighter_means_found", "no_consent"), text("reasons")),
        guards=DECIDES,
        derives=taken_back,
        clocks=(meet("im.decide"), meet("im.clear"), *UNDO, start("im.answer")),
        effects=(RESTORE, TELL_ALERTERS),
    ),
    # Whoever alerts can take it further, also when the one who did so has left.
    Rule(
        action="escalate_alert",
        states=("declined",),
        by=ALERTERS,
        to="alerted",
        fields=(text("reasons"),),
        guards=(NOT_WHO_ASKED, NOT_THE_DECIDER, SOMEBODY_ABOVE),
        clocks=(meet("im.answer"), start("im.ack", by="urgency"), start("im.decide", by="urgency")),
        effects=level_up("interim_measure.alert_escalated"),
    ),
    # Not while HR still takes back what it was asked for: nobody would watch that it does.
    Rule(
        action="accept_answer",
        states=("declined",),
        by=ALERTERS,
        to="ended",
        fields=(choice("reason", "other_means", "no_longer_needed", "her_wish"),),
        guards=(THE_ALERTER, rules.HR_HAS_UNDONE),
        clocks=(KEPT,),
    ),
    Rule(
        action="review_measure",
        states=RUNNING,
        by=DECIDERS,
        fields=(text("reasons"),),
        guards=REVIEWS,
        clocks=(start("im.review", by="type"),),
        effects=(her_inbox("interim_measure.reviewed"),),
    ),
    Rule(
        action="extend_measure",
        states=RUNNING,
        by=DECIDERS,
        fields=AGAIN,
        guards=(*DECIDES, NOT_THE_REVIEWER, rules.EXTENSION_WINDOW),
        checks=(*LAWFUL, rules.LATER_END, *rules.LATER_DATES, *rules.PERIODS),
        derives=ordered,
        clocks=(start("im.end", due="until_at"), start("im.review", due="review_at"), start("im.apply")),
        effects=(DECIDED, TELL_ALERTERS),
    ),
    # The same measure on other terms, and no longer: what prolongs it is an extension.
    Rule(
        action="vary_measure",
        states=RUNNING,
        by=DECIDERS,
        to="varying",
        fields=(*AGAIN, text("persons")),
        guards=(*DECIDES, NOT_THE_REVIEWER),
        checks=(*LAWFUL, rules.NOT_PROLONGED, *rules.LATER_DATES, *rules.PERIODS),
        derives=ordered,
        clocks=(meet("im.release"), start("im.apply")),
        effects=(DECIDED, TELL_ALERTERS),
    ),
    # Its end has passed without a decision: this is one, with a block of its own.
    Rule(
        action="vary_measure",
        states=("passed_on",),
        by=DECIDERS,
        to="varying",
        fields=(*AGAIN, text("persons")),
        guards=(*DECIDES, NOT_THE_REVIEWER),
        checks=(*LAWFUL, *rules.LATER_DATES, *rules.PERIODS),
        derives=ordered,
        clocks=(meet("im.escalate"), meet("im.end"), start("im.apply")),
        effects=(DECIDED, TELL_ALERTERS),
    ),
    Rule(
        action="lift_measure",
        states=("applied", "told_first", *RUNNING, "varying", "passed_on"),
        by=DECIDERS,
        to="lifting",
        fields=(flag("safety_check"), text("reasons")),
        guards=REVIEWS,
        checks=(confirmed("safety_check", "invariant 43"),),
        derives=ordered,
        clocks=(*OVER, start("im.apply")),
        effects=(RESTORE,),
    ),
    # Nobody has to wait for its first day to end it: HR is told that it is not to begin.
    Rule(
        action="lift_measure",
        states=("decided",),
        by=DECIDERS,
        to="lifting",
        fields=(flag("safety_check"), text("reasons")),
        guards=(*REVIEWS, rules.ASKED_OF_HR),
        checks=(confirmed("safety_check", "invariant 43"),),
        derives=ordered,
        clocks=(*OVER, start("im.apply")),
        effects=(RESTORE,),
    ),
    # Supportive extras (policy 2.3), also where nothing else is ever decided.
    Rule(
        action="arrange_extra",
        states=OPEN,
        by=DECIDERS,
        fields=(
            Field("extra", FieldKind.CHOICE, choices=lambda policy: tuple(policy.options["supportive_extra"].choices)),
            choice("extra_for", *Side, "both"),
            Field("she_agrees", FieldKind.FLAG, required=False, default=False),
            text("extra_words"),
        ),
        guards=(AT_LEVEL,),
        checks=(rules.SHE_AGREES,),
    ),
    Rule(
        action="end_extra",
        states=OPEN,
        by=DECIDERS,
        fields=(
            Field("extra", FieldKind.CHOICE, choices=lambda policy: tuple(policy.options["supportive_extra"].choices)),
            choice("extra_ended", "her_wish", "no_longer_needed", "measure_instead"),
        ),
        guards=(AT_LEVEL, rules.SOME_ARRANGED),
        checks=(rules.THIS_ARRANGED,),
    ),
)
