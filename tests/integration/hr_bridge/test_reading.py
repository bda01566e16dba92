"""The directory is read again and again, and says what to do where it cannot be."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis import keys
from chassis.web.health import Check, Readiness, Unready
from ops.local_stack.ports import free_port
from ops.local_stack.tryton import Tryton as TrytonServer
from services.hr_bridge.adapters.tryton import Tryton
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.reading import Reading
from tests.integration.hr_bridge.alone import open_bridge
from tests.real_parts import Database
from tests.waiting import eventually

pytestmark = pytest.mark.stack

EVERY = 0.2


@pytest.fixture
async def bridge(
    fresh_database: Callable[..., Awaitable[Database]], tryton: TrytonServer, tmp_path: Path
) -> AsyncIterator[Bridge]:
    keys.create("hr_bridge", tmp_path / "hr_bridge")
    made = await fresh_database("hr_bridge")
    async with open_bridge(
        made,
        tmp_path,
        tryton_url=tryton.url,
        tryton_username="hr_bridge",
        tryton_password=tryton.hr_bridge_password,
        directory_every=EVERY,
    ) as opened:
        yield opened


@asynccontextmanager
async def read(bridge: Bridge) -> AsyncIterator[Reading]:
    reading = Reading(bridge)
    task = asyncio.create_task(reading.run())
    yield reading
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def wrong(reading: Reading) -> str:
    try:
        await reading.check()
    except Unready as told:
        return str(told)
    return ""


async def test_an_hr_system_that_does_not_answer_is_told_of_once_and_read_when_it_does(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    there, nowhere = bridge.tryton, Tryton(f"http://127.0.0.1:{free_port()}/hris", "hr_bridge", "unused")
    bridge.tryton = nowhere
    with caplog.at_level(logging.INFO, "services.hr_bridge.reading"):
        async with nowhere, read(bridge) as reading:
            await eventually(lambda: wrong(reading))
            assert "check RECOURSE_TRYTON_URL" in await wrong(reading)
            status, said = await Readiness([Check("people_directory", reading.check)]).report()
            assert (status, said["status"]) == (200, "degraded")
            assert "see that it runs" in said["dependencies"]["people_directory"]
            bridge.tryton = there
            await eventually(lambda: _well(reading))
    ours = [one.levelname for one in caplog.records if one.name == "services.hr_bridge.reading"]
    assert ours == ["ERROR", "INFO"]


async def _well(reading: Reading) -> bool:
    return not await wrong(reading)


async def test_a_wrong_password_says_which_settings_to_check_and_repeats_none(bridge: Bridge) -> None:
    bridge.tryton = Tryton(bridge.settings.tryton_url, "hr_bridge", "not-the-password")
    async with bridge.tryton, read(bridge) as reading:
        await eventually(lambda: wrong(reading))
        said = await wrong(reading)
    assert "RECOURSE_TRYTON_PASSWORD" in said
    assert "not-the-password" not in said


async def test_an_hr_system_that_fails_is_asked_ever_more_seldom(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses, ours, real = list[float](), asyncio.current_task(), asyncio.sleep

    async def sleep(seconds: float) -> None:
        if asyncio.current_task() is not ours:  # another bridge may be reading beside this one
            return await real(seconds)
        pauses.append(seconds)
        if len(pauses) == 9:
            raise asyncio.CancelledError
        return None

    bridge.tryton = Tryton(f"http://127.0.0.1:{free_port()}/hris", "hr_bridge", "unused")
    monkeypatch.setattr("services.hr_bridge.reading.asyncio.sleep", sleep)
    async with bridge.tryton:
        with pytest.raises(asyncio.CancelledError):
            await Reading(bridge).run()
    assert pauses == pytest.approx([EVERY / 12 * 2**n for n in range(6)] + [5 * EVERY] * 3)
