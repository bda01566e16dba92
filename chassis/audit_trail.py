"""A service's own audit trail: numbered, hash-chained entries written in the transaction of what they tell of."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.database import Database, before_commit, fetch
from chassis.outbox import add_event, shard_of
from contracts.audit.v1.audit_pb2 import AuditEntry, AuditHead, Heartbeat
from contracts.topics import AUDIT_ENTRIES

NO_HASH: Final = bytes(32)
"""The predecessor of a chain's first entry."""
KEPT_AT_HOME: Final = frozenset({"ombuds"})
"""Sources whose entries never leave them: the record gets the heads of their chains alone."""

FORGOTTEN: Final = "actors.forgotten"
"""The act of an entry that says: who acted in the entries about this object before it is not kept any more."""
COMMITTED: Final = "sha256:"
"""How an actor in an entry begins: what follows fixes who it was and tells nobody, once the salt is gone."""
ACTOR_LABEL: Final = "recourse actor v1"
_SALT_BYTES: Final = 16

_PENDING: Final = "audit_entries"
_AFTER_NEWS: Final = outbox.LAST - 1

_OBJECT_NUMBERS: Final = """array(
    select (select coalesce(max(object_number), 0) from audit_trail where object_ref = ref)
    from unnest(cast(:object_refs as text[])) with ordinality asked (ref, place) order by place
)"""
# Locks the heads of these shards until commit, in one order; each is answered as it is after the lock was had. What is
# read beside it is as it was before: where a head has moved meanwhile, the numbers are asked for again.
_LOCK_HEADS: Final = text(f"""
    insert into audit_heads as head (shard, number, hash)
    select shard, 0, :no_hash from unnest(cast(:shards as smallint[])) shard order by shard
    on conflict (shard) do update set number = head.number
    returning shard, number, hash, current_schema() as source, {_OBJECT_NUMBERS} as object_numbers,
        coalesce((select number from audit_heads was where was.shard = head.shard), 0) as seen
""")  # noqa: S608 -- our own words
_NUMBERS_NOW: Final = text(f"select {_OBJECT_NUMBERS}")
# With the events of the whole transaction: one statement is one way to the server and back.
_APPEND: Final = text(f"""
    with entries as (
        select * from unnest(cast(:shards as smallint[]), cast(:numbers as bigint[]), cast(:object_refs as text[]),
            cast(:object_numbers as bigint[]), cast(:entry_jsons as bytea[]), cast(:previous_hashes as bytea[]),
            cast(:hashes as bytea[]), cast(:actors as text[]), cast(:salts as bytea[]))
        one (shard, number, object_ref, object_number, entry_json, previous_hash, hash, actor, salt)
    ),
    appended as (
        insert into audit_trail (shard, number, object_ref, object_number, entry_json, previous_hash, hash)
        select shard, number, object_ref, object_number, entry_json, previous_hash, hash from entries
    ),
    named as (
        insert into audit_actors (shard, number, object_ref, actor, salt)
        select shard, number, object_ref, actor, salt from entries where actor is not null
    ),
    moved as (
        update audit_heads head set number = entries.number, hash = entries.hash from entries
        where head.shard = entries.shard
            and entries.number = (select max(number) from entries newest where newest.shard = head.shard)
    ),
    {outbox.ADD}
""")  # noqa: S608 -- our own words
_HEADS: Final = text("select shard, number, hash, current_schema() as source from audit_heads order by shard")


@dataclass(frozen=True)
class _Pending:
    shard: int
    object_ref: str
    said: Mapping[str, object]
    actor: str | None
    salt: bytes | None


class _Entry(NamedTuple):
    """An entry with its place in the chain: a value of each of the lists that `_APPEND` takes."""

    shards: int
    numbers: int
    object_refs: str
    object_numbers: int
    entry_jsons: bytes
    previous_hashes: bytes
    hashes: bytes
    actors: str | None
    salts: bytes | None


def commitment(actor: str, salt: bytes) -> str:
    """What an entry says of its actor. It fits this actor and salt alone, and without the salt it tells nothing."""
    return COMMITTED + sha256(ACTOR_LABEL.encode() + salt + actor.encode()).hexdigest()


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
    shard. `facts` are facts of procedure: never contents, names or parties. `actor` is kept beside the entry and can be
    forgotten (`chassis.audit_actors`); the entry has a commitment to it.
    """
    salt = None if actor is None else os.urandom(_SALT_BYTES)
    entry = {
        "act": act,
        "object": object_ref,
        "actor": None if actor is None or salt is None else commitment(actor, salt),
        "rule": rule,
        "facts": dict(facts or {}),
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    pending: list[_Pending] = session.info.setdefault(_PENDING, [])
    pending.append(_Pending(shard_of(object_ref), object_ref, entry, actor, salt))
    before_commit(session, _write, rank=_AFTER_NEWS)


async def _write(session: AsyncSession) -> None:
    # All heads in one fixed order, and before any event's number: two transactions cannot wait for one another.
    pending: list[_Pending] = session.info.pop(_PENDING, [])
    if not pending:
        return
    refs = {"object_refs": list({entry.object_ref for entry in pending})}
    shards = {"shards": sorted({entry.shard for entry in pending})}
    found = await fetch(session, _LOCK_HEADS, {"no_hash": NO_HASH, **shards, **refs})
    numbers, source = found[0]["object_numbers"], found[0]["source"]
    if any(head["seen"] != head["number"] for head in found):
        [(numbers,)] = await fetch(session, _NUMBERS_NOW, refs)
    last_of = dict(zip(refs["object_refs"], numbers, strict=True))
    heads = {head["shard"]: (head["number"], head["hash"]) for head in found}
    entries = []
    for one in pending:
        number, previous = heads[one.shard]
        last_of[one.object_ref] += 1
        entries.append(_linked(one, source, number + 1, last_of[one.object_ref], previous))
        heads[one.shard] = number + 1, entries[-1].hashes
        if source not in KEPT_AT_HOME:
            await _send(session, source, entries[-1])
    linked = {name: [getattr(entry, name) for entry in entries] for name in _Entry._fields}
    await fetch(session, _APPEND, {**linked, **outbox.waiting(session)})


def _linked(one: _Pending, source: str, number: int, object_number: int, previous: bytes) -> _Entry:
    """The entry in its place in the chain."""
    body = {**one.said, "source": source, "shard": one.shard, "number": number, "object_number": object_number}
    entry_json = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return _Entry(
        shards=one.shard,
        numbers=number,
        object_refs=one.object_ref,
        object_numbers=object_number,
        entry_jsons=entry_json,
        previous_hashes=previous,
        hashes=chain_hash(previous, entry_json),
        actors=one.actor,
        salts=one.salt,
    )


async def _send(session: AsyncSession, source: str, entry: _Entry) -> None:
    message = AuditEntry(
        source=source,
        shard=entry.shards,
        number=entry.numbers,
        previous_hash=entry.previous_hashes,
        hash=entry.hashes,
        entry_json=entry.entry_jsons,
        actor=entry.actors,
        salt=entry.salts,
    )
    await add_event(session, AUDIT_ENTRIES, f"{source}/{entry.shards}", message)


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
    """Part of every service's background: sends a heartbeat at once and then every so many seconds."""
    while True:
        async with database.transaction() as session:
            await send_heartbeat(session, datetime.now(UTC))
        await asyncio.sleep(every)
