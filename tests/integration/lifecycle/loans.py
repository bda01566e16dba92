"""A desk with one small invented procedure: somebody borrows a bicycle."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import keys, tables
from chassis.connections import async_dsn
from chassis.database import Database
from chassis.keystore import Keystore
from chassis.settings import Settings
from contracts.ids import CaseId
from lifecycle import bodies, case_tables, decide, directory, exclusions, pinned, records
from lifecycle.clocks import start
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.fields import text, time
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, EffectKind
from lifecycle.records import CaseRow
from lifecycle.signed import SignedAction, expiry
from lifecycle.table import ClockRule, Lifecycle, Opening, Outcome, Rule, State
from policy.load import load
from policy.model import Role
from tests import real_parts

REPAIRED = UUID("3f6a2b1c-5d7e-4c1a-9b0d-8e2f4a6c7d10")
"""An errand bears being done twice: what it brings about has an id that follows from the case."""
INVESTIGATOR, OTHER_INVESTIGATOR, ETHICS_OFFICER = "S0005", "S0006", "S0007"

# Somebody borrows a bicycle. The clock keys are those of the rehearsal pack: `im.end` reminds 8, 4 and 2 seconds ahead,
# `ombuds.purge` takes 5 seconds, `report.update` 600.
LOAN = Lifecycle(
    name="loan",
    states=(
        State("asked", person_sees=True),
        State("lent", person_sees=True),
        State("overdue", person_sees=True),
        State("returned", person_sees=True, closed=True),
        State("forgotten", person_sees=True, closed=True),
    ),
    opening=Opening(state="asked", fields=(time("lodged_at"), time("until_at", required=False))),
    rules=(
        Rule(
            action="lend",
            states=("asked",),
            by=frozenset({Role.INVESTIGATOR}),
            to="lent",
            fields=(time("until_at"), text("note", required=False)),
            clocks=(start("im.end", due="until_at"),),
            assigns={Role.INVESTIGATOR: "@actor"},
        ),
        Rule(
            action="repair",
            states=("asked", "lent"),
            by=frozenset({Role.INVESTIGATOR, ActorKind.SYSTEM}),
            effects=(Effect(EffectKind.ERRAND, "repair"),),
        ),
        Rule(action="remark", states=("asked", "lent"), by=frozenset({Role.INVESTIGATOR, ActorKind.PERSON})),
        Rule(
            action="keep_in_touch",
            states=("asked", "lent"),
            by=frozenset({ActorKind.PERSON}),
            clocks=(start("report.update"),),
        ),
        Rule(
            action="give_back",
            states=("lent", "overdue"),
            by=frozenset({ActorKind.PERSON}),
            to="returned",
            clocks=(start("ombuds.purge"),),
        ),
    ),
    clocks=(
        ClockRule(
            "im.end",
            outcomes=(Outcome(effects=(Effect(EffectKind.NOTIFY, "loan.overdue"),), to="overdue"),),
            reminds=(Effect(EffectKind.NOTIFY, "loan.ends"),),
            person_sees=True,
        ),
        ClockRule(
            "report.update",
            outcomes=(Outcome(effects=(Effect(EffectKind.NOTIFY, "loan.news"),)),),
            repeats=True,
        ),
        ClockRule(
            "ombuds.purge",
            outcomes=(Outcome(effects=(Effect(EffectKind.ERASE, "matter"),), to="forgotten"),),
            irreversible=True,
        ),
    ),
)


@dataclass
class Loans:
    """The desk, and what a test does with it."""

    desk: Desk
    noticed: list[str] = field(default_factory=list)

    async def open(self, *, tagged: bool = True, now: datetime | None = None) -> CaseId:
        now = now or datetime.now(UTC)
        async with self.desk.database.transaction() as session:
            case_id = await decide.open_case(
                session, self.desk, uuid4(), "loan", 1, {"lodged_at": now.isoformat()}, now
            )
            if tagged:
                await exclusions.exclude(session, self.desk.keys.cell, case_id, Parties(), now)
        return case_id

    async def person(self, case_id: UUID, name: str, now: datetime | None = None) -> Any:
        async with self.desk.database.transaction() as session:
            action, actor = Action(uuid4(), name), Actor(ActorKind.PERSON)
            return await decide.decide_as(session, self.desk, case_id, action, actor, now or datetime.now(UTC))

    async def row(self, case_id: UUID) -> CaseRow:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
        assert row is not None
        return row

    async def sign(
        self,
        case_id: UUID,
        name: str,
        facts: dict[str, Any] | None = None,
        texts: dict[str, str] | None = None,
        *,
        seen: int | None = None,
        staff_id: str = INVESTIGATOR,
        roles: tuple[str, ...] = ("investigator",),
        action_id: UUID | None = None,
        at: datetime | None = None,
    ) -> SignedAction:
        row, action_id = await self.row(case_id), action_id or uuid4()
        async with self.desk.database.transaction() as session:
            named, body_hash = await bodies.store(session, self.desk, row, action_id, texts or {})
        return SignedAction(
            case_id=str(case_id),
            seen_version=row.version if seen is None else seen,
            action_id=str(action_id),
            name=name,
            facts=facts or {},
            bodies=named,
            body_hash=body_hash,
            staff_id=staff_id,
            roles=roles,
            expires_at=expiry(at or datetime.now(UTC)),
        ).sign(self.desk.keys.signing)

    async def decide(self, signed: SignedAction, now: datetime | None = None) -> Any:
        async with self.desk.database.transaction() as session:
            return await decide.decide(session, self.desk, signed, now or datetime.now(UTC))

    async def ring(self, case_id: UUID, now: datetime) -> Any:
        async with self.desk.database.transaction() as session:
            return await decide.ring(session, self.desk, case_id, now)

    async def move_clock(self, by: timedelta) -> None:
        """As the owner of the schema: the service itself may not."""
        await self.execute_as_owner(
            "insert into clock_shift values (true, :by) on conflict (single) do update set moved_by = :by",
            {"by": by},
        )

    async def execute_as_owner(self, statement: str, parameters: dict[str, Any]) -> None:
        assert self.desk.settings.migration_dsn is not None
        await execute(self.desk.settings.migration_dsn, statement, parameters)

    async def query(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.desk.database.transaction() as session:
            return list((await session.execute(sa.text(statement), params=parameters)).all())


async def execute(dsn: str, statement: str, parameters: dict[str, Any]) -> None:
    engine = create_async_engine(async_dsn(dsn))
    async with engine.begin() as connection:
        await connection.execute(sa.text(statement), parameters)
    await engine.dispose()


def declare(metadata: sa.MetaData) -> None:
    for define in (tables.define, case_tables.define, directory.define, exclusions.define, pinned.define):
        define(metadata)


async def create_tables(dsn: str) -> None:
    metadata = sa.MetaData(naming_convention=tables.NAMING)
    declare(metadata)
    engine = create_async_engine(async_dsn(dsn))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


def settings_for(database: real_parts.Database, store: real_parts.Database, folder: Path, **more: Any) -> Settings:
    return Settings(
        **{
            "service": "workflow",
            "database_dsn": database.dsn("workflow"),
            "migration_dsn": database.migration_dsn("workflow"),
            "keystore_dsn": store.dsn("workflow"),
            "kafka_bootstrap": "127.0.0.1:1",
            "kafka_prefix": f"{database.name}.",
            "temporal_address": "127.0.0.1:1",
            "oidc_issuer": "http://127.0.0.1:1",
            "http_port": 0,
            "keys_dir": folder,
            "service_keys": folder / "services.json",
            "policy": "rehearsal",
            **more,
        }
    )


def make_loans(settings: Settings) -> Loans:
    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        loans.noticed.append(effect.name)

    async def repair(case_id: CaseId) -> None:
        async with desk.database.transaction() as session:
            done = Action(uuid5(REPAIRED, str(case_id)), "remark")
            await decide.decide_as(session, desk, case_id, done, Actor(ActorKind.PERSON), datetime.now(UTC))

    assert settings.keystore_dsn is not None
    desk = Desk(
        service="workflow",
        settings=settings,
        database=Database(settings.database_dsn),
        keys=keys.ServiceKeys.load(settings.keys_dir),
        keystore=Keystore(settings.keystore_dsn),
        policy=load(settings.policy),
        lifecycles={"loan": LOAN},
        offices={"loan": "oio"},
        notices_office="oio",
        readers={"loan": frozenset({Role.INVESTIGATOR})},
        purposes={"loan": frozenset({"lending"})},
        effects=effects,
        errands={"repair": repair},
    )
    loans = Loans(desk)
    return loans
