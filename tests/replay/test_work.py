"""Histories of the HR bridge's workflow that were recorded once must still be understood by today's code."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from services.hr_bridge.workflows import Work

HISTORIES = Path(__file__).parent / "histories"


@pytest.mark.parametrize("name", ["work.json"])
async def test_a_recorded_run_replays(name: str) -> None:
    """One try that failed, a wait that a signal cut short, a wait for the hour, the end."""
    history = WorkflowHistory.from_json("recorded", (HISTORIES / name).read_text(encoding="utf-8"))
    replayed = await Replayer(workflows=[Work]).replay_workflow(history, raise_on_replay_failure=False)
    assert replayed.replay_failure is None
