"""Charts in a real Chromium: for everybody, in both directions, on a phone too, under the policy that pages have."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.web.pages.assets import Assets
from chassis.web.pages.page import HEADERS, Pages
from chassis.web.pages.words import Words
from ops.local_stack.paths import KIT
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served

CHART = """
{% extends "page/desk.html" %}
{% from "page/charts.html" import bars with context %}
{% block main %}
<h1>{{ title }}</h1>
{% call bars("What was asked for, and a title that is long", "Most often: here.", drawn, "Not shown") %}
<table class="govuk-table"><tr><th scope="row">Here</th><td>120</td></tr></table>
{% endcall %}
{% endblock %}
"""
DRAWN = [("Here", 120), ("There, where the name is longer", 10), ("Nowhere", None)]


@pytest.fixture
async def address() -> AsyncIterator[str]:
    assets = Assets(KIT)
    pages = Pages(packages=["lifecycle.pages"], words=Words(), assets=assets, origin="http://127.0.0.1")
    chart = pages.environment.from_string(CHART)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        _, first, *rest = scope["path"].split("/")
        if first == "static":
            media_type, body = "text/css", assets._assets[rest[0]].plain
        else:
            language = pages.words[first]
            page = SimpleNamespace(language=language, url=lambda path: f"/{first}{path}", session=None, path="/")
            text = chart.render(page=page, _=language.text, site="Site", title="Chart", drawn=DRAWN)
            media_type, body = "text/html", text.encode()
        headers = HEADERS | {"content-type": f"{media_type}; charset=utf-8"}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    listener, address = listening()
    async with served(listener, app):
        yield address


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 320)])
async def test_a_chart_is_open_to_everybody_and_fits(
    page_factory: PageFactory, address: str, language: str, width: int
) -> None:
    page = await page_factory(width=width, language=language)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{address}/{language}")
    assert await axe(page) == []
    assert said == [], "nothing that the policy of pages forbids"
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    boxes = await page.locator(".chart__bars rect").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    (longest, short, hidden) = [right - left for left, right in boxes]
    assert longest > short > 0
    assert hidden > 0
    begins = [round(left) if language == "en" else round(right) for left, right in boxes]
    assert len(set(begins)) == 1, "all begin at the side where lines begin"
    outside = await page.locator(".chart__bars text").evaluate_all(
        "(all, width) => all.filter(one => { const box = one.getBoundingClientRect();"
        " return box.left < 0 || box.right > width }).length",
        width,
    )
    assert outside == 0
    dashed = await page.locator(".chart__hidden").evaluate("one => getComputedStyle(one).strokeDasharray")
    assert dashed != "none"
    assert not await page.locator("figure table").is_visible()
    await page.click("summary")
    assert await page.locator("figure table").is_visible()
    assert await axe(page) == []
