"""Processes are killed and brokers go away: nothing is lost, nothing is had twice, order per key is kept."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.kafka import client_options, full_name, group
from contracts.envelope import Envelope
from contracts.intake.v1.reports_pb2 import MessageReceived
from contracts.topics import INTAKE_REPORTS_WORKFLOW, WORKFLOW_CASES, Topic
from ops.local_stack import topics
from ops.local_stack.guardian import Guardian
from ops.local_stack.kafka import ADMIN, Kafka
from ops.local_stack.ports import free_port
from tests.forks import Fork, forked
from tests.integration.chassis.house import House, eventually, note
from tests.integration.chassis.worker import work
from tests.real_parts import KafkaServer, password

pytestmark = pytest.mark.stack
REPORTS = INTAKE_REPORTS_WORKFLOW
ROOT = Path(__file__).parents[3]
KEYS = ("r1", "r2", "r3")
KILLS = 30
"""Random moments of relay and consumer; the Temporal worker has its own in tests/integration/lifecycle."""


def worker(house: House, failpoints: str = "") -> AbstractAsyncContextManager[Fork]:
    """Armed or not; when it still lives at the end it is stopped politely."""
    return forked(work, house.test_database, house.bootstrap, house.prefix, house.scratch, failpoints=failpoints)


async def all_applied(house: House, expected: dict[str, list[str]]) -> None:
    async def settled() -> bool:
        counts = dict(await house.rows("workflow", "select key, count(*) from effects group by key"))
        unsent = await house.rows("intake", "select 1 from outbox limit 1")
        return all(counts.get(key, 0) >= len(words) for key, words in expected.items()) and not unsent

    await eventually(settled, within=60)
    for key, words in expected.items():
        assert await house.effects(key) == words


@pytest.mark.parametrize(
    "failpoint",
    ["relay.sending", "relay.after_send", "relay.after_commit", "consumer.before_commit", "consumer.after_commit"],
)
async def test_a_kill_at_a_failpoint_loses_nothing_and_repeats_nothing(house: House, failpoint: str) -> None:
    expected = {key: [f"{key}-{number}" for number in range(8)] for key in KEYS}
    async with worker(house, f"{failpoint}:2") as process:
        for key, words in expected.items():
            await house.emit("intake", REPORTS, key, words)
        # More, one by one, until the point was hit: how many events a batch takes is the relay's own affair.
        while process.exit_code() is None:
            await house.emit("intake", REPORTS, "r1", [f"r1-{len(expected['r1'])}"])
            expected["r1"].append(f"r1-{len(expected['r1'])}")
            await asyncio.sleep(0.05)
        assert process.exit_code() == -signal.SIGKILL
    async with worker(house):
        await all_applied(house, expected)


async def test_kills_at_random_moments_lose_nothing_and_repeat_nothing(house: House) -> None:
    seeded = random.Random(20261122)
    expected: dict[str, list[str]] = {key: [] for key in KEYS}
    for _ in range(KILLS):
        async with worker(house) as process:
            for _ in range(seeded.randrange(1, 40)):
                key = seeded.choice(KEYS)
                word = f"{key}-{len(expected[key])}"
                await house.emit("intake", REPORTS, key, [word])
                expected[key].append(word)
            await asyncio.sleep(seeded.random() / 4)
            process.kill()
            await process.ended()
    async with worker(house):
        await all_applied(house, expected)


@pytest.mark.parametrize(
    ("source", "topic", "reader"), [("intake", REPORTS, "workflow"), ("workflow", WORKFLOW_CASES, "intake")]
)
async def test_places_moved_to_the_end_lose_nothing_and_repeat_nothing(
    house: House, source: str, topic: Topic, reader: str
) -> None:
    """Also of a topic that nobody sends again, and also while the reader runs."""
    handlers = {topic: {MessageReceived: note}}

    async def has(*words: str) -> None:
        async def applied() -> bool:
            return len(await house.effects("r1", reader)) >= len(words)

        await eventually(applied)
        assert await house.effects("r1", reader) == list(words)

    async with house.relay(source, reemit_after=3600), house.producer(source) as sender:
        await house.emit(source, topic, "r1", ["one"])
        forged = Envelope(uuid4(), source, "made.up", topic.name, "r1", 1, datetime.now(UTC), b"")
        await sender.send(forged, by=Ed25519PrivateKey.generate())
        async with house.consumer(reader, handlers):
            await has("one")
            await eventually(lambda: house.rows(reader, "select 1 from refused_records"))
        await house.emit(source, topic, "r1", ["two", "three"])
        await eventually(lambda: house.rows(source, "select 1 from outbox where sent_at is null having count(*) = 0"))
        await _reset_to_the_end(house, topic, reader)
        async with house.consumer(reader, handlers):
            await has("one", "two", "three")
            await house.execute(reader, "update inbox_offsets set next_offset = next_offset + 1000")
            await house.emit(source, topic, "r1", ["four"])
            await has("one", "two", "three", "four")
    assert await house.rows(reader, "select code from refused_records") == [("bad_signature",)]
    audited = await house.rows(reader, "select convert_from(entry_json, 'UTF8')::json ->> 'act' from audit_trail")
    assert audited == [("refuse_event",)]


async def _reset_to_the_end(house: House, topic: Topic, reader: str) -> None:
    """Somebody moves both what the group remembers and what the service stored past everything that was sent."""
    settings = house.settings(reader)
    name = full_name(settings, topic)
    kafka = AIOKafkaConsumer(name, **client_options(settings), group_id=group(settings), enable_auto_commit=False)
    await kafka.start()
    try:
        ends = await kafka.end_offsets([TopicPartition(name, n) for n in range(3)])
        await kafka.commit({partition: OffsetAndMetadata(end, "") for partition, end in ends.items()})
    finally:
        await kafka.stop()
    assert sum(ends.values()) > 0
    for partition, end in ends.items():
        await house.execute(
            reader,
            """
            insert into inbox_offsets (topic, partition, next_offset) values (:topic, :partition, :end)
            on conflict (topic, partition) do update set next_offset = excluded.next_offset
            """,
            topic=topic.name,
            partition=partition.partition,
            end=end,
        )


async def test_what_the_group_remembers_alone_skips_nothing(house: House) -> None:
    """A topic that is not sent again is read from the stored place, wherever the group's own offsets are."""
    async with house.relay("intake", reemit_after=3600):
        await house.emit("intake", REPORTS, "r1", ["one", "two"])
        await eventually(lambda: house.rows("intake", "select 1 from outbox where sent_at is null having count(*) = 0"))
    await _reset_to_the_end(house, REPORTS, "workflow")
    await house.execute("workflow", "delete from inbox_offsets")
    async with house.consumer("workflow"):
        await eventually(lambda: house.rows("workflow", "select 1 from effects having count(*) = 2"))


@pytest.fixture(scope="module")
async def own_kafka(tmp_path_factory: pytest.TempPathFactory, guardian: Guardian) -> AsyncIterator[KafkaServer]:
    """A broker that only these tests use, because they stop it."""
    folder = tmp_path_factory.mktemp("own_kafka")
    part = Kafka(folder / "kafka", free_port(), free_port(), folder / "kafka.log", password=password("admin"))
    guardian.watch((await part.start()).id)
    try:
        await part.ready()
        server = KafkaServer(part, topics.plan())
        await topics.create_users(server.bootstrap, ADMIN, part.password, server.plan.principals, password)
        yield server
    finally:
        await part.stop()


async def test_a_broker_that_is_killed_and_returns_has_everything_delivered(
    own_kafka: KafkaServer, guardian: Guardian, house: House
) -> None:
    prefix = await own_kafka.fresh_topics()
    house.bootstrap, house.prefix = own_kafka.bootstrap, prefix
    await own_kafka.part.stop()
    expected = {"r1": ["before the broker"], "r2": []}
    await house.emit("intake", REPORTS, "r1", expected["r1"])
    async with (
        house.relay("intake") as relay,
        house.relay("workflow"),
        house.consumer("workflow"),
        house.consumer("intake"),
    ):
        assert not relay.connected
        guardian.watch((await own_kafka.part.start()).id)
        await own_kafka.part.ready()
        await all_applied(house, expected)

        own_kafka.part.process.kill()
        await own_kafka.part.stop()
        for number in range(10):
            word = f"while it was away {number}"
            await house.emit("intake", REPORTS, "r2", [word])
            expected["r2"].append(word)
        guardian.watch((await own_kafka.part.start()).id)
        await own_kafka.part.ready()
        await all_applied(house, expected)


async def test_a_log_that_was_lost_is_read_from_its_new_beginning(house: House, kafka: KafkaServer) -> None:
    async with house.relay("intake"), house.relay("workflow"), house.consumer("workflow"), house.consumer("intake"):
        await house.emit("intake", REPORTS, "r1", [f"w{number}" for number in range(5)])
        await all_applied(house, {"r1": [f"w{number}" for number in range(5)]})
    house.prefix = await kafka.fresh_topics()
    await house.emit("intake", REPORTS, "r1", ["after the loss"])
    async with house.relay("intake"), house.relay("workflow"), house.consumer("workflow"), house.consumer("intake"):
        await all_applied(house, {"r1": [*(f"w{number}" for number in range(5)), "after the loss"]})


async def test_database_sessions_that_are_cut_off_come_back(house: House) -> None:
    async with house.relay("intake"), house.relay("workflow"), house.consumer("workflow"), house.consumer("intake"):
        await house.emit("intake", REPORTS, "r1", ["one"])
        await all_applied(house, {"r1": ["one"]})
        await house.execute(
            "intake",
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where usename = 'intake' and datname = current_database() and pid <> pg_backend_pid()
            """,
        )
        await house.emit("intake", REPORTS, "r1", ["two"])
        await all_applied(house, {"r1": ["one", "two"]})
