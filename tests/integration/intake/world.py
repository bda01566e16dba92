"""Intake with its real stores, and the desks it seals to: their keys, their tokens, what they tell."""

import base64
import json
import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from google.protobuf.message import Message

from chassis import migrations, service_tokens
from chassis.database import Database
from chassis.inbox import Inbox
from chassis.inbox_rows import Record
from chassis.keys import ServiceKeys, create, public_keys
from chassis.keystore import Keystore
from chassis.sealing import Sealed, desk_label, item_context, open_sealed, seal, unwrap, wrap, wrap_context
from chassis.web.app import App
from contracts.envelope import Envelope, sign, to_headers
from contracts.intake.v1 import reports_pb2
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.topics import DESK_KEYS, Topic
from policy.load import load
from services.intake.consumers import handlers
from services.intake.intake import Intake
from services.intake.settings import IntakeSettings
from services.intake.web.app import intake_app
from tests.real_parts import Database as TestDatabase

SERVICES = ("intake", "ombuds", "support", "workflow", "ethics", "hr_bridge", "notifications")
MIGRATIONS = migrations.SERVICES / "intake" / "migrations"
CODE = r"([2-9A-HJ-NP-Z]{4}-){5}[2-9A-HJ-NP-Z]{4}"


@dataclass(frozen=True)
class Event:
    """A row of the outbox."""

    topic: str
    key: str
    sequence: int
    message: Any
    value: bytes


@dataclass
class World:
    database: TestDatabase
    keystore: TestDatabase
    settings: IntakeSettings
    keys: dict[str, ServiceKeys]
    intake: Intake
    app: App
    inbox: Inbox
    _sequences: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    _offsets: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def close(self) -> None:
        await self.app.state.sign_in.close()
        await self.intake.keystore.close()
        await self.intake.database.close()

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return await _fetch(self.database.admin_dsn, statement, *values)

    async def wraps(self, report_id: str) -> list[asyncpg.Record]:
        return await _fetch(
            self.keystore.admin_dsn,
            "select item_id, recipient, wrapped from wraps where group_id = $1",
            UUID(report_id),
        )

    async def keystore_rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        return await _fetch(self.keystore.admin_dsn, statement, *values)

    async def events(self, key: str) -> list[Event]:
        """What intake says under this key, in order."""
        found = await self.rows("select topic, key, sequence, type, value from outbox where key = $1 order by id", key)
        return [
            Event(row["topic"], row["key"], row["sequence"], _message(row["type"], row["value"]), row["value"])
            for row in found
        ]

    async def audit(self) -> list[dict[str, Any]]:
        """The trail's entries, in no particular order of shards."""
        return [
            json.loads(row["entry_json"])
            for row in await self.rows("select entry_json from audit_readable order by shard, number")
        ]

    async def report_id(self, client: httpx.AsyncClient, code: str) -> str:
        """The newest route of the code."""
        return str((await inbox(client, code))["routes"][-1]["report_id"])

    async def tell(self, source: str, topic: Topic, key: str, message: Message) -> None:
        """A desk's event arrives, signed and numbered."""
        await self.inbox.take(self.intake.database, self.record(source, topic, key, message))

    def record(self, source: str, topic: Topic, key: str, message: Message) -> Record:
        self._sequences[source, topic.name, key] += 1
        self._offsets[topic.name] += 1
        envelope = Envelope(
            id=uuid4(),
            source=source,
            type=message.DESCRIPTOR.full_name,
            topic=topic.name,
            key=key,
            sequence=self._sequences[source, topic.name, key],
            time=datetime.now(UTC),
            value=message.SerializeToString(),
        )
        return Record(
            topic=topic,
            partition=0,
            offset=self._offsets[topic.name],
            key=envelope.key.encode(),
            value=envelope.value,
            headers=to_headers(envelope, sign(envelope, self.keys[source].signing)),
        )

    def desk_key_event(self, service: str, office: str) -> tuple[str, DeskKey]:
        """Key and message by which a service publishes a desk key of its own."""
        private = self.keys[service].desk(office)
        message = DeskKey(service=service, office=office, key_id=private.key_id, public_key=private.public)
        return desk_label(service, office), message

    def token(self, service: str, claims: dict[str, Any], *, audience: str = "intake", signer: str = "") -> str:
        signing = self.keys[signer or service].signing
        return service_tokens.mint(signing, service, audience, claims, datetime.now(UTC))

    async def ask_parties(self, client: httpx.AsyncClient, service: str, report_id: str) -> httpx.Response:
        token = self.token(service, {"report_id": report_id, "purpose": "routing"})
        return await client.post(
            "/internal/v1/parties", json={"report_id": report_id}, headers={"Authorization": f"Service {token}"}
        )

    async def ask_contents(
        self, client: httpx.AsyncClient, service: str, report_id: str, staff_id: str, acting: str, **headers: str
    ) -> httpx.Response:
        body = {"report_id": report_id, "purpose": "assess", "staff_id": staff_id}
        token = self.token(service, body)
        sent = {"Authorization": f"Service {token}", "X-Acting-Token": acting} | headers
        return await client.post("/internal/v1/contents", json=body, headers=sent)

    async def reply(
        self,
        client: httpx.AsyncClient,
        service: str,
        office: str,
        report_id: str,
        acting: str,
        words: str,
        **changes: Any,
    ) -> httpx.Response:
        """A desk's message, sealed as a desk seals it."""
        message_id: UUID = changes.pop("message_id", uuid4())
        (route,) = await self.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
        to_her: bytes = changes.pop("route_key", route["route_public_key"])
        context = item_context(UUID(report_id))
        sealed, key = seal(json.dumps({"text": words}).encode(), item_id=message_id, context=context)
        desk, label = self.keys[service].desk(office), desk_label(service, office)
        to_desk, to_route = (
            wrap(key, public, context=wrap_context(UUID(report_id), message_id, recipient))
            for recipient, public in ((label, desk.public), ("route", to_her))
        )
        body = {
            "message_id": str(message_id),
            "report_id": report_id,
            "action_id": str(uuid4()),
            "office": office,
            "ciphertext_b64": base64.b64encode(sealed.ciphertext).decode(),
            "wraps": {"desk": base64.b64encode(to_desk).decode(), "route": base64.b64encode(to_route).decode()},
        } | changes
        token = self.token(service, {"report_id": report_id, "message_id": str(message_id)})
        headers = {"Authorization": f"Service {token}", "X-Acting-Token": acting}
        return await client.put("/internal/v1/messages", json=body, headers=headers)

    def open_as_desk(self, service: str, office: str, report_id: str, item: dict[str, Any]) -> Any:
        """What the desk reads in an item that was handed out to it. Raises SealNotOpened."""
        item_id = UUID(item["item_id"])
        context = wrap_context(UUID(report_id), item_id, desk_label(service, office))
        key = unwrap(base64.b64decode(item["wrapped_b64"]), self.keys[service].desk(office), context=context)
        sealed = Sealed(item_id, base64.b64decode(item["ciphertext_b64"]))
        return json.loads(open_sealed(sealed, key, context=item_context(UUID(report_id))))


async def build_world(
    database: TestDatabase,
    store: TestDatabase,
    folder: Path,
    issuer: str,
    *,
    with_desk_keys: bool = True,
    **changes: Any,
) -> World:
    """Keys and settings as a real stack has them, on schemas that have their tables."""
    listed = {service: create(service, folder / service) for service in SERVICES}
    (folder / "service-keys.json").write_text(json.dumps(listed))
    given: dict[str, Any] = {
        "service": "intake",
        "database_dsn": database.dsn("intake"),
        "keystore_dsn": store.dsn("intake"),
        "kafka_bootstrap": "127.0.0.1:1",
        "temporal_address": "127.0.0.1:1",
        "oidc_issuer": issuer,
        "http_port": 0,
        "keys_dir": folder / "intake",
        "service_keys": folder / "service-keys.json",
        "work_domains": ["staff.example"],
    }
    settings = IntakeSettings(**(given | changes))
    keys = {service: ServiceKeys.load(folder / service) for service in SERVICES}
    publics = public_keys(settings)
    assert settings.keystore_dsn
    intake = Intake(
        Database(settings.database_dsn), Keystore(settings.keystore_dsn), keys["intake"], load(settings.policy)
    )
    app = intake_app(settings, intake, publics)
    world = World(database, store, settings, keys, intake, app, Inbox(handlers(intake), publics, {}))
    if with_desk_keys:
        await world_knows_desks(world)
    return world


async def world_knows_desks(world: World) -> None:
    """The desks' keys arrive as they do in life: published by their services, taken by intake's consumer."""
    for service in ("ombuds", "support", "workflow", "ethics", "notifications"):
        for office in world.keys[service].desks:
            await world.tell(service, DESK_KEYS, *world.desk_key_event(service, office))


def key() -> str:
    """A fresh idempotency key."""
    return secrets.token_urlsafe(16)


def draft(**changes: Any) -> dict[str, Any]:
    """A request for an informal talk, as the story of the demo begins."""
    return {
        "route": "informal_resolution",
        "mode": "confidential",
        "answers": {"what_happened": "He shouts in every meeting.", "wish": "That it stops."},
        "parties": {"affected_individual": "S0018", "alleged_offender": ["S0017"]},
        "not_these_people": ["S0012"],
    } | changes


def formal(**changes: Any) -> dict[str, Any]:
    return draft(route="formal_report") | changes


async def lodge(
    client: httpx.AsyncClient, body: dict[str, Any] | None = None, *, code: str = "", idempotency_key: str = ""
) -> httpx.Response:
    headers = {"Idempotency-Key": idempotency_key or key()} | (with_code(code) if code else {})
    return await client.post("/api/v1/reports", json=body or draft(), headers=headers)


async def code_of_new(client: httpx.AsyncClient, body: dict[str, Any] | None = None) -> str:
    answer = await lodge(client, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_code"])


async def inbox(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    answer = await client.get("/api/v1/inbox", headers=with_code(code))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def with_code(code: str) -> dict[str, str]:
    return {"Authorization": f"AccessCode {code}"}


def _message(type_name: str, value: bytes) -> Any:
    return getattr(reports_pb2, type_name.rpartition(".")[2]).FromString(value)


async def _fetch(dsn: str, statement: str, *values: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "intake"})
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()
