"""Who may do what at this desk, and the page that says it to whoever may do something."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from chassis.web.pages.page import Page
from chassis.web.pages.staff import Tab
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.decide_release import requests_for

TABS: Final[tuple[Tab, ...]] = (("/tasks", N_("Your tasks")),)
_AT_WORK: Final = (Role.REGISTRAR, Role.CUSTODIAN)
GIVEN: Final = "given"
"""Where a session keeps a code until it is handed over. Before that nothing else is begun: it would lie there too."""


def check_role(intake: Intake, signed_in: SignedIn, *roles: Role) -> frozenset[Role]:
    """Those of `roles` that the person has. Raises Problem 404 where that is none: nobody else finds the pages."""
    held = intake.policy.roles_of(signed_in.staff_id, utc_now()) & frozenset(roles)
    if not held:
        raise not_found()
    return frozenset(held)


def routes(intake: Intake, peers: Mapping[str, str], portal_url: str) -> list[HTTPRouteHandler]:
    @get("/{language:str}/tasks", include_in_schema=False)
    async def tasks(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        roles = check_role(intake, signed_in, *_AT_WORK)
        if GIVEN in page.needs_session().data:
            return page.go("/code")
        waiting = await requests_for(intake, peers, signed_in) if Role.CUSTODIAN in roles else None
        return page.show("tasks.html", roles=roles, waiting=waiting, staff=signed_in.staff_id)

    @get("/{language:str}/code", include_in_schema=False)
    async def code(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, *_AT_WORK)
        given = page.needs_session().data.get(GIVEN)
        if given is None:
            return page.go("/tasks")
        return page.show("code_given.html", code=given, portal=portal_url, staff=signed_in.staff_id)

    @post("/{language:str}/code", include_in_schema=False)
    async def handed_over(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, *_AT_WORK)
        await page.posted()
        page.needs_session().data.pop(GIVEN, None)
        return page.go("/tasks")

    return [tasks, code, handed_over]
