"""A person's list of routes: sealed under a key that only her access code gives, found by a keyed digest of it.

That somebody else has seen the code stands in the list too: nobody without the code can tell such a list from another.
"""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.access_code import AccessCode
from chassis.sealing import open_with, seal_with
from services.intake.intake import Intake, NothingHere
from services.intake.tables import AccessCodeRow, Report

_ID_BYTES: Final = 16
_CODE_BYTES: Final = 32
MOST_ROUTES: Final = 20
"""Routes of one code: more than anybody's matter has ways, and few enough to be read in one go."""


class TooManyRoutes(Exception):
    """The code has as many routes as there may be."""


class CodeToBeReplaced(Exception):
    """Somebody else has seen this code: it does nothing before the person has one that she alone knows (ADR 67)."""


@dataclass(frozen=True)
class RouteList:
    """`report_ids`: oldest first. `handed_over`: the code was made for somebody else to hand over. `before`: the code
    that this one takes the place of, as long as not everything is moved.
    """

    report_ids: tuple[UUID, ...] = ()
    handed_over: bool = False
    before: AccessCode | None = None


async def routes_of(session: AsyncSession, intake: Intake, code: AccessCode) -> list[UUID]:
    """The report ids that the code opens, oldest first; not those that another code was given for since. Raises
    NothingHere for a code that nobody was given, and CodeToBeReplaced.
    """
    opens, _ = await _opens(session, intake, code)
    return opens


async def given_anew(session: AsyncSession, intake: Intake, code: AccessCode) -> int:
    """For how many of its routes another code was given. Raises as `routes_of`."""
    _, closed = await _opens(session, intake, code)
    return closed


async def _opens(session: AsyncSession, intake: Intake, code: AccessCode) -> tuple[list[UUID], int]:
    found = await list_of(session, intake, code)
    if found is None:
        raise NothingHere
    if found.handed_over or found.before is not None:
        raise CodeToBeReplaced
    of_list = col(Report.report_id).in_(found.report_ids)
    asked = select(col(Report.report_id), col(Report.route_public_key)).where(of_list)
    keys = {row.report_id: row.route_public_key for row in await session.execute(asked)}
    opens = [one for one in found.report_ids if keys.get(one) in (None, code.route_key(one).public)]
    return opens, len(found.report_ids) - len(opens)


async def list_of(session: AsyncSession, intake: Intake, code: AccessCode, *, lock: bool = False) -> RouteList | None:
    """None for a code that nobody was given; with `lock`, nobody else changes it until commit."""
    row = await session.get(AccessCodeRow, code.lookup_digest(intake.keys.secret("pepper")), with_for_update=lock)
    return None if row is None else _opened(code, row)


async def begin_list(session: AsyncSession, intake: Intake, code: AccessCode, first: RouteList | None = None) -> bool:
    """A list for a new code, empty unless `first` is given; whether there was none."""
    digest = code.lookup_digest(intake.keys.secret("pepper"))
    row = insert(AccessCodeRow).values(lookup_digest=digest, sealed_routes=_sealed(code, digest, first or RouteList()))
    made = await session.scalar(row.on_conflict_do_nothing().returning(col(AccessCodeRow.lookup_digest)))
    return made is not None


async def add_route(session: AsyncSession, intake: Intake, code: AccessCode, report_id: UUID) -> None:
    """Put a route on the list; one that is there stays once. Raises NothingHere, TooManyRoutes."""
    found = await list_of(session, intake, code, lock=True)
    if found is None:
        raise NothingHere
    if report_id not in found.report_ids:
        if len(found.report_ids) >= MOST_ROUTES:
            raise TooManyRoutes
        await write_list(session, intake, code, replace(found, report_ids=(*found.report_ids, report_id)))


async def write_list(session: AsyncSession, intake: Intake, code: AccessCode, changed: RouteList) -> None:
    """In place of the one there is, which the caller has locked."""
    row = await session.get_one(AccessCodeRow, code.lookup_digest(intake.keys.secret("pepper")))
    row.sealed_routes = _sealed(code, row.lookup_digest, changed)


async def drop_list(session: AsyncSession, intake: Intake, code: AccessCode) -> None:
    """From here on the code opens nothing."""
    digest = code.lookup_digest(intake.keys.secret("pepper"))
    await session.execute(delete(AccessCodeRow).where(col(AccessCodeRow.lookup_digest) == digest))


def _sealed(code: AccessCode, digest: bytes, routes: RouteList) -> bytes:
    plain = b"".join(report_id.bytes for report_id in routes.report_ids)
    if routes.handed_over or routes.before is not None:
        # No report has the id of zeros: what follows it is a code, or its room.
        plain = bytes(_ID_BYTES) + str(routes.before or "").encode().ljust(_CODE_BYTES) + plain
    return seal_with(code.list_key(), plain, context=b"routes|" + digest)


def _opened(code: AccessCode, row: AccessCodeRow) -> RouteList:
    plain = open_with(code.list_key(), row.sealed_routes, context=b"routes|" + row.lookup_digest)
    marked, before = plain.startswith(bytes(_ID_BYTES)), None
    if marked:
        written, plain = plain[_ID_BYTES:][:_CODE_BYTES].strip(), plain[_ID_BYTES + _CODE_BYTES :]
        before = AccessCode.parse(written.decode()) if written else None
    ids = (UUID(bytes=plain[start : start + _ID_BYTES]) for start in range(0, len(plain), _ID_BYTES))
    return RouteList(tuple(ids), handed_over=marked and before is None, before=before)
