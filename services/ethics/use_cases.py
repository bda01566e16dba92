"""Protection begins, a personnel action is seen, a query opens: each in the caller's transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.consumer import InvalidMessage
from chassis.sealing import DeskPrivateKey, SealNotOpened, open_from, tag
from contracts.ids import CaseId, new_id
from contracts.personnel.v1.actions_pb2 import PersonnelAction
from lifecycle import parties, records
from lifecycle.bodies import case_key, open_under, seal_under
from lifecycle.decide import open_case
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties, exclude
from lifecycle.records import CaseRow
from services.ethics import numbers

OFFICE: Final = "ethics"
QUERY: Final = "query"
LOOK_AHEAD: Final = "ret.lookahead"
KEPT_SEALED: Final = timedelta(days=30)
"""How long a protection may be on its way (as long as Kafka keeps it): until then actions are looked at again."""
REVIEW: Final = "review"
IMMINENT_HARM: Final = "imminent_harm"
"""The purpose for which the office may see who a query is about although that person agreed to no contact."""

_ACTION_CONTEXT: Final = b"personnel-action"
_LARGEST: Final = 2**63 - 1

# Whoever is protected and whoever is acted on meet at this lock: of a protection and an action that arrive in the same
# moment, the later one sees the earlier.
_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended(encode(:tag, 'hex'), 0))")
_PROTECT: Final = text("""
    insert into protected (protection_id, sealed_person, person_tag, activity, started_at, until)
    values (:protection_id, :sealed_person, :tag, :activity, :started_at, :until)
    on conflict (protection_id) do nothing
    returning protection_id
""")
_SEE: Final = text("""
    insert into seen_actions (event_id, person_tag, sealed, told_at) values (:event_id, :tag, :sealed, :told_at)
    on conflict (event_id) do nothing
    returning event_id
""")
# Counted from when the HR bridge told of the action: a date in the past, given by whoever acted, must not hide it.
_PROTECTIONS: Final = text("""
    select protection_id, sealed_person, activity, started_at from protected
    where person_tag = :tag and started_at <= :told_at and :told_at < until
    order by started_at
""")
_UNANSWERED: Final = text("""
    select event_id, sealed, told_at from seen_actions
    where person_tag = :tag and case_id is null and sealed is not null and told_at >= :started_at and told_at < :until
    order by told_at
""")
_ANSWER: Final = text("update seen_actions set case_id = :case_id where event_id = :event_id")
_KEEP_FACTS: Final = text("""
    insert into query_facts (case_id, item_id, ciphertext, wrapped)
    values (:case_id, :item_id, :ciphertext, :wrapped)
""")
_FACTS: Final = text("select item_id, ciphertext, wrapped from query_facts where case_id = :case_id")
_FORGET: Final = text("""
    update seen_actions set person_tag = null, sealed = null
    where sealed is not null and seen_at < now() - cast(:kept as interval)
""")


@dataclass(frozen=True)
class Protection:
    """A protected activity as it arrived (invariant 45)."""

    protection_id: UUID
    sealed_person: bytes
    activity: str
    started_at: datetime


@dataclass(frozen=True)
class Person:
    """Whom a protection is for. `contact_agreed`: the ethics office may see and contact her (policy 2.4)."""

    staff_id: str = field(repr=False)
    contact_agreed: bool


async def start_protection(session: AsyncSession, desk: Desk, protection: Protection, now: datetime) -> list[CaseId]:
    """Protects the person until the look-ahead ends, and asks about HR's actions since the activity that were seen
    before word of it came. Answers the queries opened. Raises InvalidMessage when the seal is not ours or holds nobody.
    """
    person = _person(desk, protection.protection_id, protection.sealed_person)
    person_tag = _tag_of(desk, person.staff_id)
    until = desk.policy.due(LOOK_AHEAD, protection.started_at)
    await session.execute(_LOCK, params={"tag": person_tag})
    new = await session.scalar(
        _PROTECT,
        params={
            "protection_id": protection.protection_id,
            "sealed_person": protection.sealed_person,
            "tag": person_tag,
            "activity": protection.activity,
            "started_at": protection.started_at,
            "until": until,
        },
    )
    if new is None:
        return []
    window = {"tag": person_tag, "started_at": protection.started_at, "until": until}
    seen = (await session.execute(_UNANSWERED, params=window)).all()
    return [
        await _ask(session, desk, event_id, person_tag, told_at, open_action(desk, sealed), now)
        for event_id, sealed, told_at in seen
    ]


async def see_action(
    session: AsyncSession, desk: Desk, event_id: UUID, told_at: datetime, sealed: bytes, now: datetime
) -> CaseId | None:
    """Looks at one personnel action, whoever it is about, once; answers the query when it is about a protected person
    (invariant 46). Raises InvalidMessage when the seal is not ours or holds no action.
    """
    action = open_action(desk, sealed)
    person_tag = _tag_of(desk, action.staff_id)
    await session.execute(_LOCK, params={"tag": person_tag})
    seen = {"event_id": event_id, "tag": person_tag, "sealed": sealed, "told_at": told_at}
    if await session.scalar(_SEE, params=seen) is None:
        return None
    await numbers.note(session, action.source, action.number)
    if not await _protections(session, person_tag, told_at):
        return None
    return await _ask(session, desk, event_id, person_tag, told_at, action, now)


async def _ask(
    session: AsyncSession,
    desk: Desk,
    event_id: UUID,
    person_tag: bytes,
    told_at: datetime,
    action: PersonnelAction,
    now: datetime,
) -> CaseId:
    """Opens the query about one action, whichever and however many protections it falls under."""
    protections = await _protections(session, person_tag, told_at)
    case_id = await open_case(session, desk, new_id(), QUERY, 1, {}, now)
    row = await records.load(session, case_id)
    assert row is not None
    concerned = Parties(affected_individual=action.staff_id)
    await parties.keep(session, desk, row, concerned)
    await exclude(session, desk.keys.cell, case_id, concerned, now)
    people = [_person(desk, one.protection_id, one.sealed_person) for one in protections]
    facts = {
        "staff_id": action.staff_id,
        "kind": action.kind,
        "effective_on": _moment(action.effective_on).date().isoformat(),
        "recorded_at": _moment(action.recorded_at).isoformat(),
        "protected_since": protections[0].started_at.isoformat(),
        "activities": sorted({one.activity for one in protections}),
        "contact_agreed": any(person.contact_agreed for person in people),
    }
    await _keep_facts(session, desk, row, facts)
    await session.execute(_ANSWER, params={"case_id": case_id, "event_id": event_id})
    return case_id


async def facts_of(session: AsyncSession, desk: Desk, row: CaseRow, purpose: str) -> list[dict[str, Any]]:
    """What a query is about, for a reading that was checked and audited. Who it is about is left out when that person
    agreed to no contact, unless the purpose is imminent harm (policy 2.4).
    """
    found = (await session.execute(_FACTS, params={"case_id": row.case_id})).first()
    if found is None:
        return []
    key = await case_key(desk, row)
    context = _facts_context(row.case_id)
    facts = json.loads(open_under(key, found.ciphertext, found.wrapped, item_id=found.item_id, context=context))
    if not facts["contact_agreed"] and purpose != IMMINENT_HARM:
        del facts["staff_id"]
    return [
        {
            "item_id": str(found.item_id),
            "kind": "facts",
            "from": "desk",
            "name": "personnel_action",
            "text": json.dumps(facts),
            "day": row.opened_at.date().isoformat(),
        }
    ]


async def forget_facts(session: AsyncSession, row: CaseRow) -> None:
    """The case is being erased."""
    await session.execute(text("delete from query_facts where case_id = :case_id"), params={"case_id": row.case_id})
    await parties.forget(session, row.case_id)


async def forget_seen(session: AsyncSession, kept: timedelta = KEPT_SEALED) -> None:
    """Empties what was seen so long ago that no protection can reach back to it any more."""
    await session.execute(_FORGET, params={"kept": kept})


def open_action(desk: Desk, sealed: bytes) -> PersonnelAction:
    """Raises InvalidMessage."""
    try:
        action = PersonnelAction.FromString(open_from(_desk_key(desk), sealed, context=_ACTION_CONTEXT))
    except SealNotOpened:
        raise InvalidMessage("seal_not_opened") from None
    except DecodeError:
        raise InvalidMessage("no_personnel_action") from None
    if not _is_word(action.staff_id) or not _is_word(action.source) or not 1 <= action.number <= _LARGEST:
        raise InvalidMessage("no_personnel_action")
    return action


def _tag_of(desk: Desk, staff_id: str) -> bytes:
    """People type staff ids as they like; HR's spelling is one of them."""
    return tag(desk.keys.cell, staff_id.strip().casefold())


def _is_word(name: str) -> bool:
    return name != "" and name.isprintable()


def _moment(at: Timestamp) -> datetime:
    try:
        return at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidMessage("no_personnel_action") from None


def _person(desk: Desk, protection_id: UUID, sealed: bytes) -> Person:
    try:
        told = json.loads(open_from(_desk_key(desk), sealed, context=b"protection|" + str(protection_id).encode()))
    except SealNotOpened:
        raise InvalidMessage("seal_not_opened") from None
    except ValueError:
        raise InvalidMessage("no_person") from None
    match told:
        case {"staff_id": str(staff_id), "ethics_contact": bool(agreed)} if _is_word(staff_id):
            return Person(staff_id, agreed)
    raise InvalidMessage("no_person")


async def _protections(session: AsyncSession, person_tag: bytes, told_at: datetime) -> Sequence[Any]:
    return (await session.execute(_PROTECTIONS, params={"tag": person_tag, "told_at": told_at})).all()


async def _keep_facts(session: AsyncSession, desk: Desk, row: CaseRow, facts: dict[str, Any]) -> None:
    item_id = new_id()
    key, context = await case_key(desk, row), _facts_context(row.case_id)
    ciphertext, wrapped = seal_under(key, json.dumps(facts).encode(), item_id=item_id, context=context)
    parameters = {"case_id": row.case_id, "item_id": item_id, "ciphertext": ciphertext, "wrapped": wrapped}
    await session.execute(_KEEP_FACTS, params=parameters)


def _facts_context(case_id: UUID) -> str:
    return f"query|{case_id}"


def _desk_key(desk: Desk) -> DeskPrivateKey:
    return desk.keys.desk(OFFICE)
