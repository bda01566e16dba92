"""Cases, their workflows and what keeps the two together, on the real PostgreSQL and Temporal."""

import asyncio
import contextlib
import json
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.api.workflowservice.v1 import RespondActivityTaskFailedByIdRequest
from temporalio.client import Client, WorkflowExecutionStatus

from chassis import temporal as chassis_temporal
from lifecycle.activities import Activities
from lifecycle.durable import Procedure
from lifecycle.model import Action, Refused
from lifecycle.sender import ActionLost, Sender
from lifecycle.sweeper import reconcile, sweep_forever
from ops.local_stack.ports import free_port
from ops.local_stack.temporal import Temporal
from tests.forks import Fork, forked
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans
from tests.integration.lifecycle.worker_process import work
from tests.real_parts import TemporalServer

KILLS = 20
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
    async with loans.desk.database.transaction() as session:
        signed = await sender.sign(session, row, action, {}, INVESTIGATOR)
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


async def test_an_action_is_taken_through_the_workflow_and_its_clock_rings(
    loans: Loans, temporal: TemporalServer
) -> None:
    at_temporal(loans, temporal.address)
    async with working(loans):
        case_id, action_id = await loans.open(), uuid4()
        answer = await act(loans, case_id, "lend", action_id, until_at=within(3))
        again = await act(loans, case_id, "lend", action_id, until_at=within(3))

        assert answer == again
        assert isinstance(answer, dict)
        assert (answer["version"], answer["state"]) == (2, "lent")
        await reached(loans, case_id, "overdue")

    assert loans.noticed == ["loan.ends", "loan.overdue"]


async def test_a_refusal_comes_back_with_its_code_and_the_case_goes_on(loans: Loans, temporal: TemporalServer) -> None:
    at_temporal(loans, temporal.address)
    async with working(loans):
        case_id = await loans.open()
        refused = await act(loans, case_id, "give_back")
        answer = await act(loans, case_id, "remark")

    assert refused == Refused("ROLE_NOT_ALLOWED", "lifecycle", {"action": "give_back"})
    assert isinstance(answer, dict)
    assert answer["version"] == 2


async def test_an_errand_is_run_and_struck_from_the_row_and_may_be_asked_for_again(
    loans: Loans, temporal: TemporalServer
) -> None:
    at_temporal(loans, temporal.address)
    case_id, failures = await loans.open(), 2
    repaired: list[UUID] = []

    async def repair(case_id: UUID) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionError
        repaired.append(case_id)

    loans.desk.errands = {"repair": repair}
    async with working(loans):
        await act(loans, case_id, "repair")
        await act(loans, case_id, "repair")

        async def done() -> bool:
            return not (await loans.row(case_id)).errands

        await until(done)

    assert repaired == [case_id, case_id]


async def test_what_a_person_did_reaches_the_workflow_and_erasure_ends_it(
    loans: Loans, temporal: TemporalServer
) -> None:
    at_temporal(loans, temporal.address)
    async with working(loans) as client:
        case_id, lend = await loans.open(), uuid4()
        first = await act(loans, case_id, "lend", lend, until_at=within(3600))
        await loans.person(case_id, "give_back")
        await loans.desk.poke(case_id)()

        async def erased() -> bool:
            return (await loans.row(case_id)).erased_at is not None

        await until(erased)
        handle = client.get_workflow_handle((await loans.row(case_id)).workflow_id)

        async def ended() -> bool:
            return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED

        await until(ended)

        row = replace(await loans.row(case_id), version=1)
        signed = await loans.sign(case_id, "lend", {"until_at": within(1)}, seen=1, action_id=lend)
        assert await Sender(loans.desk).send(row, signed) == first
        assert await act(loans, case_id, "remark") == Refused("CASE_UNKNOWN", "decide")


async def test_a_workflow_that_runs_although_nobody_noted_its_start_is_told_of_a_change(
    loans: Loans, temporal: TemporalServer
) -> None:
    at_temporal(loans, temporal.address)
    async with working(loans, sweeps=False) as client:
        case_id = await loans.open()
        await act(loans, case_id, "remark")
        waking = asyncio.create_task(sweep_forever(loans.desk, client))
        await loans.decide(await loans.sign(case_id, "lend", {"until_at": within(2)}))
        await loans.desk.poke(case_id)()
        await reached(loans, case_id, "overdue")
        waking.cancel()


async def test_actions_that_meet_continue_as_new_are_each_taken_once(loans: Loans, temporal: TemporalServer) -> None:
    at_temporal(loans, temporal.address)
    actions = 60
    async with working(loans, sweeps=False) as client:
        case_id = await loans.open()
        await act(loans, case_id, "remark")
        row = await loans.row(case_id)
        handle = client.get_workflow_handle(row.workflow_id)
        first_run = (await handle.describe()).run_id

        async def remark_often() -> None:
            sent = 0
            while sent < actions:
                outcome = await act(loans, case_id, "remark")
                # The version is another one as soon as somebody else was quicker: look again, as people do.
                sent += isinstance(outcome, dict)

        for _ in range(40):
            await handle.signal(Procedure.wake)
        await asyncio.gather(*(remark_often() for _ in range(3)))
        described = await handle.describe()

    assert (await loans.row(case_id)).version == 1 + 1 + 3 * actions
    assert described.run_id != first_run
    assert described.history_length < 1200


async def test_a_signature_by_another_key_is_refused_in_the_workflow_and_audited(
    loans: Loans, temporal: TemporalServer
) -> None:
    at_temporal(loans, temporal.address)
    async with working(loans):
        case_id = await loans.open()
        signed = replace(await loans.sign(case_id, "remark"), signature="AAAA")
        assert await Sender(loans.desk).send(await loans.row(case_id), signed) == Refused("ACTION_FORGED", "decide")

    rows = await loans.query("select entry_json from audit_trail")
    assert [json.loads(row.entry_json)["act"] for row in rows].count("action.refused") == 1


async def test_nothing_that_temporal_keeps_is_readable(loans: Loans, tmp_path: Path) -> None:
    server = Temporal(tmp_path / "temporal", free_port(), tmp_path / "temporal.log")
    await server.start()
    try:
        await server.ready()
        at_temporal(loans, server.address)
        async with working(loans):
            case_id = await loans.open()
            await act(loans, case_id, "lend", until_at=within(3600))
            row = await loans.row(case_id)
    finally:
        await server.stop()

    kept = b"".join(path.read_bytes() for path in server.data_dir.rglob("temporal.db*"))
    assert row.workflow_id.encode() in kept
    assert b"Procedure" in kept
    for secret in (str(case_id), str(row.report_id), INVESTIGATOR, "until_at", "loan"):
        assert secret.encode() not in kept


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


async def test_the_loss_of_temporals_file_is_made_good_by_reconciling(loans: Loans, tmp_path: Path) -> None:
    server = Temporal(tmp_path / "temporal", free_port(), tmp_path / "temporal.log")
    await server.start()
    try:
        await server.ready()
        at_temporal(loans, server.address)
        async with working(loans, sweeps=False):
            case_id = await loans.open()
            await act(loans, case_id, "lend", until_at=within(12))
            quiet = await loans.open()
            await act(loans, quiet, "remark")
        await server.stop()
        for path in server.data_dir.glob("temporal.db*"):
            path.unlink()
        await server.start()
        await server.ready()

        async with working(loans, sweeps=False) as client:
            assert await reconcile(loans.desk, client) == 2
            await reached(loans, case_id, "overdue")
            handle = client.get_workflow_handle((await loans.row(quiet)).workflow_id)
            assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    finally:
        await server.stop()


async def test_an_action_while_temporal_is_away_is_lost_only_for_its_caller(loans: Loans) -> None:
    at_temporal(loans, f"127.0.0.1:{free_port()}")
    case_id = await loans.open()
    with pytest.raises(ActionLost):
        await act(loans, case_id, "remark")
