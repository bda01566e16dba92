"""The letter on a measure, to be kept: a draft for whoever decides, and for the one whose work it changes what he was
told.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.page import HEADERS, Page
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk, bodies, records
from lifecycle.contents import OWN_MATTER
from lifecycle.model import Case, Step
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Policy, Role
from services.workflow.desk import MEASURE, RESPONDENT
from services.workflow.domain.measure_conditions import DECISIONS, terms_at
from services.workflow.domain.measure_readers import LETTER
from services.workflow.respondents import NOTIFY, OF_MEASURE
from services.workflow.web.letters import Measure, letter, pdf

FILE_NAME: Final = "document.pdf"
"""Says nothing in a folder of downloads."""
_READ_FOR: Final = {MEASURE: "measure", RESPONDENT: OWN_MATTER}
_RELEASE: Final = "release_notice"
_TIMES: Final = ("from_at", "review_at", "until_at")


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/cases/{case_id:uuid}/letter", include_in_schema=False)
    async def a_letter(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Each is one reading in the trail; it shows whose matter it is, and wants a recent sign-in."""
        row, actor = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        if row.lifecycle not in _READ_FOR or (row.lifecycle == RESPONDENT and actor.roles != {Role.ALLEGED_OFFENDER}):
            raise not_found()
        require_recent(signed_in, datetime.now(UTC))
        await at_desk.note_reading(desk, case_id, signed_in, _READ_FOR[row.lifecycle], "letter.read")
        async with desk.database.transaction() as session:
            asked = [(row, None)] if row.lifecycle == MEASURE else await _released(session, row)
            hidden = at_desk.withheld(desk, row, actor)
            found = [await _measure(session, of, one, sent, hidden) for one, sent in asked]
        if not found:
            raise not_found()
        made = await pdf(letter(page.language, found), desk.settings.kit_dir)
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
        return Response(made, media_type="application/pdf", headers=headers)

    return [a_letter]


async def _released(session: AsyncSession, row: CaseRow) -> Sequence[tuple[CaseRow, Step | None]]:
    """The measures of which a letter has come to this case, each with the step that last sent one; of the others, and
    of what is decided later, he hears nothing here.
    """
    came = {step.at for step in from_json(row.data).steps if step.action in {NOTIFY, OF_MEASURE}}
    found = list[tuple[CaseRow, Step | None]]()
    for one in await records.of_report(session, row.report_id, MEASURE):
        steps = from_json(one.data).steps if one.erased_at is None else ()
        sent = [step for step in steps if step.action == _RELEASE and step.at in came]
        if sent:
            found.append((one, sent[-1]))
    return found


async def _measure(
    session: AsyncSession, of: DeskPages, row: CaseRow, sent: Step | None, hidden: frozenset[str]
) -> Measure:
    """As it was when that letter was sent; without one, as it stands. `hidden`: texts that are not shown."""
    case, policy = from_json(row.data), of.desk.policy_of(row)
    facts = terms_at(case, sent.version) if sent else case.facts
    kind = str(facts.get("type", facts.get("asked_type", "")))
    words = LETTER not in hidden and await bodies.text_of(
        session, of.desk, row, LETTER, _RELEASE, sent.at if sent else None
    )
    return Measure(
        kind=of.wording.of("choice", kind, MEASURE) if kind else "",
        office=_office(policy, case, sent.version if sent else case.version),
        facts={name: str(facts[name]) for name in _TIMES if name in facts},
        words=words or "",
    )


def _office(policy: Policy, case: Case, version: int) -> str:
    """The name of the office whose member decided last up to this version; empty before."""
    decided = [step for step in case.steps if step.version <= version and step.action in DECISIONS and step.role]
    return policy.offices[policy.roles[Role(str(decided[-1].role))].office].name if decided else ""
