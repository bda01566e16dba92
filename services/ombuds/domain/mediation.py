"""Mediation between two people (policy 2.12), inside the ombuds cell: opened from a talk, ended and destroyed with it.

The other party is asked only after the person has said yes, and says yes or no himself, signed in, by assignment in
this one case (invariant 14). He sees nothing of the talk: no fact, no text and no id of it is here.
"""

from __future__ import annotations

from datetime import timedelta

from lifecycle.asked import always
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, reference, text, time
from lifecycle.guards import is_assigned, not_before_now
from lifecycle.model import ActorKind, Case, Effect, EffectKind, Facts, Step
from lifecycle.recipients import appointed, assigned, escalation, her_inbox, other_side
from lifecycle.table import ACTOR, ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Policy, Role
from services.ombuds.domain.informal_resolution import OMBUDS, dates_alone

MEDIATOR = Role.OMBUDSPERSON
"""The part in a mediation, whether its holder is an ombudsperson of the organisation or the external one."""
OTHER_PARTY = Role.ALLEGED_OFFENDER
INVITE, LET_IN, END, RELEASE = "invite_other_party", "let_in_other_party", "end_with_talk", "release_mediator"
INVITED = "other_party"
"""The text that says who is invited: a staff id, sealed."""
LET_HIM_IN = Effect(EffectKind.EMIT, "let_in_other_party")
HER_YES, HIS_YES = "agree_to_mediation", "accept_invitation"
WITH_BOTH = frozenset(
    {INVITE, LET_IN, HIS_YES, "decline_invitation", "leave_mediation", "schedule_session", "record_agreement"}
    | {"issue_letter", "take_mediation", RELEASE}
)
"""The steps that the other party sees, with what was written beside them: not that she thought of it, nor when she said
yes, the first time or again.
"""
TALKING = ("both_agreed", "in_sessions")
UNDECIDED = ("proposed", "person_agreed", "invited", *TALKING)
AFTERWARDS = ("agreement", "no_agreement", "follow_up")
OPEN = (*UNDECIDED, *AFTERWARDS, "stopped")
# Two machines' clocks may differ by this much.
_APART = timedelta(minutes=5)


def _consent_missing(situation: Situation) -> Facts | None:
    """Each has said yes, and neither so long ago that it would have to be asked again (consent.refresh)."""
    for yes in (HER_YES, HIS_YES):
        said = next((step for step in reversed(situation.case.steps) if step.action == yes), None)
        if said is None or not _is_fresh(said, situation):
            return {"consent": yes}
    return None


def _is_fresh(said: Step, situation: Situation) -> bool:
    return situation.now < situation.policy.due("consent.refresh", said.at)


def _authority_missing(situation: Situation) -> Facts | None:
    binds = situation.facts["outcome"] == "binding_agreement"
    return {"field": "authority_reference"} if binds and "authority_reference" not in situation.facts else None


def _day_of_the_meeting(case: Case, _: Policy) -> bool:
    """What has rung once since is late."""
    return case.state == "in_sessions" and not case.clocks["mediation.session"].rounds


IS_MEDIATOR = is_assigned(MEDIATOR)
IS_INVITED = is_assigned(OTHER_PARTY)
BOTH_CONSENT = Guard("CONSENT_NOT_FRESH", "invariant 20", _consent_missing)
# A settlement that binds the organisation is signed for by somebody who may, told what is to be signed and not why.
HAS_AUTHORITY = Guard("AUTHORITY_MISSING", "policy 2.12", _authority_missing)

PERSON, SYSTEM, PARTY = frozenset({ActorKind.PERSON}), frozenset({ActorKind.SYSTEM}), frozenset({OTHER_PARTY})
TELL_MEDIATOR = assigned("mediation.answered", MEDIATOR)
OFF = assigned("mediation.off", MEDIATOR)
LATE = assigned("mediation.late", MEDIATOR)
OVER = (meet("ombuds.first"), meet("mediation.consent"), meet("mediation.session"))
NOT_INVITED = tuple(tell("mediation.not_invited", Role.OMBUDSPERSON) for tell in (appointed, escalation))
NEEDED = appointed("mediation.mediator_needed", Role.OMBUDSPERSON)

LIFECYCLE = Lifecycle(
    name="mediation",
    tells=(MEDIATOR,),
    states=(
        State("proposed", person_sees=True),
        State("person_agreed", person_sees=True),
        State("invited", person_sees=True),
        State("both_agreed", person_sees=True),
        State("in_sessions", person_sees=True),
        State("agreement", person_sees=True),
        State("no_agreement", person_sees=True),
        State("follow_up", person_sees=True),
        State("stopped", person_sees=True),
        State("ended", person_sees=True, closed=True),
        State("purged", person_sees=True, closed=True),
    ),
    opening=Opening(state="proposed"),
    rules=(
        # She has said yes, and waits: the office answers her in the time in which it answers a wish to talk.
        Rule(
            action=HER_YES,
            states=("proposed",),
            by=PERSON,
            asked=always,
            to="person_agreed",
            clocks=(start("ombuds.first"),),
            effects=(NEEDED,),
        ),
        Rule(action=HER_YES, states=TALKING, by=PERSON),
        Rule(action="decline_mediation", states=("proposed",), by=PERSON, asked=always, to="stopped"),
        # Whoever invites mediates. Who is invited was checked against those whom the person has named, and stands
        # sealed; in the case he is a tag that names nobody.
        Rule(
            action=INVITE,
            states=("person_agreed",),
            by=OMBUDS,
            to="invited",
            fields=(text(INVITED),),
            clocks=(meet("ombuds.first"), start("mediation.consent")),
            assigns={MEDIATOR: ACTOR},
            effects=(LET_HIM_IN,),
        ),
        Rule(
            action=LET_IN,
            states=("invited",),
            by=SYSTEM,
            fields=(reference("part"),),
            assigns={OTHER_PARTY: "part"},
            effects=(other_side("mediation.invitation"),),
        ),
        Rule(
            action=HIS_YES,
            states=("invited",),
            by=PARTY,
            to="both_agreed",
            guards=(IS_INVITED,),
            clocks=(meet("mediation.consent"), start("mediation.session")),
            effects=(TELL_MEDIATOR,),
        ),
        Rule(action=HIS_YES, states=TALKING, by=PARTY, guards=(IS_INVITED,)),
        # Each may stop at any time. What that does is the same whoever it was, and the other's access ends with it.
        Rule(
            action="decline_invitation",
            states=("invited",),
            by=PARTY,
            to="stopped",
            guards=(IS_INVITED,),
            clocks=(meet("mediation.consent"),),
            unassigns=(OTHER_PARTY,),
            effects=(OFF,),
        ),
        Rule(
            action="leave_mediation",
            states=TALKING,
            by=PARTY,
            to="stopped",
            guards=(IS_INVITED,),
            clocks=(meet("mediation.session"),),
            unassigns=(OTHER_PARTY,),
            effects=(OFF,),
        ),
        Rule(
            action="revoke_consent",
            states=("person_agreed", "invited", *TALKING),
            by=PERSON,
            to="stopped",
            clocks=OVER,
            unassigns=(OTHER_PARTY,),
            effects=(OFF,),
        ),
        Rule(
            action="stop_mediation",
            states=UNDECIDED,
            by=OMBUDS,
            to="stopped",
            fields=(choice("reason", "unsuitable", "unsafe", "no_answer"),),
            guards=(IS_MEDIATOR,),
            clocks=OVER,
            unassigns=(OTHER_PARTY,),
        ),
        Rule(
            action="schedule_session",
            states=TALKING,
            by=OMBUDS,
            to="in_sessions",
            fields=(time("session_at"), choice("form", "apart", "together", "remote")),
            guards=(IS_MEDIATOR, BOTH_CONSENT),
            checks=(not_before_now("session_at", "policy 2.12", tolerance=_APART),),
            clocks=(start("mediation.session", due="session_at"),),
            effects=(other_side("mediation.session_set"),),
        ),
        Rule(
            action="record_agreement",
            states=("in_sessions",),
            by=OMBUDS,
            to="agreement",
            fields=(
                choice("outcome", "agreement", "binding_agreement"),
                reference("authority_reference", required=False),
                text("terms"),
            ),
            guards=(IS_MEDIATOR, BOTH_CONSENT),
            checks=(HAS_AUTHORITY,),
            clocks=(meet("mediation.session"),),
            effects=(other_side("mediation.terms"),),
        ),
        Rule(
            action="record_no_agreement",
            states=("in_sessions",),
            by=OMBUDS,
            to="no_agreement",
            guards=(IS_MEDIATOR,),
            clocks=(meet("mediation.session"),),
            unassigns=(OTHER_PARTY,),
        ),
        Rule(
            action="follow_up",
            states=("agreement", "no_agreement"),
            by=OMBUDS,
            to="follow_up",
            guards=(IS_MEDIATOR,),
            clocks=(start("mediation.follow_up"),),
        ),
        Rule(
            action="issue_letter",
            states=(*TALKING, *AFTERWARDS),
            by=OMBUDS,
            guards=(IS_MEDIATOR,),
            derives=dates_alone,
        ),
        Rule(
            action="take_mediation",
            states=(*UNDECIDED, *AFTERWARDS),
            by=OMBUDS,
            assigns={MEDIATOR: ACTOR},
        ),
        Rule(action=RELEASE, states=OPEN, by=SYSTEM, unassigns=(MEDIATOR,), effects=(NEEDED,)),
        Rule(
            action=END,
            states=OPEN,
            by=SYSTEM,
            to="ended",
            clocks=(start("ombuds.purge"),),
            unassigns=(MEDIATOR, OTHER_PARTY),
        ),
    ),
    clocks=(
        ClockRule(
            "ombuds.first",
            outcomes=(Outcome(effects=NOT_INVITED),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "mediation.consent",
            outcomes=(
                Outcome(
                    effects=(
                        assigned("mediation.no_answer", MEDIATOR),
                        escalation("mediation.no_answer", Role.OMBUDSPERSON, after=1),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "mediation.session",
            outcomes=(
                Outcome(when=_day_of_the_meeting, effects=(assigned("mediation.meeting_was_set", MEDIATOR),)),
                Outcome(effects=(LATE, escalation("mediation.late", Role.OMBUDSPERSON))),
            ),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "mediation.follow_up",
            outcomes=(
                Outcome(
                    effects=(her_inbox("mediation.how_is_it"), assigned("mediation.ask_how_it_goes", MEDIATOR)),
                    clocks=(meet("mediation.follow_up"),),
                ),
            ),
            person_sees=True,
        ),
        ClockRule(
            "ombuds.purge",
            reminds=(her_inbox("mediation.purge_soon"),),
            outcomes=(Outcome(effects=(Effect(EffectKind.ERASE, "matter"),), to="purged"),),
            irreversible=True,
            person_sees=True,
        ),
    ),
)
