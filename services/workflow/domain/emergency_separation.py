"""Separating people at once, in danger and with nobody to alert (policy 2.11).

It costs nobody pay, moves the affected person only where she wants it, and ends by itself after a few working days:
until then oversight or legal affairs have an interim measure considered, or somebody ends it.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, text, time, time_of
from lifecycle.guards import confirmed, took_no_part
from lifecycle.model import ActorKind, Effect, EffectKind, Facts
from lifecycle.recipients import appointed, escalation, took_part
from lifecycle.table import ClockRule, Field, FieldKind, Guard, Lifecycle, Opening, Outcome, Rule, Situation, State
from policy.model import Role, Side
from services.workflow.domain.measure_asking import ALERT_FIELDS

ON_THE_SPOT = frozenset({Role.ADMINISTRATIVE_HEAD, Role.SECURITY_OFFICER})
RECEIVERS = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER})
READERS = ON_THE_SPOT | RECEIVERS | {Role.HR_DIRECTOR}
STANDS = ("separated", "taken_up", "measure_asked")
RULE = "policy 2.11"
KEPT = retention.keep("keep.hr_measure")


def _against_her_wish(situation: Situation) -> Facts | None:
    moves_her = situation.facts["moved"] != Side.ALLEGED_OFFENDER
    return {"field": "affected_agrees"} if moves_her and situation.facts["affected_agrees"] is not True else None


def _leaves_a_gap(situation: Situation) -> Facts | None:
    """Between the end of this one and the beginning of the measure nothing would keep them apart."""
    ends = situation.case.clocks.get("emergency.separation")
    gap = ends is not None and time_of(situation.facts, "from_at") > ends.due_at
    return {"field": "from_at"} if gap else None


HER_WISH = Guard("AGAINST_HER_WISH", RULE, _against_her_wish)
TAKES_OVER = Guard("BEGINS_TOO_LATE", RULE, _leaves_a_gap)


def _receivers(wording: str) -> tuple[Effect, ...]:
    return tuple(appointed(wording, role) for role in (Role.INTAKE_OFFICER, Role.LEGAL_OFFICER))


def _everybody(wording: str) -> tuple[Effect, ...]:
    return (
        *_receivers(wording),
        appointed(wording, Role.ADMINISTRATIVE_HEAD),
        appointed(wording, Role.SECURITY_OFFICER),
    )


LIFECYCLE = Lifecycle(
    name="emergency_separation",
    states=(
        State("danger_seen", person_sees=False),
        State("separated", person_sees=False),
        State("taken_up", person_sees=False),
        State("measure_asked", person_sees=False),
        State("confirmed", person_sees=False, closed=True),
        State("ended", person_sees=False, closed=True),
        State("lapsed", person_sees=False, closed=True),
        State("erased", person_sees=False, closed=True),
    ),
    opening=Opening(state="danger_seen"),
    rules=(
        Rule(
            action="separate",
            states=("danger_seen",),
            by=ON_THE_SPOT,
            to="separated",
            fields=(
                choice("danger", "weapon", "violence", "threat", "stalking", "other"),
                choice("moved", *Side, "both"),
                Field("affected_agrees", FieldKind.FLAG, required=False, default=False),
                text("what_was_done"),
            ),
            checks=(HER_WISH,),
            clocks=(start("emergency.separation"), start("emergency.alert")),
            effects=_receivers("emergency_separation.happened"),
        ),
        Rule(
            action="take_up",
            states=("separated",),
            by=RECEIVERS,
            to="taken_up",
            clocks=(meet("emergency.alert"),),
        ),
        Rule(
            action="alert_interim_measures",
            states=("separated", "taken_up"),
            by=RECEIVERS,
            to="measure_asked",
            fields=ALERT_FIELDS,
            clocks=(meet("emergency.alert"),),
            effects=(Effect(EffectKind.OPEN, "interim_measure", {"action": "alert"}),),
        ),
        # HR has applied an interim measure that begins before this one ends: it stands in its place. One that begins
        # later does not, nor one that is decided and not applied: this one goes on, and rings, as if there were none.
        Rule(
            action="record_confirmed",
            states=STANDS,
            by=frozenset({ActorKind.SYSTEM}),
            to="confirmed",
            fields=(time("from_at"),),
            checks=(TAKES_OVER,),
            clocks=(KEPT,),
            effects=(took_part("emergency_separation.answered", "separate"),),
        ),
        Rule(
            action="end_separation",
            states=STANDS,
            by=READERS,
            to="ended",
            fields=(
                choice("reason", "danger_over", "her_wish", "other_means", "mistaken"),
                flag("safety_check"),
                text("reasons"),
            ),
            guards=(took_no_part("separate", rule="invariant 33"),),
            checks=(confirmed("safety_check", "invariant 43"),),
            clocks=(KEPT,),
            effects=(took_part("emergency_separation.answered", "separate"),),
        ),
        *retention.hold_rules(("confirmed", "ended", "lapsed"), frozenset({Role.INVESTIGATOR, Role.LEGAL_OFFICER})),
    ),
    clocks=(
        ClockRule(
            "emergency.alert",
            outcomes=(
                Outcome(
                    effects=(
                        *_receivers("emergency_separation.late"),
                        escalation("emergency_separation.late", Role.INVESTIGATOR),
                        appointed("emergency_separation.late", Role.HR_DIRECTOR),
                    )
                ),
            ),
            repeats=True,
        ),
        ClockRule(
            "emergency.separation",
            reminds=_everybody("emergency_separation.ends_soon"),
            outcomes=(Outcome(to="lapsed", clocks=(KEPT,), effects=_everybody("emergency_separation.over")),),
            irreversible=True,
        ),
        *retention.clocks(("keep.hr_measure",), appointed("emergency_separation.kept", Role.LEGAL_OFFICER)),
    ),
    deciding=("danger_seen", "measure_asked"),
)
