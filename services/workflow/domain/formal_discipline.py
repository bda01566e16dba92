"""What follows from an investigation (policy 2.2): legal affairs look at it and recommend, somebody else decides, step
by step; nothing is decided against anybody who was not heard (invariant 48).

Her inbox shows one and the same for all of it: how far discipline has gone is not hers to know before its outcome.
"""

from __future__ import annotations

from lifecycle.asked import until
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, text
from lifecycle.guards import took_no_part
from lifecycle.recipients import assigned, escalation, her_inbox
from lifecycle.table import ACTOR, ClockRule, Outcome, Rule
from policy.model import Role
from services.workflow.domain import formal_charging
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_assessment import late
from services.workflow.domain.formal_charging import ANSWERED, TO_LEGAL, UNANSWERED
from services.workflow.domain.formal_rules import (
    AT_LEG,
    CLEAR,
    DECIDER_PARTS,
    DECIDERS,
    LEGAL,
    OVERSIGHT,
    PERSON,
    SECOND,
    SECOND_PARTS,
    SETTLED,
    to_respondent,
)

DECIDED_APART = took_no_part("report_to_leg", "charge", "recommend", "open_investigation", rule=rules.POLICY)
DISCIPLINE = rules.delegated("discipline")
NOT_THE_DECIDER = took_no_part("decide_discipline", "dismiss_summarily", rule=rules.POLICY)
SIGNS = (rules.BY_SECOND, rules.second_for("discipline"), DECIDED_APART, NOT_THE_DECIDER)
TO_SECOND = tuple(assigned("formal_report.signature_asked", role) for role in SECOND_PARTS)
TO_DECIDER = tuple(assigned("formal_report.decision_asked", role) for role in DECIDER_PARTS)
LATE_REVIEW = late(Role.LEGAL_OFFICER)
DECISION_LATE = (
    *(assigned("formal_report.decision_late", role) for role in (*DECIDER_PARTS, *SECOND_PARTS, Role.LEGAL_OFFICER)),
    escalation("formal_report.decision_late", Role.LEGAL_OFFICER),
)
ADVICE_GIVEN = (meet("leg.review"), start("discipline.decide"))
"""From here somebody else has to act: to decide, to sign, to send the letter."""

RULES = (
    # He is cleared the same day, and everybody who was told is told.
    Rule(
        action="find_no_case",
        states=("at_leg", "replied"),
        by=LEGAL,
        to="no_case",
        fields=(text("reasons"),),
        guards=(rules.BY_LEGAL,),
        clocks=(meet("leg.review"), ANSWERED),
        effects=(CLEAR,),
    ),
    Rule(
        action="advise_managerial_action",
        states=("at_leg", "replied"),
        by=LEGAL,
        to="managerial_action",
        fields=(text("reasons"), text("letter"), *rules.parts(DECIDER_PARTS)),
        guards=(rules.BY_LEGAL, rules.holds("subject_heard", "NOT_HEARD", rules.HEARD), UNANSWERED),
        checks=(rules.named_one(DECIDER_PARTS),),
        unassigns=tuple(DECIDER_PARTS),
        assigns=DECIDER_PARTS,
        clocks=ADVICE_GIVEN,
        effects=(to_respondent("tell_outcome"), *TO_DECIDER),
    ),
    Rule(
        action="take_managerial_action",
        states=("managerial_action",),
        by=DECIDERS,
        fields=(text("what_was_done"),),
        guards=(rules.BY_DECIDER, rules.delegated("managerial_action")),
        clocks=(meet("discipline.decide"),),
        sets={"managerial_action_taken": True},
    ),
    *formal_charging.RULES,
    Rule(
        action="recommend",
        states=("replied",),
        by=LEGAL,
        to="recommended",
        fields=(
            choice("recommendation", "sanction", "no_sanction", "summary_dismissal"),
            text("advice"),
            *rules.parts(DECIDER_PARTS),
        ),
        guards=(rules.BY_LEGAL, UNANSWERED),
        checks=(rules.named_one(DECIDER_PARTS),),
        unassigns=tuple(DECIDER_PARTS),
        assigns=DECIDER_PARTS,
        clocks=ADVICE_GIVEN,
        effects=TO_DECIDER,
    ),
    Rule(
        action="decide_discipline",
        states=("recommended",),
        by=DECIDERS,
        to="decided",
        fields=(
            choice("sanction", "censure", "loss_of_step", "deferment", "demotion", "separation"),
            text("reasons"),
            *rules.parts(SECOND_PARTS),
        ),
        guards=(rules.BY_DECIDER, DISCIPLINE, DECIDED_APART),
        checks=(rules.named_one(SECOND_PARTS),),
        assigns=SECOND_PARTS,
        effects=TO_SECOND,
    ),
    # A sanction needs a second signature, by somebody else.
    Rule(
        action="sign_second",
        states=("decided",),
        by=SECOND,
        fields=(text("reasons"),),
        guards=SIGNS,
        sets={"signed_second": True},
    ),
    # Whoever is asked to sign may say no: what was decided is no decision then, and the next one is signed by whom it
    # names. What else waited for the same person, as a question of immunity, legal affairs ask of somebody again.
    Rule(
        action="decline_signature",
        states=("decided",),
        by=SECOND,
        to="recommended",
        fields=(text("reasons"),),
        guards=(*SIGNS, rules.NOT_SIGNED),
        unassigns=(ACTOR,),
        sets={"sanction": ""},
        effects=tuple(
            assigned("formal_report.signature_declined", role) for role in (*DECIDER_PARTS, Role.LEGAL_OFFICER)
        ),
    ),
    Rule(
        action="decide_no_sanction",
        states=("recommended",),
        by=DECIDERS,
        to="no_case",
        fields=(text("reasons"),),
        guards=(rules.BY_DECIDER, DISCIPLINE, DECIDED_APART),
        clocks=(meet("discipline.decide"), ANSWERED),
        effects=(CLEAR,),
    ),
    # An outcome of its own, only when it was recommended, and never without knowing what she thinks of it.
    Rule(
        action="dismiss_summarily",
        states=("recommended",),
        by=DECIDERS,
        to="decided",
        fields=(text("reasons"), *rules.parts(SECOND_PARTS)),
        guards=(rules.BY_DECIDER, DISCIPLINE, DECIDED_APART, rules.ADVISED, rules.VIEW),
        checks=(rules.named_one(SECOND_PARTS),),
        assigns=SECOND_PARTS,
        sets={"sanction": "summary_dismissal"},
        effects=TO_SECOND,
    ),
    Rule(
        action="send_letter",
        states=("decided",),
        by=DECIDERS | LEGAL,
        to="letter_sent",
        fields=(text("letter"),),
        guards=(rules.SIGNED,),
        clocks=(meet("discipline.decide"), ANSWERED),
        effects=(to_respondent("tell_outcome"),),
    ),
    # She is asked; that she does not want to say is a view too. It is recorded and decides nothing by itself.
    Rule(
        action="ask_view",
        states=(*AT_LEG, *SETTLED),
        by=LEGAL | OVERSIGHT,
        guards=(rules.CONTACT_WANTED, rules.NOT_GONE),
        sets={"view_asked": True},
        effects=(her_inbox("formal_report.view_asked"),),
    ),
    Rule(
        action="state_view",
        states=(*AT_LEG, *SETTLED),
        by=PERSON,
        fields=(choice("view", "agrees", "objects", "prefers_not_to_say"),),
        guards=(rules.NOT_GONE, rules.holds("view_asked", "NOT_ASKED", rules.POLICY)),
        asked=until("state_view", after=("ask_view",)),
        sets={"view_recorded": True},
        effects=TO_LEGAL,
    ),
    Rule(
        action="record_view",
        states=(*AT_LEG, *SETTLED),
        by=LEGAL,
        fields=(choice("view", "agrees", "objects", "prefers_not_to_say", "not_reached"), text("reasons")),
        guards=(rules.BY_LEGAL,),
        sets={"view_recorded": True},
    ),
    # Through legal affairs, and the head of the organisation because of immunity.
    Rule(
        action="propose_national_referral",
        states=(*AT_LEG, *SETTLED),
        by=LEGAL,
        fields=(text("reasons"), *rules.parts(SECOND_PARTS)),
        guards=(rules.BY_LEGAL, rules.delegated("national_authorities"), rules.SUBSTANTIATED, rules.VIEW),
        checks=(rules.named_one(SECOND_PARTS),),
        assigns=SECOND_PARTS,
        sets={"national_referral": "proposed"},
        effects=tuple(assigned("formal_report.immunity_asked", role) for role in SECOND_PARTS),
    ),
    Rule(
        action="decide_national_referral",
        states=(*AT_LEG, *SETTLED),
        by=SECOND,
        fields=(choice("immunity", "kept", "waived"), text("reasons")),
        guards=(rules.BY_SECOND, rules.second_for("national_authorities"), DECIDED_APART, rules.PROPOSED),
        derives=lambda s: {"national_referral": "made" if s.facts["immunity"] == "waived" else "not_made"},
        effects=(her_inbox("formal_report.national_referral_decided"),),
    ),
)

CLOCKS = (
    ClockRule("leg.review", outcomes=(Outcome(effects=LATE_REVIEW),), repeats=True, person_sees=True),
    ClockRule("discipline.decide", outcomes=(Outcome(effects=DECISION_LATE),), repeats=True),
    *formal_charging.CLOCKS,
)
