"""Taking a file in: within limits, into memory that no disk sees, and through the cleaner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from services.intake.files.cleaner import Cleaner
from services.intake.files.kept import File, of_memory
from services.intake.files.kinds import FileRefused, Refusal
from services.intake.files.memory import MemoryFile

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of one file."""
MOST: Final = 10
"""Files of one route, or of one draft."""
_ROUTES_FULL: Final = 3
"""How many routes' worth of files there is room for under one code."""

_AT_ONCE: Final = 16
_STILL_READ: Final = 4
"""How much of a file that is too large is taken off the wire, for its sender to get to read so."""
_CARRIED_AT_ONCE: Final = 2
_CLEANED_AT_ONCE: Final = 2
_LEAST: Final = 30_000
_SLOWEST: Final = 30.0
"""Seconds within which `_LEAST` bytes come: who sends a kilobyte a second or less keeps a place from others."""
_WAITING: Final = 60.0
"""Seconds that somebody waits for a place before being told to come again."""
_SECONDS: Final = 900.0
"""For all of a file to come in: one of the largest at 25 kB a second."""
LONGEST: Final = timedelta(minutes=20)
"""Until a file is kept or refused: it comes in, waits for its place and is cleaned."""


class TooManyAtOnce(Exception):
    """Others are sending files, or another of the same route is coming in: to be sent again in a moment."""


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
    """Of one process. `largest` is in bytes, `most` counts the files of a route, `waiting` and `slowest` seconds."""

    def __init__(self, largest: int = LARGEST, most: int = MOST, cleaner: Cleaner | None = None) -> None:
        self.largest, self.most = largest, most
        self._cleaner = cleaner or Cleaner()
        self._now: set[UUID | bytes] = set()
        self._cleaning = asyncio.Semaphore(_CLEANED_AT_ONCE)
        self.slowest = _SLOWEST
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
    async def received(self, goes_to: UUID | bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[File]:
        """The file and its cleaned copy, for as long as this lasts; in this process one at a time of a route, or of a
        session (its digest). What comes in at which process says a row, where it matters (`hold_file`).

        Raises FileRefused, TooManyAtOnce, and TimeoutError for what takes too long or comes too slowly.
        """
        if len(self._now) >= _AT_ONCE or goes_to in self._now:
            raise TooManyAtOnce
        self._now.add(goes_to)
        try:
            with MemoryFile() as original, MemoryFile() as copy:
                async with asyncio.timeout(_SECONDS):
                    await self._fill(original, self._in_time(parts))
                async with place(self._cleaning, self.waiting):
                    verdict = await self._cleaner.clean(original, copy)
                yield File(verdict.kind, verdict.removed, of_memory(copy), of_memory(original))
        finally:
            self._now.remove(goes_to)

    async def _in_time(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Raises TimeoutError where less than `_LEAST` has come within `slowest` seconds."""
        came, since = 0, asyncio.get_running_loop().time()
        while True:
            async with asyncio.timeout_at(since + self.slowest):
                part = await anext(parts, None)
            if part is None:
                return
            yield part
            came += len(part)
            if came >= _LEAST:
                came, since = 0, asyncio.get_running_loop().time()

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
