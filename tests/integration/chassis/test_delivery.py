"""What arrives is applied once and in order per key, whatever happens on the way."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import dead_letters, inbox_rows
from chassis.consumer import AfterCommit, Event, EventsWait, InvalidMessage
from contracts.envelope import Envelope, sign, to_headers
from contracts.intake.v1.reports_pb2 import MessagePlaced, MessageReceived
from contracts.topics import HR_PEOPLE, INTAKE_REPORTS_WORKFLOW, WORKFLOW_REQUESTS, Topic
from tests import forged_batches
from tests.integration.chassis.house import SIGNING, House, create_schema, eventually, note, said

pytestmark = pytest.mark.stack
REPORTS = INTAKE_REPORTS_WORKFLOW


def event(sequence: int, word: str, *, key: str = "r1", source: str = "intake", topic: str = REPORTS.name) -> Envelope:
    return Envelope(
        id=uuid4(),
        source=source,
        type=MessageReceived.DESCRIPTOR.full_name,
        topic=topic,
        key=key,
        sequence=sequence,
        time=datetime.now(UTC),
        value=said(word).SerializeToString(),
    )


async def test_events_arrive_in_order_and_leave_the_outbox_once_applied(house: House) -> None:
    words = [f"w{number}" for number in range(20)]
    await house.emit("intake", REPORTS, "r1", words)
    async with house.relay("intake"), house.relay("workflow"), house.consumer("workflow"), house.consumer("intake"):

        async def forgotten() -> bool:
            return await house.rows("intake", "select 1 from outbox") == []

        await eventually(forgotten)
    assert await house.effects("r1") == words


async def test_a_duplicate_has_no_second_effect(house: House) -> None:
    first = event(1, "one")
    async with house.producer("intake") as sender, house.consumer("workflow"):
        for envelope in (first, first, event(2, "two"), first, event(3, "three")):
            await sender.send(envelope, by=SIGNING["intake"])
        await eventually(lambda: _has(house, "r1", 3))
    assert await house.effects("r1") == ["one", "two", "three"]


async def test_reordered_events_wait_for_the_missing_one(house: House) -> None:
    async with house.producer("intake") as sender, house.consumer("workflow"):
        await sender.send(event(3, "three"), by=SIGNING["intake"])
        await sender.send(event(2, "two"), by=SIGNING["intake"])
        await sender.send(event(1, "other key", key="r2"), by=SIGNING["intake"])
        await eventually(lambda: _has(house, "r2", 1))
        await eventually(lambda: house.rows("workflow", "select 1 from inbox_held having count(*) = 2"))
        assert await house.effects("r1") == []
        await sender.send(event(1, "one"), by=SIGNING["intake"])
        await eventually(lambda: _has(house, "r1", 3))
    assert await house.effects("r1") == ["one", "two", "three"]
    assert await house.rows("workflow", "select 1 from inbox_held") == []


async def test_of_a_latest_topic_a_higher_number_replaces_and_gaps_do_not_matter(house: House) -> None:
    numbers = {5: "five", 9: "nine", 7: "seven", 10: "ten"}
    async with house.producer("hr_bridge") as sender, house.consumer("workflow"):
        for number, word in numbers.items():
            envelope = event(number, word, source="hr_bridge", topic=HR_PEOPLE.name)
            await sender.send(envelope, by=SIGNING["hr_bridge"])
        await eventually(lambda: _has(house, "r1", 3))
    assert await house.effects("r1") == ["five", "nine", "ten"]


async def test_later_events_of_a_poisoned_key_wait_and_other_keys_go_on(house: House) -> None:
    poisoned = True

    async def choosy(session: AsyncSession, incoming: Event) -> None:
        await note(session, incoming)
        if poisoned and incoming.key == "r1" and incoming.sequence == 2:
            raise InvalidMessage("made_up")

    async with (
        house.producer("intake") as sender,
        house.consumer("workflow", {REPORTS: {MessageReceived: choosy}}),
    ):
        poisonous = event(2, "w2")
        for envelope in (event(1, "w1"), poisonous, event(3, "w3")):
            await sender.send(envelope, by=SIGNING["intake"])
        undecodable = Envelope(**{**vars(event(1, "", key="r3")), "value": b"\xff\xff"})
        await sender.send(undecodable, by=SIGNING["intake"])
        await sender.send(event(1, "goes on", key="r2"), by=SIGNING["intake"])
        await eventually(lambda: _has(house, "r2", 1))
        await eventually(lambda: house.rows("workflow", "select 1 from inbox_held"))
        await eventually(lambda: house.rows("workflow", "select 1 from dead_letters having count(*) = 2"))
        assert await house.effects("r1") == ["w1"]

        async with house.database("workflow").transaction() as session:
            letters = {letter.reason: letter for letter in await dead_letters.letters(session)}
        assert {letter.kind for letter in letters.values()} == {"dead"}
        assert (letters["made_up"].place, letters["made_up"].waiting, letters["undecodable"].place) == ("2", 1, "1")
        audited = await house.rows(
            "workflow", "select convert_from(entry_json, 'UTF8')::json ->> 'act' from audit_trail"
        )
        assert audited == [("bury_event",), ("bury_event",)]

        poisoned = False
        async with house.database("workflow").transaction() as session:
            await dead_letters.release(session, poisonous.id)
        await eventually(lambda: _has(house, "r1", 3))
    assert await house.effects("r1") == ["w1", "w2", "w3"]
    assert await house.rows("workflow", "select key from dead_letters") == [("r3",)]


@pytest.mark.parametrize(("source", "topic"), [("intake", REPORTS), ("hr_bridge", HR_PEOPLE)])
async def test_what_a_source_says_after_it_was_put_back_to_a_backup_is_not_taken_for_a_repetition(
    house: House, source: str, topic: Topic
) -> None:
    await create_schema(house.test_database, "hr_bridge")
    async with house.relay(source, reemit_after=0.5), house.consumer("workflow"):
        await house.emit(source, topic, "r1", ["one", "two"])
        await eventually(lambda: _has(house, "r1", 2))
        # The backup was made before the second, and a while ago.
        await house.execute(source, "update outbox_sequences set last = 1 where topic = :topic", topic=topic.name)
        await house.execute(source, "delete from outbox where topic = :topic", topic=topic.name)
        await house.execute("workflow", "update inbox_sequences set newest = newest - interval '2 minutes'")
        await house.emit(source, topic, "r1", ["instead of two"])
        await eventually(lambda: house.rows("workflow", "select 1 from dead_letters"))
    assert await house.rows("workflow", "select sequence, code from dead_letters") == [(2, "number_used_twice")]
    assert await house.effects("r1") == ["one", "two"]


async def test_one_that_waits_in_vain_keeps_no_other_waiting(house: House) -> None:
    """Two were put back by hand; what the first one needs is away."""

    async def needs_it(session: AsyncSession, incoming: Event) -> None:
        if incoming.key == "r1":
            raise ConnectionRefusedError
        await note(session, incoming)

    for key in ("r1", "r2"):
        held = event(1, f"of {key}", key=key)
        async with house.database("workflow").transaction() as session:
            await inbox_rows.hold(session, held)
    async with house.consumer("workflow", {REPORTS: {MessageReceived: needs_it}}):
        await eventually(lambda: _has(house, "r2", 1))
    assert await house.rows("workflow", "select key from inbox_held") == [("r1",)]


@pytest.mark.parametrize(
    ("source", "topic", "reader"), [("intake", REPORTS, "workflow"), ("workflow", WORKFLOW_REQUESTS, "ethics")]
)
async def test_a_dead_letter_with_nothing_behind_it_is_tried_again(
    house: House, source: str, topic: Topic, reader: str
) -> None:
    poisoned = True

    async def choosy(session: AsyncSession, incoming: Event) -> None:
        await note(session, incoming)
        if poisoned:
            raise InvalidMessage("made_up")

    await house.emit(source, topic, "r1", ["one"])
    async with house.relay(source), house.consumer(reader, {topic: {MessageReceived: choosy}}):
        await eventually(lambda: house.rows(reader, "select 1 from dead_letters"))
        poisoned = False
        async with house.database(reader).transaction() as session:
            [letter] = await dead_letters.letters(session)
            assert letter.event_id is not None
            await dead_letters.release(session, letter.event_id)
        await eventually(lambda: house.effects("r1", reader))
    assert await house.effects("r1", reader) == ["one"]
    assert await house.rows(reader, "select 1 from dead_letters union all select 1 from inbox_held") == []


async def test_where_every_event_has_a_key_of_its_own_nobody_keeps_a_counter(house: House) -> None:
    keys = [str(uuid4()) for _ in range(3)]
    async with (
        house.relay("workflow"),
        house.consumer("ethics", {WORKFLOW_REQUESTS: {MessageReceived: note}}),
    ):
        for key in keys:
            await house.emit("workflow", WORKFLOW_REQUESTS, key, ["told"])
        for key in keys:
            await eventually(lambda key=key: house.effects(key, "ethics"))
    assert await house.rows("workflow", "select 1 from outbox_sequences") == []
    assert await house.rows("ethics", "select 1 from inbox_sequences") == []


async def test_a_held_event_that_turns_out_invalid_does_not_undo_its_predecessor(house: House) -> None:
    async def choosy(session: AsyncSession, incoming: Event) -> None:
        await note(session, incoming)
        if incoming.sequence == 2:
            raise InvalidMessage("made_up")

    async with (
        house.producer("intake") as sender,
        house.consumer("workflow", {REPORTS: {MessageReceived: choosy}}),
    ):
        for number in (2, 3, 1):
            await sender.send(event(number, f"w{number}"), by=SIGNING["intake"])
        await eventually(lambda: house.rows("workflow", "select 1 from dead_letters where sequence = 2"))
        await eventually(lambda: _has(house, "r1", 1))
    assert await house.effects("r1") == ["w1"]
    assert await house.rows("workflow", "select sequence from inbox_held") == [(3,)]


async def test_forged_events_are_refused_and_audited_and_block_nobody(house: House) -> None:
    stranger = Ed25519PrivateKey.generate()
    genuine = event(1, "genuine")
    changed = Envelope(**{**vars(genuine), "value": said("changed").SerializeToString()})
    async with house.producer("intake") as sender, house.consumer("workflow"):
        await sender.send(event(1, "by a stranger"), by=stranger)
        await sender.send(event(1, "for another", source="ombuds"), by=SIGNING["ombuds"])
        await sender.send(event(1, "of nobody", source="nobody"), by=stranger)
        await sender.send(changed, by=stranger, headers=to_headers(changed, sign(genuine, SIGNING["intake"])))
        await sender.send(genuine, by=stranger, headers=[])
        await sender.send(genuine, by=SIGNING["intake"])
        await eventually(lambda: _has(house, "r1", 1))
    assert await house.effects("r1") == ["genuine"]
    refused = await house.rows("workflow", 'select code from refused_records order by "offset"')
    assert [code for (code,) in refused] == [
        "bad_signature",
        "unknown_source",
        "unknown_source",
        "bad_signature",
        "not_an_event",
    ]
    audited = await house.rows("workflow", "select convert_from(entry_json, 'UTF8') from audit_trail")
    assert len(audited) == 5
    assert all('"act":"refuse_event"' in entry and "stranger" not in entry for (entry,) in audited)


@pytest.mark.parametrize("forged", forged_batches.BATCHES)
async def test_what_cannot_be_decoded_is_refused_and_audited_and_blocks_nobody(
    house: House, forged: Callable[[], bytes]
) -> None:
    keys = [f"r{number}" for number in range(6)]
    async with house.producer("intake") as sender:
        # Both in what one fetch brings and in what comes later, on every partition.
        for key in keys:
            await sender.send(event(1, "before", key=key), by=SIGNING["intake"])
        for partition in range(3):
            await forged_batches.send(sender.producer, house.prefix + REPORTS.name, partition, forged())
        for key in keys:
            await sender.send(event(2, "between", key=key), by=SIGNING["intake"])
        async with house.consumer("workflow"):
            await eventually(lambda: house.rows("workflow", "select 1 from effects having count(*) >= 12"))
            await forged_batches.send(sender.producer, house.prefix + REPORTS.name, 0, forged())
            for key in keys:
                await sender.send(event(3, "after", key=key), by=SIGNING["intake"])
            await eventually(lambda: house.rows("workflow", "select 1 from effects having count(*) >= 18"))
    for key in keys:
        assert await house.effects(key) == ["before", "between", "after"]
    assert await house.rows("workflow", "select code, count(*) from refused_records group by code") == [
        ("not_an_event", 4)
    ]
    assert await house.rows(
        "workflow", "select convert_from(entry_json, 'UTF8')::json ->> 'act', count(*) from audit_trail group by 1"
    ) == [("refuse_event", 4)]


async def test_an_event_replayed_on_another_topic_is_refused(house: House) -> None:
    elsewhere = event(1, "elsewhere", topic="intake.reports.ombuds.v1")
    async with house.producer("intake") as sender, house.consumer("workflow"):
        await sender.send(elsewhere, by=SIGNING["intake"], on=REPORTS.name)
        await eventually(lambda: house.rows("workflow", "select 1 from refused_records where code = 'bad_signature'"))
    assert await house.effects("r1") == []


async def test_an_event_of_a_type_nobody_handles_keeps_its_place_in_the_order(house: House) -> None:
    async with (
        house.producer("intake") as sender,
        house.consumer("workflow", {REPORTS: {MessagePlaced: note}}),
    ):
        await sender.send(event(1, "not handled"), by=SIGNING["intake"])
        placed = MessagePlaced(report_id="r1", item_id="handled", action_id="a")
        handled = Envelope(
            **{
                **vars(event(2, "")),
                "type": MessagePlaced.DESCRIPTOR.full_name,
                "value": placed.SerializeToString(),
            }
        )
        await sender.send(handled, by=SIGNING["intake"])
        await eventually(lambda: _has(house, "r1", 1))
    assert await house.effects("r1") == ["handled"]


async def test_a_missing_dependency_holds_the_event_and_its_partition_until_it_returns(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, tried = True, 0
    called: list[str] = []

    async def needs_it(session: AsyncSession, incoming: Event) -> AfterCommit:
        nonlocal tried
        tried += 1
        await note(session, incoming)
        if away:
            raise ConnectionRefusedError

        async def after() -> None:
            called.append(incoming.key)

        return after

    async with (
        house.producer("intake") as sender,
        house.consumer("workflow", {REPORTS: {MessageReceived: needs_it}}) as consumer,
    ):
        await sender.send(event(1, "one"), by=SIGNING["intake"])
        await sender.send(event(2, "two"), by=SIGNING["intake"])

        async def retried() -> bool:
            return tried >= 2

        await eventually(retried)
        assert await house.effects("r1") == []
        await consumer.check()  # It may be back in a moment.
        monkeypatch.setattr("chassis.consumer._STANDS_STILL", 0.1)
        with pytest.raises(EventsWait):
            await consumer.check()
        away = False
        await eventually(lambda: _has(house, "r1", 2))
        await consumer.check()
    assert await house.effects("r1") == ["one", "two"]
    assert called == ["r1", "r1"]
    assert await house.rows("workflow", "select 1 from dead_letters") == []


async def test_a_shuffled_and_repeated_stream_is_applied_as_it_was_written(house: House) -> None:
    seeded = random.Random(20261122)
    stream = [event(number, f"{key}-{number}", key=key) for key in ("r1", "r2", "r3") for number in range(1, 31)]
    wire = stream + seeded.choices(stream, k=60)
    seeded.shuffle(wire)
    async with house.producer("intake") as sender, house.consumer("workflow"):
        await asyncio.gather(*(sender.send(envelope, by=SIGNING["intake"]) for envelope in wire))
        for key in ("r1", "r2", "r3"):
            await eventually(lambda key=key: _has(house, key, 30))
    for key in ("r1", "r2", "r3"):
        assert await house.effects(key) == [f"{key}-{number}" for number in range(1, 31)]


async def test_two_consumers_share_the_partitions_and_one_takes_over_what_the_other_left(house: House) -> None:
    keys = [f"k{number}" for number in range(9)]
    async with house.relay("intake", reemit_after=3600), house.consumer("workflow", instance=None):
        async with house.consumer("workflow", instance=None) as other:
            await asyncio.gather(*(house.emit("intake", REPORTS, key, ["1", "2", "3"]) for key in keys))
            await eventually(lambda: house.rows("workflow", "select 1 from effects having count(*) = 27"))
            await other.stop()
            await asyncio.gather(*(house.emit("intake", REPORTS, key, ["4"]) for key in keys))
        await eventually(lambda: house.rows("workflow", "select 1 from effects having count(*) >= 36"))
    for key in keys:
        assert await house.effects(key) == ["1", "2", "3", "4"]


async def _has(house: House, key: str, count: int) -> bool:
    return len(await house.effects(key)) >= count
