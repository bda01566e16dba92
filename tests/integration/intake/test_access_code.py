"""Whoever has no right code gets one and the same answer, whatever is wrong with it."""

from uuid import uuid4

import httpx
import pytest

from chassis.access_code import AccessCode
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, key, lodge, with_code

pytestmark = pytest.mark.stack

NOT_A_CODE = {
    "missing": {},
    "empty": {"Authorization": ""},
    "scheme alone": {"Authorization": "AccessCode"},
    "unknown": with_code("2222-3333-4444-5555-6666-7777"),
    "too short": with_code("2222-3333-4444-5555-6666"),
    "look-alikes": with_code("0000-1111-OOOO-IIII-2222-3333"),
    "another scheme": {"Authorization": "Bearer 2222-3333-4444-5555-6666-7777"},
    "very long": with_code("2" * 4000),
    "not ASCII": {"Authorization": "AccessCode é"},
}


async def every_answer(client: httpx.AsyncClient, headers: dict[str, str], report_id: str) -> list[httpx.Response]:
    sent = {name: value.encode() for name, value in headers.items()}
    message = {"report_id": report_id, "text": "hello"}
    action = {
        "report_id": report_id, "lifecycle": "informal_resolution", "number": 1, "action_id": str(uuid4()),
        "action": "end_talk", "facts": {"outcome": "resolved"},
    }  # fmt: skip
    over = formal(take_over=[str(uuid4())])
    return [
        await client.get("/api/v1/inbox", headers=sent),
        await client.post("/api/v1/inbox/messages", json=message, headers=sent),
        await client.post("/api/v1/inbox/actions", json=action, headers=sent),
        await client.post("/api/v1/reports", json=over, headers=sent | {"Idempotency-Key": key().encode()}),
    ]


@pytest.mark.parametrize("headers", NOT_A_CODE.values(), ids=NOT_A_CODE)
async def test_without_a_right_code_every_answer_is_the_same(
    client: httpx.AsyncClient, world: World, headers: dict[str, str]
) -> None:
    report_id = await world.report_id(client, await code_of_new(client))
    unknown = await client.get("/api/v1/inbox", headers=with_code(str(AccessCode(b"\x07" * 15))))
    answers = await every_answer(client, headers, report_id)
    assert {(one.status_code, one.content, str(sorted(one.headers.items()))) for one in answers} == {
        (404, unknown.content, str(sorted(unknown.headers.items())))
    }


async def test_a_code_opens_no_route_of_another(client: httpx.AsyncClient, world: World) -> None:
    mine, theirs = await code_of_new(client), await code_of_new(client)
    report_id = await world.report_id(client, theirs)
    unknown = await client.get("/api/v1/inbox", headers=NOT_A_CODE["unknown"])
    _, message, action, _ = await every_answer(client, with_code(mine), report_id)
    assert (message.status_code, message.content, action.content) == (404, unknown.content, unknown.content)
    # The same as for a route that never was.
    _, message, action, _ = await every_answer(client, with_code(mine), str(uuid4()))
    assert (message.content, action.content) == (unknown.content, unknown.content)


async def test_a_code_may_be_typed_carelessly(client: httpx.AsyncClient) -> None:
    code = await code_of_new(client)
    careless = "  ".join(code.lower().split("-"))
    assert await inbox(client, careless) == await inbox(client, code)


async def test_a_wrong_code_costs_the_same_look_up_as_a_missing_one(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    digest = AccessCode.lookup_digest

    def counted(code: AccessCode, pepper: bytes) -> bytes:
        looked_up.append(str(code))
        return digest(code, pepper)

    monkeypatch.setattr(AccessCode, "lookup_digest", counted)
    counts = []
    for headers in NOT_A_CODE.values():
        await every_answer(client, headers, str(uuid4()))
        counts.append(len(looked_up))
        looked_up.clear()
    assert set(counts) == {4}


async def test_inv_08_the_code_itself_is_nowhere_in_the_stores(client: httpx.AsyncClient, world: World) -> None:
    idempotency_key = key()
    code = (await lodge(client, draft(), idempotency_key=idempotency_key)).json()["access_code"]
    for secret in (code.encode(), code.replace("-", "").encode(), idempotency_key.encode()):
        for table in ("access_codes", "reports", "items", "outbox", "audit_trail"):
            for row in await world.rows(f"select t::text as line from {table} t"):
                assert secret not in row["line"].encode()
                assert secret.hex() not in row["line"]
