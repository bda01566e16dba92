"""A draft that somebody wants to find again: sealed to a code alone, which nothing else here opens, until the policy's
`draft.expire` has passed since its last change (invariant 26: she has asked for it).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.access_code import ACCESS_CODE_BYTES, AccessCode
from chassis.sealing import open_with, seal_json
from services.intake.intake import Intake, NothingHere
from services.intake.tables import KeptPlace


@dataclass(frozen=True)
class Kept:
    """`until`: the last day on which the code opens it."""

    code: AccessCode
    until: date


async def keep_place(intake: Intake, draft: Mapping[str, Any], now: datetime, code: AccessCode | None = None) -> Kept:
    """Under a new code, or in the place of what `code` opened before. Raises TooMuchToKeep."""
    code = code or AccessCode(secrets.token_bytes(ACCESS_CODE_BYTES))
    digest, until = _digest(intake, code), intake.policy.due("draft.expire", now).date()
    values = {
        "sealed": seal_json(code.list_key(), dict(draft), context=b"place|" + digest),
        "forget_on": until + timedelta(days=1),
    }
    row = insert(KeptPlace).values(digest=digest, **values)
    async with intake.database.transaction() as session:
        await session.execute(row.on_conflict_do_update(index_elements=["digest"], set_=values))
    return Kept(code, until)


async def place_of(intake: Intake, code: AccessCode, now: datetime) -> dict[str, Any]:
    """The draft that was kept under this code; it stays there. Raises NothingHere for an unknown one and for one whose
    time is over.
    """
    async with intake.database.transaction() as session:
        row = await session.get(KeptPlace, _digest(intake, code))
    if row is None or row.forget_on <= now.date():
        raise NothingHere
    draft: dict[str, Any] = json.loads(open_with(code.list_key(), row.sealed, context=b"place|" + row.digest))
    return draft


async def forget_place(intake: Intake, code: AccessCode) -> None:
    """It was sent, or is to be gone."""
    async with intake.database.transaction() as session:
        await session.execute(delete(KeptPlace).where(col(KeptPlace.digest) == _digest(intake, code)))


async def forget_old_places(intake: Intake, now: datetime) -> None:
    async with intake.database.transaction() as session:
        await session.execute(delete(KeptPlace).where(col(KeptPlace.forget_on) <= now.date()))


def _digest(intake: Intake, code: AccessCode) -> bytes:
    return code.lookup_digest(intake.keys.secret("pepper"))
