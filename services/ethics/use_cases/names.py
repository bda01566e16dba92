"""Who is meant by what is sealed to the office, and how one person is recognised without being named."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.inbox import InvalidMessage
from chassis.sealing import DeskPrivateKey, SealNotOpened, open_from, seal_to, tag
from lifecycle.desk import Desk
from lifecycle.routing import Place
from policy.routing import desk_keys

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


@dataclass(frozen=True)
class Meant:
    """Who is meant. `office`: to whose key it was sealed, this office's or who stands in for it where the matter is
    about this one. `contact_agreed`: whether the person had agreed to contact when a protection began.
    """

    staff_id: str
    office: str
    contact_agreed: bool = False


def protected_person(desk: Desk, protection_id: UUID, sealed: bytes) -> Meant:
    """Raises InvalidMessage when the seal is not ours or holds nobody."""
    content, office = _opened(desk, sealed, _protection_context(protection_id))
    match content:
        case {"staff_id": str(staff_id), "ethics_contact": bool(agreed)} if is_word(staff_id):
            return Meant(staff_id, office, agreed)
    raise InvalidMessage("no_person")


def seal_protected(desk: Desk, protection_id: UUID, staff_id: str, office: str) -> bytes:
    """As intake seals one, for a protection that begins here."""
    told, public = json.dumps({"staff_id": staff_id, "ethics_contact": False}).encode(), desk.keys.desk(office).public
    return seal_to(public, told, context=_protection_context(protection_id), size=_PERSON_BYTES)


def complained_about(desk: Desk, complaint_id: UUID, sealed: bytes) -> Meant:
    """Whom a complaint names. Raises InvalidMessage."""
    content, office = _opened(desk, sealed, b"complaint|" + str(complaint_id).encode())
    match content:
        case {"staff_id": str(staff_id)} if is_word(staff_id):
            return Meant(staff_id, office)
    raise InvalidMessage("no_person")


def place_of(desk: Desk, offices: Iterable[str]) -> Place | None:
    """The desk that a matter of these offices is at: who stands in, where one of them does; None for the usual one."""
    standing_in = set(offices) - {OFFICE}
    found = [one for one in desk.policy.desks.values() if one.service == desk.service and one.key in standing_in]
    return Place(found[0].name, found[0].key) if found else None


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


def _opened(desk: Desk, sealed: bytes, context: bytes) -> tuple[object, str]:
    for office in desk_keys(desk.policy, desk.service):
        try:
            return json.loads(open_from(desk.keys.desk(office), sealed, context=context)), office
        except SealNotOpened:
            continue
        except ValueError:
            raise InvalidMessage("no_person") from None
    raise InvalidMessage("seal_not_opened")


def _protection_context(protection_id: UUID) -> bytes:
    return b"protection|" + str(protection_id).encode()
