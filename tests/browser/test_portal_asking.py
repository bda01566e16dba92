"""The portal's questions in a real Chromium: every way from the first page to the code, wide and narrow, with scripts
and without, in both directions of writing.
"""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Page

from ops.local_stack.paths import KIT
from services.intake.web.pages.questions import DIRECT, JOURNEYS
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served
from tests.integration.intake.world import World, build_world
from tests.real_parts import PostgresServer

pytestmark = pytest.mark.stack

WORDS: Final = "He shouts in every meeting.\n" + "aVeryLongWordWithoutASpace" * 20 + "\nيصرخ في كل اجتماع"
_ANSWERS: Final = {
    "what_happened": WORDS,
    "wish": "That it stops.",
    "recipient": "S0030",
    "mode": "confidential",
    "after": "second",
}
_WIDER: Final = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
async def portal(
    postgres: PostgresServer, keystore: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, World]]:
    database, store = await postgres.fresh("intake"), await keystore.fresh("intake")
    listener, address = listening()
    folder = tmp_path_factory.mktemp("keys")
    world = await build_world(database, store, folder, "http://127.0.0.1:1", kit_dir=KIT, public_url=address)
    async with served(listener, world.app):
        yield address, world
    await world.close()
    await postgres.drop(database)
    await keystore.drop(store)


async def begin(page: Page, address: str, language: str) -> None:
    await page.goto(f"{address}/{language}/before")
    await page.locator("main button[type=submit]").click()
    await page.wait_for_url("**/s/1")


async def fill(page: Page) -> None:
    for name, answer in _ANSWERS.items():
        field = page.locator(f"[name={name}]")
        if await field.count():
            radio = page.locator(f"[name={name}][value={answer}]") if answer.isalpha() else None
            if radio is not None and await radio.count():
                await radio.check()
            else:
                await field.first.fill(answer)


async def press(page: Page, selector: str) -> None:
    """And wait for the page that follows."""
    async with page.expect_navigation():
        await page.locator(selector).click()


@pytest.mark.parametrize("way", JOURNEYS)
async def test_every_page_of_a_way_is_open_to_everybody(
    portal: tuple[str, World], page_factory: PageFactory, way: str
) -> None:
    """No fault that axe can see, empty and with what was not taken, and nothing said on the console."""
    address, _ = portal
    page = await page_factory(width=1280)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await begin(page, address, "en")
    looked_at = set()
    while "/s/" in page.url:
        assert await axe(page) == [], page.url
        looked_at.add(page.url)
        if await page.locator(f"button[value={way}]").count():
            await press(page, f"button[value={way}]")
            continue
        before = page.url
        await press(page, "button[value=on]")
        if page.url == before:
            assert await axe(page) == [], f"{page.url}, not taken"
            assert await page.evaluate("() => document.activeElement.id") == "what-to-do"
            await fill(page)
            await press(page, "button[value=on]")
    assert len(looked_at) == 3 + len(JOURNEYS[way])
    assert page.url.endswith("/check")
    assert await axe(page) == []
    if way != DIRECT:
        await press(page, "button[value=send]")
        assert await axe(page) == []
        await press(page, "main button[type=submit]")
        assert await axe(page) == [], "the code, not ticked"
        await page.locator("[name=kept]").check()
        await press(page, "main button[type=submit]")
        assert await axe(page) == []
    assert said == []


@pytest.mark.parametrize("way", JOURNEYS)
async def test_every_way_is_walked_on_a_phone_without_scripts_from_right_to_left(
    portal: tuple[str, World], page_factory: PageFactory, way: str
) -> None:
    address, _ = portal
    page = await page_factory(width=320, height=640, javascript=False)
    await begin(page, address, "ar")
    while "/s/" in page.url:
        assert await page.evaluate(_WIDER) == 0, page.url
        if await page.locator(f"button[value={way}]").count():
            await press(page, f"button[value={way}]")
            continue
        await fill(page)
        await press(page, "button[value=on]")
    assert await page.evaluate(_WIDER) == 0
    await press(page, "button[value=send]")
    assert page.url.endswith("/ar/sent")
    assert await page.evaluate(_WIDER) == 0
    code = page.locator(".code bdi")
    assert await code.get_attribute("dir") == "ltr"
    assert len((await code.inner_text()).split()) == 6
    await page.locator("[name=kept]").check()
    await press(page, "main button[type=submit]")
    assert await page.locator(".code").count() == 0


async def test_s18_the_printed_sheet_holds_the_code_and_a_neutral_word_alone(
    portal: tuple[str, World], page_factory: PageFactory
) -> None:
    address, _ = portal
    page = await page_factory()
    await begin(page, address, "en")
    for button in ("on", "on", "support_referral", *["on"] * len(JOURNEYS["support_referral"]), "send"):
        await press(page, f"button[value={button}]")
    code = await page.locator(".code").inner_text()
    await page.emulate_media(media="print")
    seen = (await page.locator("body").inner_text()).split("\n")
    assert [line for line in seen if line.strip()] == ["Your code", code]
    assert await page.title() == "Keep this \N{EN DASH} Staff services"


async def test_the_rows_of_the_ways_stand_level_on_a_wide_screen(
    portal: tuple[str, World], page_factory: PageFactory
) -> None:
    address, _ = portal
    page = await page_factory(width=1280)
    await begin(page, address, "en")
    await press(page, "button[value=on]")
    await press(page, "button[value=on]")
    tops = await page.evaluate(
        "() => [...document.querySelectorAll('.options li')].slice(0, 3).map("
        "one => [...one.querySelectorAll('dt, button')].map(row => Math.round(row.getBoundingClientRect().top)))"
    )
    assert len(tops) == 3
    assert tops[0] == tops[1] == tops[2]
    assert len(set(tops[0])) == 7


async def test_a_way_is_chosen_and_a_question_answered_by_the_keyboard_alone(
    portal: tuple[str, World], page_factory: PageFactory
) -> None:
    address, _ = portal
    page = await page_factory()
    await begin(page, address, "en")
    await _tab_to(page, "button[value=on]")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await _tab_to(page, "[name=affected_is]")
    await page.keyboard.press("Space")
    await _tab_to(page, "button[value=on]")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await _tab_to(page, "button[value=informal_resolution]")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert page.url.endswith("/s/4")


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"no way to {selector} by Tab on {page.url}")
