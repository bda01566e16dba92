"""How a case would have gone under a policy: what people did, at the times they did it, and what clocks would have done
in between. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from lifecycle import engine
from lifecycle.fields import InvalidFacts
from lifecycle.migration import MIGRATE
from lifecycle.model import RING, Case, DueKind, Effect, EffectKind, Refused
from lifecycle.recipients import ASSIGNED, heard_as
from lifecycle.replay import again
from lifecycle.table import Lifecycle
from policy.model import Policy

MOST_RINGS = 2_000
"""Of one case. A clock that starts again every few seconds would ring through years without end."""


@dataclass
class Course:
    """What happened in some cases: reminders, breaches and what time alone brought about (an end, an erasure) by clock,
    refusals by action and code, notices by whom they are for. `cut_short`: cases that rang more often than anybody
    would count.
    """

    cases: int = 0
    acted: int = 0
    reminders: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    cut_short: int = 0


def rehearse(lifecycle: Lifecycle, case: Case, policy: Policy, now: datetime, course: Course) -> Case | None:
    """Plays the case's recorded steps under `policy` up to `now`, and counts into `course` what happens. A step that is
    refused is left out; what follows from it may be refused too. Recorded rings are not played: the policy's own are;
    nor is a change of policy. None where the case would not have been opened at all.
    """
    first, *others = case.steps
    course.cases += 1
    try:
        played = engine.open_case(lifecycle, case.report_id, case.number, first.facts, first.at, policy)
    except InvalidFacts as invalid:
        course.refusals[f"{first.action} {invalid.code}"] += 1
        return None
    _hear(played.effects, policy, course)
    left = MOST_RINGS
    for step in others:
        if step.action in (RING, MIGRATE):
            continue
        played, left = _ring_until(lifecycle, played, step.at, policy, course, left)
        after = again(lifecycle, played, step, policy)
        if isinstance(after, Refused):
            course.refusals[f"{step.action} {after.code}"] += 1
            continue
        assert after is not None  # only a ring may not come
        course.acted += 1
        _hear(after.effects, policy, course)
        played = replace(after, version=step.version, steps=(*played.steps, step))
    played, left = _ring_until(lifecycle, played, now, policy, course, left)
    course.cut_short += left == 0
    return played


def _ring_until(
    lifecycle: Lifecycle, case: Case, until: datetime, policy: Policy, course: Course, left: int
) -> tuple[Case, int]:
    while left and (due := engine.next_due(lifecycle, case, policy)) and due.at <= until:
        rung = engine.on_due(lifecycle, case, due, due.at, policy)
        # Facts of later steps name versions as they were recorded.
        case, left = replace(rung, version=case.version), left - 1
        if due.kind is DueKind.REMINDER:
            course.reminders[due.key] += 1
        elif due.kind is DueKind.DUE:
            (course.ends if due.irreversible else course.breaches)[due.key] += 1
        _hear(rung.effects, policy, course)
    return case, left


def _hear(effects: Iterable[Effect], policy: Policy, course: Course) -> None:
    for effect in effects:
        if effect.kind is EffectKind.NOTIFY:
            role = effect.facts["role"] if effect.facts["to"] == ASSIGNED else heard_as(effect, policy)
            course.notices[str(role or effect.facts["to"])] += 1
