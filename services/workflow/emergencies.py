"""An emergency separation beside its table: an interim measure that HR has applied stands in its place."""

import uuid
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle import records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action, Case
from lifecycle.records import CaseRow
from services.workflow.domain import emergency_separation
from services.workflow.measures import SYSTEM

LIFECYCLE: Final = emergency_separation.LIFECYCLE.name
_CONFIRMED: Final = uuid.UUID("7e0b6e58-0c1a-4b0e-8d7e-4a6c2f0d9b12")


async def confirm(session: AsyncSession, desk: Desk, measure: CaseRow, case: Case) -> None:
    """HR has applied the measure that was asked for under the same report; whether it takes over, says the table."""
    at, begins = case.steps[-1].at, {"from_at": case.facts["from_at"]}
    for row in await records.of_report(session, measure.report_id, LIFECYCLE):
        if (row.state, "record_confirmed") in desk.lifecycles[LIFECYCLE].rule_of:
            action = Action(uuid.uuid5(_CONFIRMED, str(row.case_id)), "record_confirmed", begins)
            await decide_as(session, desk, row.case_id, action, SYSTEM, at)
            desk.wake(session, row.case_id)
