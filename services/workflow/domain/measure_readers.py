"""Who reads in an interim measure whose work it changes: whoever the table lets name that person, and nobody else.
Neither the alert nor the case says who it is (docs/adr/0069).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from lifecycle.model import Actor, Case
from lifecycle.table import FieldKind, Rule, Situation
from policy.model import Policy
from services.workflow.domain.interim_measure import LIFECYCLE
from services.workflow.domain.measure_parts import FOR_WHOM

PERSONS, LETTER = "persons", "letter"


def _asking_for(text: str) -> tuple[Rule, ...]:
    return tuple(
        rule for rule in LIFECYCLE.rules if any(one.name == text and one.kind is FieldKind.TEXT for one in rule.fields)
    )


_NAMING: Final = _asking_for(PERSONS)
_WRITING: Final = frozenset(one for rule in _asking_for(LETTER) for one in rule.by)


def withheld(case: Case, actor: Actor, now: datetime, policy: Policy) -> frozenset[str]:
    """The texts of a measure that this reader is not shown. Whose work it changes: unless they may name that person in
    a decision, wherever the measure stands. The letter to them, and for whom it is: unless they may write one, either.
    """
    situation = Situation(case, actor, now, policy, {})
    if any(actor.roles & rule.by and all(guard.broken(situation) is None for guard in rule.guards) for rule in _NAMING):
        return frozenset()
    return frozenset({PERSONS}) if actor.roles & _WRITING else frozenset({PERSONS, LETTER, FOR_WHOM})
