"""A mail sink: takes every mail and keeps it in a Maildir, sends none."""

import sys
from pathlib import Path

import aiosmtplib

from ops.local_stack.part import Command, NotReady, Part


class Smtp(Part):
    def __init__(self, maildir: Path, port: int, log: Path) -> None:
        super().__init__("smtp", log)
        self.maildir = maildir
        self.port = port

    def command(self) -> Command:
        return Command([sys.executable, "-m", "ops.local_stack.smtp_server", "127.0.0.1", str(self.port), self.maildir])

    async def probe(self) -> None:
        await probe("127.0.0.1", self.port)


async def probe(host: str, port: int) -> None:
    """Say hello and hear it answered. Raises NotReady."""
    client = aiosmtplib.SMTP(hostname=host, port=port, timeout=5, start_tls=False)
    try:
        await client.connect()
        await client.ehlo()
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NotReady(f"an answer to EHLO from {host}:{port}") from error
    finally:
        client.close()
