"""A service's own audit trail: a chain without gaps, written with what it tells of, that the service cannot rewrite.
In time it is forgotten who acted.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy.exc import ProgrammingError

from chassis import audit_actors, audit_trail
from contracts.audit.v1.audit_pb2 import AuditEntry, Heartbeat
from tests.integration.chassis.house import House, eventually

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
    assert sent.actor == "S0002"
    assert entry.pop("actor") == audit_trail.commitment(sent.actor, sent.salt)
    assert len(sent.salt) == 16
    at = datetime.fromisoformat(entry.pop("at"))
    assert at.tzinfo == UTC
    assert entry == {
        "act": "decide",
        "object": "case-1",
        "object_number": 1,
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
    "statement",
    [
        "update audit_trail set number = 9",
        "delete from audit_trail",
        "truncate audit_trail",
        "update audit_actors set actor = 'S0009'",
        "truncate audit_actors",
    ],
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


_WAIT = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
AHEAD = timedelta(hours=1)
AGO = -AHEAD


async def act(house: House, object_ref: str, *actors: str | None) -> None:
    for actor in actors:
        async with house.database("workflow").transaction() as session:
            await audit_trail.record(session, "read", object_ref=object_ref, actor=actor)


async def ended(house: House, object_ref: str, kept_for: timedelta) -> None:
    """Counted from this moment: the tests of a long run begin hours after the first."""
    async with house.database("workflow").transaction() as session:
        await audit_actors.keep_until(session, object_ref, datetime.now(UTC) + kept_for)


async def read(house: House, object_ref: str) -> list[dict[str, object]]:
    rows = await house.rows("workflow", "select object_ref, entry_json from audit_readable order by object_number")
    return [json.loads(entry) for name, entry in rows if name == object_ref]


async def actors(house: House, object_ref: str) -> list[object]:
    return [entry["actor"] for entry in await read(house, object_ref)]


async def test_who_acted_is_forgotten_when_the_time_is_over_and_not_before(house: House) -> None:
    await act(house, "over", "S0001", None, 'part:"ä"')
    await act(house, "lives", "S0001")
    await act(house, "ended", "S0001")
    await ended(house, "over", AGO)
    await ended(house, "ended", AHEAD)
    before = await house.rows("workflow", "select * from audit_trail order by shard, number")
    assert await actors(house, "over") == ["S0001", None, 'part:"ä"']

    assert await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC)) == 1
    assert await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC)) == 0

    first, by_nobody, second, said = await read(house, "over")
    assert (said["act"], said["actor"], said["rule"]) == ("actors.forgotten", None, "keep.access_log")
    assert said["facts"] == {"entries": 2}
    assert by_nobody["actor"] is None
    assert first["actor"] != second["actor"]
    assert all(str(one["actor"]).startswith("sha256:") for one in (first, second))
    assert await actors(house, "lives") == await actors(house, "ended") == ["S0001"]
    assert await house.rows("workflow", "select object_ref from audit_actors order by 1") == [("ended",), ("lives",)]
    # The chain is as it was, and goes on.
    after = await house.rows("workflow", "select * from audit_trail order by shard, number")
    assert [row for row in after if row in before] == before
    assert len(after) == len(before) + 1
    for entries in (await chains(house, "workflow")).values():
        previous = bytes(32)
        for _, entry_json, previous_hash, digest in entries:
            assert previous_hash == previous
            assert digest == (previous := audit_trail.chain_hash(previous, entry_json))


@pytest.mark.parametrize("ahead", [timedelta(days=400), -timedelta(days=400)], ids=["jumped", "behind"])
async def test_nobody_is_forgotten_by_one_clock_alone(house: House, ahead: timedelta) -> None:
    """Not when the service's clock has jumped and the database's has not, nor the other way round."""
    await act(house, "case-1", "S0001")
    await ended(house, "case-1", AHEAD if ahead > timedelta() else AGO)
    assert await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC) + ahead) == 0
    assert await actors(house, "case-1") == ["S0001"]


async def test_the_later_time_counts(house: House) -> None:
    await act(house, "case-1", "S0001")
    for kept_for in (AHEAD, AGO):
        await ended(house, "case-1", kept_for)
    assert await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC)) == 0


async def test_forgetting_and_saying_so_are_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await act(house, "case-1", "S0001")
    await ended(house, "case-1", AGO)

    async def die(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(audit_actors.audit_trail, "record", die)
        with pytest.raises(ZeroDivisionError):
            await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC))
    assert await actors(house, "case-1") == ["S0001"]
    # Several that find it at once say it once: nobody has it before all wait for it.
    owner = await asyncpg.connect(house.test_database.admin_dsn)
    async with owner.transaction():
        await owner.execute("select 1 from workflow.audit_actors for update")
        looks = [
            asyncio.create_task(audit_actors.forget_due(house.database("workflow"), datetime.now(UTC)))
            for _ in range(3)
        ]

        async def all_wait() -> bool:
            return await house.rows("workflow", _WAIT) == [(len(looks),)]

        await eventually(all_wait)
    await owner.close()
    assert sum(await asyncio.gather(*looks)) == 1
    assert [entry["act"] for entry in await read(house, "case-1")] == ["read", "actors.forgotten"]


async def test_whoever_acts_on_what_is_long_over_is_forgotten_too(house: House) -> None:
    await act(house, "case-1", "S0001")
    await ended(house, "case-1", AGO)
    await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC))
    await act(house, "case-1", "tag:0123")
    assert (await actors(house, "case-1"))[-1] == "tag:0123"
    assert await audit_actors.forget_due(house.database("workflow"), datetime.now(UTC)) == 1
    assert "tag:0123" not in await actors(house, "case-1")


async def test_an_actor_whom_the_chain_does_not_fix_is_not_read_as_one(house: House) -> None:
    await act(house, "case-1", "S0001")
    owner = await asyncpg.connect(house.test_database.admin_dsn)
    await owner.execute("update workflow.audit_actors set actor = 'S0002'")
    await owner.close()
    (shown,) = await actors(house, "case-1")
    assert str(shown).startswith("sha256:")
