"""A wall that does not refuse is no wall: each is tried from the wrong side."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError, TopicAuthorizationFailedError

from ops.local_stack import roles, topics
from ops.local_stack.kafka import ADMIN
from tests.real_parts import Database, KafkaServer, PostgresServer, password

FreshDatabase = Callable[..., Awaitable[Database]]

pytestmark = pytest.mark.stack


async def test_a_service_reads_and_writes_what_its_owner_role_created(fresh_database: FreshDatabase) -> None:
    database = await fresh_database()
    owner = await asyncpg.connect(database.migration_dsn("intake"))
    await owner.execute("create table notes (id bigserial primary key, body text)")
    await owner.close()
    service = await asyncpg.connect(database.dsn("intake"))
    assert await service.fetchval("insert into notes (body) values ('one') returning id") == 1
    assert await service.fetchval("select count(*) from intake.notes") == 1
    await service.close()


@pytest.mark.parametrize(
    "statement",
    [
        "select * from intake.notes",
        "insert into intake.notes (body) values ('x')",
        "create table intake.mine (id int)",
        "create table public.mine (id int)",
        "create schema mine",
        "create role mine",
        "alter role intake password 'x'",
        "copy (select 1) to program 'true'",
    ],
)
async def test_a_service_is_refused_outside_its_schema(fresh_database: FreshDatabase, statement: str) -> None:
    database = await fresh_database()
    owner = await asyncpg.connect(database.migration_dsn("intake"))
    await owner.execute("create table notes (id bigserial primary key, body text)")
    await owner.close()
    for dsn in (database.dsn("workflow"), database.migration_dsn("workflow")):
        other = await asyncpg.connect(dsn)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.execute(statement)
        await other.close()


async def test_a_service_cannot_change_its_own_tables(fresh_database: FreshDatabase) -> None:
    database = await fresh_database()
    owner = await asyncpg.connect(database.migration_dsn("audit"))
    await owner.execute("create table leaves (id int)")
    await owner.close()
    service = await asyncpg.connect(database.dsn("audit"))
    for statement in ("drop table leaves", "alter table leaves add x int", "truncate leaves", "create table t (i int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
    await service.close()


@pytest.mark.parametrize("user", ["postgres", "intake", "intake_owner"])
@pytest.mark.parametrize("wrong", ["", "wrong", password("workflow")])
async def test_a_wrong_password_is_refused(fresh_database: FreshDatabase, user: str, wrong: str) -> None:
    database = await fresh_database()
    dsn = roles.dsn_for(database.admin_dsn, user=user, password=wrong, database=database.name)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(dsn)


async def test_making_the_roles_again_changes_nothing_that_is_there(
    postgres: PostgresServer, fresh_database: FreshDatabase
) -> None:
    database = await fresh_database()
    owner = await asyncpg.connect(database.migration_dsn("ethics"))
    await owner.execute("create table notes (body text); insert into notes values ('kept')")
    await owner.close()
    await roles.apply(postgres.admin_dsn, postgres.plan, password, database=database.name)
    service = await asyncpg.connect(database.dsn("ethics"))
    assert await service.fetchval("select body from notes") == "kept"
    await service.close()


async def test_a_failed_statement_leaves_no_value_in_the_server_log(
    postgres: PostgresServer, fresh_database: FreshDatabase
) -> None:
    database = await fresh_database()
    connection = await asyncpg.connect(database.migration_dsn("intake"))
    await connection.execute("create table notes (body text primary key)")
    await connection.execute("insert into notes values ($1)", "MARK-a-person")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("insert into notes values ($1)", "MARK-a-person")
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await connection.execute("select 'MARK-a-word'::int")
    await connection.close()
    log = postgres.part.log.read_text(encoding="utf-8")
    assert "database system is ready" in log
    assert "MARK" not in log


def _signed_in(kafka: KafkaServer, principal: str, secret: str | None = None) -> dict[str, str]:
    return {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": kafka.username(principal),
        "sasl_plain_password": secret or kafka.password(principal),
    }


async def _send(kafka: KafkaServer, principal: str, topic: str) -> None:
    producer = AIOKafkaProducer(**_signed_in(kafka, principal), enable_idempotence=True, acks="all")
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"value", key=b"key")
    finally:
        await producer.stop()


async def _read_one(kafka: KafkaServer, principal: str, topic: str, group: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, **_signed_in(kafka, principal), group_id=group, auto_offset_reset="earliest")
    try:
        await consumer.start()
        async with asyncio.timeout(30):  # whoever is let in where nothing was sent would wait for ever
            return (await consumer.getone()).value
    finally:
        await consumer.stop()


async def test_a_topic_is_written_by_its_producer_and_read_by_its_consumer(
    kafka: KafkaServer, kafka_prefix: str
) -> None:
    topic = f"{kafka_prefix}intake.reports.ombuds.v1"
    await _send(kafka, "intake", topic)
    assert await _read_one(kafka, "ombuds", topic, topics.group("ombuds", kafka_prefix)) == b"value"


async def test_another_principal_can_neither_write_nor_read(kafka: KafkaServer, kafka_prefix: str) -> None:
    topic = f"{kafka_prefix}intake.reports.ombuds.v1"
    with pytest.raises(TopicAuthorizationFailedError):
        await _send(kafka, "workflow", topic)
    with pytest.raises(TopicAuthorizationFailedError):
        await _read_one(kafka, "workflow", topic, topics.group("workflow", kafka_prefix))
    with pytest.raises(GroupAuthorizationFailedError):
        await _read_one(kafka, "ombuds", topic, topics.group("workflow", kafka_prefix))


async def test_a_right_that_is_in_the_list_no_more_is_taken_back(kafka: KafkaServer) -> None:
    [orders] = (one for one in kafka.plan.topics if one.name == "workflow.measures.v1")
    wide = replace(orders, producers=(*orders.producers, "notifications"), consumers=(*orders.consumers, "audit"))
    prefix, password_of_admin = "t-narrower.", kafka.part.password
    for plan in (wide, orders):
        narrowed = replace(kafka.plan, topics=(plan,))
        await topics.create_topics(kafka.bootstrap, ADMIN, password_of_admin, narrowed, prefix=prefix)
    await _send(kafka, "workflow", topic := prefix + orders.name)
    assert await _read_one(kafka, "hr_bridge", topic, topics.group("hr_bridge", prefix)) == b"value"
    with pytest.raises(TopicAuthorizationFailedError):
        await _send(kafka, "notifications", topic)
    with pytest.raises(TopicAuthorizationFailedError):
        await _read_one(kafka, "audit", topic, topics.group("audit", prefix))


async def test_a_wrong_kafka_password_is_refused(kafka: KafkaServer) -> None:
    producer = AIOKafkaProducer(**_signed_in(kafka, "intake", "wrong"))
    with pytest.raises(KafkaConnectionError):
        await producer.start()
    await producer.stop()
