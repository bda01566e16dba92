"""What is in force beside the packs: whom workflow says was appointed to what, whose appointment was ended, and with
which version of which pack new cases begin.

Workflow decides and publishes it whole, numbered and signed. Every service that asks who may act keeps the newest in
its own schema, and each of its processes goes by it.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final, Protocol, TypeAlias, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database, fetch
from chassis.inbox import Event, Handler, InvalidMessage
from contracts.policy.v1.policy_pb2 import Appointment as AppointmentMessage
from contracts.policy.v1.policy_pb2 import AppointmentsInForce, PolicyInForce, PolicyVersion
from policy.appointing import Changes, Ended, appointment, with_changes
from policy.entry import Mistake, PolicyBroken
from policy.load import load
from policy.model import Appointment, Policy

APPOINTMENTS: Final = "appointments"
VERSIONS: Final = "versions"
"""The keys of what is kept and published."""
BEGAN_WITH: Final = "began_with"
"""Under this and the name of a pack: the version that was loaded when the service started first."""
Said: TypeAlias = AppointmentsInForce | PolicyInForce
KEY_OF: Final[Mapping[type[Said], str]] = {AppointmentsInForce: APPOINTMENTS, PolicyInForce: VERSIONS}
_LOOK_EVERY: Final = 1.0
_NEWER: Final = sa.text("select number, message from in_force where key = :key and number > :number")
_BEGIN: Final = sa.text(
    "insert into in_force (key, number, message) values (:key, 0, :message) on conflict (key) do nothing"
)
_BEGAN: Final = sa.text("select message from in_force where key = :key")
_KEEP: Final = sa.text("""
    insert into in_force as kept (key, number, message) values (:key, :number, :message)
    on conflict (key) do update set number = excluded.number, message = excluded.message
    where kept.number < excluded.number or kept.message = excluded.message
    returning true
""")


class HasPolicy(Protocol):
    """What the parts of a service ask who may act; it is replaced while it runs."""

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
    """One process' view: the pack that new cases begin with, its list of people, and what was decided since."""

    def __init__(self, of: HasPolicy) -> None:
        self._of = of
        self._listed = of.policy
        self._appointments = AppointmentsInForce()
        self._versions = PolicyInForce()
        self._began_with: str | None = None

    async def read(self) -> None:
        """Goes by the newest that is kept; as long as no version has been decided that begins, by the one that the
        service's first process began with, whatever was put beside it since. Done before a process answers or acts:
        whoever was appointed no more when it was started may nothing. Raises PolicyBroken for what this process' packs
        do not have; people are gone by all the same.
        """
        async with self._of.database.transaction() as session:
            self._appointments = await kept(session, AppointmentsInForce, self._appointments)
            self._versions = await kept(session, PolicyInForce, self._versions)
            version = version_at(self._versions, datetime.now(UTC).date())
            if version is None and self._began_with is None:
                self._began_with = await _began_with(session, self._listed)
        self._go_by()
        listed = followed(version, self._listed)
        if version is None and self._began_with not in (None, listed.version):
            listed = load(listed.name, self._began_with)
        if listed is not self._listed:
            self._listed = listed
            self._go_by()

    def _go_by(self) -> None:
        policy = with_changes(self._listed, changes_of(self._appointments, self._listed))
        if _named(policy) != _named(self._of.policy):
            self._of.policy = policy

    async def follow(self) -> None:
        """Part of every process of a service, those that only answer as well."""
        while True:
            await self.read()
            await asyncio.sleep(_LOOK_EVERY)


async def _began_with(session: AsyncSession, loaded: Policy) -> str:
    """Which version of the pack the service's first process loaded: this one's, where there was none before it."""
    key = {"key": f"{BEGAN_WITH}:{loaded.name}"}
    await session.execute(_BEGIN, {**key, "message": loaded.version.encode()})
    [found] = await fetch(session, _BEGAN, key)
    return bytes(found["message"]).decode()


def _named(policy: Policy) -> tuple[str, str, str]:
    return policy.pin, policy.content_hash, policy.appointments_hash


def handlers(of: HasPolicy) -> Mapping[type[Message], Handler]:
    """For workflow.policy.v1."""
    return dict.fromkeys(KEY_OF, remember(of))


def remember(of: HasPolicy) -> Handler:
    """What is not whole, not decided by two people or takes decisions back is kept aside: nothing of it is in force."""

    async def handle(session: AsyncSession, event: Event) -> None:
        message = event.message
        assert isinstance(message, (AppointmentsInForce, PolicyInForce))  # the types below
        if event.key != KEY_OF[type(message)]:
            raise InvalidMessage("not_what_its_key_says")
        try:
            if isinstance(message, AppointmentsInForce):
                changes_of(message, of.policy)
            else:
                check_versions(message)
        except PolicyBroken:
            raise InvalidMessage("not_decided_by_the_rules") from None
        if not await keep(session, message):
            raise InvalidMessage("decisions_taken_back")

    return handle


async def keep(session: AsyncSession, message: Said) -> bool:
    """False where something newer, or something else under the same number, is kept already."""
    said = message.SerializeToString(deterministic=True)
    values = {"key": KEY_OF[type(message)], "number": message.number, "message": said}
    return bool(await fetch(session, _KEEP, values))


SaidT = TypeVar("SaidT", AppointmentsInForce, PolicyInForce)


async def kept(session: AsyncSession, of: type[SaidT], known: SaidT | None = None) -> SaidT:
    """The newest; `known`, or an empty one, where there is nothing newer."""
    number = known.number if known else 0
    found = await fetch(session, _NEWER, {"key": KEY_OF[of], "number": number})
    return of.FromString(found[0]["message"]) if found else known or of()


def changes_of(message: AppointmentsInForce, policy: Policy) -> Changes:
    """Every appointment by the rules of a pack's own list: two people, none of them the one appointed. Raises
    PolicyBroken.
    """
    for one in message.ended:
        _two_people(one.ended_by, one.confirmed_by)
    return Changes(
        number=message.number,
        appointed=tuple(_appointment(one, policy) for one in message.appointed),
        ended=tuple(Ended(one.appointment_id, _day(one.last_day)) for one in message.ended),
    )


def check_versions(message: PolicyInForce) -> None:
    """Raises PolicyBroken unless two people stand behind each, and it says from when on."""
    for one in message.decided:
        _two_people(one.drafted_by, one.confirmed_by)
        _day(one.from_day)


def version_at(message: PolicyInForce, day: date) -> PolicyVersion | None:
    """Whichever has begun last; of several that began on one day, the one decided last."""
    begun = [(one.from_day, number) for number, one in enumerate(message.decided) if _day(one.from_day) <= day]
    return message.decided[max(begun)[1]] if begun else None


def followed(version: PolicyVersion | None, loaded: Policy) -> Policy:
    """`loaded` where nothing was decided or it is just what was. Raises PolicyBroken as `decided_on`: what a process
    loaded at its start may be of files that were edited since they were decided on.
    """
    found = (loaded.name, loaded.version, loaded.content_hash)
    if version is None or (version.pack, version.version, version.content_hash) == found:
        return loaded
    return decided_on(version)


def decided_on(version: PolicyVersion) -> Policy:
    """The pack, as it was when it was decided on. Raises PolicyBroken where it is not there, or is another now."""
    policy = load(version.pack, version.version)
    if policy.content_hash != version.content_hash:
        raise PolicyBroken(Mistake("is not what was decided on", key=policy.pin))
    return policy


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


def _two_people(one: str, other: str) -> None:
    if not one or not other or one.casefold() == other.casefold():
        raise PolicyBroken(Mistake("does not name two people", key="by"))
