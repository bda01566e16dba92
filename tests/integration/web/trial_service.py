"""A service as small as can be, run as a process by test_process.py."""

import asyncio
import os
import sys
from pathlib import Path

from litestar import get

from chassis.settings import Settings
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.pages.assets import Assets
from chassis.web.run import Service, main

_attempts = 0


@get("/api/v1/slow")
async def slow() -> dict[str, str]:
    sys.stderr.write("slow began\n")
    await asyncio.sleep(0.5)
    return {"slow": "done"}


async def needs_something_that_is_down() -> None:
    """Fails twice, as a consumer does while its broker starts, then runs until it is cancelled."""
    global _attempts  # noqa: PLW0603
    _attempts += 1
    if _attempts < 3:
        raise ConnectionError("SECRET address")
    sys.stderr.write("background runs\n")
    try:
        await asyncio.Event().wait()
    finally:
        sys.stderr.write("background stopped\n")


async def closed() -> None:
    sys.stderr.write("closed\n")


async def opening() -> None:
    """Is not done until the test has put the file there."""
    async with asyncio.timeout(20):
        while "TRIAL_OPENS" in os.environ and not Path(os.environ["TRIAL_OPENS"]).exists():
            await asyncio.sleep(0.02)
    sys.stderr.write("opened\n")


async def everywhere() -> None:
    sys.stderr.write("runs everywhere\n")


def build(settings: Settings) -> Service:
    checks = [Check("kafka", reachable(settings.kafka_bootstrap))]
    routes = [slow, Assets(settings.kit_dir).handler()]
    app = create_app(settings, routes, checks=checks)
    return Service(app, [needs_something_that_is_down], everywhere=[everywhere], opening=[opening], close=[closed])


if __name__ == "__main__":
    main("trial", build, Settings)
