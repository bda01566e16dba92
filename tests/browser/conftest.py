"""One Chromium and one portal for all tests of pages, and fresh windows of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from litestar import Litestar, Request, get
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from ops.browser import HOW, find
from ops.local_stack.paths import KIT
from tests.browser.served import listening, self_signed, served
from tests.integration.intake.world import World, build_world
from tests.real_parts import PostgresServer

PageFactory = Callable[..., Awaitable[Page]]
_PATIENCE = 60_000  # milliseconds
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # No test talks to another machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the browser is marked as one that starts processes."""
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.processes)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = find()
    if program is None:
        pytest.fail(HOW, pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=_QUIET, timeout=3 * _PATIENCE)
        yield browser
        await browser.close()


@pytest.fixture
async def page_factory(browser: Browser) -> AsyncIterator[PageFactory]:
    """Opens a page in a window of its own, with nothing kept from others.

    Width and height are CSS pixels; what is given beyond the names below goes to Playwright's `new_context`.
    """
    contexts: list[BrowserContext] = []

    async def fresh(
        *,
        width: int = 1280,
        height: int = 720,
        language: str = "en",
        javascript: bool = True,
        forced_colours: bool = False,
        **more: Any,
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            java_script_enabled=javascript,
            forced_colors="active" if forced_colours else "none",
            ignore_https_errors=True,
            **more,
        )
        contexts.append(context)
        context.set_default_timeout(_PATIENCE)
        return await context.new_page()

    yield fresh
    for context in contexts:
        await context.close()


@dataclass
class Portal:
    """Where it is, where leaving leads to, and what that site was told of where somebody came from."""

    address: str
    neutral: str
    world: World
    referrers: list[str | None] = field(default_factory=list)


@pytest.fixture(scope="session")
async def portal(
    postgres: PostgresServer, keystore: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Portal]:
    """By TLS, as it is in life: what a browser keeps of a page depends on it. The dull site is on another host."""
    database, store = await postgres.fresh("intake"), await keystore.fresh("intake")
    listener, address = listening("https")
    elsewhere, neutral = listening()
    neutral = neutral.replace("127.0.0.1", "localhost") + "/weather"
    folder = tmp_path_factory.mktemp("portal")
    world = await build_world(
        database, store, folder, "http://127.0.0.1:1", kit_dir=KIT, public_url=address, leave_to=neutral,
        text_gateway="{number}@text.example.org",
    )  # fmt: skip
    portal = Portal(address, neutral, world)

    @get("/weather", media_type="text/html")
    async def weather(request: Request[Any, Any, Any]) -> str:
        portal.referrers.append(request.headers.get("referer"))
        return "<!doctype html><title>Weather</title><h1>Weather</h1>"

    async with served(listener, world.app, self_signed(folder)), served(elsewhere, Litestar([weather])):
        yield portal
    await world.close()
    await postgres.drop(database)
    await keystore.drop(store)
