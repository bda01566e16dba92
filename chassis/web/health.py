"""Is the process alive, is it ready, which version is it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from litestar import Response, get
from litestar.datastructures import State

_SECONDS_PER_CHECK = 2.0


class Unready(Exception):
    """What a probe raises that can say what is wrong and what to do: its text is shown to anybody who asks, so it names
    nobody and repeats nothing.
    """


@dataclass(frozen=True)
class Check:
    """A dependency: `probe` raises when it is down. Without a needed one the process is not ready; without another it
    still serves (intake answers while Kafka is away) and says so.
    """

    name: str
    probe: Callable[[], Awaitable[object]]
    needed: bool = False


@dataclass
class Readiness:
    checks: Sequence[Check] = ()
    stopping: bool = False

    async def report(self) -> tuple[int, dict[str, Any]]:
        """(HTTP status, body). 503 when stopping or when a needed dependency is down."""
        answers = await asyncio.gather(*(_ask(check) for check in self.checks))
        dependencies = {check.name: answer for check, answer in zip(self.checks, answers, strict=True)}
        down = [check for check in self.checks if dependencies[check.name] != "up"]
        status: Literal["stopping", "not ready", "degraded", "ready"] = "ready"
        if self.stopping:
            status = "stopping"
        elif any(check.needed for check in down):
            status = "not ready"
        elif down:
            status = "degraded"
        return 200 if status in ("ready", "degraded") else 503, {"status": status, "dependencies": dependencies}


async def _ask(check: Check) -> str:
    try:
        await asyncio.wait_for(check.probe(), _SECONDS_PER_CHECK)
    except Unready as told:
        return f"down ({told})"
    except Exception as error:  # noqa: BLE001  whatever it is, the dependency cannot be used, and its type says how
        return f"down ({type(error).__name__})"
    return "up"


def reachable(address: str) -> Callable[[], Awaitable[None]]:
    """A probe: one of the comma-separated `host:port`s takes a connection."""

    async def probe() -> None:
        error: OSError = ConnectionError("no address")
        for one in address.split(","):
            host, _, port = one.strip().rpartition(":")
            try:
                _, writer = await asyncio.open_connection(host, int(port))
            except OSError as failed:
                error = failed
                continue
            writer.close()
            return
        raise error

    return probe


def release() -> str:
    try:
        return version("recourse")
    except PackageNotFoundError:
        return "unreleased"


@get("/health/live", include_in_schema=True, summary="The process runs")
async def live() -> dict[str, str]:
    return {"status": "live"}


@get("/health/ready", summary="Each dependency, and whether requests are welcome")
async def ready(state: State) -> Response[dict[str, Any]]:
    readiness: Readiness = state.readiness
    status, body = await readiness.report()
    return Response(body, status_code=status)


@get("/version", summary="What runs here")
async def version_of(state: State) -> dict[str, str]:
    return {"service": state.service, "version": release()}


ROUTES = [live, ready, version_of]
