"""A report that came to somebody who cannot deal with it (policy 2.5), and goes on to the office that can.

From the moment it is locked nobody reads it where it came to; it goes once, to the body that the routing table names
for such a matter and nobody else (invariant 34), under the date of its first receipt. The recipient keeps nothing but
that it was passed on. No human hand is in it after the lock.
"""

from __future__ import annotations

from lifecycle.clocks import erases, meet, start
from lifecycle.fields import choice, number, reference, time
from lifecycle.model import ActorKind, Effect, EffectKind
from lifecycle.recipients import appointed, her_inbox
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role
from services.workflow.domain import retention
from services.workflow.domain.measure_rules import placed_since

SYSTEM = frozenset({ActorKind.SYSTEM})

LIFECYCLE = Lifecycle(
    name="misdirected_report",
    states=(
        State("received", person_sees=False),
        State("locked", person_sees=True),
        State("referred", person_sees=True),
        State("copy_purged", person_sees=True),
        State("told", person_sees=True, closed=True),
        State("erased", person_sees=True, closed=True),
    ),
    opening=Opening(
        state="received",
        fields=(
            time("received_at"),
            choice("received_by", "manager", "oversight"),
            choice("matter", "formal_report", "retaliation"),
        ),
        clocks=(start("misdirect.forward", since="received_at"),),
    ),
    rules=(
        Rule(
            action="lock",
            states=("received",),
            by=SYSTEM,
            to="locked",
            effects=(Effect(EffectKind.ERRAND, "pass_on"),),
        ),
        Rule(
            action="record_referred",
            states=("locked",),
            by=SYSTEM,
            to="referred",
            fields=(reference("body"),),
            clocks=(meet("misdirect.forward"),),
        ),
        Rule(
            action="record_purged",
            states=("referred",),
            by=SYSTEM,
            to="copy_purged",
            fields=(reference("proof"),),
        ),
        Rule(
            action="record_placed",
            states=("copy_purged",),
            by=SYSTEM,
            to="told",
            fields=(number("version"),),
            checks=(placed_since("record_purged"),),
            clocks=(retention.keep("keep.out_of_scope"),),
        ),
    ),
    clocks=(
        ClockRule(
            "misdirect.forward",
            outcomes=(
                Outcome(
                    effects=(
                        appointed("misdirected_report.late", Role.AUDITOR),
                        her_inbox("misdirected_report.date_missed"),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        erases("keep.out_of_scope"),
    ),
)
