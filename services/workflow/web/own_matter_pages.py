"""What concerns the one who is signed in: his side of each matter that he was told of (policy 2.13).

The page is the same for everybody who was told of nothing (invariant 1).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import text

from chassis.web.pages.page import Page
from chassis.web.sign_in import SignedIn
from lifecycle import access, at_desk
from lifecycle.desk import Desk
from lifecycle.pages.desk_pages import DeskPages, newest_first, short
from lifecycle.views import CaseSeen, shown
from policy.model import Role
from services.workflow.desk import RESPONDENT

_HIS: Final = text("""
    select case_id from cases
    where lifecycle = :lifecycle and erased_at is null and handlers @> array[cast(:part as text)]
    order by opened_at desc
""")
_OF_THE_MEASURE: Final = ("from_at", "until_at")


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    @get("/{language:str}/own", include_in_schema=False)
    async def own(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        return page.show(
            "own.html",
            cases=await _his(of.desk, signed_in.staff_id),
            of_measure=_OF_THE_MEASURE,
            newest_first=newest_first,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, RESPONDENT),
        )

    return [own]


async def _his(desk: Desk, staff_id: str) -> Sequence[CaseSeen]:
    part = access.part_name(desk, staff_id)
    async with desk.database.transaction() as session:
        case_ids = list(await session.scalars(_HIS, params={"lifecycle": RESPONDENT, "part": part}))
    found = [await at_desk.show_case(desk, case_id, staff_id) for case_id in case_ids]
    now = datetime.now(UTC)
    return [shown(desk, row, actor, now) for row, actor in found if actor.roles == {Role.ALLEGED_OFFENDER}]
