"""Removing what a lodging or a message that was cut off has left behind: lists that nobody was given the code of, and
wraps of contents that were never kept.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlmodel import col

from services.intake.intake import Intake, utc_now
from services.intake.tables import AccessCodeRow, Item, UnsettledLodging
from services.intake.use_cases.keep_place import forget_old_places
from services.intake.use_cases.release_identity import end_over
from services.intake.use_cases.set_reminder import forget_old_reminders

ORPHANED_AFTER: Final = timedelta(hours=1)
"""No request takes as long."""
_SWEEP_EVERY: Final = 600.0


async def sweep_orphans(intake: Intake, now: datetime) -> int:
    """Remove what began more than an hour before `now` and did not end; how many items' wraps were destroyed."""
    before = now - ORPHANED_AFTER
    async with intake.database.transaction() as session:
        cut_off = delete(UnsettledLodging).where(col(UnsettledLodging.started_at) < before)
        digests = await session.scalars(cut_off.returning(col(UnsettledLodging.lookup_digest)))
        codes = [digest for digest in digests if digest is not None]
        await session.execute(delete(AccessCodeRow).where(col(AccessCodeRow.lookup_digest).in_(codes)))
    # Only now: a lodging whose wraps go here finds its row gone and begins again.
    item_ids = await intake.keystore.unsettled(before)
    async with intake.database.transaction() as session:
        kept = set(await session.scalars(select(col(Item.item_id)).where(col(Item.item_id).in_(item_ids))))
    orphans = [item_id for item_id in item_ids if item_id not in kept]
    await intake.keystore.settle(item_ids, orphans=orphans, before=before)
    return len(orphans)


async def sweep_forever(intake: Intake) -> None:
    """Every ten minutes, until cancelled. Part of the background, which begins it again when a store was away."""
    while True:
        await sweep_orphans(intake, utc_now())
        await forget_old_reminders(intake, utc_now())
        await forget_old_places(intake, utc_now())
        await end_over(intake, utc_now())
        await asyncio.sleep(_SWEEP_EVERY)
