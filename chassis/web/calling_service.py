"""Which of our own services is asking: `Authorization: Service <token>`, good for one request and for nothing else."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Request
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.service_tokens import SCHEME, ServiceToken, TokenRefused, spend, verify
from chassis.web.problems import Problem


async def calling_service(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    publics: Mapping[str, Ed25519PublicKey],
    *,
    allowed: Collection[str],
    claims: Mapping[str, Any],
) -> ServiceToken:
    """The token of the request, used up in the caller's transaction. `allowed` are the services that may ask this,
    `claims` what the request asks for: the token must say the same.

    Raises Problem 401, always the same, when the token is missing, forged, for something else, expired or used before.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != SCHEME:
        raise _refused()
    try:
        token = verify(text.strip(), publics, request.app.state.service, datetime.now(UTC))
        await spend(session, token)
    except TokenRefused:
        raise _refused() from None
    if token.source not in allowed or token.claims != dict(claims):
        raise _refused()
    return token


def _refused() -> Problem:
    return Problem(
        401,
        "service_sign_in_needed",
        "This address is for our own services: send Authorization: Service <token> made for this very request.",
        headers={"WWW-Authenticate": 'Service realm="recourse"'},
    )
