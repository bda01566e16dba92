"""What comes after: how it is, what is not his to deal with, who has it next, and the end."""

from __future__ import annotations

from lifecycle import retention
from lifecycle.asked import always, at
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, text
from lifecycle.guards import confirmed, counts
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import assigned
from lifecycle.table import Rule
from policy.model import Role
from services.workflow.domain import supervisor_rules as rules
from services.workflow.domain.supervisor_parts import (
    ACTED,
    AGREEING,
    CHECK_INS,
    CLOSE_TO_MANAGER,
    DONE,
    FIND_MANAGER,
    HAND_ON,
    HER_TURN,
    KEEP,
    MANAGER,
    NEWS,
    OPEN,
    PERSON,
    SYSTEM,
    TAKEN_UP,
    TELLS_ANEW,
    TO_SEA,
    WITH_MANAGER,
    WITHOUT_HER,
)

RULES = (
    Rule(
        action="ask_how_it_is",
        states=DONE,
        by=MANAGER,
        to="check_in",
        guards=(rules.HAS_INBOX,),
        clocks=(start("anon.silence"), HER_TURN),
    ),
    Rule(
        action="ask_for_more",
        states=(*DONE, "check_in"),
        by=PERSON,
        asked=at("check_in"),
        to="acknowledged",
        clocks=(start("supervisor.act"), meet("anon.silence"), NEWS),
        effects=(assigned("supervisor_request.more_wanted", Role.MANAGER),),
    ),
    Rule(action="ask_check_ins", states=OPEN, by=PERSON, clocks=tuple(start(key) for key in CHECK_INS)),
    Rule(
        action="stop_check_ins",
        states=OPEN,
        by=PERSON,
        guards=(counts(*CHECK_INS),),
        clocks=tuple(meet(key) for key in CHECK_INS),
    ),
    # He has learnt of abuse: what she prefers and what he told her of his duty to report are recorded side by side.
    Rule(
        action="record_duty",
        states=TAKEN_UP,
        by=MANAGER,
        fields=(
            choice("prefers", "a_report", "no_report", "undecided", "not_asked"),
            flag("duty_told"),
            text("reasons"),
        ),
        checks=(confirmed("duty_told", "policy 1"),),
        effects=(assigned("supervisor_request.duty_to_report", Role.MANAGER),),
    ),
    # It is no matter among personnel: from here on nothing is informal (invariant 24).
    Rule(
        action=TO_SEA,
        states=TAKEN_UP,
        by=MANAGER,
        to="turned_into_sea",
        fields=(
            choice("reason", "affected_not_personnel"),
            choice("affected_is", "child", "beneficiary", "community_member"),
            text("allegation"),
        ),
        clocks=(start("keep.investigated", not_before=("ret.lookahead",)),),
        effects=(Effect(EffectKind.OPEN, "sea_report"),),
    ),
    # What was meant for oversight or the ethics office reached him by mistake: one forward, no inquiry (2.5).
    Rule(
        action="pass_on",
        states=("told", *AGREEING, *WITHOUT_HER),
        by=MANAGER,
        to="passed_on",
        fields=(choice("reason", "not_for_me"), choice("matter", "formal_report", "retaliation")),
        guards=(rules.HAS_INBOX,),
        clocks=(KEEP,),
        effects=(Effect(EffectKind.OPEN, "misdirected_report"),),
    ),
    # The manager has left or came into conflict: from this moment nobody reads it, until she says who may.
    Rule(
        action=CLOSE_TO_MANAGER,
        states=WITH_MANAGER,
        by=SYSTEM,
        to="asking_who_next",
        guards=(rules.HAS_INBOX,),
        clocks=(*ACTED, HER_TURN),
        unassigns=(Role.MANAGER,),
    ),
    # What a manager has seen himself is the organisation's to see to: the next one is found without asking anybody.
    Rule(
        action=HAND_ON,
        states=WITH_MANAGER,
        by=SYSTEM,
        to="told",
        guards=(rules.HAS_NONE,),
        clocks=TELLS_ANEW,
        unassigns=(Role.MANAGER,),
        effects=(FIND_MANAGER,),
    ),
    Rule(
        action="ask_next_level",
        states=("asking_who_next",),
        by=PERSON,
        asked=always,
        to="told",
        clocks=(*TELLS_ANEW, NEWS),
        effects=(FIND_MANAGER,),
    ),
    # He is late: it is for her to say whether somebody above is to have it, and then he has it no more.
    Rule(
        action="ask_next_level",
        states=WITH_MANAGER,
        by=PERSON,
        to="told",
        guards=(rules.LATE,),
        clocks=(*TELLS_ANEW, NEWS),
        unassigns=(Role.MANAGER,),
        effects=(FIND_MANAGER,),
    ),
    Rule(
        action="end_request",
        states=OPEN,
        by=PERSON,
        asked=at("asking_who_next", "check_in"),
        to="closed",
        fields=(choice("outcome", "resolved", "not_resolved", "stopped"),),
        clocks=(KEEP,),
        effects=(assigned("supervisor_request.over", Role.MANAGER),),
    ),
    Rule(
        action="close_request",
        states=(*DONE, "check_in"),
        by=MANAGER,
        to="closed",
        fields=(choice("reason", "done", "asked_and_not_answered"), text("reasons")),
        guards=(rules.WAITED,),
        clocks=(KEEP,),
    ),
    # He alone knows of it; somebody whose work it is answers for why it is kept, and learns nothing of it by that.
    *retention.hold_rules(("closed", "turned_into_sea"), MANAGER, effects=(retention.TELL_HER,)),
)
