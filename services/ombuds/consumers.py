"""What the ombuds cell takes in: wishes to talk and what the person does then, the people directory, desk keys."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys
from chassis.consumer import Acknowledge, Event, Handler
from contracts.intake.v1.reports_pb2 import MessageReceived
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person
from contracts.topics import DESK_KEYS, HR_PEOPLE, INTAKE_REPORTS_OMBUDS, Topic
from lifecycle import directory, notices, records, reports
from lifecycle.desk import Desk
from lifecycle.recipients import assigned
from lifecycle.serial import from_json
from policy.model import Role
from services.ombuds.desk import TALK

ACKNOWLEDGE: Final[Mapping[Topic, Acknowledge]] = {INTAKE_REPORTS_OMBUDS: reports.acknowledge("ombuds")}
_HAS_WRITTEN: Final = assigned("informal_resolution.message", Role.FOCAL_POINT)


def handlers(desk: Desk) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    of_reports = reports.handlers(desk)

    async def written(session: AsyncSession, event: Event) -> None:
        """Whoever holds the talk hears that there is something to read."""
        await of_reports[MessageReceived](session, event)
        for row in await records.of_report(session, UUID(event.key)):
            if row.lifecycle == TALK and row.erased_at is None:
                notices.tell(session, desk, row, from_json(row.data), _HAS_WRITTEN)

    return {
        INTAKE_REPORTS_OMBUDS: {**of_reports, MessageReceived: written},
        HR_PEOPLE: {Person: directory.record_person},
        DESK_KEYS: {DeskKey: desk_keys.remember},
    }
