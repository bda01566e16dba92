"""A day on which a person wants to be asked how it is: the one thing that is kept of a way that she goes by herself
(policy 2.1 a). It says nothing but the day, which only her access code opens.
"""

import json
from datetime import date, datetime
from typing import Final
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.access_code import AccessCode
from chassis.sealing import open_with, seal_with, tag
from services.intake.bodies import ReminderSeen, ReminderSet
from services.intake.intake import Intake, NothingHere
from services.intake.route_list import begin_list, list_of, routes_of
from services.intake.tables import Reminder, UnsettledLodging

CHECK_INS: Final = {
    "first": "informal.checkin",
    "second": "informal.checkin.second",
    "third": "informal.checkin.third",
}
"""The policy's lengths."""
_KEPT: Final = 2  # months after the month of the day: to the day it would tell the day


async def set_reminder(intake: Intake, code: AccessCode | None, key: str, after: str, now: datetime) -> ReminderSet:
    """Under her code, or under a new one that the random `key` of the request gives; the same request gets the same
    answer, and a day that she has chosen already is kept once. Raises NothingHere for a code that nobody was given.
    """
    owner_code = code or AccessCode.from_idempotency(intake.keys.secret("code"), key)
    on = intake.policy.due(CHECK_INS[after], now).date()
    reminder_id = UUID(bytes=tag(owner_code.list_key(), "reminder", key)[:16], version=4)
    async with intake.database.transaction() as session:
        if code is None:
            await _begin(session, intake, owner_code)
        # Another window may be choosing the same day.
        await list_of(session, intake, owner_code, lock=True)
        await routes_of(session, intake, owner_code)
        hers = await session.scalars(select(Reminder).where(col(Reminder.owner) == _owner(intake, owner_code)))
        kept = next((row for row in hers if _day(row, owner_code) == on), None)
        if kept is None:
            row = insert(Reminder).values(
                reminder_id=reminder_id,
                owner=_owner(intake, owner_code),
                sealed=seal_with(
                    owner_code.list_key(), json.dumps(on.isoformat()).encode(), context=_context(reminder_id)
                ),
                forget_on=_months_after(on, _KEPT),
            )
            await session.execute(row.on_conflict_do_nothing())
            kept = await session.get(Reminder, reminder_id)
    assert kept is not None  # of this request, or of the same one before
    return ReminderSet(
        reminder_id=kept.reminder_id,
        on=_day(kept, owner_code),
        access_code=UNSET if code else str(owner_code),
    )


async def reminders_of(intake: Intake, code: AccessCode, now: datetime) -> list[ReminderSeen]:
    """The next day first."""
    async with intake.database.transaction() as session:
        found = await session.scalars(select(Reminder).where(col(Reminder.owner) == _owner(intake, code)))
        days = {row.reminder_id: _day(row, code) for row in found}
    seen = [ReminderSeen(reminder_id=id_, on=day, due=day <= now.date()) for id_, day in days.items()]
    return sorted(seen, key=lambda one: (one.on, one.reminder_id))


async def forget_reminder(intake: Intake, code: AccessCode, reminder_id: UUID) -> None:
    """Raises NothingHere for one that is not hers."""
    hers = col(Reminder.reminder_id) == reminder_id, col(Reminder.owner) == _owner(intake, code)
    async with intake.database.transaction() as session:
        gone = await session.scalar(delete(Reminder).where(*hers).returning(col(Reminder.reminder_id)))
    if gone is None:
        raise NothingHere


async def forget_old_reminders(intake: Intake, now: datetime) -> None:
    async with intake.database.transaction() as session:
        await session.execute(delete(Reminder).where(col(Reminder.forget_on) <= now.date()))


async def _begin(session: AsyncSession, intake: Intake, code: AccessCode) -> None:
    """A code that opens no route yet; one that a lodging with the same key began is not swept with it any more."""
    digest = col(UnsettledLodging.lookup_digest)
    cut_off = update(UnsettledLodging).where(digest == code.lookup_digest(intake.keys.secret("pepper")))
    await session.execute(cut_off.values(lookup_digest=None))
    await begin_list(session, intake, code)


def _owner(intake: Intake, code: AccessCode) -> bytes:
    """Without the code nothing leads from here to its row, nor to a route."""
    return tag(intake.keys.secret("pepper"), "reminders", code.list_key())


def _day(row: Reminder, code: AccessCode) -> date:
    return date.fromisoformat(json.loads(open_with(code.list_key(), row.sealed, context=_context(row.reminder_id))))


def _context(reminder_id: UUID) -> bytes:
    return b"reminder|" + reminder_id.bytes


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)
