"""Beside the procedure: measures and holds while it runs, watching afterwards, and its end."""

from __future__ import annotations

from lifecycle.asked import until
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, text, time
from lifecycle.guards import confirmed, not_before_now
from lifecycle.model import Effect, EffectKind
from lifecycle.table import Field, FieldKind, Rule
from services.ethics.domain import retaliation_rules as rules
from services.ethics.domain.retaliation_parts import (
    CLOSED,
    ETHICS,
    HANDLED,
    HOLD_OVER,
    OPEN,
    PERSON,
    SYSTEM,
    tell_office,
)

ALERT_FIELDS = (
    choice("urgency", "green", "red"),
    Field("suggested_type", FieldKind.CHOICE, required=False, choices=lambda policy: tuple(policy.measures)),
    choice("addressee", "administrative_head", "hr_director", required=False),
)
"""What the deciders' desk is told of an alert beside whom it concerns and what the risk is."""
AFTERWARDS = ("steps_agreed", "no_prima_facie", "declined", "remedy", "not_established")


def _close(states: tuple[str, ...], keep: str, **rule: object) -> Rule:
    return Rule(
        action="close_case",
        states=states,
        by=ETHICS,
        to="closed",
        clocks=(start(keep, not_before=("ret.lookahead",)),),
        # Nobody could end it any more, and HR would leave it undone for nobody.
        derives=rules.hold_over,
        effects=(CLOSED, HOLD_OVER),
        **rule,  # type: ignore[arg-type]
    )


RULES = (
    # Only who may decide does: the office alerts, and says what the risk is, in words of its own.
    Rule(
        action="alert_interim_measures",
        states=HANDLED,
        by=ETHICS,
        fields=(choice("ground", "agreed", "imminent_harm"), *ALERT_FIELDS, text("risk_facts")),
        checks=(rules.BY_AGREEMENT_OF_ANOTHER,),
        effects=(Effect(EffectKind.EMIT, "measures_alerted"),),
    ),
    # What is contested stays undone until it is cleared up. HR gets it to do, and never why.
    Rule(
        action="ask_hr_hold",
        states=HANDLED,
        by=ETHICS,
        fields=(choice("contested", *rules.HOLDABLE), time("hold_until")),
        guards=(rules.NO_HOLD_YET,),
        checks=(not_before_now("hold_until", rules.POLICY),),
        clocks=(start("ret.hold", due="hold_until"),),
        sets={"hr_hold": "asked"},
        effects=(Effect(EffectKind.EMIT, "hr_hold_asked"),),
    ),
    Rule(
        action="release_hr_hold",
        states=HANDLED,
        by=ETHICS,
        guards=(rules.HOLD_STANDS,),
        clocks=(meet("ret.hold"),),
        sets={"hr_hold": "released"},
        effects=(HOLD_OVER,),
    ),
    Rule(
        action="record_hr_hold",
        states=OPEN,
        by=SYSTEM,
        fields=(choice("hr_hold", "kept", "not_possible"),),
        guards=(rules.HOLD_STANDS,),
        effects=(tell_office("retaliation.hold_answered"),),
    ),
    Rule(
        action="start_monitoring",
        states=AFTERWARDS,
        by=ETHICS,
        to="monitoring",
        guards=(rules.REVIEW_OVER,),
        clocks=(meet("ret.determine"), *(start(key) for key in rules.MONITORING)),
    ),
    Rule(
        action="answer_check_in",
        states=("monitoring",),
        by=PERSON,
        asked=until("answer_check_in", due=rules.MONITORING),
        fields=(choice("answer", "well", "not_well", "rather_not_say"),),
        effects=(tell_office("retaliation.check_in_answered"),),
    ),
    Rule(action="note_check_in", states=("monitoring",), by=ETHICS, fields=(text("note"),)),
    _close(
        ("monitoring",),
        "keep.investigated",
        fields=(choice("reason", "monitoring_done", "person_wished"), text("reasons")),
        checks=(rules.MONITORED_TO_THE_END,),
    ),
    _close(
        ("no_prima_facie",),
        "keep.no_case",
        fields=(choice("reason", "no_prima_facie"), text("reasons")),
        guards=(rules.REVIEW_OVER,),
    ),
    # She no longer wishes it, and has been asked by a way that is hers alone whether it was she who said so.
    _close(
        tuple(state for state in OPEN if state not in {"monitoring", "no_prima_facie"}),
        "keep.no_case",
        fields=(choice("reason", "withdrawn"), flag("safe_channel_checked"), text("reasons")),
        guards=(rules.WITHDRAWING, rules.COOLED_OFF),
        checks=(confirmed("safe_channel_checked", "invariant 16"),),
    ),
)
