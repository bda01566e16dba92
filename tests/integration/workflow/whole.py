"""Intake and workflow as processes on real parts; the HR bridge's and the mail service's sides are played here, each
with its own credentials and signing key.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys, keys, tables
from chassis.connections import async_dsn
from chassis.consumer import Consumer, Event
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.outbox import add_event
from chassis.relay import Relay
from chassis.sealing import open_from
from chassis.settings import Settings
from chassis.web.run import keep_running
from contracts.cases.v1.cases_pb2 import CaseChanged, StaffNotice
from contracts.measures.v1.measures_pb2 import MeasureDecided, MeasureEnded, MeasureEventApplied
from contracts.topics import HR_MEASURE_RESULTS, HR_PEOPLE, WORKFLOW_CASES, WORKFLOW_MEASURES, Topic
from ops.demo.clients import Handler, Reporter
from ops.demo.sign_in import access_token
from ops.local_stack.ports import free_port
from ops.local_stack.process import Process
from tests.integration.workflow.house import LINES, person
from tests.real_parts import Database as TestDatabase
from tests.real_parts import KafkaServer, PostgresServer, password
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
PROCESSES = ("intake", "workflow")
AROUND = (*PROCESSES, "ombuds", "ethics", "hr_bridge", "notifications")
UNWATCHED = {"desk_keys", "sentinel"}
"""What these processes do without here: keys of desks that nobody runs, and the sentinel."""


@dataclass
class Peer:
    """A service beside the ones under test: its own schema, relay and consumer. `seen`: time, key and message."""

    settings: Settings
    database: Database
    keys: ServiceKeys
    seen: list[tuple[datetime, str, Message]] = field(default_factory=list)

    async def note(self, session: AsyncSession, event: Event) -> None:
        self.seen.append((event.time, event.key, event.message))

    async def emit(self, topic: Topic, key: str, message: Message) -> None:
        async with self.database.transaction() as session:
            await add_event(session, topic, key, message)

    def of(self, kind: type[Any]) -> list[Any]:
        return [message for _, _, message in self.seen if isinstance(message, kind)]


@dataclass
class Whole:
    database: TestDatabase
    store: TestDatabase
    kafka: KafkaServer
    prefix: str
    temporal: str
    issuer: str
    folder: Path
    processes: tuple[str, ...] = PROCESSES
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=20))
    ports: dict[str, int] = field(init=False)
    running: dict[str, Process] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    hr: Peer = field(init=False)
    mail: Peer = field(init=False)

    def __post_init__(self) -> None:
        self.ports = {service: free_port() for service in self.processes}

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def environment(self, service: str) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT),
            "RECOURSE_DATABASE_DSN": self.database.dsn(service),
            "RECOURSE_KEYSTORE_DSN": self.store.dsn(service),
            "RECOURSE_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "RECOURSE_KAFKA_USERNAME": service,
            "RECOURSE_KAFKA_PASSWORD": password(service),
            "RECOURSE_KAFKA_PREFIX": self.prefix,
            "RECOURSE_TEMPORAL_ADDRESS": self.temporal,
            "RECOURSE_OIDC_ISSUER": self.issuer,
            "RECOURSE_HTTP_PORT": str(self.ports[service]),
            "RECOURSE_KEYS_DIR": str(self.folder / service),
            "RECOURSE_SERVICE_KEYS": str(self.folder / "services.json"),
            "RECOURSE_PEERS": json.dumps({service: self.url(service) for service in self.processes}),
            "RECOURSE_POLICY": "rehearsal",
            "RECOURSE_REEMIT_AFTER": "2",
        }

    async def prepare(self) -> None:
        publics = {service: keys.create(service, self.folder / service) for service in AROUND}
        (self.folder / "services.json").write_text(json.dumps(publics))
        self.hr = await self._peer("hr_bridge", {WORKFLOW_MEASURES: (MeasureDecided, MeasureEnded)}, acknowledges=True)
        self.mail = await self._peer("notifications", {WORKFLOW_CASES: (StaffNotice, CaseChanged)})
        async with self.hr.database.transaction() as session:
            await desk_keys.publish(session, self.hr.keys, "hr_bridge", datetime.now(UTC))
        for staff_id, line in LINES.items():
            await self.hr.emit(HR_PEOPLE, staff_id, person(staff_id, line))
        for service in self.processes:
            self.start(service)

    async def _peer(
        self, service: str, topics: dict[Topic, Iterable[type[Message]]], *, acknowledges: bool = False
    ) -> Peer:
        metadata = sa.MetaData(naming_convention=tables.NAMING)
        tables.define(metadata)
        engine = create_async_engine(async_dsn(self.database.migration_dsn(service)))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        names = {f"RECOURSE_{name}".upper(): name for name in Settings.model_fields}
        given: dict[str, Any] = {
            names[name]: value
            for name, value in (self.environment("workflow") | {"RECOURSE_SERVICE": service}).items()
            if name in names and name != "RECOURSE_PEERS"
        }
        settings = Settings(
            **given
            | {
                "database_dsn": self.database.dsn(service),
                "kafka_username": service,
                "kafka_password": password(service),
                "keys_dir": self.folder / service,
            }
        )
        peer = Peer(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
        handlers = {topic: dict.fromkeys(kinds, peer.note) for topic, kinds in topics.items()}
        acknowledge = {WORKFLOW_MEASURES: _acknowledge} if acknowledges else {}
        consumer = Consumer(settings, peer.database, handlers, public_keys(settings), acknowledge=acknowledge)
        relay = Relay(settings, peer.keys.signing)
        self.tasks += [asyncio.create_task(keep_running(start)) for start in (relay.run, consumer.run)]
        return peer

    def start(self, service: str) -> None:
        words = [sys.executable, "-m", f"services.{service}", "all"]
        log = self.folder / f"{service}.log"
        self.running[service] = Process.spawn(words, log=log, environment=self.environment(service))

    def signal(self, service: str, number: int) -> None:
        self.running[service].popen.send_signal(number)

    async def close(self) -> None:
        for process in self.running.values():
            await process.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        for peer in (self.hr, self.mail):
            await peer.database.close()
        await self.http.aclose()

    # Who takes part.

    async def reporter(self) -> Reporter:
        await self.up("intake")
        return Reporter(self.http, self.url("intake"))

    async def staff(self, staff_id: str, service: str = "workflow") -> Handler:
        await self.up(service)
        return Handler(self.http, self.url(service), await access_token(self.issuer, staff_id))

    async def up(self, service: str) -> None:
        async def live() -> bool:
            try:
                answer = await self.http.get(f"{self.url(service)}/health/ready")
            except httpx.TransportError:
                assert self.running[service].exit_code() is None, (self.folder / f"{service}.log").read_text()
                return False
            down = [name for name, said in answer.json()["dependencies"].items() if said != "up"]
            return not set(down) - UNWATCHED

        await eventually(live)

    # What the HR bridge gets and answers.

    def persons(self, message: Any) -> dict[str, str]:
        opened = open_from(
            self.hr.keys.desk("hr"), message.sealed_persons, context=f"measure|{message.measure_id}".encode()
        )
        found: dict[str, str] = json.loads(opened)
        return found

    async def measure(self, kind: type[Any], number: int = 1) -> Any:
        """The HR bridge's `number`-th event of this kind."""

        async def come() -> Any:
            found = self.hr.of(kind)
            return found[number - 1] if len(found) >= number else None

        return await eventually(come)

    async def result(self, measure_id: str, kind: type[Any], **more: Any) -> None:
        asked: list[Any] = [message for _, key, message in self.hr.seen if key == measure_id]
        message = kind(measure_id=measure_id, task_id=measure_id, decision_id=asked[-1].decision_id, **more)
        await self.hr.emit(HR_MEASURE_RESULTS, measure_id, message)

    def told(self, wording: str) -> list[datetime]:
        """When notices of this wording were written."""
        return [at for at, _, message in self.mail.seen if getattr(message, "wording_key", "") == wording]

    async def query(self, statement: str, service: str = "workflow", **parameters: Any) -> list[Any]:
        engine = create_async_engine(async_dsn(self.database.dsn(service)))
        async with engine.begin() as connection:
            rows = list((await connection.execute(sa.text(statement), parameters)).all())
        await engine.dispose()
        return rows


async def _acknowledge(session: AsyncSession, event: Event) -> None:
    applied = MeasureEventApplied(measure_id=str(UUID(event.key)), sequence=event.sequence)
    await add_event(session, HR_MEASURE_RESULTS, event.key, applied)


@asynccontextmanager
async def running(
    postgres: PostgresServer,
    keystore: PostgresServer,
    kafka: KafkaServer,
    temporal: str,
    issuer: str,
    folder: Path,
    processes: tuple[str, ...] = PROCESSES,
) -> AsyncIterator[Whole]:
    """With these services as processes, on databases and topics of its own."""
    database, store = await postgres.fresh(*processes), await keystore.fresh(*processes)
    made = Whole(database, store, kafka, await kafka.fresh_topics(), temporal, issuer, folder, processes)
    try:
        await made.prepare()
        yield made
    finally:
        await made.close()
        await postgres.drop(database)
        await keystore.drop(store)
