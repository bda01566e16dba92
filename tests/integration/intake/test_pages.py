"""The first pages and the description of the interface."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.web.pages.words import OWN_NAMES
from services.intake.numbers import numbers
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.world import World

pytestmark = pytest.mark.stack

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_the_first_page_is_in_the_language_that_the_browser_asks_for(client: httpx.AsyncClient) -> None:
    asked = {"fr-CH, fr;q=0.9, en;q=0.8": "fr", "de, es;q=0.4": "es", "ar": "ar", "zh": "en", "en;q=0,,;q=x": "en"}
    for accepted, language in asked.items():
        answer = await client.get("/", headers={"Accept-Language": accepted})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/{language}/")
    assert (await client.get("/de")).status_code == 404


async def test_the_first_page_says_where_help_is_before_anything_else(client: httpx.AsyncClient) -> None:
    answer = await client.get("/en")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = re.sub(r"\s+", " ", answer.text)
    # Help comes before anything is asked or explained (invariant 21).
    assert text.index("Are you in danger now?") < text.index("See your options") < text.index("Who can see")
    # Numbers by duty station, without a choice and without the directory of help, which may be down.
    anywhere = 'Security operations room</bdi>: <strong><a class="govuk-link whole" href="tel:+000000100">'
    for number in (anywhere, "Port Selwick</bdi>"):
        assert text.index("Are you in danger now?") < text.index(number) < text.index("See your options")
    in_arabic = (await client.get("/ar")).text
    assert "غرفة عمليات الأمن" in in_arabic
    assert "Security operations room" not in in_arabic


def test_without_a_file_of_numbers_the_first_page_has_none_and_stands(tmp_path: Path) -> None:
    assert {one.place for one in numbers()} >= {"", "Port Selwick"}
    assert {one.name for one in numbers()} >= {"Security operations room", "Ambulance and police"}
    broken = tmp_path / "help.toml"
    assert numbers(broken) == ()
    broken.write_text("[help.one]\nservice = 'emergency'\n", encoding="utf-8")
    assert numbers(broken) == ()


async def test_the_first_page_has_no_cookie_and_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/en", headers={"Cookie": "a=b"})
    assert not re.search(r"<style|<img|<iframe|<form|<input|\sstyle=|\son\w+=|https?://|@import|url\(", answer.text)
    assert "set-cookie" not in answer.headers
    assert re.search("<title>([^<]*)</title>", answer.text)[1] == "Staff services"  # type: ignore[index]


async def test_a_page_is_kept_nowhere_and_runs_nothing_that_is_not_ours(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/en")).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-robots-tag"].startswith("noindex")


async def test_what_a_page_loads_is_kept_for_ever_under_a_name_that_changes_with_it(client: httpx.AsyncClient) -> None:
    loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', (await client.get("/en")).text)
    assert len(loaded) == 3
    for address in loaded:
        answer = await client.get(address, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await client.get("/static/other.css")).status_code == 404


async def test_each_page_stands_in_each_language_and_its_direction(client: httpx.AsyncClient) -> None:
    for code in OWN_NAMES:
        for path in ("", "/before", "/closed", "/said/not_taken"):
            answer = await client.get(f"/{code}{path}")
            direction = "rtl" if code == "ar" else "ltr"
            assert f'<html lang="{code}" dir="{direction}"' in answer.text
            # Switching the language keeps the page.
            assert all(f'href="/{other}{path or "/"}"' in answer.text for other in OWN_NAMES if other != code)


async def test_the_first_answer_begins_a_session_and_leaving_ends_it(client: httpx.AsyncClient, world: World) -> None:
    sent, before = {"Origin": world.settings.public_url}, await world.rows("select digest from web_sessions")
    begun = await client.post("/en/before", data={"length": "300"}, headers=sent)
    assert (begun.status_code, begun.headers["location"]) == (303, "/en/s/1")
    cookie = begun.headers["set-cookie"].partition(";")[0]
    assert len(await world.rows("select digest from web_sessions")) == len(before) + 1
    elsewhere = await client.get("/leave", headers={"Cookie": cookie, "Sec-Fetch-Site": "cross-site"})
    assert "set-cookie" not in elsewhere.headers
    left = await client.get("/leave", headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
    assert (left.status_code, left.headers["location"]) == (303, world.settings.leave_to)
    assert (left.headers["referrer-policy"], left.headers["cache-control"]) == ("no-referrer", "no-store")
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert await world.rows("select digest from web_sessions") == before


async def test_s15_leaving_asks_no_browser_to_empty_its_cache(client: httpx.AsyncClient, world: World) -> None:
    """That can take a browser half a minute, while whoever looks over a shoulder sees the page."""
    begun = await client.post("/en/before", data={"length": "30"}, headers={"Origin": world.settings.public_url})
    cookie = begun.headers["set-cookie"].partition(";")[0]
    left = await client.get("/leave", headers={"Cookie": cookie})
    assert (left.status_code, "Max-Age=0" in left.headers["set-cookie"]) == (303, True)
    assert "clear-site-data" not in left.headers


async def test_leaving_takes_the_cookie_back_also_while_the_database_is_away(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await client.post("/en/before", data={"length": "30"}, headers={"Origin": world.settings.public_url})
    cookie = begun.headers["set-cookie"].partition(";")[0]

    def away() -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(world.intake.database, "transaction", away)
    left = await client.get("/leave", headers={"Cookie": cookie, "Sec-Fetch-Site": "same-site"})
    assert (left.status_code, left.headers["location"]) == (303, world.settings.leave_to)
    assert "Max-Age=0" in left.headers["set-cookie"]


async def test_choosing_the_time_again_keeps_what_was_said(client: httpx.AsyncClient, world: World) -> None:
    browser = PortalBrowser(client, world.settings.public_url)
    await browser.go("/before")
    await browser.fill()
    cookie = browser.cookie
    await browser.go("/before")
    await browser.fill({"length": "300"})
    assert (browser.path, browser.cookie) == ("/en/s/1", cookie)


async def test_a_form_that_no_page_of_ours_has_sent_is_not_taken(client: httpx.AsyncClient, world: World) -> None:
    ours = world.settings.public_url
    for headers in (
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": ours, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": ours, "Content-Type": "application/json"},
    ):
        answer = await client.post("/en/before", content=b"length=30", headers=FORM | headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/said/not_taken")
    never_offered = await client.post("/en/before", content=b"length=9999", headers=FORM | {"Origin": ours})
    assert never_offered.headers["location"] == "/en/said/not_taken"


async def test_an_address_that_is_none_is_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fr/nothing/here")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_the_interface_describes_itself(client: httpx.AsyncClient) -> None:
    described = (await client.get("/schema/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    lodge = described["paths"]["/api/v1/reports"]["post"]
    (header,) = [one for one in lodge["parameters"] if one["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)
    assert set(lodge["responses"]) >= {"201", "400"}
    for path, method in (
        ("/api/v1/inbox", "get"),
        ("/api/v1/inbox/messages", "post"),
        ("/api/v1/inbox/actions", "post"),
    ):
        assert described["paths"][path][method]["security"] == [{"access_code": []}]
    assert described["components"]["securitySchemes"]["access_code"]["type"] == "http"
    for path in ("/health/live", "/health/ready", "/version"):
        assert path in described["paths"]
