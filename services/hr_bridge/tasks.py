"""Reading tasks: those of one measure, and whose line each is to change from whom to whom."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.keys import ServiceKeys
from services.hr_bridge.adapters.tryton import EmployeeNotFound
from services.hr_bridge.bridge import BeforeImage, read_before_image, read_persons
from services.hr_bridge.domain.by_hand import REPORTING_LINE_CHANGE
from services.hr_bridge.domain.line_change import Persons, TaskKind
from services.hr_bridge.tables import Person, Task


async def tasks_of(session: AsyncSession, measure_id: UUID, *, lock: bool = False) -> Sequence[Task]:
    """A measure's tasks in their order; with `lock`, nobody else changes them until the transaction ends."""
    query = select(Task).where(col(Task.measure_id) == measure_id).order_by(col(Task.number))
    return (await session.exec(query.with_for_update() if lock else query)).all()


async def tasks_of_measures(session: AsyncSession, measures: Collection[UUID]) -> Mapping[UUID, Sequence[Task]]:
    """The tasks of each of these measures, in their order."""
    query = select(Task).where(col(Task.measure_id).in_(measures)).order_by(col(Task.measure_id), col(Task.number))
    found = (await session.exec(query)).all()
    return {measure: list(tasks) for measure, tasks in groupby(found, key=lambda task: task.measure_id)}


def supervisor_before(keys: ServiceKeys, tasks: Sequence[Task]) -> str | None:
    """Who supervised before anything of ours, of a measure's tasks in their order; None while nothing was touched."""
    lines = (task for task in tasks if task.type == REPORTING_LINE_CHANGE)
    return next((image.from_ for task in lines if (image := read_before_image(keys, task))), None)


async def meant(session: AsyncSession, keys: ServiceKeys, task: Task, before: str | None) -> BeforeImage:
    """
    Whose line the task changes from whom to whom: as kept, or as it is to be when nothing was touched for it yet.

    `before`: see supervisor_before. Raises PersonsUnreadable, and EmployeeNotFound when nobody is there to pass on to.
    """
    kept = read_before_image(keys, task)
    if kept is not None:
        return kept
    persons = read_persons(keys, task.measure_id, task.sealed_persons)
    from_ = before or persons.current_supervisor
    return BeforeImage(persons.person, from_, await _wanted(session, task, persons, from_))


async def _wanted(session: AsyncSession, task: Task, persons: Persons, before: str) -> str:
    if task.kind == TaskKind.APPLY:
        return persons.temporary_supervisor
    if task.kind == TaskKind.RESTORE:
        return before
    above = persons.next_level_manager
    if not above:
        # The manager above the one whom the measure took the line from (policy 2.3: `passed_on`).
        supervisor = await session.get(Person, persons.current_supervisor)
        above = supervisor.line_staff_id if supervisor else ""
    if above in {"", persons.person, before}:
        raise EmployeeNotFound("supervisor")
    return above
