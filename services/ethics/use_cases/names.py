"""Who is meant by what is sealed to the office, and how one person is recognised without being named."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.inbox import InvalidMessage
from chassis.sealing import DeskPrivateKey, SealNotOpened, open_from, seal_to, tag
from lifecycle.desk import Desk

OFFICE: Final = "ethics"
_PERSON_BYTES: Final = 256
# Whoever is protected and whoever is acted on meet at this lock: of a protection and an action that arrive in the same
# moment, the later one sees the earlier.
_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended(encode(:tag, 'hex'), 0))")


def person_tag(desk: Desk, staff_id: str) -> bytes:
    """People type staff ids as they like; HR's spelling is one of them."""
    return tag(desk.keys.cell, staff_id.strip().casefold())


async def lock_person(session: AsyncSession, tag_: bytes) -> None:
    """Until the transaction ends, nobody else opens or matches anything about this person."""
    await session.execute(_LOCK, params={"tag": tag_})


def office_key(desk: Desk) -> DeskPrivateKey:
    return desk.keys.desk(OFFICE)


def protected_person(desk: Desk, protection_id: UUID, sealed: bytes) -> tuple[str, bool]:
    """The staff id, and whether the person had agreed to contact when the protection began. Raises InvalidMessage when
    the seal is not ours or holds nobody.
    """
    match _opened(desk, sealed, _protection_context(protection_id)):
        case {"staff_id": str(staff_id), "ethics_contact": bool(agreed)} if is_word(staff_id):
            return staff_id, agreed
    raise InvalidMessage("no_person")


def seal_protected(desk: Desk, protection_id: UUID, staff_id: str) -> bytes:
    """As intake seals one, for a protection that begins here."""
    told = json.dumps({"staff_id": staff_id, "ethics_contact": False}).encode()
    return seal_to(office_key(desk).public, told, context=_protection_context(protection_id), size=_PERSON_BYTES)


def complained_about(desk: Desk, complaint_id: UUID, sealed: bytes) -> str:
    """Whom a complaint names. Raises InvalidMessage."""
    match _opened(desk, sealed, b"complaint|" + str(complaint_id).encode()):
        case {"staff_id": str(staff_id)} if is_word(staff_id):
            return staff_id
    raise InvalidMessage("no_person")


def is_word(name: str) -> bool:
    return name != "" and name.isprintable()


def moment(at: Timestamp, wrong: str) -> datetime:
    """Raises InvalidMessage(wrong) for what is no time."""
    try:
        return at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidMessage(wrong) from None


def day_of(at: datetime) -> datetime:
    """An exact time would join a protection to what it rests on."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _opened(desk: Desk, sealed: bytes, context: bytes) -> object:
    try:
        return json.loads(open_from(office_key(desk), sealed, context=context))
    except SealNotOpened:
        raise InvalidMessage("seal_not_opened") from None
    except ValueError:
        raise InvalidMessage("no_person") from None


def _protection_context(protection_id: UUID) -> bytes:
    return b"protection|" + str(protection_id).encode()
