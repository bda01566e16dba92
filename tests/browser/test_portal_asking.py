"""The portal's questions in a real Chromium: every way from the first page to the code, wide and narrow, with scripts
and without, in both directions of writing.
"""

from typing import Final

import pytest
from playwright.async_api import Page

from services.intake.domain.ways import WAYS
from services.intake.web.pages.questions import DIRECT, JOURNEYS
from services.intake.web.pages.sending_draft import takes_files
from tests.browser.axe import axe
from tests.browser.conftest import PageFactory, Portal

pytestmark = pytest.mark.stack

WORDS: Final = "He shouts in every meeting.\n" + "aVeryLongWordWithoutASpace" * 20 + "\nيصرخ في كل اجتماع"
_ANSWERS: Final = {
    "what_happened": WORDS,
    "wish": "That it stops.",
    "recipient": "S0030",
    "mode": "confidential",
    "after": "second",
}
_WIDER: Final = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def begin(page: Page, address: str, language: str) -> None:
    await page.goto(f"{address}/{language}/before")
    await page.locator("main button[type=submit]").click()
    await page.wait_for_url("**/s/1")


async def fill(page: Page) -> None:
    for name, answer in _ANSWERS.items():
        field = page.locator(f"[name={name}]")
        if await field.count():
            radio = page.locator(f"[name={name}][value={answer}]") if answer.isalpha() else None
            if radio is not None and await radio.count():
                await radio.check()
            else:
                await field.first.fill(answer)


async def press(page: Page, selector: str) -> None:
    """And wait for the page that follows."""
    async with page.expect_navigation():
        await page.locator(selector).click()


@pytest.mark.parametrize("way", [*WAYS])
async def test_every_page_of_a_way_is_open_to_everybody(portal: Portal, page_factory: PageFactory, way: str) -> None:
    """No fault that axe can see, empty and with what was not taken, and nothing said on the console."""
    page = await page_factory(width=1280)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await begin(page, portal.address, "en")
    looked_at = set()
    while "/s/" in page.url:
        assert await axe(page) == [], page.url
        looked_at.add(page.url)
        if await page.locator(f"button[value={way}]").count():
            await press(page, f"button[value={way}]")
            continue
        before = page.url
        await press(page, "button[value=on]")
        if page.url == before:
            assert await axe(page) == [], f"{page.url}, not taken"
            await page.wait_for_selector("#what-to-do:focus")  # the browser moves there once it has drawn the page
            await fill(page)
            await press(page, "button[value=on]")
    assert len(looked_at) == 3 + len(JOURNEYS[way]) + takes_files(way)
    assert page.url.endswith("/check")
    assert await axe(page) == []
    if way != DIRECT:
        await press(page, "button[value=send]")
        assert await axe(page) == []
        await press(page, "main button[type=submit]")
        assert await axe(page) == [], "the code, not ticked"
        await page.locator("[name=kept]").check()
        await press(page, "main button[type=submit]")
        assert await axe(page) == []
    assert said == []


@pytest.mark.parametrize("way", [*WAYS])
async def test_every_way_is_walked_on_a_phone_without_scripts_from_right_to_left(
    portal: Portal, page_factory: PageFactory, way: str
) -> None:
    page = await page_factory(width=320, height=640, javascript=False)
    await begin(page, portal.address, "ar")
    while "/s/" in page.url:
        assert await page.evaluate(_WIDER) == 0, page.url
        if await page.locator(f"button[value={way}]").count():
            await press(page, f"button[value={way}]")
            continue
        await fill(page)
        await press(page, "button[value=on]")
    assert await page.evaluate(_WIDER) == 0
    await press(page, "button[value=send]")
    assert page.url.endswith("/ar/sent")
    assert await page.evaluate(_WIDER) == 0
    code = page.locator(".code bdi")
    assert await code.get_attribute("dir") == "ltr"
    assert len((await code.inner_text()).split()) == 6
    await page.locator("[name=kept]").check()
    await press(page, "main button[type=submit]")
    assert await page.locator(".code").count() == 0


async def test_s18_the_printed_sheet_holds_the_code_and_a_neutral_word_alone(
    portal: Portal, page_factory: PageFactory
) -> None:
    page = await page_factory()
    await begin(page, portal.address, "en")
    for button in ("on", "on", "support_referral", *["on"] * (len(JOURNEYS["support_referral"]) + 1), "send"):
        await press(page, f"button[value={button}]")
    code = await page.locator(".code").inner_text()
    await page.emulate_media(media="print")
    seen = (await page.locator("body").inner_text()).split("\n")
    assert [line for line in seen if line.strip()] == ["Your code", code]
    assert await page.title() == "Keep this \N{EN DASH} Staff services"


async def test_the_rows_of_the_ways_stand_level_on_a_wide_screen(portal: Portal, page_factory: PageFactory) -> None:
    page = await page_factory(width=1280)
    await begin(page, portal.address, "en")
    await press(page, "button[value=on]")
    await press(page, "button[value=on]")
    tops = await page.evaluate(
        "() => [...document.querySelectorAll('.options li')].slice(0, 3).map("
        "one => [...one.querySelectorAll('dt, button')].map(row => Math.round(row.getBoundingClientRect().top)))"
    )
    assert len(tops) == 3
    assert tops[0] == tops[1] == tops[2]
    assert len(set(tops[0])) == 7


_STOPS: Final = """() => {
    const named = one => [one.tagName, one.name || one.id || one.getAttribute('href') || one.innerText, one.value || '']
        .join(' ').trim();
    const groups = {};
    const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
        .filter(one => one.checkVisibility())  // what a closed fold holds has a place, and cannot be seen
        .filter(one => {
            if (one.type !== 'radio') return true;
            const group = [...document.getElementsByName(one.name)];
            return one === (group.find(other => other.checked) || group[0]);
        });
    return stops.map(named);
}"""
"""What Tab has to reach, in the order in which it is read; of several to choose one from, one."""
_FOCUSED: Final = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight), middle = (top + bottom) / 2;
    const points = [0.1, 0.5, 0.9].map(part => [box.left + box.width * part, middle]);
    const seen = bottom > top && points.some(([x, y]) => {
        const at = document.elementFromPoint(x, y);
        return at && (at === one || one.contains(at) || at.contains(one));
    });
    const drawn = [one, one.labels && one.labels[0]].filter(Boolean).flatMap(part =>
        [getComputedStyle(part), getComputedStyle(part, '::before')]);
    const marked = drawn.some(style => style.outlineStyle !== 'none' || style.boxShadow !== 'none');
    const name = [one.tagName, one.name || one.id || one.getAttribute('href') || one.innerText, one.value || ''];
    return [name.join(' ').trim(), seen, marked];
}"""
"""Whether it can be seen where the keyboard is: nothing lies over it, and something marks it."""


@pytest.mark.parametrize(("width", "height", "language"), [(1280, 720, "en"), (320, 256, "ar")])
async def test_the_way_to_a_talk_is_walked_by_the_keyboard_alone(
    portal: Portal, page_factory: PageFactory, width: int, height: int, language: str
) -> None:
    """Every page from the first to the inbox: everything is reached in its order, seen there, and left again."""
    page = await page_factory(width=width, height=height)
    await page.goto(f"{portal.address}/{language}")
    answers = {
        "[name=mode][value=anonymous]": "Space",
        "[name=what_happened]": "He shouts in every meeting.",
        "[name=kept]": "Space",
    }
    onwards = ("main a[href$='/before']", "button[value=informal_resolution]", "button[value=on]", "button[value=send]")
    pages = []
    while not page.url.endswith("/inbox"):
        await _tab_through(page)
        pages.append(page.url.rpartition("/")[2])
        assert len(pages) <= 16, pages
        for selector, answer in answers.items():
            if await page.locator(selector).count():
                await _tab_to(page, selector.partition("[value")[0])
                if not await page.evaluate("selector => document.activeElement.matches(selector)", selector):
                    await page.keyboard.press("ArrowDown")
                if answer == "Space":
                    await page.keyboard.press("Space")
                else:
                    await page.keyboard.type(answer)
        there = [one for one in onwards if await page.locator(one).count()]
        kept = page.url.endswith("/sent") and not await page.locator("[name=kept]").count()
        button = there[0] if there else "main a.govuk-button" if kept else "main form button"
        await _tab_to(page, button)
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
    await _tab_through(page)
    assert pages == [language, "before", *(str(number) for number in range(1, 11)), "files", "check", "sent", "sent"]
    assert "He shouts in every meeting." not in await page.inner_text("main")


async def _tab_through(page: Page) -> None:
    """From the top of a page that was just opened, and out of it again."""
    stops = await page.evaluate(_STOPS)
    for wanted in stops:
        await page.keyboard.press("Tab")
        name, seen, marked = await page.evaluate(_FOCUSED)
        assert name == wanted, page.url
        assert seen, f"{name} has the focus and cannot be seen on {page.url}"
        assert marked, f"nothing shows that {name} has the focus on {page.url}"
    await page.keyboard.press("Tab")
    assert (await page.evaluate(_FOCUSED))[0] != stops[-1], "a trap"


_SPACED: Final = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-block-end: 2em !important; }"""
"""As WCAG 1.4.12 lets somebody set it."""
_LOST: Final = """() => {
    const off = one => one.closest('.govuk-visually-hidden, .govuk-skip-link, textarea, select, input');
    const found = [];
    for (const one of document.querySelectorAll('details')) one.open = true;
    for (const one of document.querySelectorAll('body *')) {
        const style = getComputedStyle(one), hides = style.overflowX !== 'visible' || style.overflowY !== 'visible';
        if (!off(one) && hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
            found.push(`cut: ${one.className} ${one.innerText}`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), boxes = [];
    while (walker.nextNode()) {
        const node = walker.currentNode, range = document.createRange();
        if (!node.data.trim() || off(node.parentElement)) continue;
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) if (box.width > 1) boxes.push([box, node]);
    }
    boxes.forEach(([one, node], place) => boxes.slice(place + 1).forEach(([other, next]) => {
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (node !== next && wide > 2 && high > 0.4 * Math.min(one.height, other.height))
            found.push(`over each other: ${node.data} | ${next.data}`);
    }));
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push('wider than the page');
    return found;
}"""
"""What cannot be read any more."""


@pytest.mark.parametrize(("width", "language"), [(1280, "fr"), (320, "ar")])
async def test_with_more_space_between_lines_words_and_letters_nothing_is_cut_or_lies_over_another(
    portal: Portal, page_factory: PageFactory, width: int, language: str
) -> None:
    # What is injected here is no style of ours.
    page = await page_factory(width=width, height=640, bypass_csp=True)

    async def is_whole() -> None:
        assert await page.evaluate(_LOST) == [], page.url
        await page.add_style_tag(content=_SPACED)
        assert await page.evaluate(_LOST) == [], f"{page.url}, spaced"

    for path in ("", "/told", "/online", "/privacy", "/data", "/accessibility", "/outside", "/back", "/before"):
        await page.goto(f"{portal.address}/{language}{path}")
        await is_whole()
    await press(page, "main button[type=submit]")
    await page.locator("[value=self_harm]").check()
    while "/s/" in page.url:
        await is_whole()
        await fill(page)
        way = page.locator("button[value=informal_resolution]")
        await press(page, "button[value=informal_resolution]" if await way.count() else "button[value=on]")
    await is_whole()
    await press(page, "button[value=keep]")
    await is_whole()
    await page.go_back()
    await press(page, "button[value=send]")
    await is_whole()
    await page.locator("[name=kept]").check()
    await press(page, "main button[type=submit]")
    for path in ("/sent", "/inbox", "/inbox/whole", "/inbox/days", "/inbox/further"):
        await page.goto(f"{portal.address}/{language}{path}")
        await is_whole()
    await page.goto(f"{portal.address}/{language}/inbox")
    for ending in ("/change", "/file", "/mail", "/name"):
        await press(page, f"main a[href$='{ending}']")
        await is_whole()
        await page.goto(f"{portal.address}/{language}/inbox")


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(90):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"no way to {selector} by Tab on {page.url}")
