from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from contracts.topics import (
    AUDIT_ENTRIES,
    HR_PEOPLE,
    INTAKE_REPORTS_OMBUDS,
    INTAKE_REPORTS_WORKFLOW,
    WORKFLOW_CASES,
    WORKFLOW_MEASURES,
    WORKFLOW_REQUESTS,
)
from tests.integration.chassis.house import House, create_schema
from tests.real_parts import Database, KafkaServer


@pytest.fixture
async def kafka_prefix(kafka: KafkaServer) -> str:
    """Of the topics that these tests use."""
    return await kafka.fresh_topics(
        AUDIT_ENTRIES,
        HR_PEOPLE,
        INTAKE_REPORTS_OMBUDS,
        INTAKE_REPORTS_WORKFLOW,
        WORKFLOW_CASES,
        WORKFLOW_MEASURES,
        WORKFLOW_REQUESTS,
    )


@pytest.fixture
async def house(
    fresh_database: Callable[..., Awaitable[Database]], kafka: KafkaServer, kafka_prefix: str, tmp_path: Path
) -> AsyncIterator[House]:
    database = await fresh_database()
    for service in ("intake", "workflow", "ombuds", "ethics"):
        await create_schema(database, service)
    house = House(database, kafka.bootstrap, kafka_prefix, tmp_path)
    yield house
    await house.close()
