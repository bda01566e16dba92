"""The raw counterparts: the rows of a staff action without us, an update without rules."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import asyncpg
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TABLES = """
create table bench_cases (case_id uuid primary key, version int, data jsonb, changed_at timestamptz);
create table bench_actions (action_id uuid primary key, case_id uuid, version int, answer jsonb, at timestamptz);
create table bench_outbox (id uuid primary key, topic text, key text, sequence bigint, value bytea);
create table bench_counters (key text primary key, sequence bigint);
create table bench_trail (shard int, number bigint, entry bytea, hash bytea, primary key (shard, number));
"""


async def news_gone(admin_dsn: str) -> None:
    """Waits until no relay has anything left to carry: what is measured beside that is the news of what was measured
    before.
    """
    connection = await asyncpg.connect(admin_dsn)
    try:
        outboxes = await connection.fetch("select schemaname from pg_tables where tablename = 'outbox'")
        left = " or ".join(
            f"exists (select from {schema}.outbox where sent_at is null and parked is null)" for (schema,) in outboxes
        )
        while await connection.fetchval(f"select {left}"):
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def raw_rows(dsn: str, count: int) -> list[float]:
    """Milliseconds for the rows of one staff action (case, action, two events, audit) in one transaction."""
    connection = await asyncpg.connect(dsn)
    schema = f"bench_{uuid4().hex[:8]}"
    times = []
    try:
        await connection.execute(f"create schema {schema}; set search_path = {schema}; {TABLES}")
        case_id = uuid4()
        await connection.execute("insert into bench_cases values ($1, 1, '{}', now())", case_id)
        for number in range(count):
            began = time.perf_counter()
            async with connection.transaction():
                await connection.fetchrow("select * from bench_cases where case_id = $1 for update", case_id)
                await connection.execute(
                    "update bench_cases set version = version + 1, data = $2, changed_at = now() where case_id = $1",
                    case_id, '{"state": "acknowledged"}',
                )  # fmt: skip
                await connection.execute(
                    "insert into bench_actions values ($1, $2, $3, '{}', now())", uuid4(), case_id, number
                )
                for topic in ("cases", "audit"):
                    await connection.execute(
                        "insert into bench_counters values ($1, 1)"
                        " on conflict (key) do update set sequence = bench_counters.sequence + 1", topic,
                    )  # fmt: skip
                    await connection.execute(
                        "insert into bench_outbox values ($1, $2, $3, $4, $5)",
                        uuid4(), topic, str(case_id), number, os.urandom(200),
                    )  # fmt: skip
                await connection.execute(
                    "insert into bench_trail values (0, $1, $2, $3)", number, os.urandom(300), os.urandom(32)
                )
            times.append((time.perf_counter() - began) * 1000)
        await connection.execute(f"drop schema {schema} cascade")
    finally:
        await connection.close()
    return times


@activity.defn
async def nothing() -> None:
    """A local activity that does nothing."""


@workflow.defn
class NoOp:
    def __init__(self) -> None:
        self._done = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self._done)

    @workflow.update
    async def act(self) -> None:
        await workflow.execute_local_activity(nothing, start_to_close_timeout=timedelta(seconds=5))

    @workflow.signal
    def end(self) -> None:
        self._done = True


@workflow.defn
class OpensOnly:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_local_activity("open", start_to_close_timeout=timedelta(seconds=5))
        await workflow.sleep(timedelta(days=1))


@asynccontextmanager
async def open_no_ops(client: Client) -> AsyncIterator[Callable[[bool], Awaitable[None]]]:
    """A workflow that runs one local activity and then waits for a clock, as a case's does: from its start until the
    activity has run. With True it is started as a case's is, whose first task comes with the answer.
    """
    queue, opened = f"bench-{uuid4()}", dict[str, asyncio.Event]()

    @activity.defn(name="open")
    async def ring() -> None:
        opened[activity.info().workflow_id or ""].set()

    async def open_one(eagerly: bool) -> None:
        workflow_id = str(uuid4())
        opened[workflow_id] = asyncio.Event()
        await client.start_workflow(OpensOnly.run, id=workflow_id, task_queue=queue, request_eager_start=eagerly)
        await opened[workflow_id].wait()

    async with Worker(
        client, task_queue=queue, workflows=[OpensOnly], activities=[ring], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        yield open_one


@asynccontextmanager
async def no_op_updates(client: Client) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """An update whose handler runs one local activity, of one workflow that does nothing else."""
    queue = f"bench-{uuid4()}"
    async with Worker(
        client, task_queue=queue, workflows=[NoOp], activities=[nothing], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await client.start_workflow(NoOp.run, id=queue, task_queue=queue)

        async def update() -> None:
            await handle.execute_update(NoOp.act)

        await update()  # warm
        yield update
        await handle.signal(NoOp.end)
        await handle.result()
