"""Stopping in the middle and coming back: the draft goes under a code of its own, and the pages close."""

from datetime import date
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.access_code import AccessCode
from chassis.web.pages.page import Page
from services.intake.intake import NothingHere, utc_now
from services.intake.use_cases.keep_place import keep_place, place_of
from services.intake.web.pages.asking_draft import PLACE, TICKED, draft_in, files_in, one_comes
from services.intake.web.pages.portal import OPEN, Portal

ENDED: Final = "/place"
"""The page on which she reads that the place is not there any more."""
_AT: Final = "at"
_UNTIL: Final = "until"


async def keep(page: Page, portal: Portal, at: str) -> Response[Any]:
    """`at`: the page to come back to."""
    data = page.needs_session().data
    place = data.get(PLACE, {})
    known = AccessCode.parse(place["code"]) if place else None
    files = [one.file_id for one in files_in(data)]
    try:
        kept = await keep_place(portal.intake, draft_in(data) | {_AT: at}, utc_now(), known, files)
    except NothingHere:
        return page.go(ENDED)
    data[PLACE] = {"code": str(kept.code), _UNTIL: kept.until.isoformat(), _AT: at}
    return page.go("/kept")


def resume(page: Page, code: AccessCode, draft: dict[str, Any]) -> Response[Any]:
    """To where somebody stopped, in a new session, with what `place_of` found under the code."""
    session = page.begin(idle=page.session.idle if page.session else OPEN)
    at = draft.pop(_AT)
    session.data.update(draft)
    session.data[PLACE] = {"code": str(code), _AT: at}
    return page.go(at)


async def has_ended(page: Page, portal: Portal) -> bool:
    """Whether the place that was kept of this draft is not there any more."""
    place = page.needs_session().data.get(PLACE)
    if place is None:
        return False
    try:
        await place_of(portal.intake, AccessCode.parse(place["code"]), utc_now())
    except NothingHere:
        return True
    return False


@get(f"/{{language:str}}{ENDED}", include_in_schema=False)
async def ended(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """It says no more than its code says to anybody: not whether it was sent (ADR 63)."""
    if not await has_ended(page, portal):
        return page.go("/check")
    return page.show("place_ended.html")


@post(f"/{{language:str}}{ENDED}", include_in_schema=False)
async def go_on_without(page: NamedDependency[Page]) -> Response[Any]:
    """What she said lies in the session still: from here on it is a draft of its own."""
    await page.posted()
    page.needs_session().data.pop(PLACE, None)
    return page.go("/check")


@get("/{language:str}/kept", include_in_schema=False)
async def kept(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    data = page.needs_session().data
    place = data.get(PLACE, {})
    if _UNTIL not in place:
        return page.go("/s/1")
    until = date.fromisoformat(place[_UNTIL])
    comes = await one_comes(portal, page)
    return page.show("kept.html", code=place["code"], until=until, at=place[_AT], ticked=data.get(TICKED), comes=comes)


@post("/{language:str}/kept", include_in_schema=False)
async def stop(page: NamedDependency[Page]) -> Response[Any]:
    """The code is written down; here nothing stays."""
    page.needs_session()
    await page.posted()
    page.end()
    return page.go("/")


ROUTES: Final = [kept, stop, ended, go_on_without]
