"""What the ethics office recommends once retaliation is established, before whoever may decide it (policy 2.4).

A case of its own, so that a decider sees what is recommended and never what the person wrote or what was found.
"""

from __future__ import annotations

from collections.abc import Callable

from lifecycle import retention
from lifecycle.clocks import start
from lifecycle.fields import choice, text
from lifecycle.guards import took_no_part
from lifecycle.model import ActorKind, Case, Effect, EffectKind
from lifecycle.recipients import appointed, escalation
from lifecycle.table import ClockRule, Field, FieldKind, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Policy, Role
from services.ethics.domain.retaliation_parts import ETHICS, STILL_KEPT, holds, tell_office
from services.ethics.domain.retaliation_rules import REMEDIES

NAME = "recommendation"
TEXT = "recommendation"
EXPLAIN = "explain"
DECIDERS = (Role.EXECUTIVE_HEAD, Role.HR_DIRECTOR, Role.ADMINISTRATIVE_HEAD)
"""Each answers what was addressed to that role; the head of the organisation answers everything."""
DECIDER = Field(
    "decider", FieldKind.CHOICE, choices=lambda policy: tuple(policy.delegation["retaliation_remedy"].deciders)
)
WITH = {role.value: f"with_{role}" for role in DECIDERS}

NOT_WHO_RECOMMENDED = took_no_part(EXPLAIN, rule="invariant 33")
KEEP = start("keep.investigated", not_before=("ret.lookahead",))
ANSWER = Effect(EffectKind.EMIT, "answer_recommendation")


def _rules(role: Role) -> tuple[Rule, ...]:
    states, by = (WITH[role],), frozenset({role, Role.EXECUTIVE_HEAD})
    return (
        Rule(
            action="record_routed",
            states=states,
            by=frozenset({ActorKind.SYSTEM}),
            guards=(took_no_part("record_routed", rule="lifecycle"),),
            effects=(appointed("recommendation.to_decide", role),),
        ),
        Rule(
            action="decide_recommendation",
            states=states,
            by=by,
            to="decided",
            fields=(choice("outcome", "as_recommended", "otherwise"), text("reasons")),
            guards=(NOT_WHO_RECOMMENDED,),
            clocks=(KEEP,),
            effects=(ANSWER,),
        ),
        Rule(
            action="decline_recommendation",
            states=states,
            by=by,
            to="declined",
            fields=(choice("reason", "not_possible", "not_justified", "done_already"), text("reasons")),
            guards=(NOT_WHO_RECOMMENDED,),
            clocks=(KEEP,),
            effects=(ANSWER,),
        ),
    )


def _is_with(role: Role) -> Callable[[Case, Policy], bool]:
    return lambda case, policy: case.state == WITH[role]  # noqa: ARG005  as an outcome asks it


def _late(role: Role) -> tuple[Effect, ...]:
    """One level above the one who was asked."""
    return tell_office("recommendation.waits"), escalation("recommendation.late", role)


LIFECYCLE = Lifecycle(
    name=NAME,
    states=(
        *(State(state, person_sees=False) for state in WITH.values()),
        State("decided", person_sees=False, closed=True),
        State("declined", person_sees=False, closed=True),
        State("erased", person_sees=False, closed=True),
    ),
    opening=Opening(
        state=WITH[Role.EXECUTIVE_HEAD],
        by="decider",
        states=WITH,
        fields=(choice("remedy", *REMEDIES), DECIDER),
        clocks=(start("ret.decide"),),
        effects=(Effect(EffectKind.ERRAND, "route"),),
    ),
    rules=(
        *(rule for role in DECIDERS for rule in _rules(role)),
        Rule(
            action=EXPLAIN,
            states=tuple(WITH.values()),
            by=ETHICS,
            fields=(text(TEXT),),
            guards=(took_no_part(EXPLAIN, rule="lifecycle"),),
        ),
        *holds("decided", "declined"),
    ),
    clocks=(
        ClockRule(
            "ret.decide",
            outcomes=(
                *(Outcome(when=_is_with(role), effects=_late(role)) for role in DECIDERS[:-1]),
                Outcome(effects=_late(DECIDERS[-1])),
            ),
            repeats=True,
        ),
        *retention.clocks(("keep.investigated",), STILL_KEPT),
    ),
    deciding=tuple(WITH.values()),
)
