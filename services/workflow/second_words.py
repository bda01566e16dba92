"""A draft of those who keep appointments and policy waits for a second person: whoever may give that word hears that
there is something new, in a mail that says no more (policy 2.10).
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.topics import WORKFLOW_CASES
from lifecycle import notices
from lifecycle.desk import Desk

WAITING: Final = "draft.waiting"


async def ask(session: AsyncSession, desk: Desk, draft_id: UUID, approvers: Iterable[str]) -> None:
    """One mail to each, at once: a draft is in no queue, so that no digest would count it."""
    key = desk.keys.desk(desk.notices_office)
    for staff_id in sorted(approvers):
        notice = StaffNotice(wording_key=WAITING)
        # A draft stands where a case would: nothing is looked up under its id.
        await notices.add_notice(session, WORKFLOW_CASES, draft_id, staff_id, notice, case_id=draft_id, desk_key=key)
