"""What every service answers, whatever its routes: to bad input, to unknown paths, to HEAD, with which headers."""

from collections.abc import AsyncIterator

import pytest
from litestar.testing import AsyncTestClient

from chassis.web.app import MAX_BODY, App
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def client(app: App) -> AsyncIterator[AsyncTestClient[App]]:
    async with AsyncTestClient(app) as found:
        yield found


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"null", 400, None),
        (b"[]", 400, None),
        (b'{"text": 1}', 400, "text"),
        (b'{"text": ""}', 400, "text"),
        (b'{"text": "SECRET", "more": "SECRET"}', 400, "more"),
        (b'{"text": "SECRET\\u0000"}', 400, "text"),
        (b'{"text": "SECRET\xff"}', 400, None),
        (b'{"text": ' + b"[" * 500 + b"]" * 500 + b"}", 400, None),
        (b'{"text": "' + b"S" * 1_000_000 + b'"}', 413, None),
    ],
)
async def test_bad_input_is_refused_by_name_and_not_repeated(
    client: AsyncTestClient[App], body: bytes, status: int, field: str | None
) -> None:
    answer = await client.post("/api/v1/notes", content=body, headers=JSON)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "SECRET" not in answer.text
    assert "SSSS" not in answer.text


async def test_a_body_up_to_the_limit_is_taken(client: AsyncTestClient[App]) -> None:
    body = b'{"text": "' + b"a" * 150_000 + b'"}'
    answer = await client.post("/api/v1/notes", content=body.ljust(MAX_BODY), headers=JSON)
    assert (answer.status_code, answer.json()) == (201, {"length": 150_000})
    assert (await client.post("/api/v1/notes", content=body.ljust(MAX_BODY + 1), headers=JSON)).status_code == 413


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""]
)
async def test_a_body_of_another_type_is_refused(client: AsyncTestClient[App], content_type: str) -> None:
    answer = await client.post("/api/v1/notes", content=b'{"text": "x"}', headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


async def test_the_hidden_the_unknown_and_the_malformed_get_the_same_bytes(
    client: AsyncTestClient[App], oidc: Oidc
) -> None:
    headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, 'S0005')}"}
    paths = [
        "/api/v1/cases/3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "/api/v1/cases/not-an-id",
        "/api/v1/nothing",
        "/api/v2/cases",
        "/nothing",
    ]
    answers = [await client.get(path, headers=headers) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1


async def test_a_method_that_is_not_taken_is_told_which_are(client: AsyncTestClient[App]) -> None:
    answer = await client.delete("/api/v1/notes")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


async def test_head_is_answered_like_get_without_a_body(client: AsyncTestClient[App]) -> None:
    got, head = await client.get("/version"), await client.head("/version")
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(got.headers)
    assert (await client.head("/api/v1/notes")).status_code == 405


async def test_a_failure_of_ours_tells_nothing_of_itself(client: AsyncTestClient[App]) -> None:
    answer = await client.get("/api/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "SECRET" not in answer.text
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize("path", ["/version", "/api/v1/me", "/nothing", "/api/v1/broken"])
async def test_every_answer_carries_the_security_headers(client: AsyncTestClient[App], path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-frame-options"] == "DENY"


async def test_a_control_character_in_the_query_is_refused(client: AsyncTestClient[App]) -> None:
    assert (await client.get("/version?cursor=%00")).status_code == 400


async def test_the_description_is_openapi_3_1_and_names_the_routes(client: AsyncTestClient[App]) -> None:
    described = (await client.get("/schema/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert {"/api/v1/notes", "/api/v1/me", "/health/ready", "/version"} <= set(described["paths"])
    body = described["paths"]["/api/v1/notes"]["post"]["requestBody"]["content"]
    assert list(body) == ["application/json"]


async def test_a_live_process_says_so(client: AsyncTestClient[App]) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/version")).json()["service"] == "trial"
