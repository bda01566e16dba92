"""What is wrong with a request is named by its field, never repeated, and nothing of it is kept."""

import json
from typing import Any

import httpx
import pytest

from tests.integration.intake.world import World, code_of_new, draft, formal, key, with_code

pytestmark = pytest.mark.stack
JSON = {"Content-Type": "application/json"}
SECRET = "SECRETWORDS"


def written(**changes: Any) -> bytes:
    return json.dumps(draft(**changes)).encode()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{}", 400, "route"),
        (b"null", 400, None),
        (b'"SECRETWORDS"', 400, None),
        (b"{SECRETWORDS", 400, None),
        (written(route="SECRETWORDS"), 400, "route"),
        (written(route=None), 400, "route"),
        (written(route="secretwords"), 400, "route"),
        (json.dumps(formal(choices={"writer": SECRET})).encode(), 400, "choices.writer"),
        (json.dumps(formal(choices={"secretwords": "affected"})).encode(), 400, "choices"),
        (written(choices=[SECRET]), 400, "choices"),
        (written(mode="SECRETWORDS"), 400, "mode"),
        (written(language="SECRETWORDS"), 400, "language"),
        (written(language="en\n"), 400, "language"),
        (written(more="SECRETWORDS"), 400, "more"),
        (written(**{"SECRETWORDS said": 1}), 400, None),
        (written(answers="SECRETWORDS"), 400, "answers"),
        (written(answers={"what_happened": 7}), 400, "answers.what_happened"),
        (written(answers={"what_happened": ""}), 400, "answers.what_happened"),
        (written(answers={"wish": " \n\t"}), 400, "answers.wish"),
        (written(answers={"wish": "a" * 10_001}), 400, "answers.wish"),
        (written(answers={"evidence": "SECRETWORDS"}), 400, "answers.evidence"),
        (written(answers={"what_happened": "SECRETWORDS\u0000"}), 400, "answers.what_happened"),
        (written(answers={"what_happened": "SECRETWORDS\u001b[31m"}), 400, "answers.what_happened"),
        (written(answers={"what_happened": "SECRETWORDS\u009b"}), 400, "answers.what_happened"),
        (written().replace(b"That it stops.", b"SECRETWORDS\\ud800"), 400, "answers.wish"),
        (written().replace(b"That it stops.", b"SECRETWORDS\xff"), 400, None),
        (written(parties={"affected_individual": "not a staff id SECRETWORDS"}), 400, "parties.affected_individual"),
        (written(parties={"alleged_offender": "S0017"}), 400, "parties.alleged_offender"),
        (written(parties={"alleged_offender": ["S0017\n"]}), 400, "parties.alleged_offender[0]"),
        (written(parties={"alleged_offender": ["S0017"] * 21}), 400, "parties.alleged_offender"),
        (written(not_these_people=[{"SECRETWORDS": 1}]), 400, "not_these_people[0]"),
        (written(consents={"ethics_contact": "yes"}), 400, "consents.ethics_contact"),
        (written(consents={"everything": True}), 400, "consents.everything"),
        (written(watch_for_retaliation=1), 400, "watch_for_retaliation"),
        (written(take_over=["SECRETWORDS"]), 400, "take_over[0]"),
        (b'{"route":' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400, None),
        (written(answers={"what_happened": SECRET * 100_000}), 413, None),
        (json.dumps(formal(answers={"wish": "That it stops."})).encode(), 400, "answers.what_happened"),
    ],
)  # fmt: skip
async def test_a_report_that_is_wrong_in_itself(
    client: httpx.AsyncClient, world: World, body: bytes, status: int, field: str | None
) -> None:
    counted = await _rows(world)
    answer = await client.post("/api/v1/reports", content=body, headers=JSON | {"Idempotency-Key": key()})
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= set(answer.json())
    assert SECRET not in answer.text
    assert await _rows(world) == counted


@pytest.mark.parametrize(
    "allowed", ["first line\nsecond\r\n\tindented", "\u2028 \u00ad ça, 我, عربي, 🙂", "a" * 10_000]
)
async def test_every_other_text_is_taken_as_it_is(client: httpx.AsyncClient, allowed: str) -> None:
    code = await code_of_new(client, draft(answers={"what_happened": allowed}))
    (route,) = (await client.get("/api/v1/inbox", headers=with_code(code))).json()["routes"]
    assert route["answers"][0]["text"] == allowed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " "}, "text"),
        ({"text": ["SECRETWORDS"]}, "text"),
        ({"text": "SECRETWORDS\u0007"}, "text"),
        ({"text": "a" * 10_001}, "text"),
        ({"report_id": "SECRETWORDS"}, "report_id"),
        ({"more": "SECRETWORDS"}, "more"),
    ],
)
async def test_a_message_that_is_wrong_in_itself(
    client: httpx.AsyncClient, world: World, changes: dict[str, Any], field: str
) -> None:
    code = await code_of_new(client)
    body = {"report_id": await world.report_id(client, code), "text": "x"} | changes
    answer = await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"action": "end talk SECRETWORDS"}, "action"),
        ({"lifecycle": "Informal"}, "lifecycle"),
        ({"number": 0}, "number"),
        ({"number": "1"}, "number"),
        ({"action_id": "SECRETWORDS"}, "action_id"),
        ({"facts": {"outcome": "he said SECRETWORDS to me"}}, "facts.outcome"),
        ({"facts": {"outcome": "SECRETWORDS"}}, "facts.outcome"),
        ({"facts": {"outcome": ["SECRETWORDS"]}}, "facts[...]"),
        ({"facts": {"SECRETWORDS": True}}, "facts"),
        ({"facts": {"outcome": None}}, "facts[...]"),
        ({"texts": {"reason": ""}}, "texts[...]"),
        ({"texts": {"reason": "\n"}}, "texts.reason"),
        ({"more": 1}, "more"),
    ],
)
async def test_an_action_that_is_wrong_in_itself(
    client: httpx.AsyncClient, world: World, changes: dict[str, Any], field: str
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    body: dict[str, Any] = {
        "report_id": report_id,
        "lifecycle": "informal_resolution",
        "number": 1,
        "action_id": "3e0a3f0e-53a5-4f0c-9d42-5a4f2a0f0a01",
        "action": "end_talk",
        "facts": {},
    }
    answer = await client.post("/api/v1/inbox/actions", json=body | changes, headers=with_code(code))
    assert (answer.status_code, answer.json().get("field")) == (400, field)
    assert SECRET not in answer.text
    assert len(await world.events(report_id)) == 1


async def _rows(world: World) -> list[int]:
    tables = ("access_codes", "unsettled_lodgings", "reports", "items", "outbox", "audit_trail")
    return [(await world.rows(f"select count(*) from {table}"))[0][0] for table in tables]
