"""A report of sexual exploitation or abuse beyond its table: it opens out of a supervisor request, reports itself once
it is routed, opens the formal report, and goes when that goes.
"""

import uuid
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId, new_id
from lifecycle import bodies, notices, passing_on, records, reports
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action, Actor, ActorKind, Case, Effect
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from services.workflow import beside
from services.workflow.domain import sea_outside, sea_report
from services.workflow.domain.formal_referral import CONSENT, MANDATORY
from services.workflow.domain.formal_rules import CONTACT_WANTED_AGAIN

SEA: Final = sea_report.LIFECYCLE.name
FORMAL: Final = "formal_report"
ALLEGATION: Final = "allegation"
SYSTEM: Final = Actor(ActorKind.SYSTEM)
_REPORTED: Final = uuid.UUID("2b8c6d0a-90f4-4d11-8a36-3f2a7d0f5f6b")
_ERASED: Final = uuid.UUID("8d0c5b7e-6a5e-45b4-9f0e-1c1d2f8f4a10")


async def open_from_request(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """A manager was told of what is no matter among personnel: what he writes of the allegation goes along, sealed
    anew; of what the person wrote to him nothing does. It counts from when he found it to be that: what he was told
    before is in his own case.
    """
    facts = {
        "lodged_at": case.steps[-1].at.isoformat(),
        "affected_is": case.facts["affected_is"],
        "basis": "told",
        "writer": "personnel",
    }
    case_id = await beside.opened(session, desk, row, case, SEA, facts)
    allegation = await bodies.words_of(session, desk, row, ALLEGATION)
    opened = await records.lock(session, case_id)
    assert opened is not None  # opened just now
    action = Action(new_id(), sea_report.TAKE_OVER, {}, frozenset({ALLEGATION}))
    texts, _ = await bodies.store(session, desk, opened, action.id, {ALLEGATION: allegation})
    await decide_as(session, desk, case_id, action, SYSTEM, case.steps[-1].at, texts)


async def open_formal_report(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """It counts from when somebody was told, not from the acknowledgement; and goes where it belongs without asking."""
    facts = {"lodged_at": case.facts["lodged_at"], CONSENT: MANDATORY}
    await beside.opened(session, desk, row, case, FORMAL, facts)


async def take_route(desk: Desk, case_id: CaseId) -> None:
    """She told a manager, and it is oversight's now: what she writes from here on goes there, and it may answer her.
    What she wrote to him does not go along. Bears being done twice. Raises IntakeUnreachable, NotHandedOut.
    """
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        came_by = await reports.lodged_as(session, row.report_id) if row and row.lifecycle == SEA else None
    if row is None or came_by in (None, SEA):
        return
    await passing_on.turn(desk, row, desk.offices[came_by])
    async with desk.database.transaction() as session:
        await reports.becomes(session, row.report_id, SEA)


async def go_on(desk: Desk, case_id: CaseId) -> None:
    """After routing: to oversight at once where that is a duty; else its class is for oversight to decide. Bears being
    done twice.
    """
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.state != "safety_first":
            return
        reports = sea_report.reports_itself(from_json(row.data).facts)
        name = sea_report.REPORT_TO_OIO if reports else sea_report.LEAVE_CLASS_OPEN
        action = Action(uuid.uuid5(_REPORTED, str(case_id)), name)
        await decide_as(session, desk, case_id, action, SYSTEM, await records.clock_now(session))


async def end_with_formal_report(session: AsyncSession, desk: Desk, row: CaseRow) -> None:
    """The formal report is being erased: what it came from goes too."""
    for case_id in await beside.case_ids(session, row.report_id, SEA):
        action = Action(uuid.uuid5(_ERASED, str(case_id)), sea_report.FORMAL_ERASED)
        await decide_as(session, desk, case_id, action, SYSTEM, await records.clock_now(session))


async def tell_handlers(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Whoever has a part in another case of the report hears of what was said here; that she may be written to again
    holds in each of them.
    """
    if effect == CONTACT_WANTED_AGAIN:
        await beside.end_silence(session, desk, row, case)
        return
    for one in await records.of_report(session, row.report_id):
        if one.case_id != row.case_id and one.closed_at is None and one.erased_at is None:
            await notices.tell_assigned(session, desk, one, effect.name, case.steps[-1].at)


async def withholds_name(session: AsyncSession, report_id: UUID) -> bool:
    """Whether no page may show who the affected person is (policy 2.7)."""
    found = await records.of_report(session, report_id, SEA)
    return any(one.erased_at is None and sea_outside.withholds_name(from_json(one.data)) for one in found)
