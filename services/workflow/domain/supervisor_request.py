"""What a manager does about a matter informally (policy 2.1 b and c): because somebody told them, or because they saw
it themselves.

The person who told agrees to each step in words; without that, a manager may act only so that it does not happen
again, after she has been told (invariant 14). Nobody hears of it but the manager whom it is with: when he is silent,
the person is offered the next level, and no other manager is copied.
"""

from __future__ import annotations

from lifecycle.clocks import erases, meet, start
from lifecycle.fields import choice, flag, reference, staff, text, time
from lifecycle.guards import confirmed
from lifecycle.model import ActorKind, Effect, EffectKind
from lifecycle.recipients import assigned, her_inbox
from lifecycle.table import ClockRule, Field, FieldKind, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role
from services.workflow.domain import supervisor_rules as rules

MANAGER = frozenset({Role.MANAGER})
PERSON = frozenset({ActorKind.PERSON})
SYSTEM = frozenset({ActorKind.SYSTEM})
FIND_MANAGER = Effect(EffectKind.ERRAND, "find_manager")
KEEP_OUT = Effect(EffectKind.EMIT, "conflict_declared")
HAND_ON, CLOSE_TO_MANAGER, TO_SEA = "hand_on", "close_to_manager", "turn_into_sea"
NOTE_SEEN = "note_seen"

AGREEING = ("acknowledged", "steps_proposed", "steps_agreed")
WITHOUT_HER = ("act_announced", "may_act")
DONE = ("spoken_to_offender", "team_measure", "referred")
WITH_MANAGER = ("told", "seen_by_manager", *AGREEING, *WITHOUT_HER, *DONE, "check_in")
OPEN = (*WITH_MANAGER, "asking_who_next")
TAKEN_UP = tuple(state for state in WITH_MANAGER if state != "told")
CHECK_INS = ("informal.checkin", "informal.checkin.second", "informal.checkin.third")

TELLS_ANEW = (start("supervisor.ack"), start("supervisor.act"))
"""Whoever has it next has been told only now."""
ANSWERED = (meet("supervisor.ack"),)
ACTED = (meet("supervisor.ack"), meet("supervisor.act"))
OFFER_ABOVE = her_inbox("supervisor_request.no_answer_yet")
"""He has been silent for too long: she hears of the ways that are open to her, and nobody else does."""
HOW_IS_IT = her_inbox("supervisor_request.how_is_it")
KEEP = start("keep.informal_supervisor", not_before=("ret.lookahead",))

TO_WHOM = ("alleged_offender", "team", "another_office")
UNNAMED = flag("unnamed")

LIFECYCLE = Lifecycle(
    name="supervisor_request",
    tells=(Role.MANAGER,),
    states=(
        State("told", person_sees=True),
        State("seen_by_manager", person_sees=False),
        State("acknowledged", person_sees=True),
        State("steps_proposed", person_sees=True),
        State("steps_agreed", person_sees=True),
        State("act_announced", person_sees=True),
        State("may_act", person_sees=True),
        State("spoken_to_offender", person_sees=True),
        State("team_measure", person_sees=True),
        State("referred", person_sees=True),
        State("check_in", person_sees=True),
        State("asking_who_next", person_sees=True),
        State("turned_into_sea", person_sees=True, closed=True),
        State("passed_on", person_sees=True, closed=True),
        State("closed", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="told",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            Field("level", FieldKind.CHOICE, False, ("supervisor", "higher_manager"), "supervisor"),
            Field("may_name", FieldKind.CHOICE, False, ("yes", "no", "ask_first"), "ask_first"),
            Field("begun_by", FieldKind.CHOICE, False, (rules.BY_PERSON, rules.BY_MANAGER), rules.BY_PERSON),
        ),
        clocks=(start("supervisor.ack", since="lodged_at"), start("supervisor.act", since="lodged_at")),
        effects=(FIND_MANAGER,),
    ),
    rules=(
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
            clocks=ANSWERED,
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
        ),
        Rule(
            action="agree_steps",
            states=("steps_proposed",),
            by=PERSON,
            to="steps_agreed",
            fields=(
                Field("message", FieldKind.REFERENCE, own=True),
                Field("to_whom", FieldKind.CHOICE, choices=TO_WHOM, own=True),
                Field("names_her", FieldKind.CHOICE, choices=("no", "yes"), own=True),
            ),
            checks=(rules.AS_PROPOSED,),
            effects=(assigned("supervisor_request.steps_accepted", Role.MANAGER),),
        ),
        # Her agreement is hers to take back until it is carried out.
        Rule(
            action="ask_for_other_steps",
            states=("steps_proposed", "steps_agreed"),
            by=PERSON,
            to="acknowledged",
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
        ),
        Rule(
            action="record_placed",
            states=("act_announced",),
            by=SYSTEM,
            to="may_act",
            fields=(Field("version", FieldKind.NUMBER),),
            checks=(rules.TOLD_FIRST,),
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
        Rule(
            action="ask_how_it_is",
            states=DONE,
            by=MANAGER,
            to="check_in",
            guards=(rules.HAS_INBOX,),
            clocks=(start("anon.silence"),),
        ),
        Rule(
            action="ask_for_more",
            states=(*DONE, "check_in"),
            by=PERSON,
            to="acknowledged",
            clocks=(start("supervisor.act"), meet("anon.silence")),
            effects=(assigned("supervisor_request.more_wanted", Role.MANAGER),),
        ),
        Rule(action="ask_check_ins", states=OPEN, by=PERSON, clocks=tuple(start(key) for key in CHECK_INS)),
        Rule(action="stop_check_ins", states=OPEN, by=PERSON, clocks=tuple(meet(key) for key in CHECK_INS)),
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
        Rule(
            action="declare_conflict",
            states=WITH_MANAGER,
            by=MANAGER,
            to="asking_who_next",
            guards=(rules.HAS_INBOX,),
            clocks=ACTED,
            unassigns=(Role.MANAGER,),
            effects=(KEEP_OUT,),
        ),
        # The manager has left or came into conflict: from this moment nobody reads it, until she says who may.
        Rule(
            action=CLOSE_TO_MANAGER,
            states=WITH_MANAGER,
            by=SYSTEM,
            to="asking_who_next",
            guards=(rules.HAS_INBOX,),
            clocks=ACTED,
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
            to="told",
            clocks=TELLS_ANEW,
            effects=(FIND_MANAGER,),
        ),
        # He is late: it is for her to say whether somebody above is to have it, and then he has it no more.
        Rule(
            action="ask_next_level",
            states=WITH_MANAGER,
            by=PERSON,
            to="told",
            guards=(rules.LATE,),
            clocks=TELLS_ANEW,
            unassigns=(Role.MANAGER,),
            effects=(FIND_MANAGER,),
        ),
        Rule(
            action="end_request",
            states=OPEN,
            by=PERSON,
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
    ),
    clocks=(
        ClockRule(
            "supervisor.ack",
            outcomes=(Outcome(effects=(assigned("supervisor_request.not_acknowledged", Role.MANAGER), OFFER_ABOVE)),),
            person_sees=True,
        ),
        ClockRule(
            "supervisor.act",
            reminds=(assigned("supervisor_request.act_soon", Role.MANAGER),),
            outcomes=(Outcome(effects=(assigned("supervisor_request.not_acted", Role.MANAGER), OFFER_ABOVE)),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "anon.silence",
            outcomes=(Outcome(effects=(assigned("supervisor_request.no_answer", Role.MANAGER),)),),
        ),
        *(
            ClockRule(
                key,
                outcomes=(Outcome(effects=(assigned("supervisor_request.ask_how_it_is", Role.MANAGER), HOW_IS_IT)),),
                person_sees=True,
            )
            for key in CHECK_INS
        ),
        erases("keep.informal_supervisor"),
        erases("keep.investigated"),
    ),
)
