"""Who hears of a step: as at every desk, and the other side of a measure, which must not see the case."""

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle import directory, notices
from lifecycle.desk import Desk
from lifecycle.model import Case, Effect
from lifecycle.recipients import OTHER_SIDE
from lifecycle.records import CaseRow
from services.workflow import other_side, respondents
from services.workflow.domain.measure_beginning import OTHER_SIDE_TOLD


async def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """One notice to each. The other side is told of what touches it although it must not see the case; the table
    says when: never before the protected person's inbox has shown it (invariant 43). A measure that was lifted before
    it took effect never was, for whoever was not told of it.
    """
    if effect.facts["to"] != OTHER_SIDE:
        notices.tell(session, desk, row, case, effect)
        return
    for staff_id in await other_side.told(session, desk, row, case):
        # Somebody from outside has no inbox here: whoever handles the matter tells them.
        if await directory.person(session, staff_id) is None:
            continue
        if effect.name != OTHER_SIDE_TOLD or not await respondents.tell_of_measure(session, desk, row, case, staff_id):
            await notices.add(session, desk, row, staff_id, effect.name)
