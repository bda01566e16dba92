"""Reads the whole record again and says in plain sentences what is not as it was written."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import DecodeError

from chassis.audit_trail import COMMITTED, FORGOTTEN, NO_HASH, commitment
from chassis.audit_trail import chain_hash as source_chain_hash
from contracts import checkpoints
from contracts.audit.v1.audit_pb2 import AuditEntry, Checkpoint
from contracts.topics import AUDIT_ENTRIES
from services.audit.chain import Link, chain_hash
from services.audit.tables import Kind

SCHEMA: Final = "audit"
LATE: Final = timedelta(seconds=30)
"""An entry that a heartbeat has told of may be on its way for so long."""
SILENT: Final = timedelta(days=1)
"""Longer than any other source, a source may not go without a sign of life."""
_SAYS_EVERY: Final = 1000

_ENTRIES: Final = """
    select number, kind, entries.source, shard, source_number, previous_hash, hash, entry_json, received_at, chain_hash,
        actor, salt
    from entries left join actors using (number) order by number
"""
_FORGOTTEN: Final = f"""
    select number, source, entry_json from entries
    where kind = 'entry' and position('"act":"{FORGOTTEN}"'::bytea in entry_json) > 0 order by number
"""  # noqa: S608 -- our own words
_HEADS: Final = """
    select source, shard, number, reported_number, reported_at < now() - $1::interval as late
    from heads order by source, shard
"""

_REFUSED: Final = "select source, type, value, code from dead_letters where topic = $1 order by buried_at"


class Fault(StrEnum):
    """What can be wrong with the record."""

    CHANGED = "changed"
    REMOVED = "removed"
    MISSING = "missing"
    CHECKPOINT = "checkpoint"
    ACTOR = "actor"
    REFUSED = "refused"
    """What a source sent does not fit what it had sent before: it was changed there, or put back to an older state."""
    SILENT = "silent"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written. `first` to `last` are numbers of the record, or of the source's chain
    where a source and shard are named.
    """

    fault: Fault
    first: int
    last: int
    sentence: str
    source: str | None = None
    shard: int | None = None


@dataclass(frozen=True)
class SourceState:
    """When a source last gave a sign of life, and its chains: by shard, how far each has arrived and how far the
    source said it goes.
    """

    heartbeat_at: datetime | None
    arrived: dict[int, int] = field(default_factory=dict)
    reported: dict[int, int] = field(default_factory=dict)


@dataclass
class Verification:
    """The answer: the record is as it was written if there are no findings. `sealed_at`: when the newest checkpoint
    was signed. `published`: how many checkpoints were found where they are published; None where nobody looked or the
    broker did not answer. `sources` are by name.
    """

    entries: int = 0
    checkpoints: int = 0
    published: int | None = None
    sealed_at: datetime | None = None
    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, SourceState] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """For JSON: `ok` and all that is here, times in ISO 8601."""
        sources = {
            name: {**asdict(state), "heartbeat_at": state.heartbeat_at.isoformat() if state.heartbeat_at else None}
            for name, state in self.sources.items()
        }
        sealed_at = self.sealed_at.isoformat() if self.sealed_at else None
        return {**asdict(self), "ok": self.ok, "sealed_at": sealed_at, "sources": sources}


class _Said(msgspec.Struct):
    """What an entry says, as far as it tells whether its actor has to be there."""

    act: str = ""
    object: str = ""
    actor: str | None = None


_SAID: Final = msgspec.json.Decoder(_Said)


async def verify(
    dsn: str,
    public: Ed25519PublicKey | None = None,
    read: Callable[[int], None] = lambda _: None,
    published: Collection[bytes] | None = None,
) -> Verification:
    """Walks the record of the database at `dsn`, with the audit service's public key if checkpoints' signatures are
    to be checked too; `read` is told now and then how many entries were read. `published`: what lies on the topic of
    checkpoints, for the record that runs and not for a copy of it. Reads only. Raises asyncpg.PostgresError or OSError
    when the database cannot be read.
    """
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"search_path": SCHEMA})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            found = await _verify(connection, public, read)
            if published is not None:
                found.published = len(published)
                found.findings.extend(await _not_kept(connection, published, public))
            return found
    finally:
        await connection.close()


async def _verify(
    connection: asyncpg.Connection, public: Ed25519PublicKey | None, read: Callable[[int], None]
) -> Verification:
    promised = [
        Checkpoint.FromString(row["message"]) for row in await connection.fetch("select message from checkpoints")
    ]
    sealed = (one.at.ToDatetime(tzinfo=UTC) for one in promised)
    found = Verification(checkpoints=len(promised), sealed_at=max(sealed, default=None))
    forgotten = {
        (row["source"], said.object): row["number"]
        for row in await connection.fetch(_FORGOTTEN)
        if (said := _said(row["entry_json"])).act == FORGOTTEN
    }
    walk = _Walk({checkpoint.size: checkpoint for checkpoint in promised}, forgotten)
    async for row in connection.cursor(_ENTRIES, prefetch=1000):
        *link, chain, actor, salt = row
        found.findings.extend(walk.step(Link(*link), chain, actor, salt))
        found.entries += 1
        if found.entries % _SAYS_EVERY == 0:
            read(found.entries)
    size = await connection.fetchval("select size from record_head") or 0
    found.findings.extend(walk.end(max(size, *(checkpoint.size for checkpoint in promised), 0)))
    found.findings.extend(_badly_signed(promised, public))
    found.findings.extend(_refused(row) for row in await connection.fetch(_REFUSED, AUDIT_ENTRIES.name))
    for row in await connection.fetch("select source, heartbeat_at from sources order by source"):
        found.sources[row["source"]] = SourceState(row["heartbeat_at"])
    found.findings.extend(_silent(found.sources))
    for row in await connection.fetch(_HEADS, LATE):
        state = found.sources.setdefault(row["source"], SourceState(None))
        state.arrived[row["shard"]] = row["number"]
        state.reported[row["shard"]] = row["reported_number"]
        if row["late"] and row["reported_number"] > row["number"]:
            found.findings.append(_missing(row["source"], row["shard"], row["number"] + 1, row["reported_number"]))
    return found


class _Walk:
    """The record's chain and each source's, one entry after the other. `forgotten`: of a source's objects, the newest
    entry that says that who acted before it is not kept any more.
    """

    def __init__(self, promised: Mapping[int, Checkpoint], forgotten: Mapping[tuple[str, str], int]) -> None:
        self._promised = promised
        self._forgotten = forgotten
        self._number = 0
        self._chain = NO_HASH
        self._sources: dict[tuple[str, int], tuple[int, bytes]] = {}

    def step(self, link: Link, chain: bytes, actor: str | None, salt: bytes | None) -> Iterator[Finding]:
        follows = link.number == self._number + 1
        if not follows:
            yield _removed(self._number + 1, link.number - 1)
        yield from self._source_step(link)
        # Behind a removed entry the hash of the one before it is not known: only the entry's own content is checked.
        if (follows and chain_hash(self._chain, link) != chain) or not _fits_itself(link):
            yield Finding(
                Fault.CHANGED,
                link.number,
                link.number,
                f"Entry {link.number} is not as it was written: what it says no longer fits its hash.",
            )
        elif sentence := self._actor_wrong(link, actor, salt):
            yield Finding(Fault.ACTOR, link.number, link.number, sentence)
        promised = self._promised.get(link.number)
        if promised is not None and promised.head_hash != chain:
            yield Finding(
                Fault.CHECKPOINT,
                link.number,
                link.number,
                f"Up to entry {link.number} the record is not the one that the checkpoint of "
                f"{promised.at.ToDatetime().isoformat()} UTC promised: something in it was rewritten.",
            )
        self._number, self._chain = link.number, chain

    def _actor_wrong(self, link: Link, actor: str | None, salt: bytes | None) -> str | None:
        """Actors stand beside the entries: each is there until an entry says that it is forgotten, and not after."""
        said = _said(link.entry_json)
        named = said.actor is not None and said.actor.startswith(COMMITTED)
        forgotten = link.number < self._forgotten.get((link.source, said.object), 0)
        if actor is None or salt is None:
            gone = f"Who acted in entry {link.number} was removed, and no entry says that it was forgotten."
            return gone if named and not forgotten else None
        if commitment(actor, salt) != said.actor:
            return f"Who is named beside entry {link.number} is not who acted in it."
        return f"Who acted in entry {link.number} is still there, though forgotten." if forgotten else None

    def _source_step(self, link: Link) -> Iterator[Finding]:
        name = (link.source, link.shard)
        number, last_hash = self._sources.get(name, (0, NO_HASH))
        self._sources[name] = (link.source_number, link.hash)
        if link.kind == Kind.HEAD:
            return
        if link.source_number > number + 1:
            yield _missing(*name, number + 1, link.source_number - 1)
        elif link.source_number <= number or link.previous_hash != last_hash:
            yield Finding(
                Fault.CHANGED,
                link.source_number,
                link.source_number,
                f"Entry {link.source_number} of {link.source}, shard {link.shard}, "
                "does not follow from the one before it.",
                *name,
            )

    def end(self, size: int) -> Iterator[Finding]:
        if size > self._number:
            yield _removed(self._number + 1, size)


def _said(entry_json: bytes) -> _Said:
    """Nothing, of the head of a chain and of what is no entry's JSON any more."""
    try:
        return _SAID.decode(entry_json)
    except msgspec.DecodeError:
        return _Said()


def _fits_itself(link: Link) -> bool:
    return link.kind == Kind.HEAD or source_chain_hash(link.previous_hash, link.entry_json) == link.hash


def _badly_signed(promised: list[Checkpoint], public: Ed25519PublicKey | None) -> Iterator[Finding]:
    for checkpoint in promised:
        if public is not None and not checkpoints.verify(checkpoint, public):
            sentence = f"The checkpoint at entry {checkpoint.size} does not carry the audit service's signature."
            yield Finding(Fault.CHECKPOINT, checkpoint.size, checkpoint.size, sentence)


async def _not_kept(
    connection: asyncpg.Connection, published: Collection[bytes], public: Ed25519PublicKey | None
) -> list[Finding]:
    """Whoever publishes keeps first: what is published and not kept was taken out, or everything was put back to an
    older state. Asked for after what is published was read, so that none is too new to be here.
    """
    kept = {row["message"] for row in await connection.fetch("select message from checkpoints")}
    found = []
    for value in set(published) - kept:
        try:
            checkpoint = Checkpoint.FromString(value)
        except DecodeError:
            continue
        # Whatever a stranger has put there promises nothing.
        if public is not None and checkpoints.verify(checkpoint, public):
            sentence = f"The checkpoint at entry {checkpoint.size} was published and is not kept here any more."
            found.append(Finding(Fault.CHECKPOINT, checkpoint.size, checkpoint.size, sentence))
    return sorted(found, key=lambda one: one.first)


def _refused(row: asyncpg.Record) -> Finding:
    source, code = row["source"], row["code"]
    if row["type"] == AuditEntry.DESCRIPTOR.full_name and (entry := _read(row["value"])) is not None:
        sentence = f"Entry {entry.number} of {source}, shard {entry.shard}, was refused ({code}); later ones wait."
        return Finding(Fault.REFUSED, entry.number, entry.number, sentence, source, entry.shard)
    return Finding(Fault.REFUSED, 0, 0, f"What {source} sent was refused ({code}); what it sent later waits.", source)


def _read(value: bytes) -> AuditEntry | None:
    try:
        return AuditEntry.FromString(value)
    except DecodeError:
        return None


def _silent(sources: Mapping[str, SourceState]) -> Iterator[Finding]:
    """Compared with each other and not with a clock: of a copy, all have been silent since it was made."""
    heard = {name: state.heartbeat_at for name, state in sources.items() if state.heartbeat_at}
    for name, at in heard.items():
        if at < max(heard.values()) - SILENT:
            sentence = f"{name} has given no sign of life since {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
            yield Finding(Fault.SILENT, 0, 0, sentence, name)


def _removed(first: int, last: int) -> Finding:
    which = f"Entry {first} was" if first == last else f"Entries {first} to {last} were"
    return Finding(Fault.REMOVED, first, last, f"{which} removed from the record.")


def _missing(source: str, shard: int, first: int, last: int) -> Finding:
    which = f"Entry {first} of {source}, shard {shard}, is" if first == last else (
        f"Entries {first} to {last} of {source}, shard {shard}, are"
    )  # fmt: skip
    return Finding(Fault.MISSING, first, last, f"{which} missing from the record.", source, shard)
