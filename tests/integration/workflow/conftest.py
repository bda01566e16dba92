"""Workflow on a real database and key store, with its own migrations; Kafka and Temporal where a test asks for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ops.local_stack.oidc import Oidc
from services.workflow.web.panels import PANELS
from services.workflow.web.wording import TEXTS
from tests import real_parts
from tests.integration.web.desk import Browser
from tests.integration.web.panels import looking_at
from tests.integration.workflow.house import House, prepare
from tests.integration.workflow.whole import Whole, running

Fresh = Callable[..., Awaitable[real_parts.Database]]


@pytest.fixture
async def house(fresh_database: Fresh, fresh_keystore: Fresh, tmp_path: Path) -> AsyncIterator[House]:
    made = await prepare(await fresh_database("workflow"), await fresh_keystore("workflow"), tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def browser(house: House, oidc: Oidc) -> AsyncIterator[Browser]:
    async with looking_at(house.desk, oidc.issuer, "services.workflow.web", TEXTS, PANELS) as made:
        yield made


@pytest.fixture(scope="module")
async def whole(
    postgres: real_parts.PostgresServer,
    keystore: real_parts.PostgresServer,
    kafka: real_parts.KafkaServer,
    temporal: real_parts.TemporalServer,
    oidc: Oidc,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Whole]:
    """One for all tests of a module: they find their own cases in it."""
    folder = tmp_path_factory.mktemp("workflow")
    async with running(postgres, keystore, kafka, temporal.address, oidc.issuer, folder) as made:
        yield made
