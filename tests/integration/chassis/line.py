"""A line to a database that goes silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Line:
    """A line to the server on which nothing comes through once it is `silent`: as when a firewall has forgotten it,
    which tells neither side.
    """

    def __init__(self) -> None:
        self.silent, self.address = False, ""

    @asynccontextmanager
    async def to(self, dsn: str) -> AsyncIterator["Line"]:
        server = urlsplit(dsn)
        assert server.hostname is not None
        passing: set[asyncio.Task[None]] = set()
        writers: set[asyncio.StreamWriter] = set()

        async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while words := await source.read(65536):
                if not self.silent:
                    target.write(words)
                    await target.drain()
            target.close()

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            answers, questions = await asyncio.open_connection(server.hostname, server.port)
            writers.update((questions, writer))
            passing.update(map(asyncio.ensure_future, (pass_on(reader, questions), pass_on(answers, writer))))

        line = await asyncio.start_server(carry, "127.0.0.1", 0)
        port = line.sockets[0].getsockname()[1]
        self.address = server._replace(netloc=server.netloc.replace(f":{server.port}", f":{port}")).geturl()
        async with line:
            yield self
        for task in passing:
            task.cancel()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0)
