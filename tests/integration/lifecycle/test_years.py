"""Two years of one case, on a Temporal server that skips time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from chassis.temporal import sealing_converter, worker
from lifecycle.activities import Activities
from lifecycle.durable import Procedure
from lifecycle.sweeper import reconcile
from ops.local_stack.temporal import executable
from policy.load import load
from tests.integration.lifecycle.at_work import until
from tests.integration.lifecycle.loans import Loans


@pytest.fixture
async def skipping(loans: Loans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkflowEnvironment]:
    # The server writes a settings folder into the home directory.
    monkeypatch.setenv("HOME", str(tmp_path))
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=sealing_converter(loans.desk.keys.codec),
        dev_server_existing_path=str(executable()),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        dev_server_log_level="error",
    )
    async with environment:
        yield environment


async def test_a_case_rings_for_two_years_and_is_then_erased(loans: Loans, skipping: WorkflowEnvironment) -> None:
    loans.desk.policy = load("iom-2024-03")
    began = datetime.now(UTC)
    case_id = await loans.open(now=began)
    await loans.decide(
        await loans.sign(case_id, "lend", {"until_at": (began + timedelta(days=730)).isoformat()}), began
    )
    await loans.person(case_id, "keep_in_touch", began)
    activities = Activities(loans.desk).all
    async with worker(skipping.client, loans.desk.task_queue, workflows=[Procedure], activities=activities):
        await reconcile(loans.desk, skipping.client)

        async def overdue() -> bool:
            return (await loans.row(case_id)).state == "overdue"

        await until(overdue, 120)
        row = await loans.row(case_id)
        rings = [step for step in row.data["steps"] if step.action == "ring"]
        marks = [(one.facts["clock"], one.facts["mark"]) for one in rings]
        # Every 30 days, a reminder 14, 7 and 2 days before the end, and the end.
        assert marks.count(("report.update", "due")) >= 24
        assert [mark for mark in marks if mark[0] == "im.end"] == [
            ("im.end", "im.remind.14"), ("im.end", "im.remind.7"), ("im.end", "im.remind.2"), ("im.end", "due"),
        ]  # fmt: skip
        late = [(one.at - began).days for one in rings if one.facts["clock"] == "im.end"]
        assert late == [716, 723, 728, 730]

        await loans.person(case_id, "give_back", began + timedelta(days=731))
        await loans.move_clock(timedelta(days=800))
        await reconcile(loans.desk, skipping.client)

        async def erased() -> bool:
            return (await loans.row(case_id)).erased_at is not None

        await until(erased, 60)
        handle = skipping.client.get_workflow_handle(row.workflow_id)

        async def ended() -> bool:
            return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED

        await until(ended)
