"""Who acts in a retaliation case and where it can stand: what its tables share."""

from __future__ import annotations

from lifecycle import retention
from lifecycle.model import ActorKind, Effect, EffectKind
from lifecycle.recipients import appointed
from lifecycle.table import Rule
from policy.model import Role

PERSON = frozenset({ActorKind.PERSON})
SYSTEM = frozenset({ActorKind.SYSTEM})
ETHICS = frozenset({Role.ETHICS_OFFICER})
"""Whoever stands in for the office in a case holds the role there."""
REVIEWERS = frozenset({Role.REVIEWER, Role.ALTERNATE_ETHICS_OFFICER})

FEARED, ASKED, TOLD_BY_ANOTHER = "fear_raised", "requested", "third_party_report"
FIRST = (FEARED, ASKED, TOLD_BY_ANOTHER)
PREVENTING = ("preventing", "steps_proposed", "steps_agreed")
COLLECTING = "acknowledged"
REVIEWING = ("info_complete", "prelim_review")
FOUND = ("no_prima_facie", "review_asked", "prima_facie")
EXAMINED = ("investigation", "determination")
ANSWERED = ("recommended", "decided", "declined", "remedy", "not_established")
HANDLED = (*PREVENTING, COLLECTING, *REVIEWING, *FOUND, *EXAMINED, *ANSWERED, "monitoring")
OPEN = (*FIRST, *HANDLED)

TAKEN_ON = Effect(EffectKind.EMIT, "taken_on")
"""Somebody handles it from now on: not who handles the other side of the same dispute (invariant 49)."""
FIND_REVIEWER, RELEASE_REVIEWER = Effect(EffectKind.ERRAND, "find_reviewer"), "release_reviewer"
CLOSED = Effect(EffectKind.EMIT, "protection_closed")
"""From here the look-ahead runs."""
HOLD_OVER = Effect(EffectKind.EMIT, "hr_hold_released")
"""HR may do again what it left undone; where it was asked for nothing, nothing is said."""


def tell_office(wording: str) -> Effect:
    return appointed(wording, Role.ETHICS_OFFICER)


STILL_KEPT = tell_office(retention.STILL_KEPT)


def holds(*states: str, effects: tuple[Effect, ...] = ()) -> tuple[Rule, ...]:
    """Nobody but the office knows of its cases: it sets holds itself and answers for them (invariant 31)."""
    return retention.hold_rules(states, ETHICS, (Role.ETHICS_OFFICER,), effects)
