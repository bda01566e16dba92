"""Whom she asks to listen: from a list, and a wish."""

import json

import httpx
import pytest

from tests.integration.intake.portal_walk import begin, choose, onwards, send, to_the_check
from tests.integration.intake.world import World

pytestmark = pytest.mark.stack


async def test_whom_she_asks_to_listen_is_her_choice_from_a_list_and_goes_sealed_to_that_desk_alone(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    told = {"not_these_people": "S0011", "alleged_offender": "S0013", "spoken_language": "fr", "language": "es"}
    await choose(browser, "informal_resolution")
    while "listener" not in browser.form().names:
        await browser.fill({name: given for name, given in told.items() if name in browser.form().names})
    at = browser.path
    assert browser.form().offered["listener"] == ["", "S0012", "S0010"]
    assert "checked" not in browser.page.text
    await browser.fill({"near": "valm", "step": "look"})
    assert (browser.path, browser.form().offered["listener"]) == (at, ["", "S0010", "S0012"])
    assert "Ombudsperson S0010 · Valmora At the place you named." in browser.text
    await browser.fill({"listener": "S0012"})
    await onwards(browser, {})
    asked = browser.text.partition("Who is asked to listen")[2].partition("Who will see this")[0]
    assert "Focal point S0012 · Tarn You chose this person." in asked
    # Named since, the one she chose is not asked, and she hears of it before anything is sent.
    await browser.go("/s/7")
    await browser.fill({"alleged_offender": "S0012"})
    assert "The person you chose cannot listen to you here." in browser.text
    assert "send" not in browser.form("Stop").offered["step"]
    await browser.go("/s/7")
    await browser.fill({"alleged_offender": "S0013"})
    code = await send(browser)
    report_id = await world.report_id(client, code)
    (lodged,) = [one.message for one in await world.events(report_id)]
    assert (lodged.language, json.loads(lodged.facts_json)["spoken_language"]) == ("es", "fr")
    assert "S0012" not in str(lodged)
    (handed,) = (await world.ask_parties(client, "ombuds", report_id)).json()["items"]
    named = world.open_as_desk("ombuds", "ombuds", report_id, handed)
    assert (named["recipient"], named["not_these_people"]) == ("S0012", ["S0011"])
    assert (await world.ask_parties(client, "workflow", report_id)).status_code == 404


async def test_whoever_chooses_nobody_lets_the_desk_choose(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    assert "You let us choose." in browser.text
    code = await send(browser)
    report_id = await world.report_id(client, code)
    assert (await world.events(report_id))[0].message.parties_item_id == ""
