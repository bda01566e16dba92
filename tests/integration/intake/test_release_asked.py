"""A handler's request to learn who reports, where the process dies over it: the desk hears of what intake keeps."""

import asyncio
import base64
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from chassis import service_tokens
from chassis.sealing import SEED_BYTES, DeskPrivateKey, key_id
from contracts.intake.v1.reports_pb2 import IdentityAsked
from ops.local_stack.guardian import Guardian
from tests.integration.intake.conftest import SignIn, client_of
from tests.integration.intake.test_process import process_of
from tests.integration.intake.world import World, code_of_new, formal

pytestmark = pytest.mark.stack
INVESTIGATOR = "S0006"


def request(report_id: str, purpose: str = "check_facts") -> dict[str, str]:
    key = base64.b64encode(DeskPrivateKey.from_seed(os.urandom(SEED_BYTES)).public).decode()
    asked = {"report_id": report_id, "request_id": str(uuid4()), "purpose": purpose, "role": "investigator"}
    return asked | {"lifecycle": "formal_report", "public_key_b64": key}


async def ask(world: World, client: httpx.AsyncClient, body: dict[str, str], acting: str) -> int:
    """As workflow's desk asks, with a token for this one question."""
    claims = {name: body[name] for name in ("report_id", "request_id", "purpose", "role")}
    claims["key_id"] = key_id(base64.b64decode(body["public_key_b64"]))
    token = service_tokens.mint(world.keys["workflow"].signing, "workflow", "intake", claims, datetime.now(UTC))
    headers = {"Authorization": f"Service {token}", "X-Acting-Token": acting}
    return (await client.put("/internal/v1/identity-requests", json=body, headers=headers)).status_code


async def test_the_request_and_the_news_of_it_are_there_together_or_not_at_all(
    fresh_world: Callable[..., Awaitable[World]],
    tmp_path: Path,
    guardian: Guardian,
    signed_in: SignIn,
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        report_id = await world.report_id(client, await code_of_new(client, formal()))
        acting = await signed_in(INVESTIGATOR)
        assert await ask(world, client, request(report_id, "curiosity"), acting) == 404
    given = request(report_id)

    async def told() -> list[str]:
        events = [one.message for one in await world.events(report_id)]
        return [one.request_id for one in events if isinstance(one, IdentityAsked)]

    assert await told() == []
    async with process_of(
        world.settings, tmp_path / "log", guardian, command="web", failpoints="intake.identity_asked"
    ) as (process, client):
        with pytest.raises(httpx.TransportError):
            await ask(world, client, given, acting)
        assert await asyncio.to_thread(process.popen.wait, 60) == -signal.SIGKILL
    asked = [str(row["release_id"]) for row in await world.rows("select release_id from identity_releases")]
    assert asked == await told() == [given["request_id"]]
    async with client_of(world) as client:
        assert await ask(world, client, given, acting) == 204
    assert await told() == asked, "the same again tells nobody anew"
