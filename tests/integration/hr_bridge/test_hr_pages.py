"""The HR desk's pages: what, for whom, from when; never why. And what a human says there."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, event

from contracts.measures.v1.measures_pb2 import MeasureApplied
from services.hr_bridge.web import desk
from tests.integration.hr_bridge.house import House
from tests.integration.web.desk import Browser
from tests.waiting import eventually

pytestmark = pytest.mark.stack
OFFICER, SOMEBODY = "S0009", "S0005"


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    browser = Browser(house.app)
    yield browser
    await browser.client.aclose()


async def task_of(house: House, measure: object) -> str:
    """The newest, once it is there."""

    async def found() -> str | None:
        rows = await house.rows("select task_id from tasks where measure_id = :id order by number desc", id=measure)
        return str(rows[0][0]) if rows else None

    return str(await eventually(found))


async def listed(browser: Browser, path: str) -> list[str]:
    """The tasks of all pages of a list, in their order."""
    found: list[str] = []
    while path:
        page = (await browser.get(path)).text
        found += re.findall(r'href="/en/tasks/([^"]*)"', page)
        more = re.search(r'href="(/en/queue\?after=[^"]*)"', page)
        path = unescape(more[1]) if more else ""
    return found


def hidden(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))


async def test_a_task_says_whom_and_from_whom_to_whom_and_not_why(house: House, browser: Browser) -> None:
    measure = await house.decide("S0034", "S0025", "S0029")
    await house.result(measure, MeasureApplied)
    task = await task_of(house, measure)
    await browser.signed_in(OFFICER)
    assert task in await listed(browser, "/en/queue?everything=yes")
    page = (await browser.get(f"/en/tasks/{task}")).text
    for said in ("S0034", "S0025", "S0029", "reporting_line", "Put in place", "This is done."):
        assert said in page
    assert "<button" not in page.partition("<main")[2]
    for never in ("protect", "interim", "report of", "harass", "case"):
        assert never not in page.partition("<main")[2].lower()


async def test_what_is_held_is_answered_once(house: House, browser: Browser) -> None:
    hold = await house.hold("S0033", "non_renewal")
    path = f"/en/tasks/{await task_of(house, hold)}"
    page = await browser.signed_in(OFFICER, path)
    assert "Leave undone for now" in page.text
    nothing = await browser.send(path, **hidden(page))
    assert nothing.headers["location"] == path
    assert "Choose one of the two." in (await browser.get(path)).text
    for _ in range(2):  # sent twice, it counts once
        answer = await browser.send(path, **hidden(page), kept="yes")
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert await house.answers(hold, 1) == [True]
    assert "Done" in (await browser.get(path)).text
    await house.release(hold)


async def test_what_is_open_stands_first_and_what_is_done_on_request_alone(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = await task_of(house, await house.hold("S0031", "non_renewal"))
    form = await browser.signed_in(OFFICER, f"/en/tasks/{closed}")
    await browser.send(f"/en/tasks/{closed}", **hidden(form), kept="yes")
    later, sooner = (datetime.now(UTC) + timedelta(days=days) for days in (400, 399))
    waiting = [
        await task_of(house, await house.decide("S0034", "S0025", "S0029", from_at=at)) for at in (later, sooner)
    ]
    theirs = await task_of(house, await house.decide("S0030", "S0099", "S0014", from_at=sooner, approver=OFFICER))
    asked = await task_of(house, await house.hold("S0033", "non_renewal"))
    page = (await browser.get("/en/queue")).text
    assert "Also what is done" in page
    yours, _, later = page.partition("What goes on by itself, or later")
    assert asked in yours.partition("For you to do now")[2], "what somebody has to answer"
    assert all(one in later and one not in yours for one in waiting), "what its day has not come for"
    for at_once in (1, 50):  # on pages of one, each has to go on after a row that is shown
        monkeypatch.setattr(desk, "_PAGE", at_once)
        opened, everything = await listed(browser, "/en/queue"), await listed(browser, "/en/queue?everything=yes")
        assert opened[-2:] == waiting[::-1], "what is due first"
        assert [one for one in everything if one in waiting] == waiting, "oldest first"
        assert closed not in opened
        assert closed in everything
        assert theirs not in {*opened, *everything}
        assert set(opened) < set(everything)
        assert len(everything) == len(set(everything))
    states = dict(await house.rows("select cast(task_id as text), state from tasks"))
    assert {states[one] for one in opened} <= {"handed", "failed", "running", "waiting"}
    assert {one for one in everything if states[one] in {"done", "withdrawn"}} == {*everything} - {*opened}


async def test_a_page_of_tasks_asks_the_database_no_more_often_for_more_of_them(house: House, browser: Browser) -> None:
    holds = [await task_of(house, await house.hold(person, "non_renewal")) for person in ("S0031", "S0033", "S0034")]
    await browser.signed_in(OFFICER)
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        page = (await browser.get("/en/queue")).text
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert all(f'href="/en/tasks/{one}"' in page for one in holds)
    for once in ("tasks.measure_id IN", "people.staff_id IN"):
        assert sum(once in one for one in asked) == 1, asked


async def test_who_is_not_in_hr_and_whom_it_touches_find_nothing(house: House, browser: Browser) -> None:
    assert (await browser.signed_in(SOMEBODY)).status_code == 404
    measure = await house.decide("S0034", "S0025", "S0029")
    known = await browser.get(f"/en/tasks/{await task_of(house, measure)}")
    unknown = await browser.get(f"/en/tasks/{uuid4()}")
    assert known.status_code == unknown.status_code == 404
