"""Transactions, and the connections that they run on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.connections import MORE_AT_ONCE, NotCommitted
from chassis.database import Database, after_commit, fetch, savepoint
from chassis.outbox import add_event
from contracts.audit.v1.audit_pb2 import AuditEntry
from contracts.topics import AUDIT_ENTRIES
from tests.integration.chassis.house import House
from tests.integration.chassis.line import Line

pytestmark = pytest.mark.stack

Ask = Callable[..., Awaitable[object]]
One = Callable[[Database], Awaitable[int]]


@asynccontextmanager
async def line_without_end(dsn: str) -> AsyncIterator[str]:
    """Address of a line to the server that passes on its last words, but not that it has hung up."""
    server = urlsplit(dsn)
    assert server.hostname is not None
    ended = asyncio.Event()

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while words := await source.read(65536):
            target.write(words)
            await target.drain()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(server.hostname, server.port)
        asking = asyncio.create_task(pass_on(reader, questions))
        await pass_on(answers, writer)
        await ended.wait()
        asking.cancel()
        questions.close()
        writer.close()

    line = await asyncio.start_server(carry, "127.0.0.1", 0)
    port = line.sockets[0].getsockname()[1]
    yield server._replace(netloc=server.netloc.replace(f":{server.port}", f":{port}")).geturl()
    ended.set()
    line.close()


async def in_a_transaction(pool: Database) -> int:
    async with pool.transaction() as session:
        found: int = await session.scalar(text("select 1"))
    return found


async def looked_at(pool: Database) -> int:
    [(found,)] = await pool.look(text("select 1"), {})
    return int(found)


WAYS = pytest.mark.parametrize("one", [in_a_transaction, looked_at])


@WAYS
async def test_a_line_that_has_gone_silent_while_nobody_used_it_is_replaced(
    house: House, monkeypatch: pytest.MonkeyPatch, one: One
) -> None:
    monkeypatch.setattr("chassis.connections.ANSWERS", 0.5)
    async with Line().to(house.test_database.dsn("intake")) as line:
        pool = Database(line.address, pool_size=1)
        assert await one(pool) == 1
        line.silent = True
        asking = asyncio.create_task(one(pool))
        await asyncio.sleep(0.2)
        # A new connection comes through.
        line.silent = False
        async with asyncio.timeout(10):
            assert await asking == 1
        await pool.close()


async def test_a_line_that_goes_silent_in_the_middle_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.connections.STATEMENT", 0.5)
    monkeypatch.setattr("chassis.connections.ANSWERS", 0.5)
    async with Line().to(house.test_database.dsn("intake")) as line:
        pool = Database(line.address, pool_size=1)

        async def asks() -> None:
            async with pool.transaction() as session:
                line.silent = True
                await fetch(session, _COUNTED, {})

        with pytest.raises(DBAPIError):
            async with asyncio.timeout(10):
                await asks()
        line.silent = False
        assert await in_a_transaction(pool) == 1
        await pool.close()


async def cut(house: House) -> None:
    connection = await asyncpg.connect(house.test_database.admin_dsn)
    await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'intake'")
    await connection.close()


@WAYS
async def test_one_that_died_in_the_pool_is_replaced_before_use(house: House, one: One) -> None:
    pool = Database(house.test_database.dsn("intake"), pool_size=1)
    for wait in (0, 0, 0.001, 0.02):
        assert await one(pool) == 1
        await cut(house)
        await asyncio.sleep(wait)
        assert await one(pool) == 1
    await pool.close()


@WAYS
async def test_one_whose_last_words_came_but_not_its_end_is_replaced_too(house: House, one: One) -> None:
    async with line_without_end(house.test_database.dsn("intake")) as dsn:
        pool = Database(dsn, pool_size=1)
        assert await one(pool) == 1
        await cut(house)
        await asyncio.sleep(0.2)
        assert await one(pool) == 1
    await pool.close()


_SAID = text("select cast(:n as int)")
_IN_TRANSACTION = text(
    "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"
)
_COUNT = text("insert into outbox_sequences (topic, key, last) values (:topic, 'kept', 1)")
_COUNTED = text("select topic from outbox_sequences where key = 'kept' order by topic")


async def counted(pool: Database) -> list[str]:
    async with pool.transaction() as session:
        return [row["topic"] for row in await fetch(session, _COUNTED, {})]


async def test_a_transaction_that_had_failed_is_not_called_committed(house: House) -> None:
    """The server answers such a commit with what it did instead: it took everything back."""
    pool = Database(house.test_database.dsn("intake"), pool_size=1)

    async def going_on() -> None:
        async with pool.transaction() as session:
            await fetch(session, _COUNT, {"topic": "lost"})
            with suppress(DBAPIError):
                await fetch(session, text("select 1 / 0"), {})

    with pytest.raises(NotCommitted):
        await going_on()
    assert await counted(pool) == []
    await pool.close()


async def test_what_only_looks_begins_nothing_and_gives_back_what_it_asked(house: House) -> None:
    """More looks than there are connections, one of them wrong: the next one has its place again."""
    pool = Database(house.test_database.dsn("intake"), pool_size=1)
    for _ in range(MORE_AT_ONCE + 2):
        with pytest.raises(DBAPIError):
            await pool.look(text("select 1 / 0"), {})
    found = await asyncio.gather(*(pool.look(_SAID, {"n": n}) for n in range(2 * MORE_AT_ONCE)))
    assert [n for [(n,)] in found] == [*range(2 * MORE_AT_ONCE)]
    assert [count for (count,) in await pool.look(_IN_TRANSACTION, {})] == [0]
    await pool.close()


async def test_a_transaction_that_nobody_needs_is_not_begun_and_one_that_somebody_does_is_whole(house: House) -> None:
    async with Database("postgresql://nobody@127.0.0.1:1/nowhere").transaction_if_needed() as begun:
        with pytest.raises(ConnectionRefusedError):
            await begun()
    pool = Database(house.test_database.dsn("intake"), pool_size=1)

    async def stopped() -> None:
        async with pool.transaction_if_needed() as begun:
            await fetch(await begun(), _COUNT, {"topic": "raised"})
            raise LookupError

    with pytest.raises(LookupError):
        await stopped()
    assert await counted(pool) == []
    async with pool.transaction_if_needed() as begun:
        assert await begun() is await begun()
        await fetch(await begun(), _COUNT, {"topic": "kept"})
    assert await counted(pool) == ["kept"]
    await pool.close()


async def by_session(session: AsyncSession, statement: TextClause, values: dict[str, object]) -> None:
    await session.execute(statement, params=values)


@pytest.mark.parametrize("ask", [fetch, by_session])
async def test_what_was_raised_or_cancelled_leaves_nothing_and_the_next_goes_on(house: House, ask: Ask) -> None:
    """However the statement was asked: by the driver, or by the session, which has a transaction of its own in mind."""
    pool = Database(house.test_database.dsn("intake"), pool_size=1)

    async def stopped(begun: asyncio.Event) -> None:
        async with pool.transaction() as session:
            await ask(session, _COUNT, {"topic": "cancelled"})
            begun.set()
            await ask(session, text("select pg_sleep(30)"), {})

    for _ in range(3):
        with suppress(LookupError):
            async with pool.transaction() as session:
                await ask(session, _COUNT, {"topic": "raised"})
                raise LookupError
        assert await counted(pool) == []
        begun = asyncio.Event()
        task = asyncio.create_task(stopped(begun))
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert await counted(pool) == []
    async with pool.transaction() as session:
        await ask(session, _COUNT, {"topic": "kept"})
    assert await counted(pool) == ["kept"]
    await pool.close()


async def test_no_more_connections_than_are_allowed_and_each_is_given_back(house: House) -> None:
    pool = Database(house.test_database.dsn("intake"), pool_size=1)
    open_now = text(
        "select count(*) from pg_stat_activity where usename = current_user and datname = current_database()"
    )

    async def open_during(number: int) -> int:
        async with pool.transaction() as session:
            [(found,)] = await fetch(session, open_now, {})
            await asyncio.sleep(0.05)
            if number % 3 == 0:
                raise LookupError
        return int(found)

    before = await open_during(1) - 1
    most = 0
    for _ in range(3):
        found = await asyncio.gather(*(open_during(number) for number in range(40)), return_exceptions=True)
        assert {type(one) for one in found} == {int, LookupError}
        most = max(most, *(one for one in found if isinstance(one, int)))
    assert most - before == 1 + MORE_AT_ONCE
    await asyncio.sleep(0.2)
    assert await open_during(1) - before == 1
    await pool.close()


async def test_what_the_driver_is_asked_in_a_savepoint_is_rolled_back_with_it(house: House) -> None:
    """SQLAlchemy sends the savepoint late; what is written by the driver itself must not come before it."""
    pool = Database(house.test_database.dsn("intake"), pool_size=1)
    insert = text("insert into outbox_sequences (topic, key, last) values (:topic, 'key', 1) returning topic")
    async with pool.transaction() as session:
        await fetch(session, insert, {"topic": "before"})
        with suppress(LookupError):
            async with savepoint(session):
                await fetch(session, insert, {"topic": "undone"})
                raise LookupError
    async with pool.transaction() as session:
        found = await fetch(session, text("select topic from outbox_sequences where key = 'key'"), {})
    await pool.close()
    assert [row["topic"] for row in found] == ["before"]


async def test_what_a_savepoint_put_off_to_the_end_is_forgotten_with_it(house: House) -> None:
    """Events, entries of the trail and calls after the commit are written late; none of them outlives what it tells."""
    pool = Database(house.test_database.dsn("intake"), pool_size=1)
    called = []

    async def tell(session: AsyncSession, key: str) -> None:
        await add_event(session, AUDIT_ENTRIES, key, AuditEntry(source=key))
        await audit_trail.record(session, "told", object_ref=key, actor=None)
        after_commit(session, lambda: called.append(key))

    async with pool.transaction() as session:
        await tell(session, "before")
        with suppress(LookupError):
            async with savepoint(session):
                await tell(session, "undone")
                raise LookupError
        async with savepoint(session):
            await tell(session, "within")
    async with pool.transaction() as session:
        events = await fetch(session, text("select key from outbox where key in ('before', 'undone', 'within')"), {})
        entries = await fetch(session, text("select object_ref from audit_trail order by object_ref"), {})
    await pool.close()
    assert sorted(row["key"] for row in events) == called == ["before", "within"]
    assert [row["object_ref"] for row in entries] == ["before", "within"]
