"""Signing in to a desk's pages at a real provider: who gets in, who does not, and when it is over."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest

from chassis.database import Database
from chassis.web.app import MAX_BODY
from chassis.web.desk_sign_in import path_of_ours
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from tests import real_parts
from tests.integration.web.desk import DESK, Browser, Desk, csrf, desk, led_to, query

SIGNED_IN_COOKIE, ASKED_COOKIE = "__Host-trial-desk", "__Host-trial-sign-in"


@pytest.fixture
async def made(fresh_database: Callable[..., Awaitable[real_parts.Database]]) -> real_parts.Database:
    return await fresh_database("audit")


@pytest.fixture
async def database(made: real_parts.Database) -> AsyncIterator[Database]:
    database = Database(made.dsn("audit"))
    yield database
    await database.close()


@pytest.fixture
async def trial(oidc: Oidc, database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    trial = desk(oidc.issuer, database, tmp_path, cache_seconds=0)
    yield trial
    await trial.tokens.close()


@pytest.fixture
async def browser(trial: Desk) -> AsyncIterator[Browser]:
    browser = Browser(trial.app)
    yield browser
    await browser.client.aclose()


async def rows(made: real_parts.Database) -> int:
    connection = await asyncpg.connect(made.admin_dsn)
    try:
        return int(await connection.fetchval("select count(*) from audit.web_sessions"))
    finally:
        await connection.close()


async def test_a_page_leads_to_the_provider_and_back_to_itself(
    browser: Browser, oidc: Oidc, made: real_parts.Database
) -> None:
    first = await browser.get("/en/queue?sort=due&page=2")
    assert first.status_code == 303
    assert first.headers["location"] == "/sign-in?back=%2Fen%2Fqueue%3Fsort%3Ddue%26page%3D2"
    asking = await browser.get(first.headers["location"])
    assert asking.status_code == 303
    asked = query(asking.headers["location"])
    assert asking.headers["location"].startswith(f"{oidc.issuer}/oauth2/authorize?")
    assert {name: asked[name] for name in ("client_id", "response_type", "redirect_uri", "code_challenge_method")} == {
        "client_id": "recourse-trial",
        "response_type": "code",
        "redirect_uri": f"{DESK}/signed-in",
        "code_challenge_method": "S256",
    }
    # Of a person we take the staff id, and nothing else (ADR 8).
    assert asked["scope"] == "openid"
    back = await browser.chosen(await browser.get(asking.headers["location"]), "S0005")
    answered = await browser.get(back)
    assert answered.status_code == 200
    assert led_to(answered) == "/en/queue?sort=due&page=2"
    page = await browser.get(led_to(answered))
    assert page.status_code == 200
    assert "<h1>S0005</h1>" in page.text
    # The question is gone, and one session is there.
    assert await rows(made) == 1


async def test_the_cookies_of_signing_in(browser: Browser) -> None:
    asking = await browser.get("/sign-in")
    (asked,) = asking.headers.get_list("set-cookie")
    name, *attributes = asked.split("; ")
    assert name.startswith(f"{ASKED_COOKIE}=")
    # The answer comes from the provider's site: a Strict cookie would stay behind.
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
    back = await browser.chosen(await browser.get(asking.headers["location"]), "S0005")
    answered = await browser.get(back)
    sent = {line.split("=")[0]: line.split("; ")[1:] for line in answered.headers.get_list("set-cookie")}
    assert sorted(sent[SIGNED_IN_COOKIE]) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    assert "Max-Age=0" in sent[ASKED_COOKIE]
    assert len(sent) == 2


async def test_an_answer_is_good_once(browser: Browser) -> None:
    back = await browser.chosen(await browser.at_provider("/en/queue"), "S0005")
    question = browser.cookie(ASKED_COOKIE)
    assert (await browser.get(back)).status_code == 200
    browser.client.cookies.clear()
    again = await browser.client.get(back, headers={"Cookie": f"{ASKED_COOKIE}={question}"})
    assert again.status_code == 400
    assert browser.cookie(SIGNED_IN_COOKIE) is None


async def test_a_code_that_was_used_opens_nothing_under_a_new_question(
    browser: Browser, made: real_parts.Database
) -> None:
    used = await browser.chosen(await browser.at_provider("/en/queue"), "S0005")
    assert (await browser.get(used)).status_code == 200
    browser.client.cookies.clear()
    state = query(str((await browser.at_provider("/en/queue")).url))["state"]
    answer = await browser.get("/signed-in?" + urlencode({"code": query(used)["code"], "state": state}))
    assert answer.status_code == 400
    assert browser.cookie(SIGNED_IN_COOKIE) is None


async def test_a_code_of_another_sign_in_opens_nothing(browser: Browser, trial: Desk) -> None:
    """Whoever sends somebody the answer to a sign-in of their own would have them work under another name."""
    other = Browser(trial.app)
    theirs = await other.chosen(await other.at_provider("/en/queue"), "S0006")
    await other.client.aclose()
    ours = query(str((await browser.at_provider("/en/queue")).url))
    # As it stands: the state is another browser's. With our state: the nonce is.
    for state in (query(theirs)["state"], ours["state"]):
        answer = await browser.get("/signed-in?" + urlencode({"code": query(theirs)["code"], "state": state}))
        assert answer.status_code == 400
        assert browser.cookie(SIGNED_IN_COOKIE) is None


async def test_an_answer_without_a_question_opens_nothing(browser: Browser) -> None:
    back = await browser.chosen(await browser.at_provider("/en/queue"), "S0005")
    browser.client.cookies.clear()
    assert (await browser.get(back)).status_code == 400
    assert (await browser.get("/en/queue")).status_code == 303


@pytest.mark.parametrize(
    "change", [{"state": ""}, {"state": "é"}, {"code": ""}, {"code": "made-up"}, {"iss": "https://other.example"}]
)
async def test_an_answer_that_was_changed_opens_nothing(browser: Browser, change: dict[str, str]) -> None:
    back = await browser.chosen(await browser.at_provider("/en/queue"), "S0005")
    answer = await browser.get("/signed-in?" + urlencode(query(back) | change))
    assert answer.status_code == 400
    assert "You are not signed in" in answer.text
    assert browser.cookie(SIGNED_IN_COOKIE) is None


async def test_whoever_stops_at_the_provider_is_not_signed_in(browser: Browser) -> None:
    provider = await browser.at_provider("/en/queue")
    denied = await browser.client.post(provider.url, data={"action": "deny"})
    answer = await browser.get(denied.headers["location"])
    assert answer.status_code == 400
    assert browser.cookie(SIGNED_IN_COOKIE) is None


async def test_an_answer_that_takes_too_long_opens_nothing(browser: Browser, trial: Desk) -> None:
    back = await browser.chosen(await browser.at_provider("/en/queue"), "S0005")
    trial.clock.ahead += timedelta(minutes=10)
    assert (await browser.get(back)).status_code == 400


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example/", "///evil.example/", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "evil.example", "/%0d%0aLocation:", "/en/queue#x", "/@evil", "", "/en/<b>", "/en//x y",
    ],
)  # fmt: skip
async def test_no_address_leads_to_another_site_after_signing_in(browser: Browser, elsewhere: str) -> None:
    assert path_of_ours(elsewhere) == "/"
    provider = await browser.at_provider("/sign-in?" + urlencode({"back": elsewhere}))
    answered = await browser.get(await browser.chosen(provider, "S0005"))
    assert led_to(answered) == "/"
    assert 'href="/sign-in?back=%2F"' in (await browser.get("/signed-out?" + urlencode({"back": elsewhere}))).text


@pytest.mark.parametrize("path", ["/", "/en/queue", "/en/cases/3fa85f64-5717-4562-b3fc-2c963f66afa6?tab=a%20b&x=1"])
async def test_a_path_of_ours_is_kept(path: str) -> None:
    assert path_of_ours(path) == path


async def test_a_page_takes_the_cookie_alone_and_the_interface_the_token_alone(browser: Browser, oidc: Oidc) -> None:
    token = await access_token(oidc.issuer, "S0005")
    bearer = {"Authorization": f"Bearer {token}"}
    page = await browser.client.get(f"{DESK}/en/queue", headers=bearer)
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?back=%2Fen%2Fqueue")
    assert (await browser.client.get(f"{DESK}/api/v1/me", headers=bearer)).json() == {"staff_id": "S0005"}
    await browser.signed_in("S0005")
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_signing_in_again_gives_a_new_cookie_and_ends_the_old_one(
    browser: Browser, made: real_parts.Database
) -> None:
    page = await browser.signed_in("S0005")
    sent = await browser.send("/en/decide", csrf=csrf(page), words="kept words")
    assert sent.headers["location"] == "/en/queue"
    planted = browser.cookie(SIGNED_IN_COOKIE)
    page = await browser.signed_in("S0005", "/sign-in?back=/en/queue")
    assert "kept words" in page.text
    assert browser.cookie(SIGNED_IN_COOKIE) != planted
    other = httpx.Cookies({SIGNED_IN_COOKIE: planted or ""})
    browser.client.cookies = other
    assert (await browser.get("/en/queue")).status_code == 303
    assert await rows(made) == 1


async def test_whoever_signs_in_after_somebody_else_gets_nothing_of_theirs(
    browser: Browser, made: real_parts.Database
) -> None:
    page = await browser.signed_in("S0005")
    await browser.send("/en/decide", csrf=csrf(page), words="words of the first")
    page = await browser.signed_in("S0006", "/sign-in?back=/en/queue")
    assert "<h1>S0006</h1>" in page.text
    assert "words of the first" not in page.text
    assert await rows(made) == 1


async def test_whoever_sends_far_too_much_is_told_to_send_it_in_parts_and_not_once_more(
    browser: Browser,
) -> None:
    page = await browser.signed_in("S0005")
    answer = await browser.send("/en/decide", csrf=csrf(page), words="x" * MAX_BODY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/said/too_much")
    told = (await browser.get("/en/said/too_much")).text
    assert "Nothing of it was saved." in told
    assert "send it in several parts" in told
    assert "The fault is ours" not in told


async def test_signing_out_ends_the_session_here_and_at_the_provider(
    browser: Browser, oidc: Oidc, made: real_parts.Database
) -> None:
    page = await browser.signed_in("S0005")
    copied = browser.cookie(SIGNED_IN_COOKIE)
    assert (await browser.send("/en/sign-out")).headers["location"] == "/en/said/not_taken"
    assert (await browser.get("/en/queue")).status_code == 200
    answer = await browser.send("/en/sign-out", csrf=csrf(page))
    assert answer.status_code == 303
    assert await rows(made) == 0
    assert browser.cookie(SIGNED_IN_COOKIE) is None
    signed_out = await browser.get(answer.headers["location"])
    provider = led_to(signed_out)
    assert provider.startswith(f"{oidc.issuer}/oauth2/end_session?")
    assert query(provider) == {"client_id": "recourse-trial", "post_logout_redirect_uri": f"{DESK}/signed-out"}
    assert (await browser.get("/signed-out")).status_code == 200
    browser.client.cookies = httpx.Cookies({SIGNED_IN_COOKIE: copied or ""})
    assert (await browser.get("/en/queue")).status_code == 303


async def test_a_form_of_another_site_does_not_sign_anybody_out(browser: Browser) -> None:
    page = await browser.signed_in("S0005")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        await browser.client.post(f"{DESK}/en/sign-out", data={"csrf": csrf(page)}, headers=headers)
        assert (await browser.get("/en/queue")).status_code == 200


async def test_a_sign_in_that_ends_at_the_provider_ends_here(
    browser: Browser, oidc: Oidc, made: real_parts.Database
) -> None:
    await browser.signed_in("S0018")
    async with httpx.AsyncClient(trust_env=False) as provider:
        (await provider.post(f"{oidc.issuer}/users/S0018/revoke-tokens")).raise_for_status()
    assert (await browser.get("/en/queue")).headers["location"] == "/sign-in?back=%2Fen%2Fqueue"
    assert browser.cookie(SIGNED_IN_COOKIE) is None
    assert await rows(made) == 0


async def test_a_desk_is_left_after_a_quarter_of_an_hour_without_a_request(browser: Browser, trial: Desk) -> None:
    page = await browser.signed_in("S0005")
    for _ in range(2):
        trial.clock.ahead += timedelta(minutes=14, seconds=50)
        assert (await browser.get("/en/queue")).status_code == 200
    trial.clock.ahead += timedelta(minutes=15)
    lost = await browser.send("/en/decide", csrf=csrf(page), words="typed too late")
    # Not at once to the provider: a browser stops a form that is led to another site.
    assert lost.headers["location"] == "/en/signed-out?lost=true&back=%2Fen%2Fdecide"
    said = await browser.get(lost.headers["location"])
    assert "What you sent last was not taken" in said.text
    assert "typed too late" not in said.text
    assert 'href="/sign-in?back=%2Fen%2Fdecide"' in said.text


async def test_a_desk_is_left_after_eight_hours_in_any_case(browser: Browser, trial: Desk) -> None:
    await browser.signed_in("S0005")
    for _ in range(8 * 6 - 1):
        trial.clock.ahead += timedelta(minutes=10)
        assert (await browser.get("/en/queue")).status_code == 200
    trial.clock.ahead += timedelta(minutes=10)
    assert (await browser.get("/en/queue")).status_code == 303


async def test_a_decision_wants_a_sign_in_of_the_last_minutes_and_keeps_what_was_typed(
    browser: Browser, trial: Desk
) -> None:
    page = await browser.signed_in("S0005", "/en/decide")
    assert (await browser.send("/en/decide", csrf=csrf(page), words="w")).headers["location"] == "/en/queue"
    trial.clock.ahead += timedelta(minutes=5)
    asked = await browser.get("/en/decide")
    assert asked.headers["location"] == "/sign-in?back=%2Fen%2Fdecide&again=true"
    sent = await browser.send("/en/decide", csrf=csrf(page), words="typed before")
    # Not at once to the provider: a browser stops a form that is led to another site.
    assert sent.headers["location"] == "/en/sign-in-again?back=%2Fen%2Fdecide"
    assert 'href="/sign-in?back=%2Fen%2Fdecide&amp;again=true"' in (await browser.get(sent.headers["location"])).text
    trial.clock.ahead -= timedelta(minutes=5)
    provider = await browser.at_provider("/sign-in?again=true&back=/en/decide")
    assert {"prompt": "login", "max_age": "0"}.items() <= query(str(provider.url)).items()
    page = await browser.get(led_to(await browser.get(await browser.chosen(provider, "S0005"))))
    assert page.status_code == 200
    assert "typed before" in page.text


async def test_a_provider_that_answers_by_an_older_sign_in_is_not_believed_to_have_asked_again(
    browser: Browser, trial: Desk
) -> None:
    await browser.signed_in("S0005")
    trial.clock.ahead += timedelta(minutes=5)
    held = browser.cookie(SIGNED_IN_COOKIE)
    back = await browser.chosen(await browser.at_provider("/sign-in?again=true&back=/en/decide"), "S0005")
    assert (await browser.get(back)).status_code == 400
    assert browser.cookie(SIGNED_IN_COOKIE) == held


async def test_nothing_of_a_token_or_a_cookie_is_logged(
    browser: Browser, trial: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the browser of this test logs where it goes
    back = await browser.chosen(await browser.at_provider("/en/queue"), "S0005")
    question = browser.cookie(ASKED_COOKIE)
    assert (await browser.get(back)).status_code == 200
    assert (await browser.get(back)).status_code == 400
    session = await trial.sign_in.desk.find(browser.cookie(SIGNED_IN_COOKIE) or "")
    assert session is not None
    secrets = [question, session.cookie, session.csrf, *query(back).values(), session.data["signed in"]["token"]]
    assert "sign-in refused" in caplog.text
    for secret in secrets:
        assert secret
        assert secret not in caplog.text
        for record in caplog.records:
            assert secret not in str(vars(record))


async def test_a_provider_that_is_down_is_said_so_and_signs_nobody_out(database: Database, tmp_path: Path) -> None:
    nobody = desk("http://127.0.0.1:1", database, tmp_path)
    browser = Browser(nobody.app)
    answer = await browser.get("/sign-in")
    assert answer.status_code == 503
    # Nothing was sent, so nobody is told to send it again.
    assert "This page cannot be shown now. Nothing was changed." in answer.text
    assert "send it once more" not in answer.text
    assert (await browser.get("/signed-out?everywhere=true")).status_code == 200
    await browser.client.aclose()
    await nobody.tokens.close()
