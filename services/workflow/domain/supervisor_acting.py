"""A manager takes it up, agrees with her on what is done, and does it."""

from __future__ import annotations

from lifecycle.asked import always, at
from lifecycle.fields import choice, flag, reference, staff, text
from lifecycle.guards import confirmed
from lifecycle.recipients import assigned
from lifecycle.table import Field, FieldKind, Rule
from policy.model import Role
from services.workflow.domain import supervisor_rules as rules
from services.workflow.domain.supervisor_parts import (
    ACTED,
    AGREEING,
    ANSWERED,
    HER_TURN,
    MANAGER,
    NEWS,
    NOTE_SEEN,
    PERSON,
    SYSTEM,
    TO_WHOM,
    UNNAMED,
)

RULES = (
    # Whom she told, if he may deal with it; else the next level above, else an administrative head.
    Rule(
        action=rules.ASSIGN,
        states=("told",),
        by=SYSTEM,
        fields=(staff("manager"), choice("found", "as_asked", "next_level", "appointed", "himself")),
        guards=(rules.NOBODY_YET,),
        checks=(rules.ANOTHER_ONE,),
        assigns={Role.MANAGER: "manager"},
        effects=(assigned("supervisor_request.arrived", Role.MANAGER),),
    ),
    Rule(
        action=NOTE_SEEN,
        states=("told",),
        by=MANAGER,
        to="seen_by_manager",
        fields=(text("what_was_seen"),),
        guards=(rules.HAS_NONE,),
        clocks=(*ANSWERED, HER_TURN),
    ),
    Rule(
        action="acknowledge",
        states=("told", "seen_by_manager"),
        by=MANAGER,
        to="acknowledged",
        clocks=ANSWERED,
    ),
    # What is to be said stands in a message to her: she agrees to that one, to whom it is said, and to being named.
    Rule(
        action="propose_steps",
        states=AGREEING,
        by=MANAGER,
        to="steps_proposed",
        fields=(reference("message"), choice("to_whom", *TO_WHOM), choice("names_her", "no", "yes")),
        guards=(rules.HAS_INBOX,),
        checks=(rules.NAMING_PROPOSED,),
        clocks=(HER_TURN,),
    ),
    Rule(
        action="agree_steps",
        states=("steps_proposed",),
        by=PERSON,
        asked=always,
        to="steps_agreed",
        fields=(
            Field("message", FieldKind.REFERENCE, own=True),
            Field("to_whom", FieldKind.CHOICE, choices=TO_WHOM, own=True),
            Field("names_her", FieldKind.CHOICE, choices=("no", "yes"), own=True),
        ),
        checks=(rules.AS_PROPOSED,),
        clocks=(NEWS,),
        effects=(assigned("supervisor_request.steps_accepted", Role.MANAGER),),
    ),
    # Her agreement is hers to take back until it is carried out.
    Rule(
        action="ask_for_other_steps",
        states=("steps_proposed", "steps_agreed"),
        by=PERSON,
        asked=at("steps_proposed"),
        to="acknowledged",
        clocks=(NEWS,),
        effects=(assigned("supervisor_request.other_steps_wanted", Role.MANAGER),),
    ),
    # Only to stop it from happening again: the reasons are recorded, and she is told before anything is done.
    Rule(
        action="announce_act",
        states=AGREEING,
        by=MANAGER,
        to="act_announced",
        fields=(text("reasons"),),
        guards=(rules.HAS_INBOX,),
        clocks=(NEWS,),
    ),
    Rule(
        action="record_placed",
        states=("act_announced",),
        by=SYSTEM,
        to="may_act",
        fields=(Field("version", FieldKind.NUMBER),),
        checks=(rules.TOLD_FIRST,),
        clocks=(NEWS,),
        effects=(assigned("supervisor_request.she_is_told", Role.MANAGER),),
    ),
    Rule(
        action="tell_in_person",
        states=("seen_by_manager", "acknowledged"),
        by=MANAGER,
        to="may_act",
        fields=(flag("told_first"), text("reasons")),
        guards=(rules.HAS_NONE,),
        checks=(confirmed("told_first", rules.RULE),),
    ),
    Rule(
        action="speak_to_offender",
        states=("steps_agreed", "may_act"),
        by=MANAGER,
        to="spoken_to_offender",
        fields=(UNNAMED, text("what_was_said")),
        guards=(rules.agreed_to("alleged_offender"),),
        checks=(rules.NAMING,),
        clocks=ACTED,
    ),
    Rule(
        action="take_team_measure",
        states=("steps_agreed", "may_act"),
        by=MANAGER,
        to="team_measure",
        fields=(UNNAMED, text("what_was_done")),
        guards=(rules.agreed_to("team"),),
        checks=(rules.NAMING,),
        clocks=ACTED,
    ),
    Rule(
        action="refer",
        states=("steps_agreed",),
        by=MANAGER,
        to="referred",
        fields=(
            choice("referred_to", "ombudsperson", "staff_welfare", "human_resources", "oversight", "ethics"),
            UNNAMED,
        ),
        guards=(rules.agreed_to("another_office"),),
        checks=(rules.NAMING,),
        clocks=ACTED,
    ),
)
