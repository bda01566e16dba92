"""What could not be delivered, for an operator: events that cannot be applied, and events that cannot be sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import wrote_events


class NoSuchLetter(LookupError):
    """There is no dead letter or parked event of that name."""


@dataclass(frozen=True)
class DeadLetter:
    """An event nobody could apply; later ones of its key wait behind it."""

    topic: str
    source: str
    key: str
    sequence: int
    type: str
    code: str
    buried_at: datetime
    waiting: int


@dataclass(frozen=True)
class ParkedEvent:
    """A row of the outbox that the broker does not take."""

    id: int
    topic: str
    key: str
    sequence: int
    type: str
    reason: str


_LETTERS: Final = text("""
    select topic, source, key, sequence, type, code, buried_at,
        (select count(*) from inbox_held held
         where (held.topic, held.source, held.key) = (letter.topic, letter.source, letter.key)) as waiting
    from dead_letters letter order by buried_at, topic, source, key, sequence
""")
_REQUEUE: Final = text("""
    with letter as (
        delete from dead_letters where topic = :topic and source = :source and key = :key and sequence = :sequence
        returning topic, source, key, sequence, event_id, type, time, value, traceparent
    )
    insert into inbox_held (topic, source, key, sequence, event_id, type, time, value, traceparent)
    select * from letter returning true
""")
_PARKED: Final = text("""
    select id, topic, key, sequence, type, parked as reason from outbox where parked is not null order by id
""")
_SEND_AGAIN: Final = text("update outbox set parked = null where id = :id and parked is not null returning true")


async def letters(session: AsyncSession) -> list[DeadLetter]:
    """All dead letters, oldest first, each with the number of events that wait behind it."""
    return [DeadLetter(*row) for row in await session.execute(_LETTERS)]


async def requeue(session: AsyncSession, *, topic: str, source: str, key: str, sequence: int) -> None:
    """Has a dead letter tried again, for when the handler was at fault and is mended. Raises NoSuchLetter."""
    name = {"topic": topic, "source": source, "key": key, "sequence": sequence}
    if not await session.scalar(_REQUEUE, params=name):
        raise NoSuchLetter("no dead letter has this topic, source, key and number; list them again")


async def parked(session: AsyncSession) -> list[ParkedEvent]:
    """All events that the broker does not take, oldest first."""
    return [ParkedEvent(*row) for row in await session.execute(_PARKED)]


async def send_again(session: AsyncSession, event_id: int) -> None:
    """Has a parked event sent, for when the broker takes it now. Raises NoSuchLetter."""
    if not await session.scalar(_SEND_AGAIN, params={"id": event_id}):
        raise NoSuchLetter("no parked event has this id; list them again")
    wrote_events(session)
