"""Before anything is asked: the first page, what leaving does, how long the pages stay open; and leaving itself."""

from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import HEADERS, Page
from chassis.web.pages.words import N_
from services.intake.web.pages.portal import FULL, Portal

LENGTH: Final = Field(
    "length",
    "radios",
    N_("How long should these pages stay open when you do nothing?"),
    hint=N_("Then they close, and what was not sent is gone. After 12 hours they close in any case."),
    choices=(
        Choice("15", N_("15 minutes")),
        Choice("30", N_("30 minutes")),
        Choice("300", N_("5 hours, if you need time or rest")),
    ),
    missing=N_("Choose how long the pages stay open."),
)


@get("/{language:str}", include_in_schema=False)
async def landing(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("landing.html")


@get("/{language:str}/before", include_in_schema=False)
async def before(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("before.html", length=LENGTH)


@post("/{language:str}/before", include_in_schema=False)
async def begin(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """The first answer: from here on there is a session, under a new cookie. Whoever has one keeps what is in it."""
    found = await page.form([LENGTH])
    idle = timedelta(minutes=int(str(found.values.get("length", "30"))))
    (await portal.begin(page, idle)).idle = idle
    return page.go("/s/1")


@get(f"/{{language:str}}{FULL}", include_in_schema=False)
async def full(page: NamedDependency[Page]) -> Response[Any]:
    """Where nothing can begin now: pages, for whoever has none open; else a place."""
    return page.show("full.html")


@get("/{language:str}/stay", include_in_schema=False)
async def stay(page: NamedDependency[Page]) -> Response[Any]:
    """Asked for in another window, without scripts: the time begins anew, and what is being typed stays where it is."""
    page.needs_session()
    return page.show("stay.html")


@get("/leave", include_in_schema=False)
async def leave(portal: NamedDependency[Portal], request: Request[Any, Any, Any]) -> Response[None]:
    """Ends the session and goes to a dull site, without asking anything that may be down. Also from the directory of
    help, which is another site of the same host; a link of anybody else's that leads here ends nothing.
    """
    if request.headers.get("sec-fetch-site", "none") in ("same-origin", "same-site", "none"):
        portal.sessions.end(request)
    headers = HEADERS | {"Location": portal.leave_to, "Referrer-Policy": "no-referrer"}
    return Response(None, status_code=303, headers=headers)


@get("/{language:str}/closed", include_in_schema=False)
async def closed(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("closed.html")


ROUTES: Final = [landing, before, begin, full, stay, leave, closed]
