"""How a change of a reporting line may end, each on the real HR system, database and server: the HR bridge's `Work`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from google.protobuf.message import Message
from temporalio.client import Client

from chassis import keys
from chassis.inbox import Event
from chassis.sealing import seal_to
from contracts.measures.v1.measures_pb2 import MEASURE_ENDING_RESTORE, MeasureDecided, MeasureEnded
from contracts.topics import WORKFLOW_MEASURES
from ops.local_stack import roles
from ops.local_stack.people import organisation
from ops.local_stack.ports import free_port
from ops.local_stack.postgres import Postgres
from ops.local_stack.temporal import Temporal
from ops.local_stack.tryton import ADMIN, Tryton
from ops.local_stack.tryton_client import TrytonClient
from services.hr_bridge import consumers
from services.hr_bridge.adapters import tryton as adapters
from services.hr_bridge.saga.keep import Workflows
from tests.integration.hr_bridge.alone import open_bridge
from tests.integration.hr_bridge.house import HrSystem
from tests.real_parts import PostgresServer, password
from tests.replay.recorded import KEY, keep
from tests.waiting import eventually

FOLDER: Final = "work"
_TEMPORARY: Final = "S0019"
_OTHER: Final = "S0022"


def measure_of(name: str) -> UUID:
    """The workflow's id, under which its payloads are sealed."""
    return uuid5(NAMESPACE_URL, name)


class Recorder:
    """Workflow, HR and an operator in one."""

    def __init__(self, bridge: Any, workflows: Workflows, client: Client, hr: HrSystem, part: Tryton) -> None:
        self.bridge, self.client, self.hr, self.part = bridge, client, hr, part
        self.handlers = consumers.handlers(bridge, workflows.start)[WORKFLOW_MEASURES]

    async def send(self, measure: UUID, message: Message) -> None:
        event = Event(WORKFLOW_MEASURES, str(measure), uuid4(), "workflow", 1, datetime.now(UTC), message)
        async with self.bridge.database.transaction() as session:
            after = await self.handlers[type(message)](session, event)
        assert after is not None
        await after()

    async def decide(self, measure: UUID, person: str, from_at: datetime | None = None, now: str = "") -> None:
        now = now or await self.hr.supervisor(person)
        persons = f'{{"person": "{person}", "current_supervisor": "{now}", "temporary_supervisor": "{_TEMPORARY}"}}'
        sealed = seal_to(
            self.bridge.keys.desk("hr").public, persons.encode(), context=f"measure|{measure}".encode(), size=4_096
        )
        message = MeasureDecided(measure_id=str(measure), type="reporting_line_change", sealed_persons=sealed)
        message.from_at.FromDatetime(from_at or datetime.now(UTC))
        await self.send(measure, message)

    async def end(self, measure: UUID) -> None:
        await self.send(measure, MeasureEnded(measure_id=str(measure), ending=MEASURE_ENDING_RESTORE))

    async def over(self, measure: UUID) -> None:
        await self.client.get_workflow_handle(str(measure)).result()

    async def tried_in_vain(self, measure: UUID) -> bool:
        described = await self.client.get_workflow_handle(str(measure)).describe()
        return any(one.attempt > 1 for one in described.raw_description.pending_activities)

    async def waits(self, measure: UUID) -> bool:
        events = (await self.client.get_workflow_handle(str(measure)).fetch_history()).events
        return any(one.HasField("timer_started_event_attributes") for one in events)


async def _applied_at_its_hour(recorder: Recorder, measure: UUID) -> None:
    await recorder.decide(measure, "S0018", datetime.now(UTC) + timedelta(seconds=3))


async def _restored(recorder: Recorder, measure: UUID) -> None:
    await recorder.decide(measure, "S0026")
    await recorder.over(measure)
    await recorder.end(measure)


async def _ended_before_its_hour(recorder: Recorder, measure: UUID) -> None:
    await recorder.decide(measure, "S0056", datetime.now(UTC) + timedelta(days=1))
    await eventually(lambda: recorder.waits(measure))
    await recorder.end(measure)


async def _refused_by_the_hr_system(recorder: Recorder, measure: UUID) -> None:
    """Its password was changed, and then ours."""
    tryton, right = recorder.bridge.tryton, recorder.bridge.tryton._password
    tryton._password, tryton._session = "wrong", None
    await recorder.decide(measure, "S0041")
    await eventually(lambda: recorder.tried_in_vain(measure))
    tryton._password = right


async def _written_meanwhile(recorder: Recorder, measure: UUID) -> None:
    """Between our reading and our writing somebody in HR gives her another supervisor."""
    tryton = recorder.bridge.tryton
    write = tryton.set_supervisor

    async def overtaken(line: adapters.Line, supervisor: str) -> None:
        tryton.set_supervisor = write
        await recorder.hr.set_supervisor("S0034", _OTHER)
        await write(line, supervisor)

    tryton.set_supervisor = overtaken
    await recorder.decide(measure, "S0034")


async def _hr_system_down_and_back(recorder: Recorder, measure: UUID) -> None:
    now = await recorder.hr.supervisor("S0043")
    await recorder.part.stop()
    await recorder.decide(measure, "S0043", now=now)
    await eventually(lambda: recorder.tried_in_vain(measure))
    await recorder.part.start()
    await recorder.part.ready()


_PATHS: Final[Mapping[str, Callable[[Recorder, UUID], Awaitable[None]]]] = {
    "applied_at_its_hour": _applied_at_its_hour,
    "restored": _restored,
    "ended_before_its_hour": _ended_before_its_hour,
    "refused_by_the_hr_system": _refused_by_the_hr_system,
    "written_meanwhile": _written_meanwhile,
    "hr_system_down_and_back": _hr_system_down_and_back,
}
PATHS: Final = tuple(_PATHS)


async def record(server: Temporal, client: Client, names: list[str], folder: Path) -> None:
    async with _recorder(server, client, folder) as recorder:
        for name in names:
            measure = measure_of(name)
            await _PATHS[name](recorder, measure)
            await recorder.over(measure)
            await keep(client.get_workflow_handle(str(measure)), FOLDER, name)


@asynccontextmanager
async def _recorder(server: Temporal, client: Client, folder: Path) -> AsyncIterator[Recorder]:
    postgres = Postgres(folder / "postgres", free_port(), folder / "postgres.log", password=password("admin"))
    part = Tryton(
        folder / "tryton",
        free_port(),
        folder / "tryton.log",
        organisation(),
        password=password("admin"),
        hr_bridge_password=password("hr_bridge"),
    )
    keys.create("hr_bridge", folder / "hr_bridge")
    try:
        for one in (postgres, part):
            await one.start()
            await one.ready()
        database = await PostgresServer(postgres, roles.plans()["postgres"]).fresh("hr_bridge")
        async with (
            open_bridge(
                database,
                folder,
                tryton_url=part.url,
                tryton_password=part.hr_bridge_password,
                temporal_address=server.address,
            ) as made,
            TrytonClient(part.url, ADMIN, part.password) as admin,
        ):
            bridge = replace(made, keys=replace(made.keys, codec=KEY))
            workflows = Workflows(bridge)
            running = asyncio.create_task(workflows.run())
            yield Recorder(bridge, workflows, client, HrSystem(admin), part)
            running.cancel()
            await asyncio.wait([running])
    finally:
        await part.stop()
        await postgres.stop()
