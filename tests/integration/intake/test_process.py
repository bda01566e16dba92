"""The process of intake: killed between its commits, without Kafka and Temporal, and with a real Kafka."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import text

from chassis.consumer import Consumer
from chassis.database import Database
from chassis.inbox_rows import Record, advance
from chassis.kafka import client_options, full_name
from chassis.keys import public_keys
from chassis.migrations import SERVICES, migrate
from chassis.outbox import add_event
from chassis.relay import Relay
from chassis.settings import Settings
from contracts.cases.v1.cases_pb2 import CaseErased, ReportEventApplied, ReportOpened
from contracts.envelope import from_headers, verify
from contracts.topics import DESK_KEYS, INTAKE_REPORTS_OMBUDS, OMBUDS_CASES, Topic, applied_to
from lifecycle import reports
from ops.local_stack.guardian import Guardian
from ops.local_stack.ports import free_port
from ops.local_stack.process import Process
from services.intake.intake import utc_now
from services.intake.use_cases.sweep_orphans import ORPHANED_AFTER, sweep_orphans
from tests.integration.intake.conftest import client_of
from tests.integration.intake.world import World, draft, formal, inbox, key, lodge
from tests.real_parts import KafkaServer
from tests.waiting import eventually

pytestmark = pytest.mark.stack
ROOT = Path(__file__).parents[3]
FreshWorld = Callable[..., Awaitable[World]]


def environment(settings: Settings, port: int) -> dict[str, str]:
    given = settings.model_dump(exclude={"service", "http_port", "peers"}, exclude_none=True, mode="json")
    named = {
        f"RECOURSE_{name.upper()}": json.dumps(value) if isinstance(value, list) else str(value)
        for name, value in given.items()
    }
    return named | {"RECOURSE_HTTP_PORT": str(port), "PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def process_of(
    settings: Settings, log: Path, guardian: Guardian, *, command: str = "all", failpoints: str = ""
) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """A process of intake that answers, and a client of it."""
    async with begun(settings, log, guardian, command=command, failpoints=failpoints) as (process, client):
        await until(lambda: answers(client), process)
        yield process, client


@asynccontextmanager
async def begun(
    settings: Settings, log: Path, guardian: Guardian, *, command: str = "all", failpoints: str = ""
) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """One that may answer or not: it may die before anybody could ask."""
    port = free_port()
    given = environment(settings, port) | {"RECOURSE_FAILPOINTS": failpoints}
    process = Process.spawn([sys.executable, "-m", "services.intake", command], log=log, environment=given)
    guardian.watch(process.id)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield process, client
    finally:
        await process.stop()


async def answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/live")).status_code == 200
    except httpx.TransportError:
        return False


async def until(condition: Callable[[], Awaitable[bool]], process: Process) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            assert process.exit_code() is None, process.log.read_text()
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("failpoint", ["intake.before_commit", "intake.after_commit"])
async def test_a_request_cut_off_by_a_crash_is_ended_by_sending_it_again(
    fresh_world: FreshWorld, tmp_path: Path, guardian: Guardian, failpoint: str
) -> None:
    world, idempotency_key, log = await fresh_world(), key(), tmp_path / "log"
    async with process_of(world.settings, log, guardian, command="web", failpoints=failpoint) as (process, client):
        with pytest.raises(httpx.TransportError):
            await lodge(client, idempotency_key=idempotency_key)
        assert await asyncio.to_thread(process.popen.wait) == -signal.SIGKILL
    lodged = len(await world.rows("select 1 from reports"))
    assert lodged == (1 if failpoint == "intake.after_commit" else 0)
    assert len(await world.keystore_rows("select 1 from wraps")) == 6
    async with client_of(world) as client:
        answer = await lodge(client, idempotency_key=idempotency_key)
        assert answer.status_code == 201
        (route,) = (await inbox(client, answer.json()["access_code"]))["routes"]
        assert [one["text"] for one in route["answers"]] == ["He shouts in every meeting.", "That it stops."]
        assert len(await world.events(route["report_id"])) == 1
    swept = await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2)
    assert swept == (3 if failpoint == "intake.before_commit" else 0)
    kept = {row["item_id"] for row in await world.rows("select item_id from items")}
    assert {row["item_id"] for row in await world.wraps(route["report_id"])} == kept


async def test_without_kafka_and_temporal_reports_are_taken_and_nothing_of_them_is_logged(
    fresh_world: FreshWorld, tmp_path: Path, guardian: Guardian
) -> None:
    world, log, idempotency_key = await fresh_world(), tmp_path / "log", key()
    async with process_of(world.settings, log, guardian) as (_, client):
        headers = {"User-Agent": "A-browser-of-hers/7", "X-Forwarded-For": "203.0.113.9"}
        client.headers.update(headers)
        answer = await lodge(client, formal(), idempotency_key=idempotency_key)
        assert answer.status_code == 201
        code = answer.json()["access_code"]
        report_id = (await inbox(client, code))["routes"][0]["report_id"]
        assert (await client.post("/api/v1/reports", content=b"{ rubbish-of-hers")).status_code == 415
        assert (await client.get("/health/ready")).json()["status"] == "degraded"
    said = log.read_text()
    for trace in (
        code,
        idempotency_key,
        report_id,
        "shouts",
        "S0018",
        "rubbish-of-hers",
        "A-browser",
        "203.0.113",
        "/api/v1",
    ):
        assert trace not in said
    for row in await world.rows("select r::text as line from reports r"):
        assert "A-browser" not in row["line"]
        assert "203.0.113" not in row["line"]


async def test_on_a_real_broker_desk_keys_come_in_and_reports_go_out_until_applied(
    fresh_world: FreshWorld, kafka: KafkaServer, kafka_prefix: str, tmp_path: Path, guardian: Guardian
) -> None:
    world = await fresh_world(
        with_desk_keys=False,
        kafka_bootstrap=kafka.bootstrap,
        kafka_username=kafka.username("intake"),
        kafka_password=kafka.password("intake"),
        kafka_prefix=kafka_prefix,
        reemit_after=1.0,
    )
    async with process_of(world.settings, tmp_path / "log", guardian) as (process, client):
        assert (await lodge(client)).status_code == 503
        for service in ("ombuds", "support", "workflow"):
            for office in world.keys[service].desks:
                await produce(world, kafka, service, DESK_KEYS, *world.desk_key_event(service, office))

        async def takes_unwatched() -> bool:
            return (await lodge(client, formal(watch_for_retaliation=False))).status_code == 201

        async def ready() -> bool:
            return (await client.get("/health/ready")).status_code == 200

        # Not ready before it can take every report: the ethics office watches for retaliation after a formal one.
        await until(takes_unwatched, process)
        assert (await lodge(client, formal())).status_code == 503
        assert not await ready()
        for office in world.keys["ethics"].desks:
            await produce(world, kafka, "ethics", DESK_KEYS, *world.desk_key_event("ethics", office))
        await until(ready, process)
        assert (await lodge(client, formal())).status_code == 201
        code = (await lodge(client, draft())).json()["access_code"]
        report_id = (await inbox(client, code))["routes"][0]["report_id"]
        # Twice: what no desk has confirmed is sent again.
        first, second = await consume(world, kafka, "ombuds", INTAKE_REPORTS_OMBUDS, 2)
        assert first == second
        assert first == (report_id, 1)
        message = ReportEventApplied(report_id=report_id, sequence=1)
        await produce(world, kafka, "ombuds", OMBUDS_CASES, report_id, message)

        async def settled() -> bool:
            return await world.events(report_id) == []

        await until(settled, process)
        told = ("intake", "ombuds", "support", "workflow", "ethics")
        published = sum(len(world.keys[service].desks) for service in told)
        own = await consume(world, kafka, "ombuds", DESK_KEYS, published)
        assert ("intake/custodian", 1) in own


async def test_an_erasure_that_was_lost_is_sent_again_until_the_wraps_are_gone(
    fresh_world: FreshWorld, kafka: KafkaServer, kafka_prefix: str, tmp_path: Path, guardian: Guardian
) -> None:
    world = await fresh_world(
        kafka_bootstrap=kafka.bootstrap,
        kafka_username=kafka.username("intake"),
        kafka_password=kafka.password("intake"),
        kafka_prefix=kafka_prefix,
        reemit_after=1.0,
    )
    async with client_of(world) as client:
        report_id = await world.report_id(client, (await lodge(client)).json()["access_code"])
    assert await world.wraps(report_id)
    await migrate(world.database.migration_dsn("ombuds"), SERVICES / "ombuds" / "migrations")
    update = {"database_dsn": world.database.dsn("ombuds"), "instance": "ombuds"}
    settings = settings_of(world, kafka, "ombuds").model_copy(update=update)
    desk = Database(settings.database_dsn)

    async def outbox(statement: str) -> list[object]:
        async with desk.transaction() as session:
            return list((await session.execute(text(f"select 1 from outbox where {statement}"))).all())

    async with desk.transaction() as session:
        await add_event(session, OMBUDS_CASES, report_id, ReportOpened(report_id=report_id))
        erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
        await add_event(session, OMBUDS_CASES, report_id, erased)
    async with running(Relay(settings, world.keys["ombuds"].signing)):
        await eventually(lambda: outbox("sent_at is not null"))
    # Nobody has read it, and its place counts as read.
    async with world.intake.database.transaction() as session:
        for partition in range(kafka.plan.partitions["local"]):
            await advance(session, Record(OMBUDS_CASES, partition, 1, None, None, ()))
    publics = public_keys(settings)
    async with (
        process_of(world.settings, tmp_path / "log", guardian),
        running(Relay(settings, world.keys["ombuds"].signing)),
        running(Consumer(settings, desk, {applied_to("ombuds"): reports.settling("ombuds")}, publics)),
    ):

        async def forgotten() -> bool:
            return await world.wraps(report_id) == [] and await outbox("true") == []

        await eventually(forgotten, within=60)
    assert await world.rows("select 1 from outbox where topic = 'intake.applied.ombuds.v1'") == []
    await desk.close()


@asynccontextmanager
async def running(part: Relay | Consumer) -> AsyncIterator[None]:
    task = asyncio.create_task(part.run())
    try:
        yield
    finally:
        await part.stop()
        await task


def settings_of(world: World, kafka: KafkaServer, service: str) -> Settings:
    given = {"service": service, "kafka_username": kafka.username(service), "kafka_password": kafka.password(service)}
    return world.settings.model_copy(update=given)


async def produce(
    world: World, kafka: KafkaServer, service: str, topic: Topic, event_key: str, message: object
) -> None:
    record: Record = world.record(service, topic, event_key, message)
    settings = settings_of(world, kafka, service)
    producer = AIOKafkaProducer(**client_options(settings))
    await producer.start()
    try:
        await producer.send_and_wait(
            full_name(settings, topic), key=record.key, value=record.value, headers=list(record.headers)
        )
    finally:
        await producer.stop()


async def consume(world: World, kafka: KafkaServer, service: str, topic: Topic, count: int) -> list[tuple[str, int]]:
    """Key and number of the topic's first records, each verified as its reader would."""
    settings = settings_of(world, kafka, service)
    consumer = AIOKafkaConsumer(
        full_name(settings, topic), **client_options(settings), group_id=None, auto_offset_reset="earliest"
    )
    await consumer.start()
    found = []
    try:
        async with asyncio.timeout(60):
            while len(found) < count:
                record = await consumer.getone()
                envelope, signature = from_headers(record.headers, topic=topic.name, key=record.key, value=record.value)
                assert verify(envelope, signature, world.keys[envelope.source].signing.public_key())
                found.append((envelope.key, envelope.sequence))
    finally:
        await consumer.stop()
    return found
