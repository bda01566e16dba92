"""What the support cell takes in: wishes and their persons' acts, the people directory, desk keys."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys
from chassis.consumer import Acknowledge, Event, Handler
from chassis.inbox import InvalidMessage
from contracts.intake.v1.reports_pb2 import MessagePlaced, MessageReceived
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person
from contracts.topics import DESK_KEYS, HR_PEOPLE, INTAKE_REPORTS_SUPPORT, Topic
from lifecycle import directory, notices, records, reports
from lifecycle.desk import Desk
from lifecycle.recipients import assigned
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Role
from services.support import referrals

ACKNOWLEDGE: Final[Mapping[Topic, Acknowledge]] = {INTAKE_REPORTS_SUPPORT: reports.acknowledge("support")}
_HAS_WRITTEN: Final = assigned("support_referral.message", Role.SPECIALIST)


def handlers(desk: Desk) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    of_reports = reports.handlers(desk)

    async def written(session: AsyncSession, event: Event) -> None:
        """Whoever helps hears that there is something to read; once, with however many services they help."""
        await of_reports[MessageReceived](session, event)
        helped: dict[str | None, CaseRow] = {}
        for row in await records.of_report(session, UUID(event.key)):
            if row.closed_at is None:
                helped.setdefault(_helper(row), row)
        for row in helped.values():
            notices.tell(session, desk, row, from_json(row.data), _HAS_WRITTEN)

    async def placed(session: AsyncSession, event: Event) -> None:
        """From now on she can agree to what this message says."""
        await of_reports[MessagePlaced](session, event)
        message = event.message
        assert isinstance(message, MessagePlaced)
        try:
            await referrals.show(session, UUID(event.key), UUID(message.item_id))
        except ValueError:
            raise InvalidMessage("id_unreadable") from None

    return {
        INTAKE_REPORTS_SUPPORT: {**of_reports, MessageReceived: written, MessagePlaced: placed},
        HR_PEOPLE: {Person: directory.record_person},
        DESK_KEYS: {DeskKey: desk_keys.remember},
    }


def _helper(row: CaseRow) -> str | None:
    return from_json(row.data).assigned.get(Role.SPECIALIST)
