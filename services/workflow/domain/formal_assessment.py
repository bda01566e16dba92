"""A formal report from receipt to the decision whether it is investigated (policy 2.2).

No informal step is asked for or looked at (invariants 11, 12); a late report, an unclear one or a silent person is
decided on by somebody, with reasons, never by a date (invariants 50, 52).
"""

from __future__ import annotations

from lifecycle.asked import always
from lifecycle.clocks import meet, pause, resume, start
from lifecycle.fields import choice, flag, number, staff, text, time
from lifecycle.guards import confirmed, is_appointed, took_no_part
from lifecycle.model import NO_MESSAGES, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, assigned, date_missed, escalation, her_inbox
from lifecycle.retention import keep
from lifecycle.table import ACTOR, ClockRule, Guard, Outcome, Rule, Situation
from policy.model import Role
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_rules import (
    ASSESSMENT,
    AT_LEG,
    CLEAR,
    INVESTIGATE,
    OPEN,
    OVERSIGHT,
    PERSON,
    SYSTEM,
)

NEXT_UPDATE = start("report.update")
LAWFUL_PAUSE = choice("pause_reason", "sick_leave", "official_travel", "informal_effort", "tolling")
HANDLER = assigned("formal_report.answered", Role.INVESTIGATOR)
REVIEW_WINDOW = start("review.request")
CLOSES = rules.delegated("close_without_investigation")


def late(role: Role) -> tuple[Effect, ...]:
    """A date of ours has passed: one level up hears of it, two when it has passed again, and she is told once that we
    have not kept it.
    """
    return escalation("formal_report.late", role), date_missed("formal_report.date_missed")


def _limit_not_flagged(situation: Situation) -> Facts | None:
    return None if "time_limit" in situation.case.facts else {"needs": "flag_time_limit"}


LIMIT_FLAGGED = Guard("TIME_LIMIT_NOT_FLAGGED", rules.POLICY, _limit_not_flagged)

RECEIPT = (
    # Who is excluded is known now, so the office may be told.
    Rule(
        action="record_routed",
        states=OPEN,
        by=SYSTEM,
        guards=(took_no_part("record_routed", rule="lifecycle"),),
        effects=(
            appointed("formal_report.received", Role.INTAKE_OFFICER),
            Effect(EffectKind.ERRAND, "tell_of_complaint"),
        ),
    ),
    Rule(
        # Whoever hears of it one level up can do it too: an officer who is silent holds nothing up.
        action="acknowledge",
        states=("submitted",),
        by=OVERSIGHT,
        to="acknowledged",
        clocks=(meet("report.ack"), start("report.feedback"), NEXT_UPDATE),
        assigns={Role.INTAKE_OFFICER: ACTOR},
    ),
    Rule(
        action="start_assessment",
        states=("acknowledged",),
        by=OVERSIGHT,
        to="assessing",
        clocks=(NEXT_UPDATE,),
        assigns={Role.INVESTIGATOR: ACTOR},
    ),
    # One sub-file for each alleged offender, so that each sees his own matter only. She is written to from the first.
    Rule(
        action="open_subfile",
        states=("assessing", "investigating", *AT_LEG),
        by=INVESTIGATE,
        fields=(text("respondent"),),
        guards=(rules.MAIN_FILE,),
        effects=(Effect(EffectKind.OPEN, "formal_report"),),
    ),
    Rule(
        action="begin_subfile",
        states=("submitted",),
        by=SYSTEM,
        to="assessing",
        fields=(text("respondent"), staff("investigator")),
        clocks=(meet("report.ack"), NEXT_UPDATE),
        assigns={Role.INVESTIGATOR: "investigator"},
        sets={rules.SUBFILE: True, NO_MESSAGES: True},
    ),
    Rule(
        action="hand_over",
        states=OPEN,
        by=OVERSIGHT,
        fields=(staff("investigator"),),
        checks=(is_appointed("investigator", *INVESTIGATE), rules.SOMEBODY_ELSE),
        assigns={Role.INVESTIGATOR: "investigator"},
        sets={"other_handler_wanted": False},
        effects=(assigned("formal_report.handed_over", Role.INVESTIGATOR),),
    ),
    # A link is one of the office's own, sealed; nothing is merged and nobody else learns of it (invariant 49).
    Rule(
        action="link_report",
        states=OPEN,
        by=OVERSIGHT,
        fields=(choice("relation", "same_facts", "group", "counter_report"), text("other_case")),
        effects=(Effect(EffectKind.EMIT, "report_linked"),),
    ),
    Rule(action="want_other_handler", states=OPEN, by=SYSTEM, sets={"other_handler_wanted": True}),
    Rule(action="send_update", states=OPEN, by=OVERSIGHT | rules.LEGAL, clocks=(NEXT_UPDATE,)),
)

ASSESSING = (
    Rule(
        action="pause_assessment",
        states=("assessing",),
        by=OVERSIGHT,
        fields=(LAWFUL_PAUSE,),
        clocks=(pause("assess.target", reason="pause_reason"),),
    ),
    Rule(action="resume_assessment", states=("assessing",), by=OVERSIGHT, clocks=(resume("assess.target"),)),
    Rule(
        action="ask_person",
        states=("assessing",),
        by=OVERSIGHT,
        to="needs_info",
        guards=(rules.CONTACT_WANTED, rules.NOT_GONE),
        clocks=(start("anon.silence"), NEXT_UPDATE),
    ),
    Rule(
        action="answer_question",
        states=("needs_info",),
        by=PERSON,
        asked=always,
        to="assessing",
        clocks=(meet("anon.silence"),),
        effects=(HANDLER,),
    ),
    # She wrote a message: that is an answer, whatever she calls it.
    Rule(
        action="record_answer",
        states=("needs_info",),
        by=SYSTEM,
        to="assessing",
        clocks=(meet("anon.silence"),),
        effects=(HANDLER,),
    ),
    Rule(
        action="go_on_without_answer",
        states=("needs_info",),
        by=OVERSIGHT,
        to="assessing",
        clocks=(meet("anon.silence"),),
    ),
    # A flag and no more: with dates where the policy has a limit, and what lawfully does not count.
    Rule(
        action="flag_time_limit",
        states=ASSESSMENT[1:],
        by=OVERSIGHT,
        fields=(
            time("last_incident_at"),
            number("tolled_days", required=False),
            choice("tolled_for", "sick_leave", "official_travel", "informal_effort", "tolling", required=False),
        ),
        derives=rules.time_limit,
    ),
    Rule(
        action="decide_time_limit",
        states=ASSESSMENT[1:],
        by=OVERSIGHT,
        fields=(choice("admission", "in_time", "admitted_late", "not_admitted"), text("reasons")),
        guards=(LIMIT_FLAGGED,),
        effects=(her_inbox("formal_report.time_limit_decided"),),
    ),
    # Somebody else reported, and she does not want it formal: her wish is weighed, and she is told before contact.
    Rule(
        action="weigh_preference",
        states=("assessing", "needs_info"),
        by=INVESTIGATE,
        fields=(
            choice("weighed", "goes_on", "wish_respected"),
            choice("ground", "gravity", "others_at_risk", "child_or_sea", "her_wish"),
            flag("affected_told_first"),
            text("reasons"),
        ),
        checks=(confirmed("affected_told_first", "policy 1"),),
        sets={"preference_weighed": True},
    ),
    Rule(
        action="open_investigation",
        states=("assessing",),
        by=INVESTIGATE,
        to="investigating",
        fields=(choice("kind", "other", "sexual"), text("reasons")),
        guards=(rules.delegated("open_investigation"), rules.PREFERENCE, rules.OTHER_HANDLER),
        derives=rules.investigation_since,
        clocks=(
            meet("assess.target"),
            meet("report.feedback"),
            start("investigation", since="investigation_since", by="kind"),
            start("subject.notice"),
            NEXT_UPDATE,
        ),
    ),
    Rule(
        action="close_no_action",
        states=("assessing", "needs_info"),
        by=INVESTIGATE,
        to="closed",
        fields=(
            choice("reason", "no_reasonable_chance", "no_answer", "withdrawn", "out_of_time", "wish_respected"),
            text("reasons"),
        ),
        guards=(CLOSES, rules.OTHER_HANDLER),
        checks=(rules.TOO_EARLY,),
        clocks=(keep("keep.no_case"), REVIEW_WINDOW),
        effects=(CLEAR,),
    ),
    Rule(
        action="close_out_of_scope",
        states=("assessing", "needs_info"),
        by=INVESTIGATE,
        to="closed",
        fields=(choice("reason", "outside_mandate", "nothing_reported"), text("reasons")),
        guards=(CLOSES, rules.OTHER_HANDLER),
        clocks=(keep("keep.out_of_scope"), REVIEW_WINDOW),
        effects=(CLEAR,),
    ),
    # She is told of it, and no more: no case opens, and the formal way stays hers.
    Rule(
        action="refer_informal",
        states=("assessing",),
        by=INVESTIGATE,
        to="referred_informal",
        fields=(choice("reason", "below_misconduct", "her_wish"), text("reasons")),
        guards=(CLOSES,),
        clocks=(keep("keep.no_case"), REVIEW_WINDOW),
        effects=(CLEAR,),
    ),
    # A matter of the ethics office that came here: see misdirected_report. Nobody here reads it from now on.
    Rule(
        action="pass_on",
        states=("submitted", "acknowledged", "assessing"),
        by=OVERSIGHT,
        to="passed_on",
        fields=(choice("matter", "retaliation"), choice("reason", "not_ours")),
        guards=(rules.MAIN_FILE,),
        clocks=(keep("keep.out_of_scope"),),
        effects=(Effect(EffectKind.OPEN, "misdirected_report"),),
    ),
)

RULES = (*RECEIPT, *ASSESSING)

CLOCKS = (
    ClockRule(
        "report.ack",
        reminds=(appointed("formal_report.ack_soon", Role.INTAKE_OFFICER),),
        outcomes=(Outcome(effects=late(Role.INTAKE_OFFICER)),),
        repeats=True,
        person_sees=True,
    ),
    ClockRule("report.feedback", outcomes=(Outcome(effects=late(Role.INVESTIGATOR)),), repeats=True, person_sees=True),
    ClockRule(
        "assess.target",
        outcomes=(Outcome(effects=late(Role.INVESTIGATOR)),),
        repeats=True,
        person_sees=True,
        pause_cap="assess.pause",
    ),
    # Somebody has to decide then; it closes nothing.
    ClockRule(
        "anon.silence",
        reminds=(her_inbox("formal_report.question_waits"),),
        outcomes=(
            Outcome(
                effects=(assigned("formal_report.silent", Role.INVESTIGATOR), her_inbox("formal_report.still_open"))
            ),
        ),
        person_sees=True,
    ),
    # She hears from us even if nothing has moved. When it is due again and nobody has told her anything meanwhile,
    # whoever has it is silent: the level above the intake officer hears of it, and each time after that the next one.
    ClockRule(
        "report.update",
        outcomes=(
            Outcome(
                effects=(
                    assigned("formal_report.update_due", Role.INTAKE_OFFICER),
                    assigned("formal_report.update_due", Role.INVESTIGATOR),
                    her_inbox("formal_report.nothing_new"),
                    escalation("formal_report.late", Role.INTAKE_OFFICER, after=1),
                )
            ),
        ),
        repeats=True,
        person_sees=True,
    ),
)
