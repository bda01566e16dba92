"""The whole invented organisation at work, for tests of who takes a matter: its people, appointments, and reports."""

import os
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from chassis.sealing import SEED_BYTES, DeskPrivateKey
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_CONFIDENTIAL, ReportLodged
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE, INTAKE_REPORTS_WORKFLOW
from lifecycle import access
from lifecycle.decide import decide_as
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from policy.model import Appointment, Office, Role
from tests.integration.workflow.house import House

PEOPLE = Path(__file__).parents[2] / "ops" / "demo" / "people.toml"

PERSON, HEAD_OF_MISSION, OFFENDER = "S0018", "S0017", "S0019"
OVERSIGHT, HEAD_OF_OVERSIGHT, DIRECTOR_GENERAL = {"S0005", "S0006"}, "S0008", "S0001"
COMMITTEE, OUTSIDE_INVESTIGATOR, OUTSIDE_COUNSEL, ALTERNATE = {"S0062", "S0063"}, "S0064", "S0065", "S0066"


async def staffed(house: House) -> House:
    for one in tomllib.loads(PEOPLE.read_text())["people"]:
        await import_person(house, one["staff_id"])
    return house


async def import_person(house: House, staff_id: str, **changes: Any) -> None:
    (one,) = [one for one in tomllib.loads(PEOPLE.read_text())["people"] if one["staff_id"] == staff_id]
    known = {name: one[name] for name in ("staff_id", "unit", "station", "contract")}
    person = Person(**(known | {"line_staff_id": one["line"], "active": True} | changes))
    person.valid_from.FromDatetime(datetime.now(UTC))
    await house.receive(HR_PEOPLE, staff_id, person)


async def lodge(house: House, desk: str = "", lifecycle: str = "formal_report") -> CaseId:
    """As intake tells that it has sealed a report to this desk."""
    report_id = uuid4()
    message = ReportLodged(
        report_id=str(report_id),
        lifecycle=lifecycle,
        mode=REPORTING_MODE_CONFIDENTIAL,
        route_public_key=DeskPrivateKey.from_seed(os.urandom(SEED_BYTES)).public,
        language="en",
        desk=desk,
    )
    message.lodged_at.FromDatetime(datetime.now(UTC))
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(report_id), message)
    query = "select case_id from cases where report_id = :report_id and lifecycle = :lifecycle"
    ((case_id,),) = await house.query(query, report_id=report_id, lifecycle=lifecycle)
    return CaseId(case_id)


async def routed(house: House, case_id: CaseId, named: Parties) -> CaseId:
    await house.route(case_id, named)
    async with house.desk.database.transaction() as session:
        outcome = await decide_as(
            session, house.desk, case_id, Action(uuid4(), "record_routed"), Actor(ActorKind.SYSTEM), datetime.now(UTC)
        )
    assert not isinstance(outcome, Refused), outcome
    return case_id


async def measure_of(house: House, case_id: CaseId, named: Parties) -> CaseId:
    """An interim measure beside a report, routed as its errand does."""
    return await routed(house, await house.open("interim_measure", (await house.row(case_id)).report_id), named)


def about(*staff_ids: str, affected: str = PERSON, **more: Any) -> Parties:
    return Parties(affected_individual=affected, alleged_offender=staff_ids, **more)


async def parts(house: House, case_id: CaseId, staff_id: str) -> frozenset[Role]:
    """What somebody may act as in a case that they see; nothing where they do not."""
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        actor = await access.actor_of(session, house.desk, row, staff_id, datetime.now(UTC))
        now = datetime.now(UTC)
        listed, _ = await access.cases_seen_by(session, house.desk, staff_id, now, after=None, limit=50)
    seen = access.may_see(house.desk, row, actor)
    assert seen == (case_id in {one.case_id for one, _ in listed}), "the list and the case say the same"
    return actor.roles & house.desk.readers_of(row) if seen else frozenset()


async def readers(house: House, case_id: CaseId) -> set[str]:
    everybody = {one.staff_id for one in house.desk.policy.appointments}
    return {staff_id for staff_id in everybody if await parts(house, case_id, staff_id)}


async def told(house: House, wording: str = "") -> set[str]:
    return {staff_id for key, staff_id in await house.notices() if key.startswith(wording)}


def appoint(house: House, *more: Appointment, without: Iterable[str] = ()) -> None:
    """The organisation has changed its appointments: a new file, and so another hash."""
    kept = [one for one in house.desk.policy.appointments if one.staff_id not in set(without)]
    house.desk.policy = replace(house.desk.policy, appointments=(*kept, *more), appointments_hash=uuid4().hex)


def appointment(staff_id: str, role: Role, **more: Any) -> Appointment:
    office = more.pop("office", Office.OIO)
    return Appointment(
        staff_id, role, office, "valmora", more.pop("from_", datetime.now(UTC).date()), **more,
        appointed_by="S0001", confirmed_by="S0020",
    )  # fmt: skip


async def investigated(house: House, named: Parties, investigator: str = "S0006") -> CaseId:
    case_id = await routed(house, await lodge(house), named)
    for staff_id, action in (("S0005", "acknowledge"), (investigator, "start_assessment")):
        assert not isinstance(await house.act(staff_id, case_id, action), Refused)
    assert (await house.row(case_id)).data["assigned"]["investigator"] == investigator
    return case_id
