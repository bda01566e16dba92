"""What a service that asks who may act takes of what workflow says is in force."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.database import Database
from chassis.inbox import Event, InvalidMessage
from contracts.policy.v1.policy_pb2 import (
    Appointment,
    AppointmentEnded,
    AppointmentsInForce,
    PolicyInForce,
    PolicyVersion,
)
from contracts.topics import WORKFLOW_POLICY
from lifecycle import in_force
from policy.appointing import appointment_id
from policy.entry import PolicyBroken
from policy.load import load
from policy.model import Policy, Role
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


@dataclass
class Record:
    """What of the record's desk goes by who is appointed."""

    database: Database
    policy: Policy = POLICY


@pytest.fixture
async def record(world: World) -> Record:
    return Record(world.databases["audit"])


async def take(record: Record, said: AppointmentsInForce | PolicyInForce) -> None:
    event = Event(WORKFLOW_POLICY, in_force.KEY_OF[type(said)], uuid4(), "workflow", 1, NOW, said)
    async with record.database.transaction() as session:
        await in_force.handlers(record)[type(said)](session, event)


def auditors(record: Record) -> set[str]:
    return {one.staff_id for one in record.policy.appointed(Role.AUDITOR, NOW)}


async def test_each_process_goes_by_the_newest_that_is_kept(record: Record) -> None:
    here, there = in_force.InForce(record), Record(record.database)
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
    with pytest.raises(InvalidMessage, match="not_decided_by_the_rules"):
        await take(record, said)
    await in_force.InForce(record).read()
    assert record.policy is POLICY


OTHER = load("minimal")


def version(days: int = 0, **changes: str) -> PolicyVersion:
    said = PolicyVersion(
        pack="minimal",
        version="1",
        content_hash=OTHER.content_hash,
        from_day=(TODAY + timedelta(days=days)).isoformat(),
        drafted_by="S0073",
        confirmed_by="S0015",
    )
    for name, value in changes.items():
        setattr(said, name, value)
    return said


async def test_new_cases_begin_with_the_version_that_was_decided_from_its_day_on(record: Record) -> None:
    process = in_force.InForce(record)
    await take(record, AppointmentsInForce(number=1, appointed=[APPOINTED]))
    await take(record, PolicyInForce(number=1, decided=[version(days=30)]))
    await process.read()
    assert record.policy.pin == "iom-2024-03/1", "it is still to come"
    await take(record, PolicyInForce(number=2, decided=[version(days=30), version()]))
    await process.read()
    assert (record.policy.pin, record.policy.content_hash) == ("minimal/1", OTHER.content_hash)
    assert auditors(record) == {AUDITOR, NEW}, "and the people are those who were appointed"
    there = Record(record.database)
    await in_force.InForce(there).read()
    assert there.policy == record.policy


async def test_other_files_than_were_decided_on_are_not_followed_but_people_are(record: Record) -> None:
    process = in_force.InForce(record)
    await take(record, PolicyInForce(number=1, decided=[version(content_hash="0" * 64)]))
    await take(record, AppointmentsInForce(number=1, appointed=[APPOINTED]))
    with pytest.raises(PolicyBroken, match="is not what was decided on"):
        await process.read()
    assert record.policy.pin == "iom-2024-03/1"
    assert auditors(record) == {AUDITOR, NEW}


@pytest.mark.parametrize("changes", [{"confirmed_by": "s0073"}, {"drafted_by": ""}, {"from_day": "soon"}])
async def test_a_version_that_two_people_did_not_decide_on_is_kept_aside(
    record: Record, changes: dict[str, str]
) -> None:
    with pytest.raises(InvalidMessage, match="not_decided_by_the_rules"):
        await take(record, PolicyInForce(number=1, decided=[version(**changes)]))
    await in_force.InForce(record).read()
    assert record.policy is POLICY


def test_of_several_versions_the_one_that_began_last_counts() -> None:
    said = PolicyInForce(decided=[version(1, version="1"), version(0, version="2"), version(1, version="3")])
    found = [in_force.version_at(said, TODAY + timedelta(days=day)) for day in (-1, 0, 1)]
    assert [one and one.version for one in found] == [None, "2", "3"]
