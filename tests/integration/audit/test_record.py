"""The one record takes each source's chain as it was written, or not at all."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from google.protobuf.message import Message
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis import migrations
from chassis.audit_trail import chain_hash
from chassis.consumer import InvalidMessage
from contracts.audit.v1.audit_pb2 import AuditEntry, AuditHead, Heartbeat
from services.audit.tables import Base
from services.audit.verify import verify
from tests.integration.audit.sources import CHAIN, World

pytestmark = pytest.mark.stack


async def test_entries_of_all_sources_are_numbered_without_gaps_and_the_ombuds_head_is_among_them(world: World) -> None:
    await world.act("workflow", "case-1", "case-2", "case-1")
    await world.act("ethics", "case-3")
    await world.act("ombuds", "talk-1", "talk-1")
    for source in ("workflow", "ethics", "ombuds"):
        await world.beat(source)
    await world.take_all()
    entries = await world.entries()
    assert [entry.number for entry in entries] == list(range(1, 6))
    assert [(entry.kind, entry.source) for entry in entries] == [
        ("entry", "workflow"),
        ("entry", "workflow"),
        ("entry", "workflow"),
        ("entry", "ethics"),
        ("head", "ombuds"),
    ]
    assert entries[-1].source_number == 2
    assert not any(b"talk-1" in entry.entry_json for entry in entries)
    found = await verify(world.test_database.dsn("audit"))
    assert (found.ok, found.entries) == (True, 5)
    assert set(found.sources) == {"workflow", "ethics", "ombuds"}
    assert all(state.heartbeat_at and state.arrived == state.reported for state in found.sources.values())


async def test_sources_that_append_at_once_share_one_unbroken_chain(world: World) -> None:
    async def from_source(source: str) -> None:
        await world.act(source, *(f"{source}-{number}" for number in range(12)))
        shards: dict[str, list[object]] = {}
        for event in await world.sent(source):
            shards.setdefault(event.key, []).append(event)

        async def one_after_the_other(events: list[object]) -> None:
            for event in events:
                await world.take(event)  # type: ignore[arg-type]

        await asyncio.gather(*(one_after_the_other(events) for events in shards.values()))

    await asyncio.gather(from_source("workflow"), from_source("ethics"))
    assert [entry.number for entry in await world.entries()] == list(range(1, 25))
    assert (await verify(world.test_database.dsn("audit"))).findings == []


async def test_an_entry_that_comes_again_is_not_taken_twice(world: World) -> None:
    await world.act("workflow", "case-1")
    [event] = await world.sent("workflow")
    await world.take(event)
    await world.take(event)
    assert len(await world.entries()) == 1


def forged(*, shard: int = 0, number: int = 1, **said: object) -> AuditEntry:
    """As a service would sign it that somebody else has taken over."""
    body = json.dumps({"source": "workflow", "shard": shard, "number": number, "actor": None, **said}).encode()
    hash_ = chain_hash(bytes(32), body)
    return AuditEntry(
        source="workflow", shard=shard, number=number, previous_hash=bytes(32), hash=hash_, entry_json=body
    )


def beat(**head: int) -> Heartbeat:
    return Heartbeat(source="workflow", at=datetime.now(UTC), heads=[AuditHead(source="workflow", **head)])


DEEP = AuditEntry(source="workflow", shard=0, number=1, entry_json=b"[" * 100_000)
FAR = Heartbeat(source="workflow")
FAR.at.seconds = 10**15


@pytest.mark.parametrize(
    "message",
    [
        forged(shard=2**15),
        forged(number=2**63),
        forged(object="a\0b"),
        DEEP,
        beat(shard=2**15),
        beat(number=2**63),
        FAR,
    ],
    ids=["shard", "number", "nought", "deep", "shard of a head", "number of a head", "far future"],
)
async def test_what_the_record_cannot_hold_is_refused_and_not_tried_for_ever(world: World, message: Message) -> None:
    """One source that somebody has taken over keeps nobody else's entries waiting."""
    await world.act("workflow", "case-1")
    [event] = await world.sent("workflow")
    with pytest.raises(InvalidMessage):
        await world.take(replace(event, message=message))


def changed(message: Message, **fields: object) -> AuditEntry:
    assert isinstance(message, AuditEntry)
    entry = AuditEntry()
    entry.CopyFrom(message)
    for name, value in fields.items():
        setattr(entry, name, value)
    return entry


async def test_what_does_not_fit_its_chain_is_refused(world: World) -> None:
    await world.act("workflow", "case-1", "case-1", "case-1")
    first, second, third = await world.sent("workflow")
    assert isinstance(second.message, AuditEntry)
    await world.take(first)
    rewritten = changed(second.message, entry_json=second.message.entry_json.replace(b'"read"', b'"look"'))
    other_start = changed(second.message, previous_hash=bytes(32))
    other_start.hash = chain_hash(bytes(32), other_start.entry_json)
    misnumbered = changed(second.message, number=7)
    wrong = {
        "gap": third,
        "hash_wrong": replace(second, message=rewritten),
        "chain_broken": replace(second, message=other_start),
        "not_its_own": replace(second, message=misnumbered),
        "actor_wrong": replace(second, message=changed(second.message, actor="S0002")),
    }
    for code, event in wrong.items():
        with pytest.raises(InvalidMessage) as refused:
            await world.take(event)
        assert refused.value.code == code
    with pytest.raises(InvalidMessage, match="not_its_own"):
        await world.take(replace(second, source="ethics"))
    with pytest.raises(InvalidMessage, match="actor_wrong"):
        await world.take(replace(second, message=changed(second.message, actor="")))
    assert len(await world.entries()) == 1
    await world.take(second)
    await world.take(third)
    assert len(await world.entries()) == 3


async def test_a_source_that_tells_another_story_of_the_same_number_is_refused(world: World) -> None:
    await world.act("workflow", "case-1")
    [event] = await world.sent("workflow")
    await world.take(event)
    assert isinstance(event.message, AuditEntry)
    forked = changed(event.message, entry_json=event.message.entry_json.replace(b'"read"', b'"look"'))
    forked.hash = chain_hash(forked.previous_hash, forked.entry_json)
    with pytest.raises(InvalidMessage, match="forked"):
        await world.take(replace(event, message=forked))


async def test_who_acted_on_what_is_over_is_forgotten_with_the_entry_that_says_so(world: World) -> None:
    for source in ("workflow", "ethics"):
        await world.act(source, "case-1", "case-1", "case-2")
    await world.forget("workflow", "case-1")
    await world.take_all("ethics")
    first, *_, said = sent = await world.sent("workflow")
    for event in sent:
        await world.take(event)
    named = [("ethics", "case-1"), ("ethics", "case-1"), ("ethics", "case-2"), ("workflow", "case-2")]
    assert sorted(await _named(world)) == named
    # Told again, nothing comes back.
    await world.take(first)
    await world.take(said)
    assert sorted(await _named(world)) == named
    assert not any(b"S0001" in entry.entry_json for entry in await world.entries())
    found = await verify(world.test_database.dsn("audit"))
    assert (found.ok, found.entries) == (True, 7)


async def test_an_ombuds_chain_that_was_rewritten_or_shortened_is_refused(world: World) -> None:
    await world.act("ombuds", "talk-1", "talk-1")
    await world.beat("ombuds")
    [heartbeat] = await world.sent("ombuds")
    await world.take(heartbeat)
    for field, value, code in (("number", 1, "chain_shorter"), ("hash", bytes(32), "forked")):
        message = type(heartbeat.message)()
        message.CopyFrom(heartbeat.message)
        setattr(message.heads[0], field, value)  # type: ignore[attr-defined]
        with pytest.raises(InvalidMessage, match=code):
            await world.take(replace(heartbeat, message=message))


@pytest.mark.parametrize("statement", ["update actors set actor = 'S0009'", "truncate actors"])
async def test_the_service_can_forget_who_acted_and_name_nobody_else(world: World, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        await _execute(world, statement)


@pytest.mark.parametrize("table", ["entries", "checkpoints"])
@pytest.mark.parametrize("statement", ["update {} set number = 0", "delete from {}", "truncate {}"])
async def test_inv_03_the_service_can_only_append(world: World, table: str, statement: str) -> None:
    statement = statement.format(table).replace("checkpoints set number", "checkpoints set size")
    with pytest.raises(ProgrammingError, match="permission denied"):
        await _execute(world, statement)


async def test_the_schema_goes_up_down_and_up_again_and_is_what_the_code_declares(world: World) -> None:
    await world.act("workflow", "case-1")
    await world.take_all()
    dsn = world.test_database.migration_dsn("audit")
    assert await migrations.differences(dsn, Base.metadata) == []
    await migrations.migrate(dsn, CHAIN, "base")
    await migrations.migrate(dsn, CHAIN)
    assert await migrations.differences(dsn, Base.metadata) == []
    assert await world.entries() == []


async def _named(world: World) -> list[tuple[str, str]]:
    async with world.databases["audit"].transaction() as session:
        return [tuple(row) for row in await session.execute(text("select source, object_ref from actors"))]


async def _execute(world: World, statement: str) -> None:
    async with world.databases["audit"].transaction() as session:
        await session.execute(text(statement))
