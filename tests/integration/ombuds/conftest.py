"""The ombuds cell on a real database and key store, with its own migrations."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests import real_parts
from tests.integration.ombuds.cell import Cell, build_cell

Fresh = Callable[..., Awaitable[real_parts.Database]]


@pytest.fixture
async def cell(fresh_database: Fresh, fresh_keystore: Fresh, tmp_path: Path) -> AsyncIterator[Cell]:
    made = await build_cell(await fresh_database("ombuds"), await fresh_keystore("ombuds"), tmp_path)
    yield made
    await made.close()
