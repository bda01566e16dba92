"""What whoever takes the machine finds in its browser, by Back or in the profile: S8, S12, S13 and S17."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get, post

from tests.browser.conftest import Portal
from tests.browser.profiles import Profile, back, history_is_written
from tests.browser.safety import MARKER, TELLING, fill, press, to_the_end, to_words
from tests.browser.served import listening, served

pytestmark = [pytest.mark.stack, pytest.mark.processes]


@pytest.fixture
async def profile(tmp_path: Path) -> AsyncIterator[Profile]:
    profile = Profile(tmp_path / "profile")
    yield profile
    await profile.close()


async def test_s8_after_leaving_back_shows_nothing_that_was_typed(profile: Profile, portal: Portal) -> None:
    page = await profile.open()
    await to_words(page, portal)
    await fill(page, MARKER)
    await press(page, "button[value=on]")
    await press(page, "#leave")
    for _ in range(2):
        async with page.expect_navigation(url=f"{portal.address}/en/closed"):
            await back(page)
        assert MARKER not in await page.content()
        assert await page.locator("textarea").count() == 0


async def test_s17_after_the_browser_was_killed_what_was_open_has_closed(profile: Profile, portal: Portal) -> None:
    page = await profile.open()
    await to_words(page, portal)
    await fill(page, MARKER)
    await press(page, "button[value=on]")
    await back(page)
    left = page.url
    await profile.kill()
    page = await profile.open()
    await page.goto(left)
    assert page.url == f"{portal.address}/en/closed"
    assert MARKER not in await page.content()
    assert profile.files_with(MARKER) == set()


async def test_s17_a_window_that_comes_back_shows_the_page_unless_it_was_left(profile: Profile, portal: Portal) -> None:
    """No server can tell a page that a browser restores from one that is opened, and cookies of a session come back
    with it: so what ends it is leaving, as it is said before (S25), or its time (S16).
    """
    page = await profile.open()
    await to_words(page, portal)
    await fill(page, MARKER)
    await press(page, "button[value=on]")
    left = page.url
    await profile.close()
    page = await profile.restored(portal.address)
    assert page.url == left
    await press(page, "#leave")
    assert page.url == portal.neutral
    await profile.close()
    page = await profile.restored(portal.neutral)
    assert not [one.url for one in page.context.pages if one.url.startswith(portal.address)]
    await page.goto(left)
    assert page.url == f"{portal.address}/en/closed"
    assert MARKER not in await page.content()


async def test_s12_s13_the_profile_holds_no_word_and_no_code_and_its_history_says_nothing(
    profile: Profile, portal: Portal
) -> None:
    page = await profile.open()
    await to_words(page, portal)
    code = await to_the_end(page)
    await press(page, "#leave")
    await history_is_written(profile, portal.neutral)
    await profile.close()
    visited = [one for one in profile.visited() if one[0].startswith(portal.address)]
    assert visited, "the history was not written yet: the test would see nothing"
    assert profile.files_with(MARKER, code, code.replace("-", " "), code.replace("-", "")) == set()
    for url, title in visited:
        assert not TELLING.search(url.removeprefix(portal.address)), url
        assert not TELLING.search(title), title


async def test_s12_the_same_search_finds_what_a_naive_form_leaves(profile: Profile) -> None:
    """So that the search above is known to see: a form as most are, answered by a page."""

    @get("/", media_type="text/html")
    async def form() -> str:
        asked = '<form method="post"><textarea name="a"></textarea><button>Go</button></form>'
        return f"<!doctype html><title>Form</title>{asked}"

    @post("/", media_type="text/html", status_code=200)
    async def taken(request: Request[Any, Any, Any]) -> Response[str]:
        given = (await request.form())["a"]
        page = f"<!doctype html><title>{given}</title><p>{given}</p>"
        return Response(page, headers={"Cache-Control": "max-age=600"}, media_type="text/html")

    listener, address = listening()
    async with served(listener, Litestar([form, taken])):
        page = await profile.open()
        await page.goto(address)
        await page.fill("textarea", MARKER)
        await press(page, "button")
        await history_is_written(profile, address)
        await profile.close()
    assert profile.files_with(MARKER)
