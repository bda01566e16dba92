"""A real OIDC provider for tests, and sign-ins at it."""

import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from ops.local_stack.part import Command, NotReady, Part

_CLIENT = ("recourse-tests", "not-a-secret")
_BACK = "http://127.0.0.1/signed-in"


class IdentityProvider(Part):
    """Signs in whoever is named; `token_seconds` is how long its tokens live."""

    def __init__(self, port: int, log: Path, *, token_seconds: int = 3600) -> None:
        super().__init__("oidc", log)
        self.port = port
        self.token_seconds = token_seconds

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Command:
        return Command(
            [
                sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(self.port),
                "--host", "127.0.0.1", "--token-max-age", str(self.token_seconds),
            ]
        )  # fmt: skip

    async def probe(self) -> None:
        async with httpx.AsyncClient() as client:
            try:
                (await client.get(f"{self.issuer}/.well-known/openid-configuration")).raise_for_status()
            except httpx.HTTPError as error:
                raise NotReady("its description") from error

    async def token(self, staff_id: str) -> str:
        """An access token, by the whole code flow."""
        async with httpx.AsyncClient(base_url=self.issuer) as client:
            asked = {"client_id": _CLIENT[0], "redirect_uri": _BACK, "response_type": "code", "scope": "openid"}
            granted = await client.post("/oauth2/authorize", params=asked, data={"sub": staff_id})
            code = parse_qs(urlsplit(granted.headers["location"]).query)["code"][0]
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _BACK}
            answer = await client.post("/oauth2/token", data=form, auth=_CLIENT)
            answer.raise_for_status()
            return str(answer.json()["access_token"])

    async def revoke(self, staff_id: str) -> None:
        async with httpx.AsyncClient(base_url=self.issuer) as client:
            (await client.post(f"/users/{staff_id}/revoke-tokens")).raise_for_status()
