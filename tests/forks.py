"""Workers that tests kill by the dozen, each forked from one process that has read everything already: a new process
takes two seconds for that, and a test of thirty kills a minute and a half.
"""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["tests.integration.chassis.worker", "tests.integration.lifecycle.worker_process", "tests.forks"]
)
_SOON = 60.0

Work = Callable[..., Coroutine[Any, Any, None]]
"""Is called with what it was given, and before it with two more: what it calls when it runs, and what it waits for."""


@dataclass
class Fork:
    process: BaseProcess

    def exit_code(self) -> int | None:
        """That of a process: negative for the signal that ended it."""
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()

    async def ended(self) -> int:
        """Its exit code, once it has ended. Raises TimeoutError."""
        await asyncio.to_thread(self.process.join, _SOON)
        code = self.exit_code()
        if code is None:
            raise TimeoutError
        return code


@asynccontextmanager
async def forked(work: Work, *given: object, failpoints: str = "") -> AsyncIterator[Fork]:
    """A process that runs `work` once this is entered. At the end it is told to stop; where it was not killed before,
    it has to do so without a fault.
    """
    here, there = _FORKS.Pipe()
    process = _FORKS.Process(target=_begin, args=(work, given, failpoints, there))
    process.start()
    there.close()
    fork = Fork(process)
    try:
        try:
            assert await asyncio.to_thread(here.poll, _SOON), "the worker does not begin"
            here.recv()
        except EOFError:
            assert failpoints, "the worker ended before it ran"
        yield fork
        here.close()
        if fork.exit_code() is None:
            assert await fork.ended() == 0
    finally:
        here.close()
        process.kill()
        await fork.ended()
        process.close()


def _begin(work: Work, given: tuple[object, ...], failpoints: str, there: Connection) -> None:
    os.environ["RECOURSE_FAILPOINTS"] = failpoints

    def runs() -> None:
        there.send("runs")

    async def told_to_stop() -> None:
        await asyncio.to_thread(there.poll, None)  # which is over once the test has closed its end

    asyncio.run(work(runs, told_to_stop, *given))
