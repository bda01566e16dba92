"""One engine per process and the transaction in which a change, its news and its audit row are written together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Final, cast

from asyncpg import Record
from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio.session import AsyncSession as PlainAsyncSession
from sqlalchemy.orm import Session as PlainSession
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.connections import Connections, read

logger = logging.getLogger(__name__)

BeforeCommit = Callable[[AsyncSession], Awaitable[None]]
Begun = Callable[[], Awaitable[AsyncSession]]

WAKE_CHANNEL: Final = "recourse_outbox_"
"""Followed by the schema: channels belong to a database, and services share one."""
_WAKE_AFTER: Final = 0.05
_BEFORE_COMMIT: Final = "before_commit"
_AFTER_COMMIT: Final = "after_commit"
_WROTE_EVENTS: Final = "wrote_events"
_WAKE: Final = text(f"select pg_notify('{WAKE_CHANNEL}' || current_schema(), '')")
_DRIVER: Final = "driver"
_DIALECT: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


# SQLModel advises against `execute` on every call; for hot writes in plain SQL it is our choice.
class _SyncSession(Session):
    execute = PlainSession.execute


class _Session(AsyncSession):
    sync_session_class = _SyncSession
    execute = PlainAsyncSession.execute


def before_commit(session: AsyncSession, write: BeforeCommit, *, rank: int = 0) -> None:
    """Has `write` run among the transaction's last statements, once however often it is asked for, and after those of a
    lower rank.

    For rows that everybody writes (the audit chain's head): locked this late, they are held for the shortest time.
    """
    asked: list[tuple[int, BeforeCommit]] = session.info.setdefault(_BEFORE_COMMIT, [])
    if (rank, write) not in asked:
        asked.append((rank, write))


def after_commit(session: AsyncSession, call: Callable[[], None]) -> None:
    """Has `call` run once the whole transaction is committed. SQLAlchemy's own event of this name comes for a savepoint
    too, before there is anything for others to see.
    """
    calls: list[Callable[[], None]] = session.info.setdefault(_AFTER_COMMIT, [])
    calls.append(call)


async def fetch(session: AsyncSession, statement: TextClause, values: Mapping[str, object]) -> list[Record]:
    """What a statement answers within the session's transaction, asked of the driver itself: for what every action and
    every event asks, where SQLAlchemy's own way costs ten times as much. The statement is a constant of its module and
    is read once; values are as the driver takes them: lists for arrays, text for JSON. Raises DBAPIError.
    """
    return await read(session.info[_DRIVER], *_for_driver(statement, values))


def _for_driver(statement: TextClause, values: Mapping[str, object]) -> tuple[str, list[object]]:
    sql, names = _numbered(statement)
    return sql, [values[name] for name in names]


@cache
def _numbered(statement: TextClause) -> tuple[str, Sequence[str]]:
    """The statement with its parameters numbered, and their names in that order."""
    compiled = statement.compile(dialect=_DIALECT)
    return compiled.string, compiled.positiontup or ()


@asynccontextmanager
async def savepoint(session: AsyncSession) -> AsyncIterator[None]:
    """A part of the transaction that is rolled back by itself when something is raised. SQLAlchemy sends the savepoint
    with its own next statement only, and what `fetch` writes before that would stay. What was put off to the end of the
    transaction meanwhile is forgotten with the rest.
    """
    put_off = {key: len(waits) for key, waits in session.info.items() if isinstance(waits, list)}
    try:
        async with session.begin_nested():
            await session.connection()
            yield
    except BaseException:
        for key, waits in session.info.items():
            if isinstance(waits, list):
                del waits[put_off.get(key, 0) :]
        raise


async def _write_last(session: AsyncSession) -> None:
    """What waits for the end of the transaction, and what that puts off in its turn."""
    asked = cast("list[tuple[int, BeforeCommit]]", session.info.get(_BEFORE_COMMIT, []))
    while asked:
        _, write = asked.pop(min(range(len(asked)), key=lambda place: asked[place][0]))
        await write(session)


def wrote_events(session: AsyncSession) -> None:
    """Has the relay woken once this transaction is committed."""
    session.info[_WROTE_EVENTS] = True


class Database:
    """A service's database. Statements' parameters never reach a log or an exception text."""

    def __init__(self, dsn: str, *, pool_size: int = 5) -> None:
        self._connections = Connections(dsn, keep=pool_size)
        self._waking: asyncio.Task[None] | None = None
        self._wake_again = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits at the end, rolls back on an exception; then wakes the relay if events were written. Raises
        SQLAlchemyError and OSError.
        """
        held = await self._connections.begin()
        session = _Session(bind=held.connection, expire_on_commit=False, info={_DRIVER: held.driver})
        try:
            yield session
            await _write_last(session)
            if session.in_transaction():
                # What the mapper has not written yet.
                await session.commit()
            await self._connections.commit(held)
        except BaseException as error:
            if session.in_transaction():
                await session.close()
            await self._connections.roll_back(held, cancelled=not isinstance(error, Exception))
            raise
        finally:
            await self._connections.give_back(held)
        for call in cast("list[Callable[[], None]]", session.info.get(_AFTER_COMMIT, [])):
            call()
        if session.info.get(_WROTE_EVENTS):
            self._wake_relay()

    @asynccontextmanager
    async def transaction_if_needed(self) -> AsyncIterator[Begun]:
        """As `transaction`, begun when what comes out is first called, which answers the session: for what mostly has
        nothing to ask and nothing to write.
        """
        async with AsyncExitStack() as stack:
            sessions: list[AsyncSession] = []

            async def begun() -> AsyncSession:
                if not sessions:
                    sessions.append(await stack.enter_async_context(self.transaction()))
                return sessions[0]

            yield begun

    async def look(self, statement: TextClause, values: Mapping[str, object]) -> list[Record]:
        """As `fetch`, with no transaction around it: a third of the ways to the server and back. For one statement
        that only reads. Raises SQLAlchemyError and OSError.
        """
        return await self._connections.look(*_for_driver(statement, values))

    async def check(self) -> None:
        """For readiness: raises when the database does not answer."""
        async with self.transaction():
            pass

    async def close(self) -> None:
        if self._waking is not None:
            await self._waking
        await self._connections.close()

    def _wake_relay(self) -> None:
        # A notification serialises the commits of the whole database: at most one in 50 ms. Nor is the first sent at
        # once: whoever made the change is answered before its news sets every service to work on the same cores.
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._notify())
        else:
            self._wake_again = True

    async def _notify(self) -> None:
        while True:
            await asyncio.sleep(_WAKE_AFTER)
            self._wake_again = False
            try:
                async with self.transaction() as session:
                    await fetch(session, _WAKE, {})
            except (SQLAlchemyError, OSError) as error:
                # The rows are committed; the relay finds them at its next look, within a second.
                logger.warning("relay not woken", extra={"error": type(error).__name__})
            if not self._wake_again:
                return
