"""Taking a file in: within limits, into memory that no disk sees, and through the cleaner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from services.intake.files.cleaner import Cleaner
from services.intake.files.kept import File, of_memory
from services.intake.files.kinds import FileRefused, Refusal
from services.intake.files.memory import MemoryFile

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of one file."""
MOST: Final = 10
"""Files of one route."""
_ROUTES_FULL: Final = 3
"""How many routes' worth of files there is room for under one code."""

_AT_ONCE: Final = 16
_STILL_READ: Final = 4
"""How much of a file that is too large is taken off the wire, for its sender to get to read so."""
_CARRIED_AT_ONCE: Final = 2
_WAITING: Final = 60.0
"""Seconds that somebody waits for a place before being told to come again."""
_SECONDS: Final = 900.0
"""For all of a file to come in: one of the largest at 25 kB a second."""


class TooManyAtOnce(Exception):
    """Others are sending files: to be sent again in a moment."""


@asynccontextmanager
async def place(places: asyncio.Semaphore, seconds: float) -> AsyncIterator[None]:
    """One of these places, for as long as this lasts. Raises TooManyAtOnce after so long a wait."""
    try:
        async with asyncio.timeout(seconds):
            await places.acquire()
    except TimeoutError:
        raise TooManyAtOnce from None
    try:
        yield
    finally:
        places.release()


class Receiving:
    """Of one process. `largest` is in bytes, `most` counts the files of a route, `waiting` is in seconds."""

    def __init__(self, largest: int = LARGEST, most: int = MOST, cleaner: Cleaner | None = None) -> None:
        self.largest, self.most = largest, most
        self._cleaner = cleaner or Cleaner()
        self._now = 0
        self.waiting = _WAITING
        self._carrying = asyncio.Semaphore(_CARRIED_AT_ONCE)

    @property
    def most_of_code(self) -> int:
        """Files of all the routes of one code."""
        return _ROUTES_FULL * self.most

    def carrying(self) -> AbstractAsyncContextManager[None]:
        """A place for writing files anew that lie here already. Raises TooManyAtOnce."""
        return place(self._carrying, self.waiting)

    @asynccontextmanager
    async def received(self, parts: AsyncIterator[bytes]) -> AsyncIterator[File]:
        """The file and its cleaned copy, for as long as this lasts. Raises FileRefused, TooManyAtOnce, TimeoutError."""
        if self._now >= _AT_ONCE:
            raise TooManyAtOnce
        self._now += 1
        try:
            with MemoryFile() as original, MemoryFile() as copy:
                async with asyncio.timeout(_SECONDS):
                    await self._fill(original, parts)
                verdict = await self._cleaner.clean(original, copy)
                yield File(verdict.kind, verdict.removed, of_memory(copy), of_memory(original))
        finally:
            self._now -= 1

    async def _fill(self, original: MemoryFile, parts: AsyncIterator[bytes]) -> None:
        size = 0
        async for part in parts:
            size += len(part)
            if size <= self.largest:
                original.append(part)
            elif size > _STILL_READ * self.largest:
                break
        if size > self.largest:
            raise FileRefused(Refusal.TOO_LARGE)
        if not size:
            raise FileRefused(Refusal.EMPTY)
