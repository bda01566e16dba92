"""The loop that reads a service's topics and applies what stands there, however often it is stopped and started."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import Message

from chassis import inbox_rows
from chassis.database import Database
from chassis.inbox import Acknowledge, AfterCommit, Event, Handler, Inbox, InvalidMessage
from chassis.kafka import client_options, full_name, group
from chassis.settings import Settings
from contracts.topics import Topic

__all__ = ["Acknowledge", "AfterCommit", "Consumer", "Event", "Handler", "InvalidMessage"]

logger = logging.getLogger(__name__)

BATCH: Final = 200
_POLL: Final = 1.0
_SESSION_MS: Final = 6000
_RETRY_AFTER: Final = 1.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_READY_EVERY: Final = 5.0
_STOP_TIMEOUT: Final = 5.0
_STANDS_STILL: Final = 60.0
"""Seconds after which a partition's standing still is no mere restart of what it needs."""


class EventsWait(Exception):
    """An event cannot be applied, and those behind it have waited for more than a minute."""


@dataclass(frozen=True)
class _Pause:
    """A partition that stands still because an event could not be applied; times in seconds, monotonic."""

    since: float
    until: float
    delay: float
    error: str


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """New partitions stand still until the loop has set them to their stored places.

    Nothing is awaited when one is taken away: whoever has it next is kept from applying anything twice by the
    stored place, which moves in the transaction of the effect.
    """

    def __init__(
        self, kafka: AIOKafkaConsumer, unplaced: set[TopicPartition], pauses: dict[TopicPartition, _Pause]
    ) -> None:
        self._kafka, self._unplaced, self._pauses = kafka, unplaced, pauses

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        self._unplaced -= set(revoked)
        for partition in revoked:
            self._pauses.pop(partition, None)

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        self._unplaced |= set(assigned)
        self._kafka.pause(*assigned)


class Consumer:
    """One service's consumer, in the group of that service. Several may run; Kafka shares the partitions out."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        handlers: Mapping[Topic, Mapping[type[Message], Handler]],
        publics: Mapping[str, Ed25519PublicKey],
        *,
        acknowledge: Mapping[Topic, Acknowledge] = MappingProxyType({}),
    ) -> None:
        self._settings = settings
        self._database = database
        self._topics = {full_name(settings, topic): topic for topic in handlers}
        self._inbox = Inbox(handlers, publics, acknowledge)
        self._stopping = asyncio.Event()
        self._unplaced: set[TopicPartition] = set()
        self._pauses: dict[TopicPartition, _Pause] = {}
        self._after: set[asyncio.Task[None]] = set()
        self._look_at_ready = 0.0
        self._trouble: str | None = None
        self.connected = False

    async def run(self) -> None:
        """Applies until `stop`; waits for Kafka and PostgreSQL as long as they are away."""
        while not self._stopping.is_set():
            try:
                await self._serve()
            except KafkaError as error:
                self._tell(type(error).__name__)
                await asyncio.sleep(_RETRY_AFTER)
        if self._after:
            _, late = await asyncio.wait(self._after, timeout=_STOP_TIMEOUT)
            for task in late:
                task.cancel()

    async def stop(self) -> None:
        """Has `run` return once the records in hand are applied."""
        self._stopping.set()

    async def check(self) -> None:
        """For readiness. Raises EventsWait."""
        if any(time.monotonic() - pause.since > _STANDS_STILL for pause in self._pauses.values()):
            raise EventsWait

    async def _serve(self) -> None:
        kafka = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=group(self._settings),
            group_instance_id=self._settings.instance,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_SESSION_MS // 3,
        )
        self._unplaced.clear()
        self._pauses.clear()
        kafka.subscribe(list(self._topics), listener=_Assignments(kafka, self._unplaced, self._pauses))
        try:
            await kafka.start()
            self._tell(None)
            while not self._stopping.is_set():
                await self._step(kafka)
        finally:
            self.connected = False
            await kafka.stop()

    async def _step(self, kafka: AIOKafkaConsumer) -> None:
        now = time.monotonic()
        for partition in [partition for partition, pause in self._pauses.items() if pause.until <= now]:
            if partition in kafka.paused():
                kafka.resume(partition)
        try:
            if self._unplaced:
                await self._place(kafka)
            if self._look_at_ready <= now:
                self._look_at_ready = now + _READY_EVERY
                self._call(await self._inbox.take_ready(self._database))
        except KafkaError:
            raise
        except Exception as error:  # noqa: BLE001 -- the database is away, or what a handler needs is
            self._tell(type(error).__name__)
            await asyncio.sleep(_RETRY_AFTER)
            return
        self._tell(None)
        wake = min((pause.until for pause in self._pauses.values() if pause.until > now), default=now + _POLL)
        batches = await kafka.getmany(timeout_ms=int(1000 * min(wake - now, _POLL)) + 1, max_records=BATCH)
        # Partitions side by side: their keys are different ones.
        await asyncio.gather(*(self._apply(kafka, partition, records) for partition, records in batches.items()))

    async def _place(self, kafka: AIOKafkaConsumer) -> None:
        """Sets new partitions to their stored places, never to what the group remembers.

        Without a place that the inbox wrote itself, a partition is read from its beginning: the number under each
        key decides what was applied before.
        """
        waiting = set(self._unplaced)
        ends = await kafka.end_offsets(waiting)
        async with self._database.transaction() as session:
            stored = await inbox_rows.stored_offsets(session)
            for partition in waiting:
                topic = self._topics[partition.topic]
                place = stored.get((topic.name, partition.partition), 0)
                if place > ends[partition]:
                    # The log was lost and begun anew: what it holds now has not been read.
                    await inbox_rows.forget_offset(session, topic, partition.partition)
                    place = 0
                if partition in self._unplaced and partition in kafka.assignment():
                    kafka.seek(partition, place)
                    kafka.resume(partition)
        self._unplaced -= waiting

    async def _apply(self, kafka: AIOKafkaConsumer, partition: TopicPartition, records: list[ConsumerRecord]) -> None:
        for record in records:
            try:
                after = await self._inbox.take(self._database, self._record(record))
            except Exception as error:  # noqa: BLE001 -- whatever it is, the event is neither lost nor passed over
                self._pause(kafka, partition, record.offset, type(error).__name__)
                return
            if self._pauses.pop(partition, None):
                logger.info("events applied again", extra=_place_of(partition))
            self._call(after)

    def _pause(self, kafka: AIOKafkaConsumer, partition: TopicPartition, offset: int, error: str) -> None:
        if partition not in kafka.assignment():
            return
        before, now = self._pauses.get(partition), time.monotonic()
        delay = min(2 * before.delay, _LONGEST_PAUSE) if before else _FIRST_PAUSE
        self._pauses[partition] = _Pause(before.since if before else now, now + delay, delay, error)
        if before is None or before.error != error:
            logger.warning("event waits", extra={**_place_of(partition), "offset": offset, "error": error})
        kafka.pause(partition)
        kafka.seek(partition, offset)

    def _record(self, record: ConsumerRecord) -> inbox_rows.Record:
        return inbox_rows.Record(
            topic=self._topics[record.topic],
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )

    def _call(self, callbacks: list[AfterCommit]) -> None:
        # Not awaited: what is called may be away for long, and the next event is not to wait for it.
        for callback in callbacks:
            task = asyncio.create_task(_called(callback))
            self._after.add(task)
            task.add_done_callback(self._after.discard)

    def _tell(self, trouble: str | None) -> None:
        self.connected = trouble is None
        if trouble != self._trouble and trouble is not None:
            logger.warning("consumer waits", extra={"error": trouble})
        elif trouble != self._trouble:
            logger.info("consumer reads again")
        self._trouble = trouble


async def _called(callback: AfterCommit) -> None:
    try:
        await callback()
    except Exception as error:  # noqa: BLE001 -- the effect is committed; sweepers find what was left undone
        logger.warning("call after commit failed", extra={"error": type(error).__name__})


def _place_of(partition: TopicPartition) -> dict[str, object]:
    return {"topic": partition.topic, "partition": partition.partition}
