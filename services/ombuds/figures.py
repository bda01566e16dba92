"""How many talks were asked for: counted while they are there, told as anybody may know it once a half-year has rested.

Talks purge themselves, so each is added to its half-year and region as soon as it is known where it belongs. What is
kept is the sum; that a talk is in it goes with the talk.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from chassis import audit_trail
from chassis.outbox import add_event
from contracts.counts.v1.counts_pb2 import TalksCounted
from contracts.topics import OMBUDS_COUNTS
from lifecycle import figures, parties, records
from lifecycle.desk import Desk
from lifecycle.figures import UNKNOWN, period_of
from services.ombuds.desk import TALK

_LOOK_EVERY: Final = 600.0
_NOT_COUNTED: Final = text("""
    select c.case_id from cases c join case_parties using (case_id)
    where c.lifecycle = :talk and c.erased_at is null
      and not exists (select from talks_counted t where t.case_id = c.case_id)
    limit 200
""")
_COUNTED: Final = text("insert into talks_counted (case_id) values (:case_id) on conflict do nothing returning case_id")
_ADD: Final = text(
    "insert into talk_counts (period, region, talks) values (:period, :region, 1)"
    " on conflict (period, region) do update set talks = talk_counts.talks + 1"
)
_COUNTS: Final = text("select region, talks from talk_counts where period = :period")
_FIRST_TO_TELL: Final = text(
    "insert into told_periods (period) values (:period) on conflict (period) do nothing returning period"
)


async def tell_forever(desk: Desk) -> None:
    """Part of the background."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        await count(desk)
        await tell_due(desk, datetime.now(UTC))


async def count(desk: Desk) -> None:
    """The talks that are in no sum yet."""
    async with desk.database.transaction() as session:
        found = (await session.scalars(_NOT_COUNTED, params={"talk": TALK})).all()
        for row in await records.load_all(session, found):
            if (await session.execute(_COUNTED, params={"case_id": row.case_id})).one_or_none() is not None:
                region = await parties.region_of(session, desk, row)
                await session.execute(_ADD, params={"period": period_of(row.opened_at), "region": region})
                await audit_trail.record(session, "talk.counted", object_ref=str(row.case_id), actor=None)


async def tell_due(desk: Desk, now: datetime) -> None:
    """Of every half-year that has rested, once; of each region, whether there was a talk or not."""
    for period in figures.due(now, desk.policy.thresholds[figures.DELAY].value):
        async with desk.database.transaction() as session:
            if (await session.execute(_FIRST_TO_TELL, params={"period": period})).one_or_none() is None:
                continue
            found = await session.execute(_COUNTS, params={"period": period})
            counts = {(TALK, region): talks for region, talks in found}
            regions, least = [*desk.policy.regions, UNKNOWN], desk.policy.thresholds[figures.MIN_CELL].value
            for (_, region), about in figures.publish(counts, [TALK], regions, least).items():
                message = TalksCounted(period=period, region=region, about=about)
                await add_event(session, OMBUDS_COUNTS, f"{period}/{region}", message)
            await audit_trail.record(session, "figures.told", object_ref=period, actor=None)
