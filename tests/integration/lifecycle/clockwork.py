"""Cases of every procedure on a Temporal server that skips time: each case has a clock of its own, wound on as far as a
test says, and stands in real time otherwise.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from chassis import keys
from chassis.database import Database
from chassis.keystore import Keystore
from chassis.temporal import sealing_converter, worker
from contracts.ids import CaseId
from lifecycle import changes, engine, exclusions, records
from lifecycle.activities import Activities
from lifecycle.desk import Desk
from lifecycle.durable import Procedure, Running
from lifecycle.exclusions import Parties
from lifecycle.model import SYSTEM, Action, Case, Clock, Effect, EffectKind, Fact, Facts, Refused, Step
from lifecycle.records import CaseRow, step_to_json
from lifecycle.sender import ActionLost, Sender
from lifecycle.serial import from_json, to_json
from ops.local_stack.temporal import executable
from policy.model import BY_ASSIGNMENT, Policy, Role
from tests import real_parts
from tests.integration.desk_on_stores import settings_on_stores
from tests.integration.lifecycle.loans import execute
from tests.lifecycles import BY_NAME, LIFECYCLES, NOW
from tests.unit.lifecycle.test_cells import EVERYBODY_DECIDES
from tests.waiting import eventually

CHOSEN: Final = {"review.request": 90, "review.appeal": 90, "keep.substantiated": 84}
POLICY: Final = replace(
    EVERYBODY_DECIDES,
    deadlines={
        key: replace(one, amount=CHOSEN.get(key, one.amount)) for key, one in EVERYBODY_DECIDES.deadlines.items()
    },
)
"""The pack with what it leaves to the organisation chosen: a clock without a length never starts."""


LATE: Final = timedelta(minutes=20)
"""A case's own clock runs on while a busy worker comes to it."""
A_LONG_TIME: Final = 120.0


ERRANDS: Final = {
    effect.name
    for lifecycle in LIFECYCLES
    for clock in lifecycle.clocks
    for effect in (*clock.reminds, *(one for outcome in clock.outcomes for one in outcome.effects))
    if effect.kind is EffectKind.ERRAND
}
_KEEP_STEP: Final = sa.text("insert into case_steps (case_id, version, step) values (:case_id, :version, :step)")


@dataclass
class Clockwork:
    """A desk of all procedures, its worker, and what was told whom."""

    desk: Desk
    environment: WorkflowEnvironment
    heard: list[tuple[UUID, int, str, Mapping[str, Fact]]] = field(default_factory=list)
    """Case, version, wording, to whom: each entry counts once, for a transaction may be tried again."""
    erased: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    """What a case was when it went."""

    async def put(self, case: Case, *clocks: str, staff_id: str = "S9000", skips: bool = False) -> CaseId:
        """Keeps a case as it would stand had it begun next Monday, with no clocks but these and its parts with
        `staff_id`, and starts its workflow: its time is skipped, or stands in real time until it is wound on.
        """
        alone = replace(
            case,
            report_id=uuid4(),
            clocks={key: clock for key, clock in case.clocks.items() if key in clocks},
            assigned={role: staff_id for role in case.assigned if role not in BY_ASSIGNMENT},
        )
        row = _row(self.desk, _later(alone, next_monday() - NOW))
        async with self.desk.database.transaction() as session:
            assert await records.insert(session, row)
            for step in row.data["steps"][:-1]:
                values = {"case_id": row.case_id, "version": step.version, "step": step_to_json(step)}
                await session.execute(_KEEP_STEP, params=values)
            await exclusions.exclude(session, self.desk.keys.cell, row.case_id, Parties(), datetime.now(UTC))
        with nullcontext() if skips else self.environment.with_time_skipping_disabled():
            await self.environment.client.start_workflow(
                Procedure.run, Running(str(row.case_id)), id=row.workflow_id, task_queue=self.desk.task_queue
            )
        return CaseId(row.case_id)

    async def row(self, case_id: UUID) -> CaseRow:
        async with self.desk.database.transaction() as session:
            row = await records.load(session, case_id)
        assert row is not None
        return row

    async def case(self, case_id: UUID) -> Case:
        """As it is, or was when it went."""
        row = await self.row(case_id)
        return from_json(self.erased[case_id] if row.erased_at else row.data)

    async def handle(self, case_id: UUID) -> WorkflowHandle[Any, Any]:
        return self.environment.client.get_workflow_handle((await self.row(case_id)).workflow_id)

    async def now(self, case_id: UUID) -> datetime:
        """Where the case's own clock stands."""
        return await self.environment.get_current_time(await self.handle(case_id))

    async def wind_on(self, case_id: UUID, until: datetime) -> None:
        """Lets the case live until then, with all that its clocks bring; less long where it ends before."""
        left = until - await self.now(case_id)
        assert left > timedelta(0), f"it is {-left} too late for that"
        await self.environment.fast_forward(await self.handle(case_id), left)

    async def act(
        self, case_id: UUID, name: str, staff_id: str, facts: Mapping[str, Fact], texts: Mapping[str, str]
    ) -> Mapping[str, Any] | Refused:
        """As a page does: signed for the version that was seen, and sent to the workflow."""
        row, sender = await self.row(case_id), Sender(self.desk, self.environment.client)
        async with self.desk.database.transaction_if_needed() as begun:
            signed = await sender.sign(begun, row, Action(uuid4(), name, dict(facts)), texts, staff_id)

        async def answered() -> tuple[Mapping[str, Any] | Refused] | None:
            """Sent again, it is taken once."""
            try:
                return (await sender.send(row, signed),)
            except ActionLost:
                return None

        (answer,) = await eventually(answered)
        return answer  # type: ignore[no-any-return]


def next_monday() -> datetime:
    """Nine o'clock on the next Monday: the working days of a case do not depend on the day of the test."""
    weeks = (datetime.now(UTC) - NOW) // timedelta(weeks=1) + 1
    return NOW + timedelta(weeks=weeks)


def _later(case: Case, by: timedelta) -> Case:
    """The same with every time later, and with a step for its version where it is made up."""
    made_up = not case.steps or case.steps[-1].version != case.version
    steps = (*case.steps, Step(case.version, "open", SYSTEM, None, case.opened_at)) if made_up else case.steps
    return replace(
        case,
        opened_at=case.opened_at + by,
        clocks={key: _clock_later(clock, by) for key, clock in case.clocks.items()},
        steps=tuple(replace(step, at=step.at + by, facts=_facts_later(step.facts, by)) for step in steps),
        facts=_facts_later(case.facts, by),
    )


def _clock_later(clock: Clock, by: timedelta) -> Clock:
    times = ("started_at", "due_at", "paused_at", "met_at")
    return clock._replace(**{name: at + by for name in times if (at := getattr(clock, name)) is not None})


def _facts_later(facts: Facts, by: timedelta) -> dict[str, Fact]:
    is_time = re.compile(r"20\d\d-\d\d-\d\dT").match
    return {
        name: (datetime.fromisoformat(fact) + by).isoformat() if isinstance(fact, str) and is_time(fact) else fact
        for name, fact in facts.items()
    }


def _row(desk: Desk, case: Case) -> CaseRow:
    return CaseRow(
        case_id=uuid4(),
        report_id=case.report_id,
        lifecycle=case.lifecycle,
        number=case.number,
        state=case.state,
        version=case.version,
        data=to_json(case),
        policy_name=POLICY.name,
        policy_version=POLICY.version,
        policy_hash=POLICY.content_hash,
        workflow_id=str(uuid4()),
        next_due_at=changes.next_due_at(desk, case, POLICY),
        unmet_at=engine.unmet_at(case),
        errands=(),
        handlers=tuple(sorted(set(case.assigned.values()))),
        placed_version=0,
        opened_at=case.opened_at,
        changed_at=case.opened_at,
        closed_at=None,
        erased_at=None,
    )


@asynccontextmanager
async def clockwork(
    database: real_parts.Database, store: real_parts.Database, folder: Path
) -> AsyncIterator[Clockwork]:
    """With a worker that keeps its cases going. The schema's own clock is far ahead: when something that cannot be
    undone happens is left to the workflow's clock alone.
    """
    settings = await settings_on_stores("workflow", (), database, store, folder, policy=POLICY.name)
    await execute(
        database.migration_dsn("workflow"),
        "insert into clock_shift values (true, :by)",
        {"by": timedelta(days=365 * 50)},
    )
    made: list[Clockwork] = []

    async def effects(session: AsyncSession, row: CaseRow, case: Case, effect: Effect) -> None:
        heard = (row.case_id, case.version, effect.name, effect.facts)
        if heard not in made[0].heard:
            made[0].heard.append(heard)

    async def clear(session: AsyncSession, row: CaseRow) -> None:
        made[0].erased[row.case_id] = row.data

    desk = _desk(settings, POLICY, effects, clear)
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=sealing_converter(desk.keys.codec),
        dev_server_existing_path=str(executable()),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        dev_server_log_level="error",
    )
    made.append(Clockwork(desk, environment))
    activities = Activities(desk).all
    try:
        async with (
            environment,
            worker(environment.client, desk.task_queue, workflows=[Procedure], activities=activities),
        ):
            yield made[0]
    finally:
        await desk.database.close()
        await desk.keystore.close()


def _desk(settings: Any, policy: Policy, effects: Any, clear: Any) -> Desk:
    return Desk(
        service="workflow",
        settings=settings,
        database=Database(settings.database_dsn, pool_size=10),
        keys=keys.ServiceKeys.load(settings.keys_dir),
        keystore=Keystore.of(settings),
        policy=policy,
        lifecycles=BY_NAME,
        offices=dict.fromkeys(BY_NAME, "oio"),
        readers=dict.fromkeys(BY_NAME, frozenset(Role)),
        purposes=dict.fromkeys(BY_NAME, frozenset()),
        effects=effects,
        notices_office="oio",
        errands=dict.fromkeys(ERRANDS, _stay_here),
        clear=clear,
    )


async def _stay_here(_: CaseId) -> None:
    """An errand takes somebody out of the house, and time is not skipped while it is waited for."""


def rings(case: Case, key: str, since: int = 0) -> list[Step]:
    """Of the clock, after the version `since`."""
    later = (step for step in case.steps if step.version > since and step.action == "ring")
    return [step for step in later if step.facts["clock"] == key]
