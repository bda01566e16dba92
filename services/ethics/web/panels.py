"""What the ethics office's pages have beside the cases: who is protected, what needs a look, when to ask how it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis import audit_trail
from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.sign_in import SignedIn
from lifecycle.pages.desk_pages import DeskPages, short
from lifecycle.pages.open_cases import open_cases
from lifecycle.pages.panels import Panels
from lifecycle.pages.queue import in_queue
from lifecycle.serial import from_json
from services.ethics.desk import PURPOSES, QUERY, RETALIATION
from services.ethics.use_cases.ask import IMMINENT_HARM
from services.ethics.use_cases.register import protected_seen_by
from services.ethics.web.check_ins import check_in_of

MONITORING: Final = "monitoring"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
DECIDES: Final = frozenset(
    {"find_prima_facie", "find_no_prima_facie", "uphold_finding", "overturn_finding", "recommend"}
    | {"find_not_established", "decide_recommendation", "decline_recommendation"}
)


def _routes(of: DeskPages) -> Sequence[HTTPRouteHandler]:
    desk = of.desk

    async def record(what: str, staff_id: str, count: int) -> None:
        """That somebody looked, and how much there was, before any of it is shown."""
        async with desk.database.transaction() as session:
            await audit_trail.record(session, f"{what}.shown", object_ref=what, actor=staff_id, facts={"count": count})

    @get("/{language:str}/protected", include_in_schema=False)
    async def protected(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], after: FromQuery[str] = ""
    ) -> Response[Any]:
        """It names people, as an identity is disclosed: to a sign-in of the last minutes."""
        require_recent(signed_in, datetime.now(UTC))
        async with desk.database.transaction() as session:
            found, more = await protected_seen_by(session, desk, signed_in.staff_id, after, datetime.now(UTC))
        return page.show(
            "protected.html",
            protections=found,
            more=more,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, RETALIATION),
        )

    @get("/{language:str}/queries", include_in_schema=False)
    async def queries(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        found, now = await open_cases(desk, signed_in.staff_id, QUERY), datetime.now(UTC)
        await record("queries", signed_in.staff_id, len(found))
        return page.show(
            "queries.html",
            queries=[(in_queue(desk, row, actor, now)[0], from_json(row.data).facts) for row, actor in found],
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, QUERY),
        )

    @get("/{language:str}/check-ins", include_in_schema=False)
    async def check_ins(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        found = await open_cases(desk, signed_in.staff_id, RETALIATION)
        watched = [check_in_of(row) for row, _ in found if row.state == MONITORING]
        await record("check_ins", signed_in.staff_id, len(watched))
        return page.show(
            "check_ins.html",
            check_ins=sorted(watched, key=lambda one: one.due_at or _NEVER),
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, RETALIATION),
        )

    return [protected, queries, check_ins]


PANELS: Final = Panels(
    tabs=(
        ("/protected", N_("Protected people")),
        ("/queries", N_("A look is needed")),
        ("/check-ins", N_("Check-ins")),
    ),
    routes=_routes,
    decides=DECIDES,
    discloses={QUERY: frozenset({IMMINENT_HARM}), RETALIATION: PURPOSES[RETALIATION]},
)
