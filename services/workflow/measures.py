"""Interim measures beyond their table: opened by an alert, carried to the HR bridge, answered by it."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import TooLargeToSeal, seal_to
from contracts.ids import new_id
from contracts.measures.v1.measures_pb2 import (
    MEASURE_ENDING_PASS_ON,
    MEASURE_ENDING_RESTORE,
    MeasureDecided,
    MeasureEnded,
)
from contracts.topics import WORKFLOW_MEASURES
from lifecycle import bodies, directory, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk, EffectRefused
from lifecycle.fields import time_of
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, Refused
from lifecycle.records import CaseRow
from policy.model import Role
from services.workflow.domain import interim_measure
from services.workflow.domain.persons import Persons, PersonsWrong

LIFECYCLE: Final = interim_measure.LIFECYCLE.name
ALERT: Final = "alert"
RISK_FACTS: Final = "risk_facts"
DECIDE: Final = "decide_measure"
PERSONS: Final = "persons"
_SIZE: Final = 256  # the same for every measure, so that its length tells nothing


async def alert(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """An alert on a report: joins its measure while that is undecided, else opens one. What was written of the risk
    goes along, sealed anew under the measure's key; of the report nothing else does. Raises EffectRefused when its
    sender may not alert in the measure that is there, as who asked for consent in it (invariant 33).
    """
    now = case.steps[-1].at
    measure = await _undecided(session, desk, row.report_id) or await _opened(session, desk, row, case)
    words = await _text(session, desk, row, case.steps[-1].action, RISK_FACTS)
    action = Action(new_id(), ALERT, {}, frozenset({RISK_FACTS}))
    texts, _ = await bodies.store(session, desk, measure, action.id, {RISK_FACTS: words})
    actor = Actor(ActorKind.STAFF, str(effect.facts["by"]), frozenset({Role(str(effect.facts["role"]))}))
    outcome = await decide_as(session, desk, measure.case_id, action, actor, now, texts)
    if isinstance(outcome, Refused):
        raise EffectRefused(outcome)


async def _undecided(session: AsyncSession, desk: Desk, report_id: UUID) -> CaseRow | None:
    rules = desk.lifecycles[LIFECYCLE].rule_of
    of_report = await records.of_report(session, report_id)
    return next((one for one in of_report if one.lifecycle == LIFECYCLE and (one.state, ALERT) in rules), None)


async def _opened(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> CaseRow:
    there = [one for one in await records.of_report(session, row.report_id) if one.lifecycle == LIFECYCLE]
    case_id = await open_case(session, desk, row.report_id, LIFECYCLE, len(there) + 1, {}, case.steps[-1].at)
    # Its workflow is started as soon as this is committed; were that lost, the sweeper would find it.
    event.listen(session.sync_session, "after_commit", lambda _: desk.to_wake.put_nowait(case_id), once=True)
    opened = await records.lock(session, case_id)
    assert opened is not None
    return opened


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Tells the HR bridge what to do, and of whom only in words sealed to it. Raises DeskKeyUnknown until the bridge
    has published its key.
    """
    match effect.name:
        case "measure_decided":
            await _decided(session, desk, row, case)
        case "measure_passed_on":
            await _ended(session, desk, row, case, MEASURE_ENDING_PASS_ON)
        case "measure_restore":
            await _ended(session, desk, row, case, MEASURE_ENDING_RESTORE)
        case unknown:
            raise LookupError(unknown)


async def _decided(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    measure_id = await _measure_id(session, row.case_id)
    message = MeasureDecided(
        measure_id=str(measure_id),
        type=str(case.facts["type"]),
        sealed_persons=await _sealed_persons(session, desk, row, case, measure_id),
        from_at=time_of(case.facts, "from_at"),
        until_at=time_of(case.facts, "until_at"),
        decided_at=case.steps[-1].at,
    )
    await add_event(session, WORKFLOW_MEASURES, str(measure_id), message)


async def _ended(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, ending: Any) -> None:
    measure_id = await _measure_id(session, row.case_id)
    message = MeasureEnded(
        measure_id=str(measure_id),
        ending=ending,
        sealed_persons=await _sealed_persons(session, desk, row, case, measure_id),
    )
    await add_event(session, WORKFLOW_MEASURES, str(measure_id), message)


async def _measure_id(session: AsyncSession, case_id: UUID) -> UUID:
    """Random, made when it is first needed; every decision on the same measure goes under it."""
    await session.execute(
        text("insert into measures (measure_id, case_id) values (:measure_id, :case_id) on conflict do nothing"),
        {"measure_id": new_id(), "case_id": case_id},
    )
    found: UUID = await session.scalar(
        text("select measure_id from measures where case_id = :case_id"), params={"case_id": case_id}
    )
    return found


async def case_of(session: AsyncSession, measure_id: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(
        text("select case_id from measures where measure_id = :measure_id"), params={"measure_id": measure_id}
    )
    return found


async def _sealed_persons(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, measure_id: UUID) -> bytes:
    """Whom the last decision named, for HR's eyes. Who comes next above the supervisor is the directory's to say, as
    it is at this moment. What cannot be read was refused at the edge; should it come this far, HR refuses it.
    """
    words = await _text(session, desk, row, DECIDE, PERSONS)
    try:
        plaintext = (await _with_next_manager(session, Persons.parse(words, str(case.facts["type"])))).to_json()
    except PersonsWrong:
        plaintext = words.encode()
    key = await desk_key(session, "hr_bridge", "hr")
    context = b"measure|" + str(measure_id).encode()
    try:
        return seal_to(key.public, plaintext, context=context, size=_SIZE)
    except TooLargeToSeal:
        return seal_to(key.public, b"{}", context=context, size=_SIZE)


async def _with_next_manager(session: AsyncSession, persons: Persons) -> Persons:
    if persons.next_level_manager:
        return persons
    supervisor = await directory.person(session, persons.current_supervisor)
    above = supervisor.line_staff_id if supervisor else None
    return persons if not above or above == persons.person else replace(persons, next_level_manager=above)


async def _text(session: AsyncSession, desk: Desk, row: CaseRow, action: str, name: str) -> str:
    """The words that came with the last `action`."""
    found = await bodies.texts_of(session, desk, row)
    return next(one.text for one in reversed(found) if (one.action, one.name) == (action, name))
