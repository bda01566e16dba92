"""An interim measure before anything is decided: a need is seen, somebody alerts, she is asked (policy 2.3)."""

from __future__ import annotations

from lifecycle.asked import always, once_rung
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, reference, staff, text
from lifecycle.guards import confirmed, holds_none_of, is_appointed, took_no_part
from lifecycle.model import ActorKind, Facts
from lifecycle.recipients import assigned
from lifecycle.table import Field, FieldKind, Guard, Rule, Situation
from policy.model import Role
from services.workflow.domain import measure_rules as rules
from services.workflow.domain.formal_person import WRITERS
from services.workflow.domain.measure_parts import (
    ALERTERS,
    COUNSEL,
    DECIDERS,
    ETHICS,
    KEPT,
    NOT_THE_ALERTER,
    NOT_THE_DECIDER,
    NOT_THE_REVIEWER,
    NOT_WHO_ASKED,
    OPEN,
    OUTSIDE_THE_DECISION,
    OVERSIGHT,
    PERSON,
    RENEWED,
    RESTORE,
    RUNNING,
    SEPARATE,
    SYSTEM,
    UNAGREED_UNTIL,
    UNDECIDED,
    UNDO,
    USUAL_DECIDERS,
    WRITER_AFFECTED,
    WRITER_ANOTHER,
    deciders,
    holders,
    oversight,
    seen_to_by,
    taken_back,
)

ALERT_FIELDS = (
    choice("purpose", "investigation_integrity", "prevent_repetition", "retaliation_risk"),
    choice("urgency", "green", "red"),
    Field("suggested_type", FieldKind.CHOICE, required=False, choices=lambda policy: tuple(policy.measures)),
    choice("addressee", "administrative_head", "hr_director", required=False),
    text("risk_facts"),
)
"""What the first alert says: as little of the matter as a decision needs."""

ASKED_TYPE = Field(
    rules.ASKED_TYPE,
    FieldKind.CHOICE,
    required=False,
    choices=lambda policy: (rules.ANY_TYPE, *policy.measures),
    default=rules.ANY_TYPE,
)
"""What kind of measure she is asked about."""
OFFERED, EXPLAINED = flag("alternative_offered"), flag("effects_explained")
"""The other person could move instead; and what the measure means for her: both are said to her first."""
SAID_FIRST = (confirmed("alternative_offered", "policy 2.3"), confirmed("effects_explained", "policy 2.3"))

TAKES_NO_OTHER_PART = (NOT_THE_ALERTER, NOT_THE_DECIDER, NOT_THE_REVIEWER, holds_none_of(*DECIDERS, rule=SEPARATE))
ASKERS = frozenset({Role.INVESTIGATOR}) | ETHICS
ASKABLE = ("acknowledged", "consent_refused", "not_begun")
SEES_NEED = ALERTERS | PERSON | SYSTEM | USUAL_DECIDERS | {Role.MANAGER, Role.SECURITY_OFFICER, Role.WELFARE_OFFICER}

NO_WORD = {"consent": False}
KEPT_FRESH, NOT_KEPT = start("consent.refresh"), meet("consent.refresh")


def _is_red(situation: Situation) -> Facts | None:
    return {"urgency": "red"} if situation.case.facts["urgency"] == "red" else None


def _writer_known(situation: Situation) -> Facts | None:
    facts = situation.case.facts
    said = facts["writer"] != "unsaid" or facts.get("consent") is True
    return {"has": "writer"} if said else None


WRITER_OPEN = Guard("WRITER_KNOWN", "invariant 38", _writer_known)
NOT_GIVEN = holders("interim_measure.consent_not_given")
ROUTED_ONCE = took_no_part("record_routed", rule="lifecycle")
NOT_RED_YET = Guard("ALREADY_URGENT", "policy 2.3", _is_red)


def _taken_back(action: str, by: frozenset[Role | ActorKind], whose_word: Guard) -> tuple[Rule, ...]:
    """She takes her word back, in her inbox or before whoever took it."""
    return (
        Rule(
            action=action,
            states=("consented", "not_begun"),
            by=by,
            to="consent_refused",
            guards=(whose_word,),
            sets=NO_WORD,
            clocks=(NOT_KEPT,),
            effects=NOT_GIVEN,
        ),
        # Until it is applied nothing of the measure happens then: HR is told at once, if it was asked (invariant 38).
        Rule(
            action=action,
            states=("decided", "not_applied"),
            by=by,
            to="consent_refused",
            guards=(whose_word, rules.RESTS_ON_CONSENT),
            sets=NO_WORD,
            derives=taken_back,
            clocks=(meet("im.begin"), *UNDO, NOT_KEPT, start("im.decide")),
            effects=(RESTORE, *NOT_GIVEN),
        ),
        # A running measure is not undone by itself: somebody has to see to her safety first (invariant 43). Until
        # somebody has, it does not rest: whoever is above hears of it, and may decide too.
        Rule(
            action=action,
            states=("applied", "told_first", *RUNNING, "varying", "passed_on"),
            by=by,
            guards=(whose_word,),
            sets=NO_WORD,
            derives=seen_to_by,
            clocks=(NOT_KEPT, start("im.decide", due=UNAGREED_UNTIL, no_later=True)),
            effects=holders("interim_measure.consent_withdrawn"),
        ),
    )


RULES = (
    # Who is excluded is known now, so those whose turn it is may be told.
    Rule(
        action="record_routed",
        states=("need_seen",),
        by=SYSTEM,
        guards=(ROUTED_ONCE,),
        effects=oversight("interim_measure.need_noted"),
    ),
    Rule(
        action="record_routed",
        states=UNDECIDED,
        by=SYSTEM,
        guards=(ROUTED_ONCE,),
        effects=deciders("interim_measure.to_consider"),
    ),
    # She says only now that it happened to her. A yes that somebody else has taken stays where it can be looked up.
    Rule(
        action="record_writer",
        states=OPEN,
        by=SYSTEM,
        fields=(choice("writer", *WRITERS),),
        guards=(WRITER_OPEN,),
    ),
    Rule(
        action="note_need",
        states=OPEN,
        by=SEES_NEED,
        fields=(text("risk_facts", required=False),),
        effects=oversight("interim_measure.need_noted"),
    ),
    Rule(
        action="decline_need",
        states=("need_seen",),
        by=OVERSIGHT | COUNSEL | ETHICS,
        to="not_taken_up",
        fields=(choice("reason", "not_needed", "extras_enough", "lighter_means_found", "her_wish"), text("reasons")),
        clocks=(KEPT,),
    ),
    Rule(
        action="alert",
        states=("need_seen",),
        by=ALERTERS,
        to="alerted",
        fields=ALERT_FIELDS,
        clocks=(meet("im.need"), start("im.ack", by="urgency"), start("im.decide", by="urgency")),
        effects=deciders("interim_measure.to_consider"),
    ),
    # A second office joins: its words stand beside those of the first, and the clocks run on.
    Rule(
        action="alert",
        states=UNDECIDED,
        by=ALERTERS,
        fields=(text("risk_facts"),),
        guards=(NOT_WHO_ASKED, NOT_THE_DECIDER),
    ),
    Rule(
        action="raise_urgency",
        states=("alerted",),
        by=ALERTERS,
        guards=(NOT_RED_YET, NOT_WHO_ASKED, NOT_THE_DECIDER),
        sets={"urgency": "red"},
        clocks=(start("im.ack", by="urgency", no_later=True), start("im.decide", by="urgency", no_later=True)),
        effects=deciders("interim_measure.to_consider"),
    ),
    Rule(
        action="raise_urgency",
        states=UNDECIDED[1:],
        by=ALERTERS,
        guards=(NOT_RED_YET, NOT_WHO_ASKED, NOT_THE_DECIDER),
        sets={"urgency": "red"},
        clocks=(start("im.decide", by="urgency", no_later=True),),
        effects=deciders("interim_measure.to_consider"),
    ),
    Rule(
        action="ask_consent",
        states=ASKABLE,
        by=ASKERS,
        to="consent_asked",
        fields=(OFFERED, ASKED_TYPE),
        guards=(*TAKES_NO_OTHER_PART, WRITER_AFFECTED),
        checks=SAID_FIRST[:1],
        clocks=(NOT_KEPT,),
        sets=NO_WORD,
    ),
    # What HR could not do is not to be done any more: it could still be put right by hand, over her head.
    Rule(
        action="ask_consent",
        states=("not_applied",),
        by=ASKERS,
        to="consent_asked",
        fields=(OFFERED, ASKED_TYPE),
        guards=(*TAKES_NO_OTHER_PART, WRITER_AFFECTED),
        checks=SAID_FIRST[:1],
        clocks=(NOT_KEPT, *UNDO),
        sets=NO_WORD,
        derives=taken_back,
        effects=(RESTORE,),
    ),
    Rule(
        action="consent_to_measure",
        states=("consent_asked",),
        by=PERSON,
        asked=always,
        to="consented",
        fields=(flag("effects_seen"),),
        guards=(WRITER_AFFECTED,),
        checks=(confirmed("effects_seen", "policy 2.3"),),
        sets={"consent": True},
        clocks=(KEPT_FRESH,),
        effects=deciders("interim_measure.consent_given"),
    ),
    Rule(
        action="refuse_measure",
        states=("consent_asked",),
        by=PERSON,
        asked=always,
        to="consent_refused",
        guards=(WRITER_AFFECTED,),
        sets=NO_WORD,
        effects=NOT_GIVEN,
    ),
    # Somebody else wrote: her word is taken by somebody outside the decision, who says where it can be looked up.
    Rule(
        action="name_consent_taker",
        states=(*ASKABLE, *RUNNING),
        by=ASKERS,
        fields=(staff("consent_taker"),),
        guards=(WRITER_ANOTHER,),
        checks=(is_appointed("consent_taker", Role.WELFARE_OFFICER),),
        assigns={Role.WELFARE_OFFICER: "consent_taker"},
        effects=(assigned("interim_measure.take_consent", Role.WELFARE_OFFICER),),
    ),
    Rule(
        action="record_consent",
        states=(*ASKABLE, "consented"),
        by=OUTSIDE_THE_DECISION,
        to="consented",
        fields=(reference("reference"), OFFERED, EXPLAINED, ASKED_TYPE),
        guards=(*TAKES_NO_OTHER_PART, WRITER_ANOTHER),
        checks=SAID_FIRST,
        sets={"consent": True},
        clocks=(KEPT_FRESH,),
        effects=deciders("interim_measure.consent_given"),
    ),
    Rule(
        action="record_consent",
        states=RENEWED,
        by=OUTSIDE_THE_DECISION,
        fields=(reference("reference"), OFFERED, EXPLAINED),
        guards=(*TAKES_NO_OTHER_PART, WRITER_ANOTHER),
        checks=SAID_FIRST,
        sets={"consent": True},
        clocks=(KEPT_FRESH, meet("im.decide")),
        effects=deciders("interim_measure.consent_given"),
    ),
    Rule(
        action="record_no_consent",
        states=(*ASKABLE, "consented"),
        by=OUTSIDE_THE_DECISION,
        to="consent_refused",
        fields=(reference("reference"), OFFERED),
        guards=(*TAKES_NO_OTHER_PART, WRITER_ANOTHER),
        checks=SAID_FIRST[:1],
        sets=NO_WORD,
        clocks=(NOT_KEPT,),
        effects=NOT_GIVEN,
    ),
    Rule(
        action="renew_consent",
        states=RENEWED,
        by=PERSON,
        asked=once_rung("consent.refresh"),
        fields=(flag("effects_seen"),),
        guards=(WRITER_AFFECTED,),
        checks=(confirmed("effects_seen", "policy 2.3"),),
        sets={"consent": True},
        clocks=(KEPT_FRESH, meet("im.decide")),
        effects=deciders("interim_measure.consent_given"),
    ),
    *_taken_back("withdraw_consent", PERSON, WRITER_AFFECTED),
    *_taken_back("record_withdrawal", OUTSIDE_THE_DECISION, WRITER_ANOTHER),
)
