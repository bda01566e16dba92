"""An informal talk with a focal point or the ombudsperson (policy 2.8), wholly inside the ombuds cell.

Nothing here reaches the organisation's side: no event, no opening of another procedure. Only the person's own word
ends a talk (invariant 14), and what is left of it is destroyed with its key.
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, reference, staff, time
from lifecycle.guards import is_appointed, is_assigned
from lifecycle.model import ActorKind, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, assigned, escalation
from lifecycle.table import ClockRule, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role

LISTENERS = (Role.FOCAL_POINT, Role.OMBUDSPERSON)
FIND_FOCAL_POINT = Effect(EffectKind.ERRAND, "match_focal_point")


def _declined_before(situation: Situation) -> Facts | None:
    offered = situation.facts["focal_point"]
    declined = any(step.action == "decline_match" and step.by == offered for step in situation.case.steps)
    return {"field": "focal_point"} if declined else None


CAN_LISTEN = is_appointed("focal_point", *LISTENERS)
HAS_NOT_DECLINED = Guard("DECLINED_BEFORE", "lifecycle", _declined_before)
OFFERED = assigned("informal_resolution.match_offered", Role.FOCAL_POINT)

LIFECYCLE = Lifecycle(
    name="informal_resolution",
    states=(
        State("requested", person_sees=True),
        State("offered", person_sees=True),
        State("talking", person_sees=True),
        State("ended", person_sees=True, closed=True),
        State("purged", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="requested",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
        ),
        clocks=(start("rwfp.first", since="lodged_at"),),
        effects=(FIND_FOCAL_POINT,),
    ),
    rules=(
        Rule(
            action="offer_match",
            states=("requested", "offered"),
            by=frozenset({ActorKind.SYSTEM, Role.OMBUDSPERSON}),
            to="offered",
            fields=(staff("focal_point"),),
            checks=(CAN_LISTEN, HAS_NOT_DECLINED),
            assigns={Role.FOCAL_POINT: "focal_point"},
            effects=(OFFERED,),
        ),
        # A handover: the old listener's assignment, and with it every right to read, ends at once.
        Rule(
            action="offer_match",
            states=("talking",),
            by=frozenset({Role.OMBUDSPERSON}),
            to="offered",
            fields=(staff("focal_point"),),
            checks=(CAN_LISTEN, HAS_NOT_DECLINED),
            clocks=(start("rwfp.first"),),
            assigns={Role.FOCAL_POINT: "focal_point"},
            effects=(OFFERED,),
        ),
        Rule(
            action="accept_match",
            states=("offered",),
            by=frozenset(LISTENERS),
            to="talking",
            guards=(is_assigned(Role.FOCAL_POINT),),
            clocks=(meet("rwfp.first"), meet("ombuds.first")),
        ),
        Rule(
            action="decline_match",
            states=("offered",),
            by=frozenset(LISTENERS),
            to="requested",
            guards=(is_assigned(Role.FOCAL_POINT),),
            unassigns=(Role.FOCAL_POINT,),
            effects=(FIND_FOCAL_POINT,),
        ),
        Rule(
            action="end_talk",
            states=("requested", "offered", "talking"),
            by=frozenset({ActorKind.PERSON}),
            to="ended",
            fields=(choice("outcome", "resolved", "not_resolved", "stopped"),),
            clocks=(start("ombuds.purge"),),
            effects=(assigned("informal_resolution.talk_over", Role.FOCAL_POINT),),
        ),
    ),
    clocks=(
        ClockRule(
            "rwfp.first",
            outcomes=(
                Outcome(
                    effects=(escalation("informal_resolution.late", Role.FOCAL_POINT),),
                    clocks=(start("ombuds.first"),),
                ),
            ),
            person_sees=True,
        ),
        ClockRule(
            "ombuds.first",
            outcomes=(Outcome(effects=(appointed("informal_resolution.late", Role.OMBUDSPERSON),)),),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            "ombuds.purge",
            outcomes=(Outcome(effects=(Effect(EffectKind.ERASE, "matter"),), to="purged"),),
            irreversible=True,
            person_sees=True,
        ),
    ),
)
