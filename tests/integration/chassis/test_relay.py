"""The outbox on its way to Kafka: order per key, what cannot be sent, and what a rolled back change leaves behind."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer
from opentelemetry.sdk.trace import TracerProvider

from chassis import dead_letters
from chassis.kafka import client_options, group
from chassis.outbox import SHARDS, add_event
from chassis.relay import TopicRefused
from contracts.envelope import from_headers, verify
from contracts.topics import (
    AUDIT_ENTRIES,
    INTAKE_REPORTS_OMBUDS,
    INTAKE_REPORTS_WORKFLOW,
    WORKFLOW_CASES,
    WORKFLOW_MEASURES,
    Topic,
)
from tests.integration.chassis.house import PUBLICS, House, eventually, said
from tests.integration.chassis.line import Line

pytestmark = pytest.mark.stack
REPORTS = INTAKE_REPORTS_WORKFLOW


async def sent(house: House, topic: Topic, reader: str, count: int) -> list[tuple[str, int, str]]:
    """Key, number and word of the first so many records on the topic, each with a good signature."""
    settings = house.settings(reader)
    kafka = AIOKafkaConsumer(
        house.prefix + topic.name,
        **client_options(settings),
        group_id=group(settings),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await kafka.start()
    found: list[tuple[str, int, str]] = []
    try:
        async with asyncio.timeout(30):
            while len(found) < count:
                record = await kafka.getone()
                envelope, signature = from_headers(record.headers, topic=topic.name, key=record.key, value=record.value)
                assert verify(envelope, signature, PUBLICS[envelope.source])
                assert "traceparent" not in dict(record.headers)
                found.append((envelope.key, envelope.sequence, type(said("")).FromString(envelope.value).item_id))
    finally:
        await kafka.stop()
    return found


async def test_concurrent_writers_on_all_shards_keep_the_order_of_every_key(house: House) -> None:
    keys = [f"k{number}" for number in range(12)]

    async def write(word: str) -> None:
        for key in keys:
            async with house.database("workflow").transaction() as session:
                await add_event(session, AUDIT_ENTRIES, key, said(word))

    async with house.relay("workflow"):
        await asyncio.gather(*(write(f"writer-{number}") for number in range(6)))
        found = await sent(house, AUDIT_ENTRIES, "audit", 72)
    shards = await house.rows("workflow", "select count(*) from outbox")
    assert shards == [(0,)]
    for key in keys:
        assert [number for found_key, number, _ in found if found_key == key] == [1, 2, 3, 4, 5, 6]


async def test_the_trace_of_a_hop_that_writes_of_two_matters_goes_along_with_neither(house: House) -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("hop") as hop:
        await house.emit("workflow", WORKFLOW_CASES, "report", ["1"])
        await house.emit("workflow", AUDIT_ENTRIES, "random", ["1"])
    trace_id = f"{hop.get_span_context().trace_id:032x}"
    kept = await house.rows("workflow", "select to_jsonb(outbox)::text from outbox")
    assert len(kept) == 2
    assert not [row for (row,) in kept if trace_id in row]
    # A row of an earlier release still has one.
    await house.execute("workflow", "update outbox set traceparent = :one", one=f"00-{trace_id}-b7ad6b7169203331-01")
    async with house.relay("workflow"):
        assert len(await sent(house, AUDIT_ENTRIES, "audit", 1)) == 1


async def test_the_keys_of_a_test_spread_over_all_shards(house: House) -> None:
    await asyncio.gather(*(house.emit("intake", REPORTS, f"k{number}", ["x"]) for number in range(12)))
    shards = await house.rows("intake", "select distinct shard from outbox order by shard")
    assert shards == [(shard,) for shard in range(SHARDS)]


async def test_two_relays_share_the_shards_and_each_event_is_sent_once(house: House) -> None:
    keys = [f"k{number}" for number in range(8)]
    async with house.relay("workflow"), house.relay("workflow"):
        await asyncio.gather(*(house.emit("workflow", AUDIT_ENTRIES, key, ["1", "2", "3"]) for key in keys))
        found = await sent(house, AUDIT_ENTRIES, "audit", 24)
        await eventually(lambda: house.rows("workflow", "select 1 from outbox having count(*) = 0"))
    for key in keys:
        assert [number for found_key, number, _ in found if found_key == key] == [1, 2, 3]


async def test_a_successor_carries_the_shards_of_a_relay_that_ended(house: House) -> None:
    async with house.relay("workflow"):
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["1"])
        await sent(house, AUDIT_ENTRIES, "audit", 1)
    async with house.relay("workflow"):
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["2"])
        assert [number for _, number, _ in await sent(house, AUDIT_ENTRIES, "audit", 2)] == [1, 2]


async def test_what_is_rolled_back_is_never_sent_and_leaves_no_gap(house: House) -> None:
    async with house.relay("workflow"):
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["1"])
        with pytest.raises(ZeroDivisionError):
            await _fail_after_writing(house)
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["2"])
        assert await sent(house, AUDIT_ENTRIES, "audit", 2) == [("k", 1, "1"), ("k", 2, "2")]


async def test_an_event_too_large_to_send_is_set_aside_and_blocks_nobody(house: House) -> None:
    async with house.relay("workflow"):
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["x" * 2_000_000])
        await house.emit("workflow", AUDIT_ENTRIES, "other", ["goes on"])
        assert await sent(house, AUDIT_ENTRIES, "audit", 1) == [("other", 1, "goes on")]

        async def parked() -> list[dead_letters.Letter]:
            async with house.database("workflow").transaction() as session:
                return await dead_letters.letters(session)

        [event] = await eventually(parked)
        assert (event.kind, event.topic, event.place, event.reason) == ("parked", AUDIT_ENTRIES.name, "1", "too_large")
        assert event.event_id is not None

        await house.execute("workflow", "update outbox set value = :value", value=said("short").SerializeToString())
        await house.emit("workflow", AUDIT_ENTRIES, "other", ["set aside until asked for"])
        assert "short" not in [word for *_, word in await sent(house, AUDIT_ENTRIES, "audit", 2)]
        async with house.database("workflow").transaction() as session:
            await dead_letters.release(session, event.event_id)
        # The fourth is the release's own audit entry.
        assert ("k", 1, "short") in await sent(house, AUDIT_ENTRIES, "audit", 4)


async def test_a_topic_the_broker_refuses_holds_up_no_other(house: House) -> None:
    async with house.relay("workflow") as relay:
        await relay.check()
        await house.emit("workflow", INTAKE_REPORTS_OMBUDS, "k", ["workflow may not write here"])
        await house.emit("workflow", AUDIT_ENTRIES, "other", ["goes on"])
        assert await sent(house, AUDIT_ENTRIES, "audit", 1) == [("other", 1, "goes on")]
        with pytest.raises(TopicRefused):
            await relay.check()
    assert await house.rows("workflow", "select topic, parked from outbox") == [(INTAKE_REPORTS_OMBUDS.name, None)]


async def test_a_relay_whose_line_has_gone_silent_takes_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.relay._ANSWERS", 0.5)
    async with (
        Line().to(house.test_database.dsn("workflow")) as line,
        house.relay("workflow", database_dsn=line.address),
    ):
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["before"])
        assert await sent(house, AUDIT_ENTRIES, "audit", 1) == [("k", 1, "before")]
        # Before that it would be sent again, as anything of which nobody noted that it was sent.
        await eventually(lambda: house.rows("workflow", "select 1 from outbox having count(*) = 0"))
        line.silent = True
        await house.emit("workflow", AUDIT_ENTRIES, "k", ["after"])
        await asyncio.sleep(1.5)
        line.silent = False
        assert await sent(house, AUDIT_ENTRIES, "audit", 2) == [("k", 1, "before"), ("k", 2, "after")]


async def test_an_event_nobody_has_applied_is_sent_again_unchanged(house: House) -> None:
    async with house.relay("workflow", reemit_after=0.2):
        await house.emit("workflow", WORKFLOW_MEASURES, "k", ["decided"])
        first, second = await sent(house, WORKFLOW_MEASURES, "hr_bridge", 2)
        assert first == second == ("k", 1, "decided")
    assert await house.rows("workflow", "select sends >= 2 from outbox") == [(True,)]


async def _fail_after_writing(house: House) -> None:
    async with house.database("workflow").transaction() as session:
        await add_event(session, AUDIT_ENTRIES, "k", said("never"))
        raise ZeroDivisionError
