"""The register: protection begins with an activity, ends with the look-ahead after what it rests on, and is corrected
only with a trace (invariants 45, 46).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_actors, audit_trail
from contracts.ids import CaseId
from lifecycle.desk import Desk
from lifecycle.erasing import actors_until
from policy.model import Policy
from services.ethics.use_cases.ask import ask_about_seen
from services.ethics.use_cases.names import lock_person, person_tag, protected_person

LOOK_AHEAD: Final = "ret.lookahead"

_PROTECT: Final = text("""
    insert into protected (protection_id, sealed_person, person_tag, activity, started_at, until, contact_agreed)
    values (:protection_id, :sealed_person, :tag, :activity, :started_at, :until, :contact_agreed)
    on conflict (protection_id) do nothing
    returning protection_id
""")
_TAKE_EARLY_END: Final = text("delete from ended_early where protection_id = :protection_id returning ended_on")
# A matter that went on, as in a review, is over later: what protects her longer counts.
_END: Final = text("""
    update protected set until = greatest(until, :until) where protection_id = :protection_id returning until
""")
_END_EARLY: Final = text("""
    insert into ended_early (protection_id, ended_on) values (:protection_id, :ended_on) on conflict do nothing
""")
_ANSWER_CONTACT: Final = text("""
    update protected set contact_agreed = :agreed where protection_id = :protection_id
""")
_FIND: Final = text("select activity, started_at, person_tag from protected where protection_id = :protection_id")
_CORRECT: Final = text("""
    update protected set activity = :activity, started_at = :started_at where protection_id = :protection_id
""")
_FORGET: Final = text("delete from protected where until < clock_now() returning protection_id, now()")


@dataclass(frozen=True)
class Protection:
    """A protected activity as it arrived (invariant 45)."""

    protection_id: UUID
    sealed_person: bytes
    activity: str
    started_at: datetime


async def start_protection(session: AsyncSession, desk: Desk, protection: Protection, now: datetime) -> list[CaseId]:
    """Protects the person until the look-ahead ends, and asks about what was seen since the activity before word of it
    came. Answers the queries opened. Raises InvalidMessage when the seal is not ours or holds nobody.
    """
    meant = protected_person(desk, protection.protection_id, protection.sealed_person)
    tag = person_tag(desk, meant.staff_id)
    await lock_person(session, tag)
    named = {"protection_id": protection.protection_id}
    ended_on: datetime | None = await session.scalar(_TAKE_EARLY_END, params=named)
    row = {
        **named,
        "sealed_person": protection.sealed_person,
        "tag": tag,
        "activity": protection.activity,
        "started_at": protection.started_at,
        "until": desk.policy.due(LOOK_AHEAD, ended_on) if ended_on else None,
        "contact_agreed": meant.contact_agreed,
    }
    if await session.scalar(_PROTECT, params=row) is None:
        return []
    return await ask_about_seen(session, desk, tag, protection.started_at, now)


async def end_protection(session: AsyncSession, desk: Desk, protection_id: UUID, ended_on: datetime) -> None:
    """What the protection rests on is closed: from that day the look-ahead runs. Nothing is said of what it was."""
    until = desk.policy.due(LOOK_AHEAD, ended_on)
    if await session.scalar(_END, params={"protection_id": protection_id, "until": until}) is None:
        await session.execute(_END_EARLY, params={"protection_id": protection_id, "ended_on": ended_on})


async def answer_contact(session: AsyncSession, protection_id: UUID, *, agreed: bool) -> None:
    """Hers to say anew, for this protection alone."""
    await session.execute(_ANSWER_CONTACT, params={"protection_id": protection_id, "agreed": agreed})


async def correct_activity(
    session: AsyncSession,
    desk: Desk,
    protection_id: UUID,
    activity: str,
    started_at: datetime,
    by: str,
    now: datetime,
) -> Sequence[CaseId]:
    """The one way to change since when somebody is protected: who did it, from when and to when, stays in the trail.
    Answers the queries that an earlier beginning opens. Raises LookupError for an unknown protection.
    """
    before = (await session.execute(_FIND, params={"protection_id": protection_id})).first()
    if before is None:
        raise LookupError("there is no such protection")
    await lock_person(session, before.person_tag)
    changed: dict[str, Any] = {"protection_id": protection_id, "activity": activity, "started_at": started_at}
    await session.execute(_CORRECT, params=changed)
    await audit_trail.record(
        session,
        "protection.corrected",
        object_ref=str(protection_id),
        actor=by,
        rule="invariant 45",
        facts={
            "from": before.started_at.date().isoformat(),
            "to": started_at.date().isoformat(),
            "activity": activity,
        },
    )
    return await ask_about_seen(session, desk, before.person_tag, started_at, now)


async def forget_ended(session: AsyncSession, policy: Policy) -> None:
    """Whose look-aheads are over leaves the register; in time it is forgotten who corrected what stood there."""
    for protection_id, ended_at in (await session.execute(_FORGET)).all():
        if until := actors_until(policy, ended_at):
            await audit_actors.keep_until(session, str(protection_id), until)
