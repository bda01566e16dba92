"""Where notifications may write: told to notifications alone, for one person at a time."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chassis import service_tokens
from chassis.keys import ServiceKeys
from tests.integration.hr_bridge.house import House
from tests.waiting import eventually

pytestmark = pytest.mark.stack


async def ask(
    house: House, staff_id: str, *, source: str = "notifications", claims: Any = None, token: str | None = None
) -> httpx.Response:
    signing = ServiceKeys.load(house.folder / source).signing
    token = token or service_tokens.mint(
        signing, source, "hr_bridge", claims or {"staff_id": staff_id}, datetime.now(UTC)
    )
    headers = {"Authorization": f"Service {token}"}
    return await house.client.post("/internal/v1/mail-address", json={"staff_id": staff_id}, headers=headers)


async def test_notifications_get_an_address_without_a_name(house: House) -> None:
    async def known() -> bool:
        return (await ask(house, "S0018")).status_code == 200

    await eventually(known)
    assert (await ask(house, "S0018")).json() == {"address": "s0018@staff.example"}


async def test_an_unknown_person_has_no_address(house: House) -> None:
    assert (await ask(house, "S9996")).status_code == 404


async def test_nobody_else_is_told(house: House) -> None:
    assert (await ask(house, "S0018", source="workflow")).status_code == 401
    assert (await ask(house, "S0018", claims={"staff_id": "S0017"})).status_code == 401
    bare = await house.client.post("/internal/v1/mail-address", json={"staff_id": "S0018"})
    assert bare.status_code == 401


async def test_a_token_is_good_once(house: House) -> None:
    signing = ServiceKeys.load(house.folder / "notifications").signing
    token = service_tokens.mint(signing, "notifications", "hr_bridge", {"staff_id": "S9996"}, datetime.now(UTC))
    assert (await ask(house, "S9996", token=token)).status_code == 404
    assert (await ask(house, "S9996", token=token)).status_code == 401
