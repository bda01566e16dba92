"""The support cell's desk on real stores, and what a test does with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.sealing import DeskPrivateKey
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_ANONYMOUS, MessagePlaced, ReportLodged
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE, INTAKE_REPORTS_SUPPORT
from lifecycle import decide, records
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Fact, Refused
from lifecycle.records import CaseRow
from policy.model import Role
from services.support import routing
from services.support.consumers import handlers
from services.support.desk import build_desk
from tests import real_parts
from tests.integration.desk_on_stores import DeskOnStores, settings_on_stores

# The welfare officer S0014 answers to S0002, the specialist S0072 to S0022; S0070 leads the PSEAH unit.
LINES = {
    "S0001": "",
    "S0002": "S0001",
    "S0014": "S0002",
    "S0016": "S0001",
    "S0017": "S0016",
    "S0018": "S0017",
    "S0022": "S0001",
    "S0070": "S0001",
    "S0071": "S0016",
    "S0072": "S0022",
}
WELFARE, PSEAH, SPECIALIST, HIS_SUPERVISOR = "S0014", "S0070", "S0072", "S0022"
PERSON, SUPERVISOR = "S0018", "S0017"
SYSTEM, HERSELF = Actor(ActorKind.SYSTEM), Actor(ActorKind.PERSON)
ROUTE_KEY = DeskPrivateKey.from_seed(bytes(range(96)))
"""Her route's: the private half would come from her access code."""


@dataclass
class Cell(DeskOnStores):
    handlers = staticmethod(handlers)

    async def people(self, *gone: str) -> None:
        """The directory; `gone` are not at work any more."""
        for staff_id, line in LINES.items():
            person = Person(
                staff_id=staff_id, unit="u", station="selwick", line_staff_id=line, contract="staff",
                active=staff_id not in gone,
            )  # fmt: skip
            person.valid_from.FromDatetime(datetime.now(UTC))
            await self.receive(HR_PEOPLE, staff_id, person)

    async def lodge(self, **chosen: str) -> UUID:
        """A wish for help, as intake tells of it."""
        report_id = uuid4()
        message = ReportLodged(
            report_id=str(report_id), lifecycle="support_referral", mode=REPORTING_MODE_ANONYMOUS,
            route_public_key=ROUTE_KEY.public, language="fr", facts_json=json.dumps(chosen),
        )  # fmt: skip
        message.lodged_at.FromDatetime(datetime.now(UTC))
        await self.receive(INTAKE_REPORTS_SUPPORT, str(report_id), message)
        return report_id

    async def cases(self, report_id: UUID) -> list[CaseRow]:
        async with self.desk.database.transaction() as session:
            found = await records.of_report(session, report_id)
        return sorted(found, key=lambda row: row.number)

    async def routed(self, named: Parties | None = None, **chosen: str) -> CaseId:
        """The one case of a wish, known to everybody who may know it."""
        (row,) = await self.cases(await self.lodge(**chosen))
        await self.route(CaseId(row.case_id), named or Parties())
        return CaseId(row.case_id)

    async def route(self, case_id: CaseId, named: Parties) -> None:
        async def handed_out(_: Desk, row: CaseRow) -> Parties:
            return named

        await routing.route(self.desk, case_id, handed_out)

    async def place(self, report_id: UUID) -> str:
        """A message of the cell's that her inbox shows."""
        item_id = str(uuid4())
        placed = MessagePlaced(report_id=str(report_id), item_id=item_id, action_id=str(uuid4()))
        await self.receive(INTAKE_REPORTS_SUPPORT, str(report_id), placed)
        return item_id

    def staff(self, staff_id: str, *roles: Role) -> Actor:
        return Actor(ActorKind.STAFF, staff_id, frozenset(roles))

    async def act(self, case_id: UUID, name: str, actor: Actor, **facts: Fact) -> Any:
        async with self.desk.database.transaction() as session:
            action = Action(uuid4(), name, facts)
            return await decide.decide_as(session, self.desk, case_id, action, actor, datetime.now(UTC))

    async def checked(self, case_id: UUID, name: str, **facts: Fact) -> Refused | None:
        """What the desk itself says of an action before it is sent. Raises Problem."""
        async with self.desk.database.transaction_if_needed() as begun:
            row = await records.load(await begun(), case_id)
            assert row is not None
            texts: Mapping[str, str] = {}
            return await self.desk.check(begun, row, Action(uuid4(), name, facts), texts)


async def build_cell(database: real_parts.Database, store: real_parts.Database, folder: Path) -> Cell:
    settings = await settings_on_stores("support", ("intake", "notifications"), database, store, folder)
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    return Cell(desk, database, store)
