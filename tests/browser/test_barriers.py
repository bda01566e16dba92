"""Barriers that a program can see on every page of the portal, narrow and in each language beside English."""

import pytest
from playwright.async_api import Page

from tests.browser.axe import axe
from tests.browser.conftest import PageFactory, Portal

pytestmark = pytest.mark.stack
BEFORE_ANYTHING = (
    *("", "/online", "/privacy", "/data", "/accessibility", "/told", "/outside"),
    *("/back", "/back/again", "/closed", "/full"),
)
OF_THE_INBOX = ("/inbox", "/inbox/whole", "/inbox/whole/readers", "/inbox/days", "/inbox/further")
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def press(page: Page, selector: str) -> None:
    async with page.expect_navigation():
        await page.locator(selector).first.click()


@pytest.mark.parametrize(
    ("language", "way", "forced"),
    [("fr", "formal_report", False), ("es", "retaliation", True), ("ar", "informal_resolution", False)],
)
async def test_no_page_of_the_portal_has_a_barrier_on_a_phone(
    page_factory: PageFactory, portal: Portal, language: str, way: str, *, forced: bool
) -> None:
    """`forced`: with the colours of the person's own system."""
    page = await page_factory(width=320, height=640, language=language, forced_colours=forced)
    at = f"{portal.address}/{language}"
    seen = []

    async def look() -> None:
        assert await axe(page) == [], page.url
        assert await page.evaluate(WIDER) <= 0, page.url
        seen.append(page.url.removeprefix(at))

    for path in (*BEFORE_ANYTHING, "/before"):
        await page.goto(at + path)
        await look()
    await press(page, "main button[type=submit]")
    while "/s/" in page.url:
        await look()
        if page.url.endswith("/s/files"):
            letter = {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"At three meetings he mocked me."}
            await page.set_input_files("main input[type=file]", letter)
            await press(page, "form[enctype] button")
            assert await page.locator("button[name=remove]").count() == 1
            await look()
        choice = page.locator(f"button[value={way}]")
        for box in await page.locator("main textarea").all():
            await box.fill("At three meetings he mocked how I speak.")
        if await page.locator("[name=mode][value=confidential]").count():
            await page.check("[name=mode][value=confidential]")
        await press(page, f"button[value={way}]" if await choice.count() else "button[value=on]")
    await look()
    await press(page, "button[value=send]")
    await look()
    code = await page.inner_text(".code bdi")
    await page.check("[name=kept]")
    await press(page, "main button[type=submit]")
    await look()
    for path in OF_THE_INBOX:
        await page.goto(at + path)
        await look()
        if "/open/" in page.url:
            await page.fill("main input[type=text]", code)
            await press(page, "main button[type=submit]")
            await look()
    await page.goto(at + "/inbox/days")
    await page.locator("[name=after]").first.check()
    await press(page, "form[action$='/inbox/days'] button")
    await page.goto(at + "/inbox/days")
    await look()
    async with page.expect_download() as saved:
        await page.click("a[href$='/inbox/days/1']")
    assert (await saved.value).suggested_filename == "day.ics"
    await page.goto(at + "/inbox")
    links = await page.locator("main a[href*='/inbox/']").evaluate_all("all => all.map(one => one.href)")
    for address in dict.fromkeys(links):
        await page.goto(address)
        await look()
    assert len(set(seen)) > 25


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
async def test_nothing_moves_for_whoever_asked_for_less_motion(
    page_factory: PageFactory, portal: Portal, motion: str
) -> None:
    """No page of today moves anything; what some rule of tomorrow moves stands still for them all the same."""
    page = await page_factory(reduced_motion=motion)
    await page.goto(f"{portal.address}/en/before")
    moving = await page.evaluate(
        "() => [...document.querySelectorAll('*')].filter(one => {"
        " const now = getComputedStyle(one); return now.animationName !== 'none' || now.transitionDuration !== '0s'; })"
        ".map(one => one.className)"
    )
    assert moving == []
    await page.evaluate("() => { document.querySelector('h1').style.transition = 'opacity 2s'; }")
    moved = await page.evaluate("() => getComputedStyle(document.querySelector('h1')).transitionProperty")
    assert moved == ("none" if motion == "reduce" else "opacity")
