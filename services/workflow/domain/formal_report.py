"""A formal report at the oversight office (policy 2.2), from receipt to the end of assessment or investigation.

It needs no informal step before it and takes no notice of one (invariants 11, 12); no clock closes it (invariant 50).
"""

from __future__ import annotations

from lifecycle.clocks import meet, pause, resume, start
from lifecycle.fields import choice, flag, reference, text, time
from lifecycle.guards import took_no_part
from lifecycle.model import STOP_CONTACT, ActorKind, Effect, EffectKind
from lifecycle.recipients import appointed, assigned, escalation
from lifecycle.table import ACTOR, ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role

OPEN = ("submitted", "acknowledged", "assessing", "investigating")
OVERSIGHT = frozenset({Role.INTAKE_OFFICER, Role.INVESTIGATOR})
NEXT_UPDATE = start("report.update")

LIFECYCLE = Lifecycle(
    name="formal_report",
    states=(
        State("submitted", person_sees=True),
        State("acknowledged", person_sees=True),
        State("assessing", person_sees=True),
        State("investigating", person_sees=True),
        State("closed", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="submitted",
        fields=(
            time("lodged_at"),
            choice("mode", "confidential", "anonymous", required=False),
            reference("language", required=False),
            choice("writer", "affected", "witness", "third_party", required=False),
        ),
        clocks=(start("report.ack", since="lodged_at"), start("assess.target", since="lodged_at")),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(
        # Who is excluded is known now, so the office may be told.
        Rule(
            action="record_routed",
            states=OPEN,
            by=frozenset({ActorKind.SYSTEM}),
            guards=(took_no_part("record_routed", rule="lifecycle"),),
            effects=(appointed("formal_report.received", Role.INTAKE_OFFICER),),
        ),
        Rule(
            action="acknowledge",
            states=("submitted",),
            by=frozenset({Role.INTAKE_OFFICER}),
            to="acknowledged",
            clocks=(meet("report.ack"), NEXT_UPDATE),
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
        Rule(
            action="pause_assessment",
            states=("assessing",),
            by=OVERSIGHT,
            fields=(choice("pause_reason", "sick_leave", "official_travel", "informal_effort"),),
            clocks=(pause("assess.target", reason="pause_reason"),),
        ),
        Rule(
            action="resume_assessment",
            states=("assessing",),
            by=OVERSIGHT,
            clocks=(resume("assess.target"),),
        ),
        Rule(
            action="alert_interim_measures",
            states=("acknowledged", "assessing", "investigating"),
            by=OVERSIGHT | {Role.LEGAL_OFFICER},
            fields=(text("risk_facts"),),
            effects=(Effect(EffectKind.OPEN, "interim_measure", {"action": "alert"}),),
        ),
        Rule(
            action="open_investigation",
            states=("assessing",),
            by=frozenset({Role.INVESTIGATOR}),
            to="investigating",
            fields=(text("reasons"),),
            clocks=(meet("assess.target"), start("investigation.other"), NEXT_UPDATE),
        ),
        Rule(
            action="close_no_action",
            states=("assessing",),
            by=frozenset({Role.INVESTIGATOR}),
            to="closed",
            fields=(
                choice("reason", "no_reasonable_chance", "outside_mandate", "informal_way_suggested", "passed_on"),
                text("reasons"),
            ),
        ),
        Rule(
            action="close_investigation",
            states=("investigating",),
            by=frozenset({Role.INVESTIGATOR}),
            to="closed",
            fields=(choice("reason", "substantiated", "not_substantiated", "discontinued"), text("reasons")),
        ),
        # Her withdrawing stops contact if she asks so; whether the matter goes on is the office's decision (inv. 16).
        Rule(
            action="withdraw",
            states=OPEN,
            by=frozenset({ActorKind.PERSON}),
            fields=(flag(STOP_CONTACT),),
            sets={"withdrawn": True},
            effects=(appointed("formal_report.withdrawn", Role.INTAKE_OFFICER),),
        ),
    ),
    clocks=(
        ClockRule(
            "report.ack",
            outcomes=(Outcome(effects=(escalation("formal_report.late", Role.INTAKE_OFFICER),)),),
            person_sees=True,
        ),
        ClockRule(
            "assess.target",
            outcomes=(Outcome(effects=(escalation("formal_report.late", Role.INVESTIGATOR),)),),
            person_sees=True,
        ),
        ClockRule(
            "investigation.other",
            outcomes=(Outcome(effects=(escalation("formal_report.late", Role.INVESTIGATOR),)),),
            person_sees=True,
        ),
        ClockRule(
            "report.update",
            outcomes=(
                Outcome(
                    effects=(
                        assigned("formal_report.update_due", Role.INTAKE_OFFICER),
                        assigned("formal_report.update_due", Role.INVESTIGATOR),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
    ),
)
