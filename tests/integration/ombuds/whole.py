"""Intake and one desk as processes on the real parts; the HR bridge's directory is played here."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import keys, tables
from chassis.connections import async_dsn
from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.outbox import add_event
from chassis.relay import Relay
from chassis.settings import Settings
from chassis.web.run import keep_running
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE
from ops.demo.clients import Handler, Reporter, until
from ops.demo.sign_in import access_token
from ops.local_stack.ports import free_port
from ops.local_stack.process import Process
from tests import real_parts
from tests.integration.ombuds.cell import LINES

ROOT = Path(__file__).parents[3]
AROUND = ("intake", "ombuds", "support", "workflow", "ethics", "hr_bridge", "notifications")


@dataclass
class Whole:
    database: real_parts.Database
    store: real_parts.Database
    kafka: real_parts.KafkaServer
    prefix: str
    temporal: str
    issuer: str
    folder: Path
    desk: str = "ombuds"
    lines: Mapping[str, str] = field(default_factory=lambda: LINES)
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=20))
    ports: dict[str, int] = field(init=False)
    running: dict[str, Process] = field(default_factory=dict)
    directory: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ports = {service: free_port() for service in ("intake", self.desk)}

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def given(self, service: str) -> dict[str, Any]:
        return {
            "database_dsn": self.database.dsn(service),
            "keystore_dsn": self.store.dsn(service),
            "kafka_bootstrap": self.kafka.bootstrap,
            "kafka_username": service,
            "kafka_password": real_parts.password(service),
            "kafka_prefix": self.prefix,
            "temporal_address": self.temporal,
            "oidc_issuer": self.issuer,
            "http_port": self.ports.get(service, 0),
            "keys_dir": str(self.folder / service),
            "service_keys": str(self.folder / "services.json"),
            "peers": {service: self.url(service) for service in self.ports},
            "policy": "rehearsal",
            "reemit_after": 2,
        }

    async def prepare(self) -> None:
        publics = {service: keys.create(service, self.folder / service) for service in AROUND}
        (self.folder / "services.json").write_text(json.dumps(publics))
        for service in self.ports:
            self.start(service)
        await self._tell_of_people()
        for service in self.ports:
            await until(f"{service} ready", lambda service=service: self._ready(service), 60)

    def start(self, service: str) -> None:
        told = {
            f"RECOURSE_{name}".upper(): value if isinstance(value, str) else json.dumps(value)
            for name, value in self.given(service).items()
        }
        words = [sys.executable, "-m", f"services.{service}", "all"]
        log = self.folder / f"{service}.log"
        self.running[service] = Process.spawn(words, log=log, environment={"PYTHONPATH": str(ROOT), **told})

    async def close(self) -> None:
        for process in self.running.values():
            await process.stop()
        for task in self.directory:
            task.cancel()
        await asyncio.wait(self.directory)
        await self.http.aclose()

    async def _tell_of_people(self) -> None:
        metadata = sa.MetaData(naming_convention=tables.NAMING)
        tables.define(metadata)
        engine = create_async_engine(async_dsn(self.database.migration_dsn("hr_bridge")))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        settings = Settings(service="hr_bridge", **{**self.given("hr_bridge"), "keystore_dsn": None})
        database = Database(settings.database_dsn)
        async with database.transaction() as session:
            for staff_id, line in self.lines.items():
                person = Person(
                    staff_id=staff_id, unit="u", station="selwick", line_staff_id=line, contract="staff", active=True
                )
                person.valid_from.FromDatetime(datetime.now(UTC))
                await add_event(session, HR_PEOPLE, staff_id, person)
        await database.close()
        relay = Relay(settings, ServiceKeys.load(settings.keys_dir).signing)
        self.directory.append(asyncio.create_task(keep_running(relay.run)))

    async def _ready(self, service: str) -> bool:
        try:
            answer = await self.http.get(f"{self.url(service)}/health/ready")
        except httpx.TransportError:
            assert self.running[service].exit_code() is None, (self.folder / f"{service}.log").read_text()
            return False
        down = {name for name, said in answer.json()["dependencies"].items() if said != "up"}
        # The other desks are not there to publish their keys; the cell's own is waited for below.
        return down <= {"desk_keys"} and bool(
            await self.query("select 1 from desk_keys where service = :desk", "intake", desk=self.desk)
        )

    async def staff(self, staff_id: str) -> Handler:
        return Handler(self.http, self.url(self.desk), await access_token(self.issuer, staff_id))

    def reporter(self) -> Reporter:
        return Reporter(self.http, self.url("intake"))

    async def query(self, statement: str, service: str | None = None, **parameters: Any) -> list[Any]:
        engine = create_async_engine(async_dsn(self.database.dsn(service or self.desk)))
        async with engine.begin() as connection:
            rows = list((await connection.execute(sa.text(statement), parameters)).all())
        await engine.dispose()
        return rows
