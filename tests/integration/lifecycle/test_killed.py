"""Workers that are killed: no action is lost or taken twice, and every clock rings (invariant 54)."""

import asyncio
import contextlib
import json
import random
import signal
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.api.workflowservice.v1 import RespondActivityTaskFailedByIdRequest

from chassis import temporal as chassis_temporal
from lifecycle.sender import ActionLost
from ops.local_stack.ports import free_port
from ops.local_stack.temporal import Temporal
from tests.forks import Fork, forked
from tests.integration.lifecycle.at_work import act, answered, at_temporal, reached, until, within
from tests.integration.lifecycle.loans import Loans
from tests.integration.lifecycle.worker_process import work
from tests.real_parts import TemporalServer

KILLS = 20


def worker_process(loans: Loans, failpoints: str = "") -> AbstractAsyncContextManager[Fork]:
    return forked(work, loans.desk.settings, failpoints=failpoints)


@pytest.mark.parametrize("failpoint", ["decide.before_commit", "decide.after_commit"])
async def test_inv_54_a_worker_killed_around_its_commit_loses_no_clock_and_acts_once(
    loans: Loans, tmp_path: Path, failpoint: str
) -> None:
    """The caller is gone and Temporal is started again: it has never heard of the action."""
    server = Temporal(tmp_path / "temporal", free_port(), tmp_path / "temporal.log")
    await server.start()
    try:
        await server.ready()
        at_temporal(loans, server.address)
        case_id, action_id = await loans.open(), uuid4()
        until_at = within(4)
        async with worker_process(loans, failpoint) as worker:
            caller = asyncio.create_task(act(loans, case_id, "lend", action_id, until_at=until_at))
            assert await worker.ended() == -signal.SIGKILL
            caller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ActionLost):
                await caller
        await server.stop()
        await server.start()
        await server.ready()
        assert (await loans.row(case_id)).state == ("lent" if failpoint == "decide.after_commit" else "asked")

        async with worker_process(loans):
            if failpoint == "decide.before_commit":
                await answered(loans, case_id, "lend", action_id, until_at=until_at)
            await reached(loans, case_id, "overdue")
        taken = await loans.query("select version from case_actions where case_id = :case_id", case_id=case_id)
        assert [row.version for row in taken] == [2]
    finally:
        await server.stop()


@pytest.mark.parametrize("failpoint", ["ring.before_commit", "ring.after_commit"])
async def test_inv_54_a_worker_killed_around_a_ring_rings_it_once(
    loans: Loans, tmp_path: Path, temporal: TemporalServer, failpoint: str
) -> None:
    """What was due while nobody worked rings as soon as somebody does: two reminders and the end."""
    at_temporal(loans, temporal.address)
    began = datetime.now(UTC) - timedelta(seconds=20)
    case_id = await loans.open(now=began)
    until_at = (began + timedelta(seconds=5)).isoformat()
    await loans.decide(await loans.sign(case_id, "lend", {"until_at": until_at}), began)

    async with worker_process(loans, failpoint) as worker:
        assert await worker.ended() == -signal.SIGKILL
    assert (await loans.row(case_id)).state == ("overdue" if failpoint == "ring.after_commit" else "lent")
    async with worker_process(loans):
        await reached(loans, case_id, "overdue")
        # Its workflow is at work again.
        await answered(loans, case_id, "remark", uuid4())

    steps = (await loans.row(case_id)).data["steps"]
    assert [step.facts.get("mark") for step in steps] == [None, None, "im.remind.4", "im.remind.2", "due"]
    rows = await loans.query("select entry_json from audit_trail")
    acts = [json.loads(row.entry_json)["act"] for row in rows]
    assert (acts.count("clock.reminded"), acts.count("clock.rang")) == (2, 1)


@pytest.mark.parametrize("failpoint", ["errand.before_commit", "errand.after_commit"])
async def test_inv_54_a_worker_killed_around_the_end_of_an_errand_has_it_done_once(
    loans: Loans, tmp_path: Path, temporal: TemporalServer, failpoint: str
) -> None:
    at_temporal(loans, temporal.address)
    client = await chassis_temporal.connect(loans.desk.settings, loans.desk.keys)
    case_id = await loans.open()
    workflow_id = (await loans.row(case_id)).workflow_id
    handle = client.get_workflow_handle(workflow_id)
    async with worker_process(loans, failpoint) as worker:
        caller = asyncio.create_task(act(loans, case_id, "repair"))
        assert await worker.ended() == -signal.SIGKILL
        caller.cancel()
        with contextlib.suppress(asyncio.CancelledError, ActionLost):
            await caller
    assert bool((await loans.row(case_id)).errands) is (failpoint == "errand.before_commit")
    # In place of the minute after which Temporal takes it for lost.
    (lost,) = (await handle.describe()).raw_description.pending_activities
    await client.workflow_service.respond_activity_task_failed_by_id(
        RespondActivityTaskFailedByIdRequest(
            namespace=client.namespace, workflow_id=workflow_id, activity_id=lost.activity_id
        )
    )

    async with worker_process(loans):

        async def settled() -> bool:
            return not (await handle.describe()).raw_description.pending_activities

        await until(settled)
    row = await loans.row(case_id)
    assert (list(row.errands), [step.action for step in row.data["steps"]]) == ([], ["open", "repair", "remark"])


async def test_a_worker_killed_at_random_moments_loses_no_action_and_no_clock(
    loans: Loans, tmp_path: Path, temporal: TemporalServer
) -> None:
    at_temporal(loans, temporal.address)
    seeded = random.Random(20261122)
    asked: list[tuple[UUID, UUID, str]] = []
    for _ in range(KILLS):
        async with worker_process(loans) as worker:
            one = await loans.open(), uuid4(), within(seeded.uniform(1, 4))
            asked.append(one)
            caller = asyncio.create_task(act(loans, one[0], "lend", one[1], until_at=one[2]))
            await asyncio.sleep(seeded.uniform(0, 0.4))
            worker.kill()
            await worker.ended()
            caller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ActionLost):
                await caller

    async with worker_process(loans):
        for case_id, action_id, until_at in asked:
            row = await loans.row(case_id)
            if row.state == "asked":
                # Never committed, and its time may have passed since: the client asks anew.
                late = datetime.fromisoformat(until_at) < datetime.now(UTC) + timedelta(seconds=1)
                await answered(loans, case_id, "lend", action_id, until_at=within(2) if late else until_at)
            await reached(loans, case_id, "overdue")
            taken = await loans.query("select action from case_actions where case_id = :case_id", case_id=case_id)
            assert [one.action for one in taken] == ["lend"]
            steps = [step.action for step in (await loans.row(case_id)).data["steps"]]
            assert steps.count("lend") == 1
