"""The way through the portal that the safety tests go, and what they plant on it and look for."""

import re
from typing import Final

from playwright.async_api import Page

from tests.browser.conftest import Portal
from tests.integration.intake.world import CODE

MARKER: Final = "Zylophantic"
TELLING: Final = re.compile(r"harass|abus|report|complain|victim|sexual|retaliat|ombud|misconduct|safe", re.IGNORECASE)


async def press(page: Page, selector: str) -> None:
    async with page.expect_navigation():
        await page.locator(selector).first.click()


async def to_words(page: Page, portal: Portal, language: str = "en") -> None:
    """As far as the question that asks for words, on the way to a talk."""
    await page.goto(f"{portal.address}/{language}/before")
    await press(page, "main button[type=submit]")
    while not await page.locator("textarea[name=what_happened]").count():
        way = page.locator("button[value=informal_resolution]")
        await press(page, "button[value=informal_resolution]" if await way.count() else "button[value=on]")


async def to_the_end(page: Page, words: str = MARKER) -> str:
    """From there to the code, with these words in every box."""
    while "/check" not in page.url:
        await fill(page, words)
        await press(page, "button[value=on]")
    await press(page, "main form button:has-text('Send')")
    code = re.search(CODE, (await page.inner_text(".code")).replace(" ", "-"))
    assert code
    return code[0]


async def fill(page: Page, words: str) -> None:
    for box in await page.locator("main textarea").all():
        await box.fill(words)
