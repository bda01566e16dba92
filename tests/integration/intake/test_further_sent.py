"""Another way that is kept, broken off, sent twice, or asked for without the code."""

from collections.abc import Awaitable, Callable, Iterable

import httpx
import pytest

from chassis.keystore import Keystore, Wrap
from chassis.web.pages.words import OWN_NAMES
from contracts.cases.v1.cases_pb2 import CaseErased
from contracts.topics import OMBUDS_CASES
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.sweep_orphans import ORPHANED_AFTER, sweep_orphans
from services.intake.web.pages import returning
from tests.integration.intake.conftest import Browse, client_of
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.portal_walk import code_on, data_of, onwards
from tests.integration.intake.test_further_pages import asked_on, at_the_ticks, items, sent, to_the_ticks, told
from tests.integration.intake.test_sweep import on
from tests.integration.intake.world import World, code_of_new, draft, inbox

pytestmark = pytest.mark.stack
FURTHER = "Take another way as well"
SHOUTS = "He shouts in every meeting."
STOPS = "That it stops."
WORSE = "Yesterday it was worse."


async def test_what_is_ticked_lies_in_the_session_and_not_in_a_place_that_is_kept(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code, browser = await at_the_ticks(client, browse)
    had = await items(client, code)
    await browser.fill({"way": "formal_report", "take_over": list(had.values())})
    await browser.fill({"mode": "confidential", "step": "keep"})
    assert "What you ticked in your inbox is not kept with it." in browser.text
    place = code_on(browser)
    assert SHOUTS not in str(await data_of(world, browser)), "only what it is, and not what it says"
    other = PortalBrowser(client, world.settings.public_url)
    await come_back(other, place)
    found = await data_of(world, other)
    assert not [one for one in had.values() if one in str(found)]
    await onwards(other, {})
    # Without them the way asks for what it needs.
    assert "Write a few words" in other.text


async def test_what_she_ticked_and_cannot_be_opened_any_more_is_not_sent(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code, browser = await at_the_ticks(client, browse)
    had = await items(client, code)
    await browser.fill({"way": "formal_report", "take_over": [had["what_happened"]]})
    await asked_on(browser, {})
    (talk,) = (await inbox(client, code))["routes"]
    erased = CaseErased(report_id=talk["report_id"], lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, talk["report_id"], erased)
    await browser.fill({"step": "send"})
    assert "Nothing was sent: something is not there any more." in browser.text
    assert "What goes over" not in browser.text
    assert "Write a few words" in browser.text, "what went over said it"
    assert len((await inbox(client, code))["routes"]) == 1


class AlwaysSwept(Keystore):
    """A key store that is swept, two hours on, after every write: no lodging comes to its end."""

    intake: Intake
    away = True

    async def put_wraps(self, wraps: Iterable[Wrap], *, ahead: bool = False) -> None:
        await super().put_wraps(wraps, ahead=ahead)
        if self.away:
            await sweep_orphans(self.intake, utc_now() + ORPHANED_AFTER * 2)


async def test_a_further_way_of_which_nobody_knows_is_sent_once_more_and_taken_once(
    fresh_world: Callable[..., Awaitable[World]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "NO_SOONER", 0.0)
    world = await fresh_world()
    async with client_of(world) as client:
        code = await code_of_new(client)
    assert world.settings.keystore_dsn
    store = AlwaysSwept(world.settings.keystore_dsn)
    store.intake = world.intake
    async with client_of(on(world, store)) as client:
        browser = PortalBrowser(client, world.settings.public_url, "en")
        await come_back(browser, code)
        await to_the_ticks(browser, code)
        await browser.fill({"way": "formal_report"})
        await onwards(browser, {"what_happened": "More."})
        await browser.fill({"step": "send"})
        assert browser.text.count("We do not know whether it was sent. Send it once more: it is taken once.") == 1
        store.away = False
        await sent(browser, client, code)
        assert [len(one["answers"]) for one in (await inbox(client, code))["routes"]][1:] == [1]
    await store.close()


async def test_a_further_way_is_not_taken_without_the_code(client: httpx.AsyncClient, browse: Browse) -> None:
    _, browser = await at_the_ticks(client, browse)
    form = browser.form("Continue")
    await browser.fill()
    await browser.go("/inbox")
    answer = await browser.send(form, {"way": "formal_report"})
    await browser.go(answer.headers["location"])
    # What was wrong with another form is not said at this one.
    assert (browser.path, "There is something to look at" in browser.text) == ("/en/inbox/open/further", False)
    await browser.go("/check")
    assert browser.path == "/en/s/3"


@pytest.mark.parametrize("language", [*OWN_NAMES])
async def test_the_pages_of_a_further_way_are_small_enough_for_a_slow_line(
    client: httpx.AsyncClient, browse: Browse, language: str
) -> None:
    """With as much as a talk of a few weeks has, each thing longer than the page shows."""
    long = dict.fromkeys(("what_happened", "wish", "effects", "support_needs"), "كلمة " * 200)
    code = await code_of_new(client, draft(answers=long))
    await told(client, code, long["wish"])
    browser = await browse(code, language=language)
    await browser.go("/inbox/further")
    await browser.fill({"code": code}, place=0)
    for way in ("supervisor_request", "sea_report", "retaliation"):
        await browser.go("/inbox/further")
        await browser.fill({"way": way, "take_over": list((await items(client, code)).values())})
        await onwards(browser, {"recipient": "S0024", "mode": "confidential"})
        assert browser.path == browser.at("/check"), browser.text
    of_it = [one for one in browser.seen if one.status_code == 200 and "/back" not in one.request.url.path]
    sizes = {one.request.url.path: len(one.content) for one in of_it if not one.request.url.path.endswith("/inbox")}
    assert len(sizes) > 8
    assert {path: size for path, size in sizes.items() if size > 10 * 1024} == {}
