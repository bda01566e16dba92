"""What stays in the browser of whoever was here, and what goes out of it: S1 to S25 of the safety list, in Chromium.

Whoever looks over a shoulder presses Back; whoever takes the machine reads its profile.
"""

from typing import Any, Final

import pytest
from babel.messages.pofile import read_po
from playwright.async_api import Page

from ops.texts import file_of
from tests.browser.conftest import PageFactory, Portal
from tests.browser.safety import MARKER, TELLING, fill, press, to_the_end, to_words
from tests.waiting import eventually

pytestmark = [pytest.mark.stack, pytest.mark.processes]
SAID_FIRST: Final = {
    "/before": (
        "Your browser may still list the address of this site. You can use a private window.",
        "A work network can see that this site was opened. It may also see what you write.",
        "A work device may record what its screen shows. Use a device of your own if you can.",
        "A phone may keep a small picture of the last page.",
        "A browser that starts again may open your page again, with what you wrote, until its time is over.",
        "After “Leave this site” it cannot.",
    ),
    "/online": (
        "Some offices open encrypted pages on the way. Then they see everything.",
        "A browser that starts again may open your page again, if you closed the window without leaving.",
        "Firefox, Safari, phones and tablets.",
        "These pages, by anybody from outside who tries to break in.",
    ),
}
"""What these pages cannot do, and what of it nobody has tested."""
_PRESSED: Final = """() => {
    const seen = () => getComputedStyle(document.querySelector('textarea')).visibility, before = seen();
    document.getElementById('leave').click();
    return [before, seen()];
}"""
"""How the page looks before leaving is pressed and in the same moment."""


@pytest.fixture
async def page(page_factory: PageFactory) -> Page:
    return await page_factory()


def words_in(language: str, text: str) -> str:
    """The text as this language says it."""
    if language == "en":
        return text
    with file_of("services/intake", language).open("rb") as source:
        message = read_po(source, locale=language).get(text)
    assert message is not None, text
    assert message.string, text
    return str(message.string)


async def test_s1_s2_s4_s5_s13_s23_s24_a_whole_journey_asks_nobody_else_and_leaves_nothing_to_keep(
    page: Page, portal: Portal
) -> None:
    requests: list[Any] = []
    answers: list[Any] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108  playwright marks it
    page.on("response", lambda response: answers.append(response))  # noqa: PLW0108
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{portal.address}/en/")
    await to_words(page, portal)
    await to_the_end(page)
    own = {one.url for one in requests if not one.url.startswith("data:")}
    assert all(url.startswith(f"{portal.address}/") for url in own)  # S1
    assert said == []  # S2: nothing that the content policy stopped
    for one in requests:
        if one.method == "POST":  # S4
            headers = await one.all_headers()
            assert (headers["origin"], headers["sec-fetch-site"]) == (portal.address, "same-origin")
    for one in answers:
        if one.url.startswith("data:"):
            continue
        headers = await one.all_headers()
        if "/static/" in one.url:
            assert headers["cache-control"] == "public, max-age=31536000, immutable"
            continue
        assert headers["cache-control"] == "no-store", one.url  # S5
        assert one.request.method == "GET" or one.status == 303  # S11
        assert headers["x-frame-options"] == "DENY"  # S24
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert {"camera=()", "display-capture=()", "geolocation=()", "microphone=()"} <= set(
            headers["permissions-policy"].split(", ")
        )
        assert headers["x-robots-tag"].startswith("noindex")  # S23
    assert not any(TELLING.search(url.removeprefix(portal.address)) for url in own)  # S13
    assert not TELLING.search(await page.title())


async def test_s6_nothing_is_stored_before_the_first_answer_and_then_one_cookie(page: Page, portal: Portal) -> None:
    for path in ("/en/", "/en/before", "/fr/online", "/ar/"):
        await page.goto(portal.address + path)
        assert await page.context.cookies() == []
    await press(page, "a[href='/ar/before']")
    await press(page, "main button[type=submit]")
    (cookie,) = await page.context.cookies()
    kept = {name: cookie[name] for name in ("secure", "httpOnly", "sameSite", "path", "expires")}  # type: ignore[literal-required]
    assert kept == {"secure": True, "httpOnly": True, "sameSite": "Strict", "path": "/", "expires": -1}
    assert cookie["name"].startswith("__Host-")
    storage = await page.evaluate("[localStorage.length, sessionStorage.length]")
    databases = await page.evaluate("indexedDB.databases().then(found => found.length)")
    assert (storage, databases) == ([0, 0], 0)


async def test_inv_25_s3_s7_leaving_goes_to_a_dull_site_that_is_not_told_from_where(page: Page, portal: Portal) -> None:
    await to_words(page, portal)
    left, sessions = page.url, await portal.world.rows("select digest from web_sessions")
    portal.referrers.clear()
    assert await page.evaluate(_PRESSED) == ["visible", "hidden"]  # S7: before anything has answered
    await page.wait_for_url(portal.neutral)
    assert portal.referrers == [None]  # S3
    history = await page.context.new_cdp_session(page)
    entries = (await history.send("Page.getNavigationHistory"))["entries"]
    assert left not in [entry["url"] for entry in entries]  # S7: replaced, not left behind
    assert await page.context.cookies(portal.address) == []
    gone = await portal.world.rows("select digest from web_sessions")
    assert len(gone) == len(sessions) - 1


async def test_inv_25_s9_leaving_works_by_either_link_and_by_shift_three_times_and_not_by_capitals(
    page: Page, portal: Portal
) -> None:
    for way in ("top", "foot", "keys"):
        await to_words(page, portal)
        box = page.locator("textarea[name=what_happened]")
        await box.focus()
        for letter in "ABCD":
            await page.keyboard.press(f"Shift+{letter}")
        assert await box.input_value() == "ABCD"
        # A second press may leave once more, before the first has arrived.
        if way == "keys":
            for _ in range(3):
                await page.keyboard.press("Shift")
        else:
            await page.locator("#leave" if way == "top" else "footer [data-leave]").click(no_wait_after=True)

        async def arrived() -> bool:
            return page.url == portal.neutral

        await eventually(arrived)


async def test_inv_25_s10_leaving_works_without_scripts_and_what_was_open_has_closed(
    page_factory: PageFactory, portal: Portal
) -> None:
    page = await page_factory(javascript=False)
    await to_words(page, portal)
    left = page.url
    await press(page, "#leave")
    assert page.url == portal.neutral
    await page.goto(left)
    assert page.url == f"{portal.address}/en/closed"
    assert await page.locator("textarea").count() == 0


async def test_s14_nothing_that_is_typed_is_completed_checked_or_suggested(page: Page, portal: Portal) -> None:
    await to_words(page, portal)
    while "/check" not in page.url:
        for box in await page.locator("main textarea, main input[type=text]").all():
            named = await box.get_attribute("name")
            told = [await box.get_attribute(one) for one in ("autocomplete", "spellcheck", "writingsuggestions")]
            assert told == ["off", "false", "false"], f"{page.url} {named}"
        for form in await page.locator("main form").all():
            assert await form.get_attribute("autocomplete") == "off"
        await fill(page, "A few words.")
        await press(page, "button[value=on]")


async def test_s16_two_minutes_before_they_close_the_pages_say_so(page: Page, portal: Portal) -> None:
    await page.clock.install()
    await to_words(page, portal)
    soon = page.locator("[role=status] #soon")
    await page.clock.fast_forward("27:55")
    assert await soon.is_hidden()
    await page.clock.fast_forward("00:10")
    assert await soon.inner_text() == "They close in two minutes, unless you keep them open."


async def test_back_in_the_middle_shows_what_was_written_and_the_later_words_stand(page: Page, portal: Portal) -> None:
    await to_words(page, portal)
    words = page.url
    await page.fill("textarea[name=what_happened]", MARKER)
    await press(page, "button[value=on]")
    await page.go_back()
    assert page.url == words
    assert await page.input_value("textarea[name=what_happened]") == MARKER
    await page.fill("textarea[name=what_happened]", "Something else.")
    while "/check" not in page.url:
        await press(page, "button[value=on]")
    shown = await page.inner_text("main")
    assert "Something else." in shown
    assert MARKER not in shown


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
async def test_inv_25_s25_what_leaving_can_and_cannot_do_is_said_before_it_is_needed(
    page: Page, portal: Portal, language: str
) -> None:
    for path, texts in SAID_FIRST.items():
        await page.goto(f"{portal.address}/{language}{path}")
        said = [" ".join(one.split()) for one in await page.locator("main li").all_inner_texts()]
        for text in texts:
            assert words_in(language, text).replace("\u00a0", " ") in said
