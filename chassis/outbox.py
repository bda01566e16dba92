"""Events of a service, written beside the change they tell of and numbered per topic and key."""

import zlib
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from google.protobuf.message import Message
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch, wrote_events
from contracts.topics import Delivery, Topic

SHARDS: Final = 4

_propagator = TraceContextTextMapPropagator()

# The counter row is locked until commit, so that the rows of one key become visible in the order of their numbers,
# and the identity column, drawn after the lock, has that order too.
_ADD: Final = """
    with numbered as ({})
    insert into outbox (event_id, topic, key, sequence, type, time, value, traceparent, shard)
    select :event_id, :topic, :key, numbered.last, :type, :time, :value, :traceparent, :shard from numbered
    returning sequence
"""
_ADD_NEXT: Final = text(
    _ADD.format("""
        insert into outbox_sequences as counter (topic, key, last) values (:topic, :key, 1)
        on conflict (topic, key) do update set last = counter.last + 1
        returning last
    """)
)
_ADD_SINGLE: Final = text(_ADD.format("select 1 as last"))
_APPLIED: Final = text("delete from outbox where topic = :topic and key = :key and sequence <= :sequence")


async def add_event(
    session: AsyncSession, topic: Topic, key: str, message: Message, *, event_id: UUID | None = None
) -> int:
    """Writes the event in the caller's transaction and answers its number under the key, counted from 1.

    On an acknowledged topic the row stays after it was sent, and is sent again, until `applied` is called for it.
    """
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    [(sequence,)] = await fetch(
        session,
        _ADD_SINGLE if topic.delivery is Delivery.SINGLE else _ADD_NEXT,
        {
            "event_id": event_id or uuid4(),
            "topic": topic.name,
            "key": key,
            "type": message.DESCRIPTOR.full_name,
            "time": datetime.now(UTC),
            "value": message.SerializeToString(deterministic=True),
            "traceparent": carrier.get("traceparent"),
            "shard": shard_of(topic.name, key),
        },
    )
    wrote_events(session)
    return int(sequence)


async def applied(session: AsyncSession, topic: Topic, key: str, sequence: int) -> None:
    """The receiver has applied the event of this number, and with it every earlier one of the key: forget them."""
    await fetch(session, _APPLIED, {"topic": topic.name, "key": key, "sequence": sequence})


def shard_of(*parts: str) -> int:
    """The shard, 0 to 3, that keeps the order of what has these names."""
    return zlib.crc32("/".join(parts).encode()) % SHARDS
