"""How many talks there were: thinned out before anything leaves the cell, and told once."""

from datetime import UTC, datetime, timedelta

from contracts.counts.v1.counts_pb2 import TalksCounted
from lifecycle import erasing
from lifecycle.exclusions import Parties
from lifecycle.figures import DELAY, OTHERS, UNKNOWN, period_of, span
from services.ombuds import figures
from tests.integration.ombuds.cell import PARTIES, Cell

HERE = "Northern offices"


async def told(cell: Cell, period: str) -> dict[str, int | None]:
    rows = await cell.query("select key, value from outbox where topic = 'ombuds.counts.v1' order by id")
    found = [(row.key, TalksCounted.FromString(row.value)) for row in rows]
    assert all(key == f"{one.period}/{one.region}" for key, one in found)
    return {one.region: one.about if one.HasField("about") else None for _, one in found if one.period == period}


async def test_talks_are_told_by_region_once_a_half_year_has_rested_also_those_that_are_gone(cell: Cell) -> None:
    await cell.people()
    talks = [await cell.wish() for _ in range(10)]
    for talk in talks:
        await cell.match(talk)
    elsewhere = await cell.wish()
    await cell.match(elsewhere, Parties())
    for _ in range(2):
        await figures.count(cell.desk)
    await erasing.erase(cell.desk, talks[0])
    assert await cell.query("select case_id from talks_counted where case_id = :case", case=talks[0]) == []

    period = period_of(datetime.now(UTC))
    rested = span(period)[1] + timedelta(days=cell.desk.policy.thresholds[DELAY].value)
    await figures.tell_due(cell.desk, rested - timedelta(seconds=1))
    assert await told(cell, period) == {}
    await figures.tell_due(cell.desk, rested)
    seen = await told(cell, period)
    assert {region: about for region, about in seen.items() if about is not None} == {HERE: 10}
    assert seen.keys() == {*cell.desk.policy.regions, UNKNOWN, OTHERS}, "each, whether there was a talk or not"

    await cell.match(await cell.wish(), PARTIES)
    await figures.count(cell.desk)
    await figures.tell_due(cell.desk, rested + timedelta(days=1))
    assert len(await cell.query("select 1 from outbox where topic = 'ombuds.counts.v1'")) == 3 * len(seen)
