"""What the ethics office takes in: requests, protected activities and their ends, complaints, HR's actions and answers,
the people directory, desk keys.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, desk_keys
from chassis.consumer import Acknowledge, AfterCommit, Event, Handler, InvalidMessage
from contracts.holds.v1.holds_pb2 import HoldAnswered
from contracts.intake.v1.reports_pb2 import ProtectedActivity, ProtectionClosed, ProtectionContact, ProtectionStarted
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person
from contracts.personnel.v1.actions_pb2 import SealedPersonnelAction
from contracts.requests.v1.requests_pb2 import ComplaintMade, CooperationEnded, CooperationStarted
from contracts.topics import (
    DESK_KEYS,
    HR_HOLD_RESULTS,
    HR_PEOPLE,
    HR_PERSONNEL_ACTIONS,
    INTAKE_REPORTS_ETHICS,
    WORKFLOW_REQUESTS,
    Topic,
)
from lifecycle import directory, reports
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.model import Action
from services.ethics.use_cases.act_beside import case_of_hold
from services.ethics.use_cases.names import moment
from services.ethics.use_cases.protect import Protection, answer_contact, end_protection, start_protection
from services.ethics.use_cases.route_case import SYSTEM
from services.ethics.use_cases.see import see_action, see_complaint
from services.ethics.use_cases.watch_contracts import keep_contract_end

_ACTIVITIES: Final = {
    ProtectedActivity.PROTECTED_ACTIVITY_REPORTED: "reported",
    ProtectedActivity.PROTECTED_ACTIVITY_TOLD_SUPERVISOR: "told_supervisor",
    ProtectedActivity.PROTECTED_ACTIVITY_COOPERATED: "cooperated",
}

Handlers = Mapping[Topic, Mapping[type[Message], Handler]]


def handlers(desk: Desk) -> Handlers:
    """Of the service; the sentinel has `sentinel_handlers`."""
    return {
        INTAKE_REPORTS_ETHICS: {**reports.handlers(desk), **_of_protections(desk)},
        WORKFLOW_REQUESTS: _of_workflow(desk),
        HR_HOLD_RESULTS: {HoldAnswered: _hold_answered(desk)},
        HR_PEOPLE: {Person: _person(desk)},
        DESK_KEYS: {DeskKey: desk_keys.remember},
    }


def sentinel_handlers(desk: Desk) -> Handlers:
    async def personnel_action(session: AsyncSession, event: Event) -> None:
        told = event.message
        assert isinstance(told, SealedPersonnelAction)
        await see_action(session, desk, event.id, event.time, told.sealed, datetime.now(UTC))

    return {HR_PERSONNEL_ACTIONS: {SealedPersonnelAction: personnel_action}}


ACKNOWLEDGE: Final[Mapping[Topic, Acknowledge]] = {INTAKE_REPORTS_ETHICS: reports.acknowledge("ethics")}


def _of_protections(desk: Desk) -> Mapping[type[Message], Handler]:
    """From intake, about what somebody has done and whether it is over."""

    async def started(session: AsyncSession, event: Event) -> AfterCommit:
        told = event.message
        assert isinstance(told, ProtectionStarted)
        if told.activity not in _ACTIVITIES:
            raise InvalidMessage("activity_unknown")
        return await _protect(session, desk, told, _ACTIVITIES[told.activity])

    async def closed(session: AsyncSession, event: Event) -> None:
        told = event.message
        assert isinstance(told, ProtectionClosed)
        await _end(session, desk, told.protection_id, moment(told.closed_on, "closed_on_not_a_time"))

    async def contact(session: AsyncSession, event: Event) -> None:
        told = event.message
        assert isinstance(told, ProtectionContact)
        await answer_contact(session, _id(told.protection_id, "protection_id_not_an_id"), agreed=told.agreed)

    return {ProtectionStarted: started, ProtectionClosed: closed, ProtectionContact: contact}


def _of_workflow(desk: Desk) -> Mapping[type[Message], Handler]:
    """Each under a key of its own, in no order: known again by its protection's or its complaint's id."""

    async def started(session: AsyncSession, event: Event) -> AfterCommit:
        told = event.message
        assert isinstance(told, CooperationStarted)
        return await _protect(session, desk, told, "cooperated")

    async def ended(session: AsyncSession, event: Event) -> None:
        told = event.message
        assert isinstance(told, CooperationEnded)
        await _end(session, desk, told.protection_id, moment(told.ended_on, "ended_on_not_a_time"))

    async def complaint(session: AsyncSession, event: Event) -> AfterCommit | None:
        told = event.message
        assert isinstance(told, ComplaintMade)
        complaint_id = _id(told.complaint_id, "complaint_id_not_an_id")
        made_on = moment(told.made_on, "made_on_not_a_time")
        asked = await see_complaint(session, desk, complaint_id, made_on, told.sealed_person, datetime.now(UTC))
        return desk.poke(asked) if asked else None

    return {CooperationStarted: started, CooperationEnded: ended, ComplaintMade: complaint}


def _hold_answered(desk: Desk) -> Handler:
    async def answered(session: AsyncSession, event: Event) -> AfterCommit | None:
        told = event.message
        assert isinstance(told, HoldAnswered)
        if told.hold_id != event.key:
            raise InvalidMessage("hold_not_the_key")
        case_id = await case_of_hold(session, _id(told.hold_id, "hold_id_not_an_id"))
        if case_id is None:
            await audit_trail.record(session, "event.without_case", object_ref=event.key, actor=None)
            return None
        action = Action(event.id, "record_hr_hold", {"hr_hold": "kept" if told.kept else "not_possible"})
        await decide_as(session, desk, case_id, action, SYSTEM, datetime.now(UTC))
        return desk.poke(case_id)

    return answered


def _person(desk: Desk) -> Handler:
    async def person(session: AsyncSession, event: Event) -> None:
        told = event.message
        assert isinstance(told, Person)
        await directory.record_person(session, event)
        await keep_contract_end(session, desk, told)

    return person


async def _protect(
    session: AsyncSession, desk: Desk, told: ProtectionStarted | CooperationStarted, activity: str
) -> AfterCommit:
    protection = Protection(
        _id(told.protection_id, "protection_id_not_an_id"),
        told.sealed_person,
        activity,
        moment(told.started_at, "started_at_not_a_time"),
    )
    return desk.poke(*await start_protection(session, desk, protection, datetime.now(UTC)))


async def _end(session: AsyncSession, desk: Desk, protection_id: str, ended_on: datetime) -> None:
    await end_protection(session, desk, _id(protection_id, "protection_id_not_an_id"), ended_on)


def _id(text: str, otherwise: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidMessage(otherwise) from None
