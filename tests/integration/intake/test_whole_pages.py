"""What opens only after the code was typed again; and days to be asked on."""

import html
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from tests.integration.intake.conftest import Browse
from tests.integration.intake.world import code_of_new, draft, inbox

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


async def test_s26_a_day_can_be_saved_for_a_calendar_and_says_nothing_there(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.go("/inbox/days")
    assert "calendar" not in browser.text
    await browser.fill({"after": "second"}, button="Save")
    (kept,) = (await inbox(client, code))["reminders"]
    await browser.go("/inbox/days")
    assert "Others often read a calendar of work" in browser.text
    answer = await browser.follow("Save this day for a calendar")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="day.ics"'
    assert answer.headers["cache-control"] == "no-store"
    assert f"DTSTART;VALUE=DATE:{kept['on'].replace('-', '')}\r\n" in answer.text
    assert kept["reminder_id"] not in f"{answer.text} {answer.url}"
    for told in (code, code.replace("-", ""), "http", "Staff", str(datetime.now(UTC).date())):
        assert told not in answer.text
    assert (await browser.go("/inbox/days/2")).status_code == 404
    assert (await browser.go("/inbox/days/0")).status_code == 404


async def test_a_day_is_saved_by_nobody_without_the_open_inbox(client: httpx.AsyncClient, browse: Browse) -> None:
    browser = await browse()
    answer = await browser.go("/inbox/days/1")
    assert "text/calendar" not in answer.headers["content-type"]
    assert browser.path == browser.at("/closed")
