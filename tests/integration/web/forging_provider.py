"""An identity provider that signs what a test wants it to: the real one cannot be made to lie."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joserfc import jwk, jwt
from litestar import Litestar, Request, get, post
from litestar.response import Response

from tests.browser.served import listening, served


@dataclass
class ForgingProvider:
    """`id_token` makes of the claims of an honest answer what is sent; `asked` is what the desk asked to sign in."""

    issuer: str
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "one"}, private=True))
    asked: dict[str, str] = field(default_factory=dict)
    staff_id: str = "S0005"
    id_token: Callable[[dict[str, Any]], str] = field(init=False)

    def __post_init__(self) -> None:
        self.id_token = self.signed

    def signed(self, claims: dict[str, Any], key: Any = None, alg: str = "RS256") -> str:
        return jwt.encode({"alg": alg, "kid": "one"}, claims, key or self.key, algorithms=[alg])

    def claims(self) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        return {
            "iss": self.issuer, "aud": self.asked["client_id"], "sub": "S0005", "nonce": self.asked["nonce"],
            "iat": now, "exp": now + 300,
        }  # fmt: skip

    def app(self) -> Litestar:
        @get("/.well-known/openid-configuration")
        async def described() -> dict[str, str]:
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            addresses = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in names.items()}
            return addresses | {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}

        @get("/keys")
        async def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @post("/token", status_code=200)
        async def token(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
            form = await request.form()
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
            if challenge.rstrip(b"=").decode() != self.asked["code_challenge"]:
                return Response({"error": "invalid_grant"}, status_code=400)
            answer = {"access_token": "a token", "token_type": "Bearer", "id_token": self.id_token(self.claims())}
            return Response(answer)

        @get("/userinfo")
        async def userinfo() -> dict[str, str]:
            return {"sub": self.staff_id}

        return Litestar([described, keys, token, userinfo], openapi_config=None)


@asynccontextmanager
async def forging_provider() -> AsyncIterator[ForgingProvider]:
    listener, address = listening()
    listener.listen()
    provider = ForgingProvider(address)
    async with served(listener, provider.app()):
        yield provider
