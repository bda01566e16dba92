"""What a service that asks who may act takes of what workflow says is in force."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.inbox import Event, InvalidMessage
from contracts.policy.v1.policy_pb2 import Appointment, AppointmentEnded, AppointmentsInForce
from contracts.topics import WORKFLOW_POLICY
from lifecycle import in_force
from policy.appointing import appointment_id
from policy.load import load
from policy.model import Role
from services.audit.web.api import Record
from tests.integration.audit.sources import World

AUDITOR, NEW = "S0015", "S0040"
NOW = datetime.now(UTC)
TODAY = NOW.date()
APPOINTED = Appointment(
    staff_id=NEW,
    role="auditor",
    place="valmora",
    from_day=TODAY.isoformat(),
    appointed_by="S0073",
    confirmed_by="S0074",
)
POLICY = load("iom-2024-03")
[OLD] = POLICY.appointed(Role.AUDITOR, NOW)
ENDED = AppointmentEnded(
    appointment_id=appointment_id(OLD),
    last_day=(TODAY - timedelta(days=1)).isoformat(),
    ended_by="S0073",
    confirmed_by="S0074",
)


@pytest.fixture
async def record(world: World) -> Record:
    return Record(world.databases["audit"], POLICY)


async def take(record: Record, said: AppointmentsInForce) -> None:
    event = Event(WORKFLOW_POLICY, in_force.APPOINTMENTS, uuid4(), "workflow", 1, NOW, said, None)
    async with record.database.transaction() as session:
        await in_force.remember(record)(session, event)


def auditors(record: Record) -> set[str]:
    return {one.staff_id for one in record.policy.appointed(Role.AUDITOR, NOW)}


async def test_each_process_goes_by_the_newest_that_is_kept(record: Record) -> None:
    here, there = in_force.InForce(record), Record(record.database, POLICY)
    await take(record, AppointmentsInForce(number=1, appointed=[APPOINTED]))
    assert auditors(record) == {AUDITOR}, "kept, and not gone by yet"
    await here.read()
    assert auditors(record) == {AUDITOR, NEW}
    await take(record, AppointmentsInForce(number=3, appointed=[APPOINTED], ended=[ENDED]))
    await take(record, AppointmentsInForce(number=3, appointed=[APPOINTED], ended=[ENDED]))
    await here.read()
    await in_force.InForce(there).read()
    assert auditors(record) == auditors(there) == {NEW}, "what came between is in it"


@pytest.mark.parametrize(
    "said",
    [
        AppointmentsInForce(number=1),
        AppointmentsInForce(number=2, ended=[ENDED]),
    ],
)
async def test_decisions_are_never_taken_back(record: Record, said: AppointmentsInForce) -> None:
    await take(record, AppointmentsInForce(number=2, appointed=[APPOINTED]))
    with pytest.raises(InvalidMessage, match="decisions_taken_back"):
        await take(record, said)
    await in_force.InForce(record).read()
    assert auditors(record) == {AUDITOR, NEW}


def wrong(**changes: str) -> AppointmentsInForce:
    one = Appointment.FromString(APPOINTED.SerializeToString())
    for name, value in changes.items():
        setattr(one, name, value)
    return AppointmentsInForce(number=1, appointed=[one])


@pytest.mark.parametrize(
    "said",
    [
        wrong(confirmed_by="S0073"),
        wrong(confirmed_by=NEW),
        wrong(role="king"),
        wrong(role="manager"),
        wrong(from_day="soon"),
        wrong(to_day="2020-01-01"),
        wrong(confirmed_by=""),
        AppointmentsInForce(
            number=1,
            ended=[AppointmentEnded(appointment_id="a", last_day="2026-01-01", ended_by="S", confirmed_by="S")],
        ),
        AppointmentsInForce(number=1, ended=[AppointmentEnded(appointment_id="a", last_day="2026-01-01")]),
    ],
)
async def test_of_what_two_people_did_not_decide_nothing_is_in_force(record: Record, said: AppointmentsInForce) -> None:
    with pytest.raises(InvalidMessage, match="appointments_unreadable"):
        await take(record, said)
    await in_force.InForce(record).read()
    assert record.policy is POLICY
