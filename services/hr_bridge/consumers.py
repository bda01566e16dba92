"""Events that reach the HR bridge: measures decided and ended, and holds, become tasks; desk keys are remembered."""

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
from contracts.holds.v1.holds_pb2 import HoldAsked, HoldReleased
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.measures.v1.measures_pb2 import (
    MEASURE_ENDING_PASS_ON,
    MEASURE_ENDING_RESTORE,
    MeasureDecided,
    MeasureEnded,
    MeasureEventApplied,
)
from contracts.topics import DESK_KEYS, ETHICS_HOLDS, HR_MEASURE_RESULTS, WORKFLOW_MEASURES, WORKFLOW_POLICY, Topic
from lifecycle import in_force
from services.hr_bridge import holds
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.domain.by_hand import REPORTING_LINE_CHANGE
from services.hr_bridge.domain.line_change import TaskKind
from services.hr_bridge.saga.by_hand import hand_over

_ENDINGS = {MEASURE_ENDING_RESTORE: TaskKind.RESTORE, MEASURE_ENDING_PASS_ON: TaskKind.PASS_ON}
# An ending that names nobody is about those whom the decision named; it says no kind of measure either.
_ADD_TASK = text("""
    insert into tasks (task_id, measure_id, number, kind, state, type, decision_id, due_at, until_at, sealed_persons,
                       created_at)
    select :task_id, :measure_id, 1 + count(*), :kind, 'waiting',
           coalesce(nullif(:type, ''), (array_agg(type order by number desc))[1], :line_change),
           :decision_id, :due_at, coalesce(:until_at, (array_agg(until_at order by number desc))[1]),
           coalesce(nullif(:sealed_persons, ''::bytea), (array_agg(sealed_persons order by number desc))[1], ''::bytea),
           :now
    from tasks where measure_id = :measure_id
    returning type
""")

Start = Callable[[UUID], Awaitable[object]]
"""Starts or wakes the workflow of a measure."""


def handlers(bridge: Bridge, start: Start) -> Mapping[Topic, Mapping[type[Message], Handler]]:
    async def decided(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = cast("MeasureDecided", event.message)
        measure_id = _id(message.measure_id, event, "measure")
        due_at = message.from_at.ToDatetime(UTC)
        until_at = message.until_at.ToDatetime(UTC) if message.HasField("until_at") else None
        await _add_task(session, measure_id, TaskKind.APPLY, message, due_at, message.type, until_at)
        return await _begun(session, bridge, start, measure_id, by_hand=message.type != REPORTING_LINE_CHANGE)

    async def ended(session: AsyncSession, event: Event) -> AfterCommit | None:
        message = cast("MeasureEnded", event.message)
        measure_id = _id(message.measure_id, event, "measure")
        if message.ending not in _ENDINGS:
            raise InvalidMessage("ending_unknown")
        type_ = await _add_task(session, measure_id, _ENDINGS[message.ending], message, datetime.now(UTC))
        return await _begun(session, bridge, start, measure_id, by_hand=type_ != REPORTING_LINE_CHANGE)

    async def hold_asked(session: AsyncSession, event: Event) -> None:
        message = cast("HoldAsked", event.message)
        await holds.ask(session, bridge, _id(message.hold_id, event, "hold"), message)

    async def hold_released(session: AsyncSession, event: Event) -> None:
        message = cast("HoldReleased", event.message)
        await holds.release(session, _id(message.hold_id, event, "hold"))

    async def remember(session: AsyncSession, event: Event) -> None:
        await desk_keys.remember(session, event)

    return {
        WORKFLOW_MEASURES: {MeasureDecided: decided, MeasureEnded: ended},
        ETHICS_HOLDS: {HoldAsked: hold_asked, HoldReleased: hold_released},
        DESK_KEYS: {DeskKey: remember},
        WORKFLOW_POLICY: in_force.handlers(bridge),
    }


async def acknowledge(session: AsyncSession, event: Event) -> None:
    """Workflow sends an event again until it has this."""
    message = MeasureEventApplied(measure_id=event.key, sequence=event.sequence)
    await add_event(session, HR_MEASURE_RESULTS, event.key, message)


async def _begun(
    session: AsyncSession, bridge: Bridge, start: Start, measure_id: UUID, *, by_hand: bool
) -> AfterCommit | None:
    """Handed to somebody in HR at once, or worked off by the measure's workflow."""
    if by_hand:
        await hand_over(session, bridge, measure_id)
        return None

    async def after_commit() -> None:
        await start(measure_id)

    return after_commit


def _id(text_: str, event: Event, of: str) -> UUID:
    # The key orders what is said of one thing; what speaks of another than its key would come out of order.
    if text_ != event.key:
        raise InvalidMessage(f"{of}_is_not_the_key")
    try:
        return UUID(text_)
    except ValueError:
        raise InvalidMessage(f"{of}_id_malformed") from None


async def _add_task(
    session: AsyncSession,
    measure_id: UUID,
    kind: TaskKind,
    message: MeasureDecided | MeasureEnded,
    due_at: datetime,
    type_: str = "",
    until_at: datetime | None = None,
) -> str:
    """The kind of measure that it belongs to."""
    task_id = uuid4()
    found = await session.scalar(
        _ADD_TASK,
        params={
            "task_id": task_id,
            "measure_id": measure_id,
            "kind": kind,
            "type": type_,
            "line_change": REPORTING_LINE_CHANGE,
            "decision_id": message.decision_id,
            "due_at": due_at,
            "until_at": until_at,
            "sealed_persons": message.sealed_persons,
            "now": datetime.now(UTC),
        },
    )
    await audit_trail.record(
        session, "task_opened", object_ref=str(task_id), actor=None, facts={"measure": str(measure_id), "kind": kind}
    )
    return str(found)
