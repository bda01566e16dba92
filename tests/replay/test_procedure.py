"""Histories of running cases replay under today's workflow code: no server, no database."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowReplayResult

from chassis.temporal import sealing_converter
from lifecycle.durable import Procedure
from tests.replay.record import HISTORIES, KEY, PATHS


async def replayed(name: str) -> WorkflowReplayResult:
    history = WorkflowHistory.from_json(name, (HISTORIES / f"{name}.json").read_text())
    converter = sealing_converter(KEY)
    replayer = Replayer(
        workflows=[Procedure],
        namespace="default",
        data_converter=converter,
        workflow_runner=UnsandboxedWorkflowRunner(),  # as in production (ADR 49)
    )
    return await replayer.replay_workflow(history, raise_on_replay_failure=False)


@pytest.mark.parametrize("name", PATHS)
async def test_a_recorded_case_replays(name: str) -> None:
    assert (await replayed(name)).replay_failure is None


def test_every_history_belongs_to_a_path() -> None:
    assert {path.stem for path in HISTORIES.glob("*.json")} == set(PATHS)


async def test_a_workflow_that_does_something_else_does_not_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes the tests above worth something."""

    async def ring_remotely(procedure: Any) -> None:
        await workflow.execute_activity("ring", start_to_close_timeout=timedelta(seconds=1))

    monkeypatch.setattr(Procedure, "_ring", ring_remotely)
    result = await replayed("clock_rang")
    assert "TMPRL1100" in str(result.replay_failure)
