"""The real sentinel on a real broker: nothing lost, nothing twice, whatever it is sent and however it is ended."""

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import inbox_rows
from chassis.inbox_rows import Record
from contracts.topics import HR_PERSONNEL_ACTIONS
from ops.local_stack import roles
from ops.local_stack.guardian import Guardian
from ops.local_stack.kafka import ADMIN, admin_settings
from ops.local_stack.ports import free_port
from ops.local_stack.postgres import Postgres
from tests import forged_batches
from tests.integration.ethics.office import PROTECTED, UNPROTECTED, Office, open_office
from tests.real_parts import KafkaServer, PostgresServer, password
from tests.waiting import eventually

pytestmark = pytest.mark.stack


def seen(office: Office, count: int) -> object:
    async def enough() -> bool:
        return await office.seen() >= count

    return enough


@asynccontextmanager
async def held_up(office: Office) -> AsyncIterator[None]:
    """The sentinel gets into the middle of its next transaction and no further."""
    async with office.desk.database.transaction() as session:
        await session.execute(sa.text("lock table seen_actions in exclusive mode"))
        yield


async def waits_for_lock(office: Office) -> bool:
    return bool(await office.rows("select 1 from pg_locks where not granted and relation = 'seen_actions'::regclass"))


async def test_an_action_about_a_protected_person_and_no_other_opens_a_query(office: Office) -> None:
    await office.protect()
    async with office.sentinel(), office.producer() as hr:
        twice = office.envelope(office.next_action(PROTECTED))
        await hr.send(twice)
        await hr.send(office.envelope(office.next_action(UNPROTECTED)))
        await hr.send(twice)
        await hr.send(office.envelope(office.next_action(UNPROTECTED)))
        await eventually(seen(office, 3))
        [case_id] = await office.queries()
        assert (await office.facts(case_id, "imminent_harm"))["staff_id"] == PROTECTED
    assert (
        await office.rows("select 1 from inbox_sequences where topic = :topic", topic=HR_PERSONNEL_ACTIONS.name) == []
    )


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM])
async def test_ended_in_the_middle_of_an_action_it_takes_it_again(office: Office, ended_by: signal.Signals) -> None:
    """SIGTERM too: Faust cancels what is in hand, and would acknowledge it."""
    await office.protect()
    async with office.producer() as hr:
        async with office.sentinel() as sentinel:
            await hr.send(office.envelope(office.next_action(UNPROTECTED)), partition=0)
            await eventually(seen(office, 1))
            async with held_up(office):
                await hr.send(office.envelope(office.next_action(PROTECTED)), partition=0)
                await hr.send(office.envelope(office.next_action(UNPROTECTED)), partition=0)
                await eventually(lambda: waits_for_lock(office))
                sentinel.popen.send_signal(ended_by)
                sentinel.popen.wait(timeout=20)
        assert await office.queries() == []
        async with office.sentinel():
            await eventually(seen(office, 3))
            assert len(await office.queries()) == 1


@pytest.mark.parametrize("place", ["consumer.before_commit", "consumer.after_commit"])
async def test_killed_around_its_commit_it_neither_loses_nor_repeats(office: Office, place: str) -> None:
    await office.protect()
    async with office.producer() as hr:
        for _ in range(3):
            await hr.send(office.envelope(office.next_action(PROTECTED)), partition=0)
    left_behind = office.scratch / "tmp"
    left_behind.mkdir()
    async with office.sentinel(RECOURSE_FAILPOINTS=f"{place}:2", TMPDIR=str(left_behind)) as sentinel:
        assert sentinel.popen.wait(timeout=60) == -signal.SIGKILL
    assert list(left_behind.iterdir()) == []
    async with office.sentinel():
        await eventually(seen(office, 3))
        assert len(await office.queries()) == 3


async def test_killed_at_random_moments_it_neither_loses_nor_repeats(office: Office) -> None:
    dice = random.Random(7)
    await office.protect()
    count = 40
    async with office.producer() as hr:
        for number in range(count):
            person = PROTECTED if number % 4 == 0 else UNPROTECTED
            await hr.send(office.envelope(office.next_action(person)))
    for _ in range(4):
        before = await office.seen()
        async with office.sentinel() as sentinel:
            await eventually(seen(office, min(count, before + dice.randrange(1, 6))))
            sentinel.kill()
    async with office.sentinel():
        await eventually(seen(office, count))
    assert len(await office.queries()) == count / 4
    assert await office.rows("select source, highest from action_numbers") == [("declared", count)]
    assert await office.rows("select * from missing_numbers") == []


async def test_poison_and_forgeries_are_put_aside_and_the_next_action_is_seen(office: Office) -> None:
    await office.protect()
    action = office.next_action(PROTECTED)
    genuine = office.envelope(action)
    stranger = Ed25519PrivateKey.generate()
    async with office.sentinel(), office.producer() as hr:
        await hr.send(genuine, by=stranger, partition=0)
        await hr.send(office.envelope(action, source="intake"), by=stranger, partition=0)
        await hr.send(office.envelope(action, source="workflow"), partition=0)
        await hr.send(genuine, headers=[], partition=0)
        await hr.send(genuine, headers=[("ce_id", b"\xff\xfe")], partition=0)
        await hr.send(genuine, value=None, partition=0)
        await hr.send(genuine, key=None, partition=0)
        await hr.send(genuine, value=b"\xff" * 4096, partition=0)
        for forged in forged_batches.BATCHES:
            await forged_batches.send(hr.producer, hr.prefix + HR_PERSONNEL_ACTIONS.name, 0, forged())
        # Signed by the HR bridge, and yet nothing that can be read.
        await hr.send(office.envelope(action, value=b"\xff\xff\xff"), partition=0)
        await hr.send(office.envelope(action, value=b""), partition=0)
        await hr.send(genuine, partition=0)
        await eventually(seen(office, 1))
    assert len(await office.queries()) == 1
    refused = [code for (code,) in await office.rows('select code from refused_records order by "offset"')]
    assert refused == [
        "bad_signature",
        "unknown_source",
        "unknown_source",
        "not_an_event",
        "not_an_event",
        "not_an_event",
        "not_an_event",
        "bad_signature",
        "not_an_event",
        "not_an_event",
    ]
    assert [code for (code,) in await office.rows("select code from dead_letters order by code desc")] == [
        "undecodable",
        "seal_not_opened",
    ]
    assert len(await office.audited("refuse_event")()) == len(refused)
    assert len(await office.audited("bury_event")()) == 2


async def test_it_says_that_it_works_and_ends_cleanly(office: Office) -> None:
    async with office.sentinel() as sentinel:
        await eventually(lambda: office.rows("select 1 from sentinel where works_at > now() - interval '30 seconds'"))
        sentinel.popen.send_signal(signal.SIGTERM)
        assert sentinel.popen.wait(timeout=20) == 0


async def place(office: Office) -> int | None:
    async with office.desk.database.transaction() as session:
        return (await inbox_rows.stored_offsets(session)).get((HR_PERSONNEL_ACTIONS.name, 0))


async def test_a_log_that_begins_anew_is_read_from_its_beginning(office: Office) -> None:
    """The broker's disk was lost: offsets that were stored are those of another log."""
    await office.protect()
    async with office.desk.database.transaction() as session:
        await inbox_rows.advance(session, Record(HR_PERSONNEL_ACTIONS, 0, 999, None, None, ()))
    assert await place(office) == 1000, "it counts as a place of ours"
    async with office.producer() as hr:
        await hr.send(office.envelope(office.next_action(PROTECTED)), partition=0)
        async with office.sentinel():
            await eventually(seen(office, 1))
    assert len(await office.queries()) == 1
    assert await place(office) == 1


@pytest.mark.parametrize("reset_to", ["end", "beginning"])
async def test_it_reads_on_from_its_stored_place_when_its_group_is_reset(
    office: Office, kafka: KafkaServer, reset_to: str
) -> None:
    await office.protect()
    async with office.producer() as hr:
        async with office.sentinel():
            await hr.send(office.envelope(office.next_action(PROTECTED)), partition=0)
            await eventually(seen(office, 1))
        assert await place(office) == 1
        # Whatever lies before the place would be looked at again, if it were read again.
        await office.rows("update seen_actions set event_id = gen_random_uuid() returning 1")
        await hr.send(office.envelope(office.next_action(PROTECTED)), partition=0)
        await reset_group(office, kafka, 2 if reset_to == "end" else 0)
        async with office.sentinel():
            await hr.send(office.envelope(office.next_action(PROTECTED)), partition=0)
            await eventually(seen(office, 3))
    assert len(await office.queries()) == 3
    assert await office.rows("select * from missing_numbers") == []


async def reset_group(office: Office, kafka: KafkaServer, offset: int) -> None:
    """As an operator does, while nobody of the group reads."""
    admin = AdminClient(admin_settings(kafka.bootstrap, ADMIN, kafka.part.password))
    group = f"{office.settings.kafka_prefix}recourse.sentinel"
    topic = office.settings.kafka_prefix + HR_PERSONNEL_ACTIONS.name
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, offset)])

    async def done() -> bool:
        [future] = admin.alter_consumer_group_offsets([wanted]).values()
        with contextlib.suppress(KafkaException):  # the killed member still counts until its session is over
            answer = await asyncio.to_thread(future.result, 10)
            return all(one.error is None for one in answer.topic_partitions)
        return False

    await eventually(done, within=60)


@pytest.fixture
async def own_postgres(guardian: Guardian, tmp_path: Path) -> AsyncIterator[Postgres]:
    """One that the test may stop."""
    part = Postgres(tmp_path / "postgres", free_port(), tmp_path / "postgres.log", password=password("admin"))
    guardian.watch((await part.start()).id)
    await part.ready()
    yield part
    await part.stop()


async def test_while_postgresql_is_away_it_waits_in_place(
    own_postgres: Postgres,
    fresh_keystore: object,
    kafka: KafkaServer,
    kafka_prefix: str,
    guardian: Guardian,
    tmp_path: Path,
) -> None:
    database = await PostgresServer(own_postgres, roles.plans()["postgres"]).fresh("ethics")
    office = await open_office(
        database,
        await fresh_keystore("ethics"),
        guardian,
        tmp_path,
        kafka_bootstrap=kafka.bootstrap,
        kafka_prefix=kafka_prefix,
    )
    await office.protect()
    async with office.sentinel() as sentinel, office.producer() as hr:
        await hr.send(office.envelope(office.next_action(UNPROTECTED)))
        await eventually(seen(office, 1))
        await own_postgres.stop()
        await office.desk.database.close()  # the test's own connections have died with it
        for _ in range(3):
            await hr.send(office.envelope(office.next_action(PROTECTED)))

        async def said_so() -> bool:
            return "a personnel action waits" in sentinel.log.read_text(encoding="utf-8")

        await eventually(said_so)
        await own_postgres.start()
        await own_postgres.ready()
        await eventually(seen(office, 4))
        assert len(await office.queries()) == 3
        assert sentinel.exit_code() is None
        assert PROTECTED not in sentinel.log.read_text(encoding="utf-8")
    await office.close()
