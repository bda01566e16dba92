"""Where recorded histories lie, how one is kept, and how one is replayed."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowReplayResult

from chassis.temporal import sealing_converter

HISTORIES: Final = Path(__file__).parent / "histories"
KEY: Final = bytes(range(32))
"""Seals nothing but these histories, whose contents are invented."""


def names(folder: str) -> set[str]:
    return {path.stem for path in (HISTORIES / folder).glob("*.json")}


def missing(folder: str, wanted: Iterable[str]) -> list[str]:
    return [name for name in wanted if name not in names(folder)]


async def keep(handle: WorkflowHandle[Any, Any], folder: str, name: str) -> None:
    """Whose process and machine it was recorded on is nobody's business."""
    recorded = re.sub(r'"\d+@[^"]*"', '"recorder"', (await handle.fetch_history()).to_json())
    (HISTORIES / folder).mkdir(exist_ok=True)
    (HISTORIES / folder / f"{name}.json").write_text(recorded + "\n")


def history(folder: str, name: str, workflow_id: str) -> WorkflowHistory:
    """`workflow_id` is the one it was recorded under: what lies in it is sealed for no other."""
    return WorkflowHistory.from_json(workflow_id, (HISTORIES / folder / f"{name}.json").read_text())


async def replayed(workflow: type, of: WorkflowHistory) -> WorkflowReplayResult:
    """Under today's code, as in production without a sandbox (ADR 49)."""
    replayer = Replayer(
        workflows=[workflow],
        namespace="default",
        data_converter=sealing_converter(KEY),
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    return await replayer.replay_workflow(of, raise_on_replay_failure=False)
