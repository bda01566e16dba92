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

from chassis import audit_trail
from chassis.web.pages.page import Page
from chassis.web.sign_in import SignedIn
from lifecycle import access, at_desk, exclusions, records
from lifecycle.contents import OWN_MATTER
from lifecycle.desk import Desk
from lifecycle.exclusions import Conflict
from lifecycle.model import Case
from lifecycle.pages.desk_pages import DeskPages, newest_first, short
from lifecycle.serial import from_json
from lifecycle.views import CaseSeen, shown
from policy.model import Role
from services.workflow import other_side
from services.workflow.desk import MEASURE, RESPONDENT
from services.workflow.domain.measure_beginning import OTHER_SIDE_TOLD
from services.workflow.domain.measure_conditions import terms_known
from services.workflow.domain.measure_parts import NOT_OVER

_HIS: Final = text("""
    select case_id from cases
    where lifecycle = :lifecycle and erased_at is null and handlers @> array[cast(:part as text)]
    order by opened_at desc
""")
_MEASURES: Final = text("select case_id from cases where lifecycle = :lifecycle and erased_at is null")
_OF_THE_MEASURE: Final = ("from_at", "until_at")


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    @get("/{language:str}/own", include_in_schema=False)
    async def own(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        return page.show(
            "own.html",
            cases=await _his(of.desk, signed_in.staff_id),
            told=await told_of_measures(of.desk, signed_in.staff_id),
            sentence=of.desk.policy.wording[OTHER_SIDE_TOLD],
            of_measure=_OF_THE_MEASURE,
            known=terms_known,
            not_over=NOT_OVER,
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


async def told_of_measures(desk: Desk, staff_id: str) -> Sequence[Case]:
    """Measures of which he was told that they concern him, and no more than that (policy 2.3). What has a letter to him
    stands in his own case. Each that is shown to him stands in the trail, under the name that he has in a matter of his
    own: an auditor is not told whom a measure concerns.
    """
    part = access.part_name(desk, staff_id)
    async with desk.database.transaction() as session:
        every = list(await session.scalars(_MEASURES, params={"lifecycle": MEASURE}))
        party = await exclusions.tagged(session, desk.keys.cell, every, staff_id, [Conflict.PARTY])
        found = list[Case]()
        for row in await records.load_all(session, sorted(party)):
            case = from_json(row.data)
            # Of what he was not told nothing is opened: the time of the answer would tell.
            if not any(step.action == "make_effective" for step in case.steps):
                continue
            if staff_id in await other_side.told(session, desk, row, case):
                facts = {"purpose": OWN_MATTER}
                await audit_trail.record(
                    session, "parties.opened", object_ref=str(row.case_id), actor=part, facts=facts
                )
                found.append(case)
    return found
