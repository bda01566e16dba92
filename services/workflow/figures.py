"""The figures of each half-year: counted once, when it has rested, and never again. Counted anew they would tell of the
one case that came between two counts.
"""

import asyncio
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
            for (row, region), about in figures.publish(counts, rows, regions, least).items():
                kind, _, outcome = row.partition(".")
                await _keep(session, period, kind, outcome, region, about)
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


async def _keep(session: AsyncSession, period: str, kind: str, outcome: str, region: str, about: int | None) -> None:
    values = {"period": period, "kind": kind, "outcome": outcome, "region": region, "about": about}
    await session.execute(_KEEP, params=values)
