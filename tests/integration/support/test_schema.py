"""The chain of migrations: up, down and up again with rows, and the same as the declared tables."""

from chassis.migrations import SERVICES, differences, migrate
from services.support.tables import Base
from tests.integration.support.cell import Cell

CHAIN = SERVICES / "support" / "migrations"


async def test_model_and_schema_are_the_same(cell: Cell) -> None:
    assert await differences(cell.database.migration_dsn("support"), Base.metadata) == []


async def test_the_chain_goes_down_and_up_again_with_rows(cell: Cell) -> None:
    await cell.place(await cell.lodge(medical="wished"))
    dsn = cell.database.migration_dsn("support")

    await migrate(dsn, CHAIN, "base")
    assert await cell.query("select 1 from information_schema.tables where table_name = 'shown'") == []
    await migrate(dsn, CHAIN)

    assert await differences(dsn, Base.metadata) == []
    assert await cell.query("select * from cases") == []
