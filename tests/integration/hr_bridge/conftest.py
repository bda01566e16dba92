from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chassis import keys
from ops.local_stack.oidc import Oidc
from ops.local_stack.tryton import ADMIN, Tryton
from ops.local_stack.tryton_client import TrytonClient
from services.hr_bridge.bridge import Bridge
from tests.integration.hr_bridge.alone import open_bridge
from tests.integration.hr_bridge.house import House, HrSystem
from tests.integration.web.desk import DESK
from tests.real_parts import Database, KafkaServer, PostgresServer, TemporalServer
from tests.waiting import eventually


def settings_of(tryton: Tryton, temporal: TemporalServer, oidc: Oidc, folder: Path) -> dict[str, Any]:
    return {
        "tryton_url": tryton.url,
        "tryton_username": "hr_bridge",
        "tryton_password": tryton.hr_bridge_password,
        "temporal_address": temporal.address,
        "oidc_issuer": oidc.issuer,
        "webhook_key_file": folder / "webhook.key",
        "directory_every": 1.0,
        "undeclared_after": 3600.0,
        "overdue_after": 1.0,
        "policy": "rehearsal",
        "public_url": DESK,
        "oidc_client_secret": "any",
    }


@pytest.fixture(scope="session")
async def empty_house(
    postgres: PostgresServer,
    kafka: KafkaServer,
    temporal: TemporalServer,
    oidc: Oidc,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Tryton], Any]:
    """A maker of houses in which the bridge does not run yet."""

    @asynccontextmanager
    async def made(tryton: Tryton) -> AsyncIterator[House]:
        folder = tmp_path_factory.mktemp("hr_bridge")
        database, prefix = await postgres.fresh("hr_bridge"), await kafka.fresh_topics()
        house = House(database, kafka, prefix, folder, settings_of(tryton, temporal, oidc, folder))
        await house.prepare()
        async with TrytonClient(tryton.url, ADMIN, tryton.password) as admin:
            house.hr = HrSystem(admin)
            yield house
        await house.close()
        await postgres.drop(database)

    return made


@pytest.fixture(scope="package")
async def house(empty_house: Callable[[Tryton], Any], tryton: Tryton) -> AsyncIterator[House]:
    """One running bridge for all tests that do not break it; each takes people of its own. It ends with them: it reads
    the directory each second.
    """
    async with empty_house(tryton) as made, made.bridge():
        await eventually(made.is_settled)
        yield made


@pytest.fixture
async def bridge(fresh_database: Callable[..., Awaitable[Database]], tmp_path: Path) -> AsyncIterator[Bridge]:
    for service in ("hr_bridge", "ethics"):
        keys.create(service, tmp_path / service)
    async with open_bridge(await fresh_database("hr_bridge"), tmp_path) as made:
        yield made
