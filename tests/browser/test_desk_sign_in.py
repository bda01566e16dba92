"""Signing in with a real browser, where provider and desk are two sites: the Strict cookie has to come along."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from chassis.database import Database
from ops.local_stack.oidc import Oidc
from tests import real_parts
from tests.browser.conftest import PageFactory
from tests.browser.served import listening, served
from tests.integration.web.desk import desk


@pytest.fixture
async def address(
    oidc: Oidc, fresh_database: Callable[..., Awaitable[real_parts.Database]], tmp_path: Path
) -> AsyncIterator[str]:
    made = await fresh_database("audit")
    database = Database(made.dsn("audit"))
    listener, address = listening()
    # Two ports of one host are one site to a browser; these are two.
    trial = desk(oidc.issuer.replace("127.0.0.1", "localhost"), database, tmp_path, public_url=address)
    async with served(listener, trial.app):
        yield address
    await trial.tokens.close()
    await database.close()


@pytest.mark.parametrize("javascript", [True, False])
async def test_signing_in_leads_back_to_the_page_and_signing_out_to_the_provider(
    page_factory: PageFactory, address: str, javascript: bool
) -> None:
    page = await page_factory(javascript=javascript)
    await page.goto(f"{address}/en/queue")
    assert page.url.startswith("http://localhost:")
    await page.click("button[value=S0005]")
    await page.wait_for_url(f"{address}/en/queue")
    assert await page.inner_text("h1") == "S0005"
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies(address)}
    assert list(cookies) == ["__Host-trial-desk"]
    assert cookies["__Host-trial-desk"]["sameSite"] == "Strict"
    await page.click("text=Sign out")
    await page.wait_for_url("http://localhost:*/oauth2/end_session*")
    assert await page.context.cookies(address) == []
