"""Who a process is, and how to end it: a process id alone is reused, together with its start time it is not."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE = 10.0  # seconds between the polite signal and SIGKILL
TICK = 0.02


@dataclass(frozen=True)
class ProcessId:
    """A process id with the start time the kernel gave it (clock ticks after boot): ids are reused, pairs are not."""

    pid: int
    started: int
    polite: int = signal.SIGTERM

    def alive(self) -> bool:
        return start_time(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send to the process's whole group (each of ours leads its own); gone already is fine."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def start_time(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat, or None for a process that is gone or a zombie waiting for its parent."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def end_all(processes: Iterable[ProcessId], grace: float = GRACE) -> None:
    """End every process that is still the recorded one: politely, and with SIGKILL after `grace` seconds."""
    processes = [process for process in processes if process.alive()]
    for process in processes:
        process.signal(process.polite)
    deadline = time.monotonic() + grace
    while any(process.alive() for process in processes) and time.monotonic() < deadline:
        time.sleep(TICK)
    for process in processes:
        process.signal(signal.SIGKILL)
