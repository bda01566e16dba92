"""What is known of an invented organisation: its lines, the matters in it, their cases and each change of one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from lifecycle.clocks import DUE
from lifecycle.desk import Part
from lifecycle.exclusions import Conflict
from lifecycle.model import Actor, Case, Effect, Step
from lifecycle.recipients import APPOINTED, ASSIGNED, OTHER_SIDE
from lifecycle.recusal import conflicts_with
from lifecycle.table import ACTOR, Lifecycle
from ops.local_stack.people import organisation
from policy.model import Policy, Role
from tests.lifecycles import BY_NAME

Anything = TypeVar("Anything")

HISTORY = timedelta(days=730)
PEOPLE = {one.staff_id: one.line for one in organisation().people}
"""Who reports to whom when it begins; nobody above is an empty line."""


class Pick:
    """A seed drawn by Hypothesis, spent as many small choices: drawing each would take most of the time."""

    def __init__(self, drawn: int) -> None:
        self._random = random.Random(drawn)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)

    def of(self, options: Sequence[Anything]) -> Anything:
        return options[self.below(len(options))]

    def once_in(self, times: int) -> bool:
        return self.below(times) == times - 1


@dataclass
class Lines:
    """Who reports to whom, and until when somebody did."""

    now: dict[str, str] = field(default_factory=lambda: {one: line for one, line in PEOPLE.items() if line})
    past: list[tuple[str, str, datetime]] = field(default_factory=list)

    def move(self, staff_id: str, under: str, at: datetime) -> bool:
        """Whether it could be: nobody reports to somebody below them."""
        if staff_id == under or under in self._reached(staff_id, [(one, two) for two, one in self.now.items()]):
            return False
        if staff_id in self.now:
            self.past.append((staff_id, self.now[staff_id], at))
        self.now[staff_id] = under
        return True

    def of(self, staff_id: str, at: datetime) -> tuple[set[str], set[str]]:
        """The first line, and everybody above and below, by the lines of now and of the time that counts."""
        edges = [*self.now.items(), *((one, above) for one, above, ended in self.past if ended > at - HISTORY)]
        first = {above for one, above in edges if one == staff_id} | {one for one, above in edges if above == staff_id}
        whole = self._reached(staff_id, edges) | self._reached(staff_id, [(two, one) for one, two in edges])
        return first - {staff_id}, whole - {staff_id}

    @staticmethod
    def _reached(start: str, edges: Sequence[tuple[str, str]]) -> set[str]:
        found, ahead = set[str](), [start]
        while ahead:
            at = ahead.pop()
            more = {to for one, to in edges if one == at} - found
            found |= more
            ahead += more
        return found


@dataclass
class Matter:
    """What one person wrote about, and whom it concerns; no table sees it."""

    report_id: UUID
    her: str
    offenders: tuple[str, ...]
    refused: set[str] = field(default_factory=set)


@dataclass
class Held:
    """A case as its service keeps it. `pack`: the one it began with; `kept_out`: who must not see it, added and never
    lifted; `texts`: which texts came with the step that made a version.
    """

    matter: Matter
    case: Case
    pack: Policy
    kept_out: dict[str, set[Conflict]] = field(default_factory=dict)
    texts: dict[int, frozenset[str]] = field(default_factory=dict)
    closed_at: datetime | None = None
    erased: bool = False

    @cached_property
    def lifecycle(self) -> Lifecycle:
        return BY_NAME[self.case.lifecycle]

    @property
    def is_open(self) -> bool:
        return not self.lifecycle.is_closed(self.case)

    def in_conflict(self, staff_id: str, role: Role, held: frozenset[Role]) -> bool:
        """Whether somebody who holds these roles must not have the part `role` here (invariant 32)."""
        taking = (rule.by for rule in self.lifecycle.rules if rule.assigns.get(role) == ACTOR)
        part = Part(frozenset({role, *(one for by in taking for one in by if isinstance(one, Role))}))
        return not self.kept_out.get(staff_id, set()).isdisjoint(conflicts_with(part, role, held))


@dataclass(frozen=True)
class Change:
    """One new version of a case: what a check may look at. `actor` is None where a clock rang or a part was lost."""

    held: Held
    before: Case
    after: Case
    actor: Actor | None
    now: datetime
    policy: Policy

    @property
    def was_closed(self) -> bool:
        return self.held.lifecycle.is_closed(self.before)

    @property
    def is_closed(self) -> bool:
        return self.held.lifecycle.is_closed(self.after)


def part_of(staff_id: str) -> str:
    """How the one whom a matter is about stands in it: not by staff id."""
    return f"part:{staff_id}"


def runs(case: Case, key: str) -> bool:
    """Whether the clock is running and has yet to ring."""
    clock = case.clocks.get(key)
    return clock is not None and clock.met_at is None and DUE not in clock.rung


def last(change: Change, *actions: str) -> Step | None:
    """The latest step of these in the case as it is after the change."""
    return next((step for step in reversed(change.after.steps) if step.action in actions), None)


def version(step: Step | None) -> int:
    return step.version if step else 0


def to_other_side(change: Change) -> list[Effect]:
    return [one for one in change.after.effects if one.facts.get("to") == OTHER_SIDE]


def told_roles(change: Change) -> set[Role]:
    named = (one.facts["role"] for one in change.after.effects if one.facts.get("to") in {APPOINTED, ASSIGNED})
    return {Role(str(role)) for role in named}


def at(change: Change, fact: str) -> datetime:
    return datetime.fromisoformat(str(change.after.facts[fact]))
