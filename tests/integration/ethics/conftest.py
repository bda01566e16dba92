from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ops.local_stack.guardian import Guardian
from tests.integration.ethics.office import Office, open_office
from tests.real_parts import Database, KafkaServer

Fresh = Callable[..., Awaitable[Database]]


@pytest.fixture
async def quiet_office(
    fresh_database: Fresh, fresh_keystore: Fresh, guardian: Guardian, tmp_path: Path
) -> AsyncIterator[Office]:
    """Without a broker, by the policy that is not rehearsed: for what the office does inside a transaction."""
    office = await open_office(
        await fresh_database("ethics"), await fresh_keystore("ethics"), guardian, tmp_path, policy="iom-2024-03"
    )
    yield office
    await office.close()


@pytest.fixture
async def office(
    fresh_database: Fresh,
    fresh_keystore: Fresh,
    kafka: KafkaServer,
    kafka_prefix: str,
    guardian: Guardian,
    tmp_path: Path,
) -> AsyncIterator[Office]:
    office = await open_office(
        await fresh_database("ethics"),
        await fresh_keystore("ethics"),
        guardian,
        tmp_path,
        kafka_bootstrap=kafka.bootstrap,
        kafka_username="ethics",
        kafka_password=kafka.password("ethics"),
        kafka_prefix=kafka_prefix,
    )
    yield office
    await office.close()
