"""From the complete file to what is decided: review, finding, investigation by another body, determination, remedy."""

from __future__ import annotations

from lifecycle.clocks import meet, pause, resume, start
from lifecycle.fields import choice, flag, staff, text
from lifecycle.guards import confirmed, is_appointed, is_assigned, took_no_part
from lifecycle.model import Effect, EffectKind
from lifecycle.recipients import assigned
from lifecycle.table import ACTOR, Field, FieldKind, Rule
from policy.model import Role
from services.ethics.domain import recommendation
from services.ethics.domain import retaliation_rules as rules
from services.ethics.domain.retaliation_parts import (
    ASKED,
    CLOSED,
    COLLECTING,
    ETHICS,
    FIND_REVIEWER,
    HOLD_OVER,
    PERSON,
    RELEASE_REVIEWER,
    REVIEWERS,
    REVIEWING,
    SYSTEM,
    TOLD_BY_ANOTHER,
    tell_office,
)

WHOLE_FILE = flag("whole_file_read")
READ_WHOLE = confirmed("whole_file_read", rules.POLICY)
"""The office answers for its determination, so it reads what the investigation found, all of it."""
NOT_THE_INVESTIGATOR = took_no_part("submit_investigation", rule=rules.POLICY)
INVESTIGATING = frozenset(rules.INVESTIGATORS)
NOBODY_INVESTIGATES = tuple(rules.INVESTIGATORS)


def _refer(action: str, role: Role, field: str) -> Rule:
    """What the other body is to look into is written for it: of the file it sees nothing before."""
    return Rule(
        action=action,
        states=("prima_facie", "investigation"),
        by=ETHICS,
        to="investigation",
        fields=(staff(field), text("mandate")),
        checks=(is_appointed(field, role),),
        # Handed on, it is not due later for that, and stands still no more: the reason was the other's.
        clocks=(meet("ret.refer"), start("ret.investigation", no_later=True)),
        assigns={role: field},
        unassigns=NOBODY_INVESTIGATES,
        effects=(assigned("retaliation.to_investigate", role),),
    )


RULES = (
    # It is no matter of retaliation, and hers to say whether the other office gets what she wrote here (invariant 31).
    Rule(
        action="pass_on",
        states=(ASKED, TOLD_BY_ANOTHER, COLLECTING, *REVIEWING),
        by=ETHICS,
        to="passed_on",
        fields=(choice("reason", "no_retaliation"), flag("she_agrees")),
        checks=(confirmed("she_agrees", "invariant 31"),),
        clocks=(start("keep.no_case", not_before=("ret.lookahead",)),),
        derives=rules.hold_over,
        effects=(Effect(EffectKind.ERRAND, "pass_on"), CLOSED, HOLD_OVER),
    ),
    Rule(
        action="start_review",
        states=("info_complete",),
        by=ETHICS,
        to="prelim_review",
        assigns={Role.ETHICS_OFFICER: ACTOR},
    ),
    # A protected activity, a detrimental act, and a link between them.
    Rule(
        action="find_prima_facie",
        states=("prelim_review",),
        by=ETHICS,
        to="prima_facie",
        fields=(flag("protected_activity"), flag("detrimental_act"), flag("link"), text("reasons")),
        checks=tuple(confirmed(part, rules.POLICY) for part in ("protected_activity", "detrimental_act", "link")),
        clocks=(meet("ret.prelim"), start("ret.refer")),
        derives=rules.burden_of_proof,
    ),
    Rule(
        action="find_no_prima_facie",
        states=("prelim_review",),
        by=ETHICS,
        to="no_prima_facie",
        fields=(choice("lacking", "protected_activity", "detrimental_act", "link"), text("reasons")),
        clocks=(meet("ret.prelim"), start("ret.appeal")),
    ),
    Rule(
        action="ask_review",
        states=("no_prima_facie",),
        by=PERSON,
        to="review_asked",
        guards=(rules.REVIEW_OPEN,),
        clocks=(meet("ret.appeal"), start("ret.review")),
        effects=(FIND_REVIEWER,),
    ),
    # Somebody outside the office, or its alternate, who has had no part in the finding.
    Rule(
        action="assign_reviewer",
        states=("review_asked",),
        by=SYSTEM,
        fields=(staff("reviewer"),),
        checks=(is_appointed("reviewer", *REVIEWERS),),
        assigns={Role.REVIEWER: "reviewer"},
        effects=(assigned("retaliation.to_review", Role.REVIEWER),),
    ),
    # Whoever had it has come into conflict, has left or is no longer appointed: the next one is found.
    Rule(RELEASE_REVIEWER, ("review_asked",), SYSTEM, unassigns=(Role.REVIEWER,), effects=(FIND_REVIEWER,)),
    Rule(
        action="uphold_finding",
        states=("review_asked",),
        by=REVIEWERS,
        to="no_prima_facie",
        fields=(text("reasons"),),
        guards=(is_assigned(Role.REVIEWER), took_no_part("find_no_prima_facie", rule=rules.POLICY)),
        clocks=(meet("ret.review"),),
        unassigns=(Role.REVIEWER,),
        effects=(tell_office("retaliation.reviewed"),),
    ),
    Rule(
        action="overturn_finding",
        states=("review_asked",),
        by=REVIEWERS,
        to="prima_facie",
        fields=(text("reasons"),),
        guards=(is_assigned(Role.REVIEWER), took_no_part("find_no_prima_facie", rule=rules.POLICY)),
        clocks=(meet("ret.review"), start("ret.refer")),
        unassigns=(Role.REVIEWER,),
        derives=rules.burden_of_proof,
        effects=(tell_office("retaliation.reviewed"),),
    ),
    _refer("refer_to_oversight", Role.INVESTIGATOR, "investigator"),
    _refer("refer_outside", Role.OUTSIDE_INVESTIGATOR, "outside_investigator"),
    Rule(
        action="pause_investigation",
        states=("investigation",),
        by=INVESTIGATING,
        fields=(choice("pause_reason", "sick_leave", "official_travel"),),
        guards=(rules.INVESTIGATES,),
        clocks=(pause("ret.investigation", reason="pause_reason"),),
    ),
    Rule(
        action="resume_investigation",
        states=("investigation",),
        by=INVESTIGATING | ETHICS,
        clocks=(resume("ret.investigation"),),
    ),
    # With it the investigator's part in the case ends, and so does the right to read it.
    Rule(
        action="submit_investigation",
        states=("investigation",),
        by=INVESTIGATING,
        to="determination",
        fields=(text("findings"),),
        guards=(rules.INVESTIGATES,),
        clocks=(meet("ret.investigation"), start("ret.determine")),
        unassigns=NOBODY_INVESTIGATES,
        effects=(tell_office("retaliation.investigated"),),
    ),
    Rule(
        action="recommend",
        states=("determination", "declined"),
        by=ETHICS,
        to="recommended",
        fields=(
            WHOLE_FILE,
            choice("remedy", *rules.REMEDIES),
            recommendation.DECIDER,
            Field("she_agrees", FieldKind.FLAG, required=False),
            text("reasons"),
            text(recommendation.TEXT),
        ),
        guards=(NOT_THE_INVESTIGATOR,),
        checks=(READ_WHOLE, rules.MOVED_BY_CONSENT, rules.NEXT_DECIDER),
        clocks=(meet("ret.determine"),),
        effects=(Effect(EffectKind.OPEN, recommendation.NAME),),
    ),
    Rule(
        action="find_not_established",
        states=("determination",),
        by=ETHICS,
        to="not_established",
        fields=(
            WHOLE_FILE,
            choice("ground", *rules.GROUNDS),
            Field("standard_met", FieldKind.CHOICE, choices=rules.standards),
            text("reasons"),
        ),
        guards=(NOT_THE_INVESTIGATOR,),
        checks=(READ_WHOLE, rules.BURDEN_HOLDS),
        clocks=(meet("ret.determine"),),
    ),
    Rule(
        action="record_decided",
        states=("recommended",),
        by=SYSTEM,
        to="decided",
        clocks=(start("ret.remedy"),),
        effects=(tell_office("retaliation.recommendation_answered"),),
    ),
    Rule(
        action="record_declined",
        states=("recommended",),
        by=SYSTEM,
        to="declined",
        # Whether it goes to the next decider is the office's to say, in the time it had to say what it finds.
        clocks=(start("ret.determine"),),
        effects=(tell_office("retaliation.recommendation_answered"),),
    ),
    Rule(
        action="record_remedy",
        states=("decided",),
        by=ETHICS,
        to="remedy",
        fields=(text("what_was_done"),),
        clocks=(meet("ret.remedy"),),
    ),
)
