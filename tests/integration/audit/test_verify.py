"""Whatever is done to the record by who owns the database, the verification names it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from typer.testing import CliRunner

from contracts import checkpoints
from contracts.audit.v1.audit_pb2 import AuditEntry, Checkpoint, Heartbeat
from ops.cli import app
from ops.local_stack.roles import in_database
from services.audit.chain import Link, chain_hash
from services.audit.checkpoints import sign_checkpoint
from services.audit.verify import Fault, verify
from tests.integration.audit.sources import World
from tests.real_parts import PostgresServer

pytestmark = pytest.mark.stack
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNING.public_key()


@pytest.fixture
async def filled(world: World) -> World:
    """Twelve entries of two sources, with a checkpoint at the eighth."""
    await world.act("workflow", *(f"case-{number}" for number in range(8)))
    await world.take_all()
    await checkpoint(world)
    await world.act("ethics", *(f"query-{number}" for number in range(4)))
    await world.take_all()
    return world


@pytest.fixture
async def copy(filled: World, postgres: PostgresServer) -> AsyncIterator[str]:
    """A copy of the whole database; the administrator's address of it."""
    await filled.close()
    name = f"{filled.test_database.name}_copy"
    await filled.as_owner(f'create database "{name}" template "{filled.test_database.name}"', dsn=postgres.admin_dsn)
    yield in_database(postgres.admin_dsn, name)
    await filled.as_owner(f'drop database "{name}" with (force)', dsn=postgres.admin_dsn)


async def checkpoint(world: World) -> None:
    async with world.databases["audit"].transaction() as session:
        assert await sign_checkpoint(session, SIGNING, datetime.now(UTC)) is not None


async def test_an_untouched_record_is_as_it_was_written(filled: World) -> None:
    found = await verify(filled.test_database.dsn("audit"), PUBLIC)
    assert (found.ok, found.entries, found.checkpoints) == (True, 12, 1)
    assert found.sealed_at is not None
    assert found.as_json()["sealed_at"] == found.sealed_at.isoformat()


async def test_a_changed_and_a_removed_row_of_a_copy_are_both_found_and_named(filled: World, copy: str) -> None:
    await filled.as_owner(
        "update entries set entry_json = set_byte(entry_json, 20, 7) where number = 3",
        "delete from entries where number = 10",
        dsn=copy,
    )
    [(source, shard, number)] = await _rows(
        filled.test_database.admin_dsn, "select source, shard, source_number from audit.entries where number = 10"
    )
    found = await verify(copy, PUBLIC)
    assert [(finding.fault, finding.first, finding.last, finding.sentence) for finding in found.findings] == [
        (Fault.CHANGED, 3, 3, "Entry 3 is not as it was written: what it says no longer fits its hash."),
        (Fault.REMOVED, 10, 10, "Entry 10 was removed from the record."),
        *_missing_behind(found.findings, source, shard, number),
    ]
    assert (await verify(filled.test_database.dsn("audit"), PUBLIC)).ok


def _missing_behind(findings: list, source: str, shard: int, number: int) -> list:
    """That the removed entry is also missing from its source's chain shows where a later one of that chain is left."""
    behind = [finding for finding in findings if finding.fault is Fault.MISSING]
    assert all((finding.source, finding.shard, finding.first) == (source, shard, number) for finding in behind)
    return [(finding.fault, finding.first, finding.last, finding.sentence) for finding in behind]


@pytest.mark.parametrize(
    "change",
    [
        "update entries set received_at = received_at + interval '1 hour' where number = 5",
        "update entries set source = 'intake' where number = 5",
        "update entries set hash = previous_hash where number = 5",
        "update entries set source_number = 99 where number = 5",
        "update entries set chain_hash = previous_hash where number = 5",
    ],
)
async def test_any_changed_column_is_found(filled: World, change: str) -> None:
    await filled.as_owner(change)
    found = await verify(filled.test_database.dsn("audit"), PUBLIC)
    assert 5 in [finding.first for finding in found.findings if finding.fault is Fault.CHANGED]


@pytest.fixture
async def forgotten(filled: World) -> World:
    """Who read the first case is not kept any more; entry 13 says so."""
    await filled.forget("workflow", "case-0")
    await filled.take_all()
    return filled


async def test_a_record_without_those_who_are_forgotten_is_as_it_was_written(forgotten: World) -> None:
    found = await verify(forgotten.test_database.dsn("audit"), PUBLIC)
    assert (found.findings, found.entries, found.checkpoints) == ([], 13, 1)
    assert (1,) not in await _rows(forgotten.test_database.admin_dsn, "select number from audit.actors")


@pytest.mark.parametrize(
    ("change", "fault", "sentence"),
    [
        (
            "update entries set entry_json = set_byte(entry_json, 20, 7) where number = {}",
            Fault.CHANGED,
            "Entry {} is not as it was written: what it says no longer fits its hash.",
        ),
        ("delete from entries where number = {}", Fault.REMOVED, "Entry {} was removed from the record."),
        (
            "insert into actors select {}, source, object_ref, actor, salt from actors limit 1",
            Fault.ACTOR,
            "Who is named beside entry {} is not who acted in it.",
        ),
    ],
    ids=["changed", "removed", "named"],
)
async def test_what_is_done_to_an_entry_whose_actor_is_forgotten_is_found(
    forgotten: World, change: str, fault: Fault, sentence: str
) -> None:
    [(number,)] = await _rows(
        forgotten.test_database.admin_dsn,
        "select number from audit.entries where number not in (select number from audit.actors) and number < 9",
    )
    await forgotten.as_owner(change.format(number))
    found = await verify(forgotten.test_database.dsn("audit"), PUBLIC)
    assert (fault, number, sentence.format(number)) in [
        (one.fault, one.first, one.sentence) for one in found.findings
    ], found.findings


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("delete from actors", "Who acted in entry 5 was removed, and no entry says that it was forgotten."),
        ("update actors set actor = 'S0002'", "Who is named beside entry 5 is not who acted in it."),
        ("update actors set salt = salt || salt", "Who is named beside entry 5 is not who acted in it."),
    ],
    ids=["removed", "another", "salt"],
)
async def test_an_actor_who_goes_or_is_exchanged_without_an_entry_is_found(
    filled: World, change: str, sentence: str
) -> None:
    await filled.as_owner(f"{change} where number = 5")
    found = await verify(filled.test_database.dsn("audit"), PUBLIC)
    assert [(one.fault, one.first, one.sentence) for one in found.findings] == [(Fault.ACTOR, 5, sentence)]


async def test_an_actor_who_is_said_to_be_forgotten_and_is_not_is_found(filled: World) -> None:
    [(actor,)] = await _rows(
        filled.test_database.admin_dsn, "select actors::text from audit.actors where object_ref = 'case-0'"
    )
    await filled.forget("workflow", "case-0")
    await filled.take_all()
    await filled.as_owner(f"insert into actors select (cast('{actor}' as actors)).*")
    found = await verify(filled.test_database.dsn("audit"), PUBLIC)
    [finding] = found.findings
    assert finding.sentence == f"Who acted in entry {finding.first} is still there, though forgotten."


async def test_entries_removed_from_the_end_are_found(filled: World) -> None:
    await filled.as_owner("delete from entries where number > 10")
    found = await verify(filled.test_database.dsn("audit"))
    assert [(finding.fault, finding.first, finding.last) for finding in found.findings] == [(Fault.REMOVED, 11, 12)]
    # Also when the head was moved back with them: the checkpoint knows better.
    await filled.as_owner("delete from entries where number > 7", "update record_head set size = 7")
    found = await verify(filled.test_database.dsn("audit"))
    assert [finding.sentence for finding in found.findings] == ["Entry 8 was removed from the record."]


async def test_a_record_that_was_rewritten_throughout_contradicts_its_checkpoint(filled: World) -> None:
    await _rewrite(filled)
    found = await verify(filled.test_database.dsn("audit"), PUBLIC)
    [finding] = found.findings
    assert (finding.fault, finding.first) == (Fault.CHECKPOINT, 8)


async def _rewrite(world: World) -> None:
    """Move an entry in time and chain everything anew, as an owner with patience and our code would."""
    connection = await asyncpg.connect(world.test_database.admin_dsn, server_settings={"search_path": "audit"})
    try:
        rows = await connection.fetch("select * from entries order by number")
        chain = bytes(32)
        for row in rows:
            link = Link(**{name: value for name, value in row.items() if name != "chain_hash"})
            if link.number == 2:
                link = Link(**{**vars(link), "received_at": link.received_at - timedelta(days=1)})
            chain = chain_hash(chain, link)
            await connection.execute(
                "update entries set received_at = $1, chain_hash = $2 where number = $3",
                link.received_at,
                chain,
                link.number,
            )
        await connection.execute("update record_head set chain_hash = $1", chain)
    finally:
        await connection.close()


async def test_a_checkpoint_with_another_signature_is_found(filled: World) -> None:
    other = Ed25519PrivateKey.generate().public_key()
    found = await verify(filled.test_database.dsn("audit"), other)
    assert [finding.sentence for finding in found.findings] == [
        "The checkpoint at entry 8 does not carry the audit service's signature."
    ]


async def to_publish(world: World) -> list[bytes]:
    """The checkpoints that the service's relay would publish."""
    async with world.databases["audit"].transaction() as session:
        rows = await session.execute(text("select value from outbox where topic = 'audit.checkpoints.v1' order by id"))
        return list(rows.scalars())


async def test_a_record_without_its_checkpoints_contradicts_those_that_were_published(filled: World) -> None:
    """Whoever owns the database takes the checkpoints out with what they promise; or it is put back to a backup."""
    published = await to_publish(filled)
    dsn = filled.test_database.dsn("audit")
    assert (await verify(dsn, PUBLIC, published=published)).as_json()["published"] == 1
    await filled.as_owner("delete from checkpoints")
    await _rewrite(filled)
    assert (await verify(dsn, PUBLIC)).ok
    stranger = Checkpoint(log="entries", size=3)
    checkpoints.sign(stranger, Ed25519PrivateKey.generate())
    found = await verify(dsn, PUBLIC, published=[*published, stranger.SerializeToString(), b"\xff"])
    assert [(one.fault, one.first, one.sentence) for one in found.findings] == [
        (Fault.CHECKPOINT, 8, "The checkpoint at entry 8 was published and is not kept here any more.")
    ]


async def test_what_was_refused_of_a_source_is_found(world: World) -> None:
    """A source that was put back to a backup goes on with numbers that it has used; the record hears nothing more."""
    await world.as_owner(*(_letter(entry) for entry in (True, False)))
    found = await verify(world.test_database.dsn("audit"))
    assert [(one.fault, one.first, one.sentence) for one in found.findings] == [
        (Fault.REFUSED, 7, "Entry 7 of workflow, shard 2, was refused (forked); later ones wait."),
        (Fault.REFUSED, 0, "What workflow sent was refused (forked); what it sent later waits."),
    ]


def _letter(entry: bool) -> str:
    message = AuditEntry(source="workflow", shard=2, number=7) if entry else Heartbeat(source="workflow")
    key = "workflow/2" if entry else "workflow"
    return (
        "insert into dead_letters (topic, source, key, sequence, event_id, type, time, value, code, buried_at) values"
        f" ('audit.entries.v1', 'workflow', '{key}', 7, gen_random_uuid(), '{message.DESCRIPTOR.full_name}', now(),"
        f" '\\x{message.SerializeToString().hex()}', 'forked', now() + interval '{int(not entry)} hour')"
    )


async def test_a_source_that_has_gone_silent_is_found(world: World) -> None:
    now = datetime.now(UTC)
    for source, ago in (("workflow", timedelta(days=1, minutes=1)), ("ethics", timedelta(hours=23))):
        await world.beat(source, now - ago)
    await world.beat("ombuds", now)
    await world.take_all()
    found = await verify(world.test_database.dsn("audit"))
    [finding] = found.findings
    assert (finding.fault, finding.source) == (Fault.SILENT, "workflow")
    assert finding.sentence.startswith("workflow has given no sign of life since 2")


async def test_what_a_source_has_told_of_and_never_arrived_is_missing(world: World) -> None:
    await world.act("workflow", "case-1", "case-1")
    first, lost = await world.sent("workflow")
    await world.take(first)
    await world.beat("workflow", datetime.now(UTC) - timedelta(minutes=5))
    await world.take_all("workflow")
    found = await verify(world.test_database.dsn("audit"))
    [finding] = found.findings
    assert (finding.fault, finding.source, finding.first, finding.last) == (Fault.MISSING, "workflow", 2, 2)
    assert finding.sentence == f"Entry 2 of workflow, shard {finding.shard}, is missing from the record."
    await world.take(lost)
    assert (await verify(world.test_database.dsn("audit"))).ok


async def test_what_was_told_of_just_now_may_still_be_on_its_way(world: World) -> None:
    await world.act("workflow", "case-1")
    await world.beat("workflow")
    *_, heartbeat = await world.sent("workflow")
    await world.take(heartbeat)
    assert (await verify(world.test_database.dsn("audit"))).ok


async def test_the_command_prints_the_findings_and_exits_1(
    filled: World, copy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOURSE_STATE", str(tmp_path))
    await filled.as_owner("delete from entries where number = 4", dsn=copy)

    async def run(*arguments: str) -> tuple[int, str, str]:
        # In a thread: the command has a loop of its own.
        done = await asyncio.to_thread(CliRunner().invoke, app, ["audit", "verify", *arguments])
        return done.exit_code, done.stdout, done.stderr

    code, out, _ = await run("--dsn", copy)
    assert (code, out.splitlines()[0]) == (1, "Entry 4 was removed from the record.")
    code, out, _ = await run("--dsn", copy, "--json")
    assert (code, json.loads(out)["ok"], json.loads(out)["findings"][0]["first"]) == (1, False, 4)
    code, out, _ = await run("--dsn", filled.test_database.dsn("audit"))
    assert (code, out) == (0, "")
    code, _, err = await run()
    assert (code, err) == (1, "The stack is not running: start it with `recourse up`, or name a database with --dsn.\n")
    code, _, err = await run("--dsn", "postgresql://nobody@127.0.0.1:1/none")
    assert code == 1
    assert err.startswith("The record cannot be read (ConnectionRefusedError)")


async def _rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
