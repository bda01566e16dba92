"""The alleged offender's side (policy 2.13): a case for each person a report names, which of the parties he alone sees.

It begins when oversight notifies him, or releases the letter on a measure; before that nothing here says that there is
a report (invariant 1). Every text of this case is written to him or by him; who reported stands in none of its facts.
"""

from __future__ import annotations

from lifecycle.clocks import DUE, meet, start
from lifecycle.fields import choice, number, reference, staff, text, time
from lifecycle.guards import is_appointed, not_before_now
from lifecycle.model import Effect, EffectKind, Facts
from lifecycle.recipients import appointed, escalation, other_side, took_part
from lifecycle.table import ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role
from services.workflow.domain import retention

HIS = frozenset({Role.ALLEGED_OFFENDER})
HANDLERS = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.ETHICS_OFFICER, Role.ALTERNATE_ETHICS_OFFICER})
# Legal affairs and deciders act through the report's own case; what they do arrives here, and they do not see it.
WRITERS = HANDLERS | {
    Role.LEGAL_OFFICER,
    Role.ADMINISTRATIVE_HEAD,
    Role.HR_DIRECTOR,
    Role.EXECUTIVE_HEAD,
    Role.OVERSIGHT_COMMITTEE,
}
BEFORE_OUTCOME = ("notified", "responded", "charged", "replied")
TOLD = (*BEFORE_OUTCOME, "outcome_told", "cleared")
HEARD = "invariant 48"
SUPPORT = "support_contact"

CLEARED = Effect(EffectKind.EMIT, "respondent.cleared_for_others")
TELL_HIM = (other_side("respondent.letter"),)
TELL_HANDLERS = (took_part("respondent.wrote", "notify"), took_part("respondent.wrote", "charge"))


def _has_answered(situation: Situation) -> bool:
    """He did, or had the time to: to the charge where there is one, else to the notice."""
    case = situation.case
    charged = any(step.action == "charge" for step in case.steps)
    key, answer = ("charge.reply", "reply_to_charge") if charged else ("subject.response", "respond")
    since = max((step.version for step in case.steps if step.action in {"charge", "notify"}), default=0)
    answered = any(step.action == answer and step.version > since for step in case.steps)
    clock = case.clocks.get(key)
    return answered or (clock is not None and (DUE in clock.rung or clock.due_at <= situation.now))


def _not_heard(situation: Situation) -> Facts | None:
    return None if _has_answered(situation) else {"needs": "respond"}


def _earlier(name: str, key: str) -> Guard:
    def broken(situation: Situation) -> Facts | None:
        clock = situation.case.clocks.get(key)
        later = clock is None or str(situation.facts[name]) > clock.due_at.isoformat()
        return None if later else {"field": name, "after": key}

    return Guard("TIMES_OUT_OF_ORDER", HEARD, broken)


CHANCE = Guard("NOT_HEARD", HEARD, _not_heard)
HAS_SUPPORT = is_appointed(SUPPORT, Role.WELFARE_OFFICER)

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
    opening=Opening(state="to_notify", fields=(number("file"),)),
    rules=(
        Rule(
            action="notify",
            states=("to_notify",),
            by=WRITERS,
            to="notified",
            fields=(
                reference("respondent"),
                choice("letter_about", "allegation", "measure"),
                staff(SUPPORT),
                time("from_at", required=False),
                time("until_at", required=False),
                text("letter"),
            ),
            checks=(HAS_SUPPORT,),
            assigns={Role.ALLEGED_OFFENDER: "respondent"},
            clocks=(start("subject.response"),),
            effects=(other_side("respondent.told"),),
        ),
        # Told of a measure first and of the allegation later, or the other way round: each is a letter of its own.
        Rule(
            action="notify",
            states=TOLD,
            by=WRITERS,
            fields=(
                choice("letter_about", "allegation", "measure"),
                time("from_at", required=False),
                time("until_at", required=False),
                text("letter"),
            ),
            clocks=(start("subject.response"),),
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
            by=WRITERS,
            fields=(text("statement"),),
            effects=TELL_HIM,
        ),
        Rule(
            action="respond",
            states=("notified", "responded"),
            by=HIS,
            to="responded",
            fields=(text("response"),),
            clocks=(meet("subject.response"),),
            effects=(Effect(EffectKind.EMIT, "record_response"), *TELL_HANDLERS),
        ),
        Rule(
            action="extend_response",
            states=BEFORE_OUTCOME,
            by=WRITERS,
            fields=(time("response_until"),),
            checks=(not_before_now("response_until", HEARD), _earlier("response_until", "subject.response")),
            clocks=(meet("respondent.answer"), start("subject.response", due="response_until")),
            effects=TELL_HIM,
        ),
        Rule(
            action="charge",
            states=BEFORE_OUTCOME,
            by=WRITERS,
            to="charged",
            fields=(text("letter"), text("evidence")),
            clocks=(start("charge.reply"),),
            effects=TELL_HIM,
        ),
        Rule(
            action="reply_to_charge",
            states=("charged", "replied"),
            by=HIS,
            to="replied",
            fields=(text("reply"),),
            clocks=(meet("charge.reply"),),
            effects=(Effect(EffectKind.EMIT, "record_reply"), *TELL_HANDLERS),
        ),
        Rule(
            action="extend_reply",
            states=("charged", "replied"),
            by=WRITERS,
            fields=(time("reply_until"),),
            checks=(not_before_now("reply_until", HEARD), _earlier("reply_until", "charge.reply")),
            clocks=(meet("respondent.answer"), start("charge.reply", due="reply_until")),
            effects=TELL_HIM,
        ),
        Rule(
            action="ask_more_time",
            states=BEFORE_OUTCOME,
            by=HIS,
            fields=(choice("time_for", "sick_leave", "official_travel", "translation", "companion", "much_to_read"),),
            clocks=(start("respondent.answer"),),
            effects=TELL_HANDLERS,
        ),
        Rule(
            action="refuse_more_time",
            states=BEFORE_OUTCOME,
            by=HANDLERS,
            fields=(text("letter"),),
            clocks=(meet("respondent.answer"),),
            effects=TELL_HIM,
        ),
        Rule(
            action="name_companion",
            states=TOLD,
            by=HIS,
            fields=(text("companion"),),
            sets={"companion": True},
            effects=TELL_HANDLERS,
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
            states=TOLD,
            by=HIS,
            fields=(choice("about", "measure", "decision", "closure"), text("request")),
            effects=(Effect(EffectKind.OPEN, "review", {"party": "alleged_offender"}), *TELL_HANDLERS),
        ),
        Rule(
            action="tell_outcome",
            states=("notified", "responded", "charged", "replied", "outcome_told", "cleared"),
            by=WRITERS,
            to="outcome_told",
            fields=(text("letter"),),
            guards=(CHANCE,),
            effects=TELL_HIM,
        ),
        # Everybody who was told of it is told of this, too, on the same day (policy 2.13).
        Rule(
            action="clear",
            states=("notified", "responded", "charged", "replied", "outcome_told"),
            by=WRITERS,
            to="cleared",
            fields=(text("letter"),),
            clocks=(meet("subject.response"), meet("charge.reply"), meet("respondent.answer")),
            effects=(other_side("respondent.nothing_found"), CLEARED),
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
        *retention.freeze_rules((*TOLD, "closed")),
    ),
    clocks=(
        ClockRule(
            "subject.response",
            reminds=TELL_HIM,
            outcomes=(Outcome(effects=(other_side("respondent.time_over"),)),),
        ),
        ClockRule(
            "charge.reply",
            reminds=TELL_HIM,
            outcomes=(Outcome(effects=(other_side("respondent.time_over"),)),),
        ),
        ClockRule(
            "respondent.answer",
            outcomes=(
                Outcome(
                    effects=(
                        appointed("respondent.waits", Role.INVESTIGATOR),
                        escalation("respondent.waits", Role.INVESTIGATOR),
                    )
                ),
            ),
            repeats=True,
        ),
        *retention.clocks(("keep.no_case", "keep.investigated"), appointed("respondent.kept", Role.INTAKE_OFFICER)),
    ),
)
