"""Speaking with the other person herself: at most a day is kept."""

import httpx
import pytest

from services.intake.intake import utc_now
from tests.integration.intake.portal_walk import (
    begin,
    choose,
    onwards,
    send,
)
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack


async def test_a_day_to_be_asked_on_is_all_that_is_kept_of_the_direct_way(
    client: httpx.AsyncClient, world: World
) -> None:
    reports = await world.rows("select count(*) from reports")
    browser = await begin(client, world)
    await choose(browser, "direct_approach", {"power_over_me": "yes", "feels_safe_to_talk": "yes"})
    assert "That can make it riskier." in browser.text
    await onwards(browser, {"after": "second"})
    assert "Nothing has been sent, and nothing will be sent to anybody." in browser.text
    code = await send(browser)
    found = await inbox(client, code)
    due = world.intake.policy.due("informal.checkin.second", utc_now()).date()
    assert ([one["on"] for one in found["reminders"]], found["routes"]) == ([due.isoformat()], [])
    assert await world.rows("select count(*) from reports") == reports


async def test_without_a_day_nothing_at_all_is_kept_of_the_direct_way(client: httpx.AsyncClient, world: World) -> None:
    codes = await world.rows("select count(*) from access_codes")
    browser = await begin(client, world)
    await choose(browser, "direct_approach")
    await onwards(browser, {})
    assert "You chose no day. Then nothing is kept at all." in browser.text
    assert browser.form().offered["step"] == ["delete"]
    assert browser.form().buttons == ["Close these pages"], "where nothing is kept, no button says that there is"
    await browser.fill({"step": "delete"})
    assert "Nothing was sent, and nothing is kept here." in browser.text
    assert await world.rows("select count(*) from access_codes") == codes
