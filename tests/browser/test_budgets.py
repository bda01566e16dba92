"""What a visit costs in bytes and requests: much of the world pays for them, or waits."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.conftest import PageFactory, Portal

pytestmark = pytest.mark.stack
FIRST_VISIT, NEXT_PAGE, SCRIPT, REQUESTS = 40 * 1024, 10 * 1024, 2 * 1024, 6


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


@pytest.mark.parametrize("danger", [False, True], ids=["", "in danger"])
@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
async def test_a_visit_stays_within_what_the_portal_may_cost(
    page_factory: PageFactory, portal: Portal, language: str, *, danger: bool
) -> None:
    """Seven ways side by side in letters of two bytes, below the card for whoever is in danger, are the page that comes
    nearest; here with every risk said.
    """
    page, traffic = await page_factory(), Traffic()
    await traffic.watch(page)
    await page.goto(f"{portal.address}/{language}", wait_until="networkidle")
    assert len(traffic.asked) <= REQUESTS
    scripts = sum(size for url, size in traffic.taken.items() if url.endswith(".js"))
    assert 0 < scripts <= SCRIPT
    first = traffic.total()
    assert 5_000 < first <= FIRST_VISIT
    await page.goto(f"{portal.address}/{language}/before", wait_until="networkidle")
    assert 500 < traffic.total() <= NEXT_PAGE
    await page.locator("main button[type=submit]").click()
    await page.wait_for_url("**/s/1", wait_until="networkidle")
    while "/check" not in page.url:
        assert 500 < traffic.total() <= NEXT_PAGE, page.url
        for said in ("[name=power_over_me][value=yes]", *(["[value=self_harm]"] if danger else [])):
            if await (box := page.locator(said)).count():
                await box.check()
        way = page.locator("button[value=informal_resolution]")
        async with page.expect_navigation(wait_until="networkidle"):
            await (way if await way.count() else page.locator("button[value=on]")).click()
    assert 500 < traffic.total() <= NEXT_PAGE, page.url
