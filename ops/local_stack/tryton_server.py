"""`python -m ops.local_stack.tryton_server <host> <port> <folder>`: becomes the HR system's server, for a container."""

import asyncio
import os
import sys
from pathlib import Path

from ops.local_stack.paths import write_private
from ops.local_stack.people import organisation
from ops.local_stack.tryton import Tryton, configuration


def main(host: str, port: int, folder: Path) -> None:
    part = Tryton(folder, port, folder / "log", organisation(), password="", hr_bridge_password="")
    asyncio.run(part.prepare())
    write_private(folder / "trytond.conf", configuration(folder, port, host))
    words = [str(word) for word in part.command().words]
    os.execve(words[0], words, {**os.environ, **part.command().environment})  # noqa: S606  # no shell is what is wanted


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
