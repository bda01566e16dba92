"""The invented desk on a real database and key store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from chassis import keys
from chassis.migrations import KEYSTORE_CHAIN, migrate
from tests import real_parts
from tests.integration.lifecycle.loans import Loans, create_tables, make_loans, settings_for


@pytest.fixture
async def loans(
    fresh_database: Callable[[], Awaitable[real_parts.Database]],
    fresh_keystore: Callable[[], Awaitable[real_parts.Database]],
    tmp_path: Path,
) -> AsyncIterator[Loans]:
    database, store = await fresh_database(), await fresh_keystore()
    await create_tables(database.migration_dsn("workflow"))
    await migrate(store.migration_dsn("workflow"), KEYSTORE_CHAIN)
    keys.create("workflow", tmp_path)
    made = make_loans(settings_for(database, store, tmp_path))
    yield made
    await made.desk.database.close()
    await made.desk.keystore.close()
