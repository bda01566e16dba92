"""Destroying what is left of files of drafts. Leaving, deleting and a limit that passes take a few rows, with the only
key of each file; nobody waits for its bytes. Which those are follows from what is there, so no process has to remember.
"""

import asyncio
from typing import Any, Final, cast

from sqlalchemy import CursorResult, text

from chassis import failpoints
from services.intake.intake import Intake

_SWEEP_EVERY: Final = 10.0
_AT_ONCE: Final = 64
"""Chunks of one transaction, 16 MiB."""
_SWEEP: Final = text("""
    delete from draft_chunks where (file_id, original, number) in (
        select file_id, original, number from draft_chunks as chunk
        where not exists (select from draft_files as file where file.file_id = chunk.file_id)
        limit :most for update skip locked
    )
""")


async def sweep_chunks(intake: Intake) -> int:
    """Destroy the bytes of every file whose row is gone; how many chunks there were."""
    swept = 0
    while True:
        async with intake.database.transaction() as session:
            found = cast("CursorResult[Any]", await session.execute(_SWEEP, params={"most": _AT_ONCE}))
        swept += found.rowcount
        if found.rowcount < _AT_ONCE:
            return swept
        failpoints.hit("intake.chunks_swept")


async def sweep_forever(intake: Intake) -> None:
    """Every ten seconds, until cancelled. Part of the background, which begins it again when the database was away."""
    while True:
        await sweep_chunks(intake)
        await asyncio.sleep(_SWEEP_EVERY)
