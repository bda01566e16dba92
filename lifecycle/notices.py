"""Mails that say nothing, as a desk's service asks for them: to whom stays here, sealed, and only a random reference
travels. The notifications service comes and asks who it is when it sends (domain.md 2.10).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.outbox import add_event
from chassis.sealing import DeskPrivateKey, open_from, seal_to
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.topics import Topic

KEPT: Final = timedelta(days=30)
"""How long a reference answers: as long as the topic keeps the event, longer than notifications tries."""
# Room for the longest staff id that intake takes: the other side's is what the reporter typed.
_SIZE: Final = 128

_ADD: Final = sa.text("insert into recipients (recipient_ref, sealed) values (:recipient_ref, :sealed)")
_FIND: Final = sa.text("""
    select sealed from recipients
    where recipient_ref = :recipient_ref and created_at >= now() - cast(:kept as interval)
""")
_FORGET: Final = sa.text("delete from recipients where created_at < now() - cast(:kept as interval)")


def define(metadata: sa.MetaData) -> None:
    """Add `recipients` to a service's metadata: who is meant by a reference, sealed to the service's own desk key."""
    sa.Table(
        "recipients",
        metadata,
        sa.Column("recipient_ref", sa.Uuid, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), index=True),
    )


async def add_notice(
    session: AsyncSession, topic: Topic, report_id: UUID, staff_id: str, wording_key: str, *, desk_key: DeskPrivateKey
) -> None:
    """Have one content-free mail sent to `staff_id`; `topic` is the service's own about its cases. References that
    are older than they answer are forgotten on the way.
    """
    recipient_ref = uuid4()
    sealed = seal_to(desk_key.public, staff_id.encode(), context=_context(recipient_ref), size=_SIZE)
    await session.execute(_FORGET, {"kept": KEPT})
    await session.execute(_ADD, {"recipient_ref": recipient_ref, "sealed": sealed})
    notice = StaffNotice(notice_id=str(uuid4()), recipient_ref=str(recipient_ref), wording_key=wording_key)
    await add_event(session, topic, str(report_id), notice)


async def recipient(session: AsyncSession, recipient_ref: UUID, *, desk_key: DeskPrivateKey) -> str | None:
    """Whom a reference means; None when it is unknown or too old. Raises SealNotOpened for another desk's key."""
    sealed = await session.scalar(_FIND, params={"recipient_ref": recipient_ref, "kept": KEPT})
    if sealed is None:
        return None
    return open_from(desk_key, sealed, context=_context(recipient_ref)).decode()


def _context(recipient_ref: UUID) -> bytes:
    return b"recipient|" + recipient_ref.bytes
