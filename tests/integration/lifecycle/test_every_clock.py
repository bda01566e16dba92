"""Every clock of every procedure on the real workflow, whose time is skipped: it reminds and rings when the policy
says, once, and again where it repeats; it stands still while it is paused, and no longer than it may.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from contracts.ids import CaseId
from lifecycle import durable
from lifecycle.clocks import DUE, RESUMED
from lifecycle.durable import Procedure
from lifecycle.model import Case, Clock, EffectKind, Refused, Step
from lifecycle.recipients import is_said_at
from lifecycle.table import ClockChangeKind, ClockRule, Lifecycle, Rule
from policy.model import Role
from tests.integration.lifecycle.clockwork import A_LONG_TIME, LATE, POLICY, Clockwork, rings
from tests.lifecycles import BY_NAME, LIFECYCLES, NOW, at, attempt, opened, texts, valid_facts
from tests.unit.lifecycle.test_cells import actor_for, standing
from tests.waiting import eventually

AFTERWARDS: Final = timedelta(days=2)
"""Long enough to see that nothing rings twice."""


@dataclass(frozen=True)
class Begun:
    """A case in which the clock runs, or will once the clock `after` has rung in it."""

    case: Case
    after: str | None = None


def begun(lifecycle: Lifecycle, key: str) -> Begun:
    """By the opening, by an action taken where nothing but role and state could say no, or by another clock."""
    if any(one.key == key and one.kind is ClockChangeKind.START for one in lifecycle.opening.clocks):
        return Begun(opened(lifecycle.name, policy=POLICY))
    for rule in lifecycle.rules:
        if any(one.key == key and one.kind is ClockChangeKind.START for one in rule.clocks):
            for facts in ({}, SOON) if any(one.name in SOON for one in rule.fields) else ({},):
                case = taken(lifecycle, rule, facts)
                if key in case.clocks and case.clocks[key].due_at > NOW:
                    return Begun(case)
    for clock in lifecycle.clocks:
        for outcome in clock.outcomes:
            if any(one.key == key and one.kind is ClockChangeKind.START for one in outcome.clocks):
                return Begun(begun(lifecycle, clock.key).case, clock.key)
    raise AssertionError(f"{lifecycle.name}: nothing starts {key}")


def taken(lifecycle: Lifecycle, rule: Rule, facts: Mapping[str, str]) -> Case:
    state, actor = rule.states[0], actor_for(lifecycle, min(rule.by))
    answer = attempt(lifecycle, standing(lifecycle, state, rule.action), rule.action, actor, policy=POLICY, **facts)
    assert isinstance(answer, Case), f"{lifecycle.name}: {rule.action} in {state}: {answer}"
    return answer


A_SHORT_RUN: Final = 20
"""Events: a few looks at the case."""
SOON: Final[Mapping[str, str]] = {"from_at": at(2)}
"""What is decided today for a day to come."""
EVERY_CLOCK: Final = [(lifecycle, clock.key) for lifecycle in LIFECYCLES for clock in lifecycle.clocks]
PAUSABLE: Final = [
    (lifecycle, clock.key) for lifecycle in LIFECYCLES for clock in lifecycle.clocks if clock.pause_cap is not None
]


def ids(pairs: list[tuple[Lifecycle, str]]) -> list[str]:
    return [f"{lifecycle.name}-{key}" for lifecycle, key in pairs]


@dataclass(frozen=True)
class Lived:
    """A case from its beginning until its clock had rung as often as it may."""

    begun: Case
    case: Case
    heard: list[tuple[int, str, object]]
    """Version, wording and level of what somebody was told."""


@pytest.fixture(scope="module")
async def lives(works: Clockwork) -> dict[tuple[str, str], Lived]:
    """All cases at once, for each skip takes the server a second. No other clock runs in them when they begin."""

    async def live(lifecycle: Lifecycle, key: str) -> tuple[tuple[str, str], Lived]:
        start, rule = begun(lifecycle, key), lifecycle.clock_of[key]
        twice = rule.repeats and start.after is None
        case_id = await works.put(start.case, start.after or key)
        first = await works.case(case_id)
        last = first.clocks[start.after or key].due_at
        if start.after or twice:
            last = POLICY.due(key if start.after else first.clocks[key].deadline or key, last)
        await works.wind_on(case_id, last + (LATE if rule.repeats else AFTERWARDS))

        async def has_rung() -> bool:
            done = rings(await works.case(case_id), key, first.version)
            return sum(one.facts["mark"] == DUE for one in done) >= 1 + twice

        await eventually(has_rung, within=A_LONG_TIME)
        heard = [(version, name, facts.get("level")) for one, version, name, facts in works.heard if one == case_id]
        return (lifecycle.name, key), Lived(first, await works.case(case_id), heard)

    return dict(await asyncio.gather(*(live(*one) for one in EVERY_CLOCK)))


def expected(rule: ClockRule, clock: Clock) -> Iterator[tuple[str, datetime]]:
    """The marks of one round and their times, by the policy."""
    for reminder in POLICY.reminders.get(clock.key, ()) if rule.reminds else ():
        yield from sorted(
            ((mark, at) for mark, at in reminder.times(clock.due_at, POLICY.calendar) if at > clock.started_at),
            key=lambda one: one[1],
        )
    yield DUE, clock.due_at


def rang_on_time(rule: ClockRule, clock: Clock, steps: list[Step]) -> None:
    wanted = list(expected(rule, clock))
    assert [step.facts["mark"] for step in steps] == [mark for mark, _ in wanted]
    for step, (mark, due_at) in zip(steps, wanted, strict=True):
        assert due_at <= step.at < due_at + LATE, f"{mark} of {clock.key}"


@pytest.mark.parametrize(("lifecycle", "key"), EVERY_CLOCK, ids=ids(EVERY_CLOCK))
def test_it_reminds_and_rings_once_when_it_is_due(
    lives: dict[tuple[str, str], Lived], lifecycle: Lifecycle, key: str
) -> None:
    lived, rule = lives[lifecycle.name, key], lifecycle.clock_of[key]
    steps, rounds = rings(lived.case, key, lived.begun.version), list[list[Step]]()
    for step in steps:
        if not rounds or rounds[-1][-1].facts["mark"] == DUE:
            rounds.append([])
        rounds[-1].append(step)

    clock = lived.begun.clocks.get(key) or started_by_another(lived, lifecycle, key)
    deadline = clock.deadline or key
    for number, ring in enumerate(rounds, start=1):
        last = ring[-1]
        if number > 1 and last.facts["mark"] != DUE:
            break  # The next round has begun.
        rang_on_time(rule, clock, ring)
        told = [(name, level) for version, name, level in lived.heard if version == last.version]
        said = [[one for one in outcome.effects if is_said_at(one, number)] for outcome in rule.outcomes]
        names = [{effect.name for effect in effects if effect.kind is EffectKind.NOTIFY} for effects in said]
        assert any(one <= {name for name, _ in told} for one in names), "somebody hears of it"
        assert {level for _, level in told} <= {None, number, number - 1}, "each round goes one level further up"
        if rule.repeats:
            clock = Clock(key, last.at, POLICY.due(deadline, last.at), deadline=deadline)
    assert len(rounds) == 1 or rule.repeats


def started_by_another(lived: Lived, lifecycle: Lifecycle, key: str) -> Clock:
    after = begun(lifecycle, key).after
    assert after is not None
    at = next(step.at for step in rings(lived.case, after, lived.begun.version) if step.facts["mark"] == DUE)
    return Clock(key, at, POLICY.due(key, at), deadline=key)


async def test_what_a_run_waits_for_goes_along_when_it_goes_on_as_a_new_one(
    works: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reminded once, then continued as new: the other reminders and the end come from the next run, each in time."""
    measure, key = BY_NAME["interim_measure"], "im.end"
    rule, case_id = measure.clock_of[key], await works.put(begun(measure, key).case, key)
    begins = await works.case(case_id)
    (_, first), *others = expected(rule, begins.clocks[key])
    assert len(others) > 1, "a reminder and the end are still to come"
    await works.wind_on(case_id, first + LATE)
    await has_rung(works, case_id, key, 1)

    handle = await works.handle(case_id)
    run_id = (await handle.describe()).run_id

    async def waits() -> bool:
        """It has taken in all that was sent, and waits for its next clock: before that it would be wound past it."""
        last = (await handle.fetch_history()).events[-1]
        return any(map(last.HasField, ("timer_started_event_attributes", "marker_recorded_event_attributes")))

    async def goes_on() -> bool:
        await handle.signal(Procedure.wake)
        await eventually(waits)
        return (await handle.describe()).run_id != run_id

    with monkeypatch.context() as patch:
        patch.setattr(durable, "EVENTS_PER_RUN", A_SHORT_RUN)
        await eventually(goes_on)

    await works.wind_on(case_id, begins.clocks[key].due_at + LATE)
    lived = await has_rung(works, case_id, key, 1 + len(others))
    rang_on_time(rule, begins.clocks[key], rings(lived, key))
    end = rings(lived, key)[-1].version
    assert [name for one, version, name, _ in works.heard if (one, version) == (case_id, end)], "somebody hears of it"


def rule_that(lifecycle: Lifecycle, kind: ClockChangeKind, key: str) -> Rule:
    return next(rule for rule in lifecycle.rules if any((one.kind, one.key) == (kind, key) for one in rule.clocks))


@dataclass(frozen=True)
class Paused:
    """A case whose clock has stood still since `at`, by an action of the staff. `again`: what was said to a second
    pause after it had gone on by itself.
    """

    case_id: CaseId
    staff_id: str
    clock: Clock
    at: datetime
    case: Case
    again: Mapping[str, Any] | Refused | None = None


async def take(
    works: Clockwork, lifecycle: Lifecycle, kind: ClockChangeKind, key: str, case_id: CaseId, staff_id: str
) -> Mapping[str, Any] | Refused:
    rule = rule_that(lifecycle, kind, key)
    words = dict.fromkeys(texts(rule), "Because.")
    return await works.act(case_id, rule.action, staff_id, valid_facts(rule, NOW, POLICY), words)


async def pause(works: Clockwork, lifecycle: Lifecycle, key: str) -> Paused:
    """On the second day of the case."""
    rule = rule_that(lifecycle, ClockChangeKind.PAUSE, key)
    role = next(one for one in sorted(rule.by) if isinstance(one, Role))
    staff_id = POLICY.appointed(role, NOW)[0].staff_id
    case_id = await works.put(standing(lifecycle, rule.states[0], rule.action), key, staff_id=staff_id)
    case = await works.case(case_id)
    await works.wind_on(case_id, case.opened_at + timedelta(days=1))
    assert not isinstance(await take(works, lifecycle, ClockChangeKind.PAUSE, key, case_id, staff_id), Refused)
    paused = await works.case(case_id)
    return Paused(case_id, staff_id, case.clocks[key], paused.steps[-1].at, paused)


async def has_rung(works: Clockwork, case_id: CaseId, key: str, times: int) -> Case:
    async def rung() -> bool:
        return len(rings(await works.case(case_id), key)) >= times

    await eventually(rung, within=A_LONG_TIME)
    return await works.case(case_id)


@pytest.fixture(scope="module")
async def resumed(works: Clockwork) -> dict[str, tuple[Paused, list[Step], Case]]:
    """Paused until its time has long passed, then resumed by hand and left to ring: also what rang before that."""

    async def live(lifecycle: Lifecycle, key: str) -> tuple[Paused, list[Step], Case]:
        paused = await pause(works, lifecycle, key)
        await works.wind_on(paused.case_id, paused.clock.due_at + timedelta(days=1))
        early = rings(await works.case(paused.case_id), key)
        assert not isinstance(
            await take(works, lifecycle, ClockChangeKind.RESUME, key, paused.case_id, paused.staff_id), Refused
        )
        stood = (await works.case(paused.case_id)).steps[-1].at - paused.at
        await works.wind_on(paused.case_id, paused.clock.due_at + stood + LATE)
        return paused, early, await has_rung(works, paused.case_id, key, 1)

    return dict(zip(ids(PAUSABLE), await asyncio.gather(*(live(*one) for one in PAUSABLE)), strict=True))


@pytest.fixture(scope="module")
async def left_paused(works: Clockwork) -> dict[str, Paused]:
    """Paused and left so, until it had gone on by itself and rung."""

    async def live(lifecycle: Lifecycle, key: str) -> Paused:
        paused = await pause(works, lifecycle, key)
        ends = POLICY.due(str(lifecycle.clock_of[key].pause_cap), paused.at)
        await works.wind_on(paused.case_id, ends + LATE)
        await has_rung(works, paused.case_id, key, 1)
        again = await take(works, lifecycle, ClockChangeKind.PAUSE, key, paused.case_id, paused.staff_id)
        await works.wind_on(paused.case_id, paused.clock.due_at + (ends - paused.at) + 2 * LATE)
        return replace(paused, again=again, case=await has_rung(works, paused.case_id, key, 2))

    return dict(zip(ids(PAUSABLE), await asyncio.gather(*(live(*one) for one in PAUSABLE)), strict=True))


@pytest.mark.parametrize(("lifecycle", "key"), PAUSABLE, ids=ids(PAUSABLE))
def test_it_stands_still_while_it_is_paused_and_then_has_as_long_as_before(
    resumed: dict[str, tuple[Paused, list[Step], Case]], lifecycle: Lifecycle, key: str
) -> None:
    paused, early, case = resumed[f"{lifecycle.name}-{key}"]
    assert early == [], "its time has passed while it stood"
    action = rule_that(lifecycle, ClockChangeKind.RESUME, key).action
    stood = next(step.at for step in case.steps if step.action == action) - paused.at
    rang_on_time(lifecycle.clock_of[key], paused.clock._replace(due_at=paused.clock.due_at + stood), rings(case, key))


@pytest.mark.parametrize(("lifecycle", "key"), PAUSABLE, ids=ids(PAUSABLE))
def test_it_goes_on_by_itself_when_it_has_stood_as_long_as_it_may(
    left_paused: dict[str, Paused], lifecycle: Lifecycle, key: str
) -> None:
    paused = left_paused[f"{lifecycle.name}-{key}"]
    assert isinstance(paused.again, Refused)
    assert paused.again.code == "CLOCK_PAUSE_SPENT"

    by_itself, *others = rings(paused.case, key)
    ends = POLICY.due(str(lifecycle.clock_of[key].pause_cap), paused.at)
    assert by_itself.facts["mark"] == RESUMED
    assert ends <= by_itself.at < ends + LATE
    moved = paused.clock._replace(due_at=paused.clock.due_at + (by_itself.at - paused.at))
    rang_on_time(lifecycle.clock_of[key], moved, others)
