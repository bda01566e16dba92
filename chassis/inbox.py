"""Events coming in: each is verified, put in order and applied once, together with its place in the log."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, failpoints, inbox_rows
from chassis.database import Database
from chassis.inbox_rows import Record
from chassis.telemetry import span
from contracts.envelope import Envelope, EnvelopeInvalid, from_headers, verify
from contracts.topics import TOPICS, Delivery, Topic

logger = logging.getLogger(__name__)

AfterCommit = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Event:
    """A verified event with its message read. `source` is the service that signed it."""

    topic: Topic
    key: str
    id: UUID
    source: str
    sequence: int
    time: datetime
    message: Message


Handler = Callable[[AsyncSession, Event], Awaitable[AfterCommit | None]]
"""Writes an event's effect in the session's transaction; what it answers is called once that is committed.

Raises InvalidMessage for an event that can never be applied; any other exception has it tried again later.
"""
Acknowledge = Callable[[AsyncSession, Event], Awaitable[None]]
"""Tells the source that the event is applied; also called when an applied one comes again. The message of a type
without a handler is not read: an Empty stands in its place.
"""


class InvalidMessage(ValueError):
    """An event that can never be applied: it becomes a dead letter. `code` says why, in one fixed word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Dead(Exception):
    """Carries an InvalidMessage out of the transaction that it undoes."""

    def __init__(self, envelope: Envelope, code: str, *, held: bool) -> None:
        super().__init__(code)
        self.envelope = envelope
        self.code = code
        self.held = held


class Inbox:
    """The rules by which one service takes events in. `publics` are the services' signing keys."""

    def __init__(
        self,
        handlers: Mapping[Topic, Mapping[type[Message], Handler]],
        publics: Mapping[str, Ed25519PublicKey],
        acknowledge: Mapping[Topic, Acknowledge],
    ) -> None:
        self._handlers = {
            topic: {message.DESCRIPTOR.full_name: (message, handler) for message, handler in table.items()}
            for topic, table in handlers.items()
        }
        self._publics = publics
        self._acknowledge = acknowledge

    async def take(self, database: Database, record: Record) -> list[AfterCommit]:
        """Applies, holds, buries or refuses a record, or passes over one that was already taken.

        Answers what is to be called after the commit. Any exception means that nothing happened: try again.
        """
        while True:
            try:
                async with database.transaction() as session:
                    after = await self._take(session, record)
                    failpoints.hit("consumer.before_commit")
            except _Dead as dead:
                # It undid the transaction. Where a held event failed, the record itself is still to be taken.
                async with database.transaction() as session:
                    await _bury(session, dead)
                    if not dead.held:
                        await inbox_rows.advance(session, record)
                        return []
            else:
                failpoints.hit("consumer.after_commit")
                return after

    async def take_ready(self, database: Database) -> list[AfterCommit]:
        """Applies held events whose turn has come otherwise than by their predecessor: those put back by hand."""
        async with database.transaction() as session:
            envelopes = await inbox_rows.ready(session)
        after: list[AfterCommit] = []
        for envelope in envelopes:
            try:
                async with database.transaction() as session:
                    if await inbox_rows.take_held(session, envelope, envelope.sequence):
                        after += await self._receive(session, envelope)
            except _Dead as dead:
                async with database.transaction() as session:
                    await _bury(session, dead)
            except Exception as error:  # noqa: BLE001 -- it is held as before, and the others do not wait for it
                logger.warning("event waits", extra={"topic": envelope.topic, "error": type(error).__name__})
        return after

    async def _take(self, session: AsyncSession, record: Record) -> list[AfterCommit]:
        if not await inbox_rows.advance(session, record):
            return []
        envelope, refusal = self._open(record)
        if envelope is not None:
            return await self._receive(session, envelope)
        if await inbox_rows.refuse(session, record, refusal):
            place = f"{record.topic.name}/{record.partition}/{record.offset}"
            await audit_trail.record(session, "refuse_event", object_ref=place, actor=None, facts={"code": refusal})
        return []

    def _open(self, record: Record) -> tuple[Envelope | None, str]:
        try:
            envelope, signature = from_headers(
                record.headers, topic=record.topic.name, key=record.key, value=record.value
            )
        except EnvelopeInvalid:
            return None, "not_an_event"
        public = self._publics.get(envelope.source)
        if public is None or envelope.source not in record.topic.producers:
            return None, "unknown_source"
        if not verify(envelope, signature, public):
            return None, "bad_signature"
        return envelope, ""

    async def _receive(self, session: AsyncSession, envelope: Envelope) -> list[AfterCommit]:
        topic = TOPICS[envelope.topic]
        if topic.delivery is Delivery.SINGLE:
            return await self._apply(session, topic, envelope, held=False)
        applied = await inbox_rows.lock_key(session, envelope)
        if applied.used(envelope):
            # Its source was put back to an older state and goes on from there: taken for a repetition it would be lost.
            raise _Dead(envelope, "number_used_twice", held=False)
        if envelope.sequence <= applied.last:
            await self._acknowledge_again(session, topic, envelope)
            return []
        if topic.delivery is Delivery.ORDERED and envelope.sequence > applied.last + 1:
            await inbox_rows.hold(session, envelope)
            return []
        after = await self._apply(session, topic, envelope, held=False)
        sequence = envelope.sequence + 1
        while applied.held and (following := await inbox_rows.take_held(session, envelope, sequence)) is not None:
            after += await self._apply(session, topic, following, held=True)
            sequence += 1
        return after

    async def _apply(self, session: AsyncSession, topic: Topic, envelope: Envelope, *, held: bool) -> list[AfterCommit]:
        # A type that nobody here asked for counts in the order of its key and has no effect.
        message_type, handler = self._handlers[topic].get(envelope.type, (Empty, None))
        try:
            event = _event(topic, envelope, message_type)
            with span("apply", topic=topic.name, type=envelope.type):
                after = await handler(session, event) if handler else None
        except DecodeError as error:
            raise _Dead(envelope, "undecodable", held=held) from error
        except InvalidMessage as error:
            raise _Dead(envelope, error.code, held=held) from error
        await inbox_rows.set_last(session, envelope)
        if topic in self._acknowledge:
            await self._acknowledge[topic](session, event)
        return [after] if after else []

    async def _acknowledge_again(self, session: AsyncSession, topic: Topic, envelope: Envelope) -> None:
        if topic in self._acknowledge:
            message_type, _ = self._handlers[topic].get(envelope.type, (Empty, None))
            await self._acknowledge[topic](session, _event(topic, envelope, message_type))


async def _bury(session: AsyncSession, dead: _Dead) -> None:
    if await inbox_rows.bury(session, dead.envelope, dead.code):
        # By its own id: on intake's side an entry must not name the route that the key is.
        event = str(dead.envelope.id)
        await audit_trail.record(session, "bury_event", object_ref=event, actor=None, facts={"code": dead.code})


def _event(topic: Topic, envelope: Envelope, message_type: type[Message]) -> Event:
    message = Empty() if message_type is Empty else message_type.FromString(envelope.value)
    return Event(
        topic=topic,
        key=envelope.key,
        id=envelope.id,
        source=envelope.source,
        sequence=envelope.sequence,
        time=envelope.time,
        message=message,
    )
