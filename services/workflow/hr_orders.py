"""What an interim measure asks of HR, and how what HR answers finds its decision; who in the line hears of it."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.consumer import AfterCommit, Event, Handler, InvalidMessage
from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import TooLargeToSeal, seal_to
from contracts.measures.v1.measures_pb2 import (
    MEASURE_ENDING_PASS_ON,
    MEASURE_ENDING_RESTORE,
    MeasureApplied,
    MeasureDecided,
    MeasureEnded,
    MeasureFailed,
    MeasurePassedOn,
    MeasureRestored,
)
from contracts.topics import WORKFLOW_MEASURES
from lifecycle import bodies, directory, notices, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.fields import time_of
from lifecycle.model import Action, Case, Effect, Facts
from lifecycle.parties import parties_of
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from services.workflow import emergencies
from services.workflow.domain.measure_parts import STANDS, TELL_LINE, last_order
from services.workflow.domain.persons import Persons, PersonsWrong
from services.workflow.measures import ARRANGEMENT, PERSONS, SYSTEM, case_of, measure_id

SIZE: Final = 4_096  # the same for every order, so that its length tells nothing
_ORDERS: Final = frozenset({"measure_decided", "measure_passed_on", "measure_restore"})


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Tells the HR bridge what to do, and of whom only in words sealed to it; or the line what changes for it. Raises
    DeskKeyUnknown until the bridge has published its key.
    """
    if effect.name in _ORDERS and last_order(case) != case.version:
        # It waits for her word on its day, or HR was never asked for what ends here.
        return
    match effect.name:
        case "measure_decided":
            await _decided(session, desk, row, case)
        case STANDS.name:
            await emergencies.confirm(session, desk, row, case)
        case "measure_passed_on":
            await _ended(session, desk, row, case, MEASURE_ENDING_PASS_ON)
        case "measure_restore":
            await _ended(session, desk, row, case, MEASURE_ENDING_RESTORE)
        case TELL_LINE.name:
            await _tell_line(session, desk, row, case)
        case unknown:
            raise LookupError(unknown)


def result(desk: Desk, action: str, facts: Callable[[Any], Facts]) -> Handler:
    """For one kind of result of the HR bridge. One that answers an earlier order than the last changes nothing."""

    async def take(session: AsyncSession, event: Event) -> AfterCommit | None:
        message: Any = event.message
        if message.measure_id != event.key:
            raise InvalidMessage("measure_not_the_key")
        case_id = await case_of(session, _id(message.measure_id))
        row = await records.lock(session, case_id) if case_id else None
        if row is None or row.erased_at is not None:
            await audit_trail.record(session, "event.without_case", object_ref=event.key, actor=None)
            return None
        taken = facts(message)
        if message.decision_id != decision_id(event.key, last_order(from_json(row.data))):
            await audit_trail.record(session, "result.outdated", object_ref=str(row.case_id), actor=None)
            return None
        await decide_as(session, desk, row.case_id, Action(event.id, action, taken), SYSTEM, datetime.now(UTC))
        return desk.poke(row.case_id)

    return take


def proof(message: MeasureApplied | MeasureRestored | MeasurePassedOn) -> Facts:
    """Without a proof nothing counts as done (invariant 35)."""
    if not message.proof_hash:
        raise InvalidMessage("proof_missing")
    return {"proof_hash": message.proof_hash.hex()}


def code(message: MeasureFailed) -> Facts:
    return {"code": message.code}


def decision_id(measure: UUID | str, version: int) -> str:
    """Names the order that a version of the measure's case made."""
    return str(uuid.uuid5(UUID(str(measure)), str(version)))


async def _decided(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    measure = await measure_id(session, row.case_id)
    message = MeasureDecided(
        measure_id=str(measure),
        decision_id=decision_id(measure, case.version),
        type=str(case.facts["type"]),
        sealed_persons=await _sealed(session, desk, row, case, measure),
        from_at=time_of(case.facts, "from_at"),
        until_at=time_of(case.facts, "until_at"),
        decided_at=case.steps[-1].at,
    )
    await add_event(session, WORKFLOW_MEASURES, str(measure), message)


async def _ended(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, ending: Any) -> None:
    measure = await measure_id(session, row.case_id)
    message = MeasureEnded(
        measure_id=str(measure),
        decision_id=decision_id(measure, case.version),
        ending=ending,
        sealed_persons=await _sealed(session, desk, row, case, measure),
    )
    await add_event(session, WORKFLOW_MEASURES, str(measure), message)


async def _sealed(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, measure: UUID) -> bytes:
    """Whom the last decision named and what is to be different, for HR's eyes. Who comes next above the supervisor is
    the directory's to say, as it is at this moment. What cannot be read was refused at the edge; should it come this
    far, HR refuses it.
    """
    words = await bodies.text_of(session, desk, row, PERSONS) or ""
    arrangement = await bodies.text_of(session, desk, row, ARRANGEMENT) or ""
    try:
        named = await _with_next_manager(session, Persons.parse(words, str(case.facts["type"])))
        plaintext = named.complete().to_json(arrangement=arrangement)
    except PersonsWrong:
        plaintext = words.encode()
    key = await desk_key(session, "hr_bridge", "hr")
    context = b"measure|" + str(measure).encode()
    try:
        return seal_to(key.public, plaintext, context=context, size=SIZE)
    except TooLargeToSeal:
        return seal_to(key.public, b"{}", context=context, size=SIZE)


async def _with_next_manager(session: AsyncSession, persons: Persons) -> Persons:
    if persons.next_level_manager or not persons.current_supervisor:
        return persons
    supervisor = await directory.person(session, persons.current_supervisor)
    above = supervisor.line_staff_id if supervisor else None
    return persons if not above or above == persons.person else replace(persons, next_level_manager=above)


async def _tell_line(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """Whoever supervises the person whose work changes, for the time being and otherwise; never one of the parties."""
    try:
        persons = Persons.parse(await bodies.text_of(session, desk, row, PERSONS) or "", str(case.facts["type"]))
    except PersonsWrong:
        return
    moved = await directory.person(session, persons.person)
    named = await parties_of(session, desk, row)
    involved = {named.affected_individual, *named.alleged_offender} if named else set()
    line = {persons.temporary_supervisor, persons.current_supervisor or (moved and moved.line_staff_id) or ""}
    for staff_id in sorted(one for one in line - involved if one):
        await notices.add(session, desk, row, staff_id, TELL_LINE.name)


def _id(text_: str) -> UUID:
    try:
        return UUID(text_)
    except ValueError:
        raise InvalidMessage("id_unreadable") from None
