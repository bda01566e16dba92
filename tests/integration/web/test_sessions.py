"""Sessions of pages on a real database: what a cookie opens, what is kept for it, when it is over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.testing import RequestFactory

from chassis import sealing
from chassis.web.app import create_app
from chassis.web.problems import not_found
from chassis.web.sessions import WebSession
from tests.integration.web.conftest import trial_settings
from tests.integration.web.kept_sessions import ABSOLUTE, IDLE, SECRET, Kept


@pytest.fixture
async def browser(kept: Kept) -> AsyncIterator[httpx.AsyncClient]:
    @get("/")
    async def read(session: NamedDependency[WebSession | None]) -> dict[str, Any] | None:
        return None if session is None else session.data

    @post("/begin", status_code=204)
    async def begin(request: Request[Any, Any, Any], session: NamedDependency[WebSession | None]) -> None:
        kept.sessions.begin(request, replacing=session).data.setdefault("words", SECRET)

    @post("/end", status_code=204)
    async def end(request: Request[Any, Any, Any]) -> None:
        kept.sessions.end(request)

    @post("/refused")
    async def refused(session: NamedDependency[WebSession]) -> None:
        session.data["words"] = "refused"
        raise not_found()

    @post("/failed")
    async def failed(session: NamedDependency[WebSession]) -> None:
        session.data["words"] = "failed"
        raise RuntimeError

    @post("/unsaved")
    async def unsaved(session: NamedDependency[WebSession]) -> None:
        session.data["words"] = {SECRET: b"bytes"}

    app = create_app(trial_settings(), [read, begin, end, refused, failed, unsaved], sessions=[kept.sessions])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://site.example") as client:
        yield client


async def test_a_session_is_one_strict_cookie_that_scripts_and_other_sites_do_not_get(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    assert "set-cookie" not in (await browser.get("/")).headers
    assert await kept.rows() == []
    sent = (await browser.post("/begin")).headers.get_list("set-cookie")
    assert len(sent) == 1
    (name_and_value, *attributes) = sent[0].split("; ")
    name, _, value = name_and_value.partition("=")
    assert name == "__Host-desk"
    assert len(value) == 43
    # Without a domain, as the prefix wants it, and without an end: it goes when the browser is closed.
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    answer = await browser.get("/")
    assert answer.json() == {"words": SECRET}
    assert "set-cookie" not in answer.headers


async def test_two_sessions_have_nothing_in_common(kept: Kept) -> None:
    one, other = await kept.begun(), await kept.begun()
    assert len({one.cookie, other.cookie, one.csrf, other.csrf}) == 4
    assert not one.check_csrf(other.csrf)


async def test_ending_deletes_the_row_and_takes_the_cookie_back(browser: httpx.AsyncClient, kept: Kept) -> None:
    await browser.post("/begin")
    copied = dict(browser.cookies)
    (sent,) = (await browser.post("/end")).headers.get_list("set-cookie")
    assert sent.startswith("__Host-desk=; ")
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(sent.split("; "))
    assert await kept.rows() == []
    assert dict(browser.cookies) == {}
    assert (await browser.get("/", headers={"Cookie": f"__Host-desk={copied['__Host-desk']}"})).json() is None


async def test_ending_what_has_expired_takes_the_cookie_back_too(browser: httpx.AsyncClient, kept: Kept) -> None:
    await browser.post("/begin")
    kept.clock.forward(IDLE)
    await browser.post("/end")
    assert dict(browser.cookies) == {}


async def test_a_new_cookie_takes_the_data_along_and_the_old_one_opens_nothing(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    await browser.post("/begin")
    planted = dict(browser.cookies)["__Host-desk"]
    await browser.post("/begin")
    assert dict(browser.cookies)["__Host-desk"] != planted
    assert (await browser.get("/")).json() == {"words": SECRET}
    assert await kept.sessions.find(planted) is None
    assert len(await kept.rows()) == 1


async def test_a_cookie_of_somebodys_own_making_begins_nothing(kept: Kept) -> None:
    made_up = kept.sessions.begin(RequestFactory().get("/"))
    assert await kept.sessions.find(made_up.cookie) is None
    assert await kept.rows() == []


@pytest.mark.parametrize("change", ["first", "last", "spare bits", "longer", "shorter", "padded", "other letters"])
async def test_a_changed_cookie_opens_nothing(kept: Kept, change: str) -> None:
    cookie = (await kept.begun(words=SECRET)).cookie
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    following = letters[letters.index(cookie[-1]) ^ 1]
    changed = {
        "first": ("B" if cookie[0] == "A" else "A") + cookie[1:],
        "last": cookie[:-1] + letters[letters.index(cookie[-1]) ^ 4],
        "spare bits": cookie[:-1] + following,
        "longer": cookie + "A",
        "shorter": cookie[:-1],
        "padded": cookie + "=",
        "other letters": "é" * 43,
    }[change]
    assert await kept.sessions.find(cookie) is not None
    assert await kept.sessions.find(changed) is None


async def test_the_cookie_of_one_kind_of_session_is_none_of_another(kept: Kept) -> None:
    session = await kept.begun()
    assert await kept.named("other").find(session.cookie) is None


async def test_a_session_ends_when_nobody_has_asked_for_its_idle_limit(kept: Kept) -> None:
    session = await kept.begun()
    for _ in range(3):
        kept.clock.forward(IDLE - timedelta(seconds=1))
        await kept.answer((await kept.asked(session)).request)
    kept.clock.forward(IDLE)
    assert await kept.sessions.find(session.cookie) is None


async def test_no_request_moves_the_absolute_limit(kept: Kept) -> None:
    session = await kept.begun()
    for _ in range(int(ABSOLUTE / timedelta(minutes=10)) - 1):
        kept.clock.forward(timedelta(minutes=10))
        asked = await kept.asked(session)
        asked.session.data["words"] = str(kept.clock.now)
        await kept.answer(asked.request)
    kept.clock.forward(timedelta(minutes=10))
    assert await kept.sessions.find(session.cookie) is None


async def test_a_session_may_have_an_idle_limit_of_its_own(kept: Kept) -> None:
    session = await kept.begun(idle=timedelta(hours=5))
    kept.clock.forward(timedelta(hours=4))
    asked = await kept.asked(session)
    assert asked.session.idle == timedelta(hours=5)
    asked.session.idle = timedelta(minutes=30)
    await kept.answer(asked.request)
    kept.clock.forward(timedelta(minutes=30))
    assert await kept.sessions.find(session.cookie) is None


async def test_a_long_request_has_its_session_stay_and_its_answer_moves_the_limit_back(kept: Kept) -> None:
    session = await kept.begun()
    asked = await kept.asked(session)
    await kept.sessions.stay(asked.session, 2 * IDLE)
    kept.clock.forward(2 * IDLE - timedelta(seconds=1))
    asked.session.data["words"] = SECRET
    await kept.answer(asked.request)
    assert await kept.data(session) == {"words": SECRET}
    kept.clock.forward(IDLE)
    assert await kept.sessions.find(session.cookie) is None


async def test_one_that_has_expired_is_not_saved_any_more(kept: Kept) -> None:
    session = await kept.begun()
    changing, reading = await kept.asked(session), await kept.asked(session)
    changing.session.data["words"] = SECRET
    kept.clock.forward(IDLE)
    await kept.answer(changing.request)
    await kept.answer(reading.request)
    assert await kept.sessions.find(session.cookie) is None


async def test_one_that_was_ended_in_another_tab_does_not_come_back(kept: Kept) -> None:
    session = await kept.begun()
    writing, ending = await kept.asked(session), await kept.asked(session)
    writing.session.data["words"] = SECRET
    kept.sessions.end(ending.request)
    await kept.answer(ending.request)
    await kept.answer(writing.request)
    assert await kept.rows() == []


async def test_two_tabs_that_write_at_once_lose_nothing_of_each_other(kept: Kept) -> None:
    session = await kept.begun(kept="before", gone="before")
    tabs = [await kept.asked(session) for _ in range(8)]
    for number, tab in enumerate(tabs):
        tab.session.data[f"page {number}"] = {"words": number}
    del tabs[0].session.data["gone"]
    tabs[1].session.idle = timedelta(minutes=30)
    await asyncio.gather(*(kept.answer(tab.request) for tab in tabs))
    found = await kept.sessions.find(session.cookie)
    assert found is not None
    assert found.data == {"kept": "before"} | {f"page {number}": {"words": number} for number in range(8)}
    assert found.idle == timedelta(minutes=30)


async def test_of_two_tabs_on_the_same_page_the_later_one_wins(kept: Kept) -> None:
    session = await kept.begun(page="before")
    earlier, later = await kept.asked(session), await kept.asked(session)
    earlier.session.data["page"], later.session.data["page"] = "earlier", "later"
    await kept.answer(earlier.request)
    await kept.answer(later.request)
    assert await kept.data(session) == {"page": "later"}


async def test_all_who_ask_at_once_in_one_request_get_the_same_session(kept: Kept) -> None:
    session = await kept.begun()
    headers = {"cookie": f"{kept.sessions.cookie_name}={session.cookie}"}
    request = RequestFactory().get("/", headers=headers)
    one, *others = await asyncio.gather(*(kept.sessions.of(request) for _ in range(4)))
    assert one is not None
    assert all(other is one for other in others)


async def test_a_change_inside_a_value_is_saved(kept: Kept) -> None:
    session = await kept.begun(page={"words": ["one"]})
    asked = await kept.asked(session)
    asked.session.data["page"]["words"].append("two")
    await kept.answer(asked.request)
    assert await kept.data(session) == {"page": {"words": ["one", "two"]}}


async def test_what_a_request_changed_is_saved_when_it_is_refused_and_not_when_it_fails(
    browser: httpx.AsyncClient,
) -> None:
    await browser.post("/begin")
    assert (await browser.post("/refused")).status_code == 404
    assert (await browser.get("/")).json() == {"words": "refused"}
    assert (await browser.post("/failed")).status_code == 500
    assert (await browser.get("/")).json() == {"words": "refused"}


async def test_what_cannot_be_saved_is_a_failure_that_tells_nothing(
    browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await browser.post("/begin")
    answer = await browser.post("/unsaved")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert SECRET not in answer.text + caplog.text
    assert (await browser.get("/")).json() == {"words": SECRET}


async def test_more_than_may_be_kept_is_refused_and_what_was_kept_stays(kept: Kept) -> None:
    session = await kept.begun(words=SECRET)
    asked = await kept.asked(session)
    asked.session.data["words"] = "x" * sealing.MOST_KEPT
    with pytest.raises(sealing.TooMuchToKeep):
        await kept.answer(asked.request)
    assert await kept.data(session) == {"words": SECRET}
    with pytest.raises(sealing.TooMuchToKeep):
        await kept.begun(words="x" * sealing.MOST_KEPT)


async def test_a_form_is_of_one_session(kept: Kept) -> None:
    session = await kept.begun()
    assert session.check_csrf((await kept.asked(session)).session.csrf)
    for wrong in ("", session.csrf + "A", session.csrf[:-1], session.cookie, "é", "\ud800"):
        assert not session.check_csrf(wrong)
