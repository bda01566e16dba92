"""Who hears of a step: as at every desk, and the other side of a measure, which must not see the case."""

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle import directory, notices
from lifecycle.desk import Desk
from lifecycle.model import Case, Effect
from lifecycle.parties import parties_of
from lifecycle.recipients import OTHER_SIDE
from lifecycle.records import CaseRow
from services.workflow.domain.measure_parts import other_side_knew
from services.workflow.domain.measure_standing import OTHER_SIDE_OVER


async def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """One notice to each. The other side is told of what concerns it although it must not see the case; the table
    says when: never before the protected person's inbox has shown it (invariant 43).
    """
    if effect.facts["to"] != OTHER_SIDE:
        notices.tell(session, desk, row, case, effect)
        return
    # A measure that was lifted before it took effect never was, for whoever was not told of it.
    if effect.name == OTHER_SIDE_OVER and not other_side_knew(case):
        return
    parties = await parties_of(session, desk, row)
    for staff_id in parties.alleged_offender if parties else ():
        # Somebody from outside has no inbox here: whoever handles the matter tells them.
        if await directory.person(session, staff_id) is not None:
            await notices.add(session, desk, row, staff_id, effect.name)
