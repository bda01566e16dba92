"""What is in force beside the packs: whom workflow says was appointed to what, and whose appointment was ended.

Workflow decides and publishes it whole, numbered and signed. Every service that asks who may act keeps the newest in
its own schema, and each of its processes goes by it.
"""

import asyncio
from datetime import date
from typing import Final, Protocol

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database, fetch
from chassis.inbox import Event, Handler, InvalidMessage
from contracts.policy.v1.policy_pb2 import Appointment as AppointmentMessage
from contracts.policy.v1.policy_pb2 import AppointmentsInForce
from policy.appointing import Changes, Ended, appointment, with_changes
from policy.entry import Mistake, PolicyBroken
from policy.model import Appointment, Policy

APPOINTMENTS: Final = "appointments"
"""The key of what is kept and published."""
_LOOK_EVERY: Final = 1.0
_NEWER: Final = sa.text("select number, message from in_force where key = :key and number > :number")
_KEEP: Final = sa.text("""
    insert into in_force as kept (key, number, message) values (:key, :number, :message)
    on conflict (key) do update set number = excluded.number, message = excluded.message
    where kept.number < excluded.number or kept.message = excluded.message
    returning true
""")


class HasPolicy(Protocol):
    """What the parts of a service ask who may act; its list of people is replaced while it runs."""

    database: Database
    policy: Policy


def define(metadata: sa.MetaData) -> None:
    """Adds the table of what is in force to a service's metadata."""
    sa.Table(
        "in_force",
        metadata,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )


class InForce:
    """One process' view: the list of its pack, and what was decided since."""

    def __init__(self, of: HasPolicy) -> None:
        self._of = of
        self._listed = of.policy
        self._number = 0

    async def read(self) -> None:
        """Goes by the newest that is kept. Done before a process answers or acts: whoever was appointed no more when it
        was started may nothing. Raises PolicyBroken for what this process' pack does not know.
        """
        async with self._of.database.transaction() as session:
            found = await fetch(session, _NEWER, {"key": APPOINTMENTS, "number": self._number})
        for row in found:
            self._of.policy = with_changes(self._listed, changes_of(_read(row["message"]), self._listed))
            self._number = row["number"]

    async def follow(self) -> None:
        """Part of every process of a service, those that only answer as well."""
        while True:
            await self.read()
            await asyncio.sleep(_LOOK_EVERY)


def remember(of: HasPolicy) -> Handler:
    """The handler of workflow.policy.v1. What is not whole, not decided by two people or takes decisions back is kept
    aside: nothing of it is in force.
    """

    async def handle(session: AsyncSession, event: Event) -> None:
        message = event.message
        if not isinstance(message, AppointmentsInForce) or event.key != APPOINTMENTS:
            raise InvalidMessage("not_what_its_key_says")
        try:
            changes_of(message, of.policy)
        except PolicyBroken:
            raise InvalidMessage("appointments_unreadable") from None
        if not await keep(session, message):
            raise InvalidMessage("decisions_taken_back")

    return handle


async def keep(session: AsyncSession, message: AppointmentsInForce) -> bool:
    """False where something newer, or something else under the same number, is kept already."""
    said = message.SerializeToString(deterministic=True)
    return bool(await fetch(session, _KEEP, {"key": APPOINTMENTS, "number": message.number, "message": said}))


async def kept(session: AsyncSession) -> AppointmentsInForce:
    """The newest; empty where nothing was ever decided."""
    found = await fetch(session, _NEWER, {"key": APPOINTMENTS, "number": 0})
    return _read(found[0]["message"]) if found else AppointmentsInForce()


def changes_of(message: AppointmentsInForce, policy: Policy) -> Changes:
    """Every appointment by the rules of a pack's own list: two people, none of them the one appointed. Raises
    PolicyBroken.
    """
    for one in message.ended:
        if not one.ended_by or not one.confirmed_by or one.ended_by == one.confirmed_by:
            raise PolicyBroken(Mistake("does not name two people", key="ended"))
    return Changes(
        number=message.number,
        appointed=tuple(_appointment(one, policy) for one in message.appointed),
        ended=tuple(Ended(one.appointment_id, _day(one.last_day)) for one in message.ended),
    )


def message_of(one: Appointment) -> AppointmentMessage:
    return AppointmentMessage(
        staff_id=one.staff_id,
        role=one.role,
        place=one.place,
        from_day=one.from_.isoformat(),
        to_day=one.to.isoformat() if one.to else "",
        substitute_for=one.substitute_for or "",
        languages=one.languages,
        gender=one.gender or "",
        appointed_by=one.appointed_by,
        confirmed_by=one.confirmed_by,
    )


def _appointment(one: AppointmentMessage, policy: Policy) -> Appointment:
    said = {
        "staff_id": one.staff_id,
        "role": one.role,
        "place": one.place,
        "from": _day(one.from_day),
        "to": _day(one.to_day) if one.to_day else None,
        "substitute_for": one.substitute_for,
        "languages": list(one.languages),
        "gender": one.gender,
        "appointed_by": one.appointed_by,
        "confirmed_by": one.confirmed_by,
    }
    return appointment({name: value for name, value in said.items() if value}, policy.roles)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PolicyBroken(Mistake("is no day", key="day")) from None


def _read(message: bytes) -> AppointmentsInForce:
    return AppointmentsInForce.FromString(message)
