"""Connections that died while they lay in the pool."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from chassis import database
from chassis.database import Database
from tests.integration.chassis.house import House

pytestmark = pytest.mark.stack


@pytest.fixture
async def pool(house: House) -> AsyncIterator[Database]:
    pool = Database(house.test_database.dsn("intake"), pool_size=1)
    yield pool
    await pool.close()


async def one(pool: Database) -> int:
    async with pool.transaction() as session:
        found: int = await session.scalar(text("select 1"))
    return found


async def cut(house: House) -> None:
    connection = await asyncpg.connect(house.test_database.admin_dsn)
    await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'intake'")
    await connection.close()


async def test_one_that_has_rested_is_asked_first(
    house: House, pool: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TRUSTED", 0.0)
    assert await one(pool) == 1
    await cut(house)
    assert await one(pool) == 1


async def test_one_whose_end_was_seen_is_replaced_without_asking(
    house: House, pool: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TRUSTED", 3600.0)
    assert await one(pool) == 1
    await cut(house)
    assert await one(pool) == 1
