"""What the bridge cannot do itself: handed to somebody in HR, and believed on their word, or on what the HR system says
where it can hold what changes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import tag
from services.hr_bridge.adapters.tryton import EmployeeNotFound
from services.hr_bridge.bridge import BeforeImage, Bridge, read_before_image, read_order, seal_before_image
from services.hr_bridge.domain.by_hand import REPORTING_LINE_CHANGE, Done, Order, was_begun
from services.hr_bridge.domain.line_change import FailureCode, PersonsUnreadable, TaskKind, TaskState
from services.hr_bridge.saga.changes import audit, fail, settle, tell_done
from services.hr_bridge.tables import Person, Task
from services.hr_bridge.tasks import tasks_of

UNSETTLED = frozenset({TaskState.WAITING, TaskState.RUNNING, TaskState.HANDED, TaskState.FAILED})
OUTSIDERS = frozenset({"work_location"})
"""Codes under which somebody may stand who is nobody's employee here: a visitor is kept off the site, too."""


def is_by_hand(task: Task) -> bool:
    return task.type != REPORTING_LINE_CHANGE


async def hand_over(session: AsyncSession, bridge: Bridge, measure_id: UUID) -> None:
    """The newest task of a measure goes to somebody in HR; what was asked for before it and never done is withdrawn.
    An ending of what nobody has begun is done at once.
    """
    tasks = await tasks_of(session, measure_id, lock=True)
    task, earlier = tasks[-1], tasks[:-1]
    now = datetime.now(UTC)
    # What failed before anybody was handed it was never begun.
    before = [Done(TaskKind(one.kind), TaskState(one.state), one.due_at <= now and not one.code) for one in earlier]
    begun = was_begun(before)
    for one in earlier:
        if one.state in UNSETTLED:
            settle(one, TaskState.WITHDRAWN)
            await audit(session, one, "task_withdrawn")
    if task.kind == TaskKind.RESTORE and not begun:
        await tell_done(session, task, _word(bridge, task, "nobody had begun"))
        return
    measure = bridge.policy.measures.get(task.type)
    if measure is None:
        await fail(session, task, FailureCode.TYPE_NOT_SUPPORTED)
        return
    try:
        order = read_order(bridge.keys, task)
    except PersonsUnreadable:
        await fail(session, task, FailureCode.PERSONS_UNREADABLE)
        return
    known = await session.get(Person, order.person)
    person = known if known and known.active else None
    # Whoever has left gets back what is owed, and no work that anything could change.
    if measure.code not in OUTSIDERS and person is None and task.kind != TaskKind.RESTORE:
        await fail(session, task, FailureCode.PERSON_NOT_EMPLOYED)
        return
    if image := _moves(bridge, earlier, task, order, person):
        task.before_image = seal_before_image(bridge.keys, task.task_id, image)
    task.state = TaskState.HANDED
    await audit(session, task, "task_handed_over")


def _moves(
    bridge: Bridge, earlier: Sequence[Task], task: Task, order: Order, person: Person | None
) -> BeforeImage | None:
    """From which duty station to which, where the HR system can hold that; the first image says where to go back."""
    if not order.location or person is None:
        return None
    same = (one for one in earlier if one.type == task.type)
    images = [image for one in same if (image := read_before_image(bridge.keys, one))]
    before = images[0].from_ if images else person.station
    to = before if task.kind == TaskKind.RESTORE else order.location
    return BeforeImage(order.person, before, to)


async def confirm(session: AsyncSession, bridge: Bridge, task: Task, staff_id: str) -> bool:
    """Somebody in HR says that it is done; False when the HR system can say so too, and does not. What is given back is
    so, too, where HR has moved them on since, and where they have left. Raises what asking it raises.
    """
    image, ends = read_before_image(bridge.keys, task), task.kind == TaskKind.RESTORE
    if image is None:
        await tell_done(session, task, _word(bridge, task, staff_id))
        return True
    try:
        place = await bridge.tryton.place(image.person)
    except EmployeeNotFound:
        if ends:
            await tell_done(session, task, _word(bridge, task, staff_id))
        return ends
    moved_on = ends and place.station != read_order(bridge.keys, task).location
    if place.station != image.to and not moved_on:
        return False
    await tell_done(session, task, tag(bridge.keys.cell, "proof", str(task.task_id), place.station, place.stamp))
    return True


def _word(bridge: Bridge, task: Task, whose: str) -> bytes:
    """A proof that is somebody's word: keyed, so that nobody along the way learns whose."""
    return tag(bridge.keys.cell, "word", str(task.task_id), whose, datetime.now(UTC).isoformat())
