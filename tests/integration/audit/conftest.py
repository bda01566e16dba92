from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.integration.audit.sources import World
from tests.real_parts import Database


@pytest.fixture
async def world(fresh_database: Callable[..., Awaitable[Database]]) -> AsyncIterator[World]:
    world = World(await fresh_database("audit"))
    await world.create()
    yield world
    await world.close()
