"""Pages to be read: there for anybody, and true to the policy."""

import html
import re

import pytest

from chassis.web.pages.words import OWN_NAMES
from tests.integration.intake.conftest import Browse
from tests.integration.intake.world import World

pytestmark = pytest.mark.stack


async def test_pages_to_be_read_need_no_session_and_set_no_cookie(browse: Browse, world: World) -> None:
    for language in OWN_NAMES:
        browser = await browse(language=language)
        for path in ("/told", "/online", "/privacy", "/accessibility", "/data"):
            answer = await browser.go(path)
            assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
            english = re.fullmatch(
                r"(What to do|Online|Privacy|Accessibility|Ask what is held about you) \u2013 Staff services",
                browser.title,
            )
            assert english or language != "en"


async def test_privacy_says_how_long_by_the_policy_and_invents_nothing(browse: Browse, world: World) -> None:
    browser = await browse()
    await browser.go("/privacy")
    policy, text = world.intake.policy, html.unescape(browser.text)
    assert policy.deadlines["keep.no_case"].amount == 36
    assert "A report that led to no case 36 months" in text
    assert (
        "A talk with an ombudsperson or focal point, after it ended 30 days Not in the policy. This site set it."
        in text
    )
    assert policy.deadlines["keep.substantiated"].amount is None
    assert "A report that was found to be true The organisation has not set this." in text
