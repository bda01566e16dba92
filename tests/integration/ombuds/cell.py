"""The ombuds cell's desk on real stores, and what a test does with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.connections import async_dsn
from chassis.database import Database
from chassis.inbox import Event
from chassis.keys import ServiceKeys
from contracts.ids import CaseId
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.people.v1.people_pb2 import Person
from contracts.topics import DESK_KEYS, HR_PEOPLE
from lifecycle import access, bodies, decide, recusal
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.records import CaseRow
from services.ombuds import matching
from services.ombuds.consumers import handlers
from services.ombuds.desk import build_desk
from tests import real_parts
from tests.integration.desk_on_stores import DeskOnStores, settings_on_stores

# The supervisor S0017 is in the line of S0018; S0013 is a focal point who reports to him, S0011 and S0012 are focal
# points elsewhere, S0010 is the ombudsperson.
LINES = {
    "S0001": "",
    "S0010": "S0001",
    "S0011": "S0021",
    "S0012": "S0023",
    "S0013": "S0017",
    "S0016": "S0001",
    "S0017": "S0016",
    "S0018": "S0017",
    "S0021": "S0016",
    "S0022": "S0001",
    "S0023": "S0022",
}
PERSON, SUPERVISOR = "S0018", "S0017"
ELSEWHERE, FURTHER, IN_HIS_LINE, OMBUDSPERSON = "S0011", "S0012", "S0013", "S0010"
PARTIES = Parties(affected_individual=PERSON, alleged_offender=(SUPERVISOR,))
SYSTEM, HERSELF = Actor(ActorKind.SYSTEM), Actor(ActorKind.PERSON)
SELWICK: Mapping[str, str] = {}
"""Everybody is there."""
NO_TEXTS: Mapping[str, str] = {}


def taken(outcome: Any) -> Any:
    """The answer of an action that must not be refused."""
    assert not isinstance(outcome, Refused), outcome
    return outcome


@dataclass
class Cell(DeskOnStores):
    handlers = staticmethod(handlers)

    async def people(
        self, lines: dict[str, str] | None = None, *, active: bool = True, stations: Mapping[str, str] = SELWICK
    ) -> None:
        for staff_id, line in (LINES if lines is None else lines).items():
            station = stations.get(staff_id, "selwick")
            person = Person(
                staff_id=staff_id, unit="u", station=station, line_staff_id=line, contract="staff", active=active
            )
            person.valid_from.FromDatetime(datetime.now(UTC))
            await self.receive(HR_PEOPLE, staff_id, person)

    async def workflow_key(self) -> ServiceKeys:
        """Workflow has published the key of those who can act in a danger; its private half is given back."""
        theirs = ServiceKeys.load(self.desk.settings.keys_dir.parent / "workflow")
        private = theirs.desk("measures")
        message = DeskKey(service="workflow", office="measures", key_id=private.key_id, public_key=private.public)
        event = Event(DESK_KEYS, "workflow/measures", uuid4(), "workflow", 1, datetime.now(UTC), message)
        async with self.desk.database.transaction() as session:
            await handlers(self.desk)[DESK_KEYS][DeskKey](session, event)
        return theirs

    async def wish(self, now: datetime | None = None, **choices: str) -> CaseId:
        now = now or datetime.now(UTC)
        async with self.desk.database.transaction() as session:
            facts = {"lodged_at": now.isoformat(), **choices}
            return await decide.open_case(session, self.desk, uuid4(), "informal_resolution", 1, facts, now)

    async def match(self, case_id: CaseId, named: Parties = PARTIES) -> str | None:
        """Whom the errand offers the talk to."""

        async def handed_out(_: Desk, row: CaseRow) -> Parties:
            return named

        await matching.match(self.desk, case_id, handed_out)
        return (await self.row(case_id)).data["assigned"].get("focal_point")

    async def talk(self, listener: str = "S0011", named: Parties = PARTIES, **choices: str) -> CaseId:
        """One that is being held."""
        case_id = await self.wish(**choices)
        assert await self.match(case_id, named) == listener
        actor = Actor(ActorKind.STAFF, listener, self.desk.policy.roles_of(listener, datetime.now(UTC)))
        taken(await self.act(case_id, "accept_match", actor, told_limits=True))
        return case_id

    async def act(
        self, case_id: UUID, name: str, actor: Actor, texts: Mapping[str, str] = NO_TEXTS, **facts: Any
    ) -> Any:
        row, action_id = await self.row(case_id), uuid4()
        async with self.desk.database.transaction() as session:
            stored, _ = await bodies.store(session, self.desk, row, action_id, texts)
            action = Action(action_id, name, facts, frozenset(texts))
            return await decide.decide_as(session, self.desk, case_id, action, actor, datetime.now(UTC), stored)

    async def as_staff(self, case_id: UUID, staff_id: str) -> Actor:
        """Somebody as the API would have them act in this case."""
        row = await self.row(case_id)
        async with self.desk.database.transaction() as session:
            return await access.actor_of(session, self.desk, row, staff_id, datetime.now(UTC))

    async def steps_aside(self, case_id: UUID, staff_id: str) -> None:
        """Somebody says that they have a conflict, as the API takes it."""
        async with self.desk.database.transaction() as session:
            await recusal.step_aside(session, self.desk, case_id, staff_id)

    async def sees(self, case_id: UUID, staff_id: str) -> bool:
        return access.may_see(self.desk, await self.row(case_id), await self.as_staff(case_id, staff_id))

    async def trail(self) -> list[dict[str, Any]]:
        rows = await self.query("select entry_json from audit_readable order by shard, number")
        return [json.loads(row.entry_json) for row in rows]

    async def as_owner(self, statement: str) -> None:
        engine = create_async_engine(async_dsn(self.database.migration_dsn("ombuds")))
        async with engine.begin() as connection:
            await connection.execute(sa.text(statement))
        await engine.dispose()


async def build_cell(database: real_parts.Database, store: real_parts.Database, folder: Path, **changes: Any) -> Cell:
    knows = ("intake", "notifications", "workflow")
    settings = await settings_on_stores("ombuds", knows, database, store, folder, **changes)
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    return Cell(desk, database, store)
