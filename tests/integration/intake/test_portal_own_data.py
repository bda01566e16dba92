"""Asking what is held about oneself, apart from the ways."""

import httpx
import pytest

from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import (
    onwards,
    rows_of,
    send,
)
from tests.integration.intake.test_portal_sending import WORDS
from tests.integration.intake.world import World, inbox, lodge

pytestmark = pytest.mark.stack


async def test_what_is_held_is_asked_apart_from_the_ways_with_a_number_and_under_a_key_of_its_own(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = PortalBrowser(client, world.settings.public_url, "en")
    await browser.go("/privacy")
    await browser.follow("Ask what is held about you")
    assert (browser.path, browser.cookie) == (browser.at("/data"), "")
    assert "Say what others may have told, or whether anybody has. That is the same for everybody." in browser.text
    assert "We answer within one month." in browser.text
    await browser.fill(button="Continue")
    assert browser.path == browser.at("/s/4")
    await browser.fill({"right": "know"})
    assert browser.path == browser.at("/s/4")
    assert "Enter your staff number, like S0012." in browser.text, "nobody could tell whose data it is"
    given = {"right": "put_right", "wish": WORDS, "my_number": "S0018", "not_these_people": "S0012"}
    await onwards(browser, given)
    assert "The data protection officer reads this." in browser.text
    code = await send(browser)

    (route,) = (await inbox(client, code))["routes"]
    body = {
        "route": "data_request",
        "mode": "confidential",
        "answers": {"wish": WORDS},
        "parties": {"affected_individual": "S0018"},
        "not_these_people": ["S0012"],
        "choices": {"right": "put_right"},
    }
    direct = await lodge(client, body)
    (other,) = (await inbox(client, direct.json()["access_code"]))["routes"]
    rows = await rows_of(world, route["report_id"])
    assert rows == await rows_of(world, other["report_id"])
    assert rows["report"][0]["office"] == "data_protection"
    assert {row["recipient"] for row in await world.wraps(route["report_id"])} == {
        "route", "workflow/data_protection", "intake/custodian",
    }  # fmt: skip
    for wrong in ({"mode": "anonymous"}, {"parties": {}}, {"parties": {"reporter": "S0018"}}):
        refused = await lodge(client, body | wrong)
        assert (refused.status_code, refused.json()["field"]) == (400, "parties.affected_individual")
    # Among the ways it is not.
    await browser.fill({"kept": "yes"})
    await browser.go("/s/3")
    assert "data_request" not in browser.page.text
