"""A case played again from its steps: as it stood at an earlier time, or under another policy. Pure.

Each step is played under the policy that the case went by then: `policies` has each by the version of the case from
which on it counts, the first at 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from lifecycle import clocks, engine, freezing, handover, migration, naming
from lifecycle.clocks import PLACE
from lifecycle.migration import MIGRATE
from lifecycle.model import PERSON, RING, SYSTEM, Action, Actor, ActorKind, Case, Refused, Step
from lifecycle.table import FieldKind, Lifecycle
from policy.model import Policy

Policies: TypeAlias = Mapping[int, Policy]

_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A step that would not have been taken like this: refused, or a clock that would not have rung then."""

    version: int
    action: str
    refused: Refused | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The case after its last step that could be played, and the steps that could not. A step that could not is left
    out and the next one tried: what follows from it may deviate too.
    """

    case: Case
    deviations: tuple[Deviation, ...]


def in_force(policies: Policies, version: int) -> Policy:
    """The policy that the case goes by in its version `version`."""
    return policies[max(since for since in policies if since <= version)]


def as_of(lifecycle: Lifecycle, case: Case, moment: datetime, policies: Policies) -> Replayed | None:
    """The case as it stood at `moment`; None when it was not open yet. Deviations then mean that its table has changed
    since, as the policies are those that it has gone by.
    """
    steps = [step for step in case.steps if step.at <= moment]
    return replay(lifecycle, case, steps, policies) if steps else None


def replay(lifecycle: Lifecycle, case: Case, steps: Sequence[Step], policies: Policies) -> Replayed:
    """`steps` are the case's own, from its opening on."""
    played, deviations = case, list[Deviation]()
    for step, _, after in _play(lifecycle, case, steps, policies):
        if isinstance(after, Case):
            played = after
        else:
            deviations.append(Deviation(step.version, step.action, after))
    return Replayed(replace(played, effects=()), tuple(deviations))


def cases_before(lifecycle: Lifecycle, case: Case, policies: Policies) -> Mapping[int, Case]:
    """The case in which each step was taken, by the version that it made; none for the opening."""
    played = _play(lifecycle, case, case.steps, policies)
    return {step.version: before for step, before, _ in played if before is not None}


def _play(
    lifecycle: Lifecycle, case: Case, steps: Sequence[Step], policies: Policies
) -> Iterator[tuple[Step, Case | None, Case | Refused | None]]:
    """Each step with the case before and after it, or why it could not be played."""
    first = steps[0]
    played = engine.open_case(lifecycle, case.report_id, case.number, first.facts, first.at, policies[1])
    yield first, None, played
    for step in steps[1:]:
        before, after = played, again(lifecycle, played, step, in_force(policies, step.version))
        if isinstance(after, Case):
            # As recorded: who acted is kept with the step, whatever of it the rules looked at.
            played = after = replace(after, version=step.version, steps=(*before.steps, step))
        yield step, before, after


def again(lifecycle: Lifecycle, case: Case, step: Step, policy: Policy) -> Case | Refused | None:
    """The case after the recorded step is taken once more, or why not; None for a ring that would not come then.
    `policy` is the one that counts after it.
    """
    if step.action == RING:
        rung = next(
            (
                due
                for due in clocks.waiting(lifecycle, case, policy)
                if (due.key, due.mark) == (step.facts["clock"], step.facts["mark"]) and due.at <= step.at
            ),
            None,
        )
        return engine.on_due(lifecycle, case, rung, step.at, policy) if rung else None
    if step.action in handover.STEPS:
        return handover.again(case, step)
    if step.action == MIGRATE:
        return migration.again(lifecycle, case, step, policy)
    if step.action in freezing.STEPS:
        return freezing.again(lifecycle, case, step, policy)
    if step.action in naming.STEPS:
        return naming.name_given(case, step.at)
    rule = lifecycle.rule_of.get((case.state, step.action))
    texts = frozenset(field.name for field in rule.fields if field.kind is FieldKind.TEXT) if rule else frozenset[str]()
    facts = {name: fact for name, fact in step.facts.items() if name != PLACE}
    action = Action(_NO_ID, step.action, facts, texts, str(step.facts.get(PLACE, "")))
    return engine.apply(lifecycle, case, action, _actor(step), step.at, policy)


def _actor(step: Step) -> Actor:
    if step.by in (PERSON, SYSTEM):
        return Actor(ActorKind(step.by))
    return Actor(ActorKind.STAFF, step.by, frozenset({step.role}) if step.role else frozenset())
