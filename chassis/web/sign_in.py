"""Who is asking: a token of the identity provider, checked at its userinfo endpoint. To an address of the API it comes
as a bearer token, to a page from the session (`desk_sign_in`), and to neither the other way.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx
from litestar import Request

from chassis.web.problems import sign_in_needed, unavailable

CACHE_SECONDS = 60.0
_CACHE_SIZE = 10_000
_PROVIDER_DOWN = "The sign-in service does not answer right now. Try again in a moment."


@dataclass(frozen=True)
class SignedIn:
    """A person whose sign-in was checked. `token` travels on in X-Acting-Token where a service acts for them. `at` is
    when they proved to the provider who they are: told to pages, where it is known.
    """

    staff_id: str
    token: str = field(repr=False)
    at: datetime | None = None


class SignIn:
    """Checks tokens for one issuer. A good answer is kept for at most 60 seconds under the token's digest, so a
    sign-in that ends at the provider ends here within a minute; refusals are not kept.
    """

    def __init__(self, issuer: str, *, cache_seconds: float = CACHE_SECONDS) -> None:
        self.issuer = issuer.rstrip("/")
        self.cache_seconds = min(cache_seconds, CACHE_SECONDS)
        self._client: httpx.AsyncClient | None = None
        self._description: Mapping[str, Any] | None = None
        self._known: dict[bytes, tuple[float, str]] = {}

    async def staff_id_of(self, token: str) -> str:
        """The subject of the token. Raises Problem 401 when the provider does not accept it, 503 when the provider
        does not answer.
        """
        digest = hashlib.sha256(token.encode()).digest()
        now = time.monotonic()
        if (known := self._known.get(digest)) and known[0] > now:
            return known[1]
        self._known.pop(digest, None)
        subject = await self._ask(token)
        if len(self._known) >= _CACHE_SIZE:
            self._known = {key: value for key, value in self._known.items() if value[0] > now}
        if len(self._known) < _CACHE_SIZE:
            self._known[digest] = (now + self.cache_seconds, subject)
        return subject

    async def _ask(self, token: str) -> str:
        try:
            # A header cannot carry anything else, and such a token is nobody's.
            token.encode("ascii")
            answer = await self.http().get(
                (await self.description())["userinfo_endpoint"],
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            )
        except (UnicodeEncodeError, httpx.LocalProtocolError):
            raise sign_in_needed(token_refused=True) from None
        except httpx.HTTPError:
            raise unavailable(_PROVIDER_DOWN) from None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise unavailable(_PROVIDER_DOWN)
        subject = json_object(answer).get("sub") if answer.status_code == HTTPStatus.OK else None
        if not isinstance(subject, str) or not subject:
            raise sign_in_needed(token_refused=True)
        return subject

    async def description(self) -> Mapping[str, Any]:
        """What the provider says of itself, which must be that of the issuer in the settings.

        Raises Problem 503 when it is not, httpx.HTTPError when it does not answer.
        """
        if self._description is None:
            answer = await self.http().get(f"{self.issuer}/.well-known/openid-configuration")
            described = json_object(answer) if answer.status_code == HTTPStatus.OK else {}
            same = str(described.get("issuer", "")).rstrip("/") == self.issuer
            if not same or not isinstance(described.get("userinfo_endpoint"), str):
                raise unavailable("The sign-in service is not the one this system is set up for. Tell the operator.")
            self._description = described
        return self._description

    async def check(self) -> None:
        """For readiness: raises when the provider does not answer."""
        (await self.http().get(f"{self.issuer}/.well-known/openid-configuration")).raise_for_status()

    def http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=5.0, follow_redirects=False, trust_env=False)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def json_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def bearer_token(request: Request[Any, Any, Any]) -> str:
    """The token of `Authorization: Bearer …`. Raises Problem 401 when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise sign_in_needed()
    return token.strip()


async def provide_signed_in(request: Request[Any, Any, Any]) -> SignedIn:
    """What a handler asks for as `signed_in: NamedDependency[SignedIn]`."""
    token = bearer_token(request)
    sign_in: SignIn = request.app.state.sign_in
    return SignedIn(await sign_in.staff_id_of(token), token)
