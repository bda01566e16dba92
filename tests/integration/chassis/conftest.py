from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.chassis.house import House, create_schema
from tests.real_parts import Database, KafkaServer


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
