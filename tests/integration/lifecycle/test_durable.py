"""Cases, their workflows and what keeps the two together, on the real PostgreSQL and Temporal."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus

from lifecycle.durable import Procedure
from lifecycle.model import Refused
from lifecycle.sender import ActionLost, Sender
from lifecycle.sweeper import reconcile, sweep_forever
from ops.local_stack.ports import free_port
from ops.local_stack.temporal import Temporal
from tests.integration.lifecycle.at_work import act, at_temporal, reached, until, within, working
from tests.integration.lifecycle.loans import INVESTIGATOR, Loans
from tests.real_parts import TemporalServer


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
