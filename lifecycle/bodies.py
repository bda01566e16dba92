"""What staff write beside an action: sealed under the key of the case, before the action is even asked for.

The case's key lies in the key store, wrapped to the desk of the office: destroyed there, every text is closed.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import KEY_BYTES, Sealed, open_sealed, seal, unwrap, wrap
from contracts.ids import new_id
from lifecycle.desk import Desk
from lifecycle.records import CaseRow
from lifecycle.signed import NO_BODIES, hash_bodies

_OF_CASE: Final = """
    select b.body_id, a.action, b.name, b.ciphertext, b.wrapped, a.at from case_actions a
    cross join lateral jsonb_each_text(a.bodies) named join action_bodies b on b.body_id = named.value::uuid
    where a.case_id = :case_id
"""
_TEXTS: Final = text(f"{_OF_CASE} order by a.version, b.name")
_LAST: Final = text(f"""
    {_OF_CASE} and b.name = :name and (cast(:action as text) is null or a.action = :action)
    and (cast(:at as timestamptz) is null or a.at = :at)
    order by a.version desc limit 1
""")


@dataclass(frozen=True)
class StaffText:
    """A text of an action that was taken."""

    body_id: UUID
    action: str
    name: str
    text: str
    at: datetime

    def __repr__(self) -> str:
        return f"StaffText({self.action}.{self.name})"


async def case_key(desk: Desk, row: CaseRow) -> bytes:
    """The key of the case, made when it is first needed. Raises LookupError once the case is erased."""
    if row.erased_at is not None:
        raise LookupError("the case is erased and its key destroyed")
    private, context = desk.key_of(row), key_context(row.case_id)
    wrapped = await desk.keystore.matter_key(row.case_id)
    if wrapped is None:
        await desk.keystore.put_matter_key(row.case_id, wrap(os.urandom(KEY_BYTES), private.public, context=context))
        # Read again: of two that made one at the same time, the first stays.
        wrapped = await desk.keystore.matter_key(row.case_id)
        assert wrapped is not None
    return unwrap(wrapped, private, context=context)


def key_context(case_id: UUID) -> bytes:
    """What the wrap of a case's key is bound to."""
    return b"case|" + case_id.bytes


def seal_under(key: bytes, plaintext: bytes, *, item_id: UUID, context: str) -> tuple[bytes, bytes]:
    """(ciphertext, data key wrapped under the case's key)."""
    sealed, data_key = seal(plaintext, item_id=item_id, context=context)
    return sealed.ciphertext, aes_key_wrap(key, data_key)


def open_under(key: bytes, ciphertext: bytes, wrapped: bytes, *, item_id: UUID, context: str) -> bytes:
    """Raises SealNotOpened, or InvalidUnwrap for another case's key."""
    return open_sealed(Sealed(item_id, ciphertext), aes_key_unwrap(key, wrapped), context=context)


async def store(
    session: AsyncSession, desk: Desk, row: CaseRow, action_id: UUID, texts: Mapping[str, str]
) -> tuple[dict[str, str], str]:
    """Keeps the texts sealed, and answers what the signed action says of them: their rows by name, and their hash.
    Rows that no taken action refers to are swept after an hour.
    """
    stored: dict[str, tuple[UUID, bytes]] = {}
    rows: list[dict[str, object]] = []
    key = await case_key(desk, row) if texts else b""
    for name, words in texts.items():
        body_id = new_id()
        ciphertext, wrapped = seal_under(key, words.encode(), item_id=body_id, context=_context(row.case_id))
        stored[name] = body_id, ciphertext
        rows.append({"body_id": body_id, "name": name, "ciphertext": ciphertext, "wrapped": wrapped})
    if rows:
        await session.execute(
            text(
                "insert into action_bodies (body_id, case_id, action_id, name, ciphertext, wrapped)"
                " values (:body_id, :case_id, :action_id, :name, :ciphertext, :wrapped)"
            ),
            params=[{**one, "case_id": row.case_id, "action_id": action_id} for one in rows],
        )
    return {name: str(body_id) for name, (body_id, _) in stored.items()}, hash_bodies(stored)


async def hash_of(session: AsyncSession, case_id: UUID, action_id: UUID, bodies: Mapping[str, str]) -> str:
    """The hash of the rows that an action names, as they are in the database now; missing ones do not count."""
    if not bodies:
        return NO_BODIES
    found = await session.execute(
        text(
            "select body_id, ciphertext from action_bodies"
            " where case_id = :case_id and action_id = :action_id and body_id = any(:body_ids)"
        ),
        params={"case_id": case_id, "action_id": action_id, "body_ids": [UUID(one) for one in bodies.values()]},
    )
    there = {row.body_id: row.ciphertext for row in found}
    named = {name: UUID(body_id) for name, body_id in bodies.items()}
    return hash_bodies({name: (body_id, there[body_id]) for name, body_id in named.items() if body_id in there})


async def texts_of(session: AsyncSession, desk: Desk, row: CaseRow) -> list[StaffText]:
    """Every text of the case's actions, oldest first, opened. Whoever calls this has checked and audited it."""
    return await _opened(session, desk, row, _TEXTS, {})


async def text_of(
    session: AsyncSession,
    desk: Desk,
    row: CaseRow,
    name: str,
    action: str | None = None,
    at: datetime | None = None,
) -> str | None:
    """The words of this name that came last, with `action` and at the moment `at` where these are named; None where
    there are none. Nothing else of the case is opened. Whoever calls this has checked and audited it.
    """
    found = await _opened(session, desk, row, _LAST, {"name": name, "action": action, "at": at})
    return found[0].text if found else None


async def words_of(session: AsyncSession, desk: Desk, row: CaseRow, name: str, action: str | None = None) -> str:
    """As `text_of`, of an action that always brings them. Raises LookupError where it has not been taken."""
    found = await text_of(session, desk, row, name, action)
    if found is None:
        raise LookupError(f"no text {name} in this case")
    return found


async def _opened(
    session: AsyncSession, desk: Desk, row: CaseRow, query: TextClause, params: Mapping[str, object]
) -> list[StaffText]:
    rows = (await session.execute(query, params={"case_id": row.case_id, **params})).all()
    if not rows:
        return []
    key = await case_key(desk, row)
    context = _context(row.case_id)
    return [
        StaffText(
            body_id=one.body_id,
            action=one.action,
            name=one.name,
            text=open_under(key, one.ciphertext, one.wrapped, item_id=one.body_id, context=context).decode(),
            at=one.at,
        )
        for one in rows
    ]


async def sweep(session: AsyncSession) -> None:
    """Deletes texts that were stored for an action which then was not taken."""
    await session.execute(
        text(
            "delete from action_bodies b where b.created_at < now() - interval '1 hour' and not exists"
            " (select from case_actions a where a.action_id = b.action_id"
            "  and b.body_id::text in (select value from jsonb_each_text(a.bodies)))"
        )
    )


def _context(case_id: UUID) -> str:
    return f"case|{case_id}"
