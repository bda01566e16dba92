"""Histories of the HR bridge's workflow that were recorded once must still be understood by today's code."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow

from services.hr_bridge.workflows import Work
from tests.replay import work
from tests.replay.recorded import history, names, replayed


@pytest.mark.parametrize("name", work.PATHS)
async def test_a_recorded_saga_replays(name: str) -> None:
    assert (await replayed(Work, history(work.FOLDER, name, str(work.measure_of(name))))).replay_failure is None


def test_every_history_belongs_to_a_path() -> None:
    assert names(work.FOLDER) == set(work.PATHS)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("refused_by_the_hr_system", "HrSystemRefused"),
        ("written_meanwhile", "RecordChangedMeanwhile"),
        ("hr_system_down_and_back", "HrSystemUnreachable"),
    ],
)
def test_a_history_of_trouble_has_it_in_it(name: str, error: str) -> None:
    recorded = history(work.FOLDER, name, str(work.measure_of(name)))
    tried = [one.activity_task_started_event_attributes for one in recorded.events]
    assert error in {one.last_failure.application_failure_info.type for one in tried}


async def test_a_workflow_that_waits_otherwise_does_not_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes the tests above worth something."""

    async def sleep(saga: Any, due_at: Any) -> None:
        await workflow.execute_activity("wait", start_to_close_timeout=timedelta(days=1))

    monkeypatch.setattr(Work, "_wait_until", sleep)
    name = "applied_at_its_hour"
    result = await replayed(Work, history(work.FOLDER, name, str(work.measure_of(name))))
    assert "TMPRL1100" in str(result.replay_failure)
