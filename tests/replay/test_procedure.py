"""Histories of running cases replay under today's workflow code: no server, no database."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow

from lifecycle.durable import Procedure
from tests.replay import lifecycles, procedure
from tests.replay.recorded import history, names, replayed


@pytest.mark.parametrize("name", procedure.PATHS)
async def test_a_recorded_path_replays(name: str) -> None:
    assert (await replayed(Procedure, history(procedure.FOLDER, name, name))).replay_failure is None


@pytest.mark.parametrize("name", lifecycles.PATHS)
async def test_a_recorded_case_of_every_lifecycle_replays(name: str) -> None:
    recorded = history(lifecycles.FOLDER, name, name)
    assert (await replayed(Procedure, recorded)).replay_failure is None
    looked = [one for one in recorded.events if one.HasField("marker_recorded_event_attributes")]
    assert len(looked) > 1, "hardly anything happens in it"


def test_every_history_belongs_to_a_path() -> None:
    assert names(procedure.FOLDER) == set(procedure.PATHS)
    assert names(lifecycles.FOLDER) == set(lifecycles.PATHS)


async def test_a_workflow_that_does_something_else_does_not_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes the tests above worth something."""

    async def ring_remotely(procedure: Any) -> None:
        await workflow.execute_activity("ring", start_to_close_timeout=timedelta(seconds=1))

    monkeypatch.setattr(Procedure, "_ring", ring_remotely)
    result = await replayed(Procedure, history(procedure.FOLDER, "clock_rang", "clock_rang"))
    assert "TMPRL1100" in str(result.replay_failure)
