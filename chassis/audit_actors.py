"""Forgetting who acted. Actors stand beside the trail and not in it: its chain fixes a commitment to each, which stays
when the actor goes.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.database import Database, fetch

KEPT_FOR: Final = "keep.access_log"
"""The policy's key for how long actors are kept after the end of what they acted on."""
_SWEEP_EVERY: Final = 60.0
_AT_ONCE: Final = 200

_KEEP_UNTIL: Final = text("""
    insert into actors_kept as kept (object_ref, until) values (:object_ref, :until)
    on conflict (object_ref) do update set until = greatest(kept.until, excluded.until)
""")
# Two clocks agree: that of whoever asks and the database's own.
_DUE: Final = text("""
    select distinct object_ref from actors_kept join audit_actors using (object_ref)
    where until <= least(cast(:now as timestamptz), now()) limit :at_once
""")
_FORGET: Final = text("delete from audit_actors where object_ref = :object_ref returning number")


async def keep_until(session: AsyncSession, object_ref: str, until: datetime) -> None:
    """What `object_ref` names has ended: who acted in entries about it is forgotten at `until`, or later where a later
    time was said before.
    """
    await fetch(session, _KEEP_UNTIL, {"object_ref": object_ref, "until": until})


async def forget_due(database: Database, now: datetime) -> int:
    """Forgets who acted on what ended long enough ago, by `now` and by the database's clock; of how many objects.

    Each object in a transaction of its own: the actors go, and the trail says of how many entries. That entry is of the
    same object and so of the same chain: wherever it arrives, those that it tells of have arrived before.
    """
    async with database.transaction() as session:
        due = [row["object_ref"] for row in await fetch(session, _DUE, {"now": now, "at_once": _AT_ONCE})]
    return sum([await _forget(database, object_ref) for object_ref in due])


async def _forget(database: Database, object_ref: str) -> bool:
    async with database.transaction() as session:
        gone = await fetch(session, _FORGET, {"object_ref": object_ref})
        # None where another process was faster.
        if gone:
            facts = {"entries": len(gone)}
            await audit_trail.record(
                session, audit_trail.FORGOTTEN, object_ref=object_ref, actor=None, rule=KEPT_FOR, facts=facts
            )
    return bool(gone)


async def forget_forever(database: Database) -> None:
    """Part of the background of a service whose matters end, which begins it again when the database was away."""
    while True:
        while await forget_due(database, datetime.now(UTC)):
            pass
        await asyncio.sleep(_SWEEP_EVERY)
