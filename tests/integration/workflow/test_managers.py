"""Who gets what somebody told a manager, on the real stores: never the one it is about, and nobody beside them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.consumer import Event
from chassis.keys import ServiceKeys
from chassis.sealing import open_from
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import MessageReceived
from contracts.keys.v1.keys_pb2 import DeskKey
from contracts.requests.v1.requests_pb2 import CooperationStarted
from contracts.topics import DESK_KEYS, HR_PEOPLE, INTAKE_REPORTS_WORKFLOW
from lifecycle import access, bodies, decide, records
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.load import load
from policy.model import Role
from policy.working_time import Calendar
from services.workflow import cooperation, managers, sea
from services.workflow.desk import route
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    LINES,
    NEXT_MANAGER,
    OTHER_MANAGER,
    PERSON,
    SUPERVISOR,
    House,
    person,
)

ABOUT_A_COLLEAGUE = Parties(PERSON, (COLLEAGUE,), recipient=SUPERVISOR)
ABOUT_HIM = Parties(PERSON, (SUPERVISOR,), recipient=SUPERVISOR)
DIRECTOR = "S0001"


async def told(house: House, named: Parties, **facts: Any) -> CaseId:
    now = datetime.now(UTC)
    async with house.desk.database.transaction() as session:
        case_id = await decide.open_case(
            session, house.desk, uuid4(), managers.REQUEST, 1, {"lodged_at": now.isoformat(), **facts}, now
        )
    await house.route(case_id, named)
    await managers.find_manager(house.desk, case_id)
    return case_id


async def manager_of(house: House, case_id: UUID) -> tuple[str, str | None]:
    row = await house.row(case_id)
    return row.state, row.data["assigned"].get(Role.MANAGER)


async def sees(house: House, case_id: UUID, staff_id: str) -> bool:
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        actor = await access.actor_of(session, house.desk, row, staff_id, datetime.now(UTC))
    return access.may_see(house.desk, row, actor)


async def she(house: House, case_id: CaseId, name: str, **facts: Any) -> Decided:
    async with house.desk.database.transaction() as session:
        outcome = await decide.decide_as(
            session, house.desk, case_id, Action(uuid4(), name, facts), Actor(ActorKind.PERSON), datetime.now(UTC)
        )
    assert isinstance(outcome, Decided), outcome
    return outcome


async def asks_further(house: House, case_id: CaseId) -> None:
    """She asks for the next level, and it is looked for."""
    await she(house, case_id, "ask_next_level")
    await managers.find_manager(house.desk, case_id)


async def test_whom_she_named_has_it_and_nobody_else_sees_it(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    assert await manager_of(house, case_id) == ("told", SUPERVISOR)
    assert await house.notices() == [("supervisor_request.arrived", SUPERVISOR)]
    assert await sees(house, case_id, SUPERVISOR)
    for staff_id in LINES:
        assert await sees(house, case_id, staff_id) == (staff_id == SUPERVISOR), staff_id
    taken = await house.act(SUPERVISOR, case_id, "acknowledge")
    assert taken.answer["state"] == "acknowledged", "a manager holds no appointment"


async def test_working_days_are_those_of_the_manager_and_never_hers(house: House) -> None:
    """Everybody works every day here, but for the holidays of the next days: one at his station, three at hers."""
    await house.people()
    at_tarn = person(SUPERVISOR, LINES[SUPERVISOR], at=datetime.now(UTC))
    at_tarn.station = "tarn"
    await house.receive(HR_PEOPLE, SUPERVISOR, at_tarn)
    nowhere = person(NEXT_MANAGER, LINES[NEXT_MANAGER], at=datetime.now(UTC))
    nowhere.station = "nowhere"
    await house.receive(HR_PEOPLE, NEXT_MANAGER, nowhere)
    days = [datetime.now(UTC).date() + timedelta(days=one) for one in (1, 2, 3)]
    works = {"tarn": days[:1], "selwick": days}
    house.desk.policy = replace(
        load("iom-2024-03"),
        stations={key: Calendar(UTC, frozenset(), holidays=frozenset(off)) for key, off in works.items()},
    )

    case_id = await told(house, ABOUT_A_COLLEAGUE)
    case = from_json((await house.row(case_id)).data)
    ack = case.clocks["supervisor.ack"]
    assert (case.facts["place"], ack.due_at - ack.started_at) == ("tarn", timedelta(days=3))
    assert (await house.row(case_id)).unmet_at == ack.due_at, "and her inbox and his queue show that day"
    check_ins = await she(house, case_id, "ask_check_ins")
    assert check_ins.next_due_at == ack.due_at

    await house.steps_aside(case_id, SUPERVISOR)
    await she(house, case_id, "ask_next_level")
    await managers.find_manager(house.desk, case_id)
    assert await manager_of(house, case_id) == ("told", NEXT_MANAGER)
    case = from_json((await house.row(case_id)).data)
    ack = case.clocks["supervisor.ack"]
    assert ack.due_at == house.desk.policy.due("supervisor.ack", ack.started_at), "as everywhere, where nobody knows"
    assert case.clocks["informal.checkin"].place == "tarn", "what runs already stays as it is"


async def test_finding_twice_finds_once(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    version = (await house.row(case_id)).version
    await managers.find_manager(house.desk, case_id)
    assert (await house.row(case_id)).version == version


async def test_when_it_is_about_him_she_is_asked_and_he_learns_nothing(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_HIM)
    assert await manager_of(house, case_id) == ("asking_who_next", None)
    assert await house.notices() == []
    assert not any([await sees(house, case_id, staff_id) for staff_id in LINES])
    await asks_further(house, case_id)
    assert await manager_of(house, case_id) == ("told", NEXT_MANAGER)
    assert await house.notices() == [("supervisor_request.arrived", NEXT_MANAGER)]
    assert not await sees(house, case_id, SUPERVISOR)
    refused = await house.act(SUPERVISOR, case_id, "acknowledge")
    assert isinstance(refused, Refused)
    assert refused.code == "CASE_UNKNOWN"


@pytest.mark.parametrize(
    ("named", "level", "manager"),
    [
        (Parties(PERSON, (COLLEAGUE,), recipient="s0016"), "higher_manager", NEXT_MANAGER),  # as she typed it
        (Parties(None, (SUPERVISOR,), recipient=NEXT_MANAGER), "supervisor", NEXT_MANAGER),  # she gives no name
        (Parties(recipient=SUPERVISOR), "supervisor", SUPERVISOR),  # nobody is named at all
    ],
)
async def test_whom_she_named_gets_it(house: House, named: Parties, level: str, manager: str) -> None:
    await house.people()
    assert await manager_of(house, await told(house, named, level=level)) == ("told", manager)


@pytest.mark.parametrize("level", ["supervisor", "higher_manager", None])
@pytest.mark.parametrize(
    "named",
    [
        Parties(PERSON, (COLLEAGUE,), (SUPERVISOR,), SUPERVISOR),  # not these people
        Parties(PERSON, (COLLEAGUE,), recipient=COLLEAGUE),  # he is meant, and her supervisor is above him
        Parties(PERSON, (COLLEAGUE,), recipient="S9999"),  # nobody of that number
        Parties(PERSON, (SUPERVISOR,), recipient=OTHER_MANAGER),  # manages nobody
        Parties(PERSON, recipient=OTHER_MANAGER),  # the alleged offender has no number here
        Parties(PERSON),
    ],
)
async def test_inv_17_her_own_supervisor_never_gets_what_she_did_not_send_to_him(
    house: House, named: Parties, level: str | None
) -> None:
    """Whoever it is that she names: if he may not have it nobody has, and when she asks it is somebody above."""
    await house.people()
    case_id = await told(house, named, **({"level": level} if level else {}))
    assert await manager_of(house, case_id) == ("asking_who_next", None)
    assert await house.notices() == []
    await asks_further(house, case_id)
    assert await manager_of(house, case_id) == ("told", NEXT_MANAGER)
    assert not await sees(house, case_id, SUPERVISOR)


async def test_inv_17_a_manager_beside_the_line_may_have_it_unless_she_means_her_supervisor(house: House) -> None:
    await house.people({**LINES, "S0027": OTHER_MANAGER})
    beside = Parties(PERSON, (SUPERVISOR,), recipient=OTHER_MANAGER)
    assert (await manager_of(house, await told(house, beside, level="higher_manager")))[1] == OTHER_MANAGER
    assert (await manager_of(house, await told(house, beside)))[1] == OTHER_MANAGER, "left open, it is as she named"
    assert (await manager_of(house, await told(house, beside, level="supervisor")))[1] is None


async def test_above_a_head_of_mission_it_is_headquarters_and_above_everybody_the_committee(house: House) -> None:
    await house.people()
    of_the_mission = await told(house, Parties(PERSON, (NEXT_MANAGER,), recipient=NEXT_MANAGER))
    await asks_further(house, of_the_mission)
    assert (await manager_of(house, of_the_mission))[1] == DIRECTOR
    everybody_reports_to_him = await told(house, Parties(PERSON, (DIRECTOR,), recipient=DIRECTOR))
    await asks_further(house, everybody_reports_to_him)
    assert (await manager_of(house, everybody_reports_to_him))[1] == "S0062"


async def test_where_the_line_has_nobody_left_an_administrative_head_has_it(house: House) -> None:
    await house.people({**LINES, DIRECTOR: ""})
    case_id = await told(house, Parties(PERSON, (NEXT_MANAGER,), (DIRECTOR,), recipient=NEXT_MANAGER))
    await asks_further(house, case_id)
    assert (await manager_of(house, case_id))[1] == "S0003"


async def test_when_he_leaves_nobody_reads_it_and_she_is_asked_who_next(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    await house.act(SUPERVISOR, case_id, "acknowledge")
    await house.people({SUPERVISOR: NEXT_MANAGER}, active=False)
    assert await manager_of(house, case_id) == ("asking_who_next", None)
    assert not any([await sees(house, case_id, staff_id) for staff_id in LINES])
    await asks_further(house, case_id)
    assert await manager_of(house, case_id) == ("told", NEXT_MANAGER)
    assert not await sees(house, case_id, SUPERVISOR)


async def test_whoever_declares_a_conflict_is_kept_out_and_never_asked_again(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    await house.steps_aside(case_id, SUPERVISOR)
    assert await manager_of(house, case_id) == ("asking_who_next", None)
    assert await house.excluded(case_id, SUPERVISOR, decides=True)
    await asks_further(house, case_id)
    assert await manager_of(house, case_id) == ("told", NEXT_MANAGER)


async def test_nobody_above_is_told_when_he_is_silent(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    row = await house.row(case_id)
    for _ in range(6):
        assert row.next_due_at is not None
        async with house.desk.database.transaction() as session:
            await decide.ring(session, house.desk, case_id, row.next_due_at)
        row = await house.row(case_id)
    notices = await house.notices()
    assert {staff_id for _, staff_id in notices} == {SUPERVISOR}
    assert {"supervisor_request.not_acknowledged", "supervisor_request.not_acted"} <= {name for name, _ in notices}


async def test_he_hears_that_she_has_written_and_nobody_hears_it_when_he_has_it_no_more(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    report_id = str((await house.row(case_id)).report_id)
    message = MessageReceived(report_id=report_id, item_id=str(uuid4()))
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    assert (await house.notices())[-1] == ("supervisor_request.message", SUPERVISOR)
    await house.steps_aside(case_id, SUPERVISOR)
    before = await house.notices()
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, message)
    assert await house.notices() == before


# Sexual exploitation or abuse.


async def sea_told(house: House, named: Parties, **facts: Any) -> CaseId:
    now = datetime.now(UTC)
    async with house.desk.database.transaction() as session:
        case_id = await decide.open_case(
            session, house.desk, uuid4(), sea.SEA, 1, {"lodged_at": now.isoformat(), "language": "fr", **facts}, now
        )
    await house.route(case_id, named)
    await route(house.desk, case_id)
    return case_id


async def of_the_same_report(house: House, case_id: UUID, lifecycle: str) -> CaseRow:
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        found = await records.find(session, row.report_id, lifecycle, 1)
    assert found is not None
    return found


async def test_inv_24_a_report_about_a_child_is_at_oversight_as_soon_as_it_is_routed(house: House) -> None:
    await house.people()
    case_id = await sea_told(house, Parties(None, (SUPERVISOR,)), affected_is="child")
    assert (await house.row(case_id)).state == "reported_to_oio"
    notices = await house.notices()
    assert ("sea_report.received", INVESTIGATOR) in notices
    assert {staff_id for name, staff_id in notices if name == "sea_report.help_needed"} == {"S0070", "S0072"}
    assert not await sees(house, case_id, SUPERVISOR)
    await route(house.desk, case_id)
    assert await house.notices() == notices, "routing again tells nobody twice"


async def test_oversights_acknowledgement_opens_a_formal_report_about_the_same_people(house: House) -> None:
    await house.people()
    case_id = await sea_told(house, Parties(None, (SUPERVISOR,)), affected_is="beneficiary")
    lodged_at = (await house.row(case_id)).data["facts"]["lodged_at"]
    await house.act(INVESTIGATOR, case_id, "acknowledge")
    formal = await of_the_same_report(house, case_id, sea.FORMAL)
    assert (formal.data["facts"]["lodged_at"], formal.data["facts"]["language"]) == (lodged_at, "fr")
    await route(house.desk, CaseId(formal.case_id))
    assert await house.excluded(formal.case_id, SUPERVISOR)
    assert not await house.excluded(formal.case_id, INVESTIGATOR)


async def test_a_request_that_turns_out_to_be_exploitation_is_reported_without_what_she_wrote(house: House) -> None:
    await house.people()
    case_id = await told(house, ABOUT_A_COLLEAGUE)
    await house.act(SUPERVISOR, case_id, "acknowledge")
    await house.act(
        SUPERVISOR,
        case_id,
        "turn_into_sea",
        {"reason": "affected_not_personnel", "affected_is": "beneficiary"},
        {"allegation": "A driver asks girls at the water point for favours."},
    )
    report = await of_the_same_report(house, case_id, sea.SEA)
    await route(house.desk, CaseId(report.case_id))
    report = await house.row(report.case_id)
    assert report.state == "reported_to_oio"
    async with house.desk.database.transaction() as session:
        (words,) = await bodies.texts_of(session, house.desk, report)
    assert (words.action, words.text) == (
        "take_over_allegation",
        "A driver asks girls at the water point for favours.",
    )
    assert await house.excluded(report.case_id, COLLEAGUE), "whom it is about is known for routing"
    assert not await sees(house, report.case_id, SUPERVISOR)


async def test_what_a_formal_report_came_from_is_erased_with_it(house: House) -> None:
    await house.people()
    case_id = await sea_told(house, Parties(None, (SUPERVISOR,)), affected_is="child")
    await house.act(INVESTIGATOR, case_id, "acknowledge")
    formal = await of_the_same_report(house, case_id, sea.FORMAL)
    async with house.desk.database.transaction() as session:
        await house.desk.clear(session, formal)
    row = await house.row(case_id)
    assert row.state == "erased"
    assert any(errand.startswith("erase:") for errand in row.errands)


async def test_inv_45_cooperating_is_protected_from_that_day_and_only_the_ethics_office_learns_who(
    house: House,
) -> None:
    private = ServiceKeys.load(house.settings.keys_dir.parent / "ethics").desk("ethics")
    message = DeskKey(service="ethics", office="ethics", key_id=private.key_id, public_key=private.public)
    now = datetime.now(UTC)
    async with house.desk.database.transaction() as session:
        event = Event(DESK_KEYS, "ethics/ethics", uuid4(), "ethics", 1, now, message)
        await house.handlers[DESK_KEYS][DeskKey](session, event)
    case_id = await house.open()
    async with house.desk.database.transaction() as session:
        row = await records.load(session, case_id)
        assert row is not None
        await cooperation.start(session, house.desk, row, COLLEAGUE, now)
    ((value, key),) = await house.query(
        "select value, key from outbox where type = 'contracts.requests.v1.CooperationStarted'"
    )
    sent = CooperationStarted.FromString(value)
    assert key != sent.protection_id == str(cooperation.protection_id(house.desk, case_id, COLLEAGUE.lower()))
    opened = open_from(private, sent.sealed_person, context=b"protection|" + sent.protection_id.encode())
    assert opened.rstrip(b"\0") == b'{"staff_id": "S0026", "ethics_contact": false}'
    assert sent.started_at.ToDatetime(UTC) == now.replace(hour=0, minute=0, second=0, microsecond=0)
