"""Deleting what was not sent, and what is left of it."""

import httpx
import pytest

from tests.integration.intake.portal_walk import (
    begin,
    code_on,
    data_of,
    send,
    to_the_check,
)
from tests.integration.intake.test_portal_sending import WORDS, through
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack


async def test_deleting_in_another_window_does_not_take_the_code_that_was_not_kept(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": WORDS})
    late = through(browser)
    await late.go("/check")
    code = await send(browser)
    await late.fill({"step": "delete"})
    assert (late.path, code_on(late)) == (late.at("/sent"), code)


async def test_whoever_has_a_code_deletes_the_draft_alone(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    code = await send(browser)
    await browser.go("/s/1")
    await to_the_check(browser, "formal_report", {"what_happened": WORDS})
    await browser.fill({"step": "delete"})
    assert (browser.path, code_on(browser)) == (browser.at("/sent"), code)
    assert (await data_of(world, browser)).keys() == {"code", "sent"}
    assert [one["route"] for one in (await inbox(client, code))["routes"]] == ["informal_resolution"]


async def test_after_sending_nothing_of_the_draft_is_left_and_the_code_is(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": WORDS})
    code = await send(browser)
    data = await data_of(world, browser)
    assert data.keys() == {"code", "sent"}
    assert data["code"] == code
    await browser.go("/s/6")
    assert browser.path == browser.at("/sent")
    await browser.go("/check")
    assert browser.path == browser.at("/sent")


async def test_everything_is_deleted_at_a_word(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": WORDS})
    before, cookie = await world.rows("select count(*) from reports"), browser.cookie
    await browser.fill({"step": "delete"})
    assert (browser.path, browser.cookie) == (browser.at("/deleted"), "")
    assert await world.rows("select count(*) from reports") == before
    browser.cookie = cookie
    await browser.go("/check")
    assert browser.path == browser.at("/closed")
