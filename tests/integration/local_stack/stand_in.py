"""A stack of two small web servers, for the supervisor: `python -m tests.integration.local_stack.stand_in <state>`."""

import asyncio
import sys
from pathlib import Path

from ops.local_stack import running
from ops.local_stack.addresses import Addresses
from ops.local_stack.graph import Stack, Step
from ops.local_stack.part import Command, NotReady, Part
from ops.local_stack.ports import PortBook, free_port
from ops.local_stack.settings import StackSettings


class WebServer(Part):
    """Serves an empty folder; ready when it takes a connection."""

    def __init__(self, name: str, state: Path) -> None:
        super().__init__(name, state / "logs" / f"{name}.log")
        self.port = free_port()
        self.folder = state / name

    async def prepare(self) -> None:
        self.folder.mkdir(exist_ok=True)

    def command(self) -> Command:
        words = [sys.executable, "-m", "http.server", str(self.port), "--bind", "127.0.0.1"]
        return Command([*words, "--directory", self.folder])

    async def probe(self) -> None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError as error:
            raise NotReady(f"a connection to {self.port}") from error
        writer.close()


def addresses(state: Path, urls: dict[str, str]) -> Addresses:
    """Of servers that nobody asks."""
    nowhere = "127.0.0.1:9"
    return Addresses(
        state=state,
        policy="rehearsal",
        urls=urls,
        postgres_admin_dsn=f"postgresql://postgres:secret-of-postgres@{nowhere}/recourse",
        keystore_admin_dsn=f"postgresql://postgres:secret-of-keystore@{nowhere}/keys",
        kafka_bootstrap=nowhere,
        kafka_username="admin",
        kafka_password="secret-of-kafka",
        temporal_address=nowhere,
        temporal_namespace="default",
        oidc_issuer=f"http://{nowhere}",
        tryton_url=f"http://{nowhere}/hris",
        tryton_username="admin",
        tryton_password="secret-of-tryton",
        hr_bridge_username="hr_bridge",
        hr_bridge_password="secret-of-hr-bridge",
        smtp_host="127.0.0.1",
        smtp_port=9,
        mail_from="no-reply@recourse.example",
        work_domains=["staff.example"],
        otlp_endpoint=None,
    )


def compose(settings: StackSettings, policy: str, book: PortBook) -> Stack:
    first, second = WebServer("first", settings.state), WebServer("second", settings.state)
    return Stack(
        addresses(settings.state, {part.name: f"http://127.0.0.1:{part.port}" for part in (first, second)}),
        (
            Step("first", frozenset(), part=first),
            Step("between", frozenset({"first"}), work=lambda: asyncio.sleep(0)),
            Step("second", frozenset({"between"}), part=second),
        ),
    )


if __name__ == "__main__":
    running.up(StackSettings(state=Path(sys.argv[1])), "rehearsal", compose)
