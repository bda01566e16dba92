"""What happens to a case after it has closed: kept for its time, held up by a legal hold or a review, then erased.
Pure.

Nothing is erased while a window runs that it could serve (invariant 53); a hold has an owner and an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lifecycle.clocks import DUE, meet, on_hold, start
from lifecycle.fields import staff, text, time
from lifecycle.freezing import RELEASE
from lifecycle.guards import is_appointed, not_before_now
from lifecycle.model import HOLD, ActorKind, Case, Effect, EffectKind, Facts
from lifecycle.recipients import her_inbox
from lifecycle.table import ClockChange, ClockRule, Guard, Outcome, Rule, Situation
from policy.model import Policy, Role

WINDOWS = ("ret.lookahead", "review.request", "review.appeal")
OWNERS = (Role.INTAKE_OFFICER, Role.INVESTIGATOR, Role.LEGAL_OFFICER)
SYSTEM = frozenset({ActorKind.SYSTEM})
KEPT = "invariant 53"

STILL_KEPT = "hold.still_kept"
"""Something that kept a case has ended, and the case is still there: what is said of it where a desk says no more."""
ENDS_SOON = "hold.ends_soon"
"""A hold is about to end, and with it perhaps the case: the last time to say that it has to go on."""
TELL_HER = her_inbox("hold.set")
"""Her own matter is kept longer than she was told: she hears of it, and her inbox shows the new date."""
SET_HOLD = start(HOLD, due="hold_until")
HOLD_FIELDS = (staff("hold_owner"), time("hold_until"), text("reasons"))


def hold_checks(*owners: Role) -> tuple[Guard, ...]:
    return not_before_now("hold_until", KEPT), is_appointed("hold_owner", *owners)


def _not_delegated(situation: Situation) -> Facts | None:
    deciders = situation.policy.delegation["legal_hold"].deciders
    return {"decision": "legal_hold"} if situation.actor.roles.isdisjoint(deciders) else None


def _without_hold(situation: Situation) -> Facts | None:
    return None if on_hold(situation.case) else {"clock": HOLD}


DELEGATED = Guard("NOT_DELEGATED", KEPT, _not_delegated)
ON_HOLD = Guard("NOT_ON_HOLD", KEPT, _without_hold)


def keep(key: str, *, since: str | None = None) -> ClockChange:
    """Starts the time for which a case is kept, never shorter than a window in which it could be needed."""
    return start(key, since=since, not_before=WINDOWS)


def hold_rules(
    states: tuple[str, ...],
    by: frozenset[Role | ActorKind],
    owners: tuple[Role, ...] = OWNERS,
    effects: tuple[Effect, ...] = (),
) -> tuple[Rule, ...]:
    """Whoever reads the cases of a desk sets a hold there and ends it, so that nobody else learns of one; one of
    `owners` answers for it. `effects` follow when it is set.
    """
    return (
        Rule(
            action="set_hold",
            states=states,
            by=by,
            fields=HOLD_FIELDS,
            guards=(DELEGATED,),
            checks=hold_checks(*owners),
            clocks=(SET_HOLD,),
            effects=effects,
        ),
        # Not gone at once: who needs it still has the time of `keep.release` to say so.
        Rule(
            action="release_hold",
            states=states,
            by=by,
            fields=(text("reasons"),),
            guards=(DELEGATED, ON_HOLD),
            clocks=(meet(HOLD), start(RELEASE)),
        ),
    )


def reviewer_rules(states: tuple[str, ...]) -> tuple[Rule, ...]:
    """Whoever reviews a decision sees the file for as long as the review lasts."""
    return (
        Rule(
            action="admit_reviewer",
            states=states,
            by=SYSTEM,
            fields=(staff("reviewer"),),
            assigns={Role.REVIEWER: "reviewer"},
        ),
        Rule(action="dismiss_reviewer", states=states, by=SYSTEM, unassigns=(Role.REVIEWER,)),
    )


def clocks(keys: tuple[str, ...], notice: Effect, *, person_sees: bool = False) -> tuple[ClockRule, ...]:
    """Of a procedure that keeps its cases for one of `keys`. Whichever of them, a hold or a release ends last erases;
    `notice` says that something else ended and the case is still there, and whoever hears it hears before a hold ends.
    """
    erase = Effect(EffectKind.ERASE, "case")

    def erases(key: str) -> ClockRule:
        return ClockRule(
            key,
            outcomes=(Outcome(when=_last(key, keys), effects=(erase,), to="erased"), Outcome(effects=(notice,))),
            reminds=(replace(notice, name=ENDS_SOON),) if key == HOLD else (),
            irreversible=True,
            person_sees=person_sees,
            outlives=key in (HOLD, RELEASE),
        )

    return tuple(erases(key) for key in (*keys, HOLD, RELEASE))


def _last(key: str, keys: tuple[str, ...]) -> Callable[[Case, Policy], bool]:
    """Whether nothing but the clock `key`, which rings now, has kept the case."""

    def last(case: Case, _: Policy) -> bool:
        kept = [one for one in keys if one in case.clocks]
        others = [clock for name, clock in case.clocks.items() if name in (*keys, HOLD, RELEASE) and name != key]
        waited_for = [clock for clock in others if clock.runs and DUE not in clock.rung]
        return bool(kept) and not waited_for

    return last
