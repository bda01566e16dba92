"""The directory of help as pages: there for anybody, with nothing behind it, saying first what may harm.

No database, no key and no other service is there in these tests: the pages need none.
"""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import segno

from chassis.web.app import create_app
from chassis.web.pages.assets import Assets
from chassis.web.pages.words import OWN_NAMES
from services.support import help_file
from services.support.domain.help import EVERYWHERE, Directory, Service, checked_since
from services.support.settings import SupportSettings
from services.support.web.directory.pages import help_pages
from tests.lifecycles import POLICY

TODAY = date(2026, 11, 20)
OUR = "https://help.example"


def settings(**changes: Any) -> SupportSettings:
    given: dict[str, Any] = {
        "service": "support", "database_dsn": "", "kafka_bootstrap": "", "temporal_address": "", "oidc_issuer": "",
        "http_port": 1, "keys_dir": ".", "service_keys": ".", "public_url": OUR, "portal_url": "https://portal.example",
    }  # fmt: skip
    return SupportSettings(**(given | changes))


def client_of(places: Directory, today: date = TODAY, **changes: Any) -> httpx.AsyncClient:
    told = settings(**changes)
    assets = Assets(told.kit_dir)
    app = create_app(told, [help_pages(told, places, POLICY, lambda: today, assets), assets.handler()])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OUR)


@pytest.fixture(scope="module")
def places() -> Directory:
    return help_file.load()


@pytest.fixture
async def client(places: Directory) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(places) as client:
        yield client


def words(answer: httpx.Response) -> str:
    """What a reader sees of the main part, in one line."""
    (main,) = re.findall(r"<main.*</main>", answer.text, re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", main).split()))


def addresses(places: Directory) -> list[str]:
    stations = [f"/help/{key}{part}" for key in places.stations for part in ("", "/poster")]
    return [f"/{language}{path}" for language in OWN_NAMES for path in ("/help", *stations)]


async def test_no_page_sets_a_cookie_asks_anything_or_loads_from_elsewhere(
    client: httpx.AsyncClient, places: Directory
) -> None:
    for path in addresses(places):
        answer = await client.get(path, headers={"Cookie": "a=b"})
        assert answer.status_code == 200, path
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert "trusted-types 'none'" in answer.headers["content-security-policy"]
        loaded = re.findall(r'(?:<link[^>]*href|<script[^>]*src|<img[^>]*src)="([^"]+)"', answer.text)
        assert all(one.startswith(("/static/", "data:")) for one in loaded)
        assert not re.search(r"<form|<input|<iframe|\sstyle=|\son\w+=", answer.text)
        for one in loaded:
            if one.startswith("/static/"):
                assert (await client.get(one)).status_code == 200


async def test_the_longest_page_is_light_on_the_way(client: httpx.AsyncClient, places: Directory) -> None:
    for path in addresses(places):
        answer = await client.get(path, headers={"Accept-Encoding": "gzip"})
        assert int(answer.headers["content-length"]) <= 10_000, path
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})
        assert ("content-encoding" in plain.headers, plain.text) == (False, answer.text)


async def test_titles_and_addresses_say_nothing_of_what_it_is_about(
    client: httpx.AsyncClient, places: Directory
) -> None:
    for path in addresses(places):
        page = (await client.get(path)).text
        (title,) = re.findall("<title>([^<]*)</title>", page)
        assert re.fullmatch(r"(Support|Sheet) \u2013 Staff services", title) or not path.startswith("/en/")
        assert not re.search("harass|report|abuse|complain", title + path, re.IGNORECASE)


async def test_emergency_numbers_stand_before_everything_else(client: httpx.AsyncClient, places: Directory) -> None:
    for station in places.stations:
        text = words(await client.get(f"/en/help/{station}"))
        emergency = [one for one in places.at(station) if one.service is Service.EMERGENCY]
        first = min(text.index(one.name) for one in places.at(station) if one.service is not Service.EMERGENCY)
        assert emergency
        assert all(text.index(one.contact) < first for one in emergency)


async def test_what_the_law_punishes_is_said_before_whom_to_tell(client: httpx.AsyncClient, places: Directory) -> None:
    text = words(await client.get("/en/help/creek"))
    warning = text.index("Read this before you tell anybody here.")
    assert "The law here punishes same-sex conduct." in text
    assert warning < text.index("In this place")
    assert "Read this before" not in words(await client.get("/en/help/selwick"))
    # A place that passes on what it hears, where the law punishes, says so itself.
    risky = [one for one in places.entries if one.station == "creek" and (one.must_report or not one.confidential)]
    assert risky
    assert text.count("Take care: what you say here may reach those who enforce that law.") == len(risky)


async def test_each_place_says_what_somebody_needs_to_know_of_it(client: httpx.AsyncClient, places: Directory) -> None:
    for station in places.stations:
        text = words(await client.get(f"/en/help/{station}"))
        for one in places.at(station):
            for said in (one.name, one.contact, one.note, one.hours, one.cost, one.run_by, *one.must_report):
                assert said in text, (station, one.key, said)


@pytest.mark.parametrize("language", [one for one in OWN_NAMES if one != "en"])
async def test_what_cannot_wait_and_each_place_are_said_in_the_readers_language(
    client: httpx.AsyncClient, places: Directory, language: str
) -> None:
    for station in places.stations:
        text = words(await client.get(f"/{language}/help/{station}"))
        for said in (places.said_first, *(one.text for one in (*places.health, *places.doors))):
            assert said not in text
        for one in places.at(station):
            for said in filter(None, (one.hours, one.cost, one.run_by, one.note, *one.must_report)):
                assert said not in text, (station, one.key, said)


async def test_a_place_that_is_not_confidential_is_never_said_to_pass_nothing_on(places: Directory) -> None:
    for confidential in (True, False):
        entry = replace(places.entries[0], station=EVERYWHERE, confidential=confidential, must_report=())
        async with client_of(replace(places, entries=(entry,))) as client:
            text = words(await client.get("/en/help"))
        assert ("It passes nothing on." in text) is confidential
        assert ("It may pass on what it hears." in text) is not confidential


@pytest.mark.parametrize(("confidential", "said"), [(True, "In part."), (False, "No.")])
async def test_who_has_to_pass_on_what_they_hear_is_not_called_confidential(
    places: Directory, confidential: bool, said: str
) -> None:
    entry = replace(places.entries[0], station=EVERYWHERE, confidential=confidential, must_report=("the police",))
    async with client_of(replace(places, entries=(entry,))) as client:
        text = words(await client.get("/en/help"))
    assert f"Confidential {said} It has to pass on what it hears, to: the police" in text


async def test_a_number_can_be_called_as_it_stands(client: httpx.AsyncClient, places: Directory) -> None:
    for station in places.stations:
        page = (await client.get(f"/en/help/{station}")).text
        called = re.findall(r'href="tel:([^"]*)"', page)
        assert called
        assert all(re.fullmatch(r"\+?\d+", number) for number in called)


async def test_what_nobody_has_checked_lately_says_so(places: Directory) -> None:
    since = checked_since(POLICY, TODAY)
    warning = "Nobody has checked this for a long time. It may be wrong."
    for day, said in ((since, False), (since - timedelta(days=1), True)):
        entry = replace(places.entries[0], station=EVERYWHERE, service=Service.LEGAL, last_checked=day)
        async with client_of(replace(places, entries=(entry,))) as client:
            assert (warning in words(await client.get("/en/help"))) is said


async def test_what_the_directory_says_is_text(places: Directory) -> None:
    entry = replace(places.entries[0], station=EVERYWHERE, name="<b>{{ 7*7 }}</b> عيادة", hours="%s %(x)s")
    async with client_of(replace(places, entries=(entry,))) as client:
        page = (await client.get("/ar/help")).text
    assert "&lt;b&gt;{{ 7*7 }}&lt;/b&gt; عيادة" in page
    assert "%s %(x)s" in page
    assert '<html lang="ar" dir="rtl"' in page


async def test_a_place_that_is_not_in_the_list_leads_to_the_list(client: httpx.AsyncClient) -> None:
    for path in ("/en/help/nowhere", "/en/help/nowhere/poster", "/xx/help", "/help/nowhere"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert "See the whole list" in words(answer)


async def test_the_sheet_leads_to_the_stations_page_in_the_readers_language(
    client: httpx.AsyncClient, places: Directory
) -> None:
    answer = await client.get("/en/help/selwick/poster")
    assert f"{OUR}/help/selwick" in words(answer)
    (image,) = re.findall(r'<img[^>]*src="data:image/svg\+xml;charset=utf-8,([^"]+)"', answer.text)
    drawn = unquote(html.unescape(image))
    assert drawn.startswith("<svg")
    assert "<image" not in drawn
    # The camera is led where the words lead: this station, no other, and no language before the reader's own is known.
    code = segno.make(f"{OUR}/help/selwick", error="m", micro=False)
    assert unquote(code.svg_data_uri(scale=8, border=4)).endswith(drawn)
    led = await client.get("/help/selwick", headers={"Accept-Language": "fr"})
    assert (led.status_code, led.headers["location"]) == (303, "/fr/help/selwick")
    led = await client.get("/help", headers={"Accept-Language": "ar"})
    assert led.headers["location"] == "/ar/help"


async def test_the_way_on_and_leaving_are_the_portal(client: httpx.AsyncClient) -> None:
    page = (await client.get("/es/help")).text
    for path in ("/es/", "/es/outside", "/es/before", "/es/online", "/es/privacy", "/es/accessibility"):
        assert f'href="https://portal.example{path}"' in page
    assert page.index('id="leave"') < page.index("<main")
    # Leaving ends what may be open at the portal, which these pages know nothing of.
    assert 'id="leave" href="https://portal.example/leave"' in page
