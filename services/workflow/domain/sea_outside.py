"""What goes outside of a report of exploitation or abuse: to the organisation whose people are concerned, and to
whoever owns a contract (policy 2.7). That it happened is told whatever the affected person says; who they are, only
with their consent.
"""

from __future__ import annotations

from lifecycle.clocks import meet, start
from lifecycle.fields import choice, text
from lifecycle.model import Case, Facts
from lifecycle.recipients import appointed, escalation
from lifecycle.table import ClockRule, Field, FieldKind, Guard, Outcome, Rule, Situation
from policy.model import Role
from services.workflow.domain.formal_rules import OVERSIGHT, holds

RULE = "policy 2.7"


def withholds_name(case: Case) -> bool:
    """Whether the affected person has not agreed to be named, or does so no more. Whoever writes of themselves has, by
    writing it.
    """
    facts = case.facts
    taken_back = any(step.action == "withdraw_identity_consent" for step in case.steps)
    return facts["identity_consent"] != "given" and (taken_back or facts["writer"] != "affected")


def offender_is(*classes: str) -> Guard:
    """Whose conduct it is, as far as oversight knows."""

    def broken(situation: Situation) -> Facts | None:
        found = situation.case.facts["offender_class"]
        return None if found in classes else {"offender_class": found}

    return Guard("OFFENDER_OF_ANOTHER_CLASS", RULE, broken)


def _named_without_consent(situation: Situation) -> Facts | None:
    named = situation.facts.get(NAMED.name) == "yes"
    return {"field": NAMED.name} if named and withholds_name(situation.case) else None


NAMED = Field("affected_named", FieldKind.CHOICE, required=False, choices=("no", "yes"), default="no")
"""Whether those outside learn who the affected person is. That it happened they are told whatever that person says."""
NAMED_WITH_CONSENT = Guard("NAMING_NOT_AGREED", "invariant 15", _named_without_consent)
OWNER_TOLD = holds("contract_owner_told", "NOT_TOLD_YET", RULE)

RULES = (
    Rule(
        action="refer_to_entity",
        states=("reported_to_oio",),
        by=OVERSIGHT,
        to="referred",
        fields=(choice("reason", "people_of_another_entity"), NAMED, text("reasons")),
        guards=(offender_is("other_entity"),),
        checks=(NAMED_WITH_CONSENT,),
        clocks=(start("keep.no_case", not_before=("ret.lookahead",)),),
    ),
    Rule(
        action="tell_contract_owner",
        states=("oio_acknowledged",),
        by=OVERSIGHT,
        fields=(NAMED, text("what_was_told")),
        guards=(offender_is("contractor_or_partner"),),
        checks=(NAMED_WITH_CONSENT,),
        sets={"contract_owner_told": True},
        clocks=(start("sea.contract"),),
        effects=(appointed("sea_report.contract_concerned", Role.CONTRACT_OWNER),),
    ),
    # Whoever owns the contract answers oversight, and sees nothing of the report.
    Rule(
        action="record_contract_answer",
        states=("oio_acknowledged",),
        by=OVERSIGHT,
        fields=(choice("contract_answer", "carried_out", "under_way", "not_our_contract"),),
        guards=(OWNER_TOLD,),
        clocks=(meet("sea.contract"),),
    ),
)
ANSWERS = ClockRule(
    "sea.contract",
    outcomes=(
        Outcome(
            effects=(
                escalation("sea_report.contract_late", Role.CONTRACT_OWNER),
                appointed("sea_report.contract_unanswered", Role.INTAKE_OFFICER),
            )
        ),
    ),
    repeats=True,
)
"""Oversight hears of a contract, or the time goes on one level up."""
