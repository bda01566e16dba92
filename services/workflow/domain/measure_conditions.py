"""What has to be shown before a measure of a kind may be decided or extended; which of it, says the policy.

Invariants 39, 40 and 44, and the extra guards of policy 2.3.
"""

from __future__ import annotations

from collections.abc import Callable

from lifecycle.fields import choice, flag, reference, text, time
from lifecycle.guards import version_of
from lifecycle.model import Case, Facts, Step
from lifecycle.table import Field, FieldKind, Guard, Situation
from policy.model import MeasureType
from services.workflow.domain.measure_parts import WRITTEN_REASONS, conditions_of

SECOND_SIGNATURE = "second_signature"
EXCEPTIONAL = "exceptional_circumstances"
WITHOUT_PAY = "invariant 40"
_POLICY = "policy 2.3"
DECISIONS = frozenset({"decide_measure", "extend_measure", "vary_measure"})
TELLS_HER = frozenset({"record_placed", "record_told"})


def _flag(name: str) -> Field:
    """Left out, it is not confirmed: what an earlier decision confirmed does not count for this one."""
    return Field(name, FieldKind.FLAG, required=False, default=False)


FIELDS = (
    _flag("same_grade_no_loss"),
    _flag("entitlements_unaffected"),
    _flag("lighter_means_fail"),
    _flag("serious_misconduct"),
    choice("hearing", "heard", "will_be_heard", required=False),
    _flag("redeployment_considered"),
    text(EXCEPTIONAL, required=False),
    reference("evidence_reference", required=False),
    _flag("restoration_of_pay"),
)
"""Beside the facts that every decision has. A type asks for some of them (policy: measure.<type>.conditions)."""

SIGNATURE = (
    Field("signed_type", FieldKind.CHOICE, choices=lambda policy: tuple(policy.measures)),
    time("signed_until"),
    reference("signed_evidence"),
    text("reasons"),
    flag("effects_seen"),
)
"""What a second signature is put under: it stands for this decision and no other."""


def known(situation: Situation) -> Facts:
    """The facts as they would be after the step."""
    return {**situation.case.facts, **situation.facts}


def terms_at(case: Case, version: int) -> Facts:
    """What was decided up to this version of the measure's case, the later decision before the earlier."""
    decided = (step for step in case.steps if step.version <= version and step.action in DECISIONS)
    return {name: fact for step in decided for name, fact in step.facts.items()}


def extensions(case: Case) -> tuple[int, int]:
    """The versions at which HR had done an extension: the last of which the one whom the measure protects knows, and
    one of which she does not know yet; 0 where there is none.
    """
    decided, untold, told = "", 0, 0
    for step in case.steps:
        if step.action in DECISIONS:
            decided = step.action
        elif step.action == "record_applied":
            untold = step.version if decided == "extend_measure" else 0
        elif step.action in TELLS_HER and untold:
            told, untold = untold, 0
    return told, untold


def terms_known(case: Case) -> Facts:
    """What was decided, as far as it has reached the other side: the decision and each change with its taking effect,
    an extension once HR has done it; of each of them she is told first (invariant 43).
    """
    told, _ = extensions(case)
    return terms_at(case, max(version_of(case, "make_effective"), told))


def measure_of(situation: Situation) -> MeasureType:
    return situation.policy.measures[str(known(situation)["type"])]


def asked_for(situation: Situation) -> tuple[str, ...]:
    """The conditions of the measure that is being decided."""
    return conditions_of(measure_of(situation), known(situation))


def _confirmed(name: str) -> Callable[[Situation], bool]:
    return lambda situation: situation.facts.get(name) is True


def _heard(situation: Situation) -> bool:
    """Before the decision or soon after it: by the time it is extended it has happened."""
    extends = "from_at" not in situation.facts
    return situation.facts.get("hearing") in ({"heard"} if extends else {"heard", "will_be_heard"})


def _signature(situation: Situation) -> Step | None:
    """The second signature that no decision has used yet."""
    for step in reversed(situation.case.steps):
        if step.action in DECISIONS:
            return None
        if step.action == "sign_measure":
            return step
    return None


def _signed(situation: Situation) -> bool:
    signature, facts = _signature(situation), situation.facts
    return signature is not None and (
        signature.facts["signed_type"],
        signature.facts["signed_until"],
        signature.facts["signed_evidence"],
    ) == (known(situation)["type"], facts["until_at"], facts.get("evidence_reference"))


_SHOWN: dict[str, tuple[str, Callable[[Situation], bool]]] = {
    "same_grade_no_loss": ("invariant 44", _confirmed("same_grade_no_loss")),
    "entitlements_unaffected": ("invariant 44", _confirmed("entitlements_unaffected")),
    "lighter_means_fail": (_POLICY, _confirmed("lighter_means_fail")),
    "serious_misconduct": (WITHOUT_PAY, _confirmed("serious_misconduct")),
    WRITTEN_REASONS: (_POLICY, lambda situation: "reasons" in situation.texts),
    "heard_or_to_be_heard": (_POLICY, _heard),
    "redeployment_considered": (_POLICY, _confirmed("redeployment_considered")),
    EXCEPTIONAL: (WITHOUT_PAY, lambda situation: EXCEPTIONAL in situation.texts),
    "evidence_reference": (WITHOUT_PAY, lambda situation: "evidence_reference" in situation.facts),
    "restoration_of_pay": (WITHOUT_PAY, _confirmed("restoration_of_pay")),
    SECOND_SIGNATURE: (WITHOUT_PAY, _signed),
}
KNOWN = frozenset(_SHOWN)
"""The names of conditions that a policy may use."""


def _guard(name: str, rule: str, shown: Callable[[Situation], bool]) -> Guard:
    def broken(situation: Situation) -> Facts | None:
        if name not in asked_for(situation) or shown(situation):
            return None
        return {"type": measure_of(situation).key, "needs": name}

    return Guard("CONDITION_NOT_SHOWN", rule, broken)


def _unknown(situation: Situation) -> Facts | None:
    """A condition that nobody can show keeps the measure closed."""
    unknown = [name for name in asked_for(situation) if name not in KNOWN]
    return {"type": measure_of(situation).key, "needs": unknown[0]} if unknown else None


def _signed_by_the_same(situation: Situation) -> Facts | None:
    signature = _signature(situation)
    needed = SECOND_SIGNATURE in asked_for(situation)
    same = signature is not None and signature.by == situation.actor.name
    return {"did": "sign_measure"} if needed and same else None


def _may_not_sign(situation: Situation) -> Facts | None:
    measure = str(situation.facts["signed_type"])
    return {"type": measure} if situation.actor.roles.isdisjoint(situation.policy.measures[measure].second) else None


TWO_PEOPLE = Guard("SAME_PERSON", WITHOUT_PAY, _signed_by_the_same)
CONDITIONS = (
    Guard("CONDITION_NOT_SHOWN", _POLICY, _unknown),
    *(_guard(name, rule, shown) for name, (rule, shown) in _SHOWN.items() if name != SECOND_SIGNATURE),
    TWO_PEOPLE,
    _guard(SECOND_SIGNATURE, *_SHOWN[SECOND_SIGNATURE]),
)
MAY_SIGN = Guard("NOT_DELEGATED", WITHOUT_PAY, _may_not_sign)
