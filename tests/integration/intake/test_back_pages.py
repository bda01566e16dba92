"""The way back: what a code opens, and what everything else gets."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.intake.route_list import routes_of
from services.intake.use_cases.keep_place import keep_place, place_of
from services.intake.web.pages import returning
from services.intake.web.pages.returning import NO_SOONER
from tests.integration.intake.conftest import Browse
from tests.integration.intake.portal_browser import come_back, text_field
from tests.integration.intake.world import World, code_of_new, inbox

pytestmark = pytest.mark.stack
NEVER_GIVEN = "2222-3333-4444-5555-6666-7777"


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", ""), lambda code: " " + code.replace("-", " \u2013 ") + "\t"],
    ids=["small letters", "no dashes", "other dashes and spaces"],
)
async def test_a_code_opens_the_inbox_however_it_is_typed(
    client: httpx.AsyncClient, browse: Browse, typed: Callable[[str], str]
) -> None:
    code = await code_of_new(client)
    browser = await browse(typed(code))
    assert "Talk with an ombudsperson or focal point" in browser.text
    assert code not in browser.page.text


async def test_s20_what_opens_nothing_gets_one_answer_whatever_it_is(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client)
    last = "3" if code[-1] == "2" else "2"
    answers, pages = set(), set()
    for wrong in (code[:-1] + last, NEVER_GIVEN, "no code at all", "", "é", "0" * 24, code + "2", "<b>"):
        browser = await browse()
        await browser.go("/back")
        answer = await browser.send(browser.form(), {"code": wrong})
        answers.add((answer.status_code, str(sorted(answer.headers.items())), answer.content))
        page = await browser.go(answer.headers["location"])
        pages.add((page.status_code, str(sorted(page.headers.items())), page.content))
        assert not browser.cookie
    assert len(answers) == len(pages) == 1
    assert "Nothing opens with this code." in browser.text


async def test_s20_no_code_is_answered_sooner_than_another(
    client: httpx.AsyncClient, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by a tenth of a second whenever somebody looks at it."""
    waited: list[float] = []
    ticks = (tenth / 10 for tenth in range(1000, 2000))

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    clock = SimpleNamespace(time=lambda: next(ticks))
    monkeypatch.setattr(returning, "asyncio", SimpleNamespace(get_running_loop=lambda: clock, sleep=sleep))
    code = await code_of_new(client)
    browser = await browse()
    monkeypatch.setattr(returning, "NO_SOONER", NO_SOONER)
    for one in (code, NEVER_GIVEN, "no code at all"):
        await come_back(browser, one)
    assert waited == pytest.approx([NO_SOONER - 0.1] * 3)
    assert NO_SOONER >= 0.3


async def test_a_wrong_code_costs_the_same_look_ups_as_a_malformed_one(
    client: httpx.AsyncClient, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def counted(*given: Any) -> Any:
        asked.append(given[-1])
        return await routes_of(*given)

    async def counted_places(intake: Any, code: Any, now: Any) -> Any:
        asked.append(code)
        return await place_of(intake, code, now)

    monkeypatch.setattr(returning, "routes_of", counted)
    monkeypatch.setattr(returning, "place_of", counted_places)
    for wrong in (NEVER_GIVEN, "no code at all"):
        asked.clear()
        await come_back(await browse(), wrong)
        # The code among routes and among places: what is no code stands in for one that nobody was given.
        assert len(asked) == 2
        assert len(set(asked)) == 1


async def test_a_place_that_was_kept_opens_where_somebody_stopped_until_its_time_is_over(
    browse: Browse, world: World
) -> None:
    kept = await keep_place(world.intake, {"at": "/s/2", "q:safety": {}}, datetime.now(UTC))
    browser = await browse()
    answer = await come_back(browser, str(kept.code))
    assert browser.path == "/en/s/2"
    assert str(kept.code) not in answer.text
    over = await keep_place(world.intake, {"at": "/s/2"}, datetime.now(UTC) - timedelta(days=15))
    answers = set()
    for code in (str(over.code), NEVER_GIVEN):
        browser = await browse()
        await browser.go("/back")
        answer = await browser.send(browser.form(), {"code": code})
        answers.add((answer.status_code, str(sorted(answer.headers.items())), answer.content))
    assert len(answers) == 1


async def test_the_field_shows_the_code_takes_a_paste_and_remembers_nothing(browse: Browse) -> None:
    browser = await browse()
    page = await browser.go("/back")
    (field,) = re.findall(r"<input[^>]*name=\"code\"[^>]*>", page.text)
    assert 'type="text"' in field
    assert all(f'{name}="{value}"' in field for name, value in {"autocomplete": "off", "spellcheck": "false"}.items())
    assert "maxlength" not in field


async def test_the_code_is_in_no_address_and_the_cookie_is_a_new_one(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    browser = await browse()
    await browser.go("/before")
    await browser.fill({"length": "300"})
    planted = browser.cookie
    await come_back(browser, code)
    assert planted
    assert browser.cookie not in ("", planted)
    assert all(code not in str(one.request.url) + str(one.headers) for one in browser.seen)
    mine, browser.cookie = browser.cookie, planted
    await browser.go("/inbox")
    assert browser.path == "/en/closed"
    browser.cookie = mine
    await browser.go("/inbox")
    assert browser.path == "/en/inbox"


async def test_without_a_code_in_the_session_there_is_no_inbox(browse: Browse, client: httpx.AsyncClient) -> None:
    for path in ("/inbox", "/inbox/00000000/write", "/inbox/00000000/change", "/inbox/00000000/12345678"):
        browser = await browse()
        await browser.go(path)
        assert browser.path == "/en/closed"
    begun = await browse()
    await begun.go("/before")
    await begun.fill()
    await begun.go("/inbox")
    assert begun.path == "/en/closed"


async def test_a_session_that_has_ended_says_so_and_keeps_what_was_sent(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await world.rows("delete from web_sessions")
    answer = await browser.send(browser.form("Send"), {text_field(browser): "Later."})
    assert answer.headers["location"] == "/en/closed"
    assert (await inbox(client, code))["routes"][0]["messages"] == []


async def test_closing_ends_the_session(client: httpx.AsyncClient, browse: Browse) -> None:
    browser = await browse(await code_of_new(client))
    cookie = browser.cookie
    await browser.fill(button="Close the inbox")
    assert not browser.cookie
    browser.cookie = cookie
    await browser.go("/inbox")
    assert browser.path == "/en/closed"
