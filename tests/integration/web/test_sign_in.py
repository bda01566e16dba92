"""Tokens of a real provider: whose is taken, and what is answered to every other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from litestar.testing import AsyncTestClient

from chassis.web.app import App
from chassis.web.problems import Problem
from chassis.web.sign_in import SignIn
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from ops.local_stack.ports import free_port
from tests.integration.web.conftest import ShortLived, trial_app


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_of_the_provider_tells_who_asks(app: App, oidc: Oidc) -> None:
    async with AsyncTestClient(app) as client:
        answer = await client.get("/api/v1/me", headers=bearer(await access_token(oidc.issuer, "S0005")))
        assert (answer.status_code, answer.json()) == (200, {"staff_id": "S0005"})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic UzAwMDU6eA=="}])
async def test_a_request_without_a_token_is_asked_to_sign_in(app: App, headers: dict[str, str]) -> None:
    async with AsyncTestClient(app) as client:
        answer = await client.get("/api/v1/me", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == 'Bearer realm="recourse"'


async def test_an_unknown_token_is_refused(app: App) -> None:
    async with AsyncTestClient(app) as client:
        answer = await client.get("/api/v1/me", headers=bearer("made-up"))
        assert answer.status_code == 401
        assert "invalid_token" in answer.headers["www-authenticate"]


@asynccontextmanager
async def running(part: Oidc) -> AsyncIterator[Oidc]:
    await part.start()
    try:
        await part.ready()
        yield part
    finally:
        await part.stop()


async def test_a_token_of_another_provider_is_refused(app: App, tmp_path: Path) -> None:
    async with running(Oidc(free_port(), tmp_path / "other.log")) as other:
        token = await access_token(other.issuer, "S0005")
    async with AsyncTestClient(app) as client:
        assert (await client.get("/api/v1/me", headers=bearer(token))).status_code == 401


async def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    async with running(ShortLived(free_port(), tmp_path / "oidc.log")) as provider:
        token = await access_token(provider.issuer, "S0005")
        async with AsyncTestClient(trial_app(provider.issuer, cache_seconds=0)) as client, asyncio.timeout(10):
            answer = await client.get("/api/v1/me", headers=bearer(token))
            while answer.status_code == 200:
                await asyncio.sleep(0.1)
                answer = await client.get("/api/v1/me", headers=bearer(token))
            assert answer.status_code == 401


async def test_an_answer_is_kept_for_a_while_and_only_for_its_token(oidc: Oidc) -> None:
    token = await access_token(oidc.issuer, "S0006")
    kept, asking = SignIn(oidc.issuer), SignIn(oidc.issuer, cache_seconds=0)
    assert await kept.staff_id_of(token) == "S0006"
    assert await asking.staff_id_of(token) == "S0006"
    async with httpx.AsyncClient() as client:
        (await client.post(f"{oidc.issuer}/users/S0006/revoke-tokens")).raise_for_status()
    assert await kept.staff_id_of(token) == "S0006"
    for sign_in, asked in ((asking, token), (kept, token + "x")):
        with pytest.raises(Problem) as caught:
            await sign_in.staff_id_of(asked)
        assert caught.value.status == 401
    await kept.close()
    await asking.close()


async def test_no_setting_keeps_an_answer_longer_than_a_minute() -> None:
    assert SignIn("http://127.0.0.1:1", cache_seconds=3600).cache_seconds == 60


async def test_a_provider_that_is_down_is_told_as_such(tmp_path: Path) -> None:
    async with running(Oidc(free_port(), tmp_path / "oidc.log")) as provider:
        token = await access_token(provider.issuer, "S0005")
        async with AsyncTestClient(trial_app(provider.issuer, cache_seconds=0)) as client:
            assert (await client.get("/api/v1/me", headers=bearer(token))).status_code == 200
            await provider.stop()
            answer = await client.get("/api/v1/me", headers=bearer(token))
            assert answer.status_code == 503
            assert "sign-in service" in answer.json()["detail"]
            ready = (await client.get("/health/ready")).json()
            assert ready["dependencies"]["sign_in"].startswith("down")


async def test_a_provider_that_is_not_the_one_of_the_settings_is_not_asked(oidc: Oidc) -> None:
    sign_in = SignIn(oidc.issuer.replace("127.0.0.1", "localhost") + "/other")
    with pytest.raises(Problem) as caught:
        await sign_in.staff_id_of(await access_token(oidc.issuer, "S0005"))
    assert caught.value.status == 503
    await sign_in.close()


async def test_a_token_is_not_kept(oidc: Oidc) -> None:
    token = await access_token(oidc.issuer, "S0005")
    sign_in = SignIn(oidc.issuer)
    await sign_in.staff_id_of(token)
    assert token not in repr(vars(sign_in))
    await sign_in.close()
