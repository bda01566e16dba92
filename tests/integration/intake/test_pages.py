"""The first page and the description of the interface."""

import base64
import hashlib
import re

import httpx
import pytest

pytestmark = pytest.mark.stack


async def test_the_first_page_tells_what_this_is_where_help_is_and_what_the_code_is_for(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = re.sub(r"\s+", " ", answer.text)
    for said in ("in danger", "emergency number", "staff counsellor", "access code", "formal report", "informal talk"):
        assert said in text
    # Help comes before anything is asked or explained (invariant 21).
    assert text.index("If you need help now") < text.index("What you can do here")


async def test_the_first_page_has_no_script_no_cookie_and_loads_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"Cookie": "a=b"})
    assert not re.search(r"<script|<img|<iframe|<form|<input|\son\w+=|https?://|@import|url\(", answer.text)
    assert "set-cookie" not in answer.headers
    assert re.search("<title>([^<]*)</title>", answer.text)[1] == "Welcome"  # type: ignore[index]


async def test_the_first_page_runs_under_a_policy_that_allows_its_own_style_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    style = re.search("<style>(.*)</style>", answer.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "style-src": f"'sha256-{digest}'", "img-src": "data:", "base-uri": "'none'",
        "form-action": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_first_page_answers_head_with_the_same_headers(client: httpx.AsyncClient) -> None:
    get, head = await client.get("/"), await client.head("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-security-policy"] == get.headers["content-security-policy"]


async def test_the_interface_describes_itself(client: httpx.AsyncClient) -> None:
    described = (await client.get("/schema/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    lodge = described["paths"]["/api/v1/reports"]["post"]
    (header,) = [one for one in lodge["parameters"] if one["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)
    assert set(lodge["responses"]) >= {"201", "400"}
    for path, method in (
        ("/api/v1/inbox", "get"),
        ("/api/v1/inbox/messages", "post"),
        ("/api/v1/inbox/actions", "post"),
    ):
        assert described["paths"][path][method]["security"] == [{"access_code": []}]
    assert described["components"]["securitySchemes"]["access_code"]["type"] == "http"
    for path in ("/health/live", "/health/ready", "/version"):
        assert path in described["paths"]
