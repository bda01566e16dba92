"""The identity provider of one machine: it proves who somebody is, and says nothing about what they may do."""

import sys
from pathlib import Path

import httpx

from ops.local_stack.http import client
from ops.local_stack.part import Command, NotReady, Part


class Oidc(Part):
    """Every person of `ops/demo/people.toml`; subject and claim `staff_id` are the staff id."""

    def __init__(self, port: int, log: Path) -> None:
        super().__init__("oidc", log)
        self.port = port

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Command:
        # It speaks plain HTTP, on loopback alone.
        words = [sys.executable, "-m", "ops.local_stack.oidc_server", "127.0.0.1", str(self.port)]
        return Command(words, {"AUTHLIB_INSECURE_TRANSPORT": "1"})

    async def probe(self) -> None:
        await probe(self.issuer)


async def probe(issuer: str) -> None:
    """Read the provider's own description. Raises NotReady."""
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        async with client() as http:
            answer = await http.get(address)
    except httpx.TransportError as error:
        raise NotReady(address) from error
    if not answer.is_success or answer.json().get("issuer") != issuer.rstrip("/"):
        raise NotReady(address)
