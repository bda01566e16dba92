"""A draft that somebody wants to find again: sealed to a code alone, which nothing else here opens, until the policy's
`draft.expire` has passed since its last change (invariant 26: she has asked for it).
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlmodel import col

from chassis.access_code import ACCESS_CODE_BYTES, AccessCode
from chassis.sealing import open_with, seal_json
from services.intake.intake import Intake, NothingHere
from services.intake.room import Taken
from services.intake.tables import DraftFile, KeptPlace


@dataclass(frozen=True)
class Kept:
    """`until`: the last day on which the code opens it."""

    code: AccessCode
    until: date


async def keep_place(
    intake: Intake,
    draft: Mapping[str, Any],
    now: datetime,
    code: AccessCode | None = None,
    files: Sequence[UUID] = (),
) -> Kept:
    """Under a new code, or in the place of what `code` opened before; its files go with it from here on, and no more
    with the session. Raises TooMuchToKeep; for a new place NoRoom, for a known one NothingHere where it has ended: a
    place that was sent does not begin again.
    """
    if code is None:
        await intake.room.check(intake.database, Taken.PLACES)
    known, code = code is not None, code or AccessCode(secrets.token_bytes(ACCESS_CODE_BYTES))
    digest, until = place_digest(intake, code), intake.policy.due("draft.expire", now).date()
    values = {
        "sealed": seal_json(code.list_key(), dict(draft), context=b"place|" + digest),
        "forget_on": until + timedelta(days=1),
    }
    async with intake.database.transaction() as session:
        if known:
            again = update(KeptPlace).where(col(KeptPlace.digest) == digest).values(**values)
            if (await session.execute(again.returning(col(KeptPlace.digest)))).first() is None:
                raise NothingHere
        else:
            await session.execute(insert(KeptPlace).values(digest=digest, **values))
        of_place = update(DraftFile).values(of_session=None, of_place=digest)
        await session.execute(of_place.where(col(DraftFile.file_id).in_(files)))
    return Kept(code, until)


async def place_of(intake: Intake, code: AccessCode, now: datetime) -> dict[str, Any]:
    """The draft that was kept under this code; it stays there. Raises NothingHere for an unknown one and for one whose
    time is over.
    """
    async with intake.database.transaction() as session:
        row = await session.get(KeptPlace, place_digest(intake, code))
    if row is None or row.forget_on <= now.date():
        raise NothingHere
    draft: dict[str, Any] = json.loads(open_with(code.list_key(), row.sealed, context=b"place|" + row.digest))
    return draft


async def forget_place(intake: Intake, code: AccessCode) -> None:
    """It was sent, or is to be gone; with its files."""
    async with intake.database.transaction() as session:
        await session.execute(delete(KeptPlace).where(col(KeptPlace.digest) == place_digest(intake, code)))


async def forget_old_places(intake: Intake, now: datetime) -> None:
    async with intake.database.transaction() as session:
        await session.execute(delete(KeptPlace).where(col(KeptPlace.forget_on) <= now.date()))


def place_digest(intake: Intake, code: AccessCode) -> bytes:
    """Under which the place of this code lies."""
    return code.lookup_digest(intake.keys.secret("pepper"))
