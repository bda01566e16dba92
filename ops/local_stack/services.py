"""Our own services as parts: one process each, ready when `/health/ready` says so."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from chassis import keys
from ops.local_stack.addresses import INTAKE_DESK, Addresses
from ops.local_stack.http import client
from ops.local_stack.part import Command, NotReady, Part
from ops.local_stack.paths import write_private
from ops.local_stack.problem import StackProblem
from ops.local_stack.process import last_lines, run
from ops.local_stack.secret_store import key_file


class ServicePart(Part):
    """`python -m services.<name> all`."""

    def __init__(self, name: str, url: str, log: Path, environment: Mapping[str, str]) -> None:
        super().__init__(name, log)
        self.url = url
        self.environment = environment

    def command(self) -> Command:
        return Command([sys.executable, "-m", f"services.{self.name}", "all"], self.environment)

    async def probe(self) -> None:
        await _health(self.url)


class IntakeDeskPart(Part):
    """`python -m services.intake desk`."""

    def __init__(self, url: str, log: Path, environment: Mapping[str, str]) -> None:
        super().__init__(INTAKE_DESK, log)
        self.url = url
        self.environment = environment

    def command(self) -> Command:
        return Command([sys.executable, "-m", "services.intake", "desk"], self.environment)

    async def probe(self) -> None:
        await _health(self.url)


class SentinelPart(Part):
    """`python -m services.ethics sentinel`: it listens nowhere; ethics says whether it has heard of it."""

    def __init__(self, ethics_url: str, log: Path, environment: Mapping[str, str]) -> None:
        super().__init__("sentinel", log)
        self.ethics_url = ethics_url
        self.environment = environment

    def command(self) -> Command:
        return Command([sys.executable, "-m", "services.ethics", "sentinel"], self.environment)

    async def probe(self) -> None:
        said = (await _health(self.ethics_url)).get("dependencies", {}).get("sentinel")
        if said != "up":
            raise NotReady(f"{self.ethics_url}/health/ready, which calls it {said}")


async def _health(url: str) -> dict[str, Any]:
    """What the service says of itself. Raises NotReady when it does not answer or says that it is not ready."""
    address = f"{url}/health/ready"
    try:
        async with client() as http:
            answer = await http.get(address)
    except httpx.TransportError as error:
        raise NotReady(address) from error
    if not answer.is_success:
        raise NotReady(f"{address}, which answers {answer.status_code}")
    said: dict[str, Any] = answer.json()
    return said


async def migrate(log: Path, environments: Mapping[str, Mapping[str, str]]) -> None:
    """Bring every service's schema up to date. Raises StackProblem."""
    settings = {
        service: {name.removeprefix("RECOURSE_").lower(): value for name, value in environment.items()}
        for service, environment in environments.items()
    }
    code = await run(
        [sys.executable, "-m", "ops.local_stack.migrations"],
        log=log,
        environment={"RECOURSE_MIGRATIONS": json.dumps(settings)},
    )
    if code != 0:
        raise StackProblem(f"The schemas could not be migrated: {last_lines(log)}. The whole log is {log}.")


def make_keys(addresses: Addresses, services: tuple[str, ...]) -> None:
    """Each service's private keys in a folder of its own, the public signing keys of all in one file."""
    addresses.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    public = {service: keys.create(service, addresses.keys / service) for service in services}
    addresses.service_keys.parent.mkdir(mode=0o755, exist_ok=True)
    write_private(addresses.service_keys, json.dumps(public, indent=2))
    key_file(addresses.webhook_key)
