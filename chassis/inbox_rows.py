"""The rows behind the inbox: places in the log, the last number applied per key, events held, buried or refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from asyncpg import Record as Row
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from contracts.envelope import Envelope, Headers
from contracts.topics import TOPICS, Delivery, Topic

# (S608 below: what is put into a statement's text stands in this file.)
# Written by _ADVANCE alone. A row that somebody else wrote or changed is no place of ours: it counts as not there.
_CHECKSUM: Final = "sha256(convert_to(concat_ws(' ', {0}.topic, {0}.partition, {0}.next_offset), 'UTF8'))"
_ADVANCE: Final = text(f"""
    insert into inbox_offsets as place (topic, partition, next_offset, checksum)
    select *, {_CHECKSUM.format("taken")} from (
        values (cast(:topic as text), cast(:partition as integer), cast(:next as bigint))
    ) as taken (topic, partition, next_offset)
    on conflict (topic, partition) do update set next_offset = excluded.next_offset, checksum = excluded.checksum
    where place.next_offset < excluded.next_offset or place.checksum is distinct from {_CHECKSUM.format("place")}
    returning true
""")  # noqa: S608
_OFFSETS: Final = text(f"""
    select topic, partition, next_offset from inbox_offsets as place where checksum = {_CHECKSUM.format("place")}
""")  # noqa: S608
_FORGET_OFFSET: Final = text("delete from inbox_offsets where topic = :topic and partition = :partition")
_REFUSE: Final = text("""
    insert into refused_records (topic, partition, "offset", code, value_hash)
    values (:topic, :partition, :offset, :code, :value_hash)
    on conflict do nothing returning true
""")
# Holds the key until commit, so that two processes cannot apply events of one key at once.
_LOCK_KEY: Final = text("""
    insert into inbox_sequences as counter (topic, source, key, last) values (:topic, :source, :key, 0)
    on conflict (topic, source, key) do update set last = counter.last
    returning last, newest,
        exists (select from inbox_held where topic = :topic and source = :source and key = :key) as held
""")
# An event once buried that could be applied after all is no dead letter any more.
_SET_LAST: Final = text("""
    with risen as (
        delete from dead_letters where topic = :topic and source = :source and key = :key and sequence = :sequence
    )
    update inbox_sequences set last = :sequence, newest = greatest(newest, :time)
    where topic = :topic and source = :source and key = :key
""")
_COLUMNS: Final = "topic, source, key, sequence, event_id, type, time, value"
_VALUES: Final = ":topic, :source, :key, :sequence, :event_id, :type, :time, :value"
_HOLD: Final = text(f"insert into inbox_held ({_COLUMNS}) values ({_VALUES}) on conflict do nothing")  # noqa: S608
_BURY: Final = text(f"""
    with taken as (
        delete from inbox_held where topic = :topic and source = :source and key = :key and sequence = :sequence
    )
    insert into dead_letters ({_COLUMNS}, code) values ({_VALUES}, :code) on conflict do nothing returning true
""")  # noqa: S608
_TAKE_HELD: Final = text(f"""
    delete from inbox_held where topic = :topic and source = :source and key = :key and sequence = :sequence
    returning {_COLUMNS}
""")  # noqa: S608
_READY: Final = text(f"""
    select {_COLUMNS} from inbox_held natural left join inbox_sequences
    where sequence <= coalesce(last, 0) + 1 or topic = any(:latest) order by topic, source, key, sequence limit 100
""")  # noqa: S608
_AT_ONCE: Final = timedelta(minutes=1)
"""Two transactions that write under one key at the same time may get their numbers in the other order."""
_LATEST: Final = [topic.name for topic in TOPICS.values() if topic.delivery is Delivery.LATEST]


@dataclass(frozen=True)
class Record:
    """A record as Kafka has it, under our topic's own name."""

    topic: Topic
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


async def stored_offsets(session: AsyncSession) -> dict[tuple[str, int], int]:
    """Where to read on, by topic and partition; what is not there, or was not put there by `advance`, begins anew."""
    rows = (await session.execute(_OFFSETS)).all()
    return {(topic, partition): next_offset for topic, partition, next_offset in rows}


async def forget_offset(session: AsyncSession, topic: Topic, partition: int) -> None:
    """The log that the stored offset belonged to is gone: begin at the new one's beginning."""
    await session.execute(_FORGET_OFFSET, params={"topic": topic.name, "partition": partition})


async def advance(session: AsyncSession, record: Record) -> bool:
    """Takes the record's place in its log; False when the record was taken before."""
    place = {"topic": record.topic.name, "partition": record.partition, "next": record.offset + 1}
    return bool(await fetch(session, _ADVANCE, place))


async def refuse(session: AsyncSession, record: Record, code: str) -> bool:
    """Notes a record that is not provably from its source, by its place and a hash of its value.

    False when it was noted before: a log that is read anew shows it again.
    """
    place = {"topic": record.topic.name, "partition": record.partition, "offset": record.offset}
    value_hash = sha256(record.value or b"").digest()
    return bool(await session.scalar(_REFUSE, params={**place, "code": code, "value_hash": value_hash}))


@dataclass(frozen=True)
class Applied:
    """What was applied under one source and key: the last number, the latest time. `held`: whether others wait."""

    last: int
    newest: datetime | None
    held: bool

    def used(self, envelope: Envelope) -> bool:
        """Whether this number was another event's: what was applied comes again with a time that was seen."""
        return self.newest is not None and envelope.sequence <= self.last and envelope.time > self.newest + _AT_ONCE


async def lock_key(session: AsyncSession, envelope: Envelope) -> Applied:
    """The event's source and key are this transaction's alone from now on."""
    [(last, newest, held)] = await fetch(session, _LOCK_KEY, _key(envelope))
    return Applied(last, newest, held)


async def set_last(session: AsyncSession, envelope: Envelope) -> None:
    """The event is applied."""
    applied = {**_key(envelope), "sequence": envelope.sequence, "time": envelope.time}
    await fetch(session, _SET_LAST, applied)


async def hold(session: AsyncSession, envelope: Envelope) -> None:
    """Keeps an event until the one before it is applied."""
    await session.execute(_HOLD, params=_row(envelope))


async def take_held(session: AsyncSession, envelope: Envelope, sequence: int) -> Envelope | None:
    """Takes out what is held of the event's key under this number."""
    held = await fetch(session, _TAKE_HELD, {**_key(envelope), "sequence": sequence})
    return _envelope(held[0]) if held else None


async def ready(session: AsyncSession) -> list[Envelope]:
    """What is held although its turn has come: an event put back by hand has no predecessor to bring it."""
    return [_envelope(row) for row in await fetch(session, _READY, {"latest": _LATEST})]


async def bury(session: AsyncSession, envelope: Envelope, code: str) -> bool:
    """Makes the event a dead letter; False when it is one already."""
    return bool(await session.scalar(_BURY, params={**_row(envelope), "code": code}))


def _key(envelope: Envelope) -> dict[str, str | int]:
    return {"topic": envelope.topic, "source": envelope.source, "key": envelope.key}


def _row(envelope: Envelope) -> dict[str, object]:
    return {
        **_key(envelope),
        "sequence": envelope.sequence,
        "event_id": envelope.id,
        "type": envelope.type,
        "time": envelope.time,
        "value": envelope.value,
    }


def _envelope(row: Row) -> Envelope:
    return Envelope(**{"id" if name == "event_id" else name: value for name, value in row.items()})
