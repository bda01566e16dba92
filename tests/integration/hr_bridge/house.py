"""The HR bridge on real parts, with the services around it: workflow decides, ethics has a desk key, HR has Tryton."""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from aiokafka import AIOKafkaConsumer
from google.protobuf.message import Message
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import desk_keys, keys, tables
from chassis.connections import async_dsn
from chassis.consumer import Consumer, Event
from chassis.database import Database
from chassis.desk_keys import desk_key
from chassis.keys import ServiceKeys, public_keys
from chassis.outbox import add_event, applied
from chassis.relay import Relay
from chassis.sealing import seal_to
from chassis.settings import Settings
from chassis.web.run import Service, keep_running
from contracts.holds.v1.holds_pb2 import HoldAnswered, HoldAsked, HoldReleased
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.measures.v1.measures_pb2 import (
    MEASURE_ENDING_PASS_ON,
    MEASURE_ENDING_RESTORE,
    MeasureApplied,
    MeasureDecided,
    MeasureEnded,
    MeasureEventApplied,
    MeasureFailed,
    MeasurePassedOn,
    MeasureRestored,
)
from contracts.people.v1.people_pb2 import Person
from contracts.topics import (
    DESK_KEYS,
    ETHICS_HOLDS,
    HR_HOLD_RESULTS,
    HR_MEASURE_RESULTS,
    HR_PEOPLE,
    WORKFLOW_MEASURES,
    Topic,
)
from ops.local_stack.kafka import ADMIN
from ops.local_stack.tryton_client import TrytonClient
from services.hr_bridge.service import build
from services.hr_bridge.settings import HrBridgeSettings
from services.hr_bridge.web.personnel_actions import NONCE, SIGNATURE, TIMESTAMP, signature
from tests.real_parts import Database as TestDatabase
from tests.real_parts import KafkaServer, password
from tests.waiting import eventually

RESTORE, PASS_ON = MEASURE_ENDING_RESTORE, MEASURE_ENDING_PASS_ON
RESULTS = (MeasureApplied, MeasureRestored, MeasurePassedOn, MeasureFailed)


class HrSystem:
    """What a human in HR does and sees in Tryton."""

    def __init__(self, tryton: TrytonClient) -> None:
        self._tryton = tryton
        self._tryton.context["active_test"] = False  # those who have left, too

    async def _employee(self, staff_id: str) -> dict[str, Any]:
        (row,) = await self._tryton.call(
            "company.employee.search_read",
            [["party.code", "=", staff_id]], 0, None, None, ["supervisor.party.code", "_timestamp", "end_date"],
        )  # fmt: skip
        return dict(row)

    async def supervisor(self, staff_id: str) -> str:
        found = (await self._employee(staff_id))["supervisor."]
        return found["party."]["code"] if found else ""

    async def written_at(self, staff_id: str) -> str:
        return str((await self._employee(staff_id))["_timestamp"])

    async def set_supervisor(self, staff_id: str, supervisor: str) -> None:
        one, other = await self._employee(staff_id), await self._employee(supervisor)
        await self._tryton.call("company.employee.write", [one["id"]], {"supervisor": other["id"]})

    async def end_sessions(self, login: str) -> None:
        """Changing a user's password ends the sessions; changing it to the same one changes nothing else."""
        found = await self._tryton.call("res.user.search", [["login", "=", login]], 0, None, None)
        await self._tryton.call("res.user.write", found, {"password": password(login)})

    async def set_station(self, staff_id: str, station: str) -> None:
        """File somebody at another duty station, as HR does."""
        (row,) = await self._tryton.call(
            "party.party.search_read", [["code", "=", staff_id]], 0, None, None, ["categories"]
        )
        found = await self._tryton.call(
            "party.category.search_read", [["parent.name", "=", "station"]], 0, None, None, ["name"]
        )
        stations = {one["id"]: one["name"] for one in found}
        (wanted,) = (number for number, name in stations.items() if name == station)
        old = [one for one in row["categories"] if one in stations]
        moved = {"categories": [["remove", old], ["add", [wanted]]]}
        await self._tryton.call("party.party.write", [row["id"]], moved)

    async def set_contract_end(self, staff_id: str, day: date | None) -> None:
        end = None if day is None else {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
        await self._tryton.call("company.employee.write", [(await self._employee(staff_id))["id"]], {"end_date": end})

    @asynccontextmanager
    async def employed_again(self, staff_id: str, from_day: date) -> AsyncIterator[None]:
        """HR enters a second employment of somebody, as for a contract that is to follow the one that runs."""
        (party,) = await self._tryton.call("party.party.search", [["code", "=", staff_id]], 0, None, None)
        (company,) = await self._tryton.call("company.company.search", [], 0, 1, None)
        day = {"__class__": "date", "year": from_day.year, "month": from_day.month, "day": from_day.day}
        made = await self._tryton.call(
            "company.employee.create", [{"party": party, "company": company, "start_date": day}]
        )
        try:
            yield
        finally:
            await self._tryton.call("company.employee.delete", made)


@dataclass
class Peer:
    """A service beside the bridge: its own schema, relay and consumer."""

    settings: Settings
    database: Database
    keys: ServiceKeys
    seen: list[tuple[str, Message]] = field(default_factory=list)

    async def note(self, session: AsyncSession, event: Event) -> None:
        self.seen.append((event.key, event.message))

    async def emit(self, topic: Topic, key: str, message: Message) -> None:
        async with self.database.transaction() as session:
            await add_event(session, topic, key, message)


@dataclass
class House:
    """`bridge` is the service under test, in this process; `client` speaks to its app."""

    test_database: TestDatabase
    kafka: KafkaServer
    prefix: str
    folder: Path
    given: Mapping[str, Any]
    workflow: Peer = field(init=False)
    ethics: Peer = field(init=False)
    hr: HrSystem = field(init=False)
    client: httpx.AsyncClient = field(init=False, repr=False)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    orders: dict[UUID, list[str]] = field(default_factory=dict)

    def settings(self, service: str, of: type[Settings] = Settings, **changes: Any) -> Any:
        return of(
            **{
                "service": service,
                "database_dsn": self.test_database.dsn(service),
                "kafka_bootstrap": self.kafka.bootstrap,
                "kafka_username": service,
                "kafka_password": password(service),
                "kafka_prefix": self.prefix,
                "instance": service,
                "keys_dir": self.folder / service,
                "service_keys": self.folder / "services.json",
                "http_port": 0,
                "temporal_address": "",
                "oidc_issuer": "",
                "reemit_after": 2.0,
                **self.given,
                **changes,
            }
        )

    def bridge_settings(self, **changes: Any) -> HrBridgeSettings:
        settings: HrBridgeSettings = self.settings("hr_bridge", HrBridgeSettings, **changes)
        return settings

    async def prepare(self) -> None:
        services = ("hr_bridge", "workflow", "ethics", "notifications")
        publics = {service: keys.create(service, self.folder / service) for service in services}
        (self.folder / "services.json").write_text(json.dumps(publics))
        (self.folder / "webhook.key").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
        self.workflow = await self._peer("workflow", DESK_KEYS, HR_MEASURE_RESULTS, HR_PEOPLE)
        self.ethics = await self._peer("ethics", DESK_KEYS, HR_HOLD_RESULTS)
        async with self.ethics.database.transaction() as session:
            await desk_keys.publish(session, self.ethics.keys, "ethics", datetime.now(UTC))

    async def _peer(self, service: str, *topics: Topic) -> Peer:
        metadata = MetaData(naming_convention=tables.NAMING)
        tables.define(metadata)
        engine = create_async_engine(async_dsn(self.test_database.migration_dsn(service)))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        settings = self.settings(service)
        peer = Peer(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))

        async def forget(session: AsyncSession, event: Event) -> None:
            message: Any = event.message
            await applied(session, WORKFLOW_MEASURES, message.measure_id, message.sequence)
            await peer.note(session, event)

        handlers: dict[Topic, dict[type[Message], Any]] = {
            DESK_KEYS: {DeskKey: desk_keys.remember},
            HR_MEASURE_RESULTS: {**dict.fromkeys(RESULTS, peer.note), MeasureEventApplied: forget},
            HR_PEOPLE: {Person: peer.note},
            HR_HOLD_RESULTS: {HoldAnswered: peer.note},
        }
        consumer = Consumer(
            settings, peer.database, {topic: handlers[topic] for topic in topics}, public_keys(settings)
        )
        self._run(Relay(settings, peer.keys.signing).run, consumer.run)
        return peer

    def _run(self, *starts: Callable[[], Any]) -> None:
        self.tasks += [asyncio.create_task(keep_running(start)) for start in starts]

    @asynccontextmanager
    async def bridge(self, **changes: Any) -> AsyncIterator[Service]:
        """The bridge, all of it, in this process."""
        service = build(self.bridge_settings(**changes))
        tasks = [asyncio.create_task(keep_running(start)) for start in service.background]
        try:
            # In this loop, as the database's connections are.
            self.app = service.app
            transport = httpx.ASGITransport(service.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hr-bridge.test") as self.client:
                yield service
        finally:
            await _end(tasks)
            for close in (service.app.state.sign_in.close, *service.close):
                await close()

    async def close(self) -> None:
        await _end(self.tasks)
        for peer in (self.workflow, self.ethics):
            await peer.database.close()

    # What workflow does.

    async def decide(
        self, person: str, now: str, temporary: str, *, from_at: datetime | None = None, **named: str
    ) -> UUID:
        measure_id = uuid4()
        await self.decide_again(measure_id, person, now, temporary, from_at=from_at, **named)
        return measure_id

    async def decide_again(
        self, measure_id: UUID, person: str, now: str, temporary: str, *, from_at: datetime | None = None, **named: str
    ) -> None:
        persons = {"person": person, "current_supervisor": now, "temporary_supervisor": temporary, **named}
        await self._decided(measure_id, "reporting_line_change", persons, from_at)

    async def decide_by_hand(self, type_: str, *, from_at: datetime | None = None, **named: str) -> UUID:
        """A measure that the bridge does not carry out itself."""
        measure_id = uuid4()
        await self._decided(measure_id, type_, named, from_at)
        return measure_id

    async def _decided(
        self, measure_id: UUID, type_: str, persons: dict[str, str], from_at: datetime | None = None
    ) -> None:
        message = MeasureDecided(
            measure_id=str(measure_id),
            decision_id=self.order(measure_id),
            type=type_,
            sealed_persons=await sealed(self.workflow, f"measure|{measure_id}", persons, 4_096),
        )
        message.from_at.FromDatetime(from_at or datetime.now(UTC))
        message.until_at.FromDatetime(datetime.now(UTC) + timedelta(days=90))
        message.decided_at.FromDatetime(datetime.now(UTC))
        await self.workflow.emit(WORKFLOW_MEASURES, str(measure_id), message)

    def order(self, measure_id: UUID) -> str:
        """A name for what is asked next."""
        self.orders.setdefault(measure_id, []).append(str(uuid4()))
        return self.orders[measure_id][-1]

    async def end(self, measure_id: UUID, ending: Any) -> None:
        message = MeasureEnded(measure_id=str(measure_id), decision_id=self.order(measure_id), ending=ending)
        await self.workflow.emit(WORKFLOW_MEASURES, str(measure_id), message)

    def results(self, measure_id: UUID) -> list[Any]:
        return [message for key, message in self.workflow.seen if key == str(measure_id) and type(message) in RESULTS]

    async def result(self, measure_id: UUID, kind: type[Message], *, within: float = 60) -> Any:
        """The newest result of a measure, once it is of this kind."""

        async def newest() -> Message | None:
            found = self.results(measure_id)
            return found[-1] if found and type(found[-1]) is kind else None

        return await eventually(newest, within=within)

    async def outbox_of_workflow(self, measure_id: UUID) -> list[Any]:
        """What workflow keeps sending of a measure."""
        async with self.workflow.database.transaction() as session:
            query = text("select sequence from outbox where key = :key and topic = :topic")
            parameters = {"key": str(measure_id), "topic": WORKFLOW_MEASURES.name}
            return list((await session.execute(query, parameters)).all())

    # What the ethics office does.

    async def hold(self, person: str, kind: str, until: datetime | None = None) -> UUID:
        hold_id = uuid4()
        asked = HoldAsked(hold_id=str(hold_id), kind=kind)
        asked.sealed_person = await sealed(self.ethics, f"hold|{hold_id}", {"person": person}, 128)
        asked.until_at.FromDatetime(until or datetime.now(UTC) + timedelta(days=90))
        await self.ethics.emit(ETHICS_HOLDS, str(hold_id), asked)
        return hold_id

    async def release(self, hold_id: UUID) -> None:
        await self.ethics.emit(ETHICS_HOLDS, str(hold_id), HoldReleased(hold_id=str(hold_id)))

    async def answers(self, hold_id: UUID, number: int) -> list[bool]:
        """What HR has said of a hold, once it is this many."""

        async def enough() -> list[bool]:
            found: list[Any] = [message for key, message in self.ethics.seen if key == str(hold_id)]
            return [one.kept for one in found] if len(found) >= number else []

        return list(await eventually(enough))

    # What HR does.

    def webhook_key(self) -> bytes:
        return base64.b64decode((self.folder / "webhook.key").read_text())

    def signed(self, body: bytes, **changed: str) -> dict[str, str]:
        timestamp, nonce = changed.get("timestamp", str(int(time.time()))), changed.get("nonce", uuid4().hex)
        made = changed.get("signature") or signature(self.webhook_key(), timestamp, nonce, body)
        return {
            "content-type": "application/json", TIMESTAMP: timestamp, NONCE: nonce, SIGNATURE: made
        }  # fmt: skip

    async def declare(self, action: Mapping[str, Any], **changed: str) -> httpx.Response:
        body = json.dumps(action).encode()
        return await self.client.post("/api/v1/personnel-actions", content=body, headers=self.signed(body, **changed))

    # What an onlooker sees.

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        engine = create_async_engine(async_dsn(self.test_database.dsn("hr_bridge")))
        try:
            async with engine.connect() as connection:
                return list((await connection.execute(text(statement), parameters)).all())
        finally:
            await engine.dispose()

    async def is_settled(self) -> bool:
        """Whether the bridge has read the directory and has the ethics office's key."""
        known = "select exists (select from people) and exists (select from desk_keys where service = 'ethics')"
        return bool((await self.rows(known))[0][0])

    async def has_task(self, measure_id: UUID, kind: str) -> bool:
        query = "select true from tasks where measure_id = :id and kind = :kind"
        return bool(await self.rows(query, id=measure_id, kind=kind))

    async def records(self, topic: Topic) -> list[Any]:
        """Every record that is on the topic now, oldest first in each partition."""
        consumer = AIOKafkaConsumer(
            self.prefix + topic.name,
            bootstrap_servers=self.kafka.bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=ADMIN,
            sasl_plain_password=self.kafka.part.password,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            found: list[Any] = []
            while len(found) < sum(ends.values()):
                for some in (await consumer.getmany(timeout_ms=200)).values():
                    found += some
            return found
        finally:
            await consumer.stop()


async def sealed(peer: Peer, context: str, persons: object, size: int) -> bytes:
    """To HR, as soon as the peer knows its key."""

    async def key() -> bytes | None:
        async with peer.database.transaction() as session:
            try:
                return (await desk_key(session, "hr_bridge", "hr")).public
            except desk_keys.DeskKeyUnknown:
                return None

    return seal_to(await eventually(key), json.dumps(persons).encode(), context=context.encode(), size=size)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
