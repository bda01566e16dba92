"""What a test kills: intake's relay, workflow's relay and both consumers, on the test's own house."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.integration.chassis.house import House
from tests.real_parts import Database


async def work(
    runs: Callable[[], None],
    told_to_stop: Callable[[], Awaitable[None]],
    database: Database,
    bootstrap: str,
    prefix: str,
    scratch: Path,
) -> None:
    house = House(database, bootstrap, prefix, scratch)
    async with house.relay("intake"), house.relay("workflow"), house.consumer("workflow"), house.consumer("intake"):
        runs()
        await told_to_stop()
