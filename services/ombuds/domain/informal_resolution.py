"""An informal talk with a focal point or an ombudsperson (policy 2.8), wholly inside the ombuds cell.

Nothing here counts as notice to the organisation, opens anything on its side or waits for it (invariants 27, 29). Only
the person's own word ends a talk (invariant 14), and what is left of it is destroyed with its key.
"""

from __future__ import annotations

from lifecycle.asked import always
from lifecycle.clocks import meet, start
from lifecycle.fields import SPOKEN_LANGUAGE, choice, flag, reference, staff, text, time
from lifecycle.guards import confirmed, counts, is_appointed, is_assigned
from lifecycle.model import ActorKind, Case, Effect, EffectKind, Facts
from lifecycle.recipients import assigned, escalation, her_inbox
from lifecycle.table import ClockRule, Field, FieldKind, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role

OMBUDS = frozenset({Role.OMBUDSPERSON, Role.EXTERNAL_OMBUDSPERSON})
LISTENERS = (Role.FOCAL_POINT, Role.OMBUDSPERSON, Role.EXTERNAL_OMBUDSPERSON)
"""Who may hold a talk, in the order in which they are asked."""
LISTENER = Role.FOCAL_POINT
"""The part in a talk, whichever of the three roles its holder is appointed to."""

FIND_FOCAL_POINT = Effect(EffectKind.ERRAND, "match_focal_point")
END_MEDIATIONS = Effect(EffectKind.EMIT, "end_mediations")
OPEN_MEDIATION = Effect(EffectKind.OPEN, "mediation")
RAISE_DANGER = Effect(EffectKind.EMIT, "danger_raised")

OFFER_MATCH, RAISE_IMMINENT_HARM, REASSIGN = "offer_match", "raise_imminent_harm", "reassign"
WAITING, HELD = ("requested", "rematching"), ("talking", "steps_agreed")
OPEN = (*WAITING, "offered", *HELD)

SCREENING = tuple(choice(name, "no", "yes") for name in ("exploitation_or_abuse", "sexual_assault", "minor_involved"))
"""What has to be asked before two people are brought together (invariant 20)."""
CHECK_INS = ("informal.checkin", "informal.checkin.second", "informal.checkin.third")


def have_declined(case: Case) -> frozenset[str]:
    """Who does not want to hold this talk: nobody asks them again."""
    return frozenset(step.by for step in case.steps if step.action == "decline_match")


def _declined_before(situation: Situation) -> Facts | None:
    return {"field": "focal_point"} if situation.facts["focal_point"] in have_declined(situation.case) else None


def _not_hers_to_raise(situation: Situation) -> Facts | None:
    holds = situation.case.assigned.get(LISTENER) == situation.actor.staff_id
    return None if holds or situation.actor.roles & OMBUDS else {"role": LISTENER}


def _nothing_proposed(situation: Situation) -> Facts | None:
    return None if "message" in situation.case.facts else {"field": "message"}


def _proposed_otherwise(situation: Situation) -> Facts | None:
    return None if situation.facts["message"] == situation.case.facts["message"] else {"field": "message"}


def _never_to_be_mediated(situation: Situation) -> Facts | None:
    return next(({"field": one.name} for one in SCREENING if situation.facts[one.name] != "no"), None)


def dates_alone(situation: Situation) -> Facts:
    """All that a letter says which has to stop a time limit elsewhere (policy 2.12)."""
    return {"letter_since": situation.case.opened_at.isoformat(), "letter_until": situation.now.isoformat()}


CAN_LISTEN = is_appointed("focal_point", *LISTENERS)
HAS_NOT_DECLINED = Guard("DECLINED_BEFORE", "lifecycle", _declined_before)
HOLDS_IT = is_assigned(LISTENER)
HOLDS_OR_ANSWERS_FOR_IT = Guard("NOT_ASSIGNED", "policy 2.8", _not_hers_to_raise)
HAS_TOLD_LIMITS = confirmed("told_limits", "policy 2.8")
IS_PROPOSED = Guard("NOTHING_PROPOSED", "policy 2.8", _nothing_proposed)
IS_THE_PROPOSED = Guard("PROPOSED_OTHERWISE", "policy 2.8", _proposed_otherwise)
MAY_BE_MEDIATED = Guard("NEVER_MEDIATED", "invariant 20", _never_to_be_mediated)

OFFERED = assigned("informal_resolution.match_offered", LISTENER)
HOW_IS_IT = (her_inbox("informal_resolution.how_is_it"), assigned("informal_resolution.ask_how_it_goes", LISTENER))
PERSON = frozenset({ActorKind.PERSON})


def wish(name: str, *choices: str) -> Field:
    """Something about the talk that she may wish for, or leave open (invariants 17, 19)."""
    return choice(name, *choices, required=False)


LIFECYCLE = Lifecycle(
    name="informal_resolution",
    tells=(LISTENER,),
    calendar_of=LISTENER,
    states=(
        State("requested", person_sees=True),
        State("offered", person_sees=True),
        State("talking", person_sees=True),
        State("steps_agreed", person_sees=True),
        State("rematching", person_sees=True),
        State("ended", person_sees=True, closed=True),
        State("purged", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="requested",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            SPOKEN_LANGUAGE,
            wish("contact_gender", "woman", "man", "any"),
            wish("safe_channel", "inbox", "mail", "phone", "meeting"),
            wish("not_from_my_office", "yes", "no"),
        ),
        clocks=(start("rwfp.first", since="lodged_at"),),
        effects=(FIND_FOCAL_POINT,),
    ),
    rules=(
        Rule(
            action=OFFER_MATCH,
            states=(*WAITING, "offered"),
            by=OMBUDS | {ActorKind.SYSTEM},
            to="offered",
            fields=(staff("focal_point"),),
            checks=(CAN_LISTEN, HAS_NOT_DECLINED),
            assigns={LISTENER: "focal_point"},
            effects=(OFFERED,),
        ),
        # A handover: the old listener's assignment, and with it every right to read, ends at once.
        Rule(
            action=OFFER_MATCH,
            states=HELD,
            by=OMBUDS,
            to="offered",
            fields=(staff("focal_point"),),
            checks=(CAN_LISTEN, HAS_NOT_DECLINED),
            clocks=(start("rwfp.first"),),
            assigns={LISTENER: "focal_point"},
            effects=(OFFERED,),
        ),
        # Before they talk the person knows what a listener has to report, and that it is nothing else.
        Rule(
            action="accept_match",
            states=("offered",),
            by=frozenset(LISTENERS),
            to="talking",
            fields=(flag("told_limits"),),
            guards=(HOLDS_IT,),
            checks=(HAS_TOLD_LIMITS,),
            clocks=(meet("rwfp.first"), meet("ombuds.first")),
        ),
        Rule(
            action="decline_match",
            states=("offered",),
            by=frozenset(LISTENERS),
            to="requested",
            guards=(HOLDS_IT,),
            unassigns=(LISTENER,),
            effects=(FIND_FOCAL_POINT,),
        ),
        # A conflict that shows itself later, or was said; the next listener learns nothing of it.
        Rule(
            action=REASSIGN,
            states=("offered", *HELD),
            by=frozenset({ActorKind.SYSTEM}),
            to="rematching",
            clocks=(start("rwfp.first", no_later=True),),
            unassigns=(LISTENER,),
            effects=(FIND_FOCAL_POINT,),
        ),
        Rule(
            action="note_options",
            states=HELD,
            by=frozenset(LISTENERS),
            fields=(text("options"),),
            guards=(HOLDS_IT,),
        ),
        # The steps stand in a message that she can read; she agrees to that message and to no other.
        Rule(
            action="propose_steps",
            states=HELD,
            by=frozenset(LISTENERS),
            to="talking",
            fields=(reference("message"),),
            guards=(HOLDS_IT,),
        ),
        Rule(
            action="agree_steps",
            states=("talking",),
            by=PERSON,
            asked=always,
            to="steps_agreed",
            fields=(Field("message", FieldKind.REFERENCE, own=True),),
            guards=(IS_PROPOSED,),
            checks=(IS_THE_PROPOSED,),
            effects=(assigned("informal_resolution.steps_accepted", LISTENER),),
        ),
        Rule(
            action="ask_check_ins",
            states=HELD,
            by=PERSON,
            clocks=tuple(start(key) for key in CHECK_INS),
        ),
        Rule(
            action="stop_check_ins",
            states=OPEN,
            by=PERSON,
            guards=(counts(*CHECK_INS),),
            clocks=tuple(meet(key) for key in CHECK_INS),
        ),
        # Until she writes again, for as long as she likes: nothing is asked of her, and no time limit runs meanwhile.
        Rule(
            action="pause_talk",
            states=HELD,
            by=PERSON,
            clocks=tuple(meet(key) for key in CHECK_INS),
            effects=(assigned("informal_resolution.pause_wished", LISTENER),),
        ),
        Rule(
            action="propose_mediation",
            states=HELD,
            by=frozenset(LISTENERS),
            fields=SCREENING,
            guards=(HOLDS_IT,),
            checks=(MAY_BE_MEDIATED,),
            effects=(OPEN_MEDIATION,),
        ),
        # That somebody has asked for help, and since when: for whoever has to stop a time limit. No word of what for.
        Rule(
            action="issue_letter",
            states=HELD,
            by=frozenset(LISTENERS),
            guards=(HOLDS_IT,),
            derives=dates_alone,
        ),
        # The one thing that leaves the cell: that somebody is in danger and what is needed.
        Rule(
            action=RAISE_IMMINENT_HARM,
            states=OPEN,
            by=frozenset(LISTENERS),
            fields=(
                text("danger"),
                choice("needed", "security", "medical", "separation", "police"),
                flag("person_told"),
            ),
            guards=(HOLDS_OR_ANSWERS_FOR_IT,),
            effects=(RAISE_DANGER,),
        ),
        Rule(
            action="end_talk",
            states=OPEN,
            by=PERSON,
            to="ended",
            fields=(choice("outcome", "resolved", "not_resolved", "stopped"),),
            clocks=(start("ombuds.purge"),),
            effects=(assigned("informal_resolution.talk_over", LISTENER), END_MEDIATIONS),
        ),
    ),
    clocks=(
        ClockRule(
            "rwfp.first",
            outcomes=(
                Outcome(
                    effects=(escalation("informal_resolution.late", Role.FOCAL_POINT),),
                    clocks=(start("ombuds.first", no_later=True),),
                ),
            ),
            person_sees=True,
        ),
        ClockRule(
            "ombuds.first",
            outcomes=(Outcome(effects=(escalation("informal_resolution.late", Role.OMBUDSPERSON),)),),
            repeats=True,
            person_sees=True,
        ),
        *(
            ClockRule(key, outcomes=(Outcome(effects=HOW_IS_IT, clocks=(meet(key),)),), person_sees=True)
            for key in CHECK_INS
        ),
        ClockRule(
            "ombuds.purge",
            reminds=(her_inbox("informal_resolution.purge_soon"),),
            outcomes=(Outcome(effects=(Effect(EffectKind.ERASE, "matter"),), to="purged"),),
            irreversible=True,
            person_sees=True,
        ),
    ),
)
