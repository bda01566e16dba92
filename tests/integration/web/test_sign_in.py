"""Tokens of a real provider: whose is taken, and what is answered to every other."""

import asyncio
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient

from chassis.web.app import App
from chassis.web.problems import Problem
from chassis.web.sign_in import SignIn
from ops.local_stack.ports import free_port
from tests.identity import IdentityProvider
from tests.integration.web.conftest import trial_app


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_of_the_provider_tells_who_asks(app: App, provider: IdentityProvider) -> None:
    async with AsyncTestClient(app) as client:
        answer = await client.get("/api/v1/me", headers=bearer(await provider.token("S0005")))
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


async def test_a_token_of_another_provider_is_refused(app: App, tmp_path: Path) -> None:
    other = IdentityProvider(free_port(), tmp_path / "other.log")
    await other.start()
    try:
        await other.ready()
        token = await other.token("S0005")
    finally:
        await other.stop()
    async with AsyncTestClient(app) as client:
        assert (await client.get("/api/v1/me", headers=bearer(token))).status_code == 401


async def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    provider = IdentityProvider(free_port(), tmp_path / "oidc.log", token_seconds=1)
    await provider.start()
    try:
        await provider.ready()
        token = await provider.token("S0005")
        async with AsyncTestClient(trial_app(provider.issuer, cache_seconds=0)) as client, asyncio.timeout(10):
            answer = await client.get("/api/v1/me", headers=bearer(token))
            while answer.status_code == 200:
                await asyncio.sleep(0.1)
                answer = await client.get("/api/v1/me", headers=bearer(token))
            assert answer.status_code == 401
    finally:
        await provider.stop()


async def test_an_answer_is_kept_for_a_while_and_only_for_its_token(provider: IdentityProvider) -> None:
    token = await provider.token("S0006")
    kept, asking = SignIn(provider.issuer), SignIn(provider.issuer, cache_seconds=0)
    assert await kept.staff_id_of(token) == "S0006"
    assert await asking.staff_id_of(token) == "S0006"
    await provider.revoke("S0006")
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
    provider = IdentityProvider(free_port(), tmp_path / "oidc.log")
    await provider.start()
    await provider.ready()
    token = await provider.token("S0005")
    async with AsyncTestClient(trial_app(provider.issuer, cache_seconds=0)) as client:
        assert (await client.get("/api/v1/me", headers=bearer(token))).status_code == 200
        await provider.stop()
        answer = await client.get("/api/v1/me", headers=bearer(token))
        assert answer.status_code == 503
        assert "sign-in service" in answer.json()["detail"]
        ready = (await client.get("/health/ready")).json()
        assert ready["dependencies"]["sign_in"].startswith("down")


async def test_a_provider_that_is_not_the_one_of_the_settings_is_not_asked(provider: IdentityProvider) -> None:
    sign_in = SignIn(provider.issuer.replace("127.0.0.1", "localhost") + "/other")
    with pytest.raises(Problem) as caught:
        await sign_in.staff_id_of(await provider.token("S0005"))
    assert caught.value.status == 503
    await sign_in.close()


async def test_a_token_is_not_kept(provider: IdentityProvider) -> None:
    token = await provider.token("S0005")
    sign_in = SignIn(provider.issuer)
    await sign_in.staff_id_of(token)
    assert token not in repr(vars(sign_in))
    await sign_in.close()
