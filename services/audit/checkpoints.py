"""Promises of the record's length and head, signed and published: who keeps one can show a later change."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.outbox import add_event
from contracts import checkpoints
from contracts.audit.v1.audit_pb2 import Checkpoint
from contracts.topics import AUDIT_CHECKPOINTS
from services.audit.record import LOG

_GROWN: Final = text("""
    select size, chain_hash from record_head
    where log = :log and size > coalesce((select max(size) from checkpoints), 0)
""")
_KEEP: Final = text("insert into checkpoints (size, message) values (:size, :message) on conflict do nothing")


async def sign_checkpoint(session: AsyncSession, signing: Ed25519PrivateKey, now: datetime) -> Checkpoint | None:
    """Signs, keeps and publishes a checkpoint if the record has grown since the last one."""
    grown = (await session.execute(_GROWN, params={"log": LOG})).first()
    if grown is None:
        return None
    checkpoint = Checkpoint(log=LOG, size=grown.size, head_hash=grown.chain_hash, at=now)
    checkpoints.sign(checkpoint, signing)
    await session.execute(_KEEP, params={"size": checkpoint.size, "message": checkpoint.SerializeToString()})
    await add_event(session, AUDIT_CHECKPOINTS, LOG, checkpoint)
    return checkpoint


async def sign_checkpoints(database: Database, signing: Ed25519PrivateKey, every: float) -> None:
    """Part of the background: signs one whenever the record has grown, at most every so many seconds."""
    while True:
        async with database.transaction() as session:
            await sign_checkpoint(session, signing, datetime.now(UTC))
        await asyncio.sleep(every)
