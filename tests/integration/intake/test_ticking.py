"""What goes over to another way, ticked on several pages where she has written much: each is small enough for a slow
line.
"""

import httpx
import pytest

from chassis.web.pages.words import OWN_NAMES
from tests.integration.intake.conftest import Browse
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import onwards
from tests.integration.intake.test_further_pages import sent, told
from tests.integration.intake.world import code_of_new, draft, inbox

pytestmark = pytest.mark.stack
WORDS = "كلمة " * 200


async def who_has_written_much(client: httpx.AsyncClient, messages: int = 60) -> str:
    """Her code."""
    code = await code_of_new(client, draft(answers=dict.fromkeys(("what_happened", "wish", "effects"), WORDS)))
    for number in range(messages):
        await told(client, code, f"{number} {WORDS}")
    return code


async def through_the_ticks(browser: PortalBrowser, tick: dict[str, bool]) -> list[list[str]]:
    """From the first page to the last of them: what each offers. Of those in `tick` each is ticked, or not any more;
    what is ticked otherwise stays so.
    """
    pages: list[list[str]] = []
    while "/inbox/further" in browser.path:
        form = browser.form("Continue" if browser.language == "en" else "")
        offered = form.offered.get("take_over", [])
        on = [value for name, value in form.fields if name == "take_over"]
        chosen = [one for one in offered if tick.get(one, one in on)]
        pages.append(offered)
        way = {"way": "formal_report"} if "way" in form.names else {}
        await browser.fill({**way, "take_over": chosen})
    return pages


@pytest.mark.parametrize("language", [*OWN_NAMES])
async def test_dozens_of_messages_are_ticked_on_pages_small_enough_for_a_slow_line(
    client: httpx.AsyncClient, browse: Browse, language: str
) -> None:
    code = await who_has_written_much(client)
    browser = await browse(code, language=language)
    await browser.go("/inbox/further")
    await browser.fill({"code": code}, place=0)
    (route,) = (await inbox(client, code))["routes"]
    hers = [one["item_id"] for one in (*route["answers"], *route["messages"], *route["parties"])]
    pages = await through_the_ticks(browser, dict.fromkeys(hers, True))
    assert len(pages) > 2
    assert sorted(one for page in pages for one in page) == sorted(hers)
    await onwards(browser, {"mode": "confidential"})
    assert browser.path == browser.at("/check"), browser.text
    weighed = ("/further", "/check", "/s/")
    of_it = [one for one in browser.seen if one.status_code == 200 and any(w in one.request.url.path for w in weighed)]
    sizes = {one.request.url.path: len(one.content) for one in of_it}
    assert {path: size for path, size in sizes.items() if size > 10 * 1024} == {}


async def test_what_is_ticked_on_one_page_stays_ticked_on_the_others(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await who_has_written_much(client)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, place=0)
    (route,) = (await inbox(client, code))["routes"]
    messages = [one["item_id"] for one in route["messages"]]
    chosen = [messages[0], messages[1], messages[-1]]
    first, *others = await through_the_ticks(browser, dict.fromkeys(chosen, True))
    assert messages[0] in first or messages[0] in others[0]
    assert messages[-1] in others[-1]
    # She looks again, and takes one back that stands on the first of them.
    await browser.go("/inbox/further")
    assert "What goes over? 1 of " in browser.text
    await through_the_ticks(browser, {messages[0]: False})
    await onwards(browser, {"mode": "confidential"})
    assert browser.text.count("Message of") == 2
    new = await sent(browser, client, code)
    assert [one["text"].split()[0] for one in new["answers"]] == ["1", "59"]


async def test_many_messages_are_counted_at_the_check(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await who_has_written_much(client, messages=5)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, place=0)
    (route,) = (await inbox(client, code))["routes"]
    await through_the_ticks(browser, {one["item_id"]: True for one in route["messages"]})
    await onwards(browser, {"mode": "confidential"})
    assert "5 messages" in browser.text
    assert "Message of" not in browser.text


async def test_the_further_pages_of_ticks_open_with_the_code_alone_too(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await who_has_written_much(client)
    browser = await browse(code)
    await browser.go("/inbox/further/2")
    assert browser.path == browser.at("/inbox/open/further")
    await browser.fill({"code": code}, place=0)
    await browser.go("/inbox/further/2")
    form = browser.form("Continue")
    assert browser.path == browser.at("/inbox/further/2")
    await browser.go("/inbox/further/90")
    assert browser.path == browser.at("/inbox/further")
    await browser.go("/inbox")
    answer = await browser.send(form, {})
    assert answer.headers["location"] == "/en/inbox/open/further"
