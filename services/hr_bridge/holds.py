"""What the ethics office asks HR to leave undone for a while: somebody in HR says whether it can be, and what is done
all the same is noticed.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.outbox import add_event
from contracts.holds.v1.holds_pb2 import HoldAnswered, HoldAsked
from contracts.topics import HR_HOLD_RESULTS
from services.hr_bridge.bridge import Bridge, read_order
from services.hr_bridge.domain.line_change import FailureCode, PersonsUnreadable, TaskKind, TaskState
from services.hr_bridge.saga.changes import settle
from services.hr_bridge.tables import Task
from services.hr_bridge.tasks import tasks_of

_STANDING = (TaskState.HANDED, TaskState.DONE)
RULE = "policy 2.4"


async def ask(session: AsyncSession, bridge: Bridge, hold_id: UUID, asked: HoldAsked) -> None:
    """Hand it to HR; asked again, nothing changes. Whoever is meant by it, somebody in HR decides what can be done."""
    if await tasks_of(session, hold_id):
        return
    now = datetime.now(UTC)
    task = Task(
        task_id=uuid4(),
        measure_id=hold_id,
        number=1,
        kind=TaskKind.HOLD,
        state=TaskState.HANDED,
        code=None,
        due_at=now,
        decision_id="",
        type=asked.kind,
        until_at=asked.until_at.ToDatetime(UTC),
        sealed_persons=asked.sealed_person,
        before_image=None,
        proof_hash=None,
        created_at=now,
        finished_at=None,
    )
    session.add(task)
    await _audit(session, task, "hold_asked")
    try:
        read_order(bridge.keys, task)
    except PersonsUnreadable:
        await _tell(session, task, FailureCode.PERSONS_UNREADABLE)


async def release(session: AsyncSession, hold_id: UUID) -> None:
    """HR may do from now on what it left undone."""
    for task in await tasks_of(session, hold_id, lock=True):
        if task.state in _STANDING:
            settle(task, TaskState.WITHDRAWN)
            await _audit(session, task, "hold_released")


def stands(task: Task, at: datetime) -> bool:
    """Whether something done at this moment is what HR was asked to leave undone."""
    return task.state in _STANDING and task.until_at is not None and at < task.until_at


async def answer(session: AsyncSession, task: Task, *, kept: bool, staff_id: str) -> None:
    """Somebody in HR says whether it is left undone; of one that is, also later that it cannot be any more."""
    await _tell(session, task, None if kept else FailureCode.NOT_POSSIBLE, staff_id)


async def notice(
    session: AsyncSession, bridge: Bridge, staff_id: str, kinds: Collection[str], effective_at: datetime
) -> None:
    """
    HR did something of these kinds, by its own word or as its system shows it. A hold that this breaks is not kept: its
    task says so to HR, and the ethics office hears it (policy 2.4), once.
    """
    holds = select(Task).where(
        col(Task.kind) == TaskKind.HOLD, col(Task.type).in_(kinds), col(Task.state).in_(_STANDING)
    )
    for task in (await session.exec(holds.order_by(col(Task.task_id)).with_for_update())).all():
        if stands(task, effective_at) and read_order(bridge.keys, task).person == staff_id:
            await _tell(session, task, FailureCode.DONE_ANYWAY)


async def _tell(session: AsyncSession, task: Task, code: FailureCode | None, staff_id: str | None = None) -> None:
    """Kept, or not for this reason; which it is, the ethics office does not need."""
    task.code = code
    settle(task, TaskState.FAILED if code else TaskState.DONE)
    answered = HoldAnswered(hold_id=str(task.measure_id), kept=code is None)
    answered.answered_at.FromDatetime(datetime.now(UTC))
    await add_event(session, HR_HOLD_RESULTS, str(task.measure_id), answered)
    await _audit(session, task, "hold_not_kept" if code else "hold_kept", staff_id, code=code or "")


async def _audit(session: AsyncSession, task: Task, act: str, staff_id: str | None = None, **facts: str) -> None:
    facts = {"hold": str(task.measure_id), **facts}
    await audit_trail.record(session, act, object_ref=str(task.task_id), actor=staff_id, rule=RULE, facts=facts)
