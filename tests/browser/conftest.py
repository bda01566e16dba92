"""One Chromium for all tests of pages, and fresh windows of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from ops.browser import HOW, find

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
            **more,
        )
        contexts.append(context)
        context.set_default_timeout(_PATIENCE)
        return await context.new_page()

    yield fresh
    for context in contexts:
        await context.close()
