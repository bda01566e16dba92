"""Opening a query about a protected person, and what it tells to whom: sealed, and gone with the case."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.inbox import InvalidMessage
from chassis.sealing import SealNotOpened, open_from
from contracts.ids import CaseId, new_id
from contracts.personnel.v1.actions_pb2 import PersonnelAction
from lifecycle import parties, records
from lifecycle.bodies import case_key, open_under, seal_under
from lifecycle.decide import open_case
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties, exclude
from lifecycle.records import CaseRow
from services.ethics.domain import query
from services.ethics.use_cases.names import (
    OFFICE,
    Meant,
    complained_about,
    is_word,
    moment,
    office_key,
    place_of,
    protected_person,
)

REVIEW: Final = "review"
IMMINENT_HARM: Final = "imminent_harm"
"""The purpose for which the office may see who a query is about although that person agreed to no contact."""

_ACTION_CONTEXT: Final = b"personnel-action"
_SHORT: Final = 8
_LARGEST: Final = 2**63 - 1

# Counted from when word was sent: a date in the past, given by whoever acted, must not hide it.
_PROTECTIONS: Final = text("""
    select protection_id, sealed_person, activity, started_at from protected
    where person_tag = :tag and started_at <= :at and (until is null or :at < until)
    order by started_at, protection_id
""")
_UNANSWERED: Final = text("""
    select event_id, about, sealed, told_at from seen_actions
    where person_tag = :tag and case_id is null and sealed is not null and told_at >= :since
    order by told_at, event_id
""")
_ANSWER: Final = text("update seen_actions set case_id = :case_id where event_id = :event_id")
_KEEP_FACTS: Final = text("""
    insert into query_facts (case_id, item_id, ciphertext, wrapped)
    values (:case_id, :item_id, :ciphertext, :wrapped)
""")
_FACTS: Final = text("select item_id, ciphertext, wrapped from query_facts where case_id = :case_id")
_AGREED: Final = text("""
    select protection_id from protected where contact_agreed and protection_id = any(:protection_ids)
""")


async def ask(
    session: AsyncSession,
    desk: Desk,
    staff_id: str,
    protections: Sequence[Any],
    about: str,
    facts: Mapping[str, str],
    now: datetime,
    *,
    soon: bool = False,
    office: str = OFFICE,
) -> CaseId:
    """Opens one query, whichever and however many protections it falls under. Where one of them, or what was seen, is
    not this `office`'s but that of who stands in for it, the query is theirs: it says who has reported the office.
    """
    opening = {"about": about, "contract_end": query.SOON if soon else query.LATER}
    offices = {protected_person(desk, one.protection_id, one.sealed_person).office for one in protections}
    place = place_of(desk, {office, *offices})
    case_id = await open_case(session, desk, new_id(), query.LIFECYCLE.name, 1, opening, now, place)
    row = await records.load(session, case_id)
    assert row is not None
    concerned = Parties(affected_individual=staff_id)
    await parties.keep(session, desk, row, concerned)
    await exclude(session, desk.keys.cell, case_id, concerned, now, desk.policy)
    resting_on = [
        {
            "protection_id": str(one.protection_id),
            "protected_since": one.started_at.isoformat(),
            "activity": one.activity,
        }
        for one in protections
    ]
    await _keep_facts(session, desk, row, {**facts, "about": about, "staff_id": staff_id, "protections": resting_on})
    return case_id


async def ask_about_seen(session: AsyncSession, desk: Desk, tag: bytes, since: datetime, now: datetime) -> list[CaseId]:
    """Asks about everything seen since then that nobody asked about, as far as a protection covers it."""
    seen = (await session.execute(_UNANSWERED, params={"tag": tag, "since": since})).all()
    asked = [await answer_seen(session, desk, tag, one, now) for one in seen]
    return [case_id for case_id in asked if case_id is not None]


async def answer_seen(session: AsyncSession, desk: Desk, tag: bytes, seen: Any, now: datetime) -> CaseId | None:
    """The query about one thing that was seen; None where no protection covers it."""
    protections = await protections_at(session, tag, seen.told_at)
    if not protections:
        return None
    if seen.about == query.PERSONNEL_ACTION:
        action = open_action(desk, seen.sealed)
        meant, facts = Meant(action.staff_id, OFFICE), _facts_of_action(action)
    else:
        meant = complained_about(desk, seen.event_id, seen.sealed)
        facts = {"made_on": seen.told_at.date().isoformat()}
    case_id = await ask(session, desk, meant.staff_id, protections, seen.about, facts, now, office=meant.office)
    await session.execute(_ANSWER, params={"case_id": case_id, "event_id": seen.event_id})
    return case_id


async def protections_at(session: AsyncSession, tag: bytes, at: datetime) -> Sequence[Any]:
    """The person's protections that cover this moment, the earliest first (invariant 45)."""
    return (await session.execute(_PROTECTIONS, params={"tag": tag, "at": at})).all()


def whom(desk: Desk, protection: Any) -> str:
    """The staff id behind a row of the register."""
    return protected_person(desk, protection.protection_id, protection.sealed_person).staff_id


def open_action(desk: Desk, sealed: bytes) -> PersonnelAction:
    """Raises InvalidMessage."""
    try:
        action = PersonnelAction.FromString(open_from(office_key(desk), sealed, context=_ACTION_CONTEXT))
    except SealNotOpened:
        raise InvalidMessage("seal_not_opened") from None
    except DecodeError:
        raise InvalidMessage("no_personnel_action") from None
    if not is_word(action.staff_id) or not is_word(action.source) or not 1 <= action.number <= _LARGEST:
        raise InvalidMessage("no_personnel_action")
    return action


async def facts_of(session: AsyncSession, desk: Desk, row: CaseRow, purpose: str) -> list[dict[str, Any]]:
    """What a query is about, for a reading that was checked and audited. Who it is about stands beside each protection
    for which that person agreed to contact, as the answers are now; else for imminent harm alone (policy 2.4).
    """
    kept = await _kept_facts(session, desk, row)
    if kept is None:
        return []
    item_id, facts = kept
    staff_id = facts.pop("staff_id")
    agreed = await agreed_protections(session, facts["protections"])
    for one in facts["protections"]:
        one["contact_agreed"] = one["protection_id"] in agreed
        if one["contact_agreed"]:
            one["staff_id"] = staff_id
    if purpose == IMMINENT_HARM:
        facts["staff_id"] = staff_id
    return [
        {
            "item_id": str(item_id),
            "kind": "facts",
            "from": "desk",
            "name": facts["about"],
            "text": json.dumps(facts),
            "day": row.opened_at.date().isoformat(),
        }
    ]


async def may_be_contacted_for(session: AsyncSession, desk: Desk, row: CaseRow, named: str) -> bool:
    """Whether the query rests on this protection and the person agreed to contact about it. `named`: its reference, or
    as much of it as the office's pages show (8 letters or more).
    """
    kept = await _kept_facts(session, desk, row)
    if kept is None or len(named) < _SHORT:
        return False
    rests = [one for one in kept[1]["protections"] if one["protection_id"].startswith(named.lower())]
    return len(rests) == 1 and bool(await agreed_protections(session, rests))


async def agreed_protections(session: AsyncSession, protections: Sequence[Mapping[str, str]]) -> frozenset[str]:
    """Those of them for which the person agrees to contact now."""
    ids = [UUID(one["protection_id"]) for one in protections]
    return frozenset(str(one) for one in await session.scalars(_AGREED, params={"protection_ids": ids}))


async def forget_facts(session: AsyncSession, row: CaseRow) -> None:
    """The case is being erased."""
    await session.execute(text("delete from query_facts where case_id = :case_id"), params={"case_id": row.case_id})


async def _kept_facts(session: AsyncSession, desk: Desk, row: CaseRow) -> tuple[UUID, dict[str, Any]] | None:
    found = (await session.execute(_FACTS, params={"case_id": row.case_id})).first()
    if found is None:
        return None
    key = await case_key(desk, row)
    context = _facts_context(row.case_id)
    opened = open_under(key, found.ciphertext, found.wrapped, item_id=found.item_id, context=context)
    return found.item_id, json.loads(opened)


async def _keep_facts(session: AsyncSession, desk: Desk, row: CaseRow, facts: Mapping[str, Any]) -> None:
    item_id = new_id()
    key, context = await case_key(desk, row), _facts_context(row.case_id)
    ciphertext, wrapped = seal_under(key, json.dumps(facts).encode(), item_id=item_id, context=context)
    parameters = {"case_id": row.case_id, "item_id": item_id, "ciphertext": ciphertext, "wrapped": wrapped}
    await session.execute(_KEEP_FACTS, params=parameters)


def _facts_of_action(action: PersonnelAction) -> dict[str, str]:
    return {
        "kind": action.kind,
        "effective_on": moment(action.effective_on, "no_personnel_action").date().isoformat(),
        "recorded_at": moment(action.recorded_at, "no_personnel_action").astimezone(UTC).isoformat(),
    }


def _facts_context(case_id: UUID) -> str:
    return f"query|{case_id}"
