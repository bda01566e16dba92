"""Takes one record after the other, and leaves none before it is dealt with, however long that takes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import inbox_rows
from chassis.database import Database
from chassis.inbox import Inbox
from chassis.inbox_rows import Record
from contracts.topics import HR_PERSONNEL_ACTIONS

logger = logging.getLogger(__name__)

SIGN_EVERY: Final = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0

_SIGN: Final = text("""
    insert into sentinel (one, works_at) values (true, now()) on conflict (one) do update set works_at = now()
""")


class Watch:
    """What happens to a record is the inbox's business: verified, opened, matched, or refused and audited, in one
    transaction. This waits in place while PostgreSQL or the key store is away, for passing on would lose the record.
    """

    def __init__(self, database: Database, inbox: Inbox) -> None:
        self._database, self._inbox = database, inbox
        self._last: dict[int, int] = {}
        self.works = True
        self.reads = False

    async def places(self, ends: Mapping[int, int]) -> dict[int, int]:
        """Where to read on, for each partition with the end of its log: at the stored place, whatever the group
        remembers. One that lies beyond the end belongs to a log that was lost: the new one is read from its beginning.
        """
        found: dict[int, int] = {}

        async def look() -> None:
            async with self._database.transaction() as session:
                stored = await inbox_rows.stored_offsets(session)
                for partition, end in ends.items():
                    place = stored.get((HR_PERSONNEL_ACTIONS.name, partition), 0)
                    if place > end:
                        await inbox_rows.forget_offset(session, HR_PERSONNEL_ACTIONS, partition)
                    found[partition] = place if place <= end else 0

        await self._insist(look)
        return found

    async def take(self, record: Record) -> None:
        """Returns when the record is committed. Only being cancelled ends it earlier."""
        last = self._last.get(record.partition)
        if last is not None and record.offset <= last:
            # The log begins anew while it is read: the stored place is that of another one. What was seen before is
            # known again by its id.
            await self._insist(lambda: self._forget_place(record))
        await self._insist(lambda: self._inbox.take(self._database, record))
        self._last[record.partition] = record.offset

    async def sign(self) -> None:
        """Leaves word that the sentinel reads and gets on, for the ethics service's readiness; else says nothing."""
        if not (self.reads and self.works):
            return
        try:
            async with self._database.transaction() as session:
                await session.execute(_SIGN)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("the sentinel could not leave word", extra={"error": type(error).__name__})

    async def _forget_place(self, record: Record) -> None:
        async with self._database.transaction() as session:
            await inbox_rows.forget_offset(session, record.topic, record.partition)

    async def _insist(self, attempt: Callable[[], Awaitable[object]]) -> None:
        pause, said = _FIRST_PAUSE, ""
        while True:
            try:
                await attempt()
            # Whatever it is: what leaves the agent's body loses the record.
            except Exception as error:
                self.works = False
                if (kind := type(error).__name__) != said:
                    logger.warning("a personnel action waits", exc_info=error, extra={"error": kind})
                    said = kind
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if said:
                    logger.info("personnel actions are looked at again")
                self.works = True
                return
