"""Free ports on loopback, and a clear word about one that is not."""

import errno
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ops.local_stack.problem import StackProblem

HOST = "127.0.0.1"
SPARE = range(20000, 30000)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
        return True


class PortBook:
    """
    Hands out ports, and keeps other stacks of the same user from handing out the same ones.

    Each port given is locked by a file until `close`: between the choice and the moment a part listens on it, another
    `recourse up` would find it free.
    """

    def __init__(self, fixed: Mapping[str, int]) -> None:
        self._fixed = fixed
        self._locks: list[IO[str]] = []
        self._folder = Path(tempfile.gettempdir()) / f"recourse-ports-{os.geteuid()}"
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for lock in self._locks:
            lock.close()

    def choose(self, name: str, usual: int) -> int:
        """The port that the settings fix for `name`, else the usual one, else a free one. Raises StackProblem."""
        if (fixed := self._fixed.get(name)) is not None:
            if not self._reserve(fixed):
                raise StackProblem(
                    f"Port {fixed}, which RECOURSE_PORTS__{name.upper()} fixes for {name}, is in use: "
                    "stop what uses it, choose another, or unset the setting and let a free one be found."
                )
            return fixed
        # Below the range from which the kernel takes ports for outgoing connections: a part must get its port back.
        for port in (usual, *random.sample(SPARE, len(SPARE))):
            if self._reserve(port):
                return port
        raise StackProblem("No port between 20000 and 30000 is free on 127.0.0.1: stop something that listens there.")

    def _reserve(self, port: int) -> bool:
        lock = (self._folder / str(port)).open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        if not is_free(port):
            lock.close()
            return False
        self._locks.append(lock)
        return True
