"""Takes sources' entries into the one record: each once, in its source's order, and only if it fits."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.audit_trail import FORGOTTEN, KEPT_AT_HOME, NO_HASH, commitment
from chassis.audit_trail import chain_hash as source_chain_hash
from chassis.consumer import Event, InvalidMessage
from chassis.database import fetch
from contracts.audit.v1.audit_pb2 import AuditEntry, AuditHead, Heartbeat
from services.audit.chain import Link, chain_hash
from services.audit.tables import Kind

LOG: Final = "entries"
_LAST_SHARD: Final = 2**15 - 1
_LAST_NUMBER: Final = 2**63 - 1

_LOCK_SOURCE: Final = text("""
    insert into heads as head (source, shard) values (:source, :shard)
    on conflict (source, shard) do update set number = head.number
    returning number, hash
""")
_LOCK_RECORD: Final = text("""
    insert into record_head as head (log, size, chain_hash) values (:log, 0, :no_hash)
    on conflict (log) do update set size = head.size
    returning size, chain_hash
""")
_APPEND: Final = text("""
    with appended as (
        insert into entries (number, kind, source, shard, source_number, previous_hash, hash, entry_json, received_at,
            chain_hash)
        values (:number, :kind, :source, :shard, :source_number, :previous_hash, :hash, :entry_json, :received_at,
            :chain_hash)
    ), named as (
        insert into actors (number, source, object_ref, actor, salt)
        select cast(:number as bigint), :source, cast(:object_ref as text), cast(:actor as text), cast(:salt as bytea)
        where cast(:actor as text) <> ''
    ), arrived as (
        update heads set number = :source_number, hash = :hash where source = :source and shard = :shard
    )
    update record_head set size = :number, chain_hash = :chain_hash where log = :log
""")
_FORGET: Final = text("delete from actors where source = :source and object_ref = :object_ref")
_ALIVE: Final = text("""
    insert into sources as known (source, heartbeat_at) values (:source, :at)
    on conflict (source) do update set heartbeat_at = greatest(known.heartbeat_at, :at)
""")
_REPORTED: Final = text("""
    update heads set reported_number = :number, reported_at = :at
    where source = :source and shard = :shard and reported_number < :number
""")
_HASH_OF: Final = text("""
    select hash from entries where kind = 'entry' and source = :source and shard = :shard and source_number = :number
""")


async def append_entry(session: AsyncSession, event: Event) -> None:
    """The handler of AuditEntry. Who acted on an object is forgotten with the entry that says so. Raises InvalidMessage
    for an entry that is not its sender's, whose actor is not the one that it fixes, or that does not follow from the
    one before it in its source's chain: a gap, a fork, a changed entry.
    """
    entry = event.message
    if not isinstance(entry, AuditEntry):
        raise InvalidMessage("not_its_own")
    body = _body(entry)
    said = (body.get("source"), body.get("shard"), body.get("number"))
    if entry.source != event.source or said != (entry.source, entry.shard, entry.number):
        raise InvalidMessage("not_its_own")
    if body.get("actor") != (commitment(entry.actor, entry.salt) if entry.actor else None):
        raise InvalidMessage("actor_wrong")
    object_ref = str(body.get("object"))
    _check(entry, object_ref, entry.actor)
    if source_chain_hash(entry.previous_hash, entry.entry_json) != entry.hash:
        raise InvalidMessage("hash_wrong")
    number, last_hash = await _lock_source(session, entry.source, entry.shard)
    if entry.number <= number:
        if await _hash_of(session, entry) != entry.hash:
            raise InvalidMessage("forked")
        return
    if entry.number != number + 1:
        raise InvalidMessage("gap")
    if entry.previous_hash != (last_hash or NO_HASH):
        raise InvalidMessage("chain_broken")
    await _append(session, Kind.ENTRY, entry, entry.previous_hash, entry.entry_json, object_ref)
    if body.get("act") == FORGOTTEN:
        await fetch(session, _FORGET, {"source": entry.source, "object_ref": object_ref})


async def take_heartbeat(session: AsyncSession, event: Event) -> None:
    """The handler of Heartbeat: notes how far the source's chains go, and keeps the heads of chains that stay at home.

    Raises InvalidMessage when a head contradicts what has arrived: a fork, or a chain that has become shorter.
    """
    heartbeat = event.message
    if not isinstance(heartbeat, Heartbeat) or heartbeat.source != event.source:
        raise InvalidMessage("not_its_own")
    try:
        at = heartbeat.at.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidMessage("out_of_range") from None
    await session.execute(_ALIVE, params={"source": heartbeat.source, "at": at})
    for head in sorted(heartbeat.heads, key=lambda head: head.shard):
        if head.source != event.source:
            raise InvalidMessage("not_its_own")
        _check(head)
        number, last_hash = await _lock_source(session, head.source, head.shard)
        if head.source in KEPT_AT_HOME:
            await _keep_head(session, head, number, last_hash)
        elif head.number <= number and await _hash_of(session, head) != head.hash:
            raise InvalidMessage("forked")
        await session.execute(
            _REPORTED, params={"source": head.source, "shard": head.shard, "number": head.number, "at": at}
        )


def _check(message: AuditEntry | AuditHead, *texts: str) -> None:
    """What the tables do not hold would be tried again for ever, with every other source's entries behind it.

    Raises InvalidMessage.
    """
    if message.shard > _LAST_SHARD or message.number > _LAST_NUMBER or any("\0" in text for text in texts):
        raise InvalidMessage("out_of_range")


async def _keep_head(session: AsyncSession, head: AuditHead, number: int, last_hash: bytes) -> None:
    if head.number < number:
        raise InvalidMessage("chain_shorter")
    if head.number == number:
        if head.hash != last_hash:
            raise InvalidMessage("forked")
        return
    await _append(session, Kind.HEAD, head, last_hash or NO_HASH, b"")


async def _lock_source(session: AsyncSession, source: str, shard: int) -> tuple[int, bytes]:
    [(number, last_hash)] = await fetch(session, _LOCK_SOURCE, {"source": source, "shard": shard})
    return number, last_hash


async def _hash_of(session: AsyncSession, message: AuditEntry | AuditHead) -> bytes | None:
    place = {"source": message.source, "shard": message.shard, "number": message.number}
    found: bytes | None = await session.scalar(_HASH_OF, params=place)
    return found


async def _append(
    session: AsyncSession,
    kind: Kind,
    message: AuditEntry | AuditHead,
    previous_hash: bytes,
    entry_json: bytes,
    object_ref: str = "",
) -> None:
    [(size, last)] = await fetch(session, _LOCK_RECORD, {"log": LOG, "no_hash": NO_HASH})
    link = Link(
        number=size + 1,
        kind=kind,
        source=message.source,
        shard=message.shard,
        source_number=message.number,
        previous_hash=previous_hash,
        hash=message.hash,
        entry_json=entry_json,
        received_at=datetime.now(UTC),
    )
    named = (message.actor, message.salt) if isinstance(message, AuditEntry) else ("", b"")
    actor = dict(zip(("actor", "salt"), named, strict=True)) | {"object_ref": object_ref}
    await fetch(session, _APPEND, {**vars(link), **actor, "chain_hash": chain_hash(last, link), "log": LOG})


def _body(entry: AuditEntry) -> Mapping[str, Any]:
    """What the entry says; nothing, where that is no JSON object."""
    try:
        body: Any = json.loads(entry.entry_json)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
