"""What opens only after the code was typed again, another way taken with what is ticked; and days to be asked on."""

import html
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from uuid import uuid4

import httpx
import pytest

from chassis.keystore import Keystore, Wrap
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.sweep_orphans import ORPHANED_AFTER, sweep_orphans
from services.intake.web.pages import returning
from services.intake.web.pages.words_of_cases import ROUTES
from tests.integration.intake.conftest import Browse, client_of
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.test_sweep import on
from tests.integration.intake.world import World, code_of_new, draft, inbox

pytestmark = pytest.mark.stack
NEVER_GIVEN = "2222-3333-4444-5555-6666-7777"


async def test_the_alleged_offender_holds_the_code_and_is_asked_for_it_again_before_any_page_of_her_words(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client, draft(answers={"what_happened": "<b>He shouts.</b> أهلا"}))
    browser = await browse(code)
    await browser.follow("See what I sent")
    for wrong in ("", NEVER_GIVEN, "<b>"):
        await browser.fill({"code": wrong}, button="Continue")
        assert "This is not the code of this inbox." in browser.text
        assert "He shouts." not in browser.page.text
        assert wrong == "" or html.escape(wrong) not in browser.page.text
    await browser.fill({"code": code.lower()}, button="Continue")
    for words in ("&lt;b&gt;He shouts.&lt;/b&gt; أهلا", "S0018", "S0017", "S0012"):
        assert words in browser.page.text
    await browser.go("/inbox")
    for path in ("/inbox/whole", "/inbox/further"):
        await browser.go(path)
        assert "He shouts." not in browser.page.text


async def test_a_further_way_takes_over_what_she_ticks_and_no_more(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    answers = {"what_happened": "He shouts in every meeting.", "wish": "That it stops."}
    code = await code_of_new(client, draft(answers=answers))
    talk = await world.report_id(client, code)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    form = browser.form("Send")
    # Nothing is ticked or chosen beforehand.
    assert dict(form.fields).keys() == {"csrf", "once", "what_happened"}
    await browser.fill({"route": "formal_report", "mode": "confidential"}, button="Send")
    assert browser.text.count("Tick what goes over, or write a few words.") == 2
    (seen,) = (await inbox(client, code))["routes"]
    (ticked,) = [one["item_id"] for one in seen["answers"] if one["name"] == "wish"]
    form = browser.form("Send")
    given = {"route": "formal_report", "mode": "confidential", "take_over": [ticked], "no_watch": "yes"}
    given |= {"writer": "affected"}
    for _ in range(2):
        answer = await browser.send(form, given)
        assert answer.headers["location"] == "/en/inbox"
    await browser.go("/inbox")
    assert "It has been sent on the new way as well." in browser.text
    # Two forms and two headings: whoever hears them is told which is which.
    for way in ("formal_report", "informal_resolution"):
        assert f'Write a message<span class="govuk-visually-hidden">: {ROUTES[way]}</span>' in browser.page.text
    named = re.findall(r'id="s-(\w+)" aria-labelledby="s-(\w+) r-(\w+)">Send<', browser.page.text)
    assert len(named) == len({one for three in named for one in three}) == 2
    (old, new) = (await inbox(client, code))["routes"]
    assert (old["report_id"], new["route"]) == (talk, "formal_report")
    assert [one["text"] for one in new["answers"]] == ["That it stops."]
    assert new["parties"] == []
    # Who writes is known there: only then can she be asked in her inbox whether she agrees to a measure.
    events = await world.events(new["report_id"])
    lodged = next(event for event in events if event.message.DESCRIPTOR.name == "ReportLodged")
    assert json.loads(lodged.message.facts_json) == {"writer": "affected"}


async def test_a_further_way_that_was_changed_after_it_was_sent_is_not_sent_again(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    form = browser.form("Send")
    for words in ("First.", "Other."):
        given = {"route": "formal_report", "mode": "anonymous", "what_happened": words}
        answer = await browser.send(form, given)
        assert answer.headers["location"] == "/en/inbox"
    await browser.go("/inbox")
    assert "What you sent before stands. What you changed since was not sent." in browser.text
    (_, new) = (await inbox(client, code))["routes"]
    assert [one["text"] for one in new["answers"]] == ["First."]


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
        await browser.follow("Take another way as well")
        await browser.fill({"code": code}, button="Continue")
        once = browser.form("Send").hidden["once"]
        given = {"route": "formal_report", "mode": "anonymous", "what_happened": "More."}
        await browser.fill(given, button="Send")
        assert browser.text.count("We do not know whether it was sent. Send it once more: it is taken once.") == 2
        assert browser.form("Send").hidden["once"] == once
        store.away = False
        await browser.fill(given, button="Send")
        assert "It has been sent on the new way as well." in browser.text
        assert [len(one["answers"]) for one in (await inbox(client, code))["routes"]][1:] == [1]
    await store.close()


async def test_a_further_way_is_not_taken_without_the_code(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    form, given = browser.form("Send"), {"route": "formal_report", "mode": "anonymous", "what_happened": "More."}
    await browser.fill({}, button="Send")
    await browser.go("/inbox")
    answer = await browser.send(form, given)
    await browser.go(answer.headers["location"])
    # What was wrong with another form is not said at this one.
    assert (browser.path, "There is something to look at" in browser.text) == ("/en/inbox/open/further", False)
    assert len((await inbox(client, code))["routes"]) == 1


async def test_days_to_be_asked_on_are_set_once_and_forgotten(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.follow("Change these days")
    form = browser.form("Save")
    for _ in range(2):
        await browser.send(form, {"after": "second"})
    (kept,) = (await inbox(client, code))["reminders"]
    await browser.go("/inbox/days")
    # A day that is not hers is none of hers to forget.
    answer = await browser.send(browser.form("Forget this day"), {"forget": str(uuid4())})
    assert answer.headers["location"] == "/en/said/not_taken"
    await browser.go("/inbox/days")
    assert browser.form("Forget this day").hidden["forget"] == kept["reminder_id"]
    await browser.fill(button="Forget this day")
    assert (await inbox(client, code))["reminders"] == []
