"""One intake for all tests of this folder (each lodges under codes of its own), and a maker of further ones."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from services.intake.web.pages import returning
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.world import World, build_world
from tests.real_parts import Database, PostgresServer

SignIn = Callable[[str], Awaitable[str]]
Browse = Callable[..., Awaitable[PortalBrowser]]


def client_of(world: World) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://intake", timeout=30)


@pytest.fixture(scope="session")
async def world(
    postgres: PostgresServer, keystore: PostgresServer, oidc: Oidc, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    database, store = await postgres.fresh("intake"), await keystore.fresh("intake")
    world = await build_world(database, store, tmp_path_factory.mktemp("keys"), oidc.issuer)
    yield world
    await world.close()
    await postgres.drop(database)
    await keystore.drop(store)


@pytest.fixture(scope="session")
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world) as client:
        yield client


@pytest.fixture
async def fresh_world(
    fresh_database: Callable[..., Awaitable[Database]],
    fresh_keystore: Callable[..., Awaitable[Database]],
    oidc: Oidc,
    tmp_path: Path,
) -> AsyncIterator[Callable[..., Awaitable[World]]]:
    made: list[World] = []

    async def fresh(**changes: Any) -> World:
        folder = tmp_path / f"keys{len(made)}"
        made.append(
            await build_world(
                await fresh_database("intake"), await fresh_keystore("intake"), folder, oidc.issuer, **changes
            )
        )
        return made[-1]

    yield fresh
    for world in made:
        await world.close()


@pytest.fixture(scope="session")
async def signed_in(oidc: Oidc) -> SignIn:
    """A person's own sign-in, remembered for the session."""
    tokens: dict[str, str] = {}

    async def token(staff_id: str) -> str:
        if staff_id not in tokens:
            tokens[staff_id] = await access_token(oidc.issuer, staff_id)
        return tokens[staff_id]

    return token


@pytest.fixture
def browse(client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch) -> Browse:
    """A new browser, in the inbox where a code is given."""
    monkeypatch.setattr(returning, "NO_SOONER", 0.0)

    async def browse(code: str = "", language: str = "en") -> PortalBrowser:
        browser = PortalBrowser(client, world.settings.public_url, language)
        if code:
            await come_back(browser, code)
            assert browser.path == browser.at("/inbox")
        return browser

    return browse
