"""Auditors alone may ask whether the record is whole; that they asked is in it too."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from chassis import keys
from contracts.audit.v1.audit_pb2 import AuditEntry
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from services.audit.service import build
from services.audit.settings import AuditSettings
from tests.integration.audit.sources import World

pytestmark = pytest.mark.stack
AUDITOR, SUPERVISOR = "S0015", "S0018"


@pytest.fixture
async def client(world: World, oidc: Oidc, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    public = keys.create("audit", tmp_path / "audit")
    (tmp_path / "services.json").write_text(json.dumps({"audit": public}))
    settings = AuditSettings(
        service="audit",
        database_dsn=world.test_database.dsn("audit"),
        kafka_bootstrap="127.0.0.1:1",
        temporal_address="",
        oidc_issuer=oidc.issuer,
        http_port=0,
        keys_dir=tmp_path / "audit",
        service_keys=tmp_path / "services.json",
    )
    service = build(settings)
    async with AsyncClient(transport=ASGITransport(service.app), base_url="http://audit") as client:
        yield client
    await service.app.state.sign_in.close()
    for close in service.close:
        await close()


async def signed_in(oidc: Oidc, staff_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {await access_token(oidc.issuer, staff_id)}"}


async def test_an_auditor_gets_the_verification_and_leaves_an_entry(
    client: AsyncClient, world: World, oidc: Oidc
) -> None:
    await world.act("workflow", "case-1")
    await world.beat("workflow")
    await world.take_all()
    answer = await client.get("/api/v1/verification", headers=await signed_in(oidc, AUDITOR))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["ok"], body["entries"], body["findings"]) == (True, 1, [])
    assert list(body["sources"]["workflow"]["arrived"].values()) == [1]
    [event] = await world.sent("audit")
    message = event.message
    assert isinstance(message, AuditEntry)
    assert (json.loads(message.entry_json)["act"], message.actor) == ("verify_record", AUDITOR)


async def test_a_removed_row_is_in_the_answer(client: AsyncClient, world: World, oidc: Oidc) -> None:
    await world.act("workflow", "case-1", "case-2")
    await world.take_all()
    await world.as_owner("delete from entries where number = 1")
    answer = await client.get("/api/v1/verification", headers=await signed_in(oidc, AUDITOR))
    body = answer.json()
    assert (body["ok"], body["findings"][0]["sentence"]) == (False, "Entry 1 was removed from the record.")


async def test_nobody_else_learns_that_there_is_a_record(client: AsyncClient, oidc: Oidc) -> None:
    headers = await signed_in(oidc, SUPERVISOR)
    refused = await client.get("/api/v1/verification", headers=headers)
    unknown = await client.get("/api/v1/nothing-here", headers=headers)
    assert (refused.status_code, refused.content) == (404, unknown.content)
    assert (await client.get("/api/v1/verification")).status_code == 401
    assert (await client.get("/api/v1/verification", headers={"Authorization": "Bearer x"})).status_code == 401
