"""A part that a formal report cannot go on without, and that nobody has any more: who was to look at it for legal
affairs, to decide, or to sign as the second has left or came into conflict, and another one is named (policy 2.2).

Nobody is exchanged who still has it: those whose work is looked at would choose who looks.
"""

from __future__ import annotations

from lifecycle.clocks import standing
from lifecycle.fields import staff
from lifecycle.guards import is_appointed
from lifecycle.model import Facts
from lifecycle.recipients import assigned
from lifecycle.table import Guard, Rule, Situation
from policy.model import Role
from services.workflow.domain import formal_rules as rules
from services.workflow.domain.formal_discipline import TO_DECIDER, TO_SECOND
from services.workflow.domain.formal_rules import AT_LEG, DECIDER_PARTS, INVESTIGATE, LEGAL, SECOND_PARTS

DECISIONS = frozenset({"decide_discipline", "dismiss_summarily"})


def _legal_has_it(situation: Situation) -> Facts | None:
    """For as long as they are in time."""
    case = situation.case
    review = case.clocks.get("leg.review")
    late = review is not None and review.runs and standing(review, situation.now) == "breached"
    return {"role": Role.LEGAL_OFFICER} if Role.LEGAL_OFFICER in case.assigned and not late else None


def _another_legal_officer(situation: Situation) -> Facts | None:
    """While legal affairs look at the report, a demand from outside is for whoever does that."""
    case, named = situation.case, situation.facts["legal_officer"]
    theirs = case.assigned.get(Role.LEGAL_OFFICER, named) if case.state in AT_LEG else named
    return None if named == theirs else {"field": "legal_officer"}


def _somebody_is_asked(situation: Situation) -> Facts | None:
    """Whoever has decided is not who signs it as the second."""
    case, policy = situation.case, situation.policy
    delegation = policy.delegation["managerial_action" if case.state == "managerial_action" else "discipline"]
    signing = case.state == "decided"
    decided = {step.by for step in case.steps if step.action in DECISIONS} if signing else set()
    roles = delegation.second if signing else delegation.deciders
    asked = [role for role in roles if case.assigned.get(role, "") not in {"", *decided}]
    return {"role": asked[0]} if asked else None


LEGAL_FREE = Guard("PART_IS_HELD", rules.POLICY, _legal_has_it)
SAME_LEGAL = Guard("PART_IS_HELD", rules.POLICY, _another_legal_officer)
NOBODY_ASKED = Guard("PART_IS_HELD", rules.POLICY, _somebody_is_asked)

RULES = (
    Rule(
        action="name_legal_officer",
        states=AT_LEG,
        by=INVESTIGATE,
        fields=(staff("legal_officer"),),
        guards=(LEGAL_FREE,),
        checks=(is_appointed("legal_officer", Role.LEGAL_OFFICER),),
        assigns={Role.LEGAL_OFFICER: "legal_officer"},
        effects=(assigned("formal_report.at_leg_now", Role.LEGAL_OFFICER),),
    ),
    Rule(
        action="name_decider",
        states=("recommended", "managerial_action"),
        by=INVESTIGATE | LEGAL,
        fields=rules.parts(DECIDER_PARTS),
        guards=(NOBODY_ASKED,),
        checks=(rules.named_one(DECIDER_PARTS),),
        assigns=DECIDER_PARTS,
        effects=TO_DECIDER,
    ),
    Rule(
        action="name_second",
        states=("decided",),
        by=INVESTIGATE | LEGAL,
        fields=rules.parts(SECOND_PARTS),
        guards=(rules.NOT_SIGNED, NOBODY_ASKED),
        checks=(rules.named_one(SECOND_PARTS),),
        assigns=SECOND_PARTS,
        effects=TO_SECOND,
    ),
)
