"""Placing a desk's reply in the person's inbox: it comes sealed, to the desk and to her route, and stays so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.keystore import Wrap
from chassis.outbox import add_event
from chassis.sealing import ROUTE, desk_label, is_for
from contracts.intake.v1.reports_pb2 import MessagePlaced
from contracts.topics import reports_to
from services.intake.intake import AlreadyErased, Intake, NothingHere, audit_actor, audit_object, lock_report
from services.intake.items import SealedItem, add_items
from services.intake.tables import Direction, Item, ItemKind, Report
from services.intake.use_cases.choose_mails import tell_her


class MessageIdTaken(Exception):
    """Another message has this id already."""


class SealedToOldCode(Exception):
    """The person has another code since: to be sent again once the desk has heard of it."""


@dataclass(frozen=True)
class Reply:
    """What a member of a desk has written, sealed by the desk."""

    message_id: UUID
    report_id: UUID
    action_id: UUID
    staff_id: str
    office: str
    ciphertext: bytes
    wrapped_to_desk: bytes
    wrapped_to_route: bytes


async def place_message(intake: Intake, service: str, reply: Reply, now: datetime) -> None:
    """Keep a reply of the report's own desk. The same one again changes nothing.

    Raises NothingHere, also for a writer whom the person named or refused, MessageIdTaken, and SealedToOldCode.
    """
    try:
        async with intake.database.transaction() as session:
            # Locked before the key store is written: of two attempts at one message, each sealed under a key of its
            # own, the wraps and the contents that stay are those of the same one.
            report = await lock_report(session, reply.report_id)
            if (report.service, report.office) != (service, reply.office) or await intake.excludes(
                session, reply.report_id, reply.staff_id
            ):
                raise NothingHere
            if placed := await session.get(Item, reply.message_id):
                return _check_same(placed, reply)
            if not is_for(report.route_public_key or b"", reply.wrapped_to_route):
                raise SealedToOldCode
            await _keep(session, intake, report, reply, now)
    except AlreadyErased:
        raise NothingHere from None


async def _keep(session: AsyncSession, intake: Intake, report: Report, reply: Reply, now: datetime) -> None:
    label = desk_label(report.service, report.office)
    wraps = (
        Wrap(reply.message_id, label, reply.report_id, reply.wrapped_to_desk),
        Wrap(reply.message_id, ROUTE, reply.report_id, reply.wrapped_to_route),
    )
    await intake.keystore.replace_wraps(wraps)
    item = SealedItem(reply.message_id, ItemKind.MESSAGE, reply.ciphertext, wraps)
    await add_items(session, reply.report_id, [item], now, Direction.DESK)
    news = MessagePlaced(report_id=str(reply.report_id), item_id=str(reply.message_id), action_id=str(reply.action_id))
    await add_event(session, reports_to(report.service), str(reply.report_id), news)
    await tell_her(session, reply.report_id, now)
    actor = audit_actor(report, reply.staff_id)
    await audit_trail.record(session, "message_placed", object_ref=audit_object(report), actor=actor)


def _check_same(placed: Item, reply: Reply) -> None:
    if placed.report_id != reply.report_id or placed.ciphertext != reply.ciphertext:
        raise MessageIdTaken
