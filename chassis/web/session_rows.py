"""Rows of page sessions: found by a digest of the cookie's secret and opened with that secret alone (ADR 56)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, Table, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import KEY_BYTES, open_with, seal_json, tag

SECRET_BYTES: Final = 32

_SELECT: Final = "select sealed, ends_at from web_sessions where digest = :digest and expires_at > :now"
_READ: Final = text(_SELECT)
_READ_LOCKED: Final = text(f"{_SELECT} for update")


def define(metadata: MetaData) -> None:
    """Adds the table of page sessions to a service's metadata."""
    table = Table(
        "web_sessions",
        metadata,
        Column("digest", LargeBinary, primary_key=True),
        Column("sealed", LargeBinary, nullable=False),
        # The idle limit, moved by every request and never beyond the absolute one.
        Column("expires_at", DateTime(timezone=True), nullable=False),
        Column("ends_at", DateTime(timezone=True), nullable=False),
    )
    Index(None, table.c.expires_at)


@dataclass(frozen=True)
class Contents:
    """What is sealed: the idle limit in seconds, and what the pages keep. `sealed_as` is the plaintext of what was
    opened: the data as they were, whatever is changed in them since.
    """

    idle: float
    data: dict[str, Any]
    sealed_as: bytes = field(default=b"[0,{}]", compare=False, repr=False)


class SessionKey:
    """What the secret of one cookie gives, each by a label of its own that also names the cookie: a secret of one
    cookie is nothing in another.
    """

    def __init__(self, cookie: str, secret: bytes) -> None:
        self.digest = sha256(b"recourse session row v1|" + cookie.encode() + b"|" + secret).digest()
        info = b"recourse session key v1|" + cookie.encode()
        self._key = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)
        self.form_tag = tag(secret, "recourse session form v1", cookie)
        self._whose = tag(secret, "recourse session whose v1", cookie)

    def tag_of(self, name: str) -> bytes:
        """Recognises somebody again under this cookie, and says nothing of them to anybody else."""
        return tag(self._whose, name)

    def seal(self, contents: Contents) -> bytes:
        """Raises TooMuchToKeep, and TypeError for data that JSON does not have."""
        return seal_json(self._key, [contents.idle, contents.data], context=self.digest)

    def open(self, sealed: bytes) -> Contents:
        """Raises SealNotOpened for a row that was changed or moved."""
        plaintext = open_with(self._key, sealed, context=self.digest)
        idle, data = json.loads(plaintext)
        return Contents(idle, data, plaintext)


async def read(
    session: AsyncSession, key: SessionKey, now: datetime, *, lock: bool = False
) -> tuple[Contents, datetime] | None:
    """The contents and the absolute limit; nothing for a row that has expired, whether or not it is swept yet.

    With `lock`, nobody else writes the row before the caller's transaction ends. Raises SealNotOpened.
    """
    found = await session.execute(_READ_LOCKED if lock else _READ, params={"digest": key.digest, "now": now})
    row = found.first()
    return None if row is None else (key.open(row.sealed), row.ends_at)


async def insert(
    session: AsyncSession, key: SessionKey, contents: Contents, expires_at: datetime, ends_at: datetime
) -> None:
    await session.execute(
        text(
            "insert into web_sessions (digest, sealed, expires_at, ends_at)"
            " values (:digest, :sealed, :expires_at, :ends_at)"
        ),
        params={
            "digest": key.digest, "sealed": key.seal(contents), "expires_at": expires_at, "ends_at": ends_at
        },
    )  # fmt: skip


async def move(session: AsyncSession, key: SessionKey, expires_at: datetime, now: datetime) -> bool:
    """The idle limit alone. A row that has expired or ended in the meantime stays so: False."""
    found = await session.execute(
        text(
            "update web_sessions set expires_at = :expires_at where digest = :digest and expires_at > :now"
            " returning true"
        ),
        params={"digest": key.digest, "expires_at": expires_at, "now": now},
    )
    return found.first() is not None


async def replace(session: AsyncSession, key: SessionKey, contents: Contents, expires_at: datetime) -> None:
    """The contents of a row that the caller holds locked."""
    await session.execute(
        text("update web_sessions set sealed = :sealed, expires_at = :expires_at where digest = :digest"),
        params={"digest": key.digest, "sealed": key.seal(contents), "expires_at": expires_at},
    )


async def delete(session: AsyncSession, key: SessionKey) -> None:
    await session.execute(text("delete from web_sessions where digest = :digest"), params={"digest": key.digest})


async def sweep(session: AsyncSession, now: datetime) -> None:
    """Deletes what has expired; rows that a request is just using are left to the next sweep."""
    await session.execute(
        text(
            "delete from web_sessions where digest in"
            " (select digest from web_sessions where expires_at <= :now for update skip locked)"
        ),
        params={"now": now},
    )
