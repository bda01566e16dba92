"""Stopping in the middle and coming back: the draft goes under a code of its own, and the pages close."""

from datetime import date
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.access_code import AccessCode
from chassis.web.pages.page import Page
from services.intake.intake import utc_now
from services.intake.use_cases.keep_place import keep_place
from services.intake.web.pages.asking_draft import PLACE, TICKED, draft_in, files_in
from services.intake.web.pages.portal import OPEN, Portal

_AT: Final = "at"
_UNTIL: Final = "until"


async def keep(page: Page, portal: Portal, at: str) -> Response[Any]:
    """`at`: the page to come back to."""
    data = page.needs_session().data
    place = data.get(PLACE, {})
    known = AccessCode.parse(place["code"]) if place else None
    files = [one.file_id for one in files_in(data)]
    kept = await keep_place(portal.intake, draft_in(data) | {_AT: at}, utc_now(), known, files)
    data[PLACE] = {"code": str(kept.code), _UNTIL: kept.until.isoformat(), _AT: at}
    return page.go("/kept")


def resume(page: Page, code: AccessCode, draft: dict[str, Any]) -> Response[Any]:
    """To where somebody stopped, in a new session, with what `place_of` found under the code."""
    session = page.begin(idle=page.session.idle if page.session else OPEN)
    at = draft.pop(_AT)
    session.data.update(draft)
    session.data[PLACE] = {"code": str(code), _AT: at}
    return page.go(at)


@get("/{language:str}/kept", include_in_schema=False)
async def kept(page: NamedDependency[Page]) -> Response[Any]:
    data = page.needs_session().data
    place = data.get(PLACE, {})
    if _UNTIL not in place:
        return page.go("/s/1")
    until = date.fromisoformat(place[_UNTIL])
    return page.show("kept.html", code=place["code"], until=until, at=place[_AT], ticked=data.get(TICKED))


@post("/{language:str}/kept", include_in_schema=False)
async def stop(page: NamedDependency[Page]) -> Response[Any]:
    """The code is written down; here nothing stays."""
    page.needs_session()
    await page.posted()
    page.end()
    return page.go("/")


ROUTES: Final = [kept, stop]
