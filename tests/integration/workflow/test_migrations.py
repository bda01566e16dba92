"""Workflow's chain of migrations: up, down and up again with rows, and the same as the declared tables."""

from datetime import UTC, datetime
from uuid import uuid4

from chassis.migrations import SERVICES, differences, migrate
from lifecycle import pinned
from services.workflow.tables import Base
from tests.integration.workflow.house import House

CHAIN = SERVICES / "workflow" / "migrations"


async def test_model_and_schema_are_the_same(house: House) -> None:
    assert await differences(house.database.migration_dsn("workflow"), Base.metadata) == []


async def test_the_chain_goes_down_and_up_again_with_rows(house: House) -> None:
    case_id = await house.open()
    await house.people()
    await house.route(case_id)
    await house.query(
        "insert into measures (measure_id, case_id) values (:measure, :case) returning measure_id",
        measure=uuid4(),
        case=case_id,
    )
    dsn = house.database.migration_dsn("workflow")
    dated = "select case_id, unmet_at from cases where unmet_at is not null"
    dates = await house.query(dated)
    assert dates
    await migrate(dsn, CHAIN, "0002")
    await migrate(dsn, CHAIN)
    house.desk.packs.kept.clear()
    assert await house.query(dated) == dates, "what was there before has its dates too"
    assert await differences(dsn, Base.metadata) == []
    await pinned.find(house.desk)
    assert await house.query("select content_hash from policy_packs") == [(house.desk.policy.content_hash,)], (
        "what a case was pinned to before packs were kept is looked for"
    )
    await migrate(dsn, CHAIN, "base")
    await migrate(dsn, CHAIN)
    assert await differences(dsn, Base.metadata) == []
    assert await house.query("select * from cases") == []
    assert (await house.query("select clock_now()"))[0][0] <= datetime.now(UTC)
