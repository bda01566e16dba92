"""Somebody is in danger (policy 2.8, 2.11): told by a desk that may tell nothing else, for those who can act at once.

It is about what is needed now. It is no report, nobody looks into it here, and it does not say who told or how they
came to know. Separating people is a procedure of its own.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, text
from lifecycle.guards import took_no_part
from lifecycle.model import ActorKind
from lifecycle.recipients import appointed, assigned, escalation
from lifecycle.table import ACTOR, ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role

RECEIVERS = frozenset(
    {
        Role.SECURITY_OFFICER,
        Role.ADMINISTRATIVE_HEAD,
        Role.HR_DIRECTOR,
        Role.EXECUTIVE_HEAD,
        Role.OVERSIGHT_COMMITTEE,
    }
)
"""Whoever can act at once, and whoever hears of it when they do not."""
DECIDERS = RECEIVERS - {Role.SECURITY_OFFICER}
NEEDS = ("security", "medical", "separation", "police")
RECORD, DANGER, STILL_OPEN = "record_danger", "danger", "danger_alert.still_open"
SYSTEM = frozenset({ActorKind.SYSTEM})

LIFECYCLE = Lifecycle(
    name="danger_alert",
    states=(
        State("raised", person_sees=False),
        State("in_hand", person_sees=False),
        State("closed", person_sees=False, closed=True),
        State("erased", person_sees=False, closed=True),
    ),
    opening=Opening(state="raised", clocks=(start("danger.answer"),)),
    rules=(
        # Once, when it is known who must not see it.
        Rule(
            action=RECORD,
            states=("raised",),
            by=SYSTEM,
            fields=(text(DANGER), choice("needed", *NEEDS)),
            guards=(took_no_part(RECORD, rule="lifecycle"),),
            effects=(
                appointed("danger_alert.raised", Role.SECURITY_OFFICER),
                appointed("danger_alert.raised", Role.ADMINISTRATIVE_HEAD),
            ),
        ),
        Rule(
            action="take_in_hand",
            states=("raised", "in_hand"),
            by=RECEIVERS,
            to="in_hand",
            # Handed on, it is to be over no later.
            clocks=(meet("danger.answer"), start("danger.close", no_later=True)),
            assigns={Role.SECURITY_OFFICER: ACTOR},
        ),
        Rule(
            action="close_alert",
            states=("in_hand",),
            by=RECEIVERS,
            to="closed",
            fields=(choice("reason", "safe_now", "separated", "with_authorities"), text("reasons")),
            clocks=(start("keep.danger"),),
        ),
        # What they were told, and what they did: nothing here says who told it, and no talk is kept with it.
        *retention.hold_rules(("closed",), DECIDERS, tuple(sorted(DECIDERS))),
    ),
    clocks=(
        ClockRule(
            "danger.answer",
            outcomes=(Outcome(effects=(escalation("danger_alert.late", Role.SECURITY_OFFICER),)),),
            repeats=True,
        ),
        # Whoever has it may have left, or forgotten it.
        ClockRule(
            "danger.close",
            outcomes=(
                Outcome(
                    effects=(
                        assigned(STILL_OPEN, Role.SECURITY_OFFICER),
                        escalation(STILL_OPEN, Role.SECURITY_OFFICER),
                    )
                ),
            ),
            repeats=True,
        ),
        *retention.clocks(("keep.danger",), appointed(retention.STILL_KEPT, Role.ADMINISTRATIVE_HEAD)),
    ),
)
