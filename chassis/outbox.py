"""Events of a service, written beside the change they tell of and numbered per topic and key."""

import zlib
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from google.protobuf.message import Message
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import before_commit, fetch, wrote_events
from contracts.topics import Delivery, Topic

SHARDS: Final = 4

# Each key's counter is locked until commit, so that the rows of a key become visible in the order of their numbers; and
# the identity column, drawn when all of these locks are had, has that order too. Locked in one order by everybody.
ADD: Final = """
    asked as (
        select * from unnest(cast(:event_ids as uuid[]), cast(:topics as text[]), cast(:keys as text[]),
            cast(:types as text[]), cast(:times as timestamptz[]), cast(:values as bytea[]),
            cast(:event_shards as smallint[]), cast(:counted as boolean[]))
        with ordinality one (event_id, topic, key, type, time, value, shard, counted, place)
    ),
    numbered as (
        insert into outbox_sequences as counter (topic, key, last)
        select topic, key, count(*) from asked where counted group by topic, key order by topic, key
        on conflict (topic, key) do update set last = counter.last + excluded.last
        returning topic, key, last
    )
    insert into outbox (event_id, topic, key, sequence, type, time, value, shard)
    select event_id, topic, key,
        case when counted then last + 1 - row_number() over (partition by topic, key order by place desc) else 1 end,
        type, time, value, shard
    from asked left join numbered using (topic, key) order by place
"""
"""The end of a statement that begins `with`: writes the events that `waiting` gives."""
_ADD: Final = text(f"with {ADD}")
_WAITING: Final = "waiting_events"
LAST: Final = 2
"""The rank before a commit at which events are written: after all that may bring another."""
_APPLIED: Final = text("delete from outbox where topic = :topic and key = :key and sequence <= :sequence")


async def add_event(
    session: AsyncSession, topic: Topic, key: str, message: Message, *, event_id: UUID | None = None
) -> None:
    """Has the event written at the end of the caller's transaction (one of `Database.transaction`), numbered under its
    key, from 1, in the order in which they were added.

    On an acknowledged topic the row stays after it was sent, and is sent again, until `applied` is called for it.
    Nothing of the trace in which it was added goes along: one hop may write under the ids of two matters.
    """
    waiting: list[_Event] = session.info.setdefault(_WAITING, [])
    waiting.append(
        _Event(
            event_ids=event_id or uuid4(),
            topics=topic.name,
            keys=key,
            types=message.DESCRIPTOR.full_name,
            times=datetime.now(UTC),
            values=message.SerializeToString(deterministic=True),
            event_shards=shard_of(topic.name, key),
            counted=topic.delivery is not Delivery.SINGLE,
        )
    )
    wrote_events(session)
    before_commit(session, _write, rank=LAST)


def waiting(session: AsyncSession) -> dict[str, list[Any]]:
    """The values of `ADD`: every event that this transaction has added, which counts as written from here on."""
    events: list[_Event] = session.info.pop(_WAITING, [])
    return {name: [getattr(event, name) for event in events] for name in _Event._fields}


async def _write(session: AsyncSession) -> None:
    if session.info.get(_WAITING):
        await fetch(session, _ADD, waiting(session))


async def applied(session: AsyncSession, topic: Topic, key: str, sequence: int) -> None:
    """The receiver has applied the event of this number, and with it every earlier one of the key: forget them."""
    await fetch(session, _APPLIED, {"topic": topic.name, "key": key, "sequence": sequence})


class _Event(NamedTuple):
    """An event that waits to be written: a value of each of the lists that `ADD` takes."""

    event_ids: UUID
    topics: str
    keys: str
    types: str
    times: datetime
    values: bytes
    event_shards: int
    counted: bool


def shard_of(*parts: str) -> int:
    """The shard, 0 to 3, that keeps the order of what has these names."""
    return zlib.crc32("/".join(parts).encode()) % SHARDS
