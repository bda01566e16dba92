"""Carries a service's outbox to Kafka: signed, in order per key, nothing twice in effect and nothing lost."""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import failpoints
from chassis.database import WAKE_CHANNEL
from chassis.kafka import client_options
from chassis.outbox import SHARDS
from chassis.settings import Settings
from contracts.envelope import Envelope, sign, to_headers
from contracts.topics import TOPICS

logger = logging.getLogger(__name__)

BATCH: Final = 500
MAX_DOUBLINGS: Final = 6
_LOOK_EVERY: Final = 1.0
_RETRY_AFTER: Final = 1.0
_CLOSED_FOR: Final = 30.0
_SEND_TIMEOUT_MS: Final = 10_000
_STOP_TIMEOUT: Final = 5.0
_ANSWERS: Final = 30.0
"""Seconds that one statement may take: a line that a firewall has forgotten would be waited for much longer."""

# Advisory locks belong to a database, not to a schema. They are held by the very connection that reads the rows: when
# it is lost, so are they.
_LOCK: Final = """
    select shard from unnest($1::int[]) as shard
    where pg_try_advisory_lock(hashtext('recourse relay ' || current_schema()), shard)
"""
_COLUMNS: Final = "id, event_id, topic, key, sequence, type, time, value"
# What is not sent yet, and what was sent to a receiver that has not said "applied" in time; the time doubles, so that
# a receiver that is away for days does not find its topic full of repetitions.
_NEXT: Final = f"""
    (select {_COLUMNS} from outbox
     where sent_at is null and parked is null and shard = any($1) and topic <> all($2) order by id limit {BATCH})
    union all
    (select {_COLUMNS} from outbox
     where sent_at < now() - make_interval(secs => $3)
         and sent_at < now() - make_interval(secs => $3 * 2 ^ least(sends - 1, {MAX_DOUBLINGS}))
         and shard = any($1) and topic <> all($2)
     order by sent_at limit {BATCH})
"""  # noqa: S608 -- our own column names
_SETTLE: Final = """
    with gone as (delete from outbox where id = any($1)),
        parked as (
            update outbox set parked = code from unnest($2::bigint[], $3::text[]) as refused (row_id, code)
            where id = row_id
        )
    update outbox set sent_at = now(), sends = sends + 1 where id = any($4)
"""


class TopicRefused(Exception):
    """The broker takes nothing for one of the topics: events wait in the outbox until somebody puts that right."""


@dataclass
class _Outcome:
    sent: list[asyncpg.Record] = field(default_factory=list)
    parked: list[tuple[int, str]] = field(default_factory=list)
    failed: KafkaError | None = None


class Relay:
    """One service's relay. Several may run; each shard is carried by one of them."""

    def __init__(self, settings: Settings, signing: Ed25519PrivateKey) -> None:
        self._settings = settings
        self._signing = signing
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._closed_topics: dict[str, float] = {}
        self._trouble: str | None = None
        self.connected = False

    async def run(self) -> None:
        """Carries until `stop`; waits for PostgreSQL and Kafka as long as they are away."""
        while not self._stopping.is_set():
            try:
                await self._serve()
            except (KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                self._tell(type(error).__name__)
                await _wait(self._stopping, _RETRY_AFTER)

    async def stop(self) -> None:
        """Has `run` return after the batch in hand."""
        self._stopping.set()
        self._wake.set()

    async def check(self) -> None:
        """For readiness. Raises TopicRefused."""
        if self._closed_topics:
            raise TopicRefused

    async def _serve(self) -> None:
        connection = await asyncpg.connect(self._settings.database_dsn, timeout=10, command_timeout=_ANSWERS)
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            max_batch_size=131_072,
            compression_type="zstd",
            request_timeout_ms=_SEND_TIMEOUT_MS,
        )
        try:
            schema = await connection.fetchval("select current_schema()")
            await connection.add_listener(WAKE_CHANNEL + schema, lambda *_: self._wake.set())
            await producer.start()
            self._tell(None)
            await self._carry(connection, producer)
        finally:
            self.connected = False
            # A producer whose broker is away would wait for it; what it still holds is in the outbox.
            stopping = asyncio.create_task(producer.stop())
            await asyncio.wait([stopping], timeout=_STOP_TIMEOUT)
            stopping.cancel()
            connection.terminate()

    async def _carry(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        mine: list[int] = []
        while not self._stopping.is_set():
            self._wake.clear()
            if len(mine) < SHARDS:
                others = [shard for shard in range(SHARDS) if shard not in mine]
                mine += [row["shard"] for row in await connection.fetch(_LOCK, others)]
            rows = await connection.fetch(_NEXT, mine, self._topics_to_leave(), self._settings.reemit_after)
            if rows:
                await self._send(connection, producer, rows)
            if len(rows) < BATCH:
                await _wait(self._wake, _LOOK_EVERY)

    async def _send(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, rows: list[asyncpg.Record]
    ) -> None:
        by_topic = sorted(rows, key=lambda row: (row["topic"], row["id"]))
        topics = [(topic, list(some)) for topic, some in groupby(by_topic, key=lambda row: str(row["topic"]))]
        outcomes = await asyncio.gather(*(self._send_topic(producer, topic, some) for topic, some in topics))
        failpoints.hit("relay.after_send")
        sent = [row for outcome in outcomes for row in outcome.sent]
        parked = [entry for outcome in outcomes for entry in outcome.parked]
        await connection.execute(
            _SETTLE,
            [row["id"] for row in sent if not TOPICS[row["topic"]].acknowledged],
            [row_id for row_id, _ in parked],
            [code for _, code in parked],
            [row["id"] for row in sent if TOPICS[row["topic"]].acknowledged],
        )
        failpoints.hit("relay.after_commit")
        for outcome in outcomes:
            if outcome.failed is not None:
                raise outcome.failed

    async def _send_topic(self, producer: AIOKafkaProducer, topic: str, rows: Iterable[asyncpg.Record]) -> _Outcome:
        """One after the other into the producer's buffer, which keeps their order, then all at once awaited."""
        outcome = _Outcome()
        waiting: list[tuple[asyncpg.Record, asyncio.Future[Any]]] = []
        name = self._settings.kafka_prefix + topic
        for row in rows:
            envelope = self._envelope(row)
            headers = to_headers(envelope, sign(envelope, self._signing))
            try:
                future = await producer.send(name, envelope.value, key=envelope.key.encode(), headers=headers)
            except MessageSizeTooLargeError:
                self._park(outcome, row, "too_large")
            except (TopicAuthorizationFailedError, UnknownTopicOrPartitionError) as error:
                self._close(topic, error)
                break
            except KafkaError as error:
                outcome.failed = error
                break
            else:
                waiting.append((row, future))
        failpoints.hit("relay.sending")
        results = await asyncio.gather(*(future for _, future in waiting), return_exceptions=True)
        for (row, _), result in zip(waiting, results, strict=True):
            if isinstance(result, MessageSizeTooLargeError):
                self._park(outcome, row, "too_large")
            elif isinstance(result, TopicAuthorizationFailedError):
                self._close(topic, result)
            elif isinstance(result, KafkaError):
                outcome.failed = result
            elif isinstance(result, BaseException):
                raise result
            else:
                outcome.sent.append(row)
                self._closed_topics.pop(topic, None)
        return outcome

    def _envelope(self, row: asyncpg.Record) -> Envelope:
        return Envelope(
            id=row["event_id"],
            source=self._settings.service,
            type=row["type"],
            topic=row["topic"],
            key=row["key"],
            sequence=row["sequence"],
            time=row["time"],
            value=row["value"],
        )

    def _park(self, outcome: _Outcome, row: asyncpg.Record, code: str) -> None:
        outcome.parked.append((row["id"], code))
        logger.error("event cannot be sent and is set aside", extra={"topic": row["topic"], "code": code})

    def _close(self, topic: str, error: KafkaError) -> None:
        # The broker refuses the topic, not the row: the others must not wait for somebody to put that right.
        if topic not in self._closed_topics:
            logger.error("topic refused by the broker", extra={"topic": topic, "error": type(error).__name__})
        self._closed_topics[topic] = time.monotonic() + _CLOSED_FOR

    def _topics_to_leave(self) -> list[str]:
        now = time.monotonic()
        return [topic for topic, until in self._closed_topics.items() if until > now]

    def _tell(self, trouble: str | None) -> None:
        self.connected = trouble is None
        if trouble != self._trouble and trouble is not None:
            logger.warning("relay waits", extra={"error": trouble})
        elif trouble != self._trouble:
            logger.info("relay carries again")
        self._trouble = trouble


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
