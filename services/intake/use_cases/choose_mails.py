"""Mails or texts that say only that there is something new: hers to choose, to change and to take back on each of her
routes, and never sent unless she chose them (invariants 7, 15).

Intake keeps what she chose sealed to the notifications' delivery key and cannot open it; no page shows it again, so
that whoever finds her code does not learn her address. What is new is told to notifications under a random reference;
it comes for the address when it is about to write.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.access_code import AccessCode
from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import delivery_context, seal_to
from contracts.intake.v1.reports_pb2 import ReporterNotice
from contracts.topics import INTAKE_NOTICES
from services.intake.intake import Intake, NothingHere, audit_object, lock_report
from services.intake.route_list import routes_of
from services.intake.tables import Consent, MailNotice, MailWish
from services.intake.use_cases.protect import answers_of

MAILS: Final = "mails"
"""The consent, dated and versioned as every other."""
DELIVERY: Final = ("notifications", "delivery")
"""Service and desk that she is written to by."""
KEPT: Final = timedelta(days=30)
"""How long a reference answers: as long as the topic keeps the event, longer than notifications tries."""
_SIZE: Final = 512
"""Room for the longest address; no two wishes differ in length."""


@dataclass(frozen=True)
class Wish:
    """Where to, from and to which full hour of the day in `zone`, and in which language. All day: from 0 to 24.
    `address`: of a mail, or for texts the number of a mobile phone in the form of E.164.
    """

    address: str
    from_hour: int
    to_hour: int
    zone: str
    language: str


async def choose_mails(intake: Intake, code: AccessCode, report_id: UUID, wish: Wish | None, now: datetime) -> None:
    """What she chose before is destroyed; with None she has no mails any more, from this transaction on.

    Raises NothingHere, AlreadyErased, and DeskKeyUnknown until notifications has published its key.
    """
    async with intake.database.transaction() as session:
        if report_id not in await routes_of(session, intake, code):
            raise NothingHere
        report = await lock_report(session, report_id)
        if wish is None:
            await take_mails_back(session, report_id, now)
        else:
            await forget_mails(session, report_id)
            wish_id, to = uuid4(), await desk_key(session, *DELIVERY)
            plain = json.dumps(asdict(wish), separators=(",", ":")).encode()
            sealed = seal_to(to.public, plain, context=delivery_context(wish_id), size=_SIZE)
            session.add(MailWish(report_id=report_id, wish_id=wish_id, sealed=sealed))
            await _answer(session, report_id, now, given=True)
        await audit_trail.record(session, "consent_answered", object_ref=audit_object(report), actor=None)


async def take_mails_back(session: AsyncSession, report_id: UUID, now: datetime) -> None:
    """What she chose is destroyed, and the consent says so; the caller holds the report's lock."""
    await forget_mails(session, report_id)
    await _answer(session, report_id, now, given=False)


async def _answer(session: AsyncSession, report_id: UUID, now: datetime, *, given: bool) -> None:
    version, before = (await answers_of(session, report_id)).get(MAILS, (0, False))
    if before is not given:
        session.add(Consent(report_id=report_id, consent=MAILS, version=version + 1, given=given, at=now))


async def forget_mails(session: AsyncSession, report_id: UUID) -> None:
    """Also what is under way: no reference to it answers any more."""
    for table in (MailNotice, MailWish):
        await session.execute(delete(table).where(col(table.report_id) == report_id))


async def tell_her(session: AsyncSession, report_id: UUID, now: datetime) -> None:
    """There is something new on this route: where she chose so, she gets the mail that says just this."""
    if await session.get(MailWish, report_id) is None:
        return
    old = col(MailNotice.day) < (now - KEPT).date()
    await session.execute(delete(MailNotice).where(old))
    recipient_ref = uuid4()
    kept = insert(MailNotice).values(recipient_ref=recipient_ref, report_id=report_id, day=now.date())
    await session.execute(kept)
    notice = ReporterNotice(notice_id=str(uuid4()), recipient_ref=str(recipient_ref))
    await add_event(session, INTAKE_NOTICES, str(uuid4()), notice)


async def hand_out_wish(intake: Intake, recipient_ref: UUID) -> MailWish:
    """What she chose, sealed as it lies, for the one mail of this reference. Raises NothingHere."""
    of_it = select(MailWish).join(MailNotice, col(MailNotice.report_id) == col(MailWish.report_id))
    async with intake.database.transaction() as session:
        found = await session.scalar(of_it.where(col(MailNotice.recipient_ref) == recipient_ref))
    if found is None:
        raise NothingHere
    return found
