"""A service's own audit trail: numbered, hash-chained entries written in the transaction of what they tell of."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database, before_commit, fetch
from chassis.outbox import add_event, shard_of
from contracts.audit.v1.audit_pb2 import AuditEntry, AuditHead, Heartbeat
from contracts.topics import AUDIT_ENTRIES

logger = logging.getLogger(__name__)

NO_HASH: Final = bytes(32)
"""The predecessor of a chain's first entry."""
KEPT_AT_HOME: Final = frozenset({"ombuds"})
"""Sources whose entries never leave them (design.md section 7): the record gets the heads of their chains alone."""

_PENDING: Final = "audit_entries"

_OBJECT_NUMBERS: Final = """array(
    select (select coalesce(max(object_number), 0) from audit_trail where object_ref = ref)
    from unnest(cast(:object_refs as text[])) with ordinality asked (ref, place) order by place
)"""
# Locks the shard's head until commit; the row is answered as it is after the lock was had. What is read beside it is as
# it was before: where the head has moved meanwhile, the numbers are asked for again.
_LOCK_HEAD: Final = text(f"""
    insert into audit_heads as head (shard, number, hash) values (:shard, 0, :no_hash)
    on conflict (shard) do update set number = head.number
    returning number, hash, current_schema() as source, {_OBJECT_NUMBERS} as object_numbers,
        coalesce((select number from audit_heads where shard = :shard), 0) as seen
""")  # noqa: S608 -- our own words
_NUMBERS_NOW: Final = text(f"select {_OBJECT_NUMBERS}")
_APPEND: Final = text("""
    with appended as (
        insert into audit_trail (shard, number, object_ref, object_number, entry_json, previous_hash, hash)
        values (:shard, :number, :object_ref, :object_number, :entry_json, :previous_hash, :hash)
    )
    update audit_heads set number = :number, hash = :hash where shard = :shard
""")
_HEADS: Final = text("select shard, number, hash, current_schema() as source from audit_heads order by shard")


@dataclass(frozen=True)
class _Pending:
    shard: int
    object_ref: str
    facts: Mapping[str, object]


def chain_hash(previous: bytes, entry_json: bytes) -> bytes:
    """An entry's hash: it fixes the entry and, through its predecessor's, everything before it."""
    return sha256(previous + entry_json).digest()


async def record(
    session: AsyncSession,
    act: str,
    *,
    object_ref: str,
    actor: str | None,
    rule: str | None = None,
    facts: Mapping[str, str | int] | None = None,
) -> None:
    """Has an entry written at the end of the caller's transaction (one of `Database.transaction`).

    `object_ref` is the id of what was acted on; entries are numbered per object and per shard, and it decides the
    shard. `facts` are facts of procedure: never contents, names or parties.
    """
    entry = {
        "act": act,
        "object": object_ref,
        "actor": actor,
        "rule": rule,
        "facts": dict(facts or {}),
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    pending: list[_Pending] = session.info.setdefault(_PENDING, [])
    pending.append(_Pending(shard_of(object_ref), object_ref, entry))
    before_commit(session, _write)


async def _write(session: AsyncSession) -> None:
    # Shard by shard in one fixed order: two transactions that touch the same shards cannot wait for one another.
    pending: list[_Pending] = session.info.pop(_PENDING)
    for shard in sorted({entry.shard for entry in pending}):
        entries = [entry for entry in pending if entry.shard == shard]
        refs = {"object_refs": list({entry.object_ref for entry in entries})}
        [head] = await fetch(session, _LOCK_HEAD, {"shard": shard, "no_hash": NO_HASH, **refs})
        numbers = head["object_numbers"]
        if head["seen"] != head["number"]:
            [(numbers,)] = await fetch(session, _NUMBERS_NOW, refs)
        last_of = dict(zip(refs["object_refs"], numbers, strict=True))
        number, previous = head["number"], head["hash"]
        for entry in entries:
            number += 1
            last_of[entry.object_ref] += 1
            previous = await _append(session, entry, head["source"], number, last_of[entry.object_ref], previous)


async def _append(
    session: AsyncSession, entry: _Pending, source: str, number: int, object_number: int, previous: bytes
) -> bytes:
    body = {**entry.facts, "source": source, "shard": entry.shard, "number": number, "object_number": object_number}
    entry_json = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    digest = chain_hash(previous, entry_json)
    await fetch(
        session,
        _APPEND,
        {
            "shard": entry.shard,
            "number": number,
            "object_ref": entry.object_ref,
            "object_number": object_number,
            "entry_json": entry_json,
            "previous_hash": previous,
            "hash": digest,
        },
    )
    if source not in KEPT_AT_HOME:
        message = AuditEntry(
            source=source,
            shard=entry.shard,
            number=number,
            previous_hash=previous,
            hash=digest,
            entry_json=entry_json,
        )
        await add_event(session, AUDIT_ENTRIES, f"{source}/{entry.shard}", message)
    return digest


async def send_heartbeat(session: AsyncSession, now: datetime) -> None:
    """Tells the record that this source lives and how far each of its chains goes."""
    heads = (await session.execute(_HEADS)).all()
    source: str = await session.scalar(text("select current_schema()"))
    message = Heartbeat(
        source=source,
        at=now,
        heads=[AuditHead(source=source, shard=shard, number=number, hash=digest) for shard, number, digest, _ in heads],
    )
    await add_event(session, AUDIT_ENTRIES, source, message)


async def send_heartbeats(database: Database, every: float) -> None:
    """Sends a heartbeat at once and then every so many seconds, until cancelled."""
    while True:
        try:
            async with database.transaction() as session:
                await send_heartbeat(session, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            logger.warning("heartbeat not written", extra={"error": type(error).__name__})
        await asyncio.sleep(every)
