"""The tricky cases of policy section 6 that concern who takes a matter: on the real engine, tables and stores."""

import os
import tomllib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.sealing import SEED_BYTES, DeskPrivateKey, SealNotOpened, unwrap
from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_CONFIDENTIAL, PartiesAdded, ReportLodged
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE, INTAKE_REPORTS_WORKFLOW
from lifecycle import access, api, parties, recusal
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.records import CaseRow
from lifecycle.sender import Sender
from ops.demo.sign_in import access_token
from ops.local_stack.guardian import Guardian
from ops.local_stack.oidc import Oidc
from policy.model import Appointment, Office, Role
from tests import real_parts
from tests.integration.ethics.office import open_office
from tests.integration.workflow.house import House

Fresh = Callable[..., Awaitable[real_parts.Database]]
PEOPLE = Path(__file__).parents[2] / "ops" / "demo" / "people.toml"

PERSON, HEAD_OF_MISSION, OFFENDER = "S0018", "S0017", "S0019"
OVERSIGHT, HEAD_OF_OVERSIGHT, DIRECTOR_GENERAL = {"S0005", "S0006"}, "S0008", "S0001"
COMMITTEE, OUTSIDE_INVESTIGATOR, OUTSIDE_COUNSEL, ALTERNATE = {"S0062", "S0063"}, "S0064", "S0065", "S0066"
HEADS, HR_DIRECTOR, LEGAL = {"S0003", "S0004"}, "S0002", "S0003"


@pytest.fixture
async def house(house: House) -> House:
    """Where the whole invented organisation works."""
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


async def test_the_alleged_offender_is_head_of_mission(house: House) -> None:
    """Another head decides; he gets no notice; oversight has the report as ever."""
    case_id = await routed(house, await lodge(house, "oio_away"), about(HEAD_OF_MISSION))
    assert await readers(house, case_id) == OVERSIGHT
    measure = await measure_of(house, case_id, about(HEAD_OF_MISSION))
    assert await readers(house, measure) == OVERSIGHT | HEADS | {HR_DIRECTOR}
    assert HEAD_OF_MISSION not in await told(house)


async def test_another_head_at_the_same_duty_station_takes_no_part(house: House) -> None:
    head = appointment("S0022", Role.ADMINISTRATIVE_HEAD, office=Office.ADMINISTRATION)
    appoint(house, replace(head, place="selwick"))
    usual = await routed(house, await lodge(house), about(OFFENDER))
    assert "S0022" in await readers(house, await measure_of(house, usual, about(OFFENDER)))
    case_id = await routed(house, await lodge(house), about(HEAD_OF_MISSION))
    assert (await house.row(case_id)).desk == "oio_away", "also where intake did not know"
    assert "S0022" not in await readers(house, await measure_of(house, case_id, about(HEAD_OF_MISSION)))


@pytest.mark.parametrize("offender", ["S0006", HEAD_OF_OVERSIGHT])
async def test_inv_32_the_alleged_offender_is_of_the_oversight_office(house: House, offender: str) -> None:
    """The committee and an investigator from outside have it from the first moment, and oversight never knows."""
    case_id = await routed(house, await lodge(house, "committee"), about(offender))
    row = await house.row(case_id)
    assert (row.desk, house.desk.office_of(row)) == ("committee", "committee")
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    assert await told(house) == COMMITTEE
    wrapped = await house.desk.keystore.matter_key(case_id)
    assert wrapped is not None
    assert unwrap(wrapped, house.desk.keys.desk("committee"), context=b"case|" + case_id.bytes)
    with pytest.raises(SealNotOpened):
        unwrap(wrapped, house.desk.keys.desk("oio"), context=b"case|" + case_id.bytes)

    assert not isinstance(await house.act("S0062", case_id, "acknowledge"), Refused)
    refused = await house.act("S0005", case_id, "start_assessment")
    assert isinstance(refused, Refused)
    assert refused.code == "CASE_UNKNOWN"
    assert not isinstance(await house.act(OUTSIDE_INVESTIGATOR, case_id, "start_assessment"), Refused)
    assert (await house.row(case_id)).data["assigned"]["investigator"] == OUTSIDE_INVESTIGATOR


async def test_inv_32_oversight_is_answered_as_if_there_were_no_such_report(house: House, oidc: Oidc) -> None:
    case_id = await routed(house, await lodge(house, "committee"), about("S0006"))
    sign_in = SignIn(oidc.issuer)
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:

        async def get(path: str, staff_id: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, staff_id)}"}
            return await http.get(f"/api/v1/cases{path}", headers=headers)

        for staff_id in ("S0005", "S0006", HEAD_OF_OVERSIGHT):
            hidden, unknown = await get(f"/{case_id}", staff_id), await get(f"/{uuid4()}", staff_id)
            assert (hidden.status_code, hidden.content) == (404, unknown.content)
            assert (await get("", staff_id)).json() == {"cases": [], "next_cursor": None}
        seen = await get(f"/{case_id}", "S0063")
        assert seen.status_code == 200
        assert {one["action"] for one in seen.json()["offers"] if one["open"]} >= {"acknowledge"}
        assert [one["case_id"] for one in (await get("", "S0063")).json()["cases"]] == [str(case_id)]
    await sign_in.close()


async def test_inv_33_the_alleged_offender_is_the_director_general(house: House) -> None:
    """Whoever answers to him takes no part; alert and decision are still by different people."""
    named = about(DIRECTOR_GENERAL)
    case_id = await routed(house, await lodge(house, "governing_body"), named)
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    measure = await measure_of(house, case_id, named)
    row = await house.row(measure)
    assert (row.desk, house.desk.office_of(row)) == ("governing_body", "committee")
    assert await readers(house, measure) == COMMITTEE | {OUTSIDE_INVESTIGATOR, OUTSIDE_COUNSEL}
    assert await parts(house, measure, OUTSIDE_COUNSEL) == {Role.LEGAL_OFFICER}
    assert await parts(house, measure, "S0062") >= {Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR}
    assert await told(house) <= COMMITTEE | {OUTSIDE_INVESTIGATOR, OUTSIDE_COUNSEL}


async def test_inv_32_at_the_top_of_every_line_somebody_still_decides(house: House) -> None:
    """He stands in everybody's line: what he does by deciding is left to him, and nothing else."""
    appoint(house, appointment(DIRECTOR_GENERAL, Role.INVESTIGATOR))
    case_id = await routed(house, await lodge(house), about(OFFENDER))
    assert await parts(house, case_id, DIRECTOR_GENERAL) == frozenset()
    async with house.desk.database.transaction() as session:
        row = await house.row(case_id)
        actor = await access.actor_of(session, house.desk, row, DIRECTOR_GENERAL, datetime.now(UTC))
    assert (actor.roles, actor.excluded) == ({Role.EXECUTIVE_HEAD}, False)


async def test_an_intake_officer_who_investigates_keeps_the_case(house: House) -> None:
    """The table lets him take the part, so he is not taken for somebody who is not appointed to it."""
    await investigated(house, about(OFFENDER), "S0005")
    appoint(house, appointment("S0005", Role.INTAKE_OFFICER), without=["S0005"])
    assert await recusal.release_the_unfit(house.desk) == 0


@pytest.mark.parametrize(
    ("offender", "desk", "out", "instead"),
    [
        (HR_DIRECTOR, "oio_without_dhr", {HR_DIRECTOR}, {}),
        ("S0050", "oio_outside_counsel", set(), {OUTSIDE_COUNSEL: {Role.LEGAL_OFFICER}}),
        ("S0007", "oio_alternate_ethics", {"S0007"}, {}),
    ],
)
async def test_the_alleged_offender_is_in_hr_legal_or_ethics(
    house: House, offender: str, desk: str, out: set[str], instead: dict[str, set[Role]]
) -> None:
    """The decider is another, counsel comes from outside, and the ethics office has an alternate."""
    case_id = await routed(house, await lodge(house), about(offender))
    assert (await house.row(case_id)).desk == desk
    assert await readers(house, case_id) == OVERSIGHT
    measure = await measure_of(house, case_id, about(offender))
    found = {staff_id: await parts(house, measure, staff_id) for staff_id in await readers(house, measure)}
    assert not out & found.keys()
    assert instead.items() <= found.items()
    assert [one for one, roles in found.items() if roles & {Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR}]
    assert not [one for one, roles in found.items() if Role.LEGAL_OFFICER in roles and one == LEGAL and instead]


async def test_inv_32_the_alleged_retaliator_is_in_the_ethics_office(
    fresh_database: Fresh, fresh_keystore: Fresh, guardian: Guardian, tmp_path: Path
) -> None:
    """The alternate acts in the office's place, and the office does not know."""
    folder = tmp_path / "ethics"
    folder.mkdir()
    office = await open_office(
        await fresh_database("ethics"), await fresh_keystore("ethics"), guardian, folder, policy="iom-2024-03"
    )
    case_id = await office.request(offenders=("S0007",))
    assert (await office.row(case_id)).desk == "ethics_outside"
    everybody = {one.staff_id for one in office.desk.policy.appointments}
    assert {one for one in everybody if await office.sees(case_id, one)} == {ALTERNATE}
    await office.walk(case_id, ("acknowledge", ALTERNATE))
    assert (await office.row(case_id)).data["assigned"] == {"ethics_officer": ALTERNATE}
    assert await recusal.release_the_unfit(office.desk) == 0
    await office.close()


async def test_inv_32_where_nobody_of_a_desk_is_left_the_next_body_has_it(house: House) -> None:
    """She trusts nobody of oversight, and says so: the committee has it; when it is out too, nobody has."""
    case_id = await routed(house, await lodge(house), about(OFFENDER, refused=tuple(sorted(OVERSIGHT))))
    assert (await house.row(case_id)).desk == "committee"
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    nobody = about(OFFENDER, refused=(*sorted(OVERSIGHT | COMMITTEE), OUTSIDE_INVESTIGATOR))
    closed = await routed(house, await lodge(house), nobody)
    assert await readers(house, closed) == set()
    assert not await told(house, "formal_report") & (OVERSIGHT | {OUTSIDE_INVESTIGATOR}), "it fails closed"


@pytest.mark.parametrize(
    ("refused", "desk", "legal"),
    [
        ("S0005", None, {LEGAL}),
        ("S0006", None, {LEGAL}),
        (LEGAL, "oio_outside_counsel", {OUTSIDE_COUNSEL}),
    ],
)
async def test_inv_32_each_part_is_somebodys_or_the_next_bodys(
    house: House, refused: str, desk: str | None, legal: set[str]
) -> None:
    """One officer may be out and a colleague left, who does what is to be done; the only lawyer leaves nobody."""
    case_id = await routed(house, await lodge(house), about(OFFENDER, refused=(refused,)))
    assert (await house.row(case_id)).desk == desk
    row = await house.row(case_id)
    policy, now = house.desk.policy_of(row), datetime.now(UTC)
    assert {one.staff_id for one in policy.appointed(Role.LEGAL_OFFICER, now)} == legal
    officer = "S0006" if refused == "S0005" else "S0005"
    assert not isinstance(await house.act(officer, case_id, "acknowledge"), Refused), "nobody's silence holds it up"


async def test_inv_32_whoever_says_that_they_are_in_conflict_may_leave_a_part_to_the_next_body(house: House) -> None:
    case_id = await routed(house, await lodge(house), about(OFFENDER))
    assert (await house.row(case_id)).desk is None
    async with house.desk.database.transaction() as session:
        await recusal.step_aside(session, house.desk, case_id, LEGAL)
    await parties.retag(house.desk)
    assert (await house.row(case_id)).desk == "oio_outside_counsel"


async def test_her_own_word_moves_a_report_as_a_name_does(house: House) -> None:
    case_id = await routed(house, await lodge(house, "committee"), about(about=("oio",)))
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    elsewhere = await routed(house, await lodge(house), about(about=("oio",)))
    assert (await house.row(elsewhere)).desk == "committee", "also where intake had sealed it to oversight"


async def investigated(house: House, named: Parties, investigator: str = "S0006") -> CaseId:
    case_id = await routed(house, await lodge(house), named)
    for staff_id, action in (("S0005", "acknowledge"), (investigator, "start_assessment")):
        assert not isinstance(await house.act(staff_id, case_id, action), Refused)
    assert (await house.row(case_id)).data["assigned"]["investigator"] == investigator
    return case_id


async def recused(house: House, case_id: CaseId) -> bool:
    """Whether the investigator has lost the case, by a step that gives no reason."""
    row = await house.row(case_id)
    steps = [one for one in row.data["steps"] if one.action == "recuse"]
    assert all(one.facts in ({"role": "investigator"}, {"role": "intake_officer"}) for one in steps)
    return "investigator" not in row.data["assigned"]


async def test_inv_32_an_investigator_who_becomes_her_acting_supervisor_is_recused(house: House) -> None:
    case_id = await investigated(house, about(OFFENDER))
    assert await recusal.release_the_unfit(house.desk) == 0
    await import_person(house, PERSON, line_staff_id="S0006")
    await parties.retag(house.desk)
    assert await parts(house, case_id, "S0006") == frozenset()
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)
    assert await told(house, "handover.waiting") == {"S0005"}
    assert not isinstance(await house.act("S0005", case_id, "hand_over", {"investigator": "S0005"}), Refused)
    assert await recusal.release_the_unfit(house.desk) == 0


async def test_inv_32_who_stands_in_for_her_supervisor_stands_in_her_line_from_that_day_on(house: House) -> None:
    today, case_id = datetime.now(UTC).date(), await investigated(house, about(OFFENDER))
    before = house.desk.policy
    appoint(house, stands_in("S0006", "S0016", from_=today + timedelta(days=2)))
    await parties.retag(house.desk)
    assert await recusal.release_the_unfit(house.desk) == 0, "not before the day"
    house.desk.policy = before
    appoint(house, stands_in("S0006", "S0016", from_=today))
    await parties.retag(house.desk)
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)


async def test_the_alleged_offender_becomes_her_acting_supervisor(house: House) -> None:
    """Whoever handles it hears, once and without a word of why, that something has to be arranged."""
    case_id, today = await investigated(house, about(OFFENDER)), datetime.now(UTC).date()
    appoint(house, stands_in(OFFENDER, HEAD_OF_MISSION, from_=today + timedelta(days=2)))
    await parties.retag(house.desk)
    assert not await told(house, "handover.line_changed")
    appoint(house, stands_in(OFFENDER, HEAD_OF_MISSION), without=[OFFENDER])
    for _ in range(2):
        await parties.retag(house.desk)
    heard = [staff_id for key, staff_id in await house.notices() if key == "handover.line_changed"]
    assert sorted(heard) == sorted(OVERSIGHT)
    assert await readers(house, case_id) == OVERSIGHT


async def test_a_handler_who_says_that_they_have_a_conflict_is_out_of_it(house: House, oidc: Oidc) -> None:
    case_id = await investigated(house, about(OFFENDER))
    sign_in = SignIn(oidc.issuer)
    app = create_app(house.settings, api.routes(house.desk, Sender(house.desk)), sign_in=sign_in)
    headers = {"Authorization": f"Bearer {await access_token(oidc.issuer, 'S0006')}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http:
        answers = [await http.post(f"/api/v1/cases/{case_id}/conflicts", headers=headers) for _ in range(2)]
    await sign_in.close()
    assert [answer.status_code for answer in answers] == [202, 404]
    assert await readers(house, case_id) == {"S0005"}
    assert await recused(house, case_id), "in the same moment"
    assert await recusal.release_the_unfit(house.desk) == 0
    trail = await house.query("select convert_from(entry_json, 'UTF8') as entry from audit_readable")
    assert not [one.entry for one in trail if "conflict.declared" in one.entry and "S0006" in one.entry]


def stands_in(staff_id: str, absent: str, **more: Any) -> Appointment:
    """An acting head, in somebody's place."""
    return appointment(staff_id, Role.ADMINISTRATIVE_HEAD, office=Office.ADMINISTRATION, substitute_for=absent, **more)


async def test_the_alleged_offender_becomes_a_heads_stand_in(house: House) -> None:
    """The office he now holds is his in every other matter, and not in this one."""
    case_id = await routed(house, await lodge(house), about(OFFENDER))
    measure, other = await measure_of(house, case_id, about(OFFENDER)), await house.open("interim_measure")
    await routed(house, other, Parties(affected_individual="S0027"))
    appoint(house, stands_in(OFFENDER, "S0004"))
    await parties.retag(house.desk)
    assert await parts(house, measure, OFFENDER) == frozenset()
    assert await parts(house, other, OFFENDER) == {Role.ADMINISTRATIVE_HEAD}
    assert (await house.row(case_id)).desk == "oio_away", "and the heads beside him stand aside"


async def test_a_report_moves_on_once_he_is_appointed_to_the_office_that_has_it(house: House) -> None:
    case_id = await investigated(house, about(OFFENDER))
    appoint(house, appointment(OFFENDER, Role.INVESTIGATOR))
    assert await parties.retag(house.desk) == 1
    assert (await house.row(case_id)).desk == "committee"
    assert await readers(house, case_id) == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    assert await told(house, "handover.waiting") == COMMITTEE | {OUTSIDE_INVESTIGATOR}
    assert await recusal.release_the_unfit(house.desk) == 2, "both who had a part in it"
    assert await recused(house, case_id)
    appoint(house, without=[OFFENDER])
    await parties.retag(house.desk)
    assert (await house.row(case_id)).desk == "committee", "and never back"


async def test_an_investigator_who_leaves_hands_over_before_the_last_day(house: House) -> None:
    case_id, today = await investigated(house, about(OFFENDER)), datetime.now(UTC).date()
    deadlines = house.desk.policy.deadlines
    three_days = replace(deadlines[recusal.BEFORE], amount=3 * 86400)
    house.desk.policy = replace(house.desk.policy, deadlines={**deadlines, recusal.BEFORE: three_days})
    appoint(house, appointment("S0016", Role.INVESTIGATOR, substitute_for="S0006"))
    appoint(house, appointment("S0032", Role.INVESTIGATOR, substitute_for="S0006"))
    await parties.retag(house.desk)
    await import_person(house, "S0006", contract_ends_on=(today + timedelta(days=5)).isoformat())
    assert await recusal.release_the_unfit(house.desk) == 0, "it is long till then"
    await import_person(house, "S0006", contract_ends_on=(today + timedelta(days=2)).isoformat())
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await told(house, "handover.ahead") == {"S0006", "S0032"}, "and whoever stands in, but not S0016 in her line"
    assert not await recused(house, case_id)
    assert await recusal.release_the_unfit(house.desk) == 0, "told once"
    await import_person(house, "S0006", contract_ends_on=today.isoformat())
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)


async def test_an_investigator_who_is_gone_or_no_longer_appointed_has_nothing_left(house: House) -> None:
    gone, dismissed = await investigated(house, about(OFFENDER)), await investigated(house, about(OFFENDER), "S0005")
    await import_person(house, "S0006", active=False)
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, gone)
    appoint(house, appointment("S0026", Role.INTAKE_OFFICER), without=["S0005"])
    assert await recusal.release_the_unfit(house.desk) == 3, "as intake officer of both, and as investigator of one"
    assert await recused(house, dismissed)


async def test_an_interpreter_or_investigator_who_is_his_friend_is_named_by_her_later(house: House) -> None:
    """From the moment the word comes nobody sees the case; then everybody but whom she has refused."""
    named = about(OFFENDER)
    case_id = await investigated(house, named)
    measure = await measure_of(house, case_id, named)
    report_id = str((await house.row(case_id)).report_id)
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, PartiesAdded(report_id=report_id, item_id=str(uuid4())))
    assert await readers(house, case_id) == set()
    assert await recusal.release_the_unfit(house.desk) == 0, "nobody is taken for refused meanwhile"

    async def away(_: Desk, __: CaseRow) -> Parties:
        raise parties.PartiesNotHere("IntakeUnreachable")

    with pytest.raises(parties.PartiesNotHere):
        await parties.retag(house.desk, away)
    assert await readers(house, case_id) == set(), "and as long as intake is away"

    async def handed_out(_: Desk, __: CaseRow) -> Parties:
        return replace(named, refused=("s0006",))

    assert await parties.retag(house.desk, handed_out) == 2
    assert await readers(house, case_id) == {"S0005"}
    assert "S0006" not in await readers(house, measure)
    assert await recusal.release_the_unfit(house.desk) == 1
    assert await recused(house, case_id)
    async with house.desk.database.transaction() as session:
        known = await parties.parties_of(session, house.desk, await house.row(case_id))
    assert known == Parties(PERSON, (OFFENDER,), ("S0006",))


async def test_more_people_named_while_a_report_is_being_routed_are_not_missed(house: House) -> None:
    case_id = await lodge(house)
    report_id = str((await house.row(case_id)).report_id)

    async def meanwhile(_: Desk, __: CaseRow) -> Parties:
        """Intake answers, and right after that the person refuses somebody."""
        added = PartiesAdded(report_id=report_id, item_id=str(uuid4()))
        await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, added)
        return about(OFFENDER)

    await parties.find_exclusions(house.desk, case_id, meanwhile)
    assert await readers(house, case_id) == set()

    async def handed_out(_: Desk, __: CaseRow) -> Parties:
        return about(OFFENDER, refused=("S0005",))

    await parties.retag(house.desk, handed_out)
    assert await readers(house, case_id) == {"S0006"}


async def test_while_an_investigator_is_away_the_substitute_acts_in_his_place(house: House) -> None:
    """From the first to the last day of it, and no longer; the case stays his."""
    case_id, today = await investigated(house, about(OFFENDER)), datetime.now(UTC).date()
    before = house.desk.policy
    substitute = appointment("S0032", Role.INVESTIGATOR, substitute_for="S0006", to=today)
    appoint(house, substitute)
    await parties.retag(house.desk)
    assert await parts(house, case_id, "S0032") == {Role.INVESTIGATOR}
    assert not isinstance(await house.act("S0032", case_id, "send_update"), Refused)
    assert await recusal.release_the_unfit(house.desk) == 0
    house.desk.policy = before
    past = today - timedelta(days=1)
    appoint(house, replace(substitute, from_=past, to=past))
    assert await parts(house, case_id, "S0032") == frozenset()
