"""What one service shows another: an Ed25519-signed statement for one audience, for a minute at most, good once.

It travels as `Authorization: Service <token>`; the sign-in of the person acted for goes beside it in
`X-Acting-Token`. Its claims repeat what is asked for, so that it fits no other request.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Column, DateTime, Index, MetaData, Table, Uuid, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import fetch

LONGEST: Final = timedelta(seconds=60)
SCHEME: Final = "service"
_LABEL: Final = b"recourse service token v1\n"
_CLOCKS_APART: Final = timedelta(seconds=5)

# Tokens that have ended are forgotten on the way; rows that another request is just forgetting are left to it.
_SPEND: Final = text("""
    with forgotten as (
        delete from used_tokens where jti in (
            select jti from used_tokens where expires_at < :forget_before limit 100 for update skip locked
        )
    )
    insert into used_tokens (jti, expires_at) values (:jti, :expires_at) on conflict do nothing returning jti
""")


class TokenRefused(Exception):
    """The token is not from a known service, not for this audience, not for now, or was used before."""


@dataclass(frozen=True)
class ServiceToken:
    """A verified token. `claims` are what its sender says it asks for."""

    source: str
    jti: UUID
    expires_at: datetime
    claims: Mapping[str, Any]


def define(metadata: MetaData) -> None:
    """Adds the table of spent tokens to a service's metadata."""
    table = Table(
        "used_tokens",
        metadata,
        Column("jti", Uuid, primary_key=True),
        Column("expires_at", DateTime(timezone=True), nullable=False),
    )
    Index(None, table.c.expires_at)


def mint(
    signing: Ed25519PrivateKey,
    source: str,
    audience: str,
    claims: Mapping[str, Any],
    now: datetime,
    ttl: timedelta = LONGEST,
) -> str:
    """A token for one request to `audience`. Raises ValueError for a life of more than sixty seconds."""
    if not timedelta(0) < ttl <= LONGEST:
        raise ValueError("a service token lives for at most sixty seconds")
    statement = {
        "source": source,
        "audience": audience,
        "jti": str(uuid4()),
        "issued_at": now.timestamp(),
        "expires_at": (now + ttl).timestamp(),
        "claims": dict(claims),
    }
    payload = json.dumps(statement, separators=(",", ":"), sort_keys=True).encode()
    return f"{_text(payload)}.{_text(signing.sign(_LABEL + payload))}"


def verify(token: str, publics: Mapping[str, Ed25519PublicKey], audience: str, now: datetime) -> ServiceToken:
    """Raises TokenRefused. A verified token is still to be spent: see `spend`."""
    try:
        payload, signature = (_bytes(part) for part in token.split("."))
        statement = json.loads(payload)
        source = statement["source"]
        publics[source].verify(signature, _LABEL + payload)
        verified = ServiceToken(
            source, UUID(statement["jti"]), _time(statement["expires_at"]), dict(statement["claims"])
        )
        issued_at = _time(statement["issued_at"])
    except (InvalidSignature, KeyError, TypeError, ValueError, OverflowError, RecursionError, binascii.Error):
        raise TokenRefused("not a token of a known service") from None
    if statement["audience"] != audience:
        raise TokenRefused("for another audience")
    if not (issued_at - _CLOCKS_APART <= now < verified.expires_at <= issued_at + LONGEST):
        raise TokenRefused("not for now")
    return verified


async def spend(session: AsyncSession, token: ServiceToken) -> None:
    """Uses the token up in the caller's transaction. Raises TokenRefused when it was used before."""
    forget_before = token.expires_at - 2 * LONGEST
    parameters = {"jti": token.jti, "expires_at": token.expires_at, "forget_before": forget_before}
    if not await fetch(session, _SPEND, parameters):
        raise TokenRefused("used before")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
