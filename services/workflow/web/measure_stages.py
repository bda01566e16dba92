"""Where an interim measure stands, as a bar of stages."""

from dataclasses import dataclass
from typing import Final

from chassis.web.pages.words import N_
from lifecycle.views import CaseSeen
from services.workflow.domain.measure_parts import RUNNING

STAGES: Final = (
    N_("Alerted"),
    N_("Proposed"),
    N_("Consent"),
    N_("Decided"),
    N_("In force"),
    N_("Reviewed"),
    N_("Lifted"),
)
_IN_FORCE, _REVIEWED = 4, 5
_REVIEWS: Final = frozenset({"review_measure", "extend_measure", "vary_measure"})
STAGE_OF: Final = {
    "need_seen": None,
    "alerted": 0,
    "acknowledged": 1,
    "declined": 1,
    "consent_asked": 2,
    "consented": 2,
    "consent_refused": 2,
    "not_begun": 2,
    "decided": 3,
    "not_applied": 3,
    "applied": 3,
    "told_first": 3,
    "effective": _IN_FORCE,
    "notified_of_measure": _IN_FORCE,
    "varying": _REVIEWED,
    "passed_on": _REVIEWED,
    "lifting": 6,
    "restored": 6,
    "lifted": 6,
    "ended": 6,
    "not_taken_up": None,
    "erased": None,
}
"""For every state; None before the first stage, and where it never came to a measure."""


@dataclass(frozen=True)
class Stage:
    name: str
    is_now: bool


def bar(case: CaseSeen) -> tuple[Stage, ...]:
    """Empty for a case that is in none. What is in force and has been looked at again since it was decided last is
    reviewed.
    """
    now = STAGE_OF[case.state]
    if now is None:
        return ()
    if case.state in RUNNING and _looked_at_again(case):
        now = _REVIEWED
    return tuple(Stage(name, number == now) for number, name in enumerate(STAGES))


def _looked_at_again(case: CaseSeen) -> bool:
    last = next((one.action for one in reversed(case.steps) if one.action in {*_REVIEWS, "decide_measure"}), None)
    return last in _REVIEWS
