"""Two services of their own for these tests: `intake` sends, `workflow` receives and writes down what it applied."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message
from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import tables
from chassis.connections import async_dsn
from chassis.consumer import Consumer, Event
from chassis.database import Database
from chassis.kafka import client_options
from chassis.outbox import add_event, applied
from chassis.relay import Relay
from chassis.settings import Settings
from contracts.cases.v1.cases_pb2 import ReportEventApplied
from contracts.envelope import Envelope, sign, to_headers
from contracts.intake.v1.reports_pb2 import MessagePlaced, MessageReceived
from contracts.topics import HR_PEOPLE, INTAKE_REPORTS_WORKFLOW, TOPICS, WORKFLOW_CASES, Topic
from tests import waiting
from tests.real_parts import Database as TestDatabase
from tests.real_parts import password

SERVICES = ("intake", "workflow", "ombuds", "hr_bridge", "audit")
SIGNING = {service: Ed25519PrivateKey.from_private_bytes(sha256(service.encode()).digest()) for service in SERVICES}
PUBLICS = {service: private.public_key() for service, private in SIGNING.items()}


def define(metadata: MetaData) -> None:
    """The chassis' tables, and one of the tests' own that shows every effect in the order it was had."""
    tables.define(metadata)
    Table(
        "effects",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("topic", Text),
        Column("key", Text),
        Column("sequence", BigInteger),
        Column("what", Text),
    )


async def create_schema(database: TestDatabase, service: str) -> None:
    metadata = MetaData(naming_convention=tables.NAMING)
    define(metadata)
    engine = create_async_engine(async_dsn(database.migration_dsn(service)))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


async def note(session: AsyncSession, event: Event) -> None:
    """The receiving handler: an effect that would show if it were had twice, late or out of order."""
    message: Any = event.message
    await session.execute(
        text("insert into effects (topic, key, sequence, what) values (:topic, :key, :sequence, :what)"),
        params={
            "topic": event.topic.name,
            "key": event.key,
            "sequence": event.sequence,
            "what": getattr(message, "item_id", "") or getattr(message, "unit", ""),
        },
    )


async def acknowledge(session: AsyncSession, event: Event) -> None:
    message = ReportEventApplied(report_id=event.key, sequence=event.sequence)
    await add_event(session, WORKFLOW_CASES, event.key, message)


async def forget_applied(session: AsyncSession, event: Event) -> None:
    message: Any = event.message
    await applied(session, INTAKE_REPORTS_WORKFLOW, message.report_id, message.sequence)


def said(word: str) -> MessageReceived:
    return MessageReceived(report_id="r", item_id=word)


@dataclass
class House:
    """One database and one set of topics, and whatever of the services a test wants to run on them."""

    test_database: TestDatabase
    bootstrap: str
    prefix: str
    scratch: Path

    def __post_init__(self) -> None:
        self.databases: dict[str, Database] = {}

    def settings(self, service: str, **changes: Any) -> Settings:
        given: dict[str, Any] = {
            "service": service,
            "database_dsn": self.test_database.dsn(service),
            "kafka_bootstrap": self.bootstrap,
            "kafka_username": service,
            "kafka_password": password(service),
            "kafka_prefix": self.prefix,
            "instance": service,
            "temporal_address": "",
            "oidc_issuer": "",
            "http_port": 0,
            "keys_dir": self.scratch,
            "service_keys": self.scratch,
        }
        return Settings(**(given | changes))

    def database(self, service: str) -> Database:
        if service not in self.databases:
            self.databases[service] = Database(self.test_database.dsn(service))
        return self.databases[service]

    async def close(self) -> None:
        for database in self.databases.values():
            await database.close()

    @asynccontextmanager
    async def relay(self, service: str, **changes: Any) -> AsyncIterator[Relay]:
        relay = Relay(self.settings(service, **changes), SIGNING[service])
        async with _running(relay):
            yield relay

    @asynccontextmanager
    async def consumer(self, service: str, handlers: Any = None, **changes: Any) -> AsyncIterator[Consumer]:
        consumer = Consumer(
            self.settings(service, **changes), self.database(service), handlers or HANDLERS[service], PUBLICS,
            acknowledge={INTAKE_REPORTS_WORKFLOW: acknowledge},
        )  # fmt: skip
        async with _running(consumer):
            yield consumer

    async def emit(self, service: str, topic: Topic, key: str, words: Iterable[str]) -> None:
        """One event per word, each in a transaction of its own."""
        for word in words:
            async with self.database(service).transaction() as session:
                await add_event(session, topic, key, said(word))

    async def rows(self, service: str, query: str, **params: Any) -> list[tuple[Any, ...]]:
        async with self.database(service).transaction() as session:
            return [tuple(row) for row in await session.execute(text(query), params=params)]

    async def execute(self, service: str, statement: str, **params: Any) -> None:
        async with self.database(service).transaction() as session:
            await session.execute(text(statement), params=params)

    async def effects(self, key: str, service: str = "workflow") -> list[str]:
        found = await self.rows(service, "select what from effects where key = :key order by id", key=key)
        return [what for (what,) in found]

    @asynccontextmanager
    async def producer(self, service: str) -> AsyncIterator["Sender"]:
        producer = AIOKafkaProducer(**client_options(self.settings(service)))
        await producer.start()
        try:
            yield Sender(producer, self.prefix)
        finally:
            await producer.stop()


@dataclass
class Sender:
    """Puts records on a topic by hand, as a relay, a mishap or an attacker would."""

    producer: AIOKafkaProducer
    prefix: str

    async def send(
        self, envelope: Envelope, *, by: Ed25519PrivateKey, on: str | None = None, headers: Any = None
    ) -> None:
        await self.producer.send_and_wait(
            self.prefix + (on or envelope.topic),
            envelope.value,
            key=envelope.key.encode(),
            headers=headers if headers is not None else to_headers(envelope, sign(envelope, by)),
        )


@asynccontextmanager
async def _running(part: Relay | Consumer) -> AsyncIterator[None]:
    task = asyncio.create_task(part.run())
    try:
        yield
    finally:
        await part.stop()
        await task


eventually = partial(waiting.eventually, within=30)


HANDLERS: dict[str, dict[Topic, dict[type[Message], Any]]] = {
    "workflow": {
        INTAKE_REPORTS_WORKFLOW: {MessageReceived: note, MessagePlaced: note},
        HR_PEOPLE: {MessageReceived: note},
    },
    "intake": {WORKFLOW_CASES: {ReportEventApplied: forget_applied}},
}
assert set(HANDLERS["workflow"]) <= set(TOPICS.values())
