"""Free ports on loopback, and a clear word about one that is not."""

import errno
import socket

from ops.local_stack.problem import StackProblem

HOST = "127.0.0.1"


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


def choose(name: str, fixed: int | None, usual: int, taken: set[int]) -> int:
    """
    The port for `name`: the one the settings fix, else the usual one, else any free one. Adds it to `taken`.

    Raises StackProblem when a fixed port is in use.
    """
    if fixed is not None:
        if fixed in taken or not is_free(fixed):
            raise StackProblem(
                f"Port {fixed}, which RECOURSE_PORTS__{name.upper()} fixes for {name}, is in use: "
                "stop what uses it, choose another, or unset the setting and let a free one be found."
            )
        port = fixed
    else:
        port = usual if usual not in taken and is_free(usual) else free_port()
        while port in taken:
            port = free_port()
    taken.add(port)
    return port
