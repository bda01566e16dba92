"""
The change of one reporting line: before-image, compare-and-set, proof; repeatable from any point at which it was cut.

Each task goes through two transactions. The first keeps the before-image. The second holds the measure's rows while it
writes the HR system and reads it back, so that two attempts never interleave: one that hangs cannot write after
another has already undone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from chassis import audit_trail, failpoints
from chassis.outbox import add_event
from chassis.sealing import tag
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureFailed, MeasurePassedOn, MeasureRestored
from contracts.topics import HR_MEASURE_RESULTS
from services.hr_bridge.adapters.tryton import EmployeeNotFound, Line
from services.hr_bridge.bridge import BeforeImage, Bridge, read_before_image, read_persons, seal_before_image
from services.hr_bridge.declarations import expect_line
from services.hr_bridge.domain.by_hand import REPORTING_LINE_CHANGE
from services.hr_bridge.domain.line_change import (
    FailureCode,
    PersonsUnreadable,
    Step,
    TaskKind,
    TaskState,
    Verdict,
    judge,
    next_turn,
    ours,
)
from services.hr_bridge.tables import Task
from services.hr_bridge.tasks import meant, supervisor_before, tasks_of
from services.hr_bridge.workflows import HEARTBEAT, Advance, Advanced


class Changes:
    """The activity of the workflow `Work`, and what a confirmation by hand shares with it."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        # Each turn holds a connection while the HR system thinks; some must be left for everybody else.
        self._slots = asyncio.Semaphore(2)

    @activity.defn(name="advance")
    async def advance(self, order: Advance) -> Advanced:
        """
        Do what is due for a measure and say when the next task is.

        Raises HrSystemUnreachable, HrSystemRefused, RecordChangedMeanwhile: then nothing is proven, and the same call
        is worth repeating.
        """
        measure_id = UUID(order.measure_id)
        beating = asyncio.create_task(_beat())
        try:
            # A try may be hours younger than its order: what has come due since belongs to it, too.
            while await self._turn(measure_id, max(order.now, datetime.now(UTC))):
                pass
        finally:
            beating.cancel()
        async with self._bridge.database.transaction() as session:
            waiting = [task.due_at for task in await tasks_of(session, measure_id) if task.state == TaskState.WAITING]
        return Advanced(min(waiting, default=None))

    async def _turn(self, measure_id: UUID, now: datetime) -> bool:
        """One transaction of one task; False when nothing is due."""
        async with self._slots, self._bridge.database.transaction() as session:
            tasks = await tasks_of(session, measure_id, lock=True)
            keys = self._bridge.keys
            images = [read_before_image(keys, one) if one.type == REPORTING_LINE_CHANGE else None for one in tasks]
            steps = [
                Step(TaskState(task.state), task.due_at <= now, image.to if image else None)
                for task, image in zip(tasks, images, strict=True)
            ]
            turn = next_turn(steps)
            if turn is None:
                return False
            for index in turn.withdraw:
                settle(tasks[index], TaskState.WITHDRAWN)
                await audit(session, tasks[index], "task_withdrawn")
            task, image = tasks[turn.do], images[turn.do]
            before = supervisor_before(self._bridge.keys, tasks)
            expected = None if before is None else ours(before, steps)
            try:
                if image is None or expected is None:
                    await self._prepare(session, task, before, expected)
                else:
                    await self._write(session, task, image, expected)
            except EmployeeNotFound as missing:
                if not await self._has_left(session, task, missing):
                    await fail(session, task, _CODES[missing.role])
            except PersonsUnreadable:
                await fail(session, task, FailureCode.PERSONS_UNREADABLE)
            return True

    async def _prepare(
        self, session: AsyncSession, task: Task, before: str | None, expected: frozenset[str] | None
    ) -> None:
        """Keep the before-image, before the HR system is touched. `before`, `expected`: None while nothing is ours."""
        keys = self._bridge.keys
        if task.kind == TaskKind.RESTORE and before is None:
            # Nothing was ever written for this measure: what stands is what is given back.
            persons = read_persons(keys, task.measure_id, task.sealed_persons)
            await self._prove(session, task, await self._bridge.tryton.line(persons.person))
            return
        image = await meant(session, keys, task, before)
        line = await self._bridge.tryton.line(image.person)
        if expected is None:
            # The first change starts from what was decided on, and from nothing else: it is what will be given back.
            as_known = line.supervisor == image.from_
        else:
            as_known = judge(line.supervisor, expected=expected, wanted=image.to) is not Verdict.NOT_OURS
        if not as_known:
            await fail(session, task, FailureCode.CHANGED_MEANWHILE)
            return
        image = replace(image, from_=line.supervisor)
        task.before_image = seal_before_image(keys, task.task_id, image)
        task.state = TaskState.RUNNING

    async def _write(self, session: AsyncSession, task: Task, image: BeforeImage, expected: frozenset[str]) -> None:
        tryton = self._bridge.tryton
        line = await tryton.line(image.person)
        verdict = judge(line.supervisor, expected=expected, wanted=image.to)
        if verdict is Verdict.WRITE:
            await tryton.set_supervisor(line, image.to)
            failpoints.hit("hr.after_write")
            line = await tryton.line(image.person)
        if line.supervisor != image.to:
            await fail(session, task, FailureCode.CHANGED_MEANWHILE)
            return
        await self._prove(session, task, line)
        await expect_line(session, self._bridge, image.person, image.to)

    async def confirm(self, session: AsyncSession, task: Task, tasks: Sequence[Task]) -> bool:
        """
        Prove a failed task of a measure's `tasks` that somebody has put right by hand; False when the HR system does
        not say so. A line is given back, too, once nothing of it is as any of them made it: another one is somebody
        else's decision. Raises what reading the HR system raises, and what `meant` raises.
        """
        keys = self._bridge.keys
        image = await meant(session, keys, task, supervisor_before(keys, tasks))
        try:
            line = await self._bridge.tryton.line(image.person)
        except EmployeeNotFound as missing:
            return await self._has_left(session, task, missing)
        made = {was.to for one in tasks if one is not task and (was := read_before_image(keys, one))}
        moved_on = task.kind == TaskKind.RESTORE and line.supervisor not in made
        if line.supervisor != image.to and not moved_on:
            return False
        task.before_image = seal_before_image(self._bridge.keys, task.task_id, image)
        await self._prove(session, task, line)
        return True

    async def _has_left(self, session: AsyncSession, task: Task, missing: EmployeeNotFound) -> bool:
        """Whoever has left has no line: there is nothing to give back, and the measure ends."""
        left = task.kind == TaskKind.RESTORE and missing.role == "person"
        if left:
            await tell_done(session, task, tag(self._bridge.keys.cell, "proof", str(task.task_id), "nobody employed"))
        return left

    async def _prove(self, session: AsyncSession, task: Task, line: Line) -> None:
        """
        Record what was just read from the HR system as done.

        The proof is keyed: everybody along the way may hold it, and nobody learns from it whose line it is.
        """
        parts = (str(task.task_id), str(line.employee), line.supervisor, line.stamp)
        task.proof_hash = tag(self._bridge.keys.cell, "proof", *parts)
        await tell_done(session, task, task.proof_hash)


async def tell_done(session: AsyncSession, task: Task, proof: bytes) -> None:
    """The task is done, with this proof: workflow learns of it."""
    task.proof_hash = proof
    task.code = None
    settle(task, TaskState.DONE)
    result, moment = _RESULTS[TaskKind(task.kind)]
    named = {"measure_id": str(task.measure_id), "task_id": str(task.task_id), "decision_id": task.decision_id}
    message = result(**named, proof_hash=proof)
    getattr(message, moment).FromDatetime(datetime.now(UTC))
    await add_event(session, HR_MEASURE_RESULTS, str(task.measure_id), message)
    await audit(session, task, "task_done", proof=proof.hex())


_RESULTS: Final[Mapping[TaskKind, tuple[type[Any], str]]] = {
    TaskKind.APPLY: (MeasureApplied, "applied_at"),
    TaskKind.PASS_ON: (MeasurePassedOn, "passed_on_at"),
    TaskKind.RESTORE: (MeasureRestored, "restored_at"),
}
_CODES: Final = {"person": FailureCode.PERSON_NOT_EMPLOYED, "supervisor": FailureCode.SUPERVISOR_NOT_EMPLOYED}


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(HEARTBEAT.total_seconds() / 3)


async def fail(session: AsyncSession, task: Task, code: FailureCode) -> None:
    """Leave it to a human: the HR system is not touched, and nobody is told that the measure is effective."""
    task.code = code
    settle(task, TaskState.FAILED)
    failed = MeasureFailed(
        measure_id=str(task.measure_id), task_id=str(task.task_id), decision_id=task.decision_id, code=code
    )
    await add_event(session, HR_MEASURE_RESULTS, str(task.measure_id), failed)
    await audit(session, task, "task_failed", code=code)


def settle(task: Task, state: TaskState) -> None:
    task.state = state
    task.finished_at = datetime.now(UTC)


async def audit(session: AsyncSession, task: Task, act: str, **facts: str) -> None:
    facts = {"measure": str(task.measure_id), "kind": task.kind, **facts}
    await audit_trail.record(session, act, object_ref=str(task.task_id), actor=None, rule="36", facts=facts)
