"""Sexual exploitation or abuse of somebody who is not personnel (policy 2.7): safety and help first, and the oversight
office at once, even for a rumour.

Whoever tells is asked nothing that would be an inquiry, may stop taking part at any time, and names the affected person
only with that person's consent: without it the allegation is reported without identity. Where it is not clear who the
affected person is, help comes just as fast, and oversight decides what kind of matter it is; what turns out to be a
matter among personnel goes on only by the person's own word.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.asked import always, at, once_rung
from lifecycle.clocks import meet, start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, flag, reference, text, time
from lifecycle.model import NO_NEWS, STOP_CONTACT, ActorKind, Case, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, date_missed, escalation, her_inbox
from lifecycle.table import ClockRule, Field, FieldKind, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Policy, Role
from services.workflow.domain import sea_outside
from services.workflow.domain.formal_rules import CONTACT_WANTED_AGAIN, INVESTIGATE, OVERSIGHT, holds, notes_contact
from services.workflow.domain.sea_outside import RULE

PERSON = frozenset({ActorKind.PERSON})
SYSTEM = frozenset({ActorKind.SYSTEM})
HELPERS = frozenset({Role.PSEAH_OFFICER, Role.SPECIALIST})

NOT_PERSONNEL = ("child", "beneficiary", "community_member")
OUR_OWN = ("own_personnel", "contractor_or_partner", "unknown")
"""Whose conduct oversight inquires into; another entity's people are that entity's to inquire into."""
REPORTED = ("reported_to_oio", "oio_acknowledged")
OPEN = ("told", "safety_first", "class_open", "her_choice", *REPORTED)
CLOSED = ("referred", "closed")
KEPT_FOR = ("keep.out_of_scope", "keep.no_case")
FORMAL = Effect(EffectKind.OPEN, "formal_report")
REPORT_TO_OIO, LEAVE_CLASS_OPEN = "report_to_oio", "leave_class_open"
IDENTITY_WITHDRAWN = Effect(EffectKind.EMIT, "sea_report.identity_withdrawn")
"""Those who handle what has become of it elsewhere hear it, too."""
TAKE_OVER, FORMAL_ERASED = "take_over_allegation", "record_report_erased"


def asked(name: str, otherwise: str, *choices: str) -> Field:
    """Asked and never required (invariant 17): what is not said counts as `otherwise`."""
    return Field(name, FieldKind.CHOICE, False, (*choices, otherwise), otherwise)


def reports_itself(facts: Facts) -> bool:
    """Whether the duty to report at once holds: the affected person is known not to be personnel."""
    return facts["affected_is"] in NOT_PERSONNEL


def _not_known_to_be(situation: Situation) -> Facts | None:
    return None if reports_itself(situation.case.facts) else {"field": "affected_is"}


def _known_to_be(situation: Situation) -> Facts | None:
    return {"field": "affected_is"} if reports_itself(situation.case.facts) else None


MANDATORY = Guard("NO_DUTY_TO_REPORT", RULE, _not_known_to_be)
UNCLEAR = Guard("DUTY_TO_REPORT", RULE, _known_to_be)


def _helpers(wording: str) -> tuple[Effect, ...]:
    return appointed(wording, Role.PSEAH_OFFICER), appointed(wording, Role.SPECIALIST)


MISSED = date_missed("sea_report.date_missed")
TO_OIO = (appointed("sea_report.received", Role.INTAKE_OFFICER),)
# Whatever oversight makes of it, it has had it since the day it was told.
RECEIVED = start("report.ack", since="lodged_at")
REACHED_OIO = (meet("sea.report"), start("report.ack", no_later=True), start(NO_NEWS))
NOTHING_NEW = her_inbox("sea_report.nothing_new")


def _oversight_has_it(case: Case, _: Policy) -> bool:
    return case.state in ("class_open", *REPORTED)


LIFECYCLE = Lifecycle(
    name="sea_report",
    states=(
        State("told", person_sees=True),
        State("safety_first", person_sees=True),
        State("class_open", person_sees=True),
        State("her_choice", person_sees=True),
        State("reported_to_oio", person_sees=True),
        State("oio_acknowledged", person_sees=True),
        State("referred", person_sees=True, closed=True),
        State("closed", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="told",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            asked("basis", "not_said", "told", "seen", "rumour"),
            asked("urgent_needs", "not_said", "yes", "no"),
            asked("affected_is", "unclear", *NOT_PERSONNEL, "personnel"),
            asked("offender_class", "unknown", "own_personnel", "contractor_or_partner", "other_entity"),
            asked("identity_consent", "not_given", "given"),
            asked("writer", "not_said", "affected", "focal_point", "personnel", "community_member"),
        ),
        clocks=(start("sea.report", since="lodged_at"), start("sea.assist", since="lodged_at"), start(NO_NEWS)),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(
        # What somebody of the staff was told, who passed it on here.
        Rule(TAKE_OVER, ("told",), SYSTEM, fields=(text("allegation"),)),
        # Who is excluded is known now. Help is asked for whatever the matter is called.
        Rule(
            action="record_routed",
            states=("told",),
            by=SYSTEM,
            to="safety_first",
            clocks=(start(NO_NEWS),),
            effects=(*_helpers("sea_report.help_needed"), Effect(EffectKind.ERRAND, "tell_of_complaint")),
        ),
        Rule(
            action=REPORT_TO_OIO,
            states=("safety_first",),
            by=SYSTEM,
            to="reported_to_oio",
            guards=(MANDATORY,),
            clocks=(meet("sea.report"), RECEIVED, start(NO_NEWS)),
            effects=TO_OIO,
        ),
        Rule(
            action=LEAVE_CLASS_OPEN,
            states=("safety_first",),
            by=SYSTEM,
            to="class_open",
            guards=(UNCLEAR,),
            clocks=(RECEIVED, start(NO_NEWS)),
            effects=(appointed("sea_report.class_to_decide", Role.INTAKE_OFFICER),),
        ),
        # Whoever told may still know more, or wish it reported whatever it is.
        Rule(
            action=REPORT_TO_OIO,
            states=("class_open", "her_choice"),
            by=PERSON,
            asked=at("her_choice"),
            to="reported_to_oio",
            clocks=REACHED_OIO,
            effects=TO_OIO,
        ),
        Rule(
            action="find_exploitation_or_abuse",
            states=("class_open",),
            by=OVERSIGHT,
            to="reported_to_oio",
            fields=(choice("affected_is", *NOT_PERSONNEL),),
            clocks=REACHED_OIO,
            effects=TO_OIO,
        ),
        Rule(
            action="find_personnel_matter",
            states=("class_open",),
            by=OVERSIGHT,
            to="her_choice",
            fields=(text("reasons"),),
            # Whether it goes on is hers to say: it is not we who owe her news.
            clocks=(meet("sea.report"), meet("report.ack"), meet(NO_NEWS)),
        ),
        # Before oversight has said that it is none of those matters that have to be reported, nobody takes it back: a
        # code may be in somebody else's hands (section 6).
        Rule(
            action="leave_it",
            states=("her_choice",),
            by=PERSON,
            asked=always,
            to="closed",
            fields=(choice("outcome", "another_way", "not_now"),),
            clocks=(start("keep.out_of_scope", not_before=("ret.lookahead",)),),
        ),
        Rule(
            action="note_offender_class",
            states=("reported_to_oio",),
            by=OVERSIGHT,
            fields=(choice("offender_class", "own_personnel", "contractor_or_partner", "other_entity"),),
        ),
        Rule(
            action="acknowledge",
            states=("reported_to_oio",),
            by=OVERSIGHT,
            to="oio_acknowledged",
            guards=(sea_outside.offender_is(*OUR_OWN),),
            # From here on the formal report tells her.
            clocks=(meet("report.ack"), meet(NO_NEWS)),
            effects=(FORMAL,),
        ),
        *sea_outside.RULES,
        # By the person or by whoever helps; what help it was, oversight does not learn (invariant 30).
        Rule(
            action="record_assistance",
            states=OPEN,
            by=PERSON | HELPERS,
            asked=once_rung("sea.assist"),
            fields=(choice("assistance", "connected", "declined"),),
            clocks=(meet("sea.assist"),),
        ),
        # Consent to be named is the affected person's, dated, and hers to take back (invariant 15).
        Rule("give_identity_consent", OPEN, PERSON, sets={"identity_consent": "given"}),
        # Everybody who has had the name hears of it; what had gone by then stands in the steps before this one.
        Rule(
            action="withdraw_identity_consent",
            states=OPEN,
            by=PERSON,
            sets={"identity_consent": "not_given"},
            effects=(
                *_helpers("sea_report.identity_withdrawn"),
                appointed("sea_report.identity_withdrawn", Role.INTAKE_OFFICER),
                IDENTITY_WITHDRAWN,
            ),
        ),
        Rule(
            action="stop_taking_part",
            states=OPEN,
            by=PERSON,
            fields=(flag(STOP_CONTACT),),
            sets={"withdrawn": True},
        ),
        # The code alone may be in somebody else's hands: nothing rests on it, and it is hers to take back.
        Rule(
            action="take_back_withdrawal",
            states=(*OPEN, *CLOSED),
            by=PERSON,
            guards=(holds("withdrawn", "NOT_WITHDRAWN", "invariant 16"),),
            sets={"withdrawn": False, STOP_CONTACT: False},
            effects=(CONTACT_WANTED_AGAIN,),
        ),
        notes_contact((*OPEN, *CLOSED)),
        # Where there is a formal report, a hold on that keeps this too.
        *retention.hold_rules(CLOSED, INVESTIGATE),
        # What was written here is part of the formal report: it goes when that goes, not before.
        Rule(
            action=FORMAL_ERASED,
            states=("oio_acknowledged",),
            by=SYSTEM,
            to="erased",
            effects=(Effect(EffectKind.ERASE, "case"),),
        ),
    ),
    clocks=(
        ClockRule(
            "sea.report",
            reminds=(
                *_helpers("sea_report.not_reported_yet"),
                appointed("sea_report.not_reported_yet", Role.INTAKE_OFFICER),
            ),
            outcomes=(
                Outcome(
                    effects=(
                        appointed("sea_report.report_late", Role.INTAKE_OFFICER),
                        escalation("sea_report.report_late", Role.PSEAH_OFFICER),
                        MISSED,
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "sea.assist",
            reminds=_helpers("sea_report.no_help_yet"),
            outcomes=(Outcome(effects=(escalation("sea_report.help_late", Role.PSEAH_OFFICER), MISSED)),),
            repeats=True,
            person_sees=True,
        ),
        sea_outside.ANSWERS,
        ClockRule(
            "report.ack",
            reminds=(appointed("sea_report.acknowledge_soon", Role.INTAKE_OFFICER),),
            outcomes=(Outcome(effects=(escalation("sea_report.acknowledgement_late", Role.INTAKE_OFFICER), MISSED)),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            NO_NEWS,
            outcomes=(
                Outcome(
                    when=_oversight_has_it,
                    effects=(appointed("sea_report.update_due", Role.INTAKE_OFFICER), NOTHING_NEW),
                ),
                Outcome(effects=(NOTHING_NEW,)),
            ),
            repeats=True,
            person_sees=True,
        ),
        *retention.clocks(KEPT_FOR, appointed("sea_report.kept", Role.INTAKE_OFFICER)),
    ),
    deciding=("class_open",),
)
