"""A person's list of routes: sealed under a key that only her access code gives, found by a keyed digest of it."""

from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.access_code import AccessCode
from chassis.sealing import open_with, seal_with
from services.intake.intake import Intake, NothingHere
from services.intake.tables import AccessCodeRow

_ID_BYTES = 16
MOST_ROUTES: Final = 20
"""Routes of one code: more than anybody's matter has ways, and few enough to be read in one go."""


class TooManyRoutes(Exception):
    """The code has as many routes as there may be."""


def sealed_list(code: AccessCode, digest: bytes, report_ids: list[UUID]) -> bytes:
    plain = b"".join(report_id.bytes for report_id in report_ids)
    return seal_with(code.list_key(), plain, context=b"routes|" + digest)


def _opened(code: AccessCode, row: AccessCodeRow) -> list[UUID]:
    plain = open_with(code.list_key(), row.sealed_routes, context=b"routes|" + row.lookup_digest)
    return [UUID(bytes=plain[start : start + _ID_BYTES]) for start in range(0, len(plain), _ID_BYTES)]


async def routes_of(session: AsyncSession, intake: Intake, code: AccessCode) -> list[UUID]:
    """The report ids that the code opens, oldest first. Raises NothingHere for a code that nobody was given."""
    row = await session.get(AccessCodeRow, code.lookup_digest(intake.keys.secret("pepper")))
    if row is None:
        raise NothingHere
    return _opened(code, row)


async def begin_list(session: AsyncSession, intake: Intake, code: AccessCode) -> bool:
    """An empty list for a new code; whether there was none."""
    digest = code.lookup_digest(intake.keys.secret("pepper"))
    row = insert(AccessCodeRow).values(lookup_digest=digest, sealed_routes=sealed_list(code, digest, []))
    made = await session.scalar(row.on_conflict_do_nothing().returning(col(AccessCodeRow.lookup_digest)))
    return made is not None


async def add_route(session: AsyncSession, intake: Intake, code: AccessCode, report_id: UUID) -> None:
    """Put a route on the list; one that is there stays once. Raises NothingHere, TooManyRoutes."""
    digest = code.lookup_digest(intake.keys.secret("pepper"))
    row = await session.get(AccessCodeRow, digest, with_for_update=True)
    if row is None:
        raise NothingHere
    report_ids = _opened(code, row)
    if report_id not in report_ids:
        if len(report_ids) >= MOST_ROUTES:
            raise TooManyRoutes
        row.sealed_routes = sealed_list(code, digest, [*report_ids, report_id])
