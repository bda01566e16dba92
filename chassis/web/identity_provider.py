"""The authorization code flow with PKCE: what the identity provider is asked, and what of its answers is believed."""

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from chassis.settings import Settings
from chassis.web.problems import Problem, unavailable
from chassis.web.sign_in import SignIn, json_object

# Signatures by the provider's private key alone: with an HMAC, whoever knows a client's secret could sign.
_ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
_CLOCKS_APART: Final = 60
_PROVIDER_DOWN: Final = "The sign-in service does not answer right now. Try again in a moment."


class SignInRefused(Exception):
    """What came back is not the answer to our question. The message is a code for the log; the person is told less."""


@dataclass(frozen=True)
class Question:
    """What one sign-in is recognised by when it comes back: `state` by us, `nonce` in what the provider signs, and
    `verifier` by the provider. Random, and for one answer.
    """

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """RFC 7636, 4.2: what the provider compares the verifier with (S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Proof:
    """Who signed in. `at`: when they proved it to the provider, where it says so."""

    staff_id: str
    token: str = field(repr=False)
    at: datetime | None


class IdentityProvider:
    """The provider as the pages of one service see it."""

    def __init__(self, settings: Settings, sign_in: SignIn, redirect_uri: str) -> None:
        self._client_id, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self._sign_in, self._redirect_uri = sign_in, redirect_uri

    async def question_address(self, question: Question, *, again: bool) -> str:
        """Where the browser goes to sign in; with `again`, to prove it anew and not by a sign-in that still lasts.

        Raises Problem 503.
        """
        asked = {
            "client_id": self._client_id,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "scope": "openid",
            "state": question.state,
            "nonce": question.nonce,
            "code_challenge": question.challenge,
            "code_challenge_method": "S256",
        }
        if again:
            asked |= {"prompt": "login", "max_age": "0"}
        return _with_query(await self._address("authorization_endpoint"), asked)

    async def end_address(self, back: str) -> str | None:
        """Where the browser goes to end the sign-in at the provider, if it has such a place. Raises Problem 503."""
        address = (await self._described()).get("end_session_endpoint")
        if not isinstance(address, str):
            return None
        # By client and not by id token: an address stays in the browser's history, and the token says who it was.
        return _with_query(address, {"client_id": self._client_id, "post_logout_redirect_uri": back})

    async def proof(self, code: str, question: Question, now: datetime) -> Proof:
        """Who signed in, for the code that came back. Raises SignInRefused, Problem 503."""
        given = await self._tokens(code, question.verifier)
        token, id_token = given.get("access_token"), given.get("id_token")
        kind = given.get("token_type")
        if not (isinstance(token, str) and token and isinstance(id_token, str)):
            raise SignInRefused("tokens_missing")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise SignInRefused("token_type")
        claims = await self._claims(id_token, question.nonce, now)
        try:
            staff_id = await self._sign_in.staff_id_of(token)
        except Problem as problem:
            if problem.status != HTTPStatus.UNAUTHORIZED:
                raise
            raise SignInRefused("access_token_refused") from None
        if staff_id != claims["sub"]:
            raise SignInRefused("tokens_of_two_people")
        at: Any = claims.get("auth_time")
        # Not every whole number is a time, and True is one in Python.
        known = isinstance(at, int) and not isinstance(at, bool) and 0 <= at <= now.timestamp() + _CLOCKS_APART
        return Proof(staff_id, token, datetime.fromtimestamp(at, UTC) if known else None)

    async def _tokens(self, code: str, verifier: str) -> Mapping[str, Any]:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if self._secret is None:
            asked["client_id"] = self._client_id
        else:
            # RFC 6749, 2.3.1: each is encoded as in a form first.
            login = f"{quote_plus(self._client_id)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        address = await self._address("token_endpoint")
        answer = await self._ask(self._sign_in.http().post(address, data=asked, headers=headers))
        if answer.status_code != HTTPStatus.OK:
            raise SignInRefused("code_refused")
        return json_object(answer)

    async def _claims(self, id_token: str, nonce: str, now: datetime) -> Mapping[str, Any]:
        # Asked for at each sign-in: these are few, and a key that was changed is known at once.
        answer = await self._ask(self._sign_in.http().get(await self._address("jwks_uri")))
        keys = json_object(answer).get("keys")
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_CLOCKS_APART,
            iss={"essential": True, "value": (await self._described())["issuer"]},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            signing = [key for key in keys or () if key.get("use", "sig") == "sig"]
            key_set = jwk.KeySet.import_key_set({"keys": signing})
            claims: dict[str, Any] = jwt.decode(id_token, key_set, algorithms=_ALGORITHMS).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            # Without the cause: it may quote the token.
            raise SignInRefused("id_token_refused") from None
        audience = claims["aud"]
        # OpenID Connect Core, 3.1.3.7: of several it was given to one.
        several = isinstance(audience, list) and len(audience) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._client_id:
            raise SignInRefused("for_another_client")
        return claims

    async def _ask(self, asking: Awaitable[httpx.Response]) -> httpx.Response:
        try:
            answer = await asking
        except httpx.HTTPError:
            raise unavailable(_PROVIDER_DOWN) from None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise unavailable(_PROVIDER_DOWN)
        return answer

    async def _address(self, name: str) -> str:
        address = (await self._described()).get(name)
        if not isinstance(address, str):
            raise unavailable("The sign-in service does not say where to sign in. Tell the operator.")
        return address

    async def _described(self) -> Mapping[str, Any]:
        try:
            return await self._sign_in.description()
        except httpx.HTTPError:
            raise unavailable(_PROVIDER_DOWN) from None


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return address + ("&" if "?" in address else "?") + urlencode(asked)
