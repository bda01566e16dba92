"""What a page of the portal weighs: much of the world pays for it, or waits."""

from typing import Any

import httpx
import pytest

from chassis.web.pages.words import OWN_NAMES
from services.intake.domain.ways import WAYS
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, onwards
from tests.integration.intake.world import World

pytestmark = pytest.mark.stack


LONGEST = 10 * 1024
"""Bytes of each page after the first: pages are not compressed, since they hold secrets beside what was typed."""
SITUATIONS = {
    "nothing is said": {},
    "every risk is stated": {"power_over_me": "yes"},
    "help comes first": {"now": ["self_harm"], "power_over_me": "yes"},
    "help comes first, and no way towards the other is safe": {
        "now": ["danger_now", "weapon", "threats", "self_harm", "sexual_assault"],
        "power_over_me": "yes",
        "feels_safe_to_talk": "no",
    },
    "a child is concerned": {"now": ["self_harm", "minor"], "affected_is": "child", "power_over_me": "yes"},
}


def heavy(browser: PortalBrowser) -> dict[str, int]:
    pages = {answer.request.url.path: len(answer.content) for answer in browser.seen if answer.status_code == 200}
    assert len(pages) > 3
    return {path: size for path, size in pages.items() if size > LONGEST}


@pytest.mark.parametrize("language", [*OWN_NAMES])
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
async def test_the_ways_side_by_side_are_small_enough_with_whatever_comes_first(
    client: httpx.AsyncClient, world: World, language: str, situation: dict[str, Any]
) -> None:
    """Seven ways in Arabic, whose letters take two bytes, below the card for whoever is in danger."""
    browser = await begin(client, world, language)
    await onwards(browser, situation)
    assert browser.path == browser.at("/s/3")
    assert ("class=now" in browser.page.text) is ("now" in situation)
    if "sea_report" in browser.form().offered["way"]:
        await browser.fill({"way": "sea_report"})
        assert browser.path == browser.at("/s/4")
    assert heavy(browser) == {}


@pytest.mark.parametrize("way", [*WAYS])
async def test_a_page_is_small_enough_for_a_slow_line(client: httpx.AsyncClient, world: World, way: str) -> None:
    for language in OWN_NAMES:
        browser = await begin(client, world, language)
        await choose(browser, way, {"mode": "confidential", "writer": "witness"} if way != "direct_approach" else {})
        await onwards(browser, {"what_happened": "It.", "wish": "It.", "recipient": "S0030"})
        assert browser.path == browser.at("/check")
        assert heavy(browser) == {}
