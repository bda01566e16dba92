"""The directory of help, from the process that serves it, with nothing else in the world up."""

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis import keys
from ops.demo.clients import until
from ops.local_stack.ports import free_port
from ops.local_stack.process import Process
from services.support.domain.help import ALWAYS
from tests.lifecycles import POLICY

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
NOWHERE = "127.0.0.1:9"


@dataclass
class Page:
    http: httpx.AsyncClient
    process: Process

    async def get(self, **query: str) -> dict[str, Any]:
        answer = await self.http.get("/api/v1/help", params=query)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
async def page(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    tmp_path = tmp_path_factory.mktemp("help")
    publics = {service: keys.create(service, tmp_path / service) for service in ("support", "intake", "notifications")}
    (tmp_path / "services.json").write_text(json.dumps(publics))
    port = free_port()
    given = {
        "DATABASE_DSN": f"postgresql://x:x@{NOWHERE}/x", "KEYSTORE_DSN": f"postgresql://x:x@{NOWHERE}/x",
        "KAFKA_BOOTSTRAP": NOWHERE, "TEMPORAL_ADDRESS": NOWHERE, "OIDC_ISSUER": f"http://{NOWHERE}",
        "KEYS_DIR": str(tmp_path / "support"), "SERVICE_KEYS": str(tmp_path / "services.json"), "HTTP_PORT": str(port),
        "PEERS": "{}",
    }  # fmt: skip
    environment = {"PYTHONPATH": str(ROOT), **{f"RECOURSE_{name}": value for name, value in given.items()}}
    words = [sys.executable, "-m", "services.support", "all"]
    process = Process.spawn(words, log=tmp_path / "log", environment=environment)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:

        async def listens() -> bool:
            try:
                return (await http.get("/health/live")).status_code == 200
            except httpx.TransportError:
                assert process.exit_code() is None, (tmp_path / "log").read_text()
                return False

        try:
            await until("the process listens", listens, 60)
            yield Page(http, process)
        finally:
            await process.stop()


async def test_inv_21_help_is_there_without_sign_in_whatever_else_is_down(page: Page) -> None:
    assert (await page.http.get("/health/ready")).status_code == 503
    for query in ({}, {"station": "selwick"}, {"station": "creek"}, {"station": "no such place"}, {"station": ""}):
        found = await page.get(**query)
        assert {one["service"] for one in found["help"]} >= {one.value for one in ALWAYS}, query
        assert "call the emergency number first" in found["said_first"]
        assert all(one["contact"] for one in found["help"])
    assert found["station"] is None
    assert {one["key"] for one in found["stations"]} == {"valmora", "selwick", "tarn", "perdida", "creek"}
    assert (await page.http.head("/api/v1/help")).status_code == 200
    nobody = await page.http.get("/api/v1/help", headers={"Authorization": "Bearer forged", "Cookie": "a=b"})
    assert nobody.status_code == 200, "a sign-in that has ended is no reason"


async def test_inv_23_what_cannot_wait_is_said_before_anything_is_asked(page: Page) -> None:
    found = await page.get()
    shown = {one["key"]: (one["hours"], one["confidence"]) for one in found["time_critical"]}
    assert shown == {"health.hiv": (72, "A"), "health.ec": (120, "A")}
    assert all("You need not say" in one["text"] for one in found["time_critical"])


async def test_what_may_harm_is_said_beside_each_place(page: Page) -> None:
    found = await page.get(station="creek")
    assert found["law_punishes"] == ["same_sex_conduct", "sex_outside_marriage"]
    places = {one["key"]: one for one in found["help"]}
    assert {"must_report", "law_punishes"} <= set(places["creek_hospital"]["warnings"])
    elsewhere = [one for one in found["help"] if one["from_elsewhere"] and one["service"] == "medical"]
    assert [one["must_report"] for one in elsewhere] == [[]], "another country's doctor has nobody to tell"


async def test_the_page_offers_a_way_on_to_whoever_came_to_the_wrong_one(page: Page) -> None:
    doors = {one["key"]: one for one in (await page.get())["doors"]}
    assert doors["i_do_not_work_here"]["route"] == "support_referral"
    for door in doors.values():
        asks = POLICY.routes[door["route"]].asks
        assert all(choice in asks[name] for name, choice in door["choices"].items())


async def test_a_question_that_is_malformed_is_answered_as_a_problem(page: Page) -> None:
    answer = await page.http.get("/api/v1/help?station=%00")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (await page.http.post("/api/v1/help")).status_code == 405
