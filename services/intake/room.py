"""How much there is room for of what anybody may store without a code: open pages, and places that were kept. Each has
a measure of its own, so that places, which stay for weeks, never keep anybody from the first page. Who is in goes on:
only what begins is refused.
"""

import asyncio
from enum import StrEnum
from typing import Final

from sqlalchemy import text

from chassis.database import Database

MOST: Final = 8 * 1024**3
"""Bytes of each."""
_COUNTED_AS: Final = 64 * 1024
"""What has only begun counts as that much, since it grows: so there are no more of them than 131,072 at a time."""
_ASKED_EVERY: Final = 5.0
"""Seconds for which an answer holds: a flood costs the database no more than that."""


class Taken(StrEnum):
    """What is measured, by its table."""

    PAGES = "web_sessions"
    PLACES = "kept_places"


# By what the row says of the length: none of the contents are fetched.
_HOW_MUCH: Final = {
    what: text(f"select coalesce(sum(greatest(pg_column_size(sealed), :counted_as)), 0) from {what}")  # noqa: S608
    for what in Taken
}


class NoRoom(Exception):
    """All that strangers keep here together takes as much as it may."""


class Room:
    """Of one process: it asks the database now and then, and a few may begin in between."""

    def __init__(self) -> None:
        self._full: dict[Taken, tuple[float, bool]] = {}

    async def check(self, database: Database, what: Taken) -> None:
        """Raises NoRoom."""
        now = asyncio.get_running_loop().time()
        asked, full = self._full.get(what, (-_ASKED_EVERY, False))
        if now - asked >= _ASKED_EVERY:
            async with database.transaction() as session:
                taken = await session.scalar(_HOW_MUCH[what], params={"counted_as": _COUNTED_AS})
            full = (taken or 0) >= MOST
            self._full[what] = now, full
        if full:
            raise NoRoom
