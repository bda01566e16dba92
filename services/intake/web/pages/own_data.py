"""Asking what is held about oneself: where it begins, apart from the ways and without the questions before them."""

from functools import partial
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.web.pages.page import Page
from services.intake.domain.ways import OWN_DATA
from services.intake.web.pages.asking_draft import choose
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions_first import BEGINNING
from services.intake.web.pages.questions_options import OPTIONS, length


@get("/{language:str}/data", include_in_schema=False)
async def data(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    policy = portal.intake.policy
    clock = policy.routes[OWN_DATA].first_clock
    return page.show("own_data.html", option=OPTIONS[OWN_DATA], clock=clock, length=partial(length, policy))


@post("/{language:str}/data", include_in_schema=False)
async def ask(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """Whoever has a session keeps what is in it."""
    await page.form([])
    session = await portal.begin(page)
    choose(session.data, OWN_DATA)
    return page.go(f"/s/{len(BEGINNING) + 1}")


ROUTES: Final = [data, ask]
