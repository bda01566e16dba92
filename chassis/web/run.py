"""The process of a service: `python -m services.<name> web|background|all|migrate`."""

import asyncio
import contextlib
import logging
import re
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import uvicorn
import uvloop
from litestar.types import ASGIApp
from pydantic import ValidationError

from chassis import logs, telemetry
from chassis.keys import KeyFileUnusable
from chassis.settings import Settings
from chassis.web.app import App, create_app
from chassis.web.health import Check
from chassis.web.pages.assets import KitMissing

log = logging.getLogger(__name__)

_DRAIN_SECONDS = 4
_STOP_SECONDS = 5
_OPENING_SECONDS = 2
_FIRST_RETRY, _LAST_RETRY = 0.2, 5.0

Background = Callable[[], Coroutine[Any, Any, None]]
SettingsT = TypeVar("SettingsT", bound=Settings)


@dataclass(frozen=True)
class Service:
    """What `build(settings)` of every service gives. Each of `background` is called once and again whenever what it
    gave has raised (its dependency was down); one that returns is done. `everywhere` runs in the same way, also in a
    process that only answers; `opening` is done in every process before it answers or acts, but for the requests
    `open_to_anybody` ("GET /path"): help is there whatever else is down (invariant 21). `checks` say how it is behind
    the app. `close` runs in order at the very end.
    """

    app: App
    background: Sequence[Background] = ()
    everywhere: Sequence[Background] = ()
    opening: Sequence[Background] = ()
    open_to_anybody: re.Pattern[str] | None = None
    checks: Sequence[Check] = ()
    close: Sequence[Callable[[], Awaitable[None]]] = ()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers (ours stop more than the web server) and without ten wake-ups a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.asked_to_stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        # Every tenth count is the one that renews the Date header.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.asked_to_stop.wait(), 1.0)

    def stop(self) -> None:
        self.should_exit = True
        self.asked_to_stop.set()


async def keep_running(start: Background) -> None:
    """Run `start()` until it returns. When it raises, log its type once per change and start it again, ever later up
    to five seconds: Kafka or Temporal may come up after us or go away for a while.
    """
    pause, last = _FIRST_RETRY, ""
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await start()
        except Exception as error:
            ran = asyncio.get_running_loop().time() - began
            if ran > _LAST_RETRY:
                pause, last = _FIRST_RETRY, ""
            if (said := type(error).__name__) != last:
                log.warning("background task stopped and is started again", exc_info=error, extra={"error": said})
                last = said
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LAST_RETRY)
        else:
            return


async def serve(service: Service, settings: Settings, listener: socket.socket, *, web: bool, background: bool) -> None:
    """Serve until SIGTERM or SIGINT. Then: readiness turns false, requests in hand are answered, background tasks are
    cancelled and waited for, connections closed; all within ten seconds.
    """
    readiness = service.app.state.readiness
    readiness.checks = (*readiness.checks, *service.checks)
    app = service.app if web else _health_only(service.app, settings)
    opening = asyncio.create_task(_open(service))
    server = _Server(
        uvicorn.Config(
            _once_open(app, opening, service.open_to_anybody),
            access_log=False, log_config=None, lifespan="on", server_header=False, ws="none",
            timeout_graceful_shutdown=_DRAIN_SECONDS, h11_max_incomplete_event_size=32 * 1024,
        )
    )  # fmt: skip
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    starting = [*service.everywhere, *(service.background if background else ())]
    tasks = [opening, *(asyncio.create_task(_run_after(opening, start)) for start in starting)]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    readiness.stopping = True
    server.stop()
    await asyncio.wait({serving}, timeout=_DRAIN_SECONDS + 1)
    for task in (*tasks, stopping):
        task.cancel()
    await asyncio.wait(tasks, timeout=_STOP_SECONDS)
    for close in service.close:
        await close()
    if serving.done():
        serving.result()


async def _open(service: Service) -> None:
    for start in service.opening:
        await keep_running(start)


async def _run_after(opening: asyncio.Task[None], start: Background) -> None:
    await asyncio.wait({opening})
    await keep_running(start)


def _once_open(app: App, opening: asyncio.Task[None], to_anybody: re.Pattern[str] | None) -> ASGIApp:
    """Until then it says how it is, and what needs no right. Anything else waits a moment, as it is nearly there."""

    def closed(scope: Any) -> bool:
        if scope["type"] != "http" or opening.done() or scope["path"].startswith("/health/"):
            return False
        return to_anybody is None or not to_anybody.match(f"{scope['method']} {scope['path']}")

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if closed(scope):
            await asyncio.wait({opening}, timeout=_OPENING_SECONDS)
        if not closed(scope):
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"1")]})
        await send({"type": "http.response.body", "body": b""})

    return answer


def _health_only(app: App, settings: Settings) -> App:
    health_app = create_app(settings, [])
    health_app.state.readiness = app.state.readiness
    return health_app


def _listen(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
    except OSError as error:
        sys.exit(
            f"{settings.service}: cannot listen on {settings.http_host}:{settings.http_port} ({error.strerror}). "
            "End what uses it, or set RECOURSE_HTTP_PORT to a free port."
        )
    listener.setblocking(False)
    return listener


def _settings(name: str, settings_class: type[SettingsT]) -> SettingsT:
    try:
        return settings_class(service=name)
    except ValidationError as error:
        wrong = ", ".join(sorted({f"RECOURSE_{str(one['loc'][0]).upper()}" for one in error.errors() if one["loc"]}))
        sys.exit(f"{name}: these settings are missing or malformed: {wrong}. Set them in the environment.")


def main(name: str, build: Callable[[SettingsT], Service], settings_class: type[SettingsT], command: str = "") -> None:
    """The entry point of every service. `command` is given by one that has read its own from the command line."""
    commands = ("web", "background", "all", "migrate")
    if not command and (len(sys.argv) != 2 or sys.argv[1] not in commands):
        sys.exit(f"usage: python -m services.{name} {'|'.join(commands)}")
    command = command or sys.argv[1]
    logs.set_up(name)
    settings = _settings(name, settings_class)
    if command == "migrate":
        from chassis import migrations  # noqa: PLC0415  alembic is a third of the start of a process that serves

        try:
            asyncio.run(migrations.upgrade(settings))
        except ValueError as missing:
            sys.exit(f"{name}: {missing}")
        return
    telemetry.set_up(settings)
    listener = _listen(settings)

    async def run() -> None:
        try:
            service = build(settings)
        except (KitMissing, KeyFileUnusable) as missing:
            sys.exit(f"{name}: {missing}")
        await serve(service, settings, listener, web=command != "background", background=command != "web")

    uvloop.run(run())
