"""What a visit costs in bytes and requests: much of the world pays for them, or waits."""

import pytest

from tests.browser.conftest import PageFactory, Portal
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.stack
FIRST_VISIT, NEXT_PAGE, SCRIPT, REQUESTS = 40 * 1024, 10 * 1024, 2 * 1024, 6


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
    assert 0 < traffic.scripts() <= SCRIPT
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
