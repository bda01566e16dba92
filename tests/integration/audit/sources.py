"""Sources with real audit trails, and the record that takes their entries as the consumer would hand them over."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from google.protobuf.message import Message
from sqlalchemy import text

from chassis import audit_actors, audit_trail, migrations
from chassis.database import Database
from chassis.inbox import Event
from contracts.audit.v1.audit_pb2 import AuditEntry, Heartbeat
from contracts.topics import AUDIT_ENTRIES
from services.audit.service import HANDLERS
from tests.integration.chassis.house import create_schema
from tests.real_parts import Database as TestDatabase

SOURCES = ("workflow", "ethics", "ombuds")
CHAIN = migrations.SERVICES / "audit" / "migrations"
TYPES: dict[str, type[Message]] = {message.DESCRIPTOR.full_name: message for message in (AuditEntry, Heartbeat)}


@dataclass
class World:
    """Three sources and the audit service, each in its schema of one database."""

    test_database: TestDatabase

    def __post_init__(self) -> None:
        self.databases = {name: Database(self.test_database.dsn(name)) for name in (*SOURCES, "audit")}

    async def create(self) -> None:
        for source in SOURCES:
            await create_schema(self.test_database, source)

    async def close(self) -> None:
        for database in self.databases.values():
            await database.close()

    async def act(self, source: str, *objects: str) -> None:
        """The source does something to each object, one transaction each."""
        for object_ref in objects:
            async with self.databases[source].transaction() as session:
                await audit_trail.record(session, "read", object_ref=object_ref, actor="S0001")

    async def look(self, source: str, object_ref: str, actor: str | None, act: str, **facts: str) -> None:
        async with self.databases[source].transaction() as session:
            await audit_trail.record(session, act, object_ref=object_ref, actor=actor, facts=facts)

    async def forget(self, source: str, *objects: str) -> None:
        """The source forgets who acted on each: its time has been over for an hour."""
        async with self.databases[source].transaction() as session:
            for object_ref in objects:
                await audit_actors.keep_until(session, object_ref, datetime.now(UTC) - timedelta(hours=1))
        assert await audit_actors.forget_due(self.databases[source], datetime.now(UTC)) == len(objects)

    async def beat(self, source: str, now: datetime | None = None) -> None:
        async with self.databases[source].transaction() as session:
            await audit_trail.send_heartbeat(session, now or datetime.now(UTC))

    async def sent(self, source: str) -> list[Event]:
        """What the source's relay would send, taken out of its outbox."""
        async with self.databases[source].transaction() as session:
            rows = (await session.execute(text("delete from outbox returning *"))).all()
        return [
            Event(
                topic=AUDIT_ENTRIES,
                key=row.key,
                id=row.event_id,
                source=source,
                sequence=row.sequence,
                time=row.time,
                message=TYPES[row.type].FromString(row.value),
            )
            for row in sorted(rows, key=lambda row: row.id)
        ]

    async def take(self, event: Event) -> None:
        async with self.databases["audit"].transaction() as session:
            await HANDLERS[AUDIT_ENTRIES][type(event.message)](session, event)  # type: ignore[index]

    async def take_all(self, *sources: str) -> None:
        for source in sources or SOURCES:
            for event in await self.sent(source):
                await self.take(event)

    async def entries(self) -> list[Any]:
        async with self.databases["audit"].transaction() as session:
            return list((await session.execute(text("select * from entries order by number"))).all())

    async def as_owner(self, *statements: str, dsn: str | None = None) -> None:
        """What a database owner could do to the record."""
        connection = await asyncpg.connect(
            dsn or self.test_database.admin_dsn, server_settings={"search_path": "audit"}
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
