"""Temporal's development server with a durable file. It knows no sign-in: whoever reaches its port may use it."""

import shutil
import sys
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from ops.local_stack.part import Command, NotReady, Part
from ops.local_stack.problem import StackProblem

NAMESPACE = "default"


def executable() -> Path:
    """The server's binary, from our own environment and not from PATH."""
    binary = Path(sys.executable).parent / "temporal"
    if not shutil.which(binary):
        raise StackProblem("the Temporal server is not installed: run `make install`.")
    return binary


class Temporal(Part):
    def __init__(self, data_dir: Path, port: int, log: Path) -> None:
        super().__init__("temporal", log)
        self.data_dir = data_dir
        self.port = port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.data_dir / "temporal.db"

    async def prepare(self) -> None:
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self) -> Command:
        return Command(
            [
                executable(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port),
                "--db-filename", self.database, "--log-level", "error",
            ],
            # It would write into the home directory, and ask its maker for newer versions.
            {"HOME": str(self.data_dir), "TEMPORAL_VERSION_CHECK_DISABLED": "1"},
        )  # fmt: skip

    async def probe(self) -> None:
        await probe(self.address)


async def probe(address: str, namespace: str = NAMESPACE) -> None:
    """Ask for the namespace by gRPC. Raises NotReady."""
    try:
        client = await Client.connect(address, namespace=namespace)
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except (RPCError, RuntimeError) as error:
        raise NotReady(f"the namespace {namespace} at {address}") from error
