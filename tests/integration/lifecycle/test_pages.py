"""A desk's pages on a real database: what somebody signed in sees of the cases, and how an action is asked for."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from lifecycle.pages.panels import PLAIN
from ops.local_stack.oidc import Oidc
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans
from tests.integration.web.desk import DESK, Browser, csrf
from tests.integration.web.panels import looking_at, sent

TEXTS = {"loan.action.lend": "Lend it", "loan.state.asked": "Somebody asks for it", "hint.until_at": "A day to come."}


@pytest.fixture
async def browser(loans: Loans, oidc: Oidc) -> AsyncIterator[Browser]:
    async with looking_at(loans.desk, oidc.issuer, "services.ethics.web", TEXTS, PLAIN) as made:
        yield made


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def once(page: httpx.Response) -> str:
    return hidden(page, "once")


def version(page: httpx.Response) -> str:
    return hidden(page, "version")


async def test_a_queue_lists_what_is_open_by_the_next_date(browser: Browser, loans: Loans) -> None:
    now = datetime.now(UTC)
    quiet, soon, later, over = [await loans.open() for _ in range(4)]
    for case_id, days in ((later, 9), (soon, 2), (over, 3)):
        await loans.person(case_id, "keep_in_touch", now + timedelta(days=days))
    signed = await loans.sign(over, "lend", {"until_at": (now + timedelta(days=1)).isoformat()})
    await loans.decide(signed)
    await loans.person(over, "give_back")
    queue = await browser.signed_in(INVESTIGATOR)
    assert re.findall(r'href="/en/cases/([0-9a-f-]{36})"', queue.text) == [str(soon), str(later), str(quiet)]
    assert "Somebody asks for it" in queue.text
    # What may be done is not what it waits for: a remark moves nothing on.
    assert queue.text.count('data-name="Next step for you">Lend it<') == 3
    # What has no step for the reader comes after, under its own caption, though its date is the first.
    signed = await loans.sign(quiet, "lend", {"until_at": (now + timedelta(days=1)).isoformat()})
    await loans.decide(signed)
    queue = await browser.get("/en/queue")
    first, rest = queue.text.split("With no step for you now")
    assert "Overdue, unread, or with a step for you" in first
    assert re.findall(r'href="/en/cases/([0-9a-f-]{36})"', first) == [str(soon), str(later)]
    assert re.findall(r'href="/en/cases/([0-9a-f-]{36})"', rest) == [str(quiet)]
    everything = await browser.get("/en/queue?everything=yes")
    assert "With no step for you now" not in everything.text
    assert len(re.findall(r'href="/en/cases/', everything.text)) == 4
    assert not re.findall(r'href="/en/cases/', (await browser.get("/en/queue?lifecycle=loan&after=x")).text)


async def test_a_date_that_has_gone_by_stands_first_and_stays_when_nothing_is_left_to_ring(
    browser: Browser, loans: Loans
) -> None:
    now = datetime.now(UTC)
    late, again, soon = [await loans.open(now=now - timedelta(days=9)) for _ in range(3)]
    until = {"until_at": (now - timedelta(days=3)).isoformat()}
    await loans.decide(await loans.sign(late, "lend", until), now - timedelta(days=4))
    await loans.person(again, "keep_in_touch", now - timedelta(days=2))
    await loans.person(soon, "keep_in_touch", now)
    for case_id in (late, again):
        await loans.ring(case_id, now - timedelta(days=1))
        await loans.ring(case_id, now)
    # The one has rung for the last time; the other rings again and again, and counts from when it rang first.
    assert (await loans.row(late)).next_due_at is None
    assert (await loans.row(again)).unmet_at == now - timedelta(days=1)
    queue = (await browser.signed_in(INVESTIGATOR)).text
    assert re.findall(r'href="/en/cases/([0-9a-f-]{36})"', queue) == [str(late), str(again), str(soon)]
    marked = re.findall(r"/cases/([0-9a-f-]{36})|(govuk-tag--red)", queue)
    assert [one for one, _ in marked] == [str(late), "", str(again), "", str(soon)]
    shown = (await browser.get(f"/en/cases/{late}")).text
    assert "govuk-tag--red" in shown
    assert re.findall(r'moj-timeline__title">([^<]*)<', shown)[0] == "A date has come: End"
    assert "govuk-tag--red" not in (await browser.get(f"/en/cases/{soon}")).text
    cells = re.findall('"Next date">(.*?)</td>', queue, re.DOTALL)
    dates = [" ".join(re.sub("<[^>]*>", " ", one).split()) for one in cells]
    three_days_ago, yesterday = (_day(now - timedelta(days=days)) for days in (3, 1))
    assert dates[:2] == [f"Overdue {three_days_ago} End", f"Overdue {yesterday} Next word to the person"]
    assert re.fullmatch(r"\d+ \w+ \d{4}, \d\d:\d\d UTC Next word to the person", dates[2]), "less than a day is left"


async def test_a_case_shows_what_may_be_done_and_why_the_rest_may_not(browser: Browser, loans: Loans) -> None:
    case_id = await loans.open()
    page = await browser.signed_in(INVESTIGATOR, f"/en/cases/{case_id}")
    assert "Somebody asks for it</h1>" in page.text
    assert f'href="/en/cases/{case_id}/do/lend">Lend it</a>' in page.text
    # What moves the matter on stands first, what leaves it where it is after that.
    beside = page.text.index("Beside that, without moving it on")
    assert page.text.index("/do/lend") < beside < page.text.index("/do/remark")
    assert re.search("<title>([^<]*)</title>", page.text)[1] == f"Matter {str(case_id)[:8]} \N{EN DASH} Staff services"  # type: ignore[index]
    await loans.decide(
        await loans.sign(case_id, "lend", {"until_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()})
    )
    lent = (await browser.get(f"/en/cases/{case_id}")).text
    assert "/do/lend" not in lent
    assert re.search(r"<dt>Lend it</dt><dd>This step is not open in the present state\.", lent)


async def test_a_form_says_what_is_missing_and_keeps_what_was_typed(browser: Browser, loans: Loans) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/do/lend"
    form = await browser.signed_in(INVESTIGATOR, path)
    assert "A day to come." in form.text
    answer = await sent(browser, path, form, note="Mind the <b>brake</b>.")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    again = await browser.get(path)
    # Read alone, before any of the questions: it says which of them it is about.
    assert re.search(r'href="#f-until_at">[^<]+: Enter a day\.', again.text)
    assert "Mind the &lt;b&gt;brake&lt;/b&gt;." in again.text
    assert (await loans.row(case_id)).version == 1
    wrong = await sent(browser, path, again, **{"until_at-day": "31", "until_at-month": "2", "until_at-year": "2027"})
    assert wrong.status_code == 303
    assert "Enter a day, a month and a year" in (await browser.get(path)).text


async def test_what_was_sent_and_may_have_been_taken_is_sent_again_as_the_same(browser: Browser, loans: Loans) -> None:
    """There is no Temporal here: the page cannot know whether the action was recorded."""
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/do/remark"
    form = await browser.signed_in(INVESTIGATOR, path)
    answer = await sent(browser, path, form)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    again = await browser.get(path)
    assert "Send it again in a moment." in again.text
    assert once(again) == once(form)


async def test_what_was_written_is_still_there_to_be_read_where_somebody_else_has_acted(
    browser: Browser, loans: Loans
) -> None:
    """In another tab, or at another desk: the step is not open any more."""
    case_id = await loans.open()
    path, until = f"/en/cases/{case_id}/do/lend", datetime.now(UTC) + timedelta(days=1)
    form = await browser.signed_in(INVESTIGATOR, path)
    assert "has moved on" not in form.text
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": until.isoformat()}))
    day = {"until_at-day": "1", "until_at-month": "1", "until_at-year": "2030"}
    answer = await sent(browser, path, form, note="Mind the <b>brake</b>.", **day)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    after = await browser.get(path)
    assert "The matter has moved on since you opened this. What you wrote was not recorded." in after.text
    assert "Mind the &lt;b&gt;brake&lt;/b&gt;." in after.text
    assert "There is something to look at" not in after.text, "there is nothing to do here"
    assert '<form method="post" action="/en/cases' not in after.text
    assert (await loans.row(case_id)).version == 2


async def test_a_form_keeps_the_version_that_was_seen_and_a_newer_one_is_looked_at_first(
    browser: Browser, loans: Loans
) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/do/lend"
    form = await browser.signed_in(INVESTIGATOR, path)
    await loans.person(case_id, "remark")
    await sent(browser, path, form)
    missing = await browser.get(path)
    # What was missing is asked for; the version is still that of the page which was read.
    assert (once(missing), version(missing)) == (once(form), version(form))
    day = {"until_at-day": "1", "until_at-month": "1", "until_at-year": "2030"}
    assert (await sent(browser, path, missing, **day)).headers["location"] == path
    moved = await browser.get(path)
    assert "Somebody was quicker" in moved.text
    assert int(version(moved)) == int(version(form)) + 1
    assert (await loans.row(case_id)).state == "asked"


async def test_a_case_that_somebody_may_not_see_is_a_page_like_one_that_is_not_there(
    browser: Browser, loans: Loans
) -> None:
    case_id = await loans.open(tagged=False)
    await browser.signed_in(INVESTIGATOR)
    hidden, unknown = await browser.get(f"/en/cases/{case_id}"), await browser.get(f"/en/cases/{uuid4()}")
    assert hidden.status_code == unknown.status_code == 404

    def plain(page: httpx.Response, one: UUID | str) -> str:
        return page.text.replace(str(one), "")

    assert plain(hidden, case_id) == re.sub(r"/cases/[0-9a-f-]{36}", "/cases/", unknown.text)
    for address in ("do/lend", "reading", "contents", "conflict"):
        assert (await browser.get(f"/en/cases/{case_id}/{address}")).status_code in (303, 404)


async def test_whoever_has_a_conflict_steps_aside_with_one_button(browser: Browser, loans: Loans) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/conflict"
    form = await browser.signed_in(INVESTIGATOR, path)
    answer = await browser.send(path, csrf=csrf(form))
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/queue")
    assert str(case_id) not in (await browser.get("/en/queue")).text
    assert (await browser.get(f"/en/cases/{case_id}")).status_code == 404


async def test_what_makes_a_conflict_is_named_before_anything_is_opened(browser: Browser, loans: Loans) -> None:
    case_id = await loans.open()
    ask = (await browser.signed_in(INVESTIGATOR, f"/en/cases/{case_id}/reading")).text
    for relation in loans.desk.policy.options["conflict"].choices.values():
        assert f"<li>{relation}</li>" in ask
    assert f'href="/en/cases/{case_id}/conflict"' in ask


async def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(browser: Browser, loans: Loans) -> None:
    case_id = await loans.open()
    path = f"/en/cases/{case_id}/conflict"
    form = await browser.signed_in(INVESTIGATOR, path)
    without = await browser.send(path)
    elsewhere = await browser.client.post(
        DESK + path, data={"csrf": csrf(form)}, headers={"Origin": "https://elsewhere.example"}
    )
    for answer in (without, elsewhere):
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/said/not_taken")
    assert (await browser.get(f"/en/cases/{case_id}")).status_code == 200


async def test_reading_asks_for_a_purpose_first(browser: Browser, loans: Loans) -> None:
    case_id = await loans.open()
    first = await browser.signed_in(INVESTIGATOR, f"/en/cases/{case_id}/contents")
    assert (first.status_code, first.headers["location"]) == (303, f"/en/cases/{case_id}/reading")
    path = first.headers["location"]
    ask = await browser.get(path)
    assert "What do you read it for?" in ask.text
    answer = await sent(browser, path, ask)
    assert answer.headers["location"] == path
    assert "Choose what you read it for." in (await browser.get(path)).text
    file = await browser.get(f"/en/cases/{case_id}/files/{uuid4()}")
    assert file.headers["location"] == path
    await sent(browser, path, ask, purpose="lending")
    assert (await browser.get(f"/en/cases/{case_id}/files/{uuid4()}")).status_code == 404
