"""A case that another case of the same report opens, whom it concerns, and what holds for all cases of a report."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId, new_id
from lifecycle import parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import STOP_CONTACT, Action, Actor, ActorKind, Case, Facts
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from services.workflow import reviews
from services.workflow.domain.formal_rules import NOTE_CONTACT

CARRIED = ("mode", "language")
"""What every case of a report opens with."""


async def opened(
    session: AsyncSession, desk: Desk, row: CaseRow, case: Case, lifecycle: str, facts: Facts, *, number: int = 1
) -> CaseId:
    """The `number`-th case of `lifecycle` under the report, opened now or there already. Its workflow starts as soon as
    this is committed; were that lost, the sweeper would find it.
    """
    carried = {name: case.facts[name] for name in CARRIED if name in case.facts}
    case_id = await reviews.open_beside(
        session, desk, row.report_id, lifecycle, number, {**carried, **facts}, _now(case)
    )
    desk.wake(session, case_id)
    return case_id


async def parties_of(desk: Desk, row: CaseRow) -> Parties:
    """Those of another case of the report, where one has them; else intake's. Raises PartiesNotHere, SealNotOpened."""
    return await _known_parties(desk, row) or await parties.fetch(desk, row)


async def parties_of_others(desk: Desk, row: CaseRow) -> Parties:
    """Those of another case of the report: what intake has is not sealed to this one's office. Raises PartiesNotHere
    while none of them is routed.
    """
    found = await _known_parties(desk, row)
    if found is None:
        raise parties.PartiesNotHere("the report is not routed yet")
    return found


async def _known_parties(desk: Desk, row: CaseRow) -> Parties | None:
    async with desk.database.transaction() as session:
        for one in await records.of_report(session, row.report_id):
            found = await parties.parties_of(session, desk, one) if one.erased_at is None else None
            if found is not None:
                return found
    return None


async def end_silence(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """She may be written to again: by every case of her report in which she had said otherwise (invariant 16)."""
    for one in await records.of_report(session, row.report_id):
        silent = one.erased_at is None and from_json(one.data).facts.get(STOP_CONTACT) is True
        if silent and one.case_id != row.case_id:
            action = Action(new_id(), NOTE_CONTACT)
            await decide_as(session, desk, one.case_id, action, Actor(ActorKind.SYSTEM), _now(case))
            desk.wake(session, one.case_id)


async def case_ids(session: AsyncSession, report_id: UUID, lifecycle: str) -> list[UUID]:
    return [one.case_id for one in await records.of_report(session, report_id, lifecycle)]


def _now(case: Case) -> datetime:
    return case.steps[-1].at
