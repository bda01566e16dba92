"""What HR declares or confirms is taken down once and whole, whatever happens on the way: on a database alone."""

import asyncio
import json
import time
from datetime import UTC, date, datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis.web.app import create_app
from chassis.web.problems import Problem
from services.hr_bridge import directory, personnel_actions
from services.hr_bridge.adapters.tryton import Employee
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.domain.line_change import TaskKind, TaskState
from services.hr_bridge.tables import Task
from services.hr_bridge.web import personnel_actions as webhook
from services.hr_bridge.web import words
from tests.integration.hr_bridge.alone import ethics_is_known

ANN = Employee("S1", "OIO", "valmora", "staff", "S2", date(2024, 1, 1), None, "s1@staff.example")
DECLARED = personnel_actions.Declared("poor_appraisal", "S1", date(2026, 11, 20), "HR-1")


async def count(bridge: Bridge, what: str) -> int:
    async with bridge.database.transaction() as session:
        found: int = await session.scalar(text(f"select count(*) from {what}"))
        return found


async def told(bridge: Bridge) -> int:
    return await count(bridge, "outbox where topic = 'hr.personnel-actions.v1'")


async def test_an_action_declared_twice_at_the_same_time_is_told_of_once(bridge: Bridge) -> None:
    await ethics_is_known(bridge)

    async def again() -> bool:
        async with bridge.database.transaction() as session:
            return await personnel_actions.record(session, bridge, DECLARED, datetime.now(UTC))

    async with bridge.database.transaction() as session:
        assert await personnel_actions.record(session, bridge, DECLARED, datetime.now(UTC))
        other = asyncio.create_task(again())
        deadline = time.monotonic() + 30
        while not await count(bridge, "pg_locks where not granted"):
            assert time.monotonic() < deadline, "the second does not wait for the first"
            await asyncio.sleep(0.01)
    assert await other is False
    assert await told(bridge) == 1


async def test_a_request_that_came_to_nothing_can_be_sent_again_as_it_was(bridge: Bridge) -> None:
    """Were its nonce used up, HR would take the answer for a sign that the action has been received."""
    async with bridge.database.transaction() as session:
        await directory.take_over(session, [ANN], bridge.policy, datetime.now(UTC))
    body = json.dumps(
        {"kind": DECLARED.kind, "staff_id": "S1", "effective_on": "2026-11-20", "reference": DECLARED.reference}
    ).encode()
    timestamp, nonce = str(int(time.time())), uuid4().hex
    headers = {
        "Content-Type": "application/json",
        webhook.TIMESTAMP: timestamp,
        webhook.NONCE: nonce,
        webhook.SIGNATURE: webhook.signature(bridge.settings.webhook_key(), timestamp, nonce, body),
    }
    app = create_app(bridge.settings, webhook.routes(bridge))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hr-bridge.test") as http:

        async def send() -> int:
            return (await http.post("/api/v1/personnel-actions", content=body, headers=headers)).status_code

        # The ethics office has not published its key yet.
        assert await send() == 503
        await ethics_is_known(bridge)
        assert [await send(), await send()] == [202, 409]
    assert await told(bridge) == 1


async def test_nothing_is_confirmed_that_a_later_decision_has_taken_the_place_of(bridge: Bridge) -> None:
    """Its proof would make the later decision count as applied, which HR has not come to yet."""
    now, measure_id = datetime.now(UTC), uuid4()
    failed, waiting = (
        Task(
            task_id=uuid4(),
            measure_id=measure_id,
            number=number,
            kind=TaskKind.APPLY,
            state=state,
            code=None,
            due_at=now,
            sealed_persons=b"",
            before_image=None,
            proof_hash=None,
            created_at=now,
            finished_at=None,
        )
        for number, state in ((1, TaskState.FAILED), (2, TaskState.WAITING))
    )
    async with bridge.database.transaction() as session:
        session.add_all([failed, waiting])
    for task in (failed, waiting):
        async with bridge.database.transaction() as session:
            with pytest.raises(Problem) as refusal:
                await words.confirmed(session, bridge, task.task_id, uuid4(), "S0009")
        assert (refusal.value.status, refusal.value.code) == (409, "nothing_to_confirm")
