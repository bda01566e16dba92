"""Another way taken from the inbox, as a person does it: on a phone, in each language, with scripts and without."""

import httpx
import pytest
from playwright.async_api import Page

from tests.browser.axe import axe
from tests.browser.conftest import PageFactory, Portal
from tests.browser.test_barriers import WIDER, press
from tests.integration.intake.conftest import client_of
from tests.integration.intake.world import code_of_new, draft, inbox, with_code

pytestmark = pytest.mark.stack
ON = "main button[type=submit]"


async def a_talk(portal: Portal) -> str:
    """The code of one with words, people and a message."""
    async with client_of(portal.world) as client:
        code = await code_of_new(client, draft())
        (talk,) = (await inbox(client, code))["routes"]
        sent = {"report_id": talk["report_id"], "text": "Yesterday it was worse."}
        answer = await client.post("/api/v1/inbox/messages", json=sent, headers=with_code(code))
        assert answer.status_code == httpx.codes.ACCEPTED
    return code


async def to_the_ticks(page: Page, at: str, code: str) -> None:
    await page.goto(f"{at}/back")
    await page.fill("main input[type=text]", code)
    await press(page, ON)
    await press(page, "main a[href$='/inbox/further']")
    await page.fill("main input[type=text]", code)
    await press(page, ON)
    assert page.url == f"{at}/inbox/further"


@pytest.mark.parametrize(
    ("language", "way", "javascript"),
    [
        ("en", "supervisor_request", True),
        ("ar", "sea_report", True),
        ("fr", "supervisor_request", False),
        ("es", "sea_report", False),
    ],
)
async def test_another_way_is_ticked_answered_checked_and_sent(
    page_factory: PageFactory, portal: Portal, language: str, way: str, *, javascript: bool
) -> None:
    code, at = await a_talk(portal), f"{portal.address}/{language}"
    page = await page_factory(width=320, height=640, language=language, javascript=javascript)
    pages = 0

    async def look() -> None:
        nonlocal pages
        pages += 1
        if javascript:
            assert await axe(page) == [], page.url
            assert await page.evaluate(WIDER) <= 0, page.url

    await to_the_ticks(page, at, code)
    boxes = page.locator("[name=take_over]")
    # Each thing is under the way on which she wrote it, and nothing is ticked.
    assert await boxes.count() == 4
    assert await page.locator("[name=take_over]:checked").count() == 0
    await look()
    await page.locator(f"[name=way][value={way}]").check()
    for box in (await boxes.all())[:3]:
        await box.check()
    await press(page, ON)
    while "/s/" in page.url:
        await look()
        for name, value in (("recipient", "S0030"), ("mode", "confidential"), ("urgent_needs", "no")):
            asked = page.locator(f"[name={name}]")
            if await asked.count():
                radio = page.locator(f"[name={name}][value={value}]")
                await (radio.check() if await radio.count() else asked.first.fill(value))
        await press(page, "button[value=on]")
    assert page.url == f"{at}/check"
    assert await page.locator("section[aria-labelledby=over] li").count() == 3
    await look()
    # Back to the ticks without the code typed again: there they stand as she left them.
    await press(page, "a[href$='/inbox/further']")
    assert await page.locator("[name=take_over]:checked").count() == 3
    await look()
    await press(page, ON)
    while "/s/" in page.url:
        await press(page, "button[value=on]")
    await press(page, "button[value=send]")
    assert page.url == f"{at}/sent"
    await look()
    assert pages > 6
    async with client_of(portal.world) as client:
        routes = (await inbox(client, code))["routes"]
    assert [one["route"] for one in routes] == ["informal_resolution", way]
