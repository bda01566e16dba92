"""A service's desk on real stores, without its processes: what the tests of every such desk do with it."""

import itertools
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from google.protobuf.message import Message

from chassis import keys
from chassis.consumer import Handler
from chassis.inbox import Event
from chassis.settings import Settings
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.topics import Topic
from lifecycle import decide, records
from lifecycle.desk import Desk
from lifecycle.notices import opened
from lifecycle.records import CaseRow
from tests import real_parts

_numbers = itertools.count(1)


@dataclass
class DeskOnStores:
    desk: Desk
    database: real_parts.Database
    store: real_parts.Database

    handlers: ClassVar[Callable[[Desk], Mapping[Topic, Mapping[type[Message], Handler]]]]
    """The service's own, as a static method."""

    async def close(self) -> None:
        await self.desk.database.close()
        await self.desk.keystore.close()

    async def receive(self, topic: Topic, key: str, message: Message) -> None:
        """As the consumer does for an event that was verified and is next in order."""
        source = next(iter(topic.producers))
        event = Event(topic, key, uuid4(), source, next(_numbers), datetime.now(UTC), message)
        async with self.desk.database.transaction() as session:
            after = await self.handlers(self.desk)[topic][type(message)](session, event)
        if after:
            await after()

    async def ring(self, case_id: UUID, now: datetime) -> None:
        async with self.desk.database.transaction() as session:
            await decide.ring(session, self.desk, case_id, now)

    async def row(self, case_id: UUID) -> CaseRow:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
        assert row is not None
        return row

    async def told(self) -> list[tuple[str, str]]:
        """(staff id, wording) of every notice, in order."""
        rows = await self.query("select value from outbox where type = 'contracts.cases.v1.StaffNotice' order by id")
        notices = [StaffNotice.FromString(row.value) for row in rows]
        sealed = {
            row.recipient_ref: row.sealed for row in await self.query("select recipient_ref, sealed from recipients")
        }
        office = self.desk.keys.desk(self.desk.notices_office)

        def who(ref: UUID) -> str:
            return opened(sealed[ref], ref, office)[0]

        return [(who(UUID(one.recipient_ref)), one.wording_key) for one in notices]

    async def query(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.desk.database.transaction() as session:
            return list((await session.execute(sa.text(statement), params=parameters)).all())


async def settings_on_stores(
    service: str,
    knows: Collection[str],
    database: real_parts.Database,
    store: real_parts.Database,
    folder: Path,
    **changes: Any,
) -> Settings:
    """Of a service whose schemas are made; it and those it `knows` have keys. Nothing else of theirs is there."""
    publics = {one: keys.create(one, folder / one) for one in (service, *knows)}
    (folder / "services.json").write_text(json.dumps(publics))
    usual = {
        "service": service,
        "database_dsn": database.dsn(service),
        "keystore_dsn": store.dsn(service),
        "kafka_bootstrap": "127.0.0.1:1",
        "temporal_address": "127.0.0.1:1",
        "oidc_issuer": "http://127.0.0.1:1",
        "http_port": 0,
        "keys_dir": folder / service,
        "service_keys": folder / "services.json",
        "policy": "rehearsal",
    }
    return Settings(**{**usual, **changes})
