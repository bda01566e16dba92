"""The ethics office on a real database, key store and broker, and the HR bridge as it speaks to it."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message

from chassis import keys
from chassis.consumer import Event
from chassis.database import Database, savepoint
from chassis.sealing import DeskPrivateKey, seal_to
from chassis.settings import Settings
from contracts.envelope import Envelope, sign, to_headers
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person as PersonMessage
from contracts.personnel.v1.actions_pb2 import PersonnelAction, SealedPersonnelAction
from contracts.topics import DESK_KEYS, HR_PEOPLE, HR_PERSONNEL_ACTIONS, Topic
from lifecycle import access, bodies, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk, EffectRefused
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, Fact, Refused
from lifecycle.records import CaseRow
from ops.local_stack.guardian import Guardian
from ops.local_stack.process import Process
from services.ethics.consumers import handlers
from services.ethics.desk import build_desk
from services.ethics.use_cases.ask import facts_of
from services.ethics.use_cases.protect import Protection, end_protection, start_protection
from services.ethics.use_cases.see import see_action
from tests import real_parts
from tests.lifecycles import texts, valid_facts

PROTECTED, UNPROTECTED, ETHICS_OFFICER = "S0018", "S0019", "S0007"
OFFENDER, ABOVE = "S0017", "S0016"
KIND = "poor_appraisal"
SERVICES_WITH_KEYS = ("ethics", "hr_bridge", "intake", "workflow", "notifications")
AnyMessage = TypeVar("AnyMessage", bound=Message)


def personnel_action(staff_id: str, number: int, *, source: str = "declared", kind: str = KIND) -> PersonnelAction:
    action = PersonnelAction(number=number, staff_id=staff_id, kind=kind, source=source)
    now = datetime.now(UTC)
    action.effective_on.FromDatetime(now)
    action.recorded_at.FromDatetime(now)
    return action


@dataclass
class Office:
    """`desk` acts in this process; `sentinel` runs the real one beside it."""

    settings: Settings
    desk: Desk
    hr: keys.ServiceKeys
    guardian: Guardian
    scratch: Path
    principal: Callable[[str], str]
    numbers: dict[str, int] = field(default_factory=dict)

    def seal(self, action: PersonnelAction) -> bytes:
        public = self.desk.keys.desk("ethics").public
        return seal_to(public, action.SerializeToString(), context=b"personnel-action", size=512)

    def envelope(self, action: PersonnelAction, **changes: Any) -> Envelope:
        given: dict[str, Any] = {
            "id": uuid4(),
            "source": "hr_bridge",
            "type": SealedPersonnelAction.DESCRIPTOR.full_name,
            "topic": HR_PERSONNEL_ACTIONS.name,
            "key": str(uuid4()),
            "sequence": 1,
            "time": datetime.now(UTC),
            "value": SealedPersonnelAction(sealed=self.seal(action)).SerializeToString(),
        }
        return Envelope(**(given | changes))

    def next_action(self, staff_id: str, source: str = "declared") -> PersonnelAction:
        self.numbers[source] = self.numbers.get(source, 0) + 1
        return personnel_action(staff_id, self.numbers[source], source=source)

    @asynccontextmanager
    async def producer(self) -> AsyncIterator["Sender"]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username="hr_bridge",
            sasl_plain_password=self.principal("hr_bridge"),
        )
        await producer.start()
        try:
            yield Sender(producer, self.settings.kafka_prefix, self.hr.signing)
        finally:
            await producer.stop()

    async def protect(
        self,
        staff_id: str = PROTECTED,
        *,
        started_at: datetime | None = None,
        contact: bool = True,
        protection_id: UUID | None = None,
        at: str = "ethics",
    ) -> UUID:
        protection_id = protection_id or uuid4()
        protection = Protection(
            protection_id,
            self.sealed_person(protection_id, staff_id, contact=contact, at=at),
            "reported",
            started_at or datetime.now(UTC) - timedelta(minutes=1),
        )
        async with self.desk.database.transaction() as session:
            await start_protection(session, self.desk, protection, datetime.now(UTC))
        return protection_id

    async def end(self, protection_id: UUID, ended_on: datetime) -> None:
        """What the protection rests on is closed."""
        async with self.desk.database.transaction() as session:
            await end_protection(session, self.desk, protection_id, ended_on)

    def sealed_person(self, protection_id: UUID, staff_id: str, *, contact: bool, at: str = "ethics") -> bytes:
        told = json.dumps({"staff_id": staff_id, "ethics_contact": contact}).encode()
        context = b"protection|" + str(protection_id).encode()
        return seal_to(self.desk.keys.desk(at).public, told, context=context, size=256)

    async def see(
        self, action: PersonnelAction, *, told_at: datetime | None = None, event_id: UUID | None = None
    ) -> Any:
        now = datetime.now(UTC)
        async with self.desk.database.transaction() as session:
            return await see_action(session, self.desk, event_id or uuid4(), told_at or now, self.seal(action), now)

    async def rows(self, query: str, **parameters: Any) -> list[Any]:
        async with self.desk.database.transaction() as session:
            return list((await session.execute(sa.text(query), params=parameters)).all())

    async def queries(self) -> list[UUID]:
        return [case_id for (case_id,) in await self.rows("select case_id from cases where lifecycle = 'query'")]

    async def seen(self) -> int:
        return int((await self.rows("select count(*) from seen_actions"))[0][0])

    async def facts(self, case_id: UUID, purpose: str = "review") -> dict[str, Any]:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
            assert row is not None
            (item,) = await facts_of(session, self.desk, row, purpose)
        found: dict[str, Any] = json.loads(item["text"])
        return found

    async def receive(
        self, topic: Topic, message: Message, *, key: str, source: str, event_id: UUID | None = None, sequence: int = 1
    ) -> None:
        """An event as the service's consumer hands it to its handler, in a transaction of its own."""
        handler = handlers(self.desk)[topic][type(message)]
        event = Event(topic, key, event_id or uuid4(), source, sequence, datetime.now(UTC), message)
        async with self.desk.database.transaction() as session:
            await handler(session, event)

    async def person(self, staff_id: str, line: str = "", *, active: bool = True, ends_on: str = "") -> None:
        """As the directory tells of somebody."""
        told = PersonMessage(
            staff_id=staff_id, unit="u", station="s", line_staff_id=line, contract="staff", active=active
        )
        told.contract_ends_on = ends_on
        told.valid_from.FromDatetime(datetime.now(UTC))
        await self.receive(HR_PEOPLE, told, key=staff_id, source="hr_bridge")

    async def others_keys(self) -> dict[str, DeskPrivateKey]:
        """The desk keys of workflow and of HR, known to the office from here on."""
        found = {}
        for service, office in (("workflow", "measures"), ("hr_bridge", "hr")):
            private = keys.ServiceKeys.load(self.scratch / service).desk(office)
            told = DeskKey(service=service, office=office, key_id=private.key_id, public_key=private.public)
            await self.receive(DESK_KEYS, told, key=f"{service}/{office}", source=service)
            found[service] = private
        return found

    async def request(
        self, kind: str = "request", *, affected: str | None = PROTECTED, offenders: tuple[str, ...] = (), **facts: Fact
    ) -> UUID:
        """A request for protection that has arrived and is routed; what it names lies with the case already."""
        await self.person(OFFENDER, ABOVE)
        now, opening = datetime.now(UTC), {"kind": kind, "lodged_at": datetime.now(UTC).isoformat(), **facts}
        async with self.desk.database.transaction() as session:
            case_id = await open_case(session, self.desk, uuid4(), "retaliation", 1, opening, now)
            row = await records.load(session, case_id)
            assert row is not None
            await parties.keep(session, self.desk, row, Parties(affected, offenders or (OFFENDER,)))
        await self.desk.errands["route"](case_id)
        return case_id

    async def row(self, case_id: UUID) -> CaseRow:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
        assert row is not None
        return row

    async def act(self, case_id: UUID, name: str, by: str | Actor, **facts: Fact) -> Decided | Refused:
        """With facts and words that are valid where not said otherwise; staff as what they are appointed to."""
        async with self.desk.database.transaction_if_needed() as begun:
            session = await begun()
            row = await records.lock(session, case_id)
            assert row is not None
            now = datetime.now(UTC)
            actor = by if isinstance(by, Actor) else await access.actor_of(session, self.desk, row, by, now)
            table = self.desk.lifecycles[row.lifecycle]
            rule = table.rule_of.get((row.state, name)) or next(one for one in table.rules if one.action == name)
            words = {one: f"{name}: {one}" for one in texts(rule)}
            sent = valid_facts(rule, now) | facts
            action = Action(uuid4(), name, sent, frozenset(words))
            if actor.staff_id and (against := await self.desk.check(begun, row, action, words)):
                return against
            stored, _ = await bodies.store(session, self.desk, row, action.id, words)
            try:
                async with savepoint(session):
                    return await decide_as(session, self.desk, case_id, action, actor, now, stored)
            except EffectRefused as stopped:
                return stopped.refused

    async def walk(self, case_id: UUID, *steps: tuple[str, str | Actor]) -> None:
        for name, by in steps:
            outcome = await self.act(case_id, name, by)
            assert isinstance(outcome, Decided), (name, outcome)

    async def sees(self, case_id: UUID, staff_id: str) -> bool:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
            assert row is not None
            actor = await access.actor_of(session, self.desk, row, staff_id, datetime.now(UTC))
            return access.may_see(self.desk, row, actor)

    async def sent(self, topic: Topic, message: type[AnyMessage]) -> list[AnyMessage]:
        rows = await self.rows(
            "select value from outbox where topic = :topic and type = :type order by id",
            topic=topic.name,
            type=message.DESCRIPTOR.full_name,
        )
        return [message.FromString(value) for (value,) in rows]

    def audited(self, act: str) -> Callable[[], Awaitable[list[Any]]]:
        async def entries() -> list[Any]:
            found = await self.rows("select convert_from(entry_json, 'UTF8') from audit_readable")
            return [entry for (text,) in found if (entry := json.loads(text))["act"] == act]

        return entries

    @asynccontextmanager
    async def process(self, command: str, principal: str, **environment: str) -> AsyncIterator[Process]:
        """`python -m services.ethics <command>` with that Kafka user; killed at the end if it still lives."""
        settings = self.settings
        given = {
            "RECOURSE_DATABASE_DSN": settings.database_dsn,
            "RECOURSE_KEYSTORE_DSN": settings.keystore_dsn or "",
            "RECOURSE_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "RECOURSE_KAFKA_USERNAME": principal,
            "RECOURSE_KAFKA_PASSWORD": self.principal(principal),
            "RECOURSE_KAFKA_PREFIX": settings.kafka_prefix,
            "RECOURSE_INSTANCE": principal,
            "RECOURSE_TEMPORAL_ADDRESS": settings.temporal_address,
            "RECOURSE_OIDC_ISSUER": settings.oidc_issuer,
            "RECOURSE_HTTP_PORT": str(settings.http_port),
            "RECOURSE_KEYS_DIR": str(settings.keys_dir),
            "RECOURSE_SERVICE_KEYS": str(settings.service_keys),
            "RECOURSE_POLICY": settings.policy,
        }
        process = Process.spawn(
            [sys.executable, "-m", "services.ethics", command],
            log=self.scratch / f"{command}.log",
            environment=given | environment,
        )
        self.guardian.watch(process.id)
        try:
            yield process
        finally:
            process.kill()

    @asynccontextmanager
    async def sentinel(self, **environment: str) -> AsyncIterator[Process]:
        async with self.process("sentinel", "sentinel", **environment) as process:
            yield process

    async def close(self) -> None:
        await self.desk.keystore.close()
        await self.desk.database.close()


@dataclass
class Sender:
    """Puts records on the topic of personnel actions, as the HR bridge would, or somebody who is not it."""

    producer: AIOKafkaProducer
    prefix: str
    signing: Ed25519PrivateKey

    async def send(self, envelope: Envelope, *, by: Ed25519PrivateKey | None = None, **record: Any) -> None:
        given = {
            "value": envelope.value,
            "key": envelope.key.encode(),
            "headers": to_headers(envelope, sign(envelope, by or self.signing)),
        }
        await self.producer.send_and_wait(self.prefix + HR_PERSONNEL_ACTIONS.name, **(given | record))


async def open_office(
    database: real_parts.Database,
    store: real_parts.Database,
    guardian: Guardian,
    scratch: Path,
    **kafka: Any,
) -> Office:
    """Makes the services' keys, and builds the desk on schemas that have their tables."""
    publics = {name: keys.create(name, scratch / name) for name in SERVICES_WITH_KEYS}
    service_keys = scratch / "services.json"
    service_keys.write_text(json.dumps(publics), encoding="utf-8")
    given: dict[str, Any] = {
        "service": "ethics",
        "database_dsn": database.dsn("ethics"),
        "keystore_dsn": store.dsn("ethics"),
        "kafka_bootstrap": "127.0.0.1:1",
        "temporal_address": "127.0.0.1:1",
        "oidc_issuer": "http://127.0.0.1:1",
        "http_port": 0,
        "keys_dir": scratch / "ethics",
        "service_keys": service_keys,
        "policy": "rehearsal",
    }
    settings = Settings(**(given | kafka))
    desk = build_desk(settings, Database(settings.database_dsn), keys.ServiceKeys.load(settings.keys_dir))
    hr = keys.ServiceKeys.load(scratch / "hr_bridge")
    return Office(settings, desk, hr, guardian, scratch, real_parts.password)
