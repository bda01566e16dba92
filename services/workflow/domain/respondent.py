"""The alleged offender's side (policy 2.13): a case for each person a report names, which of the parties he alone sees.

It begins when oversight notifies him, or releases the letter on a measure; before that nothing here says that there is
a report (invariant 1). What is decided in the report, or in a measure, arrives here by a step of the system, so that
nobody can charge him, clear him or give him time here alone. Every text that he reads is written to him or by him; who
reported stands in none of its facts.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, reference, staff, text, time
from lifecycle.guards import is_appointed, not_before_now
from lifecycle.model import ActorKind, Case, Effect, EffectKind
from lifecycle.recipients import appointed, escalation, other_side
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role
from services.workflow.domain.measure_parts import BY_ETHICS, ETHICS, ORIGIN, OVERSIGHT
from services.workflow.domain.respondent_rules import (
    CHANCE,
    HEARD,
    MEASURE_ALONE,
    MEASURE_OVER,
    NO_REVIEW,
    NOTHING_WAITS,
    TOLD_OF_MORE,
    earlier,
)

HIS = frozenset({Role.ALLEGED_OFFENDER})
HANDLERS = OVERSIGHT | ETHICS
OFFICES = (Role.INVESTIGATOR, Role.ETHICS_OFFICER)
"""Of these, whichever handles the case hears of it."""
SYSTEM = frozenset({ActorKind.SYSTEM})
BEFORE_CHARGE = ("notified", "responded")
CHARGED = ("charged", "replied")
BEFORE_OUTCOME = (*BEFORE_CHARGE, *CHARGED)
AFTER_OUTCOME = ("outcome_told", "cleared")
TOLD = (*BEFORE_OUTCOME, *AFTER_OUTCOME)
SUPPORT = "support_contact"

CLEARED = Effect(EffectKind.EMIT, "respondent.cleared_for_others")
TELL_HIM = (other_side("respondent.letter"),)
WROTE, RESPONDED, REPLIED, TIME_ASKED = (
    Effect(EffectKind.EMIT, name)
    for name in ("note_subject_wrote", "record_response", "record_reply", "note_time_asked")
)
"""What his file in the report, by the action of this name, learns: that he has written, never what."""
LONGER = Effect(EffectKind.EMIT, "record_extension")


def handlers(case: Case) -> frozenset[Role]:
    """The office that told him: oversight, or the ethics office of a measure that it had asked for. The other one does
    not see his case (invariant 31).
    """
    return ETHICS if case.facts["origin"] == BY_ETHICS else OVERSIGHT


HAS_SUPPORT = is_appointed(SUPPORT, Role.WELFARE_OFFICER)
REVIEW_WINDOW = start("review.request")
ANSWERED = meet("respondent.answer")
TO_CLOSE = start("respondent.close")
"""While his case is open, every word of the report is kept: whoever handles it is asked until it is closed."""
OVER = (meet("subject.response"), meet("charge.reply"), ANSWERED, REVIEW_WINDOW, TO_CLOSE)
FILE = reference("file")
"""The formal report, by its case, in which he is heard; not there while he was told of a measure alone."""
TIME_FOR = choice("time_for", "sick_leave", "official_travel", "translation", "companion", "much_to_read")
LATER_RESPONSE = (not_before_now("response_until", HEARD), earlier("response_until", "subject.response"))
DATES = (time("from_at"), time("until_at"))
HE = {Role.ALLEGED_OFFENDER: "respondent"}

BETWEEN_HIM_AND_US = frozenset(
    {
        "notify",
        "tell_of_measure",
        "write_letter",
        "receive_statement",
        "respond",
        "extend_response",
        "charge",
        "reply_to_charge",
    }
    | {"extend_reply", "ask_more_time", "refuse_more_time", "name_companion", "name_support", "ask_review"}
    | {"receive_review", "tell_outcome", "tell_no_finding", "clear", "close_respondent"}
)
"""The steps that he sees, with what was written beside them; a hold or the other side's review is none of his."""

LIFECYCLE = Lifecycle(
    name="respondent",
    states=(
        State("to_notify", person_sees=False),
        State("notified", person_sees=False),
        State("responded", person_sees=False),
        State("charged", person_sees=False),
        State("replied", person_sees=False),
        State("outcome_told", person_sees=False),
        State("cleared", person_sees=False),
        State("closed", person_sees=False, closed=True),
        State("erased", person_sees=False, closed=True),
    ),
    opening=Opening(state="to_notify", fields=(ORIGIN,)),
    rules=(
        Rule(
            action="notify",
            states=("to_notify",),
            by=SYSTEM,
            to="notified",
            fields=(reference("respondent"), FILE, staff(SUPPORT), text("letter")),
            checks=(HAS_SUPPORT,),
            assigns=HE,
            clocks=(start("subject.response"),),
            effects=(other_side("respondent.told"),),
        ),
        # Of a measure alone, so far: no outcome of a report may ever come, and whoever told him is asked to end it.
        Rule(
            action="tell_of_measure",
            states=("to_notify",),
            by=SYSTEM,
            to="notified",
            fields=(reference("respondent"), *DATES, staff(SUPPORT), text("letter")),
            checks=(HAS_SUPPORT,),
            assigns=HE,
            clocks=(start("subject.response"), start("respondent.close", since="until_at")),
            effects=(other_side("respondent.told"),),
        ),
        # Told of a measure first and of the allegation later, or the other way round: each is a letter of its own.
        Rule(
            action="notify",
            states=BEFORE_OUTCOME,
            by=SYSTEM,
            fields=(FILE, text("letter")),
            clocks=(start("subject.response"), meet("respondent.close")),
            effects=TELL_HIM,
        ),
        # Of another file of the same report: he answers to that one like the first.
        Rule(
            action="notify",
            states=AFTER_OUTCOME,
            by=SYSTEM,
            to="notified",
            fields=(FILE, text("letter")),
            clocks=(start("subject.response"), meet("respondent.close")),
            effects=TELL_HIM,
        ),
        # The time that he has to answer what is said stays as it was promised to him.
        Rule(
            action="tell_of_measure",
            states=TOLD,
            by=SYSTEM,
            fields=(*DATES, text("letter")),
            effects=TELL_HIM,
        ),
        Rule(
            action="write_letter",
            states=TOLD,
            by=HANDLERS,
            fields=(choice("subject", "measure", "dates", "information", "answer"), text("letter")),
            effects=TELL_HIM,
        ),
        Rule(
            action="receive_statement",
            states=TOLD,
            by=SYSTEM,
            fields=(text("statement"),),
            effects=TELL_HIM,
        ),
        Rule(
            action="respond",
            states=BEFORE_CHARGE,
            by=HIS,
            to="responded",
            fields=(text("response"),),
            clocks=(meet("subject.response"),),
            effects=(RESPONDED,),
        ),
        # Told of more after the charge: that letter asks for an answer of its own.
        Rule(
            action="respond",
            states=CHARGED,
            by=HIS,
            fields=(text("response"),),
            guards=(TOLD_OF_MORE,),
            clocks=(meet("subject.response"),),
            effects=(RESPONDED,),
        ),
        # Given here or in the report, it counts in both.
        Rule(
            action="extend_response",
            states=BEFORE_CHARGE,
            by=HANDLERS | SYSTEM,
            fields=(time("response_until"),),
            checks=LATER_RESPONSE,
            clocks=(ANSWERED, start("subject.response", due="response_until")),
            effects=(*TELL_HIM, LONGER),
        ),
        # What he asks for here is time to reply to the charge, and that is for legal affairs to answer.
        Rule(
            action="extend_response",
            states=CHARGED,
            by=SYSTEM,
            fields=(time("response_until"),),
            checks=LATER_RESPONSE,
            guards=(TOLD_OF_MORE,),
            clocks=(start("subject.response", due="response_until"),),
            effects=TELL_HIM,
        ),
        Rule(
            action="charge",
            states=BEFORE_OUTCOME,
            by=SYSTEM,
            to="charged",
            fields=(text("letter"), text("evidence")),
            # From here on he answers to the charge, and the notice asks nothing of him any more.
            clocks=(meet("subject.response"), ANSWERED, start("charge.reply")),
            effects=TELL_HIM,
        ),
        Rule(
            action="reply_to_charge",
            states=CHARGED,
            by=HIS,
            to="replied",
            fields=(text("reply"),),
            clocks=(meet("charge.reply"),),
            effects=(REPLIED,),
        ),
        Rule(
            action="extend_reply",
            states=CHARGED,
            by=SYSTEM,
            fields=(time("reply_until"),),
            checks=(not_before_now("reply_until", HEARD), earlier("reply_until", "charge.reply")),
            clocks=(ANSWERED, start("charge.reply", due="reply_until")),
            effects=TELL_HIM,
        ),
        Rule(
            action="ask_more_time",
            states=BEFORE_CHARGE,
            by=HIS,
            fields=(TIME_FOR,),
            clocks=(start("respondent.answer"),),
            effects=(WROTE,),
        ),
        # Legal affairs, who charged him, answer: in the report, where the same clock asks them.
        Rule(
            action="ask_more_time",
            states=CHARGED,
            by=HIS,
            fields=(TIME_FOR,),
            clocks=(start("respondent.answer"),),
            effects=(TIME_ASKED,),
        ),
        Rule(
            action="refuse_more_time",
            states=BEFORE_CHARGE,
            by=HANDLERS,
            fields=(text("letter"),),
            clocks=(ANSWERED,),
            effects=TELL_HIM,
        ),
        Rule(
            action="refuse_more_time",
            states=CHARGED,
            by=SYSTEM,
            fields=(text("letter"),),
            clocks=(ANSWERED,),
            effects=TELL_HIM,
        ),
        Rule(
            action="name_companion",
            states=TOLD,
            by=HIS,
            fields=(text("companion"),),
            sets={"companion": True},
            effects=(WROTE,),
        ),
        Rule(
            action="name_support",
            states=TOLD,
            by=HANDLERS,
            fields=(staff(SUPPORT),),
            checks=(HAS_SUPPORT,),
            effects=TELL_HIM,
        ),
        # He may have a measure, a decision or how his case was handled looked at again, like the other side.
        Rule(
            action="ask_review",
            states=(*TOLD, "closed"),
            by=HIS,
            fields=(choice("about", "measure", "decision", "closure"), text("request")),
            effects=(Effect(EffectKind.OPEN, "review", {"party": "alleged_offender"}), WROTE),
        ),
        Rule(
            action="receive_review",
            states=(*TOLD, "closed"),
            by=SYSTEM,
            fields=(choice("outcome", "upheld", "changed", "sent_back", "not_admitted"),),
            effects=TELL_HIM,
        ),
        Rule(
            action="tell_outcome",
            states=TOLD,
            by=SYSTEM,
            to="outcome_told",
            fields=(text("letter"),),
            guards=(CHANCE,),
            clocks=OVER,
            effects=TELL_HIM,
        ),
        # He has left, or another body goes on with it: nothing was found for or against him, and no measure ends by it.
        Rule(
            action="tell_no_finding",
            states=BEFORE_OUTCOME,
            by=SYSTEM,
            to="outcome_told",
            fields=(text("letter"),),
            clocks=OVER,
            effects=TELL_HIM,
        ),
        # Everybody who was told of it is told of this, too, on the same day (policy 2.13).
        Rule(
            action="clear",
            states=(*BEFORE_OUTCOME, "outcome_told"),
            by=SYSTEM,
            to="cleared",
            fields=(text("letter"),),
            clocks=OVER,
            effects=(other_side("respondent.nothing_found"), CLEARED),
        ),
        # No report ends what he was told of a measure alone: of one of the ethics office there is none on this side.
        Rule(
            action="close_respondent",
            states=("notified", "responded"),
            by=HANDLERS,
            to="closed",
            fields=(choice("reason", MEASURE_OVER),),
            guards=(MEASURE_ALONE, NOTHING_WAITS, NO_REVIEW),
            clocks=(retention.keep("keep.no_case"),),
        ),
        Rule(
            action="close_respondent",
            states=("cleared",),
            by=HANDLERS,
            to="closed",
            fields=(choice("reason", "cleared"),),
            clocks=(retention.keep("keep.no_case"),),
        ),
        Rule(
            action="close_respondent",
            states=("outcome_told",),
            by=HANDLERS,
            to="closed",
            fields=(choice("reason", "outcome_told"),),
            clocks=(retention.keep("keep.investigated"),),
        ),
        *retention.hold_rules((*TOLD, "closed"), frozenset({Role.INVESTIGATOR})),
        *retention.reviewer_rules((*TOLD, "closed")),
    ),
    clocks=(
        ClockRule(
            "subject.response",
            reminds=TELL_HIM,
            outcomes=(Outcome(effects=(other_side("respondent.time_over"),)),),
            person_sees=True,
        ),
        ClockRule(
            "charge.reply",
            reminds=TELL_HIM,
            outcomes=(Outcome(effects=(other_side("respondent.time_over"),)),),
            person_sees=True,
        ),
        ClockRule(
            "respondent.answer",
            outcomes=(
                # The report's own clock asks legal affairs; he hears that they are late, and that they were asked.
                Outcome(effects=(other_side("respondent.answer_late"),), when=lambda case, _: case.state in CHARGED),
                Outcome(
                    effects=(
                        *(appointed("respondent.waits", role) for role in OFFICES),
                        *(escalation("respondent.waits", role) for role in OFFICES),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        # Nothing else would end it, and his name and her words would be kept for good (invariant 53).
        ClockRule(
            "respondent.close",
            outcomes=(Outcome(effects=tuple(appointed("respondent.still_open", role) for role in OFFICES)),),
            repeats=True,
        ),
        ClockRule(
            "review.request",
            outcomes=(Outcome(effects=(other_side("respondent.review_window_over"),)),),
            person_sees=True,
            outlives=True,
        ),
        *retention.clocks(("keep.no_case", "keep.investigated"), appointed("respondent.kept", Role.INTAKE_OFFICER)),
    ),
)
