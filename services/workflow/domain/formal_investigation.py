"""The investigation of a formal report: notice and a hearing before any finding (invariant 48), pauses that are lawful
and limited, and every disclosure an act of its own (policy 2.2, invariants 1, 4, 9).
"""

from __future__ import annotations

from lifecycle.clocks import meet, pause, resume, start
from lifecycle.fields import choice, flag, staff, text, time
from lifecycle.guards import is_appointed, not_before_now
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import assigned, her_inbox
from lifecycle.table import ClockRule, Outcome, Rule
from policy.model import Role
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_assessment import HANDLER, LAWFUL_PAUSE, NEXT_UPDATE, late
from services.workflow.domain.formal_rules import CLEAR, INVESTIGATE, OVERSIGHT, SYSTEM, to_respondent

HERE = ("investigating",)
AFTER_OPENING = ("investigating", *rules.AT_LEG, *rules.SETTLED, "disclosure_decided")

RULES = (
    # At a time that the office chooses; putting it off needs a reason and an end.
    Rule(
        action="defer_notice",
        states=HERE,
        by=INVESTIGATE,
        fields=(
            choice("deferred_for", "evidence_at_risk", "somebody_at_risk", "inquiry_at_risk"),
            time("deferred_until"),
            text("reasons"),
        ),
        checks=(not_before_now("deferred_until", rules.HEARD),),
        clocks=(start("subject.notice", due="deferred_until"),),
    ),
    Rule(
        action="notify_subject",
        states=HERE,
        by=INVESTIGATE,
        fields=(text("letter"),),
        clocks=(meet("subject.notice"), start("subject.response"), NEXT_UPDATE),
        # Told of more, he has not been heard on that yet.
        sets={"subject_notified": True, "subject_heard": False},
        effects=(to_respondent("notify"),),
    ),
    Rule(
        action="record_response",
        states=HERE,
        by=SYSTEM | OVERSIGHT,
        guards=(rules.NOTIFIED,),
        clocks=(meet("subject.response"),),
        sets={"subject_heard": True},
        effects=(HANDLER,),
    ),
    Rule(
        action="extend_response",
        states=HERE,
        by=INVESTIGATE,
        fields=(time("response_until"), text("reasons")),
        guards=(rules.NOTIFIED,),
        checks=(rules.later("response_until", "subject.response", rules.HEARD),),
        clocks=(start("subject.response", due="response_until"),),
        effects=(to_respondent("extend_response"),),
    ),
    # Given in his own case: it is his time here, too.
    Rule(
        action="record_extension",
        states=HERE,
        by=SYSTEM,
        fields=(time("response_until"),),
        clocks=(start("subject.response", due="response_until"),),
    ),
    Rule(
        action="note_subject_wrote",
        states=AFTER_OPENING,
        by=SYSTEM,
        effects=tuple(assigned("respondent.wrote", role) for role in (Role.INVESTIGATOR, Role.LEGAL_OFFICER)),
    ),
    # He had his time and did not use it: that is on record, and the inquiry goes on.
    Rule(
        action="go_on_unheard",
        states=HERE,
        by=INVESTIGATE,
        fields=(text("reasons"),),
        guards=(rules.NOTIFIED, rules.has_rung("subject.response", rules.HEARD)),
        sets={"subject_heard": True},
    ),
    # Somebody who is ill is asked in writing, so that a pause does not become the end of it.
    Rule(
        action="pause_investigation",
        states=HERE,
        by=INVESTIGATE,
        fields=(LAWFUL_PAUSE, flag("in_writing_offered"), text("reasons")),
        checks=(rules.IN_WRITING,),
        clocks=(pause("investigation", reason="pause_reason"),),
        effects=(her_inbox("formal_report.paused"),),
    ),
    Rule(
        action="resume_investigation",
        states=HERE,
        by=INVESTIGATE,
        clocks=(resume("investigation"), NEXT_UPDATE),
        effects=(her_inbox("formal_report.resumed"),),
    ),
    # Cooperating is protected too: whoever is named here, sealed, is watched over from now on (policy 1).
    Rule(
        action="record_witness",
        states=("assessing", *HERE),
        by=INVESTIGATE,
        fields=(text("witness"),),
        effects=(Effect(EffectKind.EMIT, "cooperation_started"),),
    ),
    # What somebody said goes to a party when the office decides so, in the words that it has redacted.
    Rule(
        action="disclose_to_subject",
        states=AFTER_OPENING,
        by=INVESTIGATE,
        fields=(text("statement"), text("reasons")),
        guards=(rules.NOTIFIED,),
        effects=(to_respondent("receive_statement"),),
    ),
    Rule(
        action="disclose_to_person",
        states=(*AFTER_OPENING, *rules.TOLD),
        by=INVESTIGATE,
        fields=(text("statement"), text("reasons")),
        guards=(rules.CONTACT_WANTED, rules.NOT_GONE),
        effects=(her_inbox("formal_report.statement_disclosed"),),
    ),
    # No automatic end when he leaves: somebody decides, with reasons.
    Rule(
        action="record_subject_left",
        states=(*HERE, *rules.AT_LEG),
        by=INVESTIGATE | rules.LEGAL,
        fields=(choice("departure", "resigned", "contract_ended", "dismissed_otherwise", "not_known"),),
        sets={"subject_left": True},
        effects=(assigned("formal_report.subject_left", Role.INVESTIGATOR),),
    ),
    Rule(
        action="decide_clearcheck",
        states=(*HERE, *rules.AT_LEG, *rules.SETTLED),
        by=INVESTIGATE | rules.LEGAL,
        fields=(choice("clearcheck", "entered", "not_entered"), text("reasons")),
    ),
    Rule(
        action="discontinue_investigation",
        states=HERE,
        by=INVESTIGATE,
        to="discontinued",
        fields=(
            choice("discontinued_for", "subject_left", "no_way_to_establish", "another_body_acts", "person_withdrew"),
            text("reasons"),
        ),
        guards=(rules.CLEARCHECK,),
        clocks=(meet("investigation"), meet("subject.notice"), meet("subject.response"), NEXT_UPDATE),
        effects=(CLEAR,),
    ),
    Rule(
        action="report_to_leg",
        states=HERE,
        by=INVESTIGATE,
        to="at_leg",
        fields=(
            choice("finding", "not_substantiated", "inconclusive", "substantiated"),
            text("report"),
            staff("legal_officer"),
        ),
        checks=(rules.UNHEARD, is_appointed("legal_officer", Role.LEGAL_OFFICER)),
        assigns={Role.LEGAL_OFFICER: "legal_officer"},
        clocks=(
            meet("investigation"),
            meet("subject.notice"),
            meet("subject.response"),
            start("leg.review"),
            NEXT_UPDATE,
        ),
        effects=(assigned("formal_report.at_leg_now", Role.LEGAL_OFFICER),),
    ),
)

CLOCKS = (
    ClockRule(
        "investigation",
        outcomes=(Outcome(effects=late(Role.INVESTIGATOR)),),
        repeats=True,
        person_sees=True,
        pause_cap="investigation.pause",
    ),
    ClockRule(
        "subject.notice", outcomes=(Outcome(effects=(assigned("formal_report.notice_due", Role.INVESTIGATOR),)),)
    ),
    ClockRule(
        "subject.response", outcomes=(Outcome(effects=(assigned("formal_report.unanswered", Role.INVESTIGATOR),)),)
    ),
)
