"""What a visit costs in bytes and requests: much of the world pays for them, or waits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Page

from ops.local_stack.paths import KIT
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served
from tests.integration.intake.world import build_world
from tests.real_parts import PostgresServer

pytestmark = pytest.mark.stack
FIRST_VISIT, NEXT_PAGE, SCRIPT, REQUESTS = 40 * 1024, 10 * 1024, 2 * 1024, 6
OPTIONS = {"en": NEXT_PAGE, "ar": 11.5 * 1024}
"""Seven ways side by side in letters of two bytes: the one page that is over what a next page may cost."""


@dataclass
class Traffic:
    """Bytes on the wire and requests, since it was last emptied."""

    asked: dict[str, str] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    async def watch(self, page: Page) -> None:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._sent)
        devtools.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.asked[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.asked:
            self.taken[self.asked[event["requestId"]]] = int(event["encodedDataLength"])

    def total(self) -> int:
        """And from here on anew."""
        found, self.asked, self.taken = sum(self.taken.values()), {}, {}
        return found


@pytest.fixture(scope="module")
async def address(
    postgres: PostgresServer, keystore: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    database, store = await postgres.fresh("intake"), await keystore.fresh("intake")
    listener, address = listening()
    folder = tmp_path_factory.mktemp("keys")
    world = await build_world(database, store, folder, "http://127.0.0.1:1", kit_dir=KIT, public_url=address)
    async with served(listener, world.app):
        yield address
    await world.close()
    await postgres.drop(database)
    await keystore.drop(store)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_visit_stays_within_what_the_portal_may_cost(
    page_factory: PageFactory, address: str, language: str
) -> None:
    page, traffic = await page_factory(), Traffic()
    await traffic.watch(page)
    await page.goto(f"{address}/{language}", wait_until="networkidle")
    assert len(traffic.asked) <= REQUESTS
    scripts = sum(size for url, size in traffic.taken.items() if url.endswith(".js"))
    assert 0 < scripts <= SCRIPT
    first = traffic.total()
    assert 5_000 < first <= FIRST_VISIT
    await page.goto(f"{address}/{language}/before", wait_until="networkidle")
    assert 500 < traffic.total() <= NEXT_PAGE
    await page.locator("main button[type=submit]").click()
    await page.wait_for_url("**/s/1", wait_until="networkidle")
    while not await page.locator("button[value=informal_resolution]").count():
        assert traffic.total() <= NEXT_PAGE, page.url
        async with page.expect_navigation(wait_until="networkidle"):
            await page.locator("button[value=on]").click()
    assert traffic.total() <= OPTIONS[language], page.url
