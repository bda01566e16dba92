"""`make gallery`: a picture of every page in every language, in `.recourse/gallery`, with a page that shows them all.

Starts a stack of its own, fills it with the demo's invented matters, then walks the portal, the directory of help and
the desks in Chromium. Somebody is to look at them, page by page. The few that docs/ shows are taken anew (`chosen`).
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from rich.console import Console

from chassis.web.pages.words import OWN_NAMES
from ops.browser import HOW, find
from ops.demo.run import LIVED_IN, read_stack
from ops.demo.seeding.showing import fill, to_try
from ops.local_stack import running
from ops.local_stack.paths import ROOT
from ops.local_stack.settings import load
from tests.browser.conftest import _QUIET
from tests.gallery import chosen

GALLERY: Final = ROOT / ".recourse" / "gallery"
WIDTHS: Final = {"wide": 1280, "phone": 320}
SIGN_INS: Final = (
    ("ombuds", "S0011"),
    ("support", "S0072"),
    ("workflow", "S0005"),
    ("workflow", "S0024"),
    ("workflow", "S0049"),
    ("ethics", "S0007"),
    ("hr_bridge", "S0009"),
    ("audit", "S0015"),
)
"""Oversight, a manager and one whom a matter is about share a desk, and see other pages."""
INFORMATION: Final = (
    *("", "/before", "/online", "/privacy", "/data", "/accessibility", "/told", "/outside", "/back", "/closed"),
)


@dataclass
class Gallery:
    browser: Browser
    language: str
    taken: list[str] = field(default_factory=list)

    async def window(self, width: int = WIDTHS["wide"]) -> BrowserContext:
        return await self.browser.new_context(viewport={"width": width, "height": 800}, locale=self.language)

    async def take(self, page: Page, name: str) -> None:
        """Pictures of the page as it is, wide and on a phone."""
        for kind, width in WIDTHS.items():
            await page.set_viewport_size({"width": width, "height": 800})
            file = f"{name}.{self.language}.{kind}.png"
            await page.screenshot(path=GALLERY / file, full_page=True)
            self.taken.append(file)
        await page.set_viewport_size({"width": WIDTHS["wide"], "height": 800})

    async def portal(self, address: str) -> None:
        window = await self.window()
        page = await window.new_page()
        for path in INFORMATION:
            await page.goto(f"{address}/{self.language}{path}")
            await self.take(page, f"portal-{path.strip('/') or 'first'}")
        for way in ("informal_resolution", "formal_report", "supervisor_request", "sea_report", "retaliation"):
            await self.journey(page, address, way)
        await window.close()

    async def journey(self, page: Page, address: str, way: str) -> None:
        await page.goto(f"{address}/{self.language}/before")
        await _press(page, "main button[type=submit]")
        number = 0
        while "/s/" in page.url and number < 20:
            number += 1
            if number > 3 or way == "informal_resolution":
                await self.take(page, f"{way}-{number:02}")
            choice = page.locator(f"button[value={way}]")
            for box in await page.locator("main textarea").all():
                await box.fill("At three meetings he mocked how I speak.")
            for name, value in (("recipient", "S0030"), ("mode", "confidential")):
                asked = page.locator(f"[name={name}]")
                if await asked.count():
                    radio = page.locator(f"[name={name}][value={value}]")
                    await (radio.check() if await radio.count() else asked.first.fill(value))
            await _press(page, f"button[value={way}]" if await choice.count() else "button[value=on]")
        await self.take(page, f"{way}-check")
        if way != "informal_resolution":
            return
        await _press(page, "button[value=send]")
        await self.take(page, "sent")
        await self.inbox(page, address, await page.inner_text(".code"), "inbox")

    async def inbox(self, page: Page, address: str, code: str, name: str) -> None:
        await page.goto(f"{address}/{self.language}/back")
        await page.locator("main input[type=text]").fill(code)
        await _press(page, "main button[type=submit]")
        await self.take(page, name)

    async def inboxes(self, address: str, codes: list[str]) -> None:
        for number, code in enumerate(codes, 1):
            window = await self.window()
            await self.inbox(await window.new_page(), address, code, f"inbox-{number}")
            await window.close()

    async def help(self, address: str) -> None:
        window = await self.window()
        page = await window.new_page()
        await page.goto(f"{address}/{self.language}/help")
        await self.take(page, "help")
        station = await page.locator("main a[href*='/help/']").first.get_attribute("href")
        await page.goto(f"{address}{station}")
        await self.take(page, "help-station")
        await window.close()

    async def desk(self, name: str, address: str, staff_id: str) -> None:
        window = await self.window()
        page = await window.new_page()
        await page.goto(f"{address}/{self.language}/")
        await page.click(f"button[value={staff_id}]")
        await page.wait_for_url(f"{address}/{self.language}/*")
        for number, tab in enumerate(await _addresses(page, ".tabs__link")):
            await page.goto(f"{address}{tab}")
            await self.take(page, f"{name}-{staff_id}-tab-{number}")
        await page.goto(f"{address}/{self.language}/")
        for link in (await _addresses(page, "main table a[href*='/cases/'], main table a[href*='/tasks/']"))[:2]:
            await page.goto(f"{address}{link}")
            await self.take(page, f"{name}-{staff_id}-case-{link.rpartition('/')[2][:4]}")
            for act in (await _addresses(page, "a[href*='/do/']"))[:2]:
                await page.goto(f"{address}{act}")
                await self.take(page, f"{name}-{act.rpartition('/')[2]}")
        await window.close()


async def _press(page: Page, selector: str) -> None:
    async with page.expect_navigation():
        await page.locator(selector).first.click()


async def _addresses(page: Page, selector: str) -> list[str]:
    found: list[str] = await page.locator(selector).evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return list(dict.fromkeys(found))


async def _all(stack: Mapping[str, Any], codes: list[str]) -> list[str]:
    program = find()
    if program is None:
        sys.exit(HOW)
    services = {name: one["url"] for name, one in stack["services"].items()}
    taken: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=_QUIET)
        await chosen.take(browser, services, codes)
        for language in OWN_NAMES:
            gallery = Gallery(browser, language)
            await gallery.portal(services["intake"])
            await gallery.help(services["support"])
            await gallery.inboxes(services["intake"], codes)
            for name, staff_id in SIGN_INS:
                await gallery.desk(name, services[name], staff_id)
            taken += gallery.taken
            print(f"{OWN_NAMES[language]}: {len(gallery.taken)} pictures", file=sys.stderr)
        await browser.close()
    return taken


def _index(taken: list[str]) -> str:
    names = list(dict.fromkeys(file.partition(".")[0] for file in taken))
    rows = "".join(
        f"<h2>{escape(name)}</h2><p>"
        + "".join(
            f'<a href="{file}"><img src="{file}" alt="{file}" loading="lazy"></a> '
            for file in taken
            if file.partition(".")[0] == name
        )
        + "</p>"
        for name in names
    )
    style = "body{font:16px system-ui;margin:2em}img{inline-size:280px;border:1px solid #999;vertical-align:top}"
    return f'<!doctype html><meta charset="utf-8"><title>Gallery</title><style>{style}</style><h1>Gallery</h1>{rows}'


def main() -> None:
    GALLERY.mkdir(parents=True, exist_ok=True)
    for old in GALLERY.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="recourse-gallery-") as folder:
        os.environ["RECOURSE_STATE"] = folder
        settings = load().model_copy(update={"demonstration": True})
        running.up_detached(settings, LIVED_IN)
        try:
            stack = read_stack(settings.state)
            if not fill(stack, settings.state, Console(stderr=True, highlight=False)):
                sys.exit(1)
            taken = asyncio.run(_all(stack, [code for code, _ in to_try(settings.state)]))
        finally:
            running.down(settings)
    (GALLERY / "index.html").write_text(_index(taken), encoding="utf-8")
    print(f"{len(taken)} pictures: {GALLERY / 'index.html'}")


if __name__ == "__main__":
    main()
