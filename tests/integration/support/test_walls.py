"""The walls around the support cell, each tried from the wrong side (invariant 30)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError

from chassis import keys
from chassis.keys import KeyFileUnusable, ServiceKeys
from chassis.sealing import SealNotOpened, unwrap, wrap
from ops.local_stack import topics
from tests.integration.support.cell import Cell
from tests.real_parts import Database, KafkaServer

FreshDatabase = Callable[..., Awaitable[Database]]
OTHERS = ("intake", "ombuds", "workflow", "ethics", "hr_bridge", "notifications", "audit")


@pytest.mark.parametrize("other", OTHERS)
async def test_no_other_service_reads_a_row_of_the_cells_and_the_cell_none_of_theirs(cell: Cell, other: str) -> None:
    await cell.lodge(medical="wished")
    for dsn in (cell.database.dsn(other), cell.database.migration_dsn(other)):
        connection = await asyncpg.connect(dsn)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from support.cases")
        await connection.close()
    owner = await asyncpg.connect(cell.database.migration_dsn(other))
    await owner.execute("create table theirs (id int)")
    await owner.close()
    own = await asyncpg.connect(cell.database.dsn("support"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await own.fetch(f"select * from {other}.theirs")
    await own.close()


@pytest.mark.parametrize("other", ["intake", "ombuds", "workflow", "ethics", "hr_bridge"])
async def test_no_other_service_reads_a_wrapped_key_of_the_cells(cell: Cell, other: str) -> None:
    connection = await asyncpg.connect(cell.store.dsn(other))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("select * from support.matter_keys")
    await connection.close()


def test_no_other_service_holds_the_cells_desk_key(tmp_path: Path) -> None:
    for service in (*OTHERS, "support"):
        keys.create(service, tmp_path / service)
    own = ServiceKeys.load(tmp_path / "support").desk("support")
    wrapped = wrap(b"k" * 32, own.public, context=b"item")
    for service in OTHERS:
        theirs = ServiceKeys.load(tmp_path / service)
        with pytest.raises(KeyFileUnusable):
            theirs.desk("support")
        for desk in theirs.desks.values():
            with pytest.raises(SealNotOpened):
                unwrap(wrapped, desk, context=b"item")


def signed_in(kafka: KafkaServer, principal: str) -> dict[str, str]:
    return {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": kafka.username(principal),
        "sasl_plain_password": kafka.password(principal),
    }


async def send(kafka: KafkaServer, principal: str, topic: str) -> None:
    producer = AIOKafkaProducer(**signed_in(kafka, principal), enable_idempotence=True, acks="all")
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"value", key=b"key")
    finally:
        await producer.stop()


async def read_one(kafka: KafkaServer, principal: str, topic: str, prefix: str) -> bytes | None:
    group = topics.group(principal, prefix)
    reading = AIOKafkaConsumer(topic, **signed_in(kafka, principal), group_id=group, auto_offset_reset="earliest")
    try:
        await reading.start()
        async with asyncio.timeout(30):
            return (await reading.getone()).value
    finally:
        await reading.stop()


async def test_wishes_and_news_of_them_pass_between_intake_and_the_cell_alone(
    kafka: KafkaServer, kafka_prefix: str
) -> None:
    wishes, news = f"{kafka_prefix}intake.reports.support.v1", f"{kafka_prefix}support.cases.v1"
    await send(kafka, "intake", wishes)
    await send(kafka, "support", news)
    assert await read_one(kafka, "support", wishes, kafka_prefix) == b"value"
    assert await read_one(kafka, "intake", news, kafka_prefix) == b"value"
    for other in ("workflow", "ethics", "ombuds", "hr_bridge", "audit"):
        for topic in (wishes, news):
            with pytest.raises(TopicAuthorizationFailedError):
                await read_one(kafka, other, topic, kafka_prefix)
    for other, topic in (("workflow", wishes), ("support", wishes), ("workflow", news), ("intake", news)):
        with pytest.raises(TopicAuthorizationFailedError):
            await send(kafka, other, topic)
