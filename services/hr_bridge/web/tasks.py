"""The HR desk: what is to be done in the HR system, and what is to be left undone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.types import ControllerRouterHandler
from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.web.problems import invalid, not_found
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.hr_bridge.adapters.tryton import EmployeeNotFound
from services.hr_bridge.bridge import Bridge, read_before_image, read_order
from services.hr_bridge.domain.line_change import PersonsUnreadable, TaskKind, TaskState
from services.hr_bridge.saga.by_hand import is_by_hand
from services.hr_bridge.tables import Person, Task
from services.hr_bridge.tasks import meant, supervisor_before, tasks_of_measures

HR_ROLES = frozenset({Role.HR_OFFICER, Role.HR_DIRECTOR})
HOLD = "hold"
UNKNOWN = "unknown"
"""A kind of measure that this policy has no code for; its task has failed."""
OPEN = frozenset({TaskState.HANDED, TaskState.FAILED, TaskState.RUNNING, TaskState.WAITING})
"""Something is still to come of such a task."""
_ENDS = frozenset({TaskKind.APPLY, TaskKind.HOLD})
"""What ends on a day by itself. What is put back stays so, and what goes on does so until somebody decides: the end of
the measure before would tell HR to undo it on that day.
"""
_AT_ONCE = 50


class TaskView(msgspec.Struct):
    """
    What HR needs in order to act, under the neutral code that its records have for it (invariant 41). `kind`: apply,
    pass_on (go on until somebody decides), restore, or hold: `action` is then what HR is to leave undone, and does
    while the task is `done`. `from` and `to` are supervisors, or duty stations for a change of place, None where they
    are not known yet; `problem` says what somebody has to put right by hand. `arrangement` is what the decider wrote
    for HR; `home_entity` who else carries it out. Nothing says what it is for.
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
    action: str | None = None


class TaskPage(msgspec.Struct):
    tasks: list[TaskView]
    next_cursor: UUID | None


def routes(bridge: Bridge) -> list[ControllerRouterHandler]:
    @get("/api/v1/tasks", summary="What HR is asked to do, oldest first")
    async def list_tasks(
        signed_in: NamedDependency[SignedIn],
        cursor: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> TaskPage:
        check_role(bridge, signed_in)
        async with bridge.database.transaction() as session:
            page = await task_page(session, bridge, signed_in.staff_id, cursor, limit)
            facts = {"count": len(page.tasks)}
            await audit_trail.record(session, "tasks_read", object_ref="tasks", actor=signed_in.staff_id, facts=facts)
        return page

    return [list_tasks]


def check_role(bridge: Bridge, signed_in: SignedIn) -> None:
    """Whoever holds no HR appointment finds nothing here."""
    if not bridge.policy.roles_of(signed_in.staff_id, datetime.now(UTC)) & HR_ROLES:
        raise not_found()


async def task_page(
    session: AsyncSession, bridge: Bridge, staff_id: str, cursor: UUID | None, limit: int, *, only_open: bool = False
) -> TaskPage:
    """All tasks, oldest first; or the open ones, what is due first before the others. Neither a page's length nor its
    cursor tells of a task that is hidden from the reader.
    """
    seen: list[TaskView] = []
    while True:
        tasks = await _next_tasks(session, cursor, only_open=only_open)
        seen += await views_of(session, bridge, tasks, staff_id)
        if len(seen) > limit:
            return TaskPage(seen[:limit], seen[limit - 1].task_id)
        if len(tasks) < _AT_ONCE:
            return TaskPage(seen, None)
        cursor = tasks[-1].task_id


async def _next_tasks(session: AsyncSession, cursor: UUID | None, *, only_open: bool) -> Sequence[Task]:
    # Neither changes while somebody turns the pages, as a state does.
    order = (col(Task.due_at) if only_open else col(Task.created_at), col(Task.task_id))
    query = select(Task).order_by(*order).limit(_AT_ONCE)
    if only_open:
        query = query.where(col(Task.state).in_(OPEN))
    if cursor is not None:
        last = await session.get(Task, cursor)
        if last is None:
            raise invalid("cursor", "This cursor is not one that was given out. Begin again without it.")
        at = last.due_at if only_open else last.created_at
        query = query.where(tuple_(*order) > (at, last.task_id))
    return (await session.exec(query)).all()


async def views_of(session: AsyncSession, bridge: Bridge, tasks: Sequence[Task], staff_id: str) -> Sequence[TaskView]:
    """In their order, without those that touch the reader: nobody handles a measure that he is a party to (invariant
    32). Asks the database as often for fifty as for one.
    """
    of_measure = await tasks_of_measures(session, {task.measure_id for task in tasks})
    seen = [
        await _view(session, bridge, task, of_measure[task.measure_id])
        for task in tasks
        if staff_id not in touched(bridge, of_measure[task.measure_id])
    ]
    await _fill_homes(session, bridge, seen)
    return seen


async def _view(session: AsyncSession, bridge: Bridge, task: Task, tasks: Sequence[Task]) -> TaskView:
    view = TaskView(
        task_id=task.task_id,
        code=_code(bridge, task),
        kind=task.kind,
        state=task.state,
        problem=task.code,
        due_at=task.due_at,
        until_at=task.until_at if task.kind in _ENDS else None,
        person=None,
        from_=None,
        action=task.type if task.kind == TaskKind.HOLD else None,
    )
    try:
        await _fill(session, bridge, view, task, tasks)
    except (PersonsUnreadable, EmployeeNotFound):
        return view
    return view


def _code(bridge: Bridge, task: Task) -> str:
    if task.kind == TaskKind.HOLD:
        return HOLD
    measure = bridge.policy.measures.get(task.type)
    return measure.code if measure else UNKNOWN


async def _fill(session: AsyncSession, bridge: Bridge, view: TaskView, task: Task, tasks: Sequence[Task]) -> None:
    """Raises PersonsUnreadable, EmployeeNotFound."""
    order = read_order(bridge.keys, task)
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


async def _fill_homes(session: AsyncSession, bridge: Bridge, views: Sequence[TaskView]) -> None:
    people = {view.person for view in views}
    found = await session.exec(select(Person.staff_id, Person.contract).where(col(Person.staff_id).in_(people)))
    contracts = dict(found.all())
    for view in views:
        view.home_entity = bridge.policy.options["home_entity"].choices.get(contracts.get(view.person or "", ""))


def touched(bridge: Bridge, tasks: Sequence[Task]) -> set[str]:
    """Everybody who is named in a measure's tasks."""
    found: set[str] = set()
    for task in tasks:
        if (image := read_before_image(bridge.keys, task)) is not None:
            found |= {image.person, image.from_, image.to}
        try:
            found |= read_order(bridge.keys, task).named
        except PersonsUnreadable:
            continue
    return found
