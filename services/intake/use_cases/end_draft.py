"""What a draft lies in, where it becomes a report: one place one report, and none that nobody has the code of."""

from typing import Final

from sqlalchemy import delete, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.intake.tables import KeptPlace
from services.intake.use_cases.hold_file import Draft

# Asked last, and held until the commit: leaving waits no longer than that.
_STAYS: Final = text(
    "select true from web_sessions where digest = :digest and expires_at > clock_timestamp() for key share"
)


class LeftMeanwhile(Exception):
    """Whoever sends it has left: nothing was lodged, since nobody would have the code."""


class PlaceEnded(Exception):
    """The place that was kept of this draft was sent or deleted elsewhere, or its time is over: nothing was lodged,
    since one place becomes one report.
    """


async def end_draft(session: AsyncSession, sent_in: Draft, *, new_code: bool) -> None:
    """Within the transaction that lodges, and last: of two windows with one place, the second waits here for the first.
    `new_code`: the session alone keeps it. Raises PlaceEnded, LeftMeanwhile.
    """
    if sent_in.place is not None:
        place = delete(KeptPlace).where(col(KeptPlace.digest) == sent_in.place).returning(col(KeptPlace.digest))
        if (await session.execute(place)).first() is None:
            raise PlaceEnded
    if new_code and (await session.execute(_STAYS, params={"digest": sent_in.session})).first() is None:
        raise LeftMeanwhile
