"""Finds cases whose workflow does not know what it should, and wakes it; starts those that are missing.

Temporal can forget what PostgreSQL has committed: a worker killed between the two leaves a clock that nobody waits
for. So every case that is overdue, not started or has errands waiting is signalled, whatever its workflow believes.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from asyncpg import Record
from sqlalchemy import TextClause, text
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from chassis import temporal
from chassis.database import fetch
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
_AT_ONCE: Final = 10

_OVERDUE: Final = text("""
    update cases set swept_at = now() where case_id in (
        select case_id from cases
        where erased_at is null and (swept_at is null or swept_at < now() - cast(:again_after as interval)) and (
            next_due_at < clock_now() - cast(:overdue_by as interval)
            or (started_at is null and changed_at < now() - cast(:overdue_by as interval) / 10)
            or (errands <> '{}' and changed_at < now() - cast(:overdue_by as interval)))
        limit :page for update skip locked)
    returning case_id, workflow_id, started_at is null as new
""")
_ALL: Final = text("""
    select case_id, workflow_id, false as new from cases
    where erased_at is null and case_id > :after order by case_id limit :page
""")
_THESE: Final = text("""
    select case_id, workflow_id, started_at is null as new from cases
    where case_id = any(:case_ids) and erased_at is null
""")
_STARTED: Final = text("update cases set started_at = now() where case_id = any(:case_ids) and started_at is null")


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
            if cases:
                await wake(desk, client, await _ask(desk, _THESE, {"case_ids": list(dict.fromkeys(cases))}))
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
    again_after = max(overdue_by, _AGAIN_AFTER)
    found = await _ask(desk, _OVERDUE, {"overdue_by": overdue_by, "again_after": again_after, "page": _PAGE})
    await wake(desk, client, found)
    return len(found)


async def reconcile(desk: Desk, client: Client) -> int:
    """Wakes every case that is not erased, starting the workflows that are missing: after the loss of Temporal's
    store. How many. Raises RPCError when Temporal does not answer.
    """
    count, after = 0, UUID(int=0)
    while page := await _ask(desk, _ALL, {"after": after, "page": _PAGE}):
        await wake(desk, client, page)
        count, after = count + len(page), page[-1]["case_id"]
    return count


async def _ask(desk: Desk, statement: TextClause, values: Mapping[str, object]) -> Sequence[Record]:
    async with desk.database.transaction() as session:
        return await fetch(session, statement, values)


async def wake(desk: Desk, client: Client, cases: Sequence[Record]) -> None:
    """Has the workflows of these cases look again; starts those that do not run. Raises RPCError when Temporal does not
    answer for one of them.
    """
    for first in range(0, len(cases), _AT_ONCE):
        some = cases[first : first + _AT_ONCE]
        failed = await asyncio.gather(*(_wake(desk, client, **one) for one in some), return_exceptions=True)
        awake = [one["case_id"] for one, error in zip(some, failed, strict=True) if error is None]
        await _ask(desk, _STARTED, {"case_ids": awake})
        for error in failed:
            if error is not None:
                raise error


async def _wake(desk: Desk, client: Client, case_id: UUID, workflow_id: str, *, new: bool) -> None:
    start = partial(
        client.start_workflow, Procedure.run, Running(str(case_id)), id=workflow_id, task_queue=desk.task_queue
    )
    if new:
        # Nobody waits for it yet, and its worker is here: it looks as it begins.
        try:
            await start(request_eager_start=True)
        except WorkflowAlreadyStartedError:
            pass
        else:
            return
    await start(start_signal="wake", id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING)
