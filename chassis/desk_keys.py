"""Public desk keys: each service publishes its own on desk.keys.v1, signed as every event is, and keeps the others'."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.inbox import Event, InvalidMessage
from chassis.keys import OFFICES, ServiceKeys
from chassis.outbox import add_event
from chassis.sealing import PUBLIC_BYTES, desk_label, key_id
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.topics import DESK_KEYS


class DeskKeyUnknown(LookupError):
    """That desk has not published a key yet, or it has not arrived; the message names the desk."""


@dataclass(frozen=True)
class DeskPublicKey:
    service: str
    office: str
    key_id: str
    public: bytes

    @property
    def label(self) -> str:
        """The recipient label of wraps to this desk."""
        return desk_label(self.service, self.office)


def define(metadata: MetaData) -> None:
    """Adds the table of known desk keys to a service's metadata."""
    Table(
        "desk_keys",
        metadata,
        Column("service", Text, primary_key=True),
        Column("office", Text, primary_key=True),
        Column("key_id", Text, nullable=False),
        Column("public_key", LargeBinary, nullable=False),
    )


async def publish(session: AsyncSession, keys: ServiceKeys, service: str, now: datetime) -> None:
    """Tells everybody the public halves of this service's desk keys; done at every start, the newest counts."""
    for office, private in keys.desks.items():
        message = DeskKey(
            service=service, office=office, key_id=private.key_id, public_key=private.public, created_at=now
        )
        await add_event(session, DESK_KEYS, desk_label(service, office), message)


async def remember(session: AsyncSession, event: Event) -> None:
    """The handler of desk.keys.v1. Raises InvalidMessage when a service speaks for a desk that is not its own, and when
    the key is none or its id another's.
    """
    key = event.message
    if not isinstance(key, DeskKey) or key.service != event.source or key.office not in OFFICES.get(key.service, ()):
        raise InvalidMessage("desk_key_not_its_own")
    if len(key.public_key) != PUBLIC_BYTES or key.key_id != key_id(key.public_key):
        raise InvalidMessage("not_a_desk_key")
    await session.execute(
        text("""
            insert into desk_keys (service, office, key_id, public_key) values (:service, :office, :key_id, :public)
            on conflict (service, office) do update set key_id = excluded.key_id, public_key = excluded.public_key
        """),
        params={"service": key.service, "office": key.office, "key_id": key.key_id, "public": key.public_key},
    )


async def desk_key(session: AsyncSession, service: str, office: str) -> DeskPublicKey:
    """Raises DeskKeyUnknown."""
    found = await session.execute(
        text("select key_id, public_key from desk_keys where service = :service and office = :office"),
        params={"service": service, "office": office},
    )
    row = found.first()
    if row is None:
        raise DeskKeyUnknown(desk_label(service, office))
    return DeskPublicKey(service, office, row.key_id, row.public_key)
