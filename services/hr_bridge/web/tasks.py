"""The HR desk: what is to be done in the HR system, and a human's word that it was done by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.problems import Problem, invalid, not_found, refused, unavailable
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.hr_bridge.adapters.tryton import EmployeeNotFound, HrSystemRefused, HrSystemUnreachable
from services.hr_bridge.bridge import Bridge, read_before_image, read_order
from services.hr_bridge.domain.line_change import PersonsUnreadable, TaskKind, TaskState
from services.hr_bridge.saga import by_hand
from services.hr_bridge.saga.by_hand import is_by_hand
from services.hr_bridge.saga.changes import Changes
from services.hr_bridge.tables import Person, Task, TaskAction
from services.hr_bridge.tasks import meant, supervisor_before, tasks_of

HR_ROLES = frozenset({Role.HR_OFFICER, Role.HR_DIRECTOR})
UNKNOWN = "unknown"
"""A kind of measure that this policy has no code for; its task has failed."""
_AT_ONCE = 50


class TaskView(msgspec.Struct):
    """
    What HR needs in order to act, under the neutral code that its records have for it (invariant 41). `kind`: apply,
    pass_on (go on until somebody decides) or restore. `from` and `to` are supervisors, or duty stations for a change of
    place, None where they are not known yet; `problem` says what somebody has to put right by hand. `arrangement` is
    what the decider wrote for HR; `home_entity` who else carries it out. Nothing says what it is for.
    """

    task_id: UUID
    code: str
    kind: str
    state: str
    problem: str | None
    due_at: datetime
    until_at: datetime | None
    person: str | None
    from_: str | None = msgspec.field(name="from")
    to: str | None = None
    appraiser: str | None = None
    approver: str | None = None
    arrangement: str | None = None
    pay_percent: int | None = None
    home_entity: str | None = None


class TaskPage(msgspec.Struct):
    tasks: list[TaskView]
    next_cursor: UUID | None


class Confirmation(msgspec.Struct, forbid_unknown_fields=True):
    action_id: UUID


class Confirmed(msgspec.Struct):
    task_id: UUID
    state: str


def routes(bridge: Bridge) -> list[ControllerRouterHandler]:
    @get("/api/v1/tasks", summary="What HR is asked to do, oldest first")
    async def list_tasks(
        signed_in: NamedDependency[SignedIn],
        cursor: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> TaskPage:
        _check_role(bridge, signed_in)
        async with bridge.database.transaction() as session:
            page = await _page(session, bridge, signed_in.staff_id, cursor, limit)
            facts = {"count": len(page.tasks)}
            await audit_trail.record(session, "tasks_read", object_ref="tasks", actor=signed_in.staff_id, facts=facts)
        return page

    @post("/api/v1/tasks/{task_id:uuid}/confirm", status_code=200, summary="Say that it was done by hand")
    async def confirm(
        task_id: FromPath[UUID], data: JSONBody[Confirmation], signed_in: NamedDependency[SignedIn]
    ) -> Confirmed:
        """
        For a task that was handed over and whose hour has come, or with a problem that somebody has put right in the HR
        system. Where the HR system can hold it, it counts only if that, asked again, says so. The same `action_id`
        again gets the first answer.
        """
        _check_role(bridge, signed_in)
        async with bridge.database.transaction() as session:
            return await confirmed(session, bridge, task_id, data.action_id, signed_in.staff_id)

    return [list_tasks, confirm]


def _check_role(bridge: Bridge, signed_in: SignedIn) -> None:
    """Whoever holds no HR appointment finds nothing here."""
    if not bridge.policy.roles_of(signed_in.staff_id, datetime.now(UTC)) & HR_ROLES:
        raise not_found()


async def _page(session: AsyncSession, bridge: Bridge, staff_id: str, cursor: UUID | None, limit: int) -> TaskPage:
    """Neither a page's length nor its cursor tells of a task that is hidden from the reader."""
    seen: list[TaskView] = []
    while True:
        tasks = await _next_tasks(session, cursor)
        for task in tasks:
            view = await _view(session, bridge, task, staff_id)
            if view is not None and len(seen) == limit:
                return TaskPage(seen, seen[-1].task_id)
            seen += [view] if view is not None else []
        if len(tasks) < _AT_ONCE:
            return TaskPage(seen, None)
        cursor = tasks[-1].task_id


async def _next_tasks(session: AsyncSession, cursor: UUID | None) -> Sequence[Task]:
    order = (col(Task.created_at), col(Task.task_id))
    query = select(Task).order_by(*order).limit(_AT_ONCE)
    if cursor is not None:
        last = await session.get(Task, cursor)
        if last is None:
            raise invalid("cursor", "This cursor is not one that was given out. Begin again without it.")
        query = query.where(tuple_(*order) > (last.created_at, last.task_id))
    return (await session.exec(query)).all()


async def _view(session: AsyncSession, bridge: Bridge, task: Task, staff_id: str) -> TaskView | None:
    """None for somebody whom the task touches: nobody handles a measure that he is a party to (invariant 32)."""
    measure = bridge.policy.measures.get(task.type)
    code = measure.code if measure else UNKNOWN
    view = TaskView(task.task_id, code, task.kind, task.state, task.code, task.due_at, task.until_at, None, None)
    tasks = await tasks_of(session, task.measure_id)
    if staff_id in _touched(bridge, tasks):
        return None
    try:
        await _fill(session, bridge, view, task, tasks)
    except (PersonsUnreadable, EmployeeNotFound):
        return view
    return view


async def _fill(session: AsyncSession, bridge: Bridge, view: TaskView, task: Task, tasks: Sequence[Task]) -> None:
    """Raises PersonsUnreadable, EmployeeNotFound."""
    order = read_order(bridge.keys, task.measure_id, task.sealed_persons)
    if is_by_hand(task):
        image = read_before_image(bridge.keys, task)
        view.person, view.arrangement = order.person, order.arrangement or None
        measure = bridge.policy.measures.get(task.type)
        view.pay_percent = measure.pay_percent if measure else None
    else:
        image = await meant(session, bridge.keys, task, supervisor_before(bridge.keys, tasks))
        view.person = image.person
        if task.kind == TaskKind.APPLY:
            view.appraiser, view.approver = order.appraiser or None, order.approver or None
    if image is not None:
        view.from_, view.to = image.from_, image.to
    person = await session.get(Person, order.person)
    if person is not None:
        view.home_entity = bridge.policy.options["home_entity"].choices.get(person.contract)


def _touched(bridge: Bridge, tasks: Sequence[Task]) -> set[str]:
    found: set[str] = set()
    for task in tasks:
        if (image := read_before_image(bridge.keys, task)) is not None:
            found |= {image.person, image.from_, image.to}
        try:
            found |= read_order(bridge.keys, task.measure_id, task.sealed_persons).named
        except PersonsUnreadable:
            continue
    return found


async def confirmed(session: AsyncSession, bridge: Bridge, task_id: UUID, action_id: UUID, staff_id: str) -> Confirmed:
    measure_id = (await session.exec(select(Task.measure_id).where(col(Task.task_id) == task_id))).one_or_none()
    tasks = await tasks_of(session, measure_id, lock=True) if measure_id else []
    if not tasks or staff_id in _touched(bridge, tasks):
        raise not_found()
    known = await session.get(TaskAction, action_id)
    if known is not None:
        if (known.task_id, known.staff_id) != (task_id, staff_id):
            raise invalid("action_id", "This id was used for something else. Make a fresh one.", status=422)
        return Confirmed(task_id, known.state)
    task = next(one for one in tasks if one.task_id == task_id)
    # Of a measure, the newest task alone: a word about an earlier one would be taken for the later decision's proof.
    handed = task.state == TaskState.HANDED and task.due_at <= datetime.now(UTC)
    put_right = task.state == TaskState.FAILED and not is_by_hand(task)
    if not (handed or put_right) or task is not tasks[-1]:
        raise refused("nothing_to_confirm", "35", {"state": task.state})
    try:
        if is_by_hand(task):
            proven = await by_hand.confirm(session, bridge, task, staff_id)
        else:
            proven = await Changes(bridge).confirm(session, task, supervisor_before(bridge.keys, tasks))
    except (PersonsUnreadable, EmployeeNotFound):
        proven = False
    except (HrSystemUnreachable, HrSystemRefused):
        raise unavailable("The HR system does not answer, so nothing can be proven. Try again later.") from None
    if not proven:
        raise _not_proven()
    session.add(
        TaskAction(action_id=action_id, task_id=task_id, staff_id=staff_id, state=task.state, at=datetime.now(UTC))
    )
    await audit_trail.record(session, "task_confirmed", object_ref=str(task_id), actor=staff_id, rule="35")
    return Confirmed(task_id, task.state)


def _not_proven() -> Problem:
    said = "The HR system does not show it as the task wants it. Change it there first, then confirm."
    return refused("not_proven", "35", {}, said)
