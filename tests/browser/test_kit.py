"""The kit by itself: the parts that pages use, in both directions of writing, under the policy that pages have."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, PackageLoader, PrefixLoader
from PIL import Image, ImageChops
from playwright.async_api import Page

from ops.local_stack.paths import KIT
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
ENGLISH = {
    "one": "First", "two": "Second part", "back": "Back", "go": "Go on", "title": "What would you like us to know",
    "hint": "A few words are enough.", "name": "Your name", "question": "Who should help you", "yes": "Yes", "no": "No",
    "fault": "Write a name", "note": "Note", "change": "Change",
}  # fmt: skip
ARABIC = {
    "one": "الأول", "two": "الجزء الثاني", "back": "رجوع", "go": "متابعة", "title": "ماذا تود أن نعرف",
    "hint": "تكفي بضع كلمات.", "name": "اسمك", "question": "من ينبغي أن يساعدك", "yes": "نعم", "no": "لا",
    "fault": "اكتب اسماً", "note": "ملاحظة", "change": "تغيير",
}  # fmt: skip
# Where an arrow is: how far from the beginning of its part, and how wide, in pixels.
POINTING = {
    ".govuk-back-link": (0, 13),
    ".govuk-breadcrumbs__list-item:last-child": (-4, 14),
    ".govuk-pagination__link[rel=next] svg": (0, 15),
    ".govuk-button__start-icon": (0, 17),
    "details:not([open]) > summary": (0, 16),
}
PLACES = """() => [...document.querySelectorAll('body *')].filter(one => !one.closest('svg, option')).map(one => {
    const {left, right, top, bottom} = one.getBoundingClientRect();
    return {what: one.tagName + '.' + one.className, left, right, top, bottom};
})"""


@pytest.fixture
async def address() -> AsyncIterator[str]:
    pages = Environment(
        autoescape=True,
        loader=PrefixLoader(
            {
                "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                "kit": FileSystemLoader(Path(__file__).parent / "kit"),
            }
        ),
    )
    parts = pages.get_template("kit/parts.html")
    names = json.loads((KIT / "manifest.json").read_text(encoding="utf-8"))
    answers = {f"/{name}": ("text/css", (KIT / stored).read_bytes()) for name, stored in names.items()}
    for language, words in (("en", ENGLISH), ("ar", ARABIC)):
        for direction in ("ltr", "rtl"):
            page = parts.render(language=language, direction=direction, words=words)
            answers[f"/{language}/{direction}"] = ("text/html", page.encode())

    async def app(scope: Any, receive: Any, send: Any) -> None:
        media_type, body = answers[scope["path"]]
        headers = {"content-type": f"{media_type}; charset=utf-8", "content-security-policy": POLICY}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    listener, address = listening()
    async with served(listener, app):
        yield address


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
async def test_the_kit_has_no_fault_that_axe_sees_and_fetches_nothing(
    page_factory: PageFactory, address: str, language: str, direction: str, width: int
) -> None:
    page = await page_factory(width=width, language=language)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{address}/{language}/{direction}")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await axe(page) == []
    assert said == []
    here = {f"{address}/{name}" for name in (f"{language}/{direction}", "kit.css", "desk.css")}
    assert {url for url in asked if not url.startswith("data:")} == here


@pytest.mark.parametrize("width", [320, 1280])
async def test_right_to_left_is_the_mirror_of_left_to_right(
    page_factory: PageFactory, address: str, width: int
) -> None:
    page = await page_factory(width=width)
    await page.goto(f"{address}/en/ltr")
    there = await page.evaluate(PLACES)
    await page.goto(f"{address}/en/rtl")
    mirrored = await page.evaluate(PLACES)
    assert len(there) == len(mirrored) > 150
    wrong = [
        (one["what"], one, other)
        for one, other in zip(there, mirrored, strict=True)
        if abs(one["left"] - (width - other["right"])) > 1 or abs(one["top"] - other["top"]) > 1
    ]
    assert wrong == []


async def test_what_points_somewhere_points_the_other_way(page_factory: PageFactory, address: str) -> None:
    page = await page_factory()
    drawn: dict[str, list[Image.Image]] = {one: [] for one in POINTING}
    for direction in ("ltr", "rtl"):
        await page.goto(f"{address}/en/{direction}")
        for one, (start, width) in POINTING.items():
            box = await page.locator(one).first.bounding_box()
            assert box is not None
            x = box["x"] + start if direction == "ltr" else box["x"] + box["width"] - start - width
            clip = {"x": x, "y": box["y"], "width": width, "height": box["height"]}
            drawn[one].append(picture(await page.screenshot(clip=clip, full_page=True)))
    for one, (there, here) in drawn.items():
        mirrored = there.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        assert unlike(there, mirrored) > 0.2, one
        assert unlike(here, mirrored) < 0.2, one


async def test_marks_drawn_with_backgrounds_are_seen_in_forced_colours(page_factory: PageFactory, address: str) -> None:
    page = await page_factory(forced_colours=True)
    await page.goto(f"{address}/en/ltr")
    assert await colours(page, ".moj-timeline", 0, 40, 5, 5) != await colours(page, "main", 0, 0, 5, 5)
    tab = page.locator(".moj-sub-navigation__link[aria-current]")
    box = await tab.bounding_box()
    assert box is not None
    current = await colours(page, ".moj-sub-navigation__link[aria-current]", 0, box["height"] - 4, 5, 3)
    other = await colours(page, ".moj-sub-navigation__link:not([aria-current])", 0, box["height"] - 4, 5, 3)
    assert current != other


async def test_the_identity_bar_is_as_wide_as_its_page_and_messages_begin_where_lines_begin(
    page_factory: PageFactory, address: str
) -> None:
    page = await page_factory(width=1600)
    await page.goto(f"{address}/en/ltr")
    await page.locator(".govuk-width-container").evaluate("one => one.style.maxWidth = 'none'")
    wide = "selector => document.querySelector(selector).getBoundingClientRect().width"
    assert await page.evaluate(wide, ".moj-identity-bar__container") == await page.evaluate(wide, "main") > 1200
    aligned = "() => getComputedStyle(document.querySelector('.moj-message-item--sent')).textAlign"
    assert await page.evaluate(aligned) == "start"


async def colours(page: Page, selector: str, x: float, y: float, width: float, height: float) -> set[Any]:
    box = await page.locator(selector).first.bounding_box()
    assert box is not None
    clip = {"x": box["x"] + x, "y": box["y"] + y, "width": width, "height": height}
    shot = picture(await page.screenshot(clip=clip, full_page=True))
    return set(shot.get_flattened_data())


def picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("L")


def drawing(shot: Image.Image) -> Image.Image:
    """What is drawn in it, black on white, without the ground around it."""
    ink = shot.point(lambda value: 255 if value < 160 else 0)
    return ink.crop(ink.getbbox())


def unlike(one: Image.Image, other: Image.Image) -> float:
    """How much of two drawings differs, from 0 to 1."""
    one, other = drawing(one), drawing(other)
    if abs(one.width - other.width) > 1 or abs(one.height - other.height) > 1:
        return 1.0
    return sum(ImageChops.difference(one, other.resize(one.size)).histogram()[128:]) / (one.width * one.height)
