"""A file that the person adds to one of her routes, and its cleaned copy given back to her."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.access_code import AccessCode
from chassis.outbox import add_event
from contracts.intake.v1.reports_pb2 import MessageReceived
from contracts.topics import reports_to
from services.intake.files.kept import FileKeys, Opened, opened
from services.intake.files.kinds import FileRefused, Refusal
from services.intake.intake import Intake, NothingHere, audit_object
from services.intake.items import add_items
from services.intake.route_list import routes_of
from services.intake.tables import Direction, Item, ItemKind, PersonAction
from services.intake.use_cases.send_message import first_time, keys_of_route, report_lying_with


@dataclass(frozen=True)
class FileSent:
    """Where a file goes; sent again with the same action id, nothing follows."""

    report_id: UUID
    action_id: UUID


async def keep_file(
    intake: Intake, code: AccessCode, sent: FileSent, parts: AsyncIterator[bytes], now: datetime
) -> None:
    """Clean, seal and keep it, and tell the desk that something came. Nothing of `parts` is read before it is known
    that the code opens the route and that there is room.

    Raises FileRefused, TooManyAtOnce, TimeoutError, NothingHere, AlreadyErased, DeskKeyUnknown, PassedOnMeanwhile.
    """
    async with intake.database.transaction() as session:
        desk, route_public = await keys_of_route(session, intake, code, sent.report_id)
        if await session.get(PersonAction, (sent.report_id, sent.action_id)):
            return
        await check_room(session, intake, await routes_of(session, intake, code))
        await _next_number(session, intake, sent.report_id)
    async with intake.receiving.received(sent.report_id, parts) as file:
        keys = FileKeys(sent.report_id, desk, route_public)
        await intake.keystore.put_wraps(keys.wraps, ahead=True)
        async with intake.database.transaction() as session:
            report = await report_lying_with(session, sent.report_id, keys.wraps)
            if not await first_time(session, report, sent.action_id):
                return
            number = await _next_number(session, intake, report.report_id)
            await add_items(session, report.report_id, keys.items(file, number), now, Direction.PERSON)
            await keys.write(session, file)
            news = MessageReceived(report_id=str(report.report_id), item_id=str(keys.copy_id))
            await add_event(session, reports_to(report.service), str(report.report_id), news)
            await audit_trail.record(session, "file_received", object_ref=audit_object(report), actor=None)


async def open_file(intake: Intake, code: AccessCode, item_id: UUID) -> Opened:
    """The cleaned copy of a file on one of her routes: what her desk sees. Raises NothingHere, SealNotOpened."""
    async with intake.database.transaction() as session:
        report_ids = await routes_of(session, intake, code)
        item = await session.get(Item, item_id)
    if item is None or item.report_id not in report_ids or item.kind != ItemKind.FILE:
        raise NothingHere
    found = await opened(intake.database, intake.keystore, item, code.route_key(item.report_id))
    if found is None:
        raise NothingHere
    return found


async def check_room(session: AsyncSession, intake: Intake, report_ids: Sequence[UUID], more: int = 1) -> None:
    """Raises FileRefused where the routes of a code have no room for so many more files. Two that come at once may both
    be let in: each route has its own limit.
    """
    if await _files_of(session, report_ids) + more > intake.receiving.most_of_code:
        raise FileRefused(Refusal.TOO_MANY)


async def _files_of(session: AsyncSession, report_ids: Sequence[UUID]) -> int:
    of_reports = col(Item.report_id).in_(report_ids), col(Item.kind) == ItemKind.FILE
    return await session.scalar(select(func.count()).select_from(Item).where(*of_reports)) or 0


async def _next_number(session: AsyncSession, intake: Intake, report_id: UUID) -> int:
    """Raises FileRefused where there is no room for another."""
    there = await _files_of(session, [report_id])
    if there >= intake.receiving.most:
        raise FileRefused(Refusal.TOO_MANY)
    return there + 1
