"""The queue: what is open, by the next date."""

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis.web.pages.page import Page
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.access import DUE_FIRST, NEWEST_FIRST
from lifecycle.pages.desk_pages import DeskPages, short
from lifecycle.views import cursor_of, listed, position_of

_PAGE: Final = 50


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    @get("/{language:str}/queue", include_in_schema=False)
    async def queue(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        after: FromQuery[str | None] = None,
        everything: FromQuery[str | None] = None,
        lifecycle: FromQuery[str | None] = None,
    ) -> Response[Any]:
        """Filters are a plain form that is sent by GET; what is closed is listed only on request."""
        order = NEWEST_FIRST if everything else DUE_FIRST
        position = position_of(after) if after else None
        kind = lifecycle if lifecycle and lifecycle in of.desk.lifecycles else ""
        rows, rest = await at_desk.list_cases(of.desk, signed_in.staff_id, position, _PAGE, order, kind)
        now = datetime.now(UTC)
        return page.show(
            "desk/queue.html",
            cases=[listed(row, now) for row in rows],
            more=cursor_of(rest) if rest else "",
            everything=bool(everything),
            chosen=kind,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page),
        )

    return [queue]
