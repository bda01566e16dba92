"""A child of ours: started with its output in a log file, ended in an orderly way."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ops.local_stack.process_id import GRACE, TICK, ProcessId, start_time


@dataclass
class Process:
    """A running child with its output in a log file. Children get no terminal and no inherited RECOURSE_ setting."""

    popen: subprocess.Popen[bytes]
    id: ProcessId
    log: Path
    since: float = field(default_factory=time.time)

    @classmethod
    def spawn(
        cls,
        argv: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        polite: int = signal.SIGTERM,
        user: int | None = None,
    ) -> "Process":
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=plain_environment() | dict(environment or {}),
                process_group=0,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        return cls(popen, ProcessId(popen.pid, start_time(popen.pid) or -1, polite), log)

    def exit_code(self) -> int | None:
        return self.popen.poll()

    async def stop(self, grace: float = GRACE) -> None:
        """End it politely, with SIGKILL after `grace` seconds."""
        deadline = time.monotonic() + grace
        if self.popen.poll() is None:
            self.popen.send_signal(self.id.polite)
        while self.popen.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(TICK)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group, so that nothing the process started stays behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


def plain_environment() -> dict[str, str]:
    """
    The environment that a child starts from: none of our settings.

    Nor the wish for no bytecode: without it every process of the stack compiles the same thousand files again.
    """
    left_out = ("RECOURSE_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


async def run(
    argv: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
) -> int:
    """Run a short command to its end, its output in `log`; it dies with a cancelled caller. Returns its exit code."""
    process = Process.spawn(argv, log=log, environment=environment, user=user)
    try:
        while (code := process.exit_code()) is None:
            await asyncio.sleep(TICK)
    finally:
        process.kill()
    return code


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, for a sentence that says why something did not start."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[-count:]) or "its log is empty"
