"""
The guardian: a separate tiny process that outlives whoever started it, and then ends what that one had started.

It reads `pid start-time signal` lines from a pipe. The kernel closes the pipe however the other side ends, SIGKILL
included; then every process named that still runs is ended.
"""

import signal
import subprocess
import sys
from contextlib import suppress

from ops.local_stack.process_id import ProcessId, end_all

GRACE = 6.0  # seconds; ten in all from the death of the supervisor


class Guardian:
    """The supervisor's end of the pipe."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "ops.local_stack.guardian"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self.pid = self._popen.pid

    def alive(self) -> bool:
        return self._popen.poll() is None

    def watch(self, process: ProcessId) -> None:
        """Raises BrokenPipeError when the guardian is dead."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{process.pid} {process.started} {process.polite}\n")
        self._popen.stdin.flush()

    def dismiss(self) -> None:
        """Let it go; it still ends whatever was left running."""
        assert self._popen.stdin is not None
        with suppress(BrokenPipeError):
            self._popen.stdin.close()
        self._popen.wait()


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched = [ProcessId(*(int(word) for word in line.split())) for line in sys.stdin if line.endswith("\n")]
    end_all(watched, GRACE)


if __name__ == "__main__":
    main()
