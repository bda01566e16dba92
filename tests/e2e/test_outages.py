"""Parts of the whole stack go away and come back: what was acknowledged arrives, every clock rings."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from ops.demo.clients import Handler, Json, Reporter, until
from ops.demo.parts import Parts
from ops.demo.sign_in import access_token
from ops.local_stack.control import start_part, stop_part
from tests.e2e.conftest import WholeStack

pytestmark = pytest.mark.whole

FORMAL: Json = {
    "route": "formal_report",
    "mode": "confidential",
    "language": "en",
    "answers": {"what_happened": "Written while a part of the house was dark."},
    "parties": {"affected_individual": "S0026", "alleged_offender": ["S0021"]},
    "consents": {},
    "watch_for_retaliation": False,
}


async def intake_officer(stack: dict[str, dict[str, dict[str, str]]], http: httpx.AsyncClient) -> Handler:
    token = await access_token(str(stack["oidc"]["issuer"]), "S0005")
    return Handler(http, stack["services"]["workflow"]["url"], token)


async def test_with_kafka_and_temporal_stopped_a_report_is_taken_and_arrives_later(
    whole_stack: WholeStack, http: httpx.AsyncClient
) -> None:
    stack = whole_stack.stack
    officer = await intake_officer(stack, http)
    known = {case["case_id"] for case in await officer.cases("formal_report")}
    await stop_part(whole_stack.state, "kafka")
    await stop_part(whole_stack.state, "temporal")
    try:
        reporters = [Reporter(http, stack["services"]["intake"]["url"]) for _ in range(3)]
        for reporter in reporters:
            await reporter.lodge(FORMAL)
        assert all(reporter.access_code for reporter in reporters)
    finally:
        await start_part(whole_stack.state, "temporal")
        await start_part(whole_stack.state, "kafka")

    async def arrived() -> set[str] | None:
        new = {case["case_id"] for case in await officer.cases("formal_report")} - known
        return new if len(new) >= len(reporters) else None

    new = await until("the three reports", arrived, 90)
    assert len(new) == len(reporters)
    for case_id in new:
        await officer.act("acknowledge", case_id)
    for reporter in reporters:

        async def acknowledged(reporter: Reporter = reporter) -> bool:
            case = await reporter.case("formal_report", "formal_report")
            return bool(case and case["state"] == "acknowledged")

        await until("the acknowledgement in the inbox", acknowledged, 60)


async def test_after_the_loss_of_temporals_file_reconcile_brings_every_case_back(
    whole_stack: WholeStack, parts: Parts, http: httpx.AsyncClient
) -> None:
    stack = whole_stack.stack
    officer = await intake_officer(stack, http)
    known = {case["case_id"] for case in await officer.cases("formal_report")}
    reporter = Reporter(http, stack["services"]["intake"]["url"])
    await reporter.lodge(FORMAL)

    async def arrived() -> str | None:
        return next(iter({case["case_id"] for case in await officer.cases("formal_report")} - known), None)

    case_id = await until("the report", arrived, 60)
    await stop_part(whole_stack.state, "temporal")
    for path in Path(whole_stack.state / "temporal").rglob("*"):
        if path.is_file():
            path.unlink()
    await start_part(whole_stack.state, "temporal")
    done = await asyncio.to_thread(whole_stack.recourse, "case", "reconcile")
    assert done.returncode == 0, done.stderr
    report_id = (await reporter.route("formal_report"))["report_id"]
    status = await until("its workflow", lambda: parts.workflow_status("workflow", report_id), 60)
    assert status == "running"
    await officer.act("acknowledge", case_id)


async def test_a_killed_service_is_started_again_and_loses_nothing(
    whole_stack: WholeStack, http: httpx.AsyncClient
) -> None:
    stack = whole_stack.stack
    officer = await intake_officer(stack, http)
    known = {case["case_id"] for case in await officer.cases("formal_report")}
    victim = next(one for one in stack["processes"] if one["name"] == "workflow")
    await Reporter(http, stack["services"]["intake"]["url"]).lodge(FORMAL)
    os.kill(victim["pid"], signal.SIGKILL)
    await Reporter(http, stack["services"]["intake"]["url"]).lodge(FORMAL)

    async def arrived() -> bool:
        try:
            cases = await officer.cases("formal_report")
        except httpx.TransportError:
            return False
        return len({case["case_id"] for case in cases} - known) == 2

    await until("both reports after the restart", arrived, 60)
    restarted = next(one for one in whole_stack.stack["processes"] if one["name"] == "workflow")
    assert restarted["pid"] != victim["pid"]
