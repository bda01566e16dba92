"""An interim measure (policy 2.3): alert, consent, decision, effect in the HR system, end.

Alert, consent, decision and review are taken by different persons (invariant 33). The protected person is told
before the other side, at the beginning and at the end (invariant 43), and the end date never puts the other side
back by neglect (invariant 36).
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, number, reference, text, time
from lifecycle.guards import confirmed, holds_none_of, took_no_part
from lifecycle.model import ActorKind, Case, Effect, EffectKind
from lifecycle.recipients import appointed, escalation, other_side, took_part
from lifecycle.table import ClockRule, Field, FieldKind, Lifecycle, Opening, Outcome, Rule, State
from policy.model import AtEnd, Policy, Role
from services.workflow.domain import measure_rules as rules

DECIDERS = frozenset({Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR})
SYSTEM = frozenset({ActorKind.SYSTEM})
BEFORE_DECISION = ("alerted", "acknowledged", "consent_asked", "consented", "consent_refused", "not_applied")
DECIDABLE = ("acknowledged", "consented", "consent_refused", "not_applied")
SEPARATE = "invariant 33"

NOT_THE_ALERTER = took_no_part("alert", rule=SEPARATE)
NOT_WHO_ASKED = took_no_part("ask_consent", rule=SEPARATE)
NOT_THE_DECIDER = took_no_part("decide_measure", "extend_measure", rule=SEPARATE)
NOT_THE_REVIEWER = took_no_part("review_measure", "lift_measure", rule=SEPARATE)

ASKED_TYPE = Field(
    rules.ASKED_TYPE,
    FieldKind.CHOICE,
    required=False,
    choices=lambda policy: (rules.ANY_TYPE, *policy.measures),
    default=rules.ANY_TYPE,
)
"""What kind of measure she is asked about."""
OTHER_SIDE = "alleged_offender"
BURDEN = Field(
    "burden",
    FieldKind.CHOICE,
    required=False,
    choices=("affected_individual", OTHER_SIDE),
    default="affected_individual",
)
"""Whose work changes. Only a measure that leaves her work as it is needs no consent of hers."""

OTHER_SIDE_OVER = "interim_measure.over"
"""Said to the other side only if it was told of the beginning."""
RESTORE = Effect(EffectKind.EMIT, "measure_restore")
OVER = (meet("im.end"), meet("im.review"), meet("im.escalate"), meet("im.cumulative_alarm"))
TELL_ALERTERS = took_part("interim_measure.answered", "alert")


def _lapses(case: Case, policy: Policy) -> bool:
    return policy.measures[str(case.facts["type"])].at_end is AtEnd.LAPSE


def _deciders(wording: str) -> tuple[Effect, ...]:
    return appointed(wording, Role.ADMINISTRATIVE_HEAD), appointed(wording, Role.HR_DIRECTOR)


def _level_up(wording: str) -> tuple[Effect, ...]:
    return *_deciders(wording), escalation(wording, Role.HR_DIRECTOR)


STUCK = (*_deciders("interim_measure.stuck"), appointed("interim_measure.stuck", Role.HR_OFFICER))


def other_side_knew(case: Case) -> bool:
    """Whether the other side was told, before the last step, that the measure is in effect."""
    return any(step.action == "record_placed" for step in case.steps[:-1])


LIFECYCLE = Lifecycle(
    name="interim_measure",
    states=(
        State("alerted", person_sees=False),
        State("acknowledged", person_sees=False),
        State("consent_asked", person_sees=True),
        State("consented", person_sees=True),
        State("consent_refused", person_sees=True),
        State("decided", person_sees=True),
        State("not_applied", person_sees=True),
        State("applied", person_sees=True),
        State("effective", person_sees=True),
        State("passed_on", person_sees=True),
        State("lifting", person_sees=True),
        State("restored", person_sees=True),
        State("lifted", person_sees=True, closed=True),
        State("declined", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="alerted",
        clocks=(start("im.ack"), start("im.decide")),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(
        # Who is excluded is known now, so those who decide may be told.
        Rule(
            action="record_routed",
            states=BEFORE_DECISION,
            by=SYSTEM,
            guards=(took_no_part("record_routed", rule="lifecycle"),),
            effects=_deciders("interim_measure.alerted"),
        ),
        Rule(
            action="alert",
            states=BEFORE_DECISION,
            by=frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER, Role.ETHICS_OFFICER}),
            fields=(text("risk_facts"),),
            guards=(NOT_WHO_ASKED, NOT_THE_DECIDER),
        ),
        Rule(
            action="acknowledge_alert",
            states=("alerted",),
            by=DECIDERS,
            to="acknowledged",
            guards=(NOT_THE_ALERTER,),
            clocks=(meet("im.ack"),),
        ),
        Rule(
            action="ask_consent",
            states=("acknowledged", "consent_refused", "not_applied"),
            by=frozenset({Role.INVESTIGATOR}),
            to="consent_asked",
            fields=(flag("alternative_offered"), ASKED_TYPE),
            guards=(NOT_THE_ALERTER, NOT_THE_DECIDER, NOT_THE_REVIEWER, holds_none_of(*DECIDERS, rule=SEPARATE)),
            checks=(confirmed("alternative_offered", "policy 2.3"),),
            sets={"consent": False},
        ),
        Rule(
            action="consent_to_measure",
            states=("consent_asked",),
            by=frozenset({ActorKind.PERSON}),
            to="consented",
            sets={"consent": True},
            effects=_deciders("interim_measure.consent_given"),
        ),
        Rule(
            action="refuse_measure",
            states=("consent_asked",),
            by=frozenset({ActorKind.PERSON}),
            to="consent_refused",
            sets={"consent": False},
            effects=_deciders("interim_measure.consent_not_given"),
        ),
        Rule(
            action="withdraw_consent",
            states=("consented",),
            by=frozenset({ActorKind.PERSON}),
            to="consent_refused",
            sets={"consent": False},
            effects=_deciders("interim_measure.consent_not_given"),
        ),
        # Until it is applied she can take her word back and nothing of it happens: HR is told at once (invariant 38).
        Rule(
            action="withdraw_consent",
            states=("decided", "not_applied"),
            by=frozenset({ActorKind.PERSON}),
            to="consent_refused",
            guards=(rules.RESTS_ON_CONSENT,),
            sets={"consent": False},
            clocks=(meet("im.apply"), start("im.decide")),
            effects=(RESTORE, *_deciders("interim_measure.consent_not_given")),
        ),
        # A running measure is not undone by itself: somebody has to see to her safety first (invariant 43).
        Rule(
            action="withdraw_consent",
            states=("applied", "effective", "passed_on"),
            by=frozenset({ActorKind.PERSON}),
            sets={"consent": False},
            effects=_deciders("interim_measure.consent_withdrawn"),
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
                text("reasons"),
                text("least_burden"),
                text("persons"),
                time("from_at"),
                time("review_at"),
                time("until_at"),
            ),
            guards=(NOT_THE_ALERTER, NOT_WHO_ASKED),
            checks=(rules.CONSENT, rules.DELEGATION, rules.CONDITIONS, *rules.DATES, rules.LONGEST),
            clocks=(meet("im.decide"), start("im.apply")),
            effects=(Effect(EffectKind.EMIT, "measure_decided"), TELL_ALERTERS),
        ),
        Rule(
            action="decline_alert",
            states=(*DECIDABLE, "consent_asked"),
            by=DECIDERS,
            to="declined",
            fields=(choice("reason", "not_needed", "lighter_means_found", "no_consent"), text("reasons")),
            guards=(NOT_THE_ALERTER, NOT_WHO_ASKED),
            effects=(TELL_ALERTERS,),
        ),
        # Also after a failure: HR has put it right by hand, and proven it.
        Rule(
            action="record_applied",
            states=("decided", "not_applied"),
            by=SYSTEM,
            to="applied",
            fields=(reference("proof_hash"),),
            clocks=(
                meet("im.decide"),
                meet("im.apply"),
                start("im.end", since="from_at", due="until_at"),
                start("im.review", since="from_at", due="review_at"),
                start("im.cumulative_alarm", since="from_at"),
            ),
        ),
        Rule(
            action="record_failed",
            states=("decided",),
            by=SYSTEM,
            to="not_applied",
            fields=(reference("code"),),
            clocks=(meet("im.apply"), start("im.decide")),
            effects=(
                *_deciders("interim_measure.apply_failed"),
                appointed("interim_measure.apply_failed", Role.HR_OFFICER),
            ),
        ),
        Rule(
            action="record_failed",
            states=("consent_refused", "passed_on", "lifting"),
            by=SYSTEM,
            fields=(reference("code"),),
            effects=STUCK,
        ),
        Rule(
            action="record_placed",
            states=("applied",),
            by=SYSTEM,
            to="effective",
            fields=(number("version"),),
            checks=(rules.placed_since("record_applied"), rules.CONSENT),
            effects=(other_side("interim_measure.other_side_told"),),
        ),
        Rule(
            action="review_measure",
            states=("effective",),
            by=DECIDERS,
            fields=(text("reasons"),),
            guards=(NOT_THE_ALERTER, NOT_WHO_ASKED, NOT_THE_DECIDER),
            clocks=(start("im.review"),),
        ),
        Rule(
            action="extend_measure",
            states=("effective",),
            by=DECIDERS,
            fields=(text("reasons"), text("least_burden"), time("review_at"), time("until_at")),
            guards=(NOT_THE_ALERTER, NOT_WHO_ASKED, NOT_THE_REVIEWER, rules.EXTENSION_WINDOW),
            checks=(rules.CONSENT, rules.DELEGATION, rules.LATER_END, *rules.EXTENSION_DATES, rules.LONGEST),
            clocks=(start("im.end", due="until_at"), start("im.review", due="review_at")),
            effects=(TELL_ALERTERS,),
        ),
        Rule(
            action="lift_measure",
            states=("applied", "effective", "passed_on"),
            by=DECIDERS,
            to="lifting",
            fields=(flag("safety_check"), text("reasons")),
            guards=(NOT_THE_ALERTER, NOT_WHO_ASKED, NOT_THE_DECIDER),
            checks=(confirmed("safety_check", "invariant 43"),),
            clocks=(*OVER, start("im.apply")),
            effects=(RESTORE,),
        ),
        Rule(
            action="record_passed_on",
            states=("passed_on",),
            by=SYSTEM,
            fields=(reference("proof_hash"),),
            clocks=(meet("im.apply"),),
        ),
        Rule(action="record_restored", states=("consent_refused",), by=SYSTEM, fields=(reference("proof_hash"),)),
        Rule(
            action="record_restored",
            states=("lifting",),
            by=SYSTEM,
            to="restored",
            fields=(reference("proof_hash"),),
            clocks=(meet("im.apply"),),
        ),
        Rule(
            action="record_placed",
            states=("restored",),
            by=SYSTEM,
            to="lifted",
            fields=(number("version"),),
            checks=(rules.placed_since("record_restored"),),
            effects=(other_side(OTHER_SIDE_OVER), took_part("interim_measure.over", "alert")),
        ),
    ),
    clocks=(
        ClockRule(
            "im.ack",
            outcomes=(Outcome(effects=(escalation("interim_measure.late", Role.ADMINISTRATIVE_HEAD),)),),
        ),
        ClockRule("im.decide", outcomes=(Outcome(effects=_level_up("interim_measure.late")),), repeats=True),
        ClockRule("im.apply", outcomes=(Outcome(effects=STUCK),), repeats=True),
        ClockRule("im.review", outcomes=(Outcome(effects=_deciders("interim_measure.review_due")),), person_sees=True),
        ClockRule("im.cumulative_alarm", outcomes=(Outcome(effects=_level_up("interim_measure.runs_long")),)),
        ClockRule(
            "im.end",
            reminds=_deciders("interim_measure.ends_soon"),
            outcomes=(
                Outcome(
                    when=_lapses,
                    to="lifting",
                    clocks=(*OVER, start("im.apply")),
                    effects=(RESTORE, *_deciders("interim_measure.lapsed")),
                ),
                Outcome(
                    to="passed_on",
                    clocks=(meet("im.review"), start("im.escalate"), start("im.apply")),
                    effects=(Effect(EffectKind.EMIT, "measure_passed_on"), *_level_up("interim_measure.end_passed")),
                ),
            ),
            irreversible=True,
            person_sees=True,
        ),
        ClockRule("im.escalate", outcomes=(Outcome(effects=_level_up("interim_measure.end_passed")),), repeats=True),
    ),
)
