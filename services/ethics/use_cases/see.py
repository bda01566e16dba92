"""Something is seen about somebody, whoever it is: what HR did, or a complaint. Looked at once, and asked about when it
is about a protected person (invariant 46).
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId
from lifecycle.desk import Desk
from services.ethics import numbers
from services.ethics.domain.query import COUNTER_COMPLAINT, PERSONNEL_ACTION
from services.ethics.use_cases.ask import answer_seen, open_action
from services.ethics.use_cases.names import complained_about, lock_person, person_tag

KEPT_SEALED: Final = timedelta(days=30)
"""How long a protection may be on its way (as long as Kafka keeps it): until then what was seen is looked at again."""

_SEE: Final = text("""
    insert into seen_actions (event_id, about, person_tag, sealed, told_at)
    values (:event_id, :about, :tag, :sealed, :told_at)
    on conflict (event_id) do nothing
    returning event_id, about, sealed, told_at
""")
_FORGET: Final = text("""
    update seen_actions set person_tag = null, sealed = null
    where sealed is not null and seen_at < now() - cast(:kept as interval)
""")


async def see_action(
    session: AsyncSession, desk: Desk, event_id: UUID, told_at: datetime, sealed: bytes, now: datetime
) -> CaseId | None:
    """One personnel action; answers the query when it is about a protected person. Raises InvalidMessage when the seal
    is not ours or holds no action.
    """
    action = open_action(desk, sealed)
    tag = person_tag(desk, action.staff_id)
    seen = await _see(session, tag, event_id, PERSONNEL_ACTION, sealed, told_at)
    if seen is None:
        return None
    await numbers.note(session, action.source, action.number)
    return await answer_seen(session, desk, tag, seen, now)


async def see_complaint(
    session: AsyncSession, desk: Desk, complaint_id: UUID, told_at: datetime, sealed: bytes, now: datetime
) -> CaseId | None:
    """Somebody is named in a new report. Whoever is protected may have been named for that; nobody but the office
    learns that it looks. Raises InvalidMessage.
    """
    tag = person_tag(desk, complained_about(desk, complaint_id, sealed).staff_id)
    seen = await _see(session, tag, complaint_id, COUNTER_COMPLAINT, sealed, told_at)
    return None if seen is None else await answer_seen(session, desk, tag, seen, now)


async def forget_seen(session: AsyncSession, kept: timedelta = KEPT_SEALED) -> None:
    """Empties what was seen so long ago that no protection can reach back to it any more."""
    await session.execute(_FORGET, params={"kept": kept})


async def _see(
    session: AsyncSession, tag: bytes, event_id: UUID, about: str, sealed: bytes, told_at: datetime
) -> Any | None:
    """None when it was seen before."""
    await lock_person(session, tag)
    parameters = {"event_id": event_id, "about": about, "tag": tag, "sealed": sealed, "told_at": told_at}
    return (await session.execute(_SEE, params=parameters)).first()
