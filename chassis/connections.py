"""Connections to a service's database, each handed out with a transaction begun and kept for the next one.

A transaction's `begin` and `commit` go to the driver itself, and what lies idle lies here: asked of SQLAlchemy's
session and pool, the two cost an action more than what it does in between (ADR 64).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from asyncpg import Connection, InterfaceError, InternalClientError, PostgresError, Record
from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

MORE_AT_ONCE: Final = 10
"""Connections that a burst may open beside those that are kept."""
WAITS: Final = 30.0
"""Seconds until somebody who waits for a connection is told that there is none."""
ANSWERS: Final = 3.0
"""Seconds within which a server begins or takes back: a firewall that has forgotten a line tells neither side, and the
system goes on trying for a quarter of an hour."""
STATEMENT: Final = 60.0
"""Seconds that one statement may take."""
# Between a server's last words and the end of the stream the driver answers with an internal error.
FAILED: Final = (PostgresError, InterfaceError, InternalClientError, OSError)

Answer = TypeVar("Answer")


class NotCommitted(SQLAlchemyError):
    """A statement of the transaction had failed and somebody went on all the same: the server took all of it back."""


@dataclass(frozen=True)
class Held:
    """A connection as SQLAlchemy's session takes it, and the driver's own beneath it."""

    connection: AsyncConnection
    driver: Connection


def async_dsn(dsn: str) -> str:
    """The same address with the driver named, as SQLAlchemy wants it."""
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


class Connections:
    """Keeps so many of them; the one used last is the next to be used."""

    def __init__(self, dsn: str, *, keep: int) -> None:
        self._engine = create_async_engine(
            async_dsn(dsn),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={"command_timeout": STATEMENT},
        )
        self._idle: list[Held] = []
        self._keep = keep
        self._places = asyncio.Semaphore(keep + MORE_AT_ONCE)

    async def begin(self) -> Held:
        """A connection in a transaction, to be given back after `commit` or `roll_back`. Raises as `_ask`."""
        held, _ = await self._ask(lambda driver, _: say(driver, "begin", within=ANSWERS))
        return held

    async def look(self, sql: str, values: Sequence[object]) -> list[Record]:
        """What one statement that only reads answers by itself: nothing is begun for it. Raises as `_ask`."""
        held, found = await self._ask(lambda driver, within: read(driver, sql, values, within=within))
        await self.give_back(held)
        return found

    async def _ask(self, asked: Callable[[Connection, float | None], Awaitable[Answer]]) -> tuple[Held, Answer]:
        """A connection and what it answered first: that tells whether one that has lain idle still lives, and a dead
        one is replaced. `asked` gets the seconds that one may take that has lain idle. Raises TimeoutError,
        DBAPIError, OSError.
        """
        async with asyncio.timeout(WAITS):
            await self._places.acquire()
        try:
            while self._idle:
                # The next one may live, and a new one does.
                with suppress(DBAPIError):
                    return await _answered(self._idle.pop(), asked, ANSWERS)
            connection = await self._engine.connect()
            driver = (await connection.get_raw_connection()).driver_connection
            return await _answered(Held(connection, driver), asked, None)
        except BaseException:
            self._places.release()
            raise

    async def commit(self, held: Held) -> None:
        """Raises DBAPIError, and NotCommitted when the server took the transaction back instead."""
        if await say(held.driver, "commit") != "COMMIT":
            raise NotCommitted

    async def roll_back(self, held: Held, *, cancelled: bool) -> None:
        """Whoever was cancelled may be so again at the next wait: the server takes back what nobody goes on with."""
        try:
            if cancelled:
                await held.connection.invalidate()
            else:
                await held.driver.execute("rollback", timeout=ANSWERS)
        except FAILED:
            await held.connection.invalidate()

    async def give_back(self, held: Held) -> None:
        self._places.release()
        if held.connection.invalidated or len(self._idle) >= self._keep:
            await held.connection.close()
        else:
            self._idle.append(held)

    async def close(self) -> None:
        """Closes what lies idle, and what is given back from here on."""
        self._keep = 0
        while self._idle:
            await self._idle.pop().connection.close()
        await self._engine.dispose()


async def say(driver: Connection, statement: str, *, within: float | None = None) -> str:
    """What the server answers to a statement without values. Raises DBAPIError."""
    try:
        answer: str = await driver.execute(statement, timeout=within)
    except FAILED as error:
        raise as_sqlalchemy(statement, error, driver) from error
    return answer


def as_sqlalchemy(statement: str, error: Exception, driver: Connection) -> DBAPIError:
    """The driver's error as the session would raise it, without the statement's values."""
    return DBAPIError(statement, None, error, hide_parameters=True, connection_invalidated=driver.is_closed())


async def read(driver: Connection, sql: str, values: Sequence[object], *, within: float | None = None) -> list[Record]:
    """The rows of a statement as the driver takes it. Raises DBAPIError."""
    try:
        found: list[Record] = await driver.fetch(sql, *values, timeout=within)
    except FAILED as error:
        raise as_sqlalchemy(sql, error, driver) from error
    return found


async def _answered(
    held: Held, asked: Callable[[Connection, float | None], Awaitable[Answer]], within: float | None
) -> tuple[Held, Answer]:
    try:
        return held, await asked(held.driver, within)
    except BaseException:
        await held.connection.invalidate()
        await held.connection.close()
        raise
