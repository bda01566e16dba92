"""People at the pages of a running stack: they open what a page links to, fill in what it asks, press what it offers.

The one who reports has a phone's width and no scripts; staff sit at a desk. Nothing is done here by an interface.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from playwright.async_api import Locator, Page

from tests.browser.axe import axe
from tests.browser.conftest import PageFactory
from tests.waiting import eventually

Answers = Mapping[str, str | datetime | Literal[True]]
"""By the names of questions: a choice or words, a moment, a box that is ticked."""
PATIENCE = 120
"""Seconds until what one desk has done is to be seen at another."""
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


_LOOKED_AT: Final[set[str]] = set()
"""The pages of desks, by their address without the ids in it: each is looked at once in a run."""


async def no_barrier(page: Page) -> None:
    """Nothing that a program can see keeps anybody from using this page."""
    address = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", page.url.partition("?")[0])
    if address not in _LOOKED_AT:
        assert await axe(page) == [], page.url
        _LOOKED_AT.add(address)


async def press(page: Page, what: Locator) -> None:
    """And wait for the page that follows, which is no wider than its window."""
    async with page.expect_navigation():
        await what.click()
    assert await page.evaluate(_WIDER) <= 0, page.url


async def fill(page: Page, answers: Answers) -> None:
    """Each answer into the question of that name."""
    for name, answer in answers.items():
        if isinstance(answer, datetime):
            parts = {"day": answer.day, "month": answer.month, "year": answer.year, "time": f"{answer:%H:%M}"}
            for part, text in parts.items():
                await page.fill(f"[name={name}-{part}]", str(text))
        elif answer is True:
            await page.check(f"[name={name}]")
        elif await page.locator(f"[name={name}]:is([type=radio], [type=checkbox])").count():
            await page.check(f"[name={name}][value={answer}]")
        elif await page.locator(f"select[name={name}]").count():
            await page.select_option(f"[name={name}]", answer)
        else:
            await page.fill(f"[name={name}]", answer)


async def said(page: Page) -> str:
    """The words in the middle of a page, as one line."""
    return " ".join((await page.locator("main").inner_text()).split())


async def reloaded(page: Page, *words: str) -> str:
    """The page, loaded anew until it says all of this."""

    async def there() -> str:
        await page.reload()
        text = await said(page)
        return text if all(one in text for one in words) else ""

    found: str = await eventually(there, within=PATIENCE)
    return found


@dataclass
class Person:
    """Whoever reports: on a phone, without scripts, by the access code alone."""

    page: Page
    portal: str
    code: str = ""

    async def lodges(self, way: str, answers: Mapping[str, str]) -> None:
        """A way from the first page to the code; what is asked for beyond `answers` stays empty."""
        await self.page.goto(f"{self.portal}/en")
        await press(self.page, self.page.get_by_role("link", name="See your options"))
        await press(self.page, self.page.locator("main button[type=submit]"))
        await self.answers(way, answers)
        assert "Nothing has been sent yet." in await said(self.page)
        await press(self.page, self.page.locator("button[value=send]"))
        self.code = await self.page.locator(".code bdi").inner_text()
        await self.page.check("[name=kept]")
        await press(self.page, self.page.locator("main button[type=submit]"))

    async def answers(self, way: str, answers: Mapping[str, str]) -> None:
        """Page after page, to the check."""
        while "/s/" in self.page.url:
            asked = {name: one for name, one in answers.items() if await self.page.locator(f"[name={name}]").count()}
            await fill(self.page, asked)
            chosen = self.page.locator(f"button[value={way}]")
            await press(self.page, chosen if await chosen.count() else self.page.locator("button[value=on]"))
            assert "There is something to look at" not in (text := await said(self.page)), text
        assert self.page.url.endswith("/check"), await said(self.page)

    async def comes_back(self) -> None:
        await self.page.goto(f"{self.portal}/en")
        await press(self.page, self.page.get_by_role("link", name="I already have a code"))
        await self.types_code()

    async def types_code(self) -> None:
        await self.page.locator("main input[type=text]").fill(self.code)
        await press(self.page, self.page.locator("main button[type=submit]"))

    async def inbox(self, *words: str) -> str:
        """Her inbox, once it says all of this."""
        await self.page.goto(f"{self.portal}/en/inbox")
        return await reloaded(self.page, *words)

    async def writes(self, route: str, text: str) -> None:
        """A message on the route that is headed so."""
        await self.page.goto(f"{self.portal}/en/inbox")
        section = self.page.locator("section.route").filter(has=self.page.get_by_role("heading", name=route))
        await section.locator("textarea").fill(text)
        await press(self.page, section.locator("form button[type=submit]"))

    async def acts(self, name: str, answers: Answers, via: str = "") -> None:
        """What her inbox offers under that name, once it does; `via` is the page of the inbox that has it."""
        await self.page.goto(f"{self.portal}/en/inbox")
        if via:
            await press(self.page, self.page.get_by_role("link", name=via).first)

        async def offered() -> bool:
            await self.page.reload()
            return bool(await self.page.get_by_text(name, exact=True).count())

        await eventually(offered, within=PATIENCE)
        await press(self.page, self.page.get_by_text(name, exact=True).first)
        await fill(self.page, answers)
        await press(self.page, self.page.locator("main form button[type=submit]").first)


@dataclass
class Staff:
    """Somebody signed in at one desk, before a wide window."""

    page: Page
    desk: str
    staff_id: str

    async def signs_in(self) -> None:
        await self.page.click(f"button[value={self.staff_id}]")
        await self.page.wait_for_url(f"{self.desk}/en/**")

    async def goes_to(self, path: str) -> str:
        await self.page.goto(path if path.startswith("http") else f"{self.desk}/en{path}")
        if await self.page.locator(f"button[value={self.staff_id}]").count():
            await self.signs_in()
        await no_barrier(self.page)
        return await said(self.page)

    async def matters(self, lifecycle: str, path: str = "/queue") -> list[str]:
        """The addresses of the open matters of a kind, as the list shows them."""
        await self.goes_to(f"{path}?lifecycle={lifecycle}" if path == "/queue" else path)
        found: list[str] = await self.page.locator("main table a[href*='/cases/']").evaluate_all(
            "all => all.map(one => one.href)"
        )
        return found

    async def finds(self, lifecycle: str, known: set[str], path: str = "/queue") -> str:
        """The address of the one matter of a kind that was not there before, once it is; on its page then."""

        async def new() -> list[str]:
            return [one for one in await self.matters(lifecycle, path) if one not in known]

        (address,) = await eventually(new, within=PATIENCE)
        await self.goes_to(address)
        return str(address)

    async def reads(self, address: str, purpose: str) -> str:
        """What was written in a matter, for a purpose."""
        await self.goes_to(f"{address}/reading")
        await self.page.check(f"[value={purpose}]")
        await press(self.page, self.page.locator("main form button[type=submit]"))
        if await self.asked_again():
            await press(self.page, self.page.locator("main form button[type=submit]"))
        assert self.page.url.endswith("/contents"), await said(self.page)
        await no_barrier(self.page)
        return await said(self.page)

    async def writes(self, text: str) -> None:
        """To the person, where their words stand open."""
        await self.page.fill("main textarea", text)
        await press(self.page, self.page.locator("main form button[type=submit]"))
        assert text in await said(self.page)

    async def opens(self, address: str, action: str) -> None:
        """The form of an action from the matter's own page, once it offers it."""

        async def offered() -> bool:
            await self.goes_to(address)
            return bool(await self.page.locator(f"main a[href$='/do/{action}']").count())

        await eventually(offered, within=PATIENCE)
        await press(self.page, self.page.locator(f"main a[href$='/do/{action}']"))
        await self.sign_in_where_asked()
        await no_barrier(self.page)

    async def does(self, address: str, action: str, answers: Answers | None = None) -> str:
        """An action, recorded; the matter's page then."""
        await self.opens(address, action)
        await fill(self.page, answers or {})
        return await self.sends(address)

    async def sends(self, address: str) -> str:
        """The form that is open; where it wants a fresh sign-in first, what was typed is still there after it."""
        await press(self.page, self.page.locator("main form .govuk-button").first)
        if await self.asked_again():
            await press(self.page, self.page.locator("main form .govuk-button").first)
        text = await said(self.page)
        assert self.page.url == address, text
        assert text.startswith("Recorded:"), text
        return text

    async def asked_again(self) -> bool:
        """Signs in again where that was asked for, and comes back to the form."""
        if "/sign-in-again" not in self.page.url:
            return False
        await no_barrier(self.page)
        await press(self.page, self.page.get_by_role("main").get_by_role("link", name="Sign in again"))
        await self.signs_in()
        return True

    async def sign_in_where_asked(self) -> None:
        if await self.page.locator(f"button[value={self.staff_id}]").count():
            await self.signs_in()


@dataclass
class House:
    """The addresses of a running stack, and windows at them."""

    window: PageFactory
    services: Mapping[str, str]
    _staff: dict[tuple[str, str], Staff] = field(default_factory=dict)

    async def person(self) -> Person:
        page = await self.window(width=320, height=640, javascript=False)
        return Person(page, self.services["intake"])

    async def at(self, desk: str, staff_id: str) -> Staff:
        """That staff member, signed in at that desk's pages."""
        if (desk, staff_id) not in self._staff:
            somebody = Staff(await self.window(width=1280), self.services[desk], staff_id)
            await somebody.goes_to("/")
            self._staff[desk, staff_id] = somebody
        return self._staff[desk, staff_id]
