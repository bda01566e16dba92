"""The measures' workflows: started after a task was written, and started again by the sweeper when one is missing."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from chassis import temporal
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.saga.changes import Changes
from services.hr_bridge.workflows import Work

logger = logging.getLogger(__name__)

_OVERDUE: Final = text("""
    select task_id, measure_id from tasks where state in ('waiting', 'running') and due_at < :before order by due_at
""")


class Workflows:
    """One workflow per measure that has something to do; its id is the measure's, which is random."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        # Stacks that share a broker by prefix may share Temporal, too; each opens only what it sealed itself.
        self._task_queue = bridge.settings.kafka_prefix + bridge.settings.service
        self._client: Client | None = None
        self._woken: set[UUID] = set()

    async def start(self, measure_id: UUID) -> bool:
        """Start the measure's workflow or wake it; False, not an exception, when the sweeper will have to."""
        try:
            client = await self._connected()
            # Signal-with-start: one that is just ending sees the signal and looks again.
            await client.start_workflow(
                Work.run, str(measure_id), id=str(measure_id), task_queue=self._task_queue, start_signal="wake"
            )
        except (RPCError, RuntimeError) as error:
            logger.warning("workflow not started", extra={"error": type(error).__name__})
            return False
        return True

    async def run(self) -> None:
        """Work off what workflows ask for, and sweep. Raises RuntimeError while Temporal does not answer."""
        client = await temporal.connect(self._bridge.settings, self._bridge.keys)
        changes = Changes(self._bridge)
        async with temporal.worker(client, self._task_queue, workflows=[Work], activities=[changes.advance]):
            while True:
                await self.sweep(datetime.now(UTC))
                await asyncio.sleep(self._bridge.settings.overdue_after)

    async def sweep(self, now: datetime) -> int:
        """
        See to it that every overdue task has a workflow that knows of it; how many tasks were overdue.

        Each is signalled once: a workflow that tries again and again by itself must not drown in signals.
        """
        before = now - timedelta(seconds=self._bridge.settings.overdue_after)
        async with self._bridge.database.transaction() as session:
            overdue = (await session.execute(_OVERDUE, {"before": before})).all()
        self._woken &= {task_id for task_id, _ in overdue}
        for task_id, measure_id in overdue:
            if task_id in self._woken:
                await self._start_missing(measure_id)
            elif await self.start(measure_id):
                self._woken.add(task_id)
        return len(overdue)

    async def _start_missing(self, measure_id: UUID) -> None:
        client = await self._connected()
        try:
            await client.start_workflow(Work.run, str(measure_id), id=str(measure_id), task_queue=self._task_queue)
        except WorkflowAlreadyStartedError:
            return
        logger.info("workflow started again", extra={"workflow_id": str(measure_id)})

    async def _connected(self) -> Client:
        if self._client is None:
            self._client = await temporal.connect(self._bridge.settings, self._bridge.keys, lazy=True)
        return self._client
