"""What a provider signs is believed as far as it is for us, by it, for this sign-in, and about one person."""

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwk

from chassis.database import Database
from tests import real_parts
from tests.integration.web.desk import Browser, Desk, desk, led_to, query
from tests.integration.web.forging_provider import ForgingProvider, forging_provider

COOKIE = "__Host-trial-desk"


@pytest.fixture
async def provider() -> AsyncIterator[ForgingProvider]:
    async with forging_provider() as provider:
        yield provider


@pytest.fixture
async def trial(
    provider: ForgingProvider, fresh_database: Callable[..., Awaitable[real_parts.Database]], tmp_path: Path
) -> AsyncIterator[Desk]:
    made = await fresh_database("audit")
    database = Database(made.dsn("audit"))
    trial = desk(provider.issuer, database, tmp_path)
    yield trial
    await trial.tokens.close()
    await database.close()


@pytest.fixture
async def browser(trial: Desk) -> AsyncIterator[Browser]:
    browser = Browser(trial.app)
    yield browser
    await browser.client.aclose()


async def asked(browser: Browser, provider: ForgingProvider, path: str = "/sign-in?back=/en/queue") -> str:
    """The desk asks; the address with which the provider answers."""
    answer = await browser.get(path)
    provider.asked = query(answer.headers["location"])
    return "/signed-in?" + urlencode({"code": "a code", "state": provider.asked["state"]})


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def by_hmac(key: bytes, token: str) -> str:
    """The claims of a token, "signed" with what everybody knows."""
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    signing = f"{header}.{token.split('.')[1]}"
    mac = hmac.digest(key, signing.encode(), hashlib.sha256)
    return f"{signing}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_an_honest_answer_is_believed(browser: Browser, provider: ForgingProvider) -> None:
    answer = await browser.get(await asked(browser, provider))
    assert led_to(answer) == "/en/queue"
    assert "<h1>S0005</h1>" in (await browser.get("/en/queue")).text


async def test_every_forged_answer_is_refused(browser: Browser, provider: ForgingProvider) -> None:
    signed, now = provider.signed, int(time.time())
    other = jwk.RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    public = provider.key.as_pem(private=False)
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    forged: dict[str, Callable[[dict[str, Any]], str]] = {
        "another issuer": lambda claims: signed(claims | {"iss": "https://other.example"}),
        "another audience": lambda claims: signed(claims | {"aud": "recourse-other"}),
        "ours among others": lambda claims: signed(claims | {"aud": [claims["aud"], "recourse-other"]}),
        "given to another": lambda claims: signed(claims | {"azp": "recourse-other"}),
        "another nonce": lambda claims: signed(claims | {"nonce": "another"}),
        "ended": lambda claims: signed(claims | {"iat": now - 900, "exp": now - 600}),
        "not yet": lambda claims: signed(claims | {"iat": now + 600, "exp": now + 900}),
        "another person": lambda claims: signed(claims | {"sub": "S0006"}),
        "another key": lambda claims: signed(claims, other),
        "the public key as a secret": lambda claims: by_hmac(public, signed(claims)),
        "no signature": lambda claims: f"{unsigned}.{signed(claims).split('.')[1]}.",
        "changed": lambda claims: signed(claims)[:-4] + "AAAA",
        "no token": lambda _: "nothing",
        **{f"no {name}": lambda claims, name=name: signed(without(claims, name))
           for name in ("iss", "aud", "sub", "nonce", "exp", "iat")},
    }  # fmt: skip
    believed = []
    for name, forge in forged.items():
        provider.id_token = forge
        answer = await browser.get(await asked(browser, provider))
        if answer.status_code != 400 or browser.cookie(COOKIE) is not None:
            believed.append(name)
    assert believed == []


async def test_a_provider_that_tells_of_two_people_is_not_believed(browser: Browser, provider: ForgingProvider) -> None:
    provider.staff_id = "S0006"
    assert (await browser.get(await asked(browser, provider))).status_code == 400


async def test_without_the_verifier_the_code_is_nothing(browser: Browser, provider: ForgingProvider) -> None:
    answer = await asked(browser, provider)
    provider.asked["code_challenge"] = "of another sign-in"
    assert (await browser.get(answer)).status_code == 400


async def test_a_sign_in_whose_time_is_not_told_counts_as_fresh_only_when_asked_for_again(
    browser: Browser, provider: ForgingProvider
) -> None:
    await browser.get(await asked(browser, provider))
    leading = (await browser.get("/en/decide")).headers["location"]
    assert leading == "/sign-in?back=%2Fen%2Fdecide&again=true"
    await browser.get(await asked(browser, provider, leading))
    assert (await browser.get("/en/decide")).status_code == 200


@pytest.mark.parametrize(("seconds_ago", "status"), [(240, 200), (600, 303), (-600, 303)])
async def test_the_time_that_is_told_counts(
    browser: Browser, provider: ForgingProvider, seconds_ago: int, status: int
) -> None:
    at = int(time.time()) - seconds_ago
    provider.id_token = lambda claims: provider.signed(claims | {"auth_time": at})
    assert (await browser.get(await asked(browser, provider))).status_code == 200
    assert (await browser.get("/en/decide")).status_code == status


async def test_without_an_end_at_the_provider_signing_out_ends_here(browser: Browser) -> None:
    page = await browser.get("/signed-out?everywhere=true")
    assert page.status_code == 200
    assert "http-equiv" not in page.text
