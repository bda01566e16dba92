"""What is kept of a way that somebody goes by herself: a day, under her code. Of a situation told: nothing."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.intake.use_cases.set_reminder import forget_old_reminders
from tests.integration.intake.world import World, code_of_new, inbox, key, lodge, with_code

pytestmark = pytest.mark.stack


async def remind(
    client: httpx.AsyncClient, code: str = "", after: str = "first", idempotency_key: str = ""
) -> httpx.Response:
    headers = {"Idempotency-Key": idempotency_key or key()} | (with_code(code) if code else {})
    return await client.post("/api/v1/inbox/reminders", json={"after": after}, headers=headers)


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


async def test_she_is_reminded_under_her_code_on_the_day_she_chose(client: httpx.AsyncClient) -> None:
    code = await code_of_new(client)
    for after in ("third", "first", "second"):
        answer = await remind(client, code, after)
        assert answer.status_code == 201, answer.text
        assert "access_code" not in answer.json()
    found = (await inbox(client, code))["reminders"]
    assert [(one["on"], one["due"]) for one in found] == [
        (in_days(14), False),
        (in_days(30), False),
        (in_days(90), False),
    ]


async def test_a_day_chosen_in_two_windows_is_kept_once(client: httpx.AsyncClient) -> None:
    code = await code_of_new(client)
    first, again = [(await remind(client, code, "second")).json() for _ in range(2)]
    assert first == again
    assert [one["on"] for one in (await inbox(client, code))["reminders"]] == [in_days(30)]


async def test_a_day_chosen_in_many_windows_at_once_is_kept_once(client: httpx.AsyncClient) -> None:
    code = await code_of_new(client)
    for after, days in (("first", 14), ("second", 30), ("third", 90)):
        answers = await asyncio.gather(*(remind(client, code, after) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {201}
        on = [one["on"] for one in (await inbox(client, code))["reminders"]]
        assert on.count(in_days(days)) == 1


async def test_without_any_report_a_reminder_brings_a_code_of_its_own(client: httpx.AsyncClient) -> None:
    chosen = key()
    first, again = [await remind(client, idempotency_key=chosen) for _ in range(2)]
    assert first.json() == again.json()
    code = first.json()["access_code"]
    assert await inbox(client, code) == {
        "routes": [],
        "reminders": [{"reminder_id": first.json()["reminder_id"], "on": in_days(14), "due": False}],
        "given_anew": 0,
    }
    assert (await lodge(client, code=code)).status_code == 201, "the code is as good as any other"
    assert len((await inbox(client, code))["routes"]) == 1


async def test_a_day_and_a_report_that_come_with_one_key_are_both_under_its_code(
    client: httpx.AsyncClient,
) -> None:
    for first, second in (remind, lodge), (lodge, remind):
        chosen = key()
        answers = [await one(client, idempotency_key=chosen) for one in (first, second)]
        (code,) = {answer.json()["access_code"] for answer in answers}
        found = await inbox(client, code)
        assert ([one["route"] for one in found["routes"]], len(found["reminders"])) == (["informal_resolution"], 1)


async def test_a_reminder_is_hers_to_forget_and_nobody_elses(client: httpx.AsyncClient) -> None:
    code, other = await code_of_new(client), await code_of_new(client)
    reminder = (await remind(client, code)).json()["reminder_id"]
    path = f"/api/v1/inbox/reminders/{reminder}"
    assert (await client.delete(path, headers=with_code(other))).status_code == 404
    assert (await client.delete(path)).status_code == 404
    assert (await client.delete(path, headers=with_code(code))).status_code == 204
    assert (await inbox(client, code))["reminders"] == []
    assert (await client.delete(path, headers=with_code(code))).status_code == 404


async def test_no_word_can_be_put_into_a_reminder(client: httpx.AsyncClient) -> None:
    code = await code_of_new(client)
    for body in ({"after": "tomorrow"}, {"after": "first", "text": "ask about him"}, {}):
        headers = {"Idempotency-Key": key()} | with_code(code)
        assert (await client.post("/api/v1/inbox/reminders", json=body, headers=headers)).status_code == 400
    assert (await remind(client, "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF")).status_code == 404


async def test_the_row_leads_to_no_code_no_route_and_no_day(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client)
    reminder = (await remind(client, code)).json()["reminder_id"]
    (row,) = await world.rows("select * from reminders where reminder_id = $1", reminder)
    known = {bytes(one["lookup_digest"]) for one in await world.rows("select lookup_digest from access_codes")}
    assert bytes(row["owner"]) not in known
    assert in_days(14).encode() not in bytes(row["sealed"])
    assert row["forget_on"].day == 1, "no more than a month is told"
    assert row["forget_on"] > date.fromisoformat(in_days(14 + 28))


async def test_old_reminders_are_forgotten(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client)
    await remind(client, code)
    await forget_old_reminders(world.intake, datetime.now(UTC) + timedelta(days=30))
    assert len((await inbox(client, code))["reminders"]) == 1
    await forget_old_reminders(world.intake, datetime.now(UTC) + timedelta(days=120))
    assert (await inbox(client, code))["reminders"] == []


async def counts(world: World) -> dict[str, int]:
    tables = await world.rows("select tablename from pg_tables where schemaname = 'intake'")
    names = [one["tablename"] for one in tables]
    return {name: (await world.rows(f"select count(*) as n from {name}"))[0]["n"] for name in names}


async def test_inv_26_the_safety_triage_stores_nothing(client: httpx.AsyncClient, world: World) -> None:
    before = await counts(world)
    said = {"danger_now": "yes", "sexual_assault": "yes", "self_harm": "yes", "affected_is": "child"}
    answer = await client.post("/api/v1/ways", json=said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["urgency"] == "red"
    assert (await client.post("/api/v1/ways", json={"who": "S0017"})).status_code == 400
    assert (await client.post("/api/v1/ways", json={"danger_now": "he has a knife"})).status_code == 400
    assert await counts(world) == before
    paths: dict[str, Any] = (await client.get("/schema/openapi.json")).json()["paths"]
    assert not [path for path in paths if "triage" in path or "safety" in path]


async def test_she_may_not_name_somebody_who_has_not_agreed_to_be_named(client: httpx.AsyncClient) -> None:
    body: dict[str, Any] = {
        "route": "sea_report",
        "mode": "confidential",
        "answers": {"what_happened": "A driver is said to ask girls for favours."},
        "parties": {"affected_individual": "S0018", "alleged_offender": ["S0017"]},
        "choices": {"affected_is": "child", "basis": "rumour"},
    }
    refused = await lodge(client, body)
    assert (refused.status_code, refused.json()["field"]) == (400, "parties.affected_individual")
    for agreed in ({"identity_consent": "given"}, {"writer": "affected"}):
        assert (await lodge(client, body | {"choices": body["choices"] | agreed})).status_code == 201
    body["parties"] = {"alleged_offender": ["S0017"]}
    assert (await lodge(client, body)).status_code == 201


async def test_whoever_tells_a_manager_says_which(client: httpx.AsyncClient, world: World) -> None:
    body: dict[str, Any] = {
        "route": "supervisor_request",
        "mode": "confidential",
        "answers": {"wish": "That it stops."},
        "parties": {"affected_individual": "S0018", "alleged_offender": ["S0026"]},
    }
    refused = await lodge(client, body)
    assert (refused.status_code, refused.json()["field"]) == (400, "parties.recipient")
    body["parties"]["recipient"] = "S0017"
    code = await code_of_new(client, body)
    report_id = await world.report_id(client, code)
    (event,) = await world.events(report_id)
    assert event.topic == "intake.reports.workflow.v1"
    assert b"S0017" not in event.value
    (inside,) = (await inbox(client, code))["routes"][0]["parties"]
    assert inside["recipient"] == "S0017"


@pytest.mark.parametrize("watch", [True, False])
async def test_inv_45_telling_a_manager_is_protected_unless_she_opts_out(
    client: httpx.AsyncClient, world: World, *, watch: bool
) -> None:
    before = await world.rows("select id from outbox where type like '%ProtectionStarted'")
    body = {
        "route": "supervisor_request",
        "mode": "confidential",
        "answers": {"wish": str(uuid4())},
        "parties": {"affected_individual": "S0018", "recipient": "S0017"},
        "watch_for_retaliation": watch,
    }
    assert (await lodge(client, body)).status_code == 201
    known = [one["id"] for one in before]
    new = await world.rows(
        "select key from outbox where type like '%ProtectionStarted' and id <> all($1::bigint[])", known
    )
    assert len(new) == (1 if watch else 0)
    for one in new:
        (event,) = await world.events(one["key"])
        assert event.message.activity == 2, "told a supervisor"
        started = event.message.started_at.ToDatetime(UTC)
        assert started == datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
