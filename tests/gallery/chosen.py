"""The pictures that docs/ shows: a dozen pages, small enough to be kept with the code. Somebody looks at each."""

import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image
from playwright.async_api import Browser, Page

from ops.local_stack.paths import ROOT

PICTURES: Final = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1000, 760
LARGEST: Final = 40_000
"""Bytes of one picture."""
COLOURS: Final = (64, 32, 16, 8)
"""As many as fit."""


@dataclass(frozen=True)
class Chosen:
    """A page: where somebody begins, who signs in ("" at the portal), what is pressed to get there."""

    name: str
    service: str
    staff_id: str
    path: str
    then: Callable[[Page], Awaitable[None]] | None = None
    language: str = "en"


def case_in(words: str) -> Callable[[Page], Awaitable[None]]:
    """On to the first case of the list whose row says so."""

    async def go(page: Page) -> None:
        row = page.locator("main table tr", has_text=words).first
        async with page.expect_navigation():
            await row.locator("a").first.click()

    return go


async def _ways(page: Page) -> None:
    """Through the questions that come before the ways, each left empty."""
    async with page.expect_navigation():
        await page.locator("main button[type=submit]").first.click()
    while not await page.locator("button[value=informal_resolution]").count():
        async with page.expect_navigation():
            await page.locator("button[value=on]").first.click()


CHOSEN: Final = (
    Chosen("portal-first", "intake", "", ""),
    Chosen("portal-first-arabic", "intake", "", "", language="ar"),
    Chosen("portal-ways", "intake", "", "/before", _ways),
    Chosen("help-station", "support", "", "/help/selwick"),
    Chosen("oversight-queue", "workflow", "S0005", "/queue"),
    Chosen(
        "measure", "workflow", "S0004", "/queue?lifecycle=interim_measure", case_in("The affected individual agrees")
    ),
    Chosen("manager-requests", "workflow", "S0024", "/requests"),
    Chosen("focal-point-talk", "ombuds", "S0012", "/queue", case_in("talk")),
    Chosen("support-referral", "support", "S0072", "/queue"),
    Chosen("ethics-protected", "ethics", "S0007", "/protected"),
    Chosen("hr-tasks", "hr_bridge", "S0009", "/queue"),
    Chosen("own-matter", "workflow", "S0049", "/own"),
    Chosen("audit-record", "audit", "S0015", "/record"),
)


async def take(browser: Browser, services: Mapping[str, str], codes: Sequence[str]) -> None:
    """All of them, and what the first of the codes opens, into docs/pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for one in CHOSEN:
        address = services[one.service]
        window = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale=one.language)
        page = await window.new_page()
        if one.staff_id:
            await page.goto(f"{address}/{one.language}/")
            await page.click(f"button[value={one.staff_id}]")
            await page.wait_for_url(f"{address}/{one.language}/*")
        await page.goto(f"{address}/{one.language}{one.path}")
        if one.then:
            await one.then(page)
        await _keep(page, one.name)
        await window.close()
    window = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en")
    page = await window.new_page()
    await page.goto(f"{services['intake']}/en/back")
    await page.locator("main input[type=text]").fill(codes[0])
    async with page.expect_navigation():
        await page.locator("main button[type=submit]").first.click()
    await _keep(page, "portal-inbox")
    await window.close()


async def _keep(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    for colours in COLOURS:
        small = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if small.tell() <= LARGEST:
            (PICTURES / f"{name}.png").write_bytes(small.getvalue())
            return
    raise ValueError(f"{name} does not fit into {LARGEST} bytes")
