"""Who has opened what she sent: beside the page that shows it all, and open as long as that is (`whole`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency

from chassis.web.pages.page import Page
from policy.model import Policy
from services.intake.bodies import RouteSeen
from services.intake.use_cases.see_readers import Look, readers_of
from services.intake.web.pages import words_of_cases, words_of_readers
from services.intake.web.pages.inbox import OPEN_PAGE, reading
from services.intake.web.pages.portal import Portal

_TOLD_TO_A_MANAGER: Final = "supervisor_request"


@dataclass(frozen=True)
class LookShown:
    day: date
    who: tuple[str, ...]
    what: str
    purpose: str


@dataclass(frozen=True)
class RouteRead:
    """`looks` is None where it is not written down of which talk something is read."""

    path: str
    name: str
    closed: bool
    looks: Sequence[LookShown] | None


@get("/{language:str}/inbox/whole/readers", include_in_schema=False)
async def readers(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    if page.needs_session().data.get(OPEN_PAGE) != "/inbox/whole":
        return page.go("/inbox/whole")
    looks, policy = await readers_of(portal.intake, seen.code), portal.intake.policy
    return page.show(
        "readers.html",
        routes=[
            RouteRead(
                path=seen.path_of(route),
                name=words_of_cases.ROUTES[route.route],
                closed=route.closed,
                looks=[_shown(one, route, policy) for one in looks[route.report_id]]
                if route.report_id in looks
                else None,
            )
            for route in seen.inbox.routes
        ],
    )


def _shown(look: Look, route: RouteSeen, policy: Policy) -> LookShown:
    known = policy.identity_purposes.get(look.purpose) if look.what == "identity" else None
    purpose = known.name if known else words_of_readers.PURPOSES.get(look.purpose, words_of_cases.ANOTHER_PURPOSE)
    return LookShown(look.day, _who(look, route), words_of_readers.WHAT[look.what], purpose)


def _who(look: Look, route: RouteSeen) -> tuple[str, ...]:
    if look.forgotten:
        return (words_of_readers.FORGOTTEN,)
    if route.route == _TOLD_TO_A_MANAGER:
        return (words_of_readers.THE_MANAGER,)
    known = words_of_readers.READERS
    return tuple(known[one] for one in look.roles if one in known) or (words_of_cases.SOMEBODY,)


ROUTES: Final = [readers]
