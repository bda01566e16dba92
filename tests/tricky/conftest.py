"""Workflow on a real database and key store, for the cases that it decides."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests import real_parts
from tests.integration.workflow.house import House, prepare

Fresh = Callable[..., Awaitable[real_parts.Database]]


@pytest.fixture
async def house(fresh_database: Fresh, fresh_keystore: Fresh, tmp_path: Path) -> AsyncIterator[House]:
    made = await prepare(await fresh_database("workflow"), await fresh_keystore("workflow"), tmp_path)
    yield made
    await made.close()
