"""What somebody hears who does not see a page: roles, names and order of all that stands in its middle, kept as text
for each page and language. A page that changed says here how it sounds now.

An outline that is not there is written and fails once: read it aloud before it is committed.
"""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page

from tests.browser.conftest import PageFactory, Portal
from tests.browser.test_desks import Desk, desk, sign_in_at

pytestmark = pytest.mark.stack
__all__ = ["desk"]
_KEPT: Final = Path(__file__).with_name("outlines")
_CHANGING: Final = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "<id>"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "<matter>"),
    (re.compile(r"/url: .*"), "/url: <address>"),
    (re.compile(r"\d{1,2} (de )?[^\d\s]+( de)? \d{4}([,،]? \d\d:\d\d( UTC)?)?"), "<day>"),
)
"""What another run says differently."""


async def heard(page: Page) -> str:
    outline = f"{await page.title()}\n\n{await page.locator('main').aria_snapshot()}\n"
    for pattern, instead in _CHANGING:
        outline = pattern.sub(instead, outline)
    return outline


async def as_it_was(page: Page, name: str, language: str) -> None:
    file, outline = _KEPT / f"{name}.{language}.txt", await heard(page)
    if not file.exists():
        _KEPT.mkdir(exist_ok=True)
        file.write_text(outline, encoding="utf-8")
        pytest.fail(f"{file.name} is new: read it aloud, then commit it.")
    assert outline == file.read_text(encoding="utf-8"), f"If it is meant to sound so, delete {file.name} and run again."


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
@pytest.mark.parametrize("name", ["", "before", "back", "told", "online"])
async def test_a_page_sounds_as_it_did(portal: Portal, page_factory: PageFactory, name: str, language: str) -> None:
    page = await page_factory()
    await page.goto(f"{portal.address}/{language}/{name}".rstrip("/"))
    await as_it_was(page, name or "landing", language)


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
async def test_the_questions_before_the_ways_sound_as_they_did(
    portal: Portal, page_factory: PageFactory, language: str
) -> None:
    page = await page_factory()
    await page.goto(f"{portal.address}/{language}/before")
    await page.locator("main button[type=submit]").click()
    await page.wait_for_url("**/s/1")
    for name in ("danger", "about"):
        await as_it_was(page, name, language)
        async with page.expect_navigation():
            await page.locator("button[value=on]").first.click()
    await as_it_was(page, "options", language)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_desk_sounds_as_it_did(page_factory: PageFactory, desk: Desk, language: str) -> None:
    page = await page_factory()
    await sign_in_at(page, desk, language)
    _, _, case, act, reading, conflict = desk.pages()
    for name, path in {"queue": "/queue", "case": case, "act": act, "reading": reading, "conflict": conflict}.items():
        await page.goto(f"{desk.address}/{language}{path}")
        await as_it_was(page, f"desk-{name}", language)
