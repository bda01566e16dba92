"""Events that reach the HR bridge: decisions and endings of measures become tasks; desk keys are remembered."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import cast
from uuid import UUID, uuid4

from google.protobuf.message import Message
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, desk_keys
from chassis.consumer import AfterCommit, Event, Handler, InvalidMessage
from chassis.outbox import add_event
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.measures.v1.measures_pb2 import (
    MEASURE_ENDING_PASS_ON,
    MEASURE_ENDING_RESTORE,
    MeasureDecided,
    MeasureEnded,
    MeasureEventApplied,
    MeasureFailed,
)
from contracts.topics import DESK_KEYS, HR_MEASURE_RESULTS, WORKFLOW_MEASURES, Topic
from services.hr_bridge.domain.line_change import FailureCode, TaskKind, TaskState

REPORTING_LINE_CHANGE = "reporting_line_change"

_ENDINGS = {MEASURE_ENDING_RESTORE: TaskKind.RESTORE, MEASURE_ENDING_PASS_ON: TaskKind.PASS_ON}
# An ending that names nobody is about those whom the decision named.
_ADD_TASK = text("""
    insert into tasks (task_id, measure_id, number, kind, state, code, due_at, sealed_persons, created_at)
    select :task_id, :measure_id, 1 + count(*), :kind, :state, :code, :due_at,
           coalesce(nullif(:sealed_persons, ''::bytea), (array_agg(sealed_persons order by number desc))[1], ''::bytea),
           :now
    from tasks where measure_id = :measure_id
""")

Start = Callable[[UUID], Awaitable[object]]
"""Starts or wakes the workflow of a measure."""


def handlers(start: Start) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    async def decided(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = cast("MeasureDecided", event.message)
        measure_id = _measure_id(message.measure_id, event)
        due_at = message.from_at.ToDatetime(UTC)
        unsupported = FailureCode.TYPE_NOT_SUPPORTED if message.type != REPORTING_LINE_CHANGE else None
        await _add_task(session, measure_id, TaskKind.APPLY, due_at, message.sealed_persons, unsupported)
        return None if unsupported else _starting(start, measure_id)

    async def ended(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = cast("MeasureEnded", event.message)
        measure_id = _measure_id(message.measure_id, event)
        if message.ending not in _ENDINGS:
            raise InvalidMessage("ending_unknown")
        await _add_task(session, measure_id, _ENDINGS[message.ending], datetime.now(UTC), message.sealed_persons)
        return _starting(start, measure_id)

    async def remember(session: AsyncSession, event: Event) -> None:
        await desk_keys.remember(session, event)

    return {WORKFLOW_MEASURES: {MeasureDecided: decided, MeasureEnded: ended}, DESK_KEYS: {DeskKey: remember}}


async def acknowledge(session: AsyncSession, event: Event) -> None:
    """Workflow sends an event again until it has this."""
    message = MeasureEventApplied(measure_id=event.key, sequence=event.sequence)
    await add_event(session, HR_MEASURE_RESULTS, event.key, message)


def _starting(start: Start, measure_id: UUID) -> AfterCommit:
    async def after_commit() -> None:
        await start(measure_id)

    return after_commit


def _measure_id(text_: str, event: Event) -> UUID:
    # The key orders a measure's events; one that speaks of another measure than its key would come out of order.
    if text_ != event.key:
        raise InvalidMessage("measure_is_not_the_key")
    try:
        return UUID(text_)
    except ValueError:
        raise InvalidMessage("measure_id_malformed") from None


async def _add_task(
    session: AsyncSession,
    measure_id: UUID,
    kind: TaskKind,
    due_at: datetime,
    sealed_persons: bytes,
    failure: FailureCode | None = None,
) -> None:
    task_id = uuid4()
    await session.execute(
        _ADD_TASK,
        {
            "task_id": task_id,
            "measure_id": measure_id,
            "kind": kind,
            "state": TaskState.FAILED if failure else TaskState.WAITING,
            "code": failure,
            "due_at": due_at,
            "sealed_persons": sealed_persons,
            "now": datetime.now(UTC),
        },
    )
    await audit_trail.record(
        session, "task_opened", object_ref=str(task_id), actor=None, facts={"measure": str(measure_id), "kind": kind}
    )
    if failure:
        failed = MeasureFailed(measure_id=str(measure_id), task_id=str(task_id), code=failure)
        await add_event(session, HR_MEASURE_RESULTS, str(measure_id), failed)
