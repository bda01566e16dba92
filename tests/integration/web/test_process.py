"""The process of a service: starts without its dependencies, ends in order, idles at no cost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from ops.local_stack.ports import free_port
from ops.local_stack.process import Process

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]


def environment(port: int) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "RECOURSE_DATABASE_DSN": "postgresql://nobody@127.0.0.1:1/none",
        "RECOURSE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "RECOURSE_TEMPORAL_ADDRESS": "127.0.0.1:1",
        "RECOURSE_OIDC_ISSUER": "http://127.0.0.1:1",
        "RECOURSE_HTTP_PORT": str(port),
        "RECOURSE_KEYS_DIR": "/nowhere",
        "RECOURSE_SERVICE_KEYS": "/nowhere",
    }


class Trial:
    def __init__(self, log: Path) -> None:
        self.log, self.port = log, free_port()
        self.process: Process | None = None

    def start(self, command: str = "all", **changed: str) -> Process:
        words = [sys.executable, "-m", "tests.integration.web.trial_service", command]
        self.process = Process.spawn(words, log=self.log, environment=environment(self.port) | changed)
        return self.process

    def said(self) -> str:
        return self.log.read_text()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                assert self.process is not None
                assert self.process.exit_code() is None or condition(), self.said()
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        assert self.process is not None
        process = self.process
        async with asyncio.timeout(20):
            return await asyncio.to_thread(process.popen.wait)

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client, asyncio.timeout(20):
            while True:
                try:
                    return await client.get(path)
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    found = Trial(tmp_path / "trial.log")
    yield found
    if found.process is not None:
        await found.process.stop()


async def test_it_serves_while_what_its_background_needs_is_down_and_tries_that_again(trial: Trial) -> None:
    trial.start()
    ready = await trial.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["status"] == "degraded"
    assert ready.json()["dependencies"]["kafka"].startswith("down")
    await trial.until(lambda: "background runs" in trial.said())
    assert trial.said().count("background task stopped") == 1
    assert "SECRET" not in trial.said()


async def test_on_sigterm_it_answers_what_it_has_in_hand_then_stops_its_background_and_ends(trial: Trial) -> None:
    process = trial.start()
    await trial.until(lambda: trial.log.exists() and "background runs" in trial.said())
    answering = asyncio.create_task(trial.get("/api/v1/slow"))
    await trial.until(lambda: "slow began" in trial.said())
    os.kill(process.popen.pid, signal.SIGTERM)
    answer = await answering
    assert (answer.status_code, answer.json()) == (200, {"slow": "done"})
    assert await trial.ended() == 0
    said = trial.said()
    assert said.index("background stopped") < said.index("closed")


async def test_web_alone_runs_no_background_and_background_alone_answers_health_only(trial: Trial) -> None:
    process = trial.start("web")
    assert (await trial.get("/api/v1/slow")).status_code == 200
    await process.stop()
    assert "background" not in trial.said()
    trial.start("background")
    assert (await trial.get("/health/live")).status_code == 200
    assert (await trial.get("/health/ready")).json()["dependencies"].keys() == {"kafka"}
    assert (await trial.get("/api/v1/slow")).status_code == 404
    await trial.until(lambda: "background runs" in trial.said())


async def test_a_taken_port_is_one_clear_sentence(trial: Trial) -> None:
    trial.start()
    await trial.get("/health/live")
    second = Trial(trial.log.with_name("second.log"))
    second.port = trial.port
    second.start()
    assert await second.ended() == 1
    assert f"127.0.0.1:{trial.port}" in second.said()
    assert "RECOURSE_HTTP_PORT" in second.said()
    assert "Traceback" not in second.said()


async def test_a_missing_setting_is_named(trial: Trial) -> None:
    trial.start(RECOURSE_HTTP_PORT="SECRET")
    assert await trial.ended() == 1
    assert "RECOURSE_HTTP_PORT" in trial.said()
    assert "SECRET" not in trial.said()
    assert "Traceback" not in trial.said()


async def test_without_its_style_sheets_it_ends_with_a_sentence_that_says_what_to_do(trial: Trial) -> None:
    trial.start(RECOURSE_KIT_DIR="/nowhere")
    assert await trial.ended() == 1
    assert "trial: There is no kit in /nowhere: run `make install`, or set RECOURSE_KIT_DIR." in trial.said()
    assert "Traceback" not in trial.said()


async def test_no_request_is_logged(trial: Trial) -> None:
    trial.start("web")
    await trial.get("/api/v1/slow?about=SOMETHING")
    await trial.get("/nothing/SOMETHING")
    assert "SOMETHING" not in trial.said()
    assert "127.0.0.1" not in trial.said()


async def test_what_has_to_be_known_first_is_waited_for_also_by_a_process_that_only_answers(
    trial: Trial, tmp_path: Path
) -> None:
    opens = tmp_path / "opens"
    trial.start("web", TRIAL_OPENS=str(opens))
    assert (await trial.get("/health/live")).status_code == 200
    assert (await trial.get("/api/v1/slow")).status_code == 503
    assert "runs everywhere" not in trial.said()
    opens.touch()
    await trial.until(lambda: "runs everywhere" in trial.said())
    assert (await trial.get("/api/v1/slow")).status_code == 200
    assert "background runs" not in trial.said()
