"""`python -m ops.local_stack.smtp_server <host> <port> <maildir>`: serves the mail sink."""

import asyncio
import signal
import sys
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


async def serve(host: str, port: int, maildir: Path) -> None:
    # A folder that is there already, as a container's volume is, is taken for a whole Maildir.
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    keep = Mailbox(maildir)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keep, hostname="sink.example", ident="sink", loop=loop), host, port)
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    async with server:
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
