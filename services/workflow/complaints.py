"""Somebody whom a new report names may be protected, and named for that: the ethics office alone can tell (policy 2.4).

It is told of everybody who is named, sealed to it and under an id that belongs to no report; nothing comes back.
"""

import json
from typing import Final
from uuid import UUID

from chassis import audit_trail
from chassis.outbox import add_event
from chassis.sealing import seal_to, tag
from contracts.ids import CaseId, new_id
from contracts.requests.v1.requests_pb2 import ComplaintMade
from contracts.topics import WORKFLOW_REQUESTS
from lifecycle import parties, records, reports
from lifecycle.desk import Desk
from lifecycle.fields import time_of
from lifecycle.serial import from_json
from services.workflow import cooperation

_PERSON_BYTES: Final = 256  # as long as a protected person's, so that nothing tells them apart


async def tell(desk: Desk, case_id: CaseId) -> None:
    """The errand of the first case of what was lodged, once it is routed. Bears being done twice: each keeps its id.
    Raises DeskKeyUnknown until the ethics office has published its key.
    """
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        if row is None or row.number != 1 or await reports.lodged_as(session, row.report_id) != row.lifecycle:
            return
        named = await parties.parties_of(session, desk, row) if row.erased_at is None else None
        if named is None or not named.alleged_offender:
            return
        await audit_trail.record(
            session, "parties.opened", object_ref=str(case_id), actor=None, facts={"purpose": "protection"}
        )
        ethics = await cooperation.office_key(session, desk, row, await records.clock_now(session))
        # The day alone: to the microsecond it would say which report this belongs to.
        made_on = time_of(from_json(row.data).facts, "lodged_at").replace(hour=0, minute=0, second=0, microsecond=0)
        for staff_id in named.alleged_offender:
            id_ = str(_complaint_id(desk, row.report_id, staff_id))
            person = json.dumps({"staff_id": staff_id}).encode()
            sealed = seal_to(ethics.public, person, context=b"complaint|" + id_.encode(), size=_PERSON_BYTES)
            message = ComplaintMade(complaint_id=id_, sealed_person=sealed, made_on=made_on)
            await add_event(session, WORKFLOW_REQUESTS, str(new_id()), message)


def _complaint_id(desk: Desk, report_id: UUID, staff_id: str) -> UUID:
    """Of one person in one report. Random to whoever does not hold the cell's key, and kept nowhere."""
    found = tag(desk.keys.cell, "complaint", report_id.bytes, staff_id.strip().casefold())
    return UUID(bytes=found[:16], version=4)
