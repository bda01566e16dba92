"""A service as small as can be, run as a process by test_process.py."""

import asyncio
import sys

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


def build(settings: Settings) -> Service:
    checks = [Check("kafka", reachable(settings.kafka_bootstrap))]
    routes = [slow, Assets(settings.kit_dir).handler()]
    return Service(create_app(settings, routes, checks=checks), [needs_something_that_is_down], [closed])


if __name__ == "__main__":
    main("trial", build, Settings)
