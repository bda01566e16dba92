"""What the ethics office takes in: protected activities, HR's actions, the people directory, desk keys."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys
from chassis.consumer import Acknowledge, AfterCommit, Event, Handler, InvalidMessage
from contracts.intake.v1.reports_pb2 import ProtectedActivity, ProtectionStarted
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person
from contracts.personnel.v1.actions_pb2 import SealedPersonnelAction
from contracts.requests.v1.requests_pb2 import CooperationStarted
from contracts.topics import (
    DESK_KEYS,
    HR_PEOPLE,
    HR_PERSONNEL_ACTIONS,
    INTAKE_REPORTS_ETHICS,
    WORKFLOW_REQUESTS,
    Topic,
)
from lifecycle import directory, reports
from lifecycle.desk import Desk
from services.ethics.use_cases import Protection, see_action, start_protection

_ACTIVITIES: Final = {
    ProtectedActivity.PROTECTED_ACTIVITY_REPORTED: "reported",
    ProtectedActivity.PROTECTED_ACTIVITY_TOLD_SUPERVISOR: "told_supervisor",
    ProtectedActivity.PROTECTED_ACTIVITY_COOPERATED: "cooperated",
}

Handlers = Mapping[Topic, Mapping[type[Message], Handler]]


def handlers(desk: Desk) -> Handlers:
    """Of the service; the sentinel has `sentinel_handlers`."""

    async def protection_started(session: AsyncSession, event: Event) -> AfterCommit:
        told = event.message
        assert isinstance(told, ProtectionStarted)
        if told.activity not in _ACTIVITIES:
            raise InvalidMessage("activity_unknown")
        return await _protect(session, desk, told, _ACTIVITIES[told.activity])

    async def cooperation_started(session: AsyncSession, event: Event) -> AfterCommit:
        told = event.message
        assert isinstance(told, CooperationStarted)
        return await _protect(session, desk, told, "cooperated")

    return {
        INTAKE_REPORTS_ETHICS: {ProtectionStarted: protection_started},
        WORKFLOW_REQUESTS: {CooperationStarted: cooperation_started},
        HR_PEOPLE: {Person: directory.record_person},
        DESK_KEYS: {DeskKey: desk_keys.remember},
    }


def sentinel_handlers(desk: Desk) -> Handlers:
    async def personnel_action(session: AsyncSession, event: Event) -> None:
        told = event.message
        assert isinstance(told, SealedPersonnelAction)
        await see_action(session, desk, event.id, event.time, told.sealed, datetime.now(UTC))

    return {HR_PERSONNEL_ACTIONS: {SealedPersonnelAction: personnel_action}}


ACKNOWLEDGE: Final[Mapping[Topic, Acknowledge]] = {INTAKE_REPORTS_ETHICS: reports.acknowledge("ethics")}


async def _protect(
    session: AsyncSession, desk: Desk, told: ProtectionStarted | CooperationStarted, activity: str
) -> AfterCommit:
    try:
        protection_id = UUID(told.protection_id)
    except ValueError:
        raise InvalidMessage("protection_id_not_an_id") from None
    protection = Protection(protection_id, told.sealed_person, activity, _moment(told.started_at))
    return desk.poke(*await start_protection(session, desk, protection, datetime.now(UTC)))


def _moment(at: Timestamp) -> datetime:
    try:
        return at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidMessage("started_at_not_a_time") from None
