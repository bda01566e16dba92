"""The pages of help in a real Chromium: for everybody, in each language, wide and on a phone."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from chassis.web.app import create_app
from chassis.web.pages.assets import Assets
from chassis.web.pages.words import OWN_NAMES
from services.support import help_file
from services.support.settings import SupportSettings
from services.support.web.directory.pages import help_pages
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served
from tests.lifecycles import POLICY

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PLACES = help_file.load()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    listener, address = listening()
    settings = SupportSettings(
        service="support", database_dsn="", kafka_bootstrap="", temporal_address="", oidc_issuer="", http_port=1,
        keys_dir=".", service_keys=".", public_url=address, portal_url="https://portal.example",
    )  # fmt: skip
    assets = Assets(settings.kit_dir)
    # A day on which nobody has checked anything lately: each place says so.
    pages = help_pages(settings, PLACES, POLICY, lambda: date(2031, 1, 1), assets)
    async with served(listener, create_app(settings, [pages, assets.handler()])):
        yield address


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", OWN_NAMES)
async def test_no_page_of_help_has_a_barrier_or_is_wider_than_its_window(
    page_factory: PageFactory, address: str, language: str, width: int
) -> None:
    page = await page_factory(width=width, language=language)
    for path in ("", "/creek", "/selwick/poster", "/nowhere"):
        await page.goto(f"{address}/{language}/help{path}")
        assert await axe(page) == [], page.url
        assert await page.evaluate(WIDER) <= 0, page.url
