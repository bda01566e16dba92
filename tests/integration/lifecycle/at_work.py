"""A worker and a sweeper for the loans of these tests, and what somebody does in a case."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from temporalio.client import Client

from chassis import temporal as chassis_temporal
from lifecycle.activities import Activities
from lifecycle.durable import Procedure
from lifecycle.model import Action
from lifecycle.sender import ActionLost, Sender
from lifecycle.sweeper import sweep_forever
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans

SOON = 30.0
"""Seconds within which something that is due in a moment has happened, on a busy machine too."""


def at_temporal(loans: Loans, address: str) -> Loans:
    loans.desk.settings = loans.desk.settings.model_copy(update={"temporal_address": address})
    return loans


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = SOON) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.1)


async def reached(loans: Loans, case_id: UUID, state: str) -> None:
    async def there() -> bool:
        return (await loans.row(case_id)).state == state

    await until(there)


@asynccontextmanager
async def working(loans: Loans, *, sweeps: bool = True) -> AsyncIterator[Client]:
    """A worker, and beside it a sweeper that is not patient."""
    desk = loans.desk
    client = await chassis_temporal.connect(desk.settings, desk.keys)
    activities = Activities(desk).all
    quickly = {"overdue_by": timedelta(seconds=1), "every": timedelta(milliseconds=300)}
    async with chassis_temporal.worker(client, desk.task_queue, workflows=[Procedure], activities=activities):
        sweeper = asyncio.create_task(sweep_forever(desk, client, **quickly)) if sweeps else None
        try:
            yield client
        finally:
            if sweeper is not None:
                sweeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sweeper


async def act(loans: Loans, case_id: UUID, name: str, action_id: UUID | None = None, **facts: str) -> object:
    sender = Sender(loans.desk)
    action, row = Action(action_id or uuid4(), name, facts), await loans.row(case_id)
    async with loans.desk.database.transaction_if_needed() as begun:
        signed = await sender.sign(begun, row, action, {}, INVESTIGATOR)
    return await sender.send(row, signed)


async def answered(loans: Loans, case_id: UUID, name: str, action_id: UUID, **facts: str) -> None:
    """As a client does that gets no answer: send it again under the same id."""

    async def sent() -> bool:
        try:
            await act(loans, case_id, name, action_id, **facts)
        except ActionLost:
            return False
        return True

    await until(sent, 2 * SOON)


def within(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
