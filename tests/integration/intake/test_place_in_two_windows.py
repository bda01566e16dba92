"""One place that was kept, opened on two devices: it becomes one report, and the other device learns what its code
tells anybody, that the place is not there any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from services.intake.intake import utc_now
from services.intake.use_cases.keep_place import forget_old_places
from tests.integration.intake.conftest import Browse, client_of
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.portal_walk import begin, choose, code_on, data_of, onwards, send, to_the_check
from tests.integration.intake.test_portal_place import added
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]
WORDS = "She has not decided yet."
ENDED = "Your place is not there any more"


async def two(client: httpx.AsyncClient, world: World, *, file: bool = False) -> tuple[PortalBrowser, PortalBrowser]:
    """Both at the check: she who kept the place, and somebody with its code."""
    browser = await begin(client, world)
    await choose(browser, "formal_report", {"mode": "confidential"})
    await browser.go("/s/6")
    await browser.fill({"what_happened": WORDS})
    if file:
        await added(world, browser, b"one")
    await browser.go("/check")
    await browser.fill({"step": "keep"})
    other = PortalBrowser(client, world.settings.public_url)
    await come_back(other, code_on(browser))
    assert other.path == other.at("/check")
    await browser.follow("Go on writing")
    return browser, other


async def reports(world: World) -> int:
    return int((await world.rows("select count(*) from reports"))[0][0])


async def test_one_place_becomes_one_report(client: httpx.AsyncClient, browse: Browse, world: World) -> None:
    browser, other = await two(client, world)
    before = await reports(world)
    code = await send(browser)
    await other.fill({"step": "send"})
    assert other.path == other.at("/place")
    assert await reports(world) == before + 1
    assert ENDED in other.text
    assert "Nothing was sent from here." in other.text
    assert not any(group in other.text for group in code.split("-"))
    # With the code that was shown then she gets in, from there too.
    await other.follow("I already have a code")
    await other.fill({"code": code})
    assert other.path == other.at("/inbox")


async def test_sent_from_both_at_one_time_it_is_one_report(client: httpx.AsyncClient, world: World) -> None:
    pairs = [await two(client, world, file=file) for file in (False, False, False, True, True)]
    before = await reports(world)
    await asyncio.gather(*(one.fill({"step": "send"}) for pair in pairs for one in pair))
    assert await reports(world) == before + len(pairs)
    for pair in pairs:
        assert sorted(one.path for one in pair) == ["/en/place", "/en/sent"]


@pytest.mark.parametrize("with_file", [False, True], ids=["words", "words and a file"])
async def test_the_other_window_is_told_the_same_whatever_became_of_the_place(
    fresh_world: FreshWorld, with_file: bool
) -> None:
    """Whoever made her give the place's code does not learn from an open window that she has sent it."""
    world = await fresh_world()
    told: list[str] = []
    async with client_of(world) as client:
        for ending in ("sent", "deleted", "its time is over"):
            browser, other = await two(client, world, file=with_file)
            if ending == "sent":
                await send(browser)
            elif ending == "deleted":
                await browser.fill({"step": "delete"})
            else:
                until = world.intake.policy.due("draft.expire", utc_now())
                await forget_old_places(world.intake, until + timedelta(days=1))
            for step in ("send", "keep"):
                await other.go("/check")
                await other.fill({"step": step})
                assert other.path == other.at("/place")
                told.append(other.page.text.replace(browser_csrf(other), ""))
    assert len(set(told)) == 1


def browser_csrf(browser: PortalBrowser) -> str:
    return browser.form().hidden["csrf"]


async def test_what_was_written_in_the_other_window_is_not_lost_to_whoever_deletes_the_place(
    client: httpx.AsyncClient, world: World
) -> None:
    """It may be she who sits there, and somebody else who has the code of the place."""
    browser, other = await two(client, world, file=True)
    await browser.fill({"step": "delete"})
    await other.go("/s/6")
    await other.fill({"what_happened": WORDS + " Now she has.", "step": "keep"})
    assert other.path == other.at("/place")
    await other.fill(button="Go on without that place")
    assert other.path == other.at("/check")
    assert "Now she has." in other.text
    assert "file-1.txt" not in other.text
    await other.fill({"step": "keep"})
    assert other.path == other.at("/kept"), "under another code"
    await other.follow("Go on writing")
    (route,) = (await inbox(client, await send(other)))["routes"]
    assert [one["text"] for one in route["answers"]] == [WORDS + " Now she has."]


async def test_a_place_that_was_sent_does_not_begin_again_under_its_code(
    client: httpx.AsyncClient, world: World
) -> None:
    browser, other = await two(client, world)
    place = (await data_of(world, other))["place"]["code"]
    await send(browser)
    await other.fill({"step": "keep"})
    late = PortalBrowser(client, world.settings.public_url)
    await come_back(late, place)
    assert late.path == late.at("/back/again")


async def test_a_place_that_is_there_has_no_such_page(client: httpx.AsyncClient, world: World) -> None:
    browser, _ = await two(client, world)
    await browser.go("/place")
    assert browser.path == browser.at("/check")


async def test_a_further_way_that_was_kept_is_sent_once_too(client: httpx.AsyncClient, world: World) -> None:
    """Under the code that she has, or without it where the place was taken up elsewhere."""
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    code = await send(browser)
    await browser.fill({"kept": "yes"})
    await browser.go("/s/1")
    await to_the_check(browser, "formal_report", {"what_happened": WORDS})
    await browser.fill({"step": "keep"})
    other = PortalBrowser(client, world.settings.public_url)
    await come_back(other, code_on(browser))
    await onwards(other, {})
    await send(other)
    await browser.go("/check")
    await browser.fill({"step": "send"})
    assert browser.path == browser.at("/place")
    assert [one["route"] for one in (await inbox(client, code))["routes"]] == ["informal_resolution"]
