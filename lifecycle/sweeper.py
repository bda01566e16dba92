"""Finds cases whose workflow does not know what it should, and wakes it; starts those that are missing.

Temporal can forget what PostgreSQL has committed: a worker killed between the two leaves a clock that nobody waits
for. So every case that is overdue, not started or has errands waiting is signalled, whatever its workflow believes.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from chassis import temporal
from lifecycle import bodies
from lifecycle.activities import Activities
from lifecycle.desk import Desk
from lifecycle.durable import Procedure, Running

log = logging.getLogger(__name__)

OVERDUE_BY: Final = timedelta(seconds=30)
SWEEP_EVERY: Final = timedelta(seconds=10)
_TIDY_EVERY: Final = timedelta(hours=1)
_AGAIN_AFTER: Final = timedelta(seconds=60)
_PAGE: Final = 200

_OVERDUE: Final = text("""
    update cases set swept_at = now() where case_id in (
        select case_id from cases
        where erased_at is null and (swept_at is null or swept_at < now() - cast(:again_after as interval)) and (
            next_due_at < clock_now() - cast(:overdue_by as interval)
            or (started_at is null and changed_at < now() - cast(:overdue_by as interval) / 10)
            or (errands <> '{}' and changed_at < now() - cast(:overdue_by as interval)))
        limit :page for update skip locked)
    returning case_id, workflow_id
""")
_ALL: Final = text("""
    select case_id, workflow_id from cases where erased_at is null and case_id > :after order by case_id limit :page
""")
_ONE: Final = text("select case_id, workflow_id from cases where case_id = :case_id and erased_at is null")
_STARTED: Final = text("update cases set started_at = now() where case_id = :case_id and started_at is null")


async def keep(desk: Desk) -> None:
    """The part of a service's background that keeps its cases going: the worker and the sweeper. Raises when Temporal
    does not answer at the start; afterwards both wait for it to come back.
    """
    client = await temporal.connect(desk.settings, desk.keys)
    activities = Activities(desk).all
    async with temporal.worker(client, desk.task_queue, workflows=[Procedure], activities=activities):
        await sweep_forever(desk, client)


async def sweep_forever(
    desk: Desk, client: Client, *, overdue_by: timedelta = OVERDUE_BY, every: timedelta = SWEEP_EVERY
) -> None:
    """Wakes at once what is poked, and looks for what was missed every so often. While Temporal is away it goes on
    looking, and says so once.
    """
    loop, reachable = asyncio.get_running_loop(), True
    next_sweep = next_tidying = loop.time()
    while True:
        try:
            async with asyncio.timeout_at(next_sweep):
                cases = [await desk.to_wake.get()]
        except TimeoutError:
            cases = []
        while not desk.to_wake.empty():
            cases.append(desk.to_wake.get_nowait())
        try:
            for case_id in dict.fromkeys(cases):
                await _wake_one(desk, client, case_id)
            if loop.time() >= next_sweep:
                next_sweep = loop.time() + every.total_seconds()
                await sweep(desk, client, overdue_by=overdue_by)
            if loop.time() >= next_tidying:
                next_tidying = loop.time() + _TIDY_EVERY.total_seconds()
                async with desk.database.transaction() as session:
                    await bodies.sweep(session)
        except RPCError as error:
            if reachable:
                log.warning(
                    "Temporal does not answer; cases are woken when it does", extra={"error": error.status.name}
                )
            reachable = False
        else:
            reachable = True


async def sweep(desk: Desk, client: Client, *, overdue_by: timedelta = OVERDUE_BY) -> int:
    """One look: how many cases were woken. Raises RPCError when Temporal does not answer; they are found again."""
    async with desk.database.transaction() as session:
        parameters = {"overdue_by": overdue_by, "again_after": max(overdue_by, _AGAIN_AFTER), "page": _PAGE}
        found = (await session.execute(_OVERDUE, params=parameters)).all()
    for case_id, workflow_id in found:
        await wake(desk, client, case_id, workflow_id)
    return len(found)


async def reconcile(desk: Desk, client: Client) -> int:
    """Wakes every case that is not erased, starting the workflows that are missing: after the loss of Temporal's
    store. How many. Raises RPCError when Temporal does not answer.
    """
    count, after = 0, UUID(int=0)
    while page := await _page(desk, after):
        for case_id, workflow_id in page:
            await wake(desk, client, case_id, workflow_id)
        count, after = count + len(page), page[-1][0]
    return count


async def _page(desk: Desk, after: UUID) -> Sequence[tuple[UUID, str]]:
    async with desk.database.transaction() as session:
        return (await session.execute(_ALL, params={"after": after, "page": _PAGE})).all()


async def _wake_one(desk: Desk, client: Client, case_id: UUID) -> None:
    async with desk.database.transaction() as session:
        found = (await session.execute(_ONE, params={"case_id": case_id})).one_or_none()
    if found is not None:
        await wake(desk, client, *found)


async def wake(desk: Desk, client: Client, case_id: UUID, workflow_id: str) -> None:
    """Has the case's workflow look again; starts it where it does not run."""
    await client.start_workflow(
        Procedure.run,
        Running(str(case_id)),
        id=workflow_id,
        task_queue=desk.task_queue,
        start_signal="wake",
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    async with desk.database.transaction() as session:
        await session.execute(_STARTED, params={"case_id": case_id})
