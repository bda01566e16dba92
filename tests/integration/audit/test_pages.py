"""The auditor's page: one button, plain sentences, a proof file."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis import keys
from ops.local_stack.oidc import Oidc
from services.audit.service import build
from services.audit.settings import AuditSettings
from tests.integration.audit.sources import World
from tests.integration.web.desk import DESK, Browser, csrf
from tests.waiting import eventually

pytestmark = pytest.mark.stack
AUDITOR, SUPERVISOR = "S0015", "S0018"


@pytest.fixture
async def browser(world: World, oidc: Oidc, tmp_path: Path) -> AsyncIterator[Browser]:
    public = keys.create("audit", tmp_path / "audit")
    (tmp_path / "services.json").write_text(json.dumps({"audit": public}))
    settings = AuditSettings(
        service="audit",
        database_dsn=world.test_database.dsn("audit"),
        kafka_bootstrap="127.0.0.1:1",
        temporal_address="",
        oidc_issuer=oidc.issuer,
        oidc_client_secret="any",
        http_port=0,
        public_url=DESK,
        keys_dir=tmp_path / "audit",
        service_keys=tmp_path / "services.json",
    )
    service = build(settings)
    browser = Browser(service.app)
    yield browser
    await browser.client.aclose()
    await service.app.state.sign_in.close()
    for close in service.close:
        await close()


async def read_record(browser: Browser) -> str:
    """Presses the button; the page once the record was read."""
    page = await browser.get("/en/record")
    answer = await browser.send("/en/record", csrf=csrf(page))
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/record")

    async def read() -> str | None:
        text = (await browser.get("/en/record")).text
        return text if "What was found" in text and 'http-equiv="refresh"' not in text else None

    return await eventually(read)


async def test_one_button_says_that_the_record_is_whole_and_gives_the_proof(browser: Browser, world: World) -> None:
    await world.act("workflow", "case-1", "case-2")
    await world.beat("workflow")
    await world.take_all()
    first = await browser.signed_in(AUDITOR, "/en/record")
    assert "What was found" not in first.text
    assert (await browser.get("/en/record/proof")).status_code == 404
    assert (await browser.get("/en")).headers["location"] == "/en/record"
    page = await read_record(browser)
    assert "Nothing was changed and nothing is missing." in page
    assert "2 entries" in page
    proof = await browser.get("/en/record/proof")
    assert proof.headers["content-disposition"].startswith('attachment; filename="record-')
    assert proof.headers["x-content-type-options"] == "nosniff"
    assert (proof.json()["ok"], proof.json()["entries"]) == (True, 2)


async def test_a_removed_row_is_said_in_a_sentence(browser: Browser, world: World) -> None:
    await world.act("workflow", "case-1", "case-2")
    await world.take_all()
    await world.as_owner("delete from entries where number = 1")
    await browser.signed_in(AUDITOR, "/en/record")
    page = await read_record(browser)
    assert "The record is not as it was written." in page
    assert "<li>Entry 1 was removed from the record.</li>" in page


async def test_nobody_else_finds_the_page(browser: Browser) -> None:
    assert (await browser.signed_in(SUPERVISOR, "/en/record")).status_code == 404
    assert (await browser.get("/en/record/proof")).status_code == 404
