"""Lines of the safety list that need no screen: every form, time-out, and what the portal's logs know of a visitor."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis.web.pages.page import Page
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, onwards, send, to_the_check
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack
WORDS = "Quizzaciously loud in every meeting."
AGENT, ADDRESS, LANGUAGE = "Peculiar/7.7 (Unmistakable)", "203.0.113.77", "tlh-KX"


async def test_s11_every_form_is_answered_by_a_redirect_whatever_it_holds(
    client: httpx.AsyncClient, world: World
) -> None:
    """As it is, filled with nothing that it takes, without its token, and from another site."""
    browser = await begin(client, world)
    await choose(browser, "formal_report")
    while "/s/" in browser.path:
        page = browser.page
        for form in browser.forms():
            for fields, headers in (
                ([("csrf", form.hidden["csrf"]), ("step", "on"), ("mode", "never"), ("x", "\x00")], {}),
                ([("step", "on")], {}),
                (form.fields, {"Origin": "https://elsewhere.example"}),
                (form.fields, {"Content-Type": "text/plain"}),
            ):
                form.fields, kept = list(fields), form.fields
                answer = await browser.send(form, {}, **headers)
                assert answer.status_code == 303
                form.fields = kept
        browser.seen.append(page)
        await onwards(browser, {"what_happened": WORDS, "mode": "anonymous"})
    assert browser.path == browser.at("/check")


async def test_s16_after_the_time_that_was_chosen_a_page_has_closed_and_the_draft_is_gone(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "formal_report", {"what_happened": WORDS, "mode": "anonymous"})
    assert WORDS in browser.page.text
    await world.rows("update web_sessions set expires_at = now() - interval '1 second'")
    for path in ("/check", "/s/4", "/s/1"):
        await browser.go(path)
        assert browser.path == browser.at("/closed")
        assert WORDS not in browser.page.text
    answer = await browser.go("/s/4")
    assert "It has closed to protect you." in answer.text


def slow_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put_wraps = world.intake.keystore.put_wraps

    async def slowly(*given: Any, **more: Any) -> None:
        await asyncio.sleep(1)
        await put_wraps(*given, **more)

    monkeypatch.setattr(world.intake.keystore, "put_wraps", slowly)


async def test_s16_a_page_does_not_close_between_sending_and_the_code(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the last second, with stores that are slow: else there would be a report that nobody has the code of."""
    browser = await begin(client, world)
    await to_the_check(browser, "formal_report", {"what_happened": WORDS, "mode": "anonymous"})
    slow_down(world, monkeypatch)
    await world.rows("update web_sessions set expires_at = now() + interval '0.5 seconds'")
    code = await send(browser)
    (route,) = (await inbox(client, code))["routes"]
    assert route["route"] == "formal_report"


@pytest.mark.parametrize("sending", ["is read", "is written"])
async def test_whoever_leaves_in_one_window_as_another_sends_has_sent_nothing(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, sending: str
) -> None:
    """There would be a report that nobody has the code of."""
    browser = await begin(client, world)
    await to_the_check(browser, "formal_report", {"what_happened": WORDS, "mode": "anonymous"})
    window = PortalBrowser(client, browser.origin)
    window.cookie = browser.cookie
    at: Any = Page if sending == "is read" else world.intake.keystore
    name = "pairs" if sending == "is read" else "put_wraps"
    goes_on = getattr(at, name)

    async def left(*given: Any, **more: Any) -> Any:
        monkeypatch.undo()
        await window._ask("GET", "/leave")
        return await goes_on(*given, **more)

    before = await world.rows("select count(*) from reports")
    monkeypatch.setattr(at, name, left)
    await browser.fill({"step": "send"})
    assert browser.path == browser.at("/closed")
    assert await world.rows("select count(*) from reports") == before


async def test_s16_at_the_end_of_the_twelve_hours_nothing_is_sent_without_a_code(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "formal_report", {"what_happened": WORDS, "mode": "anonymous"})
    slow_down(world, monkeypatch)
    before = await world.rows("select count(*) from reports")
    await world.rows("update web_sessions set ends_at = now() + interval '0.5 seconds'")
    await browser.fill({"step": "send"})
    assert browser.path == browser.at("/closed")
    assert await world.rows("select count(*) from reports") == before


async def test_s16_the_time_is_stated_and_begins_anew_without_a_script_and_without_touching_what_is_written(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "formal_report")
    await onwards(browser, {})
    assert "what_happened" in browser.form().names
    assert "These pages close when you do nothing for 30 minutes." in browser.text
    ends = "select max(expires_at) as expires_at from web_sessions"
    await world.rows("update web_sessions set expires_at = now() + interval '1 minute'")
    (soon,) = await world.rows(ends)
    await browser.go("/stay")
    assert "They stay open for 30 more minutes." in browser.text
    (later,) = await world.rows(ends)
    assert later["expires_at"] - soon["expires_at"] > timedelta(minutes=25)
    await world.rows("update web_sessions set expires_at = now() - interval '1 second'")
    await browser.go("/stay")
    assert browser.path == browser.at("/closed")


async def test_s22_no_log_knows_where_somebody_came_from_or_what_they_wrote(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.ASGITransport(world.app, client=(ADDRESS, 7))
    headers = {"User-Agent": AGENT, "X-Forwarded-For": ADDRESS, "Accept-Language": LANGUAGE}
    async with httpx.AsyncClient(transport=transport, base_url="http://intake", headers=headers) as client:
        browser = PortalBrowser(client, world.settings.public_url)
        await browser.go("/before")
        await browser.fill()
        await to_the_check(browser, "informal_resolution", {"what_happened": WORDS, "mode": "confidential"})
        await browser.fill({"step": "send"})
        await browser.go("/nothing/here")
    said = "\n".join(f"{one.getMessage()} {one.__dict__}" for one in caplog.records if not one.name.startswith("http"))
    for never in (AGENT, ADDRESS, LANGUAGE, WORDS, browser.cookie.partition("=")[2]):
        assert never
        assert never not in said
