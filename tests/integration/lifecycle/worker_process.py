"""A worker of the invented desk as a process of its own, so that a test can have it killed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from chassis import temporal
from chassis.settings import Settings
from lifecycle.activities import Activities
from lifecycle.durable import Procedure
from lifecycle.sweeper import sweep_forever
from tests.integration.lifecycle.loans import make_loans


async def work(runs: Callable[[], None], told_to_stop: Callable[[], Awaitable[None]], settings: Settings) -> None:
    desk = make_loans(settings).desk
    client = await temporal.connect(desk.settings, desk.keys)
    activities = Activities(desk).all
    async with temporal.worker(client, desk.task_queue, workflows=[Procedure], activities=activities):
        sweeping = asyncio.create_task(
            sweep_forever(desk, client, overdue_by=timedelta(seconds=1), every=timedelta(milliseconds=300))
        )
        runs()
        await told_to_stop()
        sweeping.cancel()
