"""Paths of `Procedure`, which is the workflow of every case, with activities that answer from a script."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy

from chassis.temporal import worker
from lifecycle.durable import EVENTS_PER_RUN, Act, Decided, Errand, Procedure, RefusedAction, Ring, Running, Verdict
from lifecycle.signed import SignedAction
from tests.replay.recorded import keep

FOLDER: Final = "procedure"
QUEUE: Final = "record"


class Script:
    """A case that lives in memory: an action's name says what it does."""

    def __init__(self) -> None:
        self.version, self.next_due_at, self.over = 1, None, False
        self.errands: tuple[str, ...] = ()
        self.failures = 1

    def stands(self, case_id: str, answer: dict[str, int] | None = None) -> Decided:
        return Decided(case_id, self.version, self.next_due_at, self.errands, self.over, answer)

    @activity.defn(name="decide")
    async def decide(self, act: Act) -> Verdict:
        match act.signed.name:
            case "refuse":
                return Verdict(refused=RefusedAction("ACTION_NOT_OPEN", "lifecycle", {"state": "asked"}))
            case "wait":
                self.next_due_at = datetime.now(UTC) + timedelta(seconds=1)
            case "errand":
                self.errands = (f"fetch:{self.version + 1}",)
            case "end":
                self.over = True
        self.version += 1
        return Verdict(decided=self.stands(act.case_id, {"version": self.version}))

    @activity.defn(name="ring")
    async def ring(self, ring: Ring) -> Decided:
        if self.next_due_at and self.next_due_at <= ring.now:
            self.next_due_at, self.version = None, self.version + 1
        return self.stands(ring.case_id)

    @activity.defn(name="run_errand")
    async def run_errand(self, errand: Errand) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        self.errands = ()


async def act(client: Client, workflow_id: str, name: str) -> None:
    signed = SignedAction(
        workflow_id, 1, "action", name, {}, {}, "", "S0005", ("investigator",), "2026-01-01T00:00:00Z"
    )
    starting = WithStartWorkflowOperation(
        Procedure.run, Running(workflow_id), id=workflow_id, task_queue=QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )  # fmt: skip
    try:
        await client.execute_update_with_start_workflow(Procedure.act, signed, start_workflow_operation=starting)
    except WorkflowUpdateFailedError:
        assert name == "refuse"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.1)


async def record(client: Client, name: str) -> None:
    """The path `name`, from the first action to what the server then has."""
    script = Script()
    activities = [script.decide, script.ring, script.run_errand]
    async with worker(client, QUEUE, workflows=[Procedure], activities=activities):
        handle = client.get_workflow_handle_for(Procedure.run, name)
        match name:
            case "refused_then_acted_then_erased":
                for action in ("refuse", "take", "end"):
                    await act(client, name, action)
                await handle.result()
            case "clock_rang":
                await act(client, name, "wait")
                await until(lambda: script.version == 3)
            case "errand_failed_once":
                await act(client, name, "errand")
                await until(lambda: not script.errands)
                await act(client, name, "take")
            case "woken_and_continued_as_new":
                first = await client.start_workflow(
                    Procedure.run, Running(name), id=name, task_queue=QUEUE, start_signal="wake"
                )
                for _ in range(EVENTS_PER_RUN // 3):
                    await act(client, name, "take")
                handle = client.get_workflow_handle_for(Procedure.run, name, run_id=first.first_execution_run_id)
        await keep(handle, FOLDER, name)


PATHS: Final = (
    "refused_then_acted_then_erased",
    "clock_rang",
    "errand_failed_once",
    "woken_and_continued_as_new",
)
