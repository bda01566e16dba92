"""The workflow service's desk on real stores, and what a test does with it."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from google.protobuf.message import Message

from chassis import keys
from chassis.database import Database
from chassis.inbox import Event, Handler
from chassis.keys import ServiceKeys
from chassis.settings import Settings
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.ids import CaseId
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.measures.v1.measures_pb2 import MeasureDecided, MeasureEnded, MeasureFailed
from contracts.people.v1.people_pb2 import Person
from contracts.topics import DESK_KEYS, HR_MEASURE_RESULTS, HR_PEOPLE, Topic
from lifecycle import decide, exclusions, parties, records, recusal
from lifecycle.activities import Activities
from lifecycle.desk import Desk
from lifecycle.durable import Errand
from lifecycle.exclusions import Parties
from lifecycle.model import Action
from lifecycle.notices import opened
from lifecycle.records import CaseRow
from lifecycle.sender import Sender
from services.workflow.consumers import handlers
from services.workflow.desk import build_desk
from tests import real_parts

SERVICES_AROUND = ("workflow", "intake", "ethics", "hr_bridge", "notifications")
_numbers = itertools.count(1)

# Everybody of these tests and their supervisors: S0018 reports to S0017, who reports to S0016, who reports to S0001.
LINES = {
    "S0001": "",
    "S0002": "S0001",
    "S0003": "S0001",
    "S0004": "S0001",
    "S0005": "S0008",
    "S0006": "S0008",
    "S0008": "S0001",
    "S0016": "S0001",
    "S0017": "S0016",
    "S0018": "S0017",
    "S0019": "S0016",
    "S0026": "S0017",
}
PERSON, SUPERVISOR, NEXT_MANAGER, OTHER_MANAGER, COLLEAGUE = "S0018", "S0017", "S0016", "S0019", "S0026"
INVESTIGATOR, SECOND_INVESTIGATOR = "S0005", "S0006"
LEGAL_AND_HEAD, OTHER_HEAD, HR_DIRECTOR = "S0003", "S0004", "S0002"
PARTIES = Parties(affected_individual=PERSON, alleged_offender=(SUPERVISOR,))


def today() -> date:
    """When it is asked for: a long run of tests goes on past midnight."""
    return datetime.now(UTC).date()


def person(staff_id: str, line: str, *, at: datetime | None = None, active: bool = True) -> Person:
    found = Person(
        staff_id=staff_id, unit="Field Support", station="selwick", line_staff_id=line, contract="staff", active=active
    )
    found.valid_from.FromDatetime(at or datetime.now(UTC))
    return found


@dataclass
class House:
    desk: Desk
    settings: Settings
    database: real_parts.Database
    store: real_parts.Database
    handlers: dict[Topic, dict[type[Message], Handler]] = field(default_factory=dict)

    async def close(self) -> None:
        await self.desk.database.close()
        await self.desk.keystore.close()

    async def receive(self, topic: Topic, key: str, message: Message, *, event_id: UUID | None = None) -> None:
        """As the consumer does for an event that was verified and is next in order."""
        event = Event(
            topic=topic,
            key=key,
            id=event_id or uuid4(),
            source=next(iter(topic.producers)),
            sequence=next(_numbers),
            time=datetime.now(UTC),
            message=message,
        )
        async with self.desk.database.transaction() as session:
            after = await self.handlers[topic][type(message)](session, event)
        if after:
            await after()

    async def people(self, lines: dict[str, str] | None = None, **changes: Any) -> None:
        for staff_id, line in (lines or LINES).items():
            await self.receive(HR_PEOPLE, staff_id, person(staff_id, line, **changes))

    async def hr_key(self) -> None:
        await self.peer_key("hr_bridge", "hr")

    async def peer_key(self, service: str, office: str) -> None:
        """Another service has published its desk key."""
        private = ServiceKeys.load(self.settings.keys_dir.parent / service).desk(office)
        message = DeskKey(service=service, office=office, key_id=private.key_id, public_key=private.public)
        async with self.desk.database.transaction() as session:
            event = Event(DESK_KEYS, f"{service}/{office}", uuid4(), service, 1, datetime.now(UTC), message)
            await self.handlers[DESK_KEYS][DeskKey](session, event)

    async def open(self, lifecycle: str = "formal_report", report_id: UUID | None = None, number: int = 1) -> CaseId:
        now = datetime.now(UTC)
        by_her = {
            "formal_report": {"writer": "affected"},
            "sea_report": {"writer": "affected"},
            "supervisor_request": {},
        }
        facts = {"lodged_at": now.isoformat(), **by_her[lifecycle]} if lifecycle in by_her else {}
        async with self.desk.database.transaction() as session:
            return await decide.open_case(session, self.desk, report_id or uuid4(), lifecycle, number, facts, now)

    async def route(self, case_id: CaseId, named: Parties = PARTIES) -> None:
        """As the errand does with what intake hands out."""

        async def handed_out(_: Desk, row: CaseRow) -> Parties:
            return named

        await parties.find_exclusions(self.desk, case_id, handed_out)

    async def excluded(self, case_id: UUID, staff_id: str, *, decides: bool = False) -> bool:
        kinds = exclusions.FOR_DECIDERS if decides else exclusions.FOR_HANDLERS
        async with self.desk.database.transaction() as session:
            return await exclusions.excluded(session, self.desk.keys.cell, case_id, staff_id, kinds)

    async def act(
        self,
        staff_id: str,
        case_id: UUID,
        name: str,
        facts: dict[str, Any] | None = None,
        texts: dict[str, str] | None = None,
        *,
        now: datetime | None = None,
    ) -> Any:
        """As the web process and then the case's workflow do with what somebody of the staff asks for."""
        row = await self.row(case_id)
        action = Action(uuid4(), name, facts or {}, frozenset(texts or {}))
        async with self.desk.database.transaction_if_needed() as begun:
            signed = await Sender(self.desk).sign(begun, row, action, texts or {}, staff_id)
        async with self.desk.database.transaction() as session:
            return await decide.decide(session, self.desk, signed, now or datetime.now(UTC))

    async def steps_aside(self, case_id: UUID, staff_id: str) -> None:
        """Somebody says that they have a conflict, as the API takes it."""
        async with self.desk.database.transaction() as session:
            await recusal.step_aside(session, self.desk, case_id, staff_id)

    async def hr_answers(self, measure_id: str, kind: type[Any], **said: Any) -> None:
        """What the HR bridge says of the last that it was asked for."""
        rows = await self.query(
            "select type, value from outbox where topic = 'workflow.measures.v1' and key = :key order by id",
            key=measure_id,
        )
        asked = MeasureEnded if rows[-1].type.endswith("MeasureEnded") else MeasureDecided
        order = asked.FromString(rows[-1].value).decision_id
        proof = {} if kind is MeasureFailed else {"proof_hash": b"\x01" * 32}
        message = kind(**{"measure_id": measure_id, "decision_id": order, **proof, **said})
        await self.receive(HR_MEASURE_RESULTS, measure_id, message)

    async def run_errands(self) -> None:
        """As the workflows do with what waits in the cases' rows."""
        for case_id, errands in await self.query("select case_id, errands from cases where errands <> '{}'"):
            for errand in errands:
                await Activities(self.desk).run_errand(Errand(str(case_id), errand))

    async def notices(self) -> list[tuple[str, str]]:
        """(wording, for whom) of every notice that waits to be sent."""
        found = await self.query("select value from outbox where type = 'contracts.cases.v1.StaffNotice' order by id")
        notices = [StaffNotice.FromString(row.value) for row in found]
        sealed = dict(await self.query("select recipient_ref, sealed from recipients"))
        key = self.desk.keys.desk("oio")
        return [
            (
                notice.wording_key,
                opened(sealed[UUID(notice.recipient_ref)], UUID(notice.recipient_ref), key)[0],
            )
            for notice in notices
        ]

    async def notices_of(self, wording_key: str) -> list[str]:
        """For whom a notice of these words waits to be sent, oldest first."""
        return [staff_id for wording, staff_id in await self.notices() if wording == wording_key]

    async def row(self, case_id: UUID) -> CaseRow:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
        assert row is not None
        return row

    async def query(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.desk.database.transaction() as session:
            return list((await session.execute(sa.text(statement), params=parameters)).all())


async def prepare(database: real_parts.Database, store: real_parts.Database, folder: Path, **more: Any) -> House:
    publics = {service: keys.create(service, folder / service) for service in SERVICES_AROUND}
    (folder / "services.json").write_text(json.dumps(publics))
    settings = Settings(
        **{
            "service": "workflow",
            "database_dsn": database.dsn("workflow"),
            "keystore_dsn": store.dsn("workflow"),
            "kafka_bootstrap": "127.0.0.1:1",
            "temporal_address": "127.0.0.1:1",
            "oidc_issuer": "http://127.0.0.1:1",
            "http_port": 0,
            "keys_dir": folder / "workflow",
            "service_keys": folder / "services.json",
            "policy": "rehearsal",
            **more,
        }
    )
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    house = House(desk, settings, database, store)
    house.handlers = {topic: dict(table) for topic, table in handlers(desk).items()}
    return house
