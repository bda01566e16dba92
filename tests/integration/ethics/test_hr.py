"""The ethics office and the HR bridge, each on a database of its own: what one says, the other acts on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.message import Message
from sqlalchemy import text

from chassis.consumer import Event
from contracts.holds.v1.holds_pb2 import HoldAnswered, HoldAsked, HoldReleased
from contracts.people.v1.people_pb2 import Person
from contracts.personnel.v1.actions_pb2 import SealedPersonnelAction
from contracts.topics import ETHICS_HOLDS, HR_HOLD_RESULTS, HR_PEOPLE, HR_PERSONNEL_ACTIONS, Topic
from services.ethics.consumers import handlers as ethics_handlers
from services.ethics.consumers import sentinel_handlers
from services.ethics.use_cases.watch_contracts import watch_contracts
from services.hr_bridge import consumers, directory, personnel_actions
from services.hr_bridge.adapters.tryton import Employee
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.web.words import HoldAnswer, answered
from tests.integration.ethics.office import ETHICS_OFFICER, PROTECTED, UNPROTECTED, Office
from tests.integration.hr_bridge.alone import ethics_is_known, open_bridge
from tests.real_parts import Database

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ENDS = date(2031, 6, 30)
HR_OFFICER = "S0009"
SHE = Employee(PROTECTED, "OIO", "valmora", "staff", "S0017", date(2024, 1, 1), None, "s0018@staff.example")
HE = replace(SHE, staff_id=UNPROTECTED, end=ENDS)


class Both:
    """Carries what stands in either outbox over to the other side, in its order."""

    def __init__(self, office: Office, bridge: Bridge) -> None:
        self.office, self.bridge = office, bridge
        self._carried: set[UUID] = set()

    async def carry(self) -> None:
        async def start(measure_id: UUID) -> None:
            raise AssertionError(measure_id)

        to_ethics = {**ethics_handlers(self.office.desk), **sentinel_handlers(self.office.desk)}
        to_hr = consumers.handlers(self.bridge, start)
        ours, hrs = self.office.desk.database, self.bridge.database
        await self._carry(ours, hrs, to_hr, ETHICS_HOLDS, HoldAsked, HoldReleased)
        await self._carry(hrs, ours, to_ethics, HR_HOLD_RESULTS, HoldAnswered)
        await self._carry(hrs, ours, to_ethics, HR_PEOPLE, Person)
        await self._carry(hrs, ours, to_ethics, HR_PERSONNEL_ACTIONS, SealedPersonnelAction)

    async def _carry(self, from_: Any, to: Any, handlers: Any, topic: Topic, *types: type[Message]) -> None:
        query = text("select event_id, key, sequence, type, value, time from outbox where topic = :topic order by id")
        async with from_.transaction() as session:
            rows = (await session.execute(query, {"topic": topic.name})).all()
        known = {one.DESCRIPTOR.full_name: one for one in types}
        for row in rows:
            if row.event_id in self._carried:
                continue
            self._carried.add(row.event_id)
            message = known[row.type].FromString(row.value)
            event = Event(topic, row.key, row.event_id, "", row.sequence, row.time, message)
            async with to.transaction() as session:
                await handlers[topic][type(message)](session, event)

    async def hr_reads(self, *employees: Employee) -> None:
        async with self.bridge.database.transaction() as session:
            await directory.take_over(session, list(employees), self.bridge.policy, NOW)
        await self.carry()

    async def task(self) -> Any:
        async with self.bridge.database.transaction() as session:
            return (await session.execute(text("select * from tasks where kind = 'hold'"))).one()

    async def hold_of(self, case_id: UUID) -> object:
        return (await self.office.row(case_id)).data["facts"]["hr_hold"]


@pytest.fixture
async def both(quiet_office: Office, fresh_database: Callable[..., Awaitable[Database]]) -> AsyncIterator[Both]:
    await quiet_office.others_keys()
    async with open_bridge(await fresh_database("hr_bridge"), quiet_office.scratch) as bridge:
        await ethics_is_known(bridge)
        yield Both(quiet_office, bridge)


async def held(both: Both) -> UUID:
    """A case in which HR has been asked to leave her contract's end as it is, and keeps it."""
    await both.hr_reads(SHE, HE)
    case_id = await both.office.request()
    await both.office.walk(case_id, ("acknowledge", ETHICS_OFFICER))
    until = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    await both.office.act(case_id, "ask_hr_hold", ETHICS_OFFICER, contested="non_renewal", hold_until=until)
    await both.carry()
    task = await both.task()
    async with both.bridge.database.transaction() as session:
        await answered(session, both.bridge, task.task_id, HoldAnswer(uuid4(), kept=True), HR_OFFICER)
    await both.carry()
    assert await both.hold_of(case_id) == "kept"
    return case_id


async def test_hr_keeps_a_hold_until_the_office_releases_it(both: Both) -> None:
    case_id = await held(both)
    await both.office.walk(case_id, ("release_hr_hold", ETHICS_OFFICER))
    await both.carry()
    assert ((await both.task()).state, await both.hold_of(case_id)) == ("withdrawn", "released")


async def test_inv_46_what_hr_does_against_a_hold_reaches_whoever_asked_for_it_and_raises_a_query(both: Both) -> None:
    case_id = await held(both)
    today = datetime.now(UTC).date()
    for staff_id in (UNPROTECTED, PROTECTED):
        async with both.bridge.database.transaction() as session:
            declared = personnel_actions.Declared("non_renewal", staff_id, today, f"HR-{staff_id}")
            await personnel_actions.record(session, both.bridge, declared, datetime.now(UTC))
        await both.carry()
        wanted = "kept" if staff_id == UNPROTECTED else "not_possible"
        assert await both.hold_of(case_id) == wanted
    task = await both.task()
    assert (task.state, task.code) == ("failed", "done_anyway")
    assert (await both.office.row(case_id)).data["steps"][-1].action == "record_hr_hold"
    [query] = await both.office.queries()
    assert (await both.office.facts(query, "imminent_harm"))["kind"] == "non_renewal"


async def test_inv_46_the_end_of_a_protected_persons_contract_comes_from_the_hr_system_and_is_watched(
    both: Both,
) -> None:
    await both.office.protect()
    await both.hr_reads(SHE, HE)

    async def watch(day: date) -> Any:
        async with both.office.desk.database.transaction() as session:
            return await watch_contracts(session, both.office.desk, datetime(day.year, day.month, day.day, tzinfo=UTC))

    assert await watch(ENDS - timedelta(days=30)) == [], "hers has no end, and his is nobody's to watch"
    await both.hr_reads(replace(SHE, end=ENDS), HE)
    asked = [left for left in (121, 120, 90, 60, 30, 0) if await watch(ENDS - timedelta(days=left))]
    assert asked == [120, 90, 60, 30, 0]
    facts = [await both.office.facts(one) for one in await both.office.queries()]
    assert {(one["contract_ends_on"], one["protections"][0]["staff_id"]) for one in facts} == {
        (ENDS.isoformat(), PROTECTED)
    }
