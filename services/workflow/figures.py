"""The figures of each half-year: counted once, when it has rested, and never again. Counted anew they would tell of the
one case that came between two counts.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.consumer import Event, InvalidMessage
from contracts.counts.v1.counts_pb2 import TalksCounted
from lifecycle import figures, parties, records
from lifecycle.desk import Desk
from lifecycle.figures import UNKNOWN, Cell
from lifecycle.table import Lifecycle

KINDS: Final = ("supervisor_request", "formal_report", "misdirected_report", "sea_report")
"""What people come with. What follows from it is not counted beside it: one could be computed from the other."""
OPEN: Final = "open"
TALKS: Final = "informal_resolution"
ASKED: Final = "asked"
"""Of the ombuds cell, and as it tells them: how many were asked for."""
_LOOK_EVERY: Final = 600.0
_OF_PERIOD: Final = text("""
    select case_id from cases
    where lifecycle = any(:kinds) and opened_at >= :begins and opened_at < :ends and case_id > :after
    order by case_id limit 200
""")
_FIRST_TO_PUBLISH: Final = text(
    "insert into figure_periods (period, published_at) values (:period, now())"
    " on conflict (period) do nothing returning period"
)
_KEEP: Final = text(
    "insert into figures (period, kind, outcome, region, about) values (:period, :kind, :outcome, :region, :about)"
    " on conflict (period, kind, outcome, region) do nothing"
)
_CLOCKS: Final = text("""
    with clocks as (
        select lifecycle, key as clock, cast(clock ->> 'due_at' as timestamptz) as due_at,
            cast(clock ->> 'met_at' as timestamptz) as met_at, clock ->> 'paused_at' is not null as paused,
            cast(clock ->> 'rounds' as integer) as rounds
        from cases, jsonb_each(data -> 'clocks') clocks (key, clock)
        where opened_at >= :begins and opened_at < :ends and erased_at is null)
    select lifecycle, clock, count(*) filter (where rounds = 0 and met_at <= due_at) as kept,
        count(*) filter (where rounds > 0 or met_at > due_at or (met_at is null and not paused and due_at < :now))
            as late
    from clocks group by lifecycle, clock
""")
_KEEP_RATE: Final = text(
    "insert into promise_rates (period, lifecycle, clock, tenths) values (:period, :lifecycle, :clock, :tenths)"
)
_RATES: Final = text("select lifecycle, clock, tenths from promise_rates where period = :period")
_SHOWN: Final = text("select kind, outcome, region, about from figures where period = :period")
_PERIODS: Final = text("select period from figure_periods order by period desc")


async def publish_forever(desk: Desk) -> None:
    """Part of the background."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        await publish_due(desk, datetime.now(UTC))


async def publish_due(desk: Desk, now: datetime) -> None:
    """Whatever half-year has rested and is not published yet."""
    for period in figures.due(now, desk.policy.thresholds[figures.DELAY].value):
        async with desk.database.transaction() as session:
            if (await session.execute(_FIRST_TO_PUBLISH, params={"period": period})).one_or_none() is None:
                continue
            counts = await _counts(session, desk, period)
            rows = [f"{kind}.{outcome}" for kind in KINDS for outcome in outcomes(desk, kind)]
            regions, least = [*desk.policy.regions, UNKNOWN], desk.policy.thresholds[figures.MIN_CELL].value
            cells = figures.publish(counts, rows, regions, least)
            for (row, region), about in cells.items():
                kind, _, outcome = row.partition(".")
                await _keep(session, period, kind, outcome, region, about)
            known = {
                kind: figures.lowest([about for (row, _), about in cells.items() if row.startswith(f"{kind}.")], least)
                for kind in KINDS
            }
            await _keep_rates(session, desk, period, known, now)
            await audit_trail.record(session, "figures.published", object_ref=period, actor=None)


def outcomes(desk: Desk, kind: str) -> Sequence[str]:
    """What can have become of such a matter: it is open still, or has come to one of the ends that there are."""
    return (OPEN, *(state.name for state in desk.lifecycles[kind].states if state.closed))


async def told_by_ombuds(session: AsyncSession, event: Event) -> None:
    """For ombuds.counts.v1. What was told first stays."""
    message = event.message
    assert isinstance(message, TalksCounted)
    if event.key != f"{message.period}/{message.region}":
        raise InvalidMessage("count_unreadable")
    about = message.about if message.HasField("about") else None
    await _keep(session, message.period, TALKS, ASKED, message.region, about)


async def periods(session: AsyncSession) -> Sequence[str]:
    """Those that are published, the newest first."""
    return (await session.scalars(_PERIODS)).all()


async def shown(session: AsyncSession, period: str) -> Mapping[tuple[str, str, str], int | None]:
    """By kind, outcome and region."""
    found = await session.execute(_SHOWN, params={"period": period})
    return {(row.kind, row.outcome, row.region): row.about for row in found}


async def _counts(session: AsyncSession, desk: Desk, period: str) -> Counter[Cell]:
    begins, ends = figures.span(period)
    values = {"kinds": list(KINDS), "begins": begins, "ends": ends}
    counts: Counter[Cell] = Counter()
    after = UUID(int=0)
    while page := (await session.scalars(_OF_PERIOD, params={**values, "after": after})).all():
        for row in await records.load_all(session, page):
            became = OPEN if row.closed_at is None else row.state
            counts[f"{row.lifecycle}.{became}", await parties.region_of(session, desk, row)] += 1
        after = page[-1]
    return counts


async def rates(session: AsyncSession, period: str) -> Mapping[tuple[str, str], int | None]:
    """By procedure and clock, of ten."""
    found = await session.execute(_RATES, params={"period": period})
    return {(row.lifecycle, row.clock): row.tenths for row in found}


async def _keep_rates(session: AsyncSession, desk: Desk, period: str, known: Mapping[str, int], now: datetime) -> None:
    """Of the clocks that were met or have run out. What follows from a report has no published number to agree with."""
    begins, ends = figures.span(period)
    least = desk.policy.thresholds[figures.MIN_CELL].value
    found = await session.execute(_CLOCKS, params={"begins": begins, "ends": ends, "now": now})
    counted = {(row.lifecycle, row.clock): (row.kept, row.late) for row in found}
    for lifecycle in desk.lifecycles.values():
        for clock in promised(lifecycle):
            kept, late = counted.get((lifecycle.name, clock), (0, 0))
            values = {
                "period": period,
                "lifecycle": lifecycle.name,
                "clock": clock,
                "tenths": figures.tenths(kept, late, least, known.get(lifecycle.name, math.inf)),
            }
            await session.execute(_KEEP_RATE, params=values)


def promised(lifecycle: Lifecycle) -> Sequence[str]:
    """The clocks whose dates the person sees."""
    return [rule.key for rule in lifecycle.clocks if rule.person_sees]


async def _keep(session: AsyncSession, period: str, kind: str, outcome: str, region: str, about: int | None) -> None:
    values = {"period": period, "kind": kind, "outcome": outcome, "region": region, "about": about}
    await session.execute(_KEEP, params=values)
