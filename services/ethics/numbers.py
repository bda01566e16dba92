"""Watches the numbers inside the seals: an action that HR's side withheld leaves a hole."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail

LATE_AFTER: Final = timedelta(minutes=1)
"""Partitions overtake one another; a number that has not come by then is missing."""

# The row is this transaction's alone until it commits, whichever source it is.
_HIGHEST: Final = text("""
    insert into action_numbers as known (source, highest) values (:source, 0)
    on conflict (source) do update set highest = known.highest returning highest
""")
_SET_HIGHEST: Final = text("update action_numbers set highest = :number where source = :source")
_MISS: Final = text("insert into missing_numbers (source, first, last) values (:source, :first, :last)")
_FIND: Final = text("""
    delete from missing_numbers where source = :source and :number between first and last
    returning first, last, noticed_at, alarmed_at
""")
_LEAVE: Final = text("""
    insert into missing_numbers (source, first, last, noticed_at, alarmed_at)
    values (:source, :first, :last, :noticed_at, :alarmed_at)
""")
_ALARM: Final = text("""
    update missing_numbers set alarmed_at = now()
    where alarmed_at is null and noticed_at < now() - cast(:late_after as interval)
    returning source, first, last
""")


async def note(session: AsyncSession, source: str, number: int) -> None:
    """One numbered action of `source` has come. A number that came before, with another action under it, is audited:
    a counter that runs again (a restored copy, say) must not make us deaf.
    """
    highest: int = await session.scalar(_HIGHEST, params={"source": source})
    if number > highest:
        if number > highest + 1:
            await session.execute(_MISS, params={"source": source, "first": highest + 1, "last": number - 1})
        await session.execute(_SET_HIGHEST, params={"source": source, "number": number})
        return
    hole = (await session.execute(_FIND, params={"source": source, "number": number})).first()
    if hole is None:
        await _audit(session, "personnel_action.number_used_again", source, number, number)
        return
    for first, last in ((hole.first, number - 1), (number + 1, hole.last)):
        if first <= last:
            rest = {"first": first, "last": last, "noticed_at": hole.noticed_at, "alarmed_at": hole.alarmed_at}
            await session.execute(_LEAVE, params={"source": source, **rest})
    if hole.alarmed_at is not None:
        await _audit(session, "personnel_action.found", source, number, number)


async def alarm(session: AsyncSession, late_after: timedelta = LATE_AFTER) -> int:
    """Audits every hole older than `late_after`, once; answers how many there were."""
    holes = (await session.execute(_ALARM, params={"late_after": late_after})).all()
    for source, first, last in holes:
        await _audit(session, "personnel_action.missing", source, first, last)
    return len(holes)


async def _audit(session: AsyncSession, act: str, source: str, first: int, last: int) -> None:
    await audit_trail.record(
        session,
        act,
        object_ref=f"personnel-actions/{source}",
        actor=None,
        rule="invariant 46",
        facts={"first": first, "last": last},
    )
