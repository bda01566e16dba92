"""A desk's pages in a real Chromium: for everybody, on a phone too, with and without scripts, in both directions."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page

from chassis import keys
from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from lifecycle.pages.routes import desk_pages
from lifecycle.pages.wording import Wording
from lifecycle.sender import Sender
from ops.local_stack.oidc import Oidc
from tests import real_parts
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served
from tests.browser.traffic import Traffic
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans, create_tables, make_loans, settings_for

pytestmark = pytest.mark.stack
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_BROKEN = """words => {
    const cells = [...document.querySelectorAll("tbody td")].filter(one => !one.querySelector(".rows__whole"));
    cells.forEach((one, number) => { one.textContent = words[number % words.length]; });
    const lines = (one, word) => {
        const range = document.createRange();
        range.setStart(one.firstChild, word.index);
        range.setEnd(one.firstChild, word.index + word[0].length);
        return range.getClientRects().length;
    };
    return cells.flatMap(one => [...one.textContent.matchAll(/\\S+/g)].filter(word => lines(one, word) > 1))
        .map(word => word[0]);
}"""
"""Words of the longest that a list may hold, put into it, and which of them are broken over two lines."""
_FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const at = document.elementFromPoint(box.left + Math.min(box.width, 30) / 2, box.top + box.height / 2);
    return [one.innerText || one.name || one.tagName, at === one || one.contains(at) || (at && at.contains(one))];
}"""


@dataclass
class Desk:
    address: str
    loans: Loans
    case_id: UUID

    def pages(self) -> list[str]:
        case = f"/cases/{self.case_id}"
        return ["/queue", "/queue?everything=yes", case, f"{case}/do/lend", f"{case}/reading", f"{case}/conflict"]


@pytest.fixture
async def desk(
    oidc: Oidc,
    fresh_database: Callable[..., Awaitable[real_parts.Database]],
    fresh_keystore: Callable[..., Awaitable[real_parts.Database]],
    tmp_path: Path,
) -> AsyncIterator[Desk]:
    database, store = await fresh_database(), await fresh_keystore("workflow")
    await create_tables(database.migration_dsn("workflow"))
    keys.create("workflow", tmp_path)
    listener, address = listening()
    # Two ports of one host are one site to a browser; provider and desk are two.
    issuer = oidc.issuer.replace("127.0.0.1", "localhost")
    loans = make_loans(settings_for(database, store, tmp_path, public_url=address, oidc_client_secret="any"))
    sign_in = SignIn(issuer)
    pages, sessions = desk_pages(loans.desk, Sender(loans.desk), sign_in, Wording({}), package="services.ethics.web")
    app = create_app(loans.desk.settings, [pages], sign_in=sign_in, sessions=sessions)
    case_id = await loans.open()
    late = await loans.open()
    await loans.person(late, "keep_in_touch", datetime.now(UTC) - timedelta(days=3))
    async with served(listener, app):
        yield Desk(address, loans, case_id)
    await sign_in.close()
    await loans.desk.database.close()
    await loans.desk.keystore.close()


async def sign_in_at(page: Page, desk: Desk, language: str = "en") -> None:
    await page.goto(f"{desk.address}/{language}/queue")
    await page.click(f"button[value={INVESTIGATOR}]")
    await page.wait_for_url(f"{desk.address}/{language}/queue")


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (320, "ar")])
async def test_every_page_of_a_desk_is_open_to_everybody_and_fits(
    page_factory: PageFactory, desk: Desk, width: int, language: str
) -> None:
    page = await page_factory(width=width)
    await sign_in_at(page, desk, language)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in desk.pages():
        await page.goto(f"{desk.address}/{language}{path}")
        assert await axe(page) == [], path
        assert await page.evaluate(_WIDER) <= 0, path
    await page.goto(f"{desk.address}/{language}/cases/{desk.case_id}/do/lend")
    await page.fill("textarea", "aVeryLongWordWithoutASpace" * 30)
    async with page.expect_navigation():
        await page.locator("main form button").click()
    # Not taken: what to do comes first and has the focus, and what was typed is there.
    await page.wait_for_selector("#what-to-do:focus")  # the browser moves there once it has drawn the page
    assert (await page.input_value("textarea")).startswith("aVeryLong")
    assert await axe(page) == []
    assert await page.evaluate(_WIDER) <= 0
    assert said == []


async def test_a_date_stays_on_one_line_where_the_window_is_no_wide_one(page_factory: PageFactory, desk: Desk) -> None:
    for width, language in ((1000, "fr"), (660, "en")):
        page = await page_factory(width=width)
        await sign_in_at(page, desk, language)
        lines = await page.evaluate(
            "() => [...document.querySelectorAll('tbody td')].flatMap(one => [...one.childNodes]).map(one => {"
            " const range = document.createRange(); range.selectNodeContents(one);"
            " return [one.textContent, new Set([...range.getClientRects()].map(box => box.top)).size]; })"
        )
        dates = [count for text, count in lines if str(datetime.now(UTC).year) in text]
        assert dates
        assert set(dates) == {1}
        assert await page.evaluate(_WIDER) <= 0


_LONG_KIND = """() => {
    const group = document.createElement('div'), kinds = document.createElement('select');
    group.className = 'govuk-form-group';
    kinds.className = 'govuk-select';
    kinds.add(new Option('Exploitation '.repeat(4)));
    group.append(kinds);
    document.querySelector('form.filter').prepend(group);
}"""
"""Of a desk that has one kind there is nothing to choose; this one stands where another has it."""


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (1280, "200%")])
async def test_a_queue_fits_whatever_its_kinds_are_called_and_however_large_its_letters(
    page_factory: PageFactory, desk: Desk, width: int, size: str
) -> None:
    page = await page_factory(width=width)
    await sign_in_at(page, desk, "fr")
    await page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
    await page.evaluate(_LONG_KIND)
    await page.evaluate("() => { document.querySelector('h1').append(' ' + 'tests/lifecycle/'.repeat(6)); }")
    assert await page.evaluate(_WIDER) <= 0


async def test_what_is_one_long_word_in_a_list_breaks_rather_than_widen_a_wide_window(
    page_factory: PageFactory, desk: Desk
) -> None:
    page = await page_factory(width=1280)
    await sign_in_at(page, desk)
    await page.evaluate(
        "() => { const one = document.querySelector('tbody td'); one.classList.add('rows__anywhere');"
        " one.textContent = 'test_it_holds_'.repeat(15); }"
    )
    assert await page.evaluate(_WIDER) <= 0


async def test_a_number_of_a_list_stands_beside_its_name_on_a_phone(page_factory: PageFactory, desk: Desk) -> None:
    page = await page_factory(width=320)
    await sign_in_at(page, desk)
    aligned = await page.evaluate(
        "() => { const cell = document.querySelector('.rows td');"
        " cell.classList.add('govuk-table__cell--numeric'); return getComputedStyle(cell).textAlign; }"
    )
    assert aligned == "start"


async def test_on_a_phone_a_case_shows_when_each_time_limit_is_due_without_a_push_to_the_side(
    page_factory: PageFactory, desk: Desk
) -> None:
    page = await page_factory(width=320)
    await sign_in_at(page, desk)
    async with page.expect_navigation():
        await page.locator("tbody a").first.click()  # what has a date comes first
    due = page.locator("td[data-name='Due']")
    assert await due.count()
    for one in await due.all():
        box = await one.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 320


async def test_no_word_of_a_list_is_broken_in_a_wide_window(page_factory: PageFactory, desk: Desk) -> None:
    page = await page_factory(width=1280)
    await sign_in_at(page, desk, "fr")
    broken = await page.evaluate(
        _BROKEN, ["Recommandation", "Recommandé", "Noter ce que vous avez constaté", "espagnol"]
    )
    assert broken == []
    assert await page.evaluate(_WIDER) <= 0


async def test_a_case_is_worked_with_the_keyboard_alone_and_the_focus_is_never_hidden(
    page_factory: PageFactory, desk: Desk
) -> None:
    page = await page_factory(height=500)
    await sign_in_at(page, desk)
    await page.goto(f"{desk.address}/en/cases/{desk.case_id}")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.innerText") == "Skip to main content"
    reached = []
    for _ in range(25):
        await page.keyboard.press("Tab")
        name, seen = await page.evaluate(_FOCUSED)
        assert seen, f"{name} has the focus and cannot be seen"
        reached.append(name)
    wanted = ["Sign out", "Queue", "Lend", "Read what was written", "I have a conflict of interest"]
    assert list(dict.fromkeys(name for name in reached if name in wanted)) == wanted
    await page.focus("a[href$='/do/lend']")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert page.url.endswith("/do/lend")


async def test_a_desk_works_without_scripts_and_in_forced_colours(page_factory: PageFactory, desk: Desk) -> None:
    page = await page_factory(javascript=False, forced_colours=True)
    await sign_in_at(page, desk)
    await page.click(f"a[href='/en/cases/{desk.case_id}']")
    current = page.locator(".tabs__link").first
    assert await current.is_visible()
    await page.goto(f"{desk.address}/en/cases/{desk.case_id}/conflict")
    await page.click("main form button")
    await page.wait_for_url(f"{desk.address}/en/queue")
    assert await page.locator(f"a[href*='{desk.case_id}']").count() == 0


_FIRST_VISIT, _NEXT_PAGE, _SCRIPT, _REQUESTS, _LINES = 90 * 1024, 20 * 1024, 20 * 1024, 10, 50
_SHIFTED = """() => new Promise(found => {
    let all = 0;
    new PerformanceObserver(seen => seen.getEntries().forEach(one => { all += one.value; }))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => found(all), 300);
})"""
"""How much of what was drawn has moved since (cumulative layout shift)."""


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_desk_stays_within_what_it_may_cost(page_factory: PageFactory, desk: Desk, language: str) -> None:
    """Of a full page of its queue: some handle cases from a duty station at the end of a slow line."""
    for _ in range(_LINES):
        await desk.loans.open()
    at_the_door, traffic = await page_factory(), Traffic()
    await sign_in_at(at_the_door, desk, language)
    # Signed in, and with nothing kept of what a page needs.
    page = await page_factory(storage_state=await at_the_door.context.storage_state())
    await traffic.watch(page)
    for number, path in enumerate(desk.pages()):
        await page.goto(f"{desk.address}/{language}{path}", wait_until="networkidle")
        assert len(traffic.asked) <= _REQUESTS, path
        assert traffic.scripts() <= _SCRIPT, path
        most = _FIRST_VISIT if number == 0 else _NEXT_PAGE
        assert (20_000 if number == 0 else 500) < traffic.total() <= most, path
        assert await page.evaluate(_SHIFTED) <= 0.02, path
