"""What the support cell does: finds somebody trained to help, shows what would be shared, refers (policy 2.6)."""

from __future__ import annotations

from lifecycle import retention
from lifecycle.clocks import meet, start
from lifecycle.fields import choice, flag, reference, staff, text
from lifecycle.guards import is_appointed, is_assigned, took_no_part
from lifecycle.model import ActorKind, Effect
from lifecycle.recipients import appointed, assigned
from lifecycle.table import Rule
from policy.model import Role
from services.support.domain.guards import (
    CAREGIVER_LAST,
    CHILD_TOLD,
    CONSENT_FRESH,
    FOR_SPECIALISTS,
    IS_CHILD,
    NAMES_A_SPECIALIST,
    NOBODY_CAN_SAY,
    OFFER_RESTATED,
    SCOPES,
    WITHIN_SCOPE,
)

COORDINATORS = frozenset({Role.WELFARE_OFFICER, Role.PSEAH_OFFICER})
HELPERS = frozenset({Role.WELFARE_OFFICER, Role.SPECIALIST})
CELL = COORDINATORS | HELPERS

OFFERING = ("offered", "declined")
PREPARING = ("consented", "previewed", "approved", "unavailable")
SHARED = ("referred", "connected", "follow_up")
"""Something has left the cell: whoever holds it has to hear when consent is taken back."""
OPEN = (*OFFERING, *PREPARING, *SHARED, "recalling")

REFER_SOON = start("support.refer", by="urgency")
FRESH_CONSENT = start("consent.refresh")
# Not while it could serve her against a retaliation that comes later (invariant 53).
KEEP = start("keep.support", not_before=("ret.lookahead",))
IS_HANDLER = is_assigned(Role.SPECIALIST)
MAY_HELP = (IS_HANDLER, FOR_SPECIALISTS)
SPEAKS_FOR_CHILD = (IS_HANDLER, IS_CHILD, CHILD_TOLD, NOBODY_CAN_SAY)
WHAT_BECAME = choice("answer", "destroyed", "returned", "kept_by_law")
"""What a provider that helps no more has done with what it was told."""


RELEASE = "release_specialist"
"""From now on whoever took the action must not see the case: they said so themselves, and not why."""
PATHWAY_GAP = appointed("support_referral.pathway_gap", Role.PSEA_FOCAL_POINT)
"""PSEA focal points look after the pathway of help: they hear that it has a gap, and never whom it failed."""
FIND_SOMEBODY = tuple(appointed("support_referral.needs_somebody", role) for role in sorted(COORDINATORS))


def tell_handler(wording: str) -> tuple[Effect, ...]:
    return (assigned(f"support_referral.{wording}", Role.SPECIALIST),)


CELL_RULES = (
    # Who is excluded is known now, so the cell may be told.
    Rule(
        action="record_routed",
        states=OPEN,
        by=frozenset({ActorKind.SYSTEM}),
        guards=(took_no_part("record_routed", rule="lifecycle"),),
        effects=tuple(appointed("support_referral.received", role) for role in sorted(COORDINATORS)),
    ),
    Rule(
        action="assign_specialist",
        states=OPEN,
        by=COORDINATORS,
        fields=(staff("specialist"),),
        checks=(is_appointed("specialist", *sorted(HELPERS)), NAMES_A_SPECIALIST),
        assigns={Role.SPECIALIST: "specialist"},
        clocks=(meet("support.first"),),
        effects=tell_handler("assigned"),
    ),
    # Whoever has come into conflict, has left or is no longer appointed: the step gives no reason.
    Rule(
        action=RELEASE,
        states=OPEN,
        by=frozenset({ActorKind.SYSTEM}),
        unassigns=(Role.SPECIALIST,),
        clocks=(start("support.first", by="urgency"),),
        effects=FIND_SOMEBODY,
    ),
    Rule(action="add_note", states=OPEN, by=CELL, fields=(text("note"),)),
    # Somebody who knows of nothing hears of the offer through others; the cell itself contacts nobody unasked.
    Rule(
        action="offer_through",
        states=("offered",),
        by=CELL,
        fields=(choice("through", "the_one_who_asked", "somebody_they_trust", "public_help"),),
    ),
    Rule(
        action="tell_child",
        states=("offered", "consented", "previewed"),
        by=frozenset({Role.SPECIALIST}),
        guards=(IS_HANDLER, IS_CHILD),
        fields=(
            choice("told", "child", "caregiver"),
            flag("understands"),
            choice("caregiver", "no_risk", "risk", "not_known"),
        ),
        checks=(CAREGIVER_LAST,),
    ),
    # Where a child is too young to say and the caregiver is a risk, help must not fail for want of a yes.
    Rule(
        action="decide_for_child",
        states=("offered",),
        by=frozenset({Role.SPECIALIST}),
        to="consented",
        guards=SPEAKS_FOR_CHILD,
        fields=(choice("scope", *SCOPES), text("reasons")),
        clocks=(REFER_SOON, FRESH_CONSENT),
    ),
    Rule(
        action="decide_for_child",
        states=("previewed",),
        by=frozenset({Role.SPECIALIST}),
        to="approved",
        guards=SPEAKS_FOR_CHILD,
        fields=(text("reasons"),),
        clocks=(REFER_SOON, FRESH_CONSENT),
    ),
    # `preview` is the message in her inbox that holds the very words; nothing else is what she then agrees to.
    Rule(
        action="prepare_referral",
        states=("consented", "previewed"),
        by=HELPERS,
        to="previewed",
        guards=MAY_HELP,
        fields=(
            reference("provider"),
            reference("preview"),
            choice("shares", *SCOPES),
            flag("must_report_told", required=False),
        ),
        checks=(WITHIN_SCOPE,),
        clocks=(meet("support.refer"),),
    ),
    Rule(
        action="record_referred",
        states=("approved",),
        by=HELPERS,
        to="referred",
        guards=(*MAY_HELP, CONSENT_FRESH),
        clocks=(meet("support.refer"), start("support.connect")),
    ),
    Rule(
        action="record_connected",
        states=("referred",),
        by=HELPERS,
        to="connected",
        guards=MAY_HELP,
        clocks=(meet("support.connect"), start("support.checkin")),
    ),
    Rule(
        action="record_unavailable",
        states=("consented", "approved"),
        by=HELPERS,
        to="unavailable",
        guards=MAY_HELP,
        fields=(choice("why", "not_here", "full", "not_safe"),),
        clocks=(REFER_SOON,),
        effects=(PATHWAY_GAP,),
    ),
    Rule(
        action="record_unavailable",
        states=SHARED,
        by=HELPERS,
        to="unavailable",
        guards=MAY_HELP,
        fields=(choice("why", "turned_down", "full", "not_safe", "has_ended"), WHAT_BECAME),
        clocks=(meet("support.connect"), meet("support.checkin"), REFER_SOON),
        effects=(PATHWAY_GAP,),
    ),
    # Another provider is another sharing: the words are shown and agreed to again.
    Rule(
        action="look_elsewhere",
        states=("unavailable",),
        by=HELPERS,
        to="consented",
        guards=MAY_HELP,
        fields=(choice("where", "remote", "other_office", "other_provider", "other_country"),),
    ),
    Rule(action="start_follow_up", states=("connected",), by=HELPERS, to="follow_up", guards=MAY_HELP),
    Rule(
        action="record_recalled",
        states=("recalling",),
        by=HELPERS,
        to="offered",
        guards=(IS_HANDLER,),
        fields=(WHAT_BECAME,),
        clocks=(meet("support.recall"),),
    ),
    Rule(
        action="close_referral",
        states=("follow_up",),
        by=CELL,
        to="closed",
        fields=(choice("reason", "agreed_with_person", "help_has_ended"), text("reasons")),
        clocks=(KEEP,),
    ),
    Rule(
        action="close_referral",
        states=("declined",),
        by=CELL,
        to="closed",
        guards=(OFFER_RESTATED,),
        fields=(choice("reason", "offer_declined"), text("reasons")),
        clocks=(KEEP,),
    ),
    # Nobody outside the cell knows of it, whatever court or claim it is for (invariant 30).
    *retention.hold_rules(("closed",), COORDINATORS, tuple(sorted(COORDINATORS)), (retention.TELL_HER,)),
)
