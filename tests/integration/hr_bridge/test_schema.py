"""The schema: up, down and up again with rows in it, and the same as the tables the code declares."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.migrations import SERVICES, differences, migrate
from policy.load import load
from services.hr_bridge import directory
from services.hr_bridge.adapters.tryton import Employee
from services.hr_bridge.tables import Base
from tests import real_parts

pytestmark = pytest.mark.stack

CHAIN = SERVICES / "hr_bridge" / "migrations"
ANN = Employee("S1", "OIO", "valmora", "staff", "S2", date(2024, 1, 1), None, "s1@staff.example")


async def test_up_down_up_and_the_tables_are_those_of_the_code(
    fresh_database: Callable[..., Awaitable[real_parts.Database]],
) -> None:
    made = await fresh_database()
    owner = made.migration_dsn("hr_bridge")
    for _ in range(2):
        await migrate(owner, CHAIN)
        assert await differences(owner, Base.metadata) == []
        database = Database(made.dsn("hr_bridge"))
        async with database.transaction() as session:
            await directory.take_over(session, [ANN], load("iom-2024-03"), datetime.now(UTC))
        async with database.transaction() as session:
            assert await session.scalar(text("select count(*) from people")) == 1
        await database.close()
        await migrate(owner, CHAIN, "base")
    await migrate(owner, CHAIN)
