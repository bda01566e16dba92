"""Replacing a code that somebody else has seen by one that the person alone knows (ADR 67).

First the list of routes goes over to the new code, together with the key that each route is sealed to from there on;
the old code opens nothing from that commit. Then what was sealed before is wrapped to the new code, in memory that has
both. Until that is done the new list knows the old code, so that whatever was cut off is taken up with the new one.
"""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, failpoints
from chassis.access_code import AccessCode
from chassis.keystore import Wrap
from chassis.outbox import add_event
from chassis.sealing import (
    ROUTE,
    TOLD_BYTES,
    DeskPrivateKey,
    SealNotOpened,
    open_from,
    seal_to,
    told_context,
    unwrap,
    wrap,
    wrap_context,
)
from contracts.intake.v1.reports_pb2 import RouteKeyReplaced
from contracts.topics import reports_to
from services.intake.intake import Intake, NothingHere, audit_object, desks_of
from services.intake.items import items_of
from services.intake.route_list import RouteList, begin_list, drop_list, list_of, write_list
from services.intake.tables import Passing, Report, RouteCase
from services.intake.use_cases.lodge_report import IdempotencyKeyReused


class NotHandedOver(Exception):
    """Nobody else has seen this code: it stays as it is."""


def code_for(intake: Intake, key: str) -> AccessCode:
    """The new code of a request with this random key, before anything is done: the same however often it is asked."""
    return AccessCode.from_idempotency(intake.keys.secret("code"), key)


async def replace_code(intake: Intake, old: AccessCode, new: AccessCode) -> None:
    """From here on `new` opens what `old` did, and `old` nothing. The same again ends what was begun.

    Raises NothingHere where neither opens anything, NotHandedOver, and IdempotencyKeyReused where `new` is a code that
    has a list of its own: nothing is changed then.
    """
    async with intake.database.transaction() as session:
        found = await list_of(session, intake, old, lock=True)
        if found is not None:
            if not found.handed_over:
                raise NotHandedOver
            await _hand_on(session, intake, old, new, found)
        elif await list_of(session, intake, new) is None:
            raise NothingHere
    failpoints.hit("intake.code_handed_on")
    await finish(intake, new)


async def finish(intake: Intake, code: AccessCode) -> None:
    """Move what is still sealed to the code that this one takes the place of; does nothing where all is moved."""
    async with intake.database.transaction() as session:
        found = await list_of(session, intake, code)
        if found is None or found.before is None:
            return
        items = await items_of(session, found.report_ids)
    for report_id in found.report_ids:
        ids = [item.item_id for item in items if item.report_id == report_id]
        await _wrap_anew(intake, report_id, ids, found.before.route_key(report_id), code.route_key(report_id))
    async with intake.database.transaction() as session:
        done = await list_of(session, intake, code, lock=True)
        assert done is not None  # nothing takes a list away but a code in its place, which waits for this
        await write_list(session, intake, code, replace(done, before=None))


async def _hand_on(session: AsyncSession, intake: Intake, old: AccessCode, new: AccessCode, found: RouteList) -> None:
    if not await begin_list(session, intake, new, RouteList(found.report_ids, before=old)):
        raise IdempotencyKeyReused  # the key has made a code before, perhaps this very one
    await drop_list(session, intake, old)
    of_code = select(Report).where(col(Report.report_id).in_(found.report_ids)).order_by(col(Report.report_id))
    for report in (await session.scalars(of_code.with_for_update())).all():
        was, now = old.route_key(report.report_id), new.route_key(report.report_id)
        # Erased, or another code was given for it since: that one keeps it.
        if report.route_public_key == was.public:
            report.route_public_key = now.public
            await _tell_anew(session, report.report_id, was, now.public)
            await tell_desks(session, report)
            await audit_trail.record(session, "code_replaced", object_ref=audit_object(report), actor=None)


async def tell_desks(session: AsyncSession, report: Report) -> None:
    """Every service that has a case of the report, or has passed it on and still tells of its own."""
    earlier = select(col(Passing.service)).where(col(Passing.report_id) == report.report_id)
    for service in sorted(desks_of(report) | set(await session.scalars(earlier))):
        news = RouteKeyReplaced(report_id=str(report.report_id), route_public_key=report.route_public_key or b"")
        await add_event(session, reports_to(service), str(report.report_id), news)


async def _tell_anew(session: AsyncSession, report_id: UUID, was: DeskPrivateKey, now_public: bytes) -> None:
    """What desks have told her alone."""
    of_report = select(RouteCase).where(col(RouteCase.report_id) == report_id, col(RouteCase.sealed_facts).is_not(None))
    for case in (await session.scalars(of_report.with_for_update())).all():
        context = told_context(case.report_id, case.lifecycle, case.number, case.version)
        try:
            told = open_from(was, case.sealed_facts or b"", context=context)
        except SealNotOpened:
            case.sealed_facts = None  # of no use to her before either
        else:
            case.sealed_facts = seal_to(now_public, told, context=context, size=TOLD_BYTES)


async def _wrap_anew(
    intake: Intake, report_id: UUID, item_ids: Collection[UUID], was: DeskPrivateKey, now: DeskPrivateKey
) -> None:
    wraps = await intake.keystore.wraps_of(list(item_ids), ROUTE) if item_ids else {}
    pairs = []
    for item_id, wrapped in wraps.items():
        context = wrap_context(report_id, item_id, ROUTE)
        try:
            data_key = unwrap(wrapped, was, context=context)
        except SealNotOpened:
            continue  # exchanged before, or written since, or never hers to open
        pairs.append((Wrap(item_id, ROUTE, report_id, wrap(data_key, now.public, context=context)), wrapped))
    await intake.keystore.exchange_wraps(pairs)
