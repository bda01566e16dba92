"""Taking another way under the code that she has: she chooses it and ticks what goes over, answers what that way needs
beyond, and looks at all of it before it is sent, on the same pages as whoever begins anew.
"""

from typing import Any, Final, cast

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.asking import after
from services.intake.web.pages.asking_draft import ROUTE, TICKED, asked_so_far, choose, ways_open
from services.intake.web.pages.inbox import reading
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions import DIRECT
from services.intake.web.pages.questions_first import BEGINNING
from services.intake.web.pages.ticking import in_pages, listed, tick, ticks_of
from services.intake.web.pages.whole import FURTHER, closed, is_open

_LABEL: Final = N_("Where would you like to go?")
HINTS: Final = {
    "formal_report": N_("It looks into it. Once it has your report, it may go on without you."),
    "retaliation": N_(
        "For pressure or punishment. Others see it only if that office asks them to look into it or to decide."
    ),
    "supervisor_request": N_("The manager you choose. Serious things must be reported."),
    "sea_report": N_("To the oversight office. Whoever works here must report it, even a rumour."),
    "informal_resolution": N_("Somebody listens. The organisation does not learn that you talked."),
    "support_referral": N_("Help for you. It needs no report and no proof."),
}


@get("/{language:str}/inbox/further", include_in_schema=False)
async def further(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    return await _show(page, portal, 1)


@get("/{language:str}/inbox/further/{number:int}", include_in_schema=False)
async def more(page: NamedDependency[Page], portal: NamedDependency[Portal], number: FromPath[int]) -> Response[Any]:
    """What did not fit on the first page."""
    return await _show(page, portal, number)


async def _show(page: Page, portal: Portal, number: int) -> Response[Any]:
    seen = await reading(page, portal)
    if not is_open(page, FURTHER):
        return closed(page, FURTHER)
    pages = in_pages(listed(page, seen.inbox))
    if not 1 <= number <= len(pages):
        return page.go(FURTHER)
    data = page.needs_session().data
    ticked = data.get(TICKED)
    return page.show(
        "further.html",
        ways=_ways(page) if number == 1 else None,
        chosen=data.get(ROUTE) if ticked else None,
        routes=pages[number - 1],
        ticked=ticked or (),
        number=number,
        total=len(pages),
        back=_page(number - 1),
    )


@post("/{language:str}/inbox/further", include_in_schema=False)
async def go_further(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    return await _tick(page, portal, 1)


@post("/{language:str}/inbox/further/{number:int}", include_in_schema=False)
async def go_on(page: NamedDependency[Page], portal: NamedDependency[Portal], number: FromPath[int]) -> Response[Any]:
    return await _tick(page, portal, number)


async def _tick(page: Page, portal: Portal, number: int) -> Response[Any]:
    seen = await reading(page, portal)
    if not is_open(page, FURTHER):
        await page.posted()
        return closed(page, FURTHER)
    ways, ticks = _ways(page), ticks_of(seen.inbox)
    found = await page.form([ways, ticks] if number == 1 else [ticks])
    if found.errors:
        return page.again(found)
    page.taken()
    data, pages = page.needs_session().data, in_pages(listed(page, seen.inbox))
    shown = {item_id for groups in pages[number - 1 : number] for _, lines in groups for item_id, _ in lines}
    tick(data, seen.inbox, cast("list[str]", found.values.get(ticks.name, [])), shown)
    if number == 1:
        choose(data, str(found.values[ways.name]))
    if 1 <= number < len(pages):
        return page.go(_page(number + 1))
    return page.go(after(asked_so_far(page, portal), len(BEGINNING)))


def _page(number: int) -> str:
    return FURTHER if number <= 1 else f"{FURTHER}/{number}"


def _ways(page: Page) -> Field:
    """Those that are open to her on the first pages too, but for the one on which nothing is sent."""
    open_now = [way for way in ways_open(page.needs_session().data) if way != DIRECT]
    choices = tuple(Choice(way, words.ROUTES[way], HINTS[way]) for way in open_now)
    return Field("way", "radios", _LABEL, choices=choices, missing=N_("Choose where you would like to go."))


ROUTES: Final = [further, more, go_further, go_on]
