"""The HR desk over HTTP: what is shown to whom, and what a human's word is worth."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureFailed, MeasureRestored
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from tests.integration.hr_bridge.house import RESTORE, House

pytestmark = pytest.mark.stack

DIRECTOR, OFFICER, SOMEBODY = "S0002", "S0009", "S0005"
_tokens: dict[str, str] = {}


async def headers(house: House, staff_id: str) -> dict[str, str]:
    if staff_id not in _tokens:
        _tokens[staff_id] = await access_token(house.given["oidc_issuer"], staff_id)
    return {"Authorization": f"Bearer {_tokens[staff_id]}"}


async def listed(house: House, staff_id: str, limit: int = 3) -> dict[str, dict[str, Any]]:
    """All tasks that somebody sees, page by page; no page is shorter for one that is hidden."""
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    while True:
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = await house.client.get("/api/v1/tasks", params=query, headers=await headers(house, staff_id))
        assert answer.status_code == 200
        page = answer.json()
        assert not found.keys() & {task["task_id"] for task in page["tasks"]}
        found |= {task["task_id"]: task for task in page["tasks"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found
        assert (len(page["tasks"]), page["tasks"][-1]["task_id"]) == (limit, cursor)


async def confirm(house: House, staff_id: str, task_id: object, action_id: object = None) -> httpx.Response:
    return await house.client.post(
        f"/api/v1/tasks/{task_id}/confirm",
        json={"action_id": str(action_id or uuid4())},
        headers=await headers(house, staff_id),
    )


async def task_of(house: House, measure: UUID) -> str:
    rows = await house.rows("select task_id from tasks where measure_id = :id order by number desc", id=measure)
    return str(rows[0][0])


async def test_a_task_says_whom_and_from_whom_to_whom_and_not_why(house: House) -> None:
    measure = await house.decide("S0034", "S0025", "S0029")
    await house.result(measure, MeasureApplied)
    task = (await listed(house, OFFICER))[await task_of(house, measure)]
    assert task.pop("due_at") < task.pop("until_at")
    assert task == {
        "task_id": await task_of(house, measure),
        "code": "reporting_line",
        "kind": "apply",
        "state": "done",
        "problem": None,
        "person": "S0034",
        "from": "S0025",
        "to": "S0029",
        "appraiser": None,
        "approver": None,
        "arrangement": None,
        "pay_percent": None,
        "home_entity": None,
        "action": None,
    }
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)


async def test_who_is_not_in_hr_finds_nothing(house: House) -> None:
    mine = await house.client.get("/api/v1/tasks", headers=await headers(house, SOMEBODY))
    assert mine.status_code == 404
    measure = await house.decide("S0034", "S0022", "S0029")
    await house.result(measure, MeasureFailed)
    known = await confirm(house, SOMEBODY, await task_of(house, measure))
    never = await confirm(house, OFFICER, uuid4())
    assert (known.status_code, known.content) == (404, never.content)


async def test_without_a_sign_in_nothing_is_said(house: House) -> None:
    assert (await house.client.get("/api/v1/tasks")).status_code == 401
    answer = await house.client.get("/api/v1/tasks", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401


async def test_nobody_handles_a_measure_that_touches_him(house: House) -> None:
    """The HR director is the supervisor whom the line is taken from."""
    measure = await house.decide("S0030", "S0099", "S0014", next_level_manager=DIRECTOR)
    await house.result(measure, MeasureFailed)
    task_id = await task_of(house, measure)
    assert task_id in await listed(house, OFFICER)
    assert task_id not in await listed(house, DIRECTOR, limit=1)
    touched, never = await confirm(house, DIRECTOR, task_id), await confirm(house, DIRECTOR, uuid4())
    assert (touched.status_code, touched.content) == (404, never.content)


async def test_what_was_put_right_by_hand_counts_when_the_hr_system_says_so(house: House) -> None:
    await house.hr.set_supervisor("S0058", "S0033")
    measure = await house.decide("S0058", "S0024", "S0038")
    await house.result(measure, MeasureFailed)
    task_id = await task_of(house, measure)
    shown = (await listed(house, OFFICER))[task_id]
    assert (shown["state"], shown["problem"]) == ("failed", "changed_meanwhile")
    assert (shown["person"], shown["from"], shown["to"]) == ("S0058", "S0024", "S0038")

    unproven = await confirm(house, OFFICER, task_id)
    assert (unproven.status_code, unproven.json()["code"], unproven.json()["rule"]) == (409, "not_proven", "35")
    assert not [one for one in house.results(measure) if isinstance(one, MeasureApplied)]

    await house.hr.set_supervisor("S0058", "S0038")
    action_id = uuid4()
    answer = await confirm(house, OFFICER, task_id, action_id)
    assert (answer.status_code, answer.json()) == (200, {"task_id": task_id, "state": "done"})
    again = await confirm(house, OFFICER, task_id, action_id)
    assert (again.status_code, again.content) == (200, answer.content)
    assert len((await house.result(measure, MeasureApplied)).proof_hash) == 32
    assert [type(one) for one in house.results(measure)] == [MeasureFailed, MeasureApplied]

    fresh = await confirm(house, OFFICER, task_id)
    assert (fresh.status_code, fresh.json()["code"]) == (409, "nothing_to_confirm")
    other = await house.decide("S0028", "S0025", "S0029")
    await house.result(other, MeasureFailed)
    borrowed = await confirm(house, OFFICER, await task_of(house, other), action_id)
    assert (borrowed.status_code, borrowed.json()["field"]) == (422, "action_id")

    # And it is given back to whom it was decided that it was taken from.
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert await house.hr.supervisor("S0058") == "S0024"


async def test_reading_and_confirming_leave_a_trace(house: House) -> None:
    await listed(house, OFFICER)
    acts = await house.rows(
        "select count(*) from audit_readable where convert_from(entry_json, 'UTF8') like :act",
        act='%"act":"tasks_read","actor":"S0009"%',
    )
    assert acts[0][0] >= 1


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": str(uuid4())}, {"limit": "0"}, {"limit": "101"}])
async def test_a_page_that_cannot_be_is_refused(house: House, query: dict[str, str]) -> None:
    answer = await house.client.get("/api/v1/tasks", params=query, headers=await headers(house, OFFICER))
    assert (answer.status_code, answer.json()["field"]) == (400, next(iter(query))), answer.text


async def test_the_description_and_health_are_there(house: House, oidc: Oidc) -> None:
    described = (await house.client.get("/schema/openapi.json")).json()
    assert {"/api/v1/tasks", "/api/v1/tasks/{task_id}/confirm", "/api/v1/personnel-actions"} <= set(described["paths"])
    ready = (await house.client.get("/health/ready")).json()
    assert ready["dependencies"] == {
        "database": "up", "kafka": "up", "temporal": "up", "hr_system": "up", "sign_in": "up"
    }  # fmt: skip
