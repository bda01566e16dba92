"""When the one whom a matter is about becomes the supervisor of whom it is to protect: somebody has to act at once."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.consumer import AfterCommit
from contracts.people.v1.people_pb2 import Person
from lifecycle import records
from lifecycle.desk import Desk
from lifecycle.exclusions import Conflict, excluded_from
from lifecycle.parties import parties_of
from services.workflow import measures

_OPEN: Final = text("""
    select distinct on (report_id) case_id from cases
    where closed_at is null and erased_at is null and lifecycle = any(:lifecycles)
    order by report_id, case_id
""")
WATCHED: Final = ("formal_report", "sea_report", measures.LIFECYCLE)


async def watch(session: AsyncSession, desk: Desk, message: Person) -> AfterCommit | None:
    """A change of line that puts a party over the one whom the matter is to protect: oversight and legal affairs hear
    that a measure is needed. The line of each case's parties is compared by tags; parties are opened where both match.
    """
    if not message.active or not message.line_staff_id:
        return None
    found = await session.scalars(_OPEN, params={"lifecycles": list(WATCHED)})
    case_ids = list(found)
    for staff_id in (message.staff_id, message.line_staff_id):
        case_ids = list(await excluded_from(session, desk.keys.cell, case_ids, staff_id, (Conflict.PARTY,)))
    touched = [one for case_id in sorted(case_ids) if (one := await _note(session, desk, case_id, message))]
    return desk.poke(*touched) if touched else None


async def _note(session: AsyncSession, desk: Desk, case_id: UUID, message: Person) -> UUID | None:
    row = await records.lock(session, case_id)
    named = await parties_of(session, desk, row) if row is not None and row.erased_at is None else None
    if row is None or named is None or named.affected_individual != message.staff_id:
        return None
    if message.line_staff_id not in named.alleged_offender:
        return None
    await measures.open_need(session, desk, row, datetime.now(UTC))
    return row.case_id
