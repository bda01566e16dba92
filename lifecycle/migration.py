"""A running case goes over to the version of the policy that is in force: by whom, when not, and what becomes of its
clocks. Pure; any procedure knows this step, and no table lists it (invariants 51 and 53).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from lifecycle import engine
from lifecycle.clocks import DUE, place_of
from lifecycle.fields import InvalidFacts, check_action, reference
from lifecycle.model import (
    FROZEN,
    RING,
    Action,
    Actor,
    ActorKind,
    Case,
    Clock,
    RefusalCode,
    Refused,
    Step,
    then,
)
from lifecycle.recipients import her_inbox
from lifecycle.table import ClockChangeKind, Lifecycle, Offer, Rule
from policy import changes, protection
from policy.model import Policy, Role
from policy.protection import Direction

MIGRATE: Final = "migrate_policy"
HASH: Final = "policy_hash"
"""The field that says which contents are meant, by their hash: those that the sender has read."""
NEWS: Final = "policy.migrated"
RULE: Final = "invariant 51"
_BY: Final = frozenset(Role) - {Role.ALLEGED_OFFENDER}
"""Whoever may see the case, and is not the one whom it is about."""
_ASKS: Final = Rule(MIGRATE, (), _BY, fields=(reference(HASH),))


class Refusal(StrEnum):
    """Why a case stays under its policy; `policy.changes.ChangeRefused` says why a weaker one may not come yet."""

    POLICY_UNKNOWN = "POLICY_UNKNOWN"
    POLICY_SAME = "POLICY_SAME"
    CASE_FROZEN = "CASE_FROZEN"
    DECISION_PENDING = "DECISION_PENDING"
    DESK_UNKNOWN = "DESK_UNKNOWN"


def migrate(
    lifecycle: Lifecycle, case: Case, action: Action, actor: Actor, now: datetime, policy: Policy, target: Policy
) -> Case | Refused:
    """The case under `target`, the policy in force, in place of `policy`; or why not."""
    if refused := _not_theirs(case, actor):
        return refused
    try:
        facts = check_action(_ASKS, action, policy)
    except InvalidFacts as invalid:
        return Refused(invalid.code, RULE, {"field": invalid.field})
    if facts[HASH] != target.content_hash:
        return Refused(Refusal.POLICY_UNKNOWN, RULE, {"field": HASH})
    if refused := _not_now(lifecycle, case, now, policy, target):
        return refused
    said = {"policy": target.pin, HASH: target.content_hash, "was": policy.pin, "was_hash": policy.content_hash}
    role = min(actor.roles & _BY, key=engine.ROLES.index)
    return _moved(lifecycle, case, Step(case.version + 1, MIGRATE, actor.name, role, now, said), target)


def offer(lifecycle: Lifecycle, case: Case, actor: Actor, now: datetime, policy: Policy, target: Policy) -> Offer:
    """As `engine.offers`, of this step."""
    refused = _not_theirs(case, actor) or _not_now(lifecycle, case, now, policy, target)
    fields = tuple(replace(one, choices=(target.content_hash,)) for one in _ASKS.fields)
    return Offer(MIGRATE, open=refused is None, refused=refused, fields=fields)


def again(lifecycle: Lifecycle, case: Case, step: Step, target: Policy) -> Case:
    """The step once more, as it was recorded."""
    return _moved(lifecycle, case, step, target)


def pins(case: Case) -> Iterator[tuple[int, str, str]]:
    """For each policy that the case has gone over to: the version of the case from which on it counts, its name and
    version, its hash; before them the one that it began with. None for a case that has never been migrated.
    """
    moves = [step for step in case.steps if step.action == MIGRATE]
    if moves:
        yield 1, str(moves[0].facts["was"]), str(moves[0].facts["was_hash"])
    for step in moves:
        yield step.version, str(step.facts["policy"]), str(step.facts[HASH])


def _not_theirs(case: Case, actor: Actor) -> Refused | None:
    if actor.excluded:
        return Refused(RefusalCode.ACTOR_EXCLUDED, "invariant 32")
    if actor.kind is not ActorKind.STAFF or actor.roles.isdisjoint(_BY):
        return Refused(RefusalCode.ROLE_NOT_ALLOWED, RULE, {"action": MIGRATE, "state": case.state})
    return None


def _not_now(lifecycle: Lifecycle, case: Case, now: datetime, policy: Policy, target: Policy) -> Refused | None:
    if target.content_hash == policy.content_hash:
        return Refused(Refusal.POLICY_SAME, RULE, {"policy": target.pin})
    if lifecycle.is_gone(case.state):
        return Refused(RefusalCode.ACTION_NOT_OPEN, RULE, {"action": MIGRATE, "state": case.state})
    if case.facts.get(FROZEN) is True:
        return Refused(Refusal.CASE_FROZEN, engine.KEPT, {"action": MIGRATE})
    if case.state in lifecycle.deciding:
        return Refused(Refusal.DECISION_PENDING, RULE, {"state": case.state})
    if codes := changes.not_yet(policy, target, now):
        return Refused(codes[0], changes.WAITING, {"policy": target.pin})
    return None


def _moved(lifecycle: Lifecycle, case: Case, step: Step, target: Policy) -> Case:
    return replace(
        case,
        version=step.version,
        steps=then(case.steps, step),
        clocks={
            key: one for key, clock in case.clocks.items() if (one := _under(lifecycle, case, clock, step.at, target))
        },
        effects=(her_inbox(NEWS),),
    )


def _under(lifecycle: Lifecycle, case: Case, clock: Clock, now: datetime, target: Policy) -> Clock | None:
    """The clock by the new policy, from when it began; None where that leaves it unset, so that nothing ends. What has
    ended stays as it was, and so does what a decision dated.
    """
    if clock.deadline is None or clock.met_at or DUE in clock.rung:
        return clock
    deadline = clock.deadline if clock.deadline in target.deadlines else clock.key
    erases = lifecycle.clock_of[clock.key].erases
    if erases and _is_promised_gone(deadline):
        return clock
    if not target.is_set(deadline):
        return None
    bare = target.due(deadline, clock.started_at, clock.place)
    due_at = target.moved(deadline, bare, bare, bare + clock.paused_for, clock.place)
    if erases:
        due_at = max([clock.due_at, due_at, *_windows(lifecycle, case, clock.key, target)])
    elif due_at <= (clock.paused_at or now):
        due_at = clock.due_at
    return clock._replace(due_at=due_at, deadline=deadline)


def _is_promised_gone(deadline: str) -> bool:
    """Whether it protects people that something is gone by then: that day is promised, and stays (invariant 28)."""
    known = protection.of_length(deadline)
    return known is not None and known.longer is Direction.WEAKER


def _windows(lifecycle: Lifecycle, case: Case, key: str, target: Policy) -> Iterator[datetime]:
    """Until when the new policy lets nothing be erased that the clock `key` would erase, from when it was started."""
    at = {str(step.facts["clock"]) if step.action == RING else step.action: step.at for step in case.steps}
    starts = [("open", lifecycle.opening.clocks), *((rule.action, rule.clocks) for rule in lifecycle.rules)]
    starts += [(clock.key, outcome.clocks) for clock in lifecycle.clocks for outcome in clock.outcomes]
    for name, started in starts:
        for change in started:
            if change.key == key and change.kind is ClockChangeKind.START and name in at:
                set_ = [window for window in change.not_before if target.is_set(window)]
                yield from (target.due(window, at[name], place_of(case.facts)) for window in set_)
