"""A report that came to somebody who cannot deal with it (policy 2.5), and goes on to the office that can.

From the moment it is locked nobody reads it where it came to; it goes once, to the body that the routing table names
for such a matter and nobody else (invariant 34), under the date of its first receipt. The recipient keeps nothing but
that it was passed on. No human hand is in it after the lock.
"""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import erases, meet, start
from lifecycle.fields import choice, number, reference, time
from lifecycle.model import NO_NEWS, ActorKind, Effect, EffectKind
from lifecycle.recipients import date_missed, escalation, her_inbox
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.model import Role
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
        clocks=(start("misdirect.forward", since="received_at"), start(NO_NEWS)),
    ),
    rules=(
        Rule(
            action="lock",
            states=("received",),
            by=SYSTEM,
            to="locked",
            clocks=(start(NO_NEWS),),
            effects=(Effect(EffectKind.ERRAND, "pass_on"),),
        ),
        Rule(
            action="record_referred",
            states=("locked",),
            by=SYSTEM,
            to="referred",
            fields=(reference("body"),),
            clocks=(meet("misdirect.forward"), start(NO_NEWS)),
        ),
        Rule(
            action="record_purged",
            states=("referred",),
            by=SYSTEM,
            to="copy_purged",
            fields=(reference("proof"),),
            clocks=(start(NO_NEWS),),
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
                        escalation("misdirected_report.late", Role.INVESTIGATOR),
                        date_missed("misdirected_report.date_missed"),
                    )
                ),
            ),
            repeats=True,
            person_sees=True,
        ),
        ClockRule(
            NO_NEWS,
            outcomes=(Outcome(effects=(her_inbox("misdirected_report.nothing_new"),)),),
            repeats=True,
            person_sees=True,
        ),
        erases("keep.out_of_scope"),
    ),
)
