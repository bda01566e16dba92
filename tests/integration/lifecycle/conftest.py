"""The invented desk on a real database and key store, and its staff before it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from chassis import keys
from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from lifecycle import api, durable
from lifecycle.sender import Sender
from ops.local_stack.oidc import Oidc
from tests import real_parts
from tests.integration.lifecycle.clockwork import Clockwork, clockwork
from tests.integration.lifecycle.loans import Loans, create_tables, make_loans, settings_for
from tests.integration.lifecycle.staff import Staff


@pytest.fixture
async def loans(
    fresh_database: Callable[..., Awaitable[real_parts.Database]],
    fresh_keystore: Callable[..., Awaitable[real_parts.Database]],
    tmp_path: Path,
) -> AsyncIterator[Loans]:
    database, store = await fresh_database(), await fresh_keystore("workflow")
    await create_tables(database.migration_dsn("workflow"))
    keys.create("workflow", tmp_path)
    made = make_loans(settings_for(database, store, tmp_path))
    yield made
    await made.desk.database.close()
    await made.desk.keystore.close()


@pytest.fixture
async def staff(loans: Loans, oidc: Oidc) -> AsyncIterator[Staff]:
    sign_in = SignIn(oidc.issuer)
    app = create_app(loans.desk.settings, api.routes(loans.desk, Sender(loans.desk)), sign_in=sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk", timeout=30) as http:
        yield Staff(loans, http, oidc.issuer)
    await sign_in.close()


@pytest.fixture(scope="module")
async def works(
    postgres: real_parts.PostgresServer,
    keystore: real_parts.PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Clockwork]:
    database, store = await postgres.fresh("workflow"), await keystore.fresh("workflow")
    folder = tmp_path_factory.mktemp("clockwork")
    with pytest.MonkeyPatch.context() as patch:
        # The server writes a settings folder into the home directory.
        patch.setenv("HOME", str(folder))
        # Winding on, it skips whatever a run that continues another has yet to wait for: here none does.
        patch.setattr(durable, "EVENTS_PER_RUN", 1_000)
        async with clockwork(database, store, folder) as made:
            yield made
    await postgres.drop(database)
    await keystore.drop(store)
