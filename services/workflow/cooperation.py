"""Cooperating in a matter is protected (policy 1): the ethics office learns who, sealed to it, and never in what."""

import json
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.desk_keys import DeskPublicKey, desk_key
from chassis.outbox import add_event
from chassis.sealing import seal_to, tag
from contracts.ids import new_id
from contracts.requests.v1.requests_pb2 import CooperationStarted
from contracts.topics import WORKFLOW_REQUESTS
from lifecycle.desk import Desk
from lifecycle.parties import parties_of
from lifecycle.records import CaseRow
from lifecycle.routing import offices_about
from policy.model import Office
from policy.routing import desk_for

_SIZE = 256  # as long as intake's, so that nothing tells them apart


def protection_id(desk: Desk, case_id: UUID, staff_id: str) -> UUID:
    """Of one person's cooperation in one case. Random to whoever does not hold the cell's key, and kept nowhere."""
    found = tag(desk.keys.cell, "cooperation", case_id.bytes, staff_id.strip().casefold())
    return UUID(bytes=found[:16], version=4)


async def office_key(session: AsyncSession, desk: Desk, row: CaseRow, now: datetime) -> DeskPublicKey:
    """Of the ethics office, or of who stands in for it where the case is about that office. Raises DeskKeyUnknown until
    it is published.
    """
    named, policy = await parties_of(session, desk, row), desk.pack_of(row)
    about = await offices_about(session, policy, named, now) if named else frozenset[Office]()
    at = desk_for(policy, "retaliation", about)
    return await desk_key(session, at.service, at.key)


async def start(
    session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, now: datetime, *, contact_agreed: bool = False
) -> UUID:
    """Protects somebody who cooperates in this case from this day on; answers the protection's id, the same each time.
    `contact_agreed`: the ethics office may contact them. Raises DeskKeyUnknown until the
    ethics office has published its key.
    """
    ethics = await office_key(session, desk, row, now)
    id_ = protection_id(desk, row.case_id, staff_id)
    person = json.dumps({"staff_id": staff_id, "ethics_contact": contact_agreed}).encode()
    message = CooperationStarted(
        protection_id=str(id_),
        sealed_person=seal_to(ethics.public, person, context=b"protection|" + str(id_).encode(), size=_SIZE),
        # The day alone: to the microsecond it would say which case this belongs to.
        started_at=now.replace(hour=0, minute=0, second=0, microsecond=0),
    )
    await add_event(session, WORKFLOW_REQUESTS, str(new_id()), message)
    return id_
