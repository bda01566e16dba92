"""The chain of migrations: up, down and up again with rows, and the same as the declared tables."""

from chassis.migrations import SERVICES, differences, migrate
from services.ombuds.tables import Base
from tests.integration.ombuds.cell import Cell

CHAIN = SERVICES / "ombuds" / "migrations"


async def test_model_and_schema_are_the_same(cell: Cell) -> None:
    assert await differences(cell.database.migration_dsn("ombuds"), Base.metadata) == []


async def test_the_chain_goes_down_and_up_again_with_rows(cell: Cell) -> None:
    await cell.people()
    await cell.match(await cell.wish())
    dsn = cell.database.migration_dsn("ombuds")

    await migrate(dsn, CHAIN, "base")
    assert await cell.query("select 1 from information_schema.tables where table_name = 'cases'") == []
    await migrate(dsn, CHAIN)

    assert await differences(dsn, Base.metadata) == []
    assert await cell.query("select * from cases") == []


async def test_no_key_leads_out_of_the_cell(cell: Cell) -> None:
    """Invariant 27."""
    foreign = await cell.query(
        "select distinct cast(target.relnamespace::regnamespace as text) as schema"
        " from pg_constraint c join pg_class target on target.oid = c.confrelid"
        " where c.contype = 'f' and c.connamespace = current_schema()::regnamespace"
    )
    assert {row.schema for row in foreign} == {"ombuds"}
