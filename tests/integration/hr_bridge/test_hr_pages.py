"""The HR desk's pages: what, for whom, from when; never why. And what a human says there."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from contracts.measures.v1.measures_pb2 import MeasureApplied
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


def hidden(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))


async def test_a_task_says_whom_and_from_whom_to_whom_and_not_why(house: House, browser: Browser) -> None:
    measure = await house.decide("S0034", "S0025", "S0029")
    await house.result(measure, MeasureApplied)
    task = await task_of(house, measure)
    queue = await browser.signed_in(OFFICER)
    assert f'href="/en/tasks/{task}"' in queue.text
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


async def test_who_is_not_in_hr_and_whom_it_touches_find_nothing(house: House, browser: Browser) -> None:
    assert (await browser.signed_in(SOMEBODY)).status_code == 404
    measure = await house.decide("S0034", "S0025", "S0029")
    known = await browser.get(f"/en/tasks/{await task_of(house, measure)}")
    unknown = await browser.get(f"/en/tasks/{uuid4()}")
    assert known.status_code == unknown.status_code == 404
