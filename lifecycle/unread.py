"""How many messages of a person nobody has read who has a part in the case: so that whoever has ten talks sees which of
them waits. A number beside the route's key, gone with it; what was written stays at intake.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch
from lifecycle import access
from lifecycle.desk import Desk
from lifecycle.model import Actor
from lifecycle.records import CaseRow

ADD: Final = "alter table reports add column if not exists unread integer not null default 0"
DROP: Final = "alter table reports drop column unread"
"""For the revision that brings it, where the first has not made it already."""
_COUNT: Final = sa.text("update reports set unread = unread + 1 where report_id = :report_id")
_FOUND: Final = sa.text("select report_id, lifecycle, unread from reports where unread > 0 and report_id = any(:ids)")
_READ: Final = sa.text("update reports set unread = greatest(unread - :number, 0) where report_id = :report_id")


async def count(session: AsyncSession, report_id: UUID) -> None:
    """One more has come."""
    await session.execute(_COUNT, {"report_id": report_id})


async def of_cases(session: AsyncSession, desk: Desk, cases: Sequence[tuple[CaseRow, Actor]]) -> Counter[UUID]:
    """By case, where any wait: for whoever reads there what she writes."""
    hers = [row for row, actor in cases if _reads_her(desk, row, actor)]
    found = await fetch(session, _FOUND, {"ids": [row.report_id for row in hers]}) if hers else []
    # One that another office's case opened reads none of it (`contents.talks`).
    waiting = {(one["report_id"], desk.offices[one["lifecycle"]]): int(one["unread"]) for one in found}
    return Counter({row.case_id: waiting.get((row.report_id, desk.offices[row.lifecycle]), 0) for row in hers})


def _reads_her(desk: Desk, row: CaseRow, actor: Actor) -> bool:
    talks = row.lifecycle in desk.talks and row.closed_at is None
    return talks and access.may_read(desk, row, actor) and access.outside(desk, row, actor) is None


async def mark_read(session: AsyncSession, row: CaseRow, actor: Actor, number: int) -> None:
    """So many as there were before somebody with a part in the case read: what came meanwhile still waits. Where nobody
    has a part yet, whoever reads does.
    """
    if number and (access.assigned_to(row, actor.name) or not row.data.get("assigned")):
        await session.execute(_READ, {"report_id": row.report_id, "number": number})
