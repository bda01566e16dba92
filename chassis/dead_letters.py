"""What could not be delivered, for an operator: nothing of its contents, and no key, which may be a report's id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.database import wrote_events


class NoSuchLetter(LookupError):
    """There is no dead letter or parked event of that id."""


@dataclass(frozen=True)
class Letter:
    """An event that goes no further. `kind` is one of
    dead: nobody can apply it as it is · held: the one before it under its key has not come ·
    parked: the broker does not take it · refused: a record that is not provably from its source; it holds up nothing.

    `place` is the event's number under its key, or the record's partition and offset; `waiting` counts the later
    events of the key that wait behind it here.
    """

    kind: str
    event_id: UUID | None
    topic: str
    source: str | None
    place: str
    reason: str
    since: datetime
    waiting: int


_LETTERS: Final = text("""
    select 'dead', event_id, topic, source, sequence::text, code, buried_at as since,
        (select count(*) from inbox_held held
         where (held.topic, held.source, held.key) = (letter.topic, letter.source, letter.key))
    from dead_letters letter
    union all
    select 'held', event_id, topic, source, sequence::text, 'predecessor_missing', since, waiting
    from (
        select distinct on (topic, source, key) event_id, topic, source, key, sequence,
            min(held_at) over of_key as since, count(*) over of_key - 1 as waiting
        from inbox_held window of_key as (partition by topic, source, key) order by topic, source, key, sequence
    ) first_held
    where not exists (
        select from dead_letters letter
        where (letter.topic, letter.source, letter.key) = (first_held.topic, first_held.source, first_held.key)
    )
    union all
    select 'parked', event_id, topic, current_schema(), sequence::text, parked, time, 0
    from outbox where parked is not null
    union all
    select 'refused', null, topic, null, concat(partition, '/', "offset"), code, refused_at, 0 from refused_records
    order by since
""")
_REQUEUE: Final = text("""
    with letter as (
        delete from dead_letters where event_id = :event_id
        returning topic, source, key, sequence, event_id, type, time, value
    )
    insert into inbox_held (topic, source, key, sequence, event_id, type, time, value)
    select * from letter returning true
""")
_SEND_AGAIN: Final = text(
    "update outbox set parked = null where event_id = :event_id and parked is not null returning true"
)


async def letters(session: AsyncSession) -> list[Letter]:
    """Everything of the service that is stuck, oldest first."""
    return [Letter(*row) for row in await session.execute(_LETTERS)]


async def release(session: AsyncSession, event_id: UUID) -> None:
    """Has a dead letter applied again, or a parked event sent, for when what was at fault is mended; audited. Where it
    is not mended, the event is back among the letters within seconds. Raises NoSuchLetter.
    """
    requeued = await session.scalar(_REQUEUE, params={"event_id": event_id})
    sent = await session.scalar(_SEND_AGAIN, params={"event_id": event_id})
    if not requeued and not sent:
        raise NoSuchLetter
    wrote_events(session)
    await audit_trail.record(session, "release_event", object_ref=str(event_id), actor=None)
