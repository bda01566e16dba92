"""A human's word about a task: that it was done by hand, or whether what is held is left undone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.problems import Problem, invalid, not_found, refused, unavailable
from chassis.web.sign_in import SignedIn
from services.hr_bridge import holds
from services.hr_bridge.adapters.tryton import EmployeeNotFound, HrSystemRefused, HrSystemUnreachable
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.domain.line_change import PersonsUnreadable, TaskKind, TaskState
from services.hr_bridge.saga import by_hand
from services.hr_bridge.saga.by_hand import is_by_hand
from services.hr_bridge.saga.changes import Changes
from services.hr_bridge.tables import Task, TaskAction
from services.hr_bridge.tasks import tasks_of
from services.hr_bridge.web.tasks import check_role, touched


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    action_id: UUID


class HoldAnswer(msgspec.Struct, forbid_unknown_fields=True):
    action_id: UUID
    kept: bool


class Said(msgspec.Struct):
    task_id: UUID
    state: str


def routes(bridge: Bridge) -> list[ControllerRouterHandler]:
    @post("/api/v1/tasks/{task_id:uuid}/confirm", status_code=200, summary="Say that it was done by hand")
    async def confirm(
        task_id: FromPath[UUID], data: JSONBody[Confirmation], signed_in: NamedDependency[SignedIn]
    ) -> Said:
        """
        For a task that was handed over and whose hour has come, or with a problem that somebody has put right in the HR
        system. Where the HR system can hold it, it counts only if that, asked again, says so. The same `action_id`
        again gets the first answer.
        """
        check_role(bridge, signed_in)
        async with bridge.database.transaction() as session:
            return await confirmed(session, bridge, task_id, data.action_id, signed_in.staff_id)

    @post("/api/v1/tasks/{task_id:uuid}/answer", status_code=200, summary="Say whether it is left undone")
    async def answer(task_id: FromPath[UUID], data: JSONBody[HoldAnswer], signed_in: NamedDependency[SignedIn]) -> Said:
        """
        For a hold that stands: `kept`, or not possible; of one that is kept, also later that it cannot be any longer.
        The same `action_id` again gets the first answer.
        """
        check_role(bridge, signed_in)
        async with bridge.database.transaction() as session:
            return await answered(session, bridge, task_id, data, signed_in.staff_id)

    return [confirm, answer]


async def confirmed(session: AsyncSession, bridge: Bridge, task_id: UUID, action_id: UUID, staff_id: str) -> Said:
    """Raises Problem."""
    tasks, said = await _locked(session, bridge, task_id, action_id, staff_id)
    if said is not None:
        return said
    task = next(one for one in tasks if one.task_id == task_id)
    # Of a measure, the newest task alone: a word about an earlier one would be taken for the later decision's proof.
    handed = task.state == TaskState.HANDED and task.due_at <= datetime.now(UTC)
    put_right = task.state == TaskState.FAILED and not is_by_hand(task)
    if task.kind == TaskKind.HOLD or not (handed or put_right) or task is not tasks[-1]:
        raise refused("nothing_to_confirm", "35", {"state": task.state})
    try:
        if is_by_hand(task):
            proven = await by_hand.confirm(session, bridge, task, staff_id)
        else:
            proven = await Changes(bridge).confirm(session, task, tasks)
    except (PersonsUnreadable, EmployeeNotFound):
        proven = False
    except (HrSystemUnreachable, HrSystemRefused):
        raise unavailable("The HR system does not answer, so nothing can be proven. Try again later.") from None
    if not proven:
        raise _not_proven()
    await audit_trail.record(session, "task_confirmed", object_ref=str(task_id), actor=staff_id, rule="35")
    return _said(session, task, action_id, staff_id)


async def answered(session: AsyncSession, bridge: Bridge, task_id: UUID, data: HoldAnswer, staff_id: str) -> Said:
    """Raises Problem."""
    (task, *_), said = await _locked(session, bridge, task_id, data.action_id, staff_id)
    if said is not None:
        return said
    new = task.state == TaskState.HANDED or not data.kept
    if task.kind != TaskKind.HOLD or not holds.stands(task, datetime.now(UTC)) or not new:
        raise refused("nothing_to_answer", holds.RULE, {"state": task.state})
    await holds.answer(session, task, kept=data.kept, staff_id=staff_id)
    return _said(session, task, data.action_id, staff_id)


async def _locked(
    session: AsyncSession, bridge: Bridge, task_id: UUID, action_id: UUID, staff_id: str
) -> tuple[Sequence[Task], Said | None]:
    """The tasks of this one's measure, in their order, and what this action was told before. Raises Problem."""
    measure_id = (await session.exec(select(Task.measure_id).where(col(Task.task_id) == task_id))).one_or_none()
    tasks = await tasks_of(session, measure_id, lock=True) if measure_id else []
    if not tasks or staff_id in touched(bridge, tasks):
        raise not_found()
    known = await session.get(TaskAction, action_id)
    if known is None:
        return tasks, None
    if (known.task_id, known.staff_id) != (task_id, staff_id):
        raise invalid("action_id", "This id was used for something else. Make a fresh one.", status=422)
    return tasks, Said(task_id, known.state)


def _said(session: AsyncSession, task: Task, action_id: UUID, staff_id: str) -> Said:
    at = datetime.now(UTC)
    session.add(TaskAction(action_id=action_id, task_id=task.task_id, staff_id=staff_id, state=task.state, at=at))
    return Said(task.task_id, task.state)


def _not_proven() -> Problem:
    said = "The HR system does not show it as the task wants it. Change it there first, then confirm."
    return refused("not_proven", "35", {}, said)
