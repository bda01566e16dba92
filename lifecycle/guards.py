"""Guards that any procedure may need. Each names the rule it holds, so that a refusal can say it."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecycle.clocks import DUE
from lifecycle.fields import time_of
from lifecycle.model import Case, Facts, RefusalCode
from lifecycle.table import Guard, Situation
from policy.model import Role
from policy.routing import stood_in_for


def took_no_part(*actions: str, rule: str) -> Guard:
    """Whoever took one of `actions` in this case may not take this one."""

    def broken(situation: Situation) -> Facts | None:
        for step in situation.case.steps:
            if step.action in actions and step.by == situation.actor.name:
                return {"did": step.action}
        return None

    return Guard("SAME_PERSON", rule, broken)


def holds_none_of(*roles: Role, rule: str) -> Guard:
    """Nobody who also holds one of `roles` may take this action."""

    def broken(situation: Situation) -> Facts | None:
        held = sorted(situation.actor.roles.intersection(roles))
        return {"role": held[0]} if held else None

    return Guard("ROLE_CONFLICT", rule, broken)


def is_assigned(role: Role) -> Guard:
    """Only the one who is assigned as `role` in this case, or whoever stands in for them in that role."""

    def broken(situation: Situation) -> Facts | None:
        assigned, actor = situation.case.assigned.get(role), situation.actor.staff_id
        if assigned is None or actor is None:
            return {"role": role}
        in_place_of = stood_in_for(situation.policy, actor, role, situation.now)
        return None if assigned == actor or assigned in in_place_of else {"role": role}

    return Guard("NOT_ASSIGNED", "lifecycle", broken)


def counts(*keys: str) -> Guard:
    """One of the clocks `keys` has yet to ring: there is something to end."""

    def broken(situation: Situation) -> Facts | None:
        found = [clock for key in keys if (clock := situation.case.clocks.get(key))]
        return None if any(one.runs and DUE not in one.rung for one in found) else {"clock": keys[0]}

    return Guard(RefusalCode.CLOCK_NOT_RUNNING, "lifecycle", broken)


def confirmed(fact: str, rule: str) -> Guard:
    """The flag `fact` has to be there and true: somebody vouches for it."""

    def broken(situation: Situation) -> Facts | None:
        return None if situation.facts.get(fact) is True else {"field": fact}

    return Guard("NOT_CONFIRMED", rule, broken)


def in_order(earlier: str, later: str, rule: str, *, may_be_equal: bool = False) -> Guard:
    """The time fact `earlier` lies before `later`; a time not sent along is taken from the case."""

    def broken(situation: Situation) -> Facts | None:
        first, second = known_time(situation, earlier), known_time(situation, later)
        ordered = first <= second if may_be_equal else first < second
        return None if ordered else {"field": later, "after": earlier}

    return Guard("TIMES_OUT_OF_ORDER", rule, broken)


def not_before_now(fact: str, rule: str, *, tolerance: timedelta = timedelta()) -> Guard:
    """The time fact lies in the future, or no longer ago than clocks of two machines may differ."""

    def broken(situation: Situation) -> Facts | None:
        return None if time_of(situation.facts, fact) > situation.now - tolerance else {"field": fact}

    return Guard("TIME_IN_THE_PAST", rule, broken)


def known_time(situation: Situation, fact: str) -> datetime:
    """The time fact as it would be after the step."""
    return time_of(situation.facts if fact in situation.facts else situation.case.facts, fact)


def version_of(case: Case, action: str) -> int:
    """The version that `action` last made; 0 when it was never taken."""
    return next((step.version for step in reversed(case.steps) if step.action == action), 0)


def is_appointed(fact: str, *wanted: Role) -> Guard:
    """The staff member named in `fact` holds one of `wanted` now, or stands in for it at some desk. Whether that desk
    is this case's, and whether the person is free of conflicts, only the service knows.
    """

    def broken(situation: Situation) -> Facts | None:
        policy, roles = situation.policy, frozenset(wanted)
        stand_ins = {
            desk.in_place_of[role] for desk in policy.desks.values() for role in roles & desk.in_place_of.keys()
        }
        held = policy.roles_of(str(situation.facts[fact]), situation.now)
        return {"field": fact} if held.isdisjoint({*roles, *stand_ins}) else None

    return Guard("NOT_APPOINTED", "lifecycle", broken)
