"""A service's own audit trail: a chain without gaps, written with what it tells of, that the service cannot rewrite."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import ProgrammingError

from chassis import audit_trail
from contracts.audit.v1.audit_pb2 import AuditEntry, Heartbeat
from tests.integration.chassis.house import House

pytestmark = pytest.mark.stack


async def chains(house: House, service: str) -> dict[int, list[tuple[int, bytes, bytes, bytes]]]:
    rows = await house.rows(
        service, "select shard, number, entry_json, previous_hash, hash from audit_trail order by shard, number"
    )
    found: dict[int, list[tuple[int, bytes, bytes, bytes]]] = {}
    for shard, *entry in rows:
        found.setdefault(shard, []).append(tuple(entry))
    return found


async def test_concurrent_writers_leave_unbroken_chains_numbered_per_shard_and_object(house: House) -> None:
    async def act(writer: int) -> None:
        for turn in range(8):
            async with house.database("workflow").transaction() as session:
                # Two objects in either order: writers must not wait for one another in a circle.
                objects = [f"object-{turn}", f"object-{turn + 1}"]
                for object_ref in objects if writer % 2 else reversed(objects):
                    await audit_trail.record(session, "read", object_ref=object_ref, actor="S0001")

    await asyncio.gather(*(act(writer) for writer in range(6)))
    found = await chains(house, "workflow")
    assert sum(map(len, found.values())) == 96
    assert len(found) == 4
    per_object: dict[str, list[int]] = {}
    for shard, entries in found.items():
        previous = bytes(32)
        for number, (at, entry_json, previous_hash, digest) in enumerate(entries, start=1):
            entry = json.loads(entry_json)
            assert (at, entry["number"], entry["shard"], entry["source"]) == (number, number, shard, "workflow")
            assert previous_hash == previous
            assert digest == audit_trail.chain_hash(previous, entry_json)
            previous = digest
            per_object.setdefault(entry["object"], []).append(entry["object_number"])
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in per_object.values())


async def test_an_entry_goes_out_as_it_was_written(house: House) -> None:
    async with house.database("workflow").transaction() as session:
        await audit_trail.record(
            session, "decide", object_ref="case-1", actor="S0002", rule="invariant.33", facts={"version": 3}
        )
    [(key, value)] = await house.rows("workflow", "select key, value from outbox")
    sent = AuditEntry.FromString(value)
    entry = json.loads(sent.entry_json)
    assert key == f"workflow/{sent.shard}"
    assert sent.hash == audit_trail.chain_hash(bytes(32), sent.entry_json)
    at = datetime.fromisoformat(entry.pop("at"))
    assert at.tzinfo == UTC
    assert entry == {
        "act": "decide",
        "object": "case-1",
        "object_number": 1,
        "actor": "S0002",
        "rule": "invariant.33",
        "facts": {"version": 3},
        "source": "workflow",
        "shard": sent.shard,
        "number": 1,
    }


async def test_what_is_rolled_back_leaves_no_entry(house: House) -> None:
    with pytest.raises(ZeroDivisionError):
        await _fail_after_recording(house)
    assert await chains(house, "workflow") == {}


@pytest.mark.parametrize(
    "statement", ["update audit_trail set number = 9", "delete from audit_trail", "truncate audit_trail"]
)
async def test_a_service_cannot_rewrite_its_trail(house: House, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        await house.execute("workflow", statement)


async def test_entries_of_the_ombuds_office_stay_at_home_and_its_heads_are_sent(house: House) -> None:
    async with house.database("ombuds").transaction() as session:
        await audit_trail.record(session, "read", object_ref="case-1", actor="S0003")
    assert await house.rows("ombuds", "select 1 from outbox") == []
    [(shard, digest)] = await house.rows("ombuds", "select shard, hash from audit_trail")

    now = datetime.now(UTC)
    async with house.database("ombuds").transaction() as session:
        await audit_trail.send_heartbeat(session, now)
    [(key, value)] = await house.rows("ombuds", "select key, value from outbox")
    heartbeat = Heartbeat.FromString(value)
    assert (key, heartbeat.source, heartbeat.at.ToDatetime(UTC)) == ("ombuds", "ombuds", now)
    assert [(head.source, head.shard, head.number, head.hash) for head in heartbeat.heads] == [
        ("ombuds", shard, 1, digest)
    ]


async def _fail_after_recording(house: House) -> None:
    async with house.database("workflow").transaction() as session:
        await audit_trail.record(session, "read", object_ref="case-1", actor=None)
        raise ZeroDivisionError
