"""Who is asked to listen, and who never is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.web.problems import Problem
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Clock
from lifecycle.serial import from_json
from policy.load import load
from policy.model import Role
from policy.working_time import Calendar
from services.ombuds.matching import DirectoryIncomplete
from tests.integration.ombuds.cell import (
    ELSEWHERE,
    FURTHER,
    HERSELF,
    IN_HIS_LINE,
    LINES,
    OMBUDSPERSON,
    PARTIES,
    PERSON,
    SUPERVISOR,
    Cell,
    taken,
)


def listener(staff_id: str, role: Role = Role.FOCAL_POINT) -> Actor:
    return Actor(ActorKind.STAFF, staff_id, frozenset({role}))


async def test_somebody_in_nobodys_line_is_asked_and_told_without_a_word(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.wish()

    assert await cell.match(case_id) == ELSEWHERE
    assert (await cell.row(case_id)).state == "offered"
    assert await cell.told() == [(ELSEWHERE, "informal_resolution.match_offered")]


async def test_working_days_are_counted_where_whoever_is_asked_is_appointed(cell: Cell) -> None:
    """Holidays of the next days: one where the first is appointed, three where the second is and both live."""
    days = [datetime.now(UTC).date() + timedelta(days=one) for one in (1, 2, 3)]
    works = {"selwick": days[:1], "tarn": days}
    cell.desk.policy = replace(
        load("iom-2024-03"),
        stations={key: Calendar(UTC, frozenset(), holidays=frozenset(off)) for key, off in works.items()},
    )
    await cell.people(stations={ELSEWHERE: "tarn", FURTHER: "tarn"})
    case_id = await cell.wish()

    async def first_answer() -> Clock:
        return from_json((await cell.row(case_id)).data).clocks["rwfp.first"]

    assert await cell.match(case_id) == ELSEWHERE
    first = await first_answer()
    assert first.due_at - first.started_at == timedelta(days=3)
    assert (await cell.row(case_id)).next_due_at == first.due_at

    await cell.act(case_id, "decline_match", listener(ELSEWHERE))
    assert await cell.match(case_id) == FURTHER
    assert await first_answer() == first, "she has been told that day, and waits no longer for another"
    taken(await cell.act(case_id, "accept_match", listener(FURTHER), told_limits=True))
    await cell.steps_aside(case_id, FURTHER)
    assert (await first_answer()).place is None
    assert await cell.match(case_id) == OMBUDSPERSON


async def test_a_focal_point_of_the_supervisors_line_is_never_asked(cell: Cell) -> None:
    await cell.people()
    offered = []
    case_id = await cell.wish()
    while (focal_point := await cell.match(case_id)) != OMBUDSPERSON:
        assert focal_point is not None
        offered.append(focal_point)
        await cell.act(case_id, "decline_match", listener(focal_point))

    assert offered == [ELSEWHERE, FURTHER]


async def test_the_ombudsperson_cannot_ask_whoever_has_a_conflict_either(cell: Cell) -> None:
    await cell.people()
    await cell.people({FURTHER: LINES[FURTHER]}, active=False)
    case_id = await cell.wish()
    await cell.match(case_id)
    row = await cell.row(case_id)

    async def check(focal_point: str) -> None:
        action = Action(uuid4(), "offer_match", {"focal_point": focal_point})
        async with cell.desk.database.transaction_if_needed() as begun:
            await cell.desk.check(begun, row, action, {})

    for staff_id in (SUPERVISOR, IN_HIS_LINE, FURTHER, "S9999"):
        with pytest.raises(Problem) as refusal:
            await check(staff_id)
        assert (refusal.value.status, refusal.value.facts) == (400, {"field": "facts.focal_point"})
    await check(OMBUDSPERSON)


async def test_a_line_of_the_past_two_years_excludes_too(cell: Cell) -> None:
    await cell.people(LINES | {ELSEWHERE: SUPERVISOR})
    await cell.people({ELSEWHERE: "S0021"})

    assert await cell.match(await cell.wish()) == FURTHER


async def test_whoever_she_refuses_is_not_asked(cell: Cell) -> None:
    await cell.people()
    refused = Parties(PARTIES.affected_individual, PARTIES.alleged_offender, refused=(ELSEWHERE, FURTHER))

    assert await cell.match(await cell.wish(), refused) == OMBUDSPERSON


async def test_whoever_has_the_fewest_talks_is_asked(cell: Cell) -> None:
    await cell.people()

    asked = [await cell.match(await cell.wish()) for _ in range(3)]

    assert asked == [ELSEWHERE, FURTHER, ELSEWHERE]


async def test_a_talk_that_has_ended_keeps_nobody_busy(cell: Cell) -> None:
    await cell.people()
    first = await cell.wish()
    await cell.match(first)
    await cell.act(first, "end_talk", HERSELF, outcome="stopped")

    assert await cell.match(await cell.wish()) == ELSEWHERE


async def test_an_inactive_or_unknown_focal_point_is_not_asked(cell: Cell) -> None:
    await cell.people({staff_id: line for staff_id, line in LINES.items() if staff_id != ELSEWHERE})
    await cell.people({FURTHER: LINES[FURTHER]}, active=False)

    assert await cell.match(await cell.wish()) == OMBUDSPERSON


async def test_when_nobody_is_left_nobody_is_asked(cell: Cell) -> None:
    await cell.people()
    refused = Parties(PERSON, (SUPERVISOR,), refused=(ELSEWHERE, FURTHER, OMBUDSPERSON))
    case_id = await cell.wish()

    assert await cell.match(case_id, refused) is None
    assert (await cell.row(case_id)).state == "requested"
    assert (await cell.trail())[-1]["act"] == "match.nobody_left"


@pytest.mark.parametrize("known", [{}, {staff: line for staff, line in LINES.items() if staff != SUPERVISOR}])
async def test_without_the_lines_of_everybody_named_nobody_is_asked(cell: Cell, known: dict[str, str]) -> None:
    await cell.people(known)
    case_id = await cell.wish()

    with pytest.raises(DirectoryIncomplete):
        await cell.match(case_id)
    assert (await cell.row(case_id)).state == "requested"

    await cell.people()
    assert await cell.match(case_id) == ELSEWHERE


async def test_past_the_time_for_a_first_answer_the_ombudsperson_is_asked(cell: Cell) -> None:
    await cell.people({staff: line for staff, line in LINES.items() if staff != SUPERVISOR})
    case_id = await cell.wish(datetime.now(UTC))
    await cell.ring(case_id, datetime.now(UTC) + timedelta(minutes=2))

    assert await cell.match(case_id) == OMBUDSPERSON


async def test_matching_twice_offers_once(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.wish()
    await cell.match(case_id)
    version = (await cell.row(case_id)).version

    assert await cell.match(case_id) == ELSEWHERE
    assert (await cell.row(case_id)).version == version


async def test_nothing_the_database_keeps_names_the_people_of_a_talk(cell: Cell) -> None:
    await cell.people()
    await cell.match(await cell.wish())
    tables = await cell.query(
        "select table_name from information_schema.tables where table_schema = current_schema()"
        " and table_name not in ('people', 'people_history')"
    )
    dumped = {
        one.table_name: str([tuple(row) for row in await cell.query(f'select t::text from "{one.table_name}" t')])
        for one in tables
    }

    assert ELSEWHERE in dumped["cases"]
    for name, rows in dumped.items():
        for staff_id in (PERSON, SUPERVISOR, IN_HIS_LINE):
            assert staff_id not in rows, name
            assert staff_id.encode().hex() not in rows, name


TARN = {FURTHER: "tarn"}


async def test_whoever_wishes_nobody_from_her_office_gets_somebody_from_elsewhere(cell: Cell) -> None:
    await cell.people(stations=TARN)

    assert await cell.match(await cell.wish(not_from_my_office="yes")) == FURTHER
    assert await cell.match(await cell.wish(not_from_my_office="no")) == ELSEWHERE


async def test_her_wish_is_kept_when_nobody_elsewhere_is_left(cell: Cell) -> None:
    await cell.people()
    assert await cell.match(await cell.wish(not_from_my_office="yes")) is None

    await cell.people({OMBUDSPERSON: LINES[OMBUDSPERSON]}, stations={OMBUDSPERSON: "valmora"})
    assert await cell.match(await cell.wish(not_from_my_office="yes")) == OMBUDSPERSON


async def test_where_she_names_nobody_no_focal_point_is_known_to_be_elsewhere(cell: Cell) -> None:
    await cell.people(stations=TARN)

    assert await cell.match(await cell.wish(not_from_my_office="yes"), Parties()) == OMBUDSPERSON
    assert await cell.match(await cell.wish(), Parties()) == ELSEWHERE


async def test_in_a_small_office_somebody_elsewhere_is_asked_first_and_a_colleague_when_nobody_is_left(
    cell: Cell,
) -> None:
    near = (ELSEWHERE, IN_HIS_LINE, PERSON, SUPERVISOR)
    stations = {staff_id: "creek" if staff_id in near else "valmora" for staff_id in LINES}
    await cell.people(stations=stations)

    assert await cell.match(await cell.wish()) == FURTHER
    assert await cell.match(await cell.wish(not_from_my_office="no")) == ELSEWHERE
    away = tuple(staff_id for staff_id in LINES if staff_id not in near)
    refused = Parties(PARTIES.affected_individual, PARTIES.alleged_offender, refused=away)
    assert await cell.match(await cell.wish(), refused) == ELSEWHERE


async def test_the_one_she_prefers_is_asked_where_nothing_speaks_against_it(cell: Cell) -> None:
    await cell.people()

    def preferring(staff_id: str) -> Parties:
        return Parties(PERSON, (SUPERVISOR,), recipient=staff_id)

    assert await cell.match(await cell.wish(), preferring(FURTHER)) == FURTHER
    assert await cell.match(await cell.wish(), preferring(OMBUDSPERSON)) == OMBUDSPERSON
    assert await cell.match(await cell.wish(not_from_my_office="yes"), preferring(ELSEWHERE)) == ELSEWHERE
    for nobody in (IN_HIS_LINE, SUPERVISOR, "S9999"):
        assert await cell.match(await cell.wish(), preferring(nobody)) in {ELSEWHERE, FURTHER}


def known_of(cell: Cell, staff_id: str, **known: Any) -> None:
    """What somebody who listens lets others know of themselves."""
    appointments = [replace(one, **known) if one.staff_id == staff_id else one for one in cell.desk.policy.appointments]
    cell.desk.policy = replace(cell.desk.policy, appointments=tuple(appointments))


async def test_inv_19_whoever_speaks_her_language_is_asked_before_others(cell: Cell) -> None:
    await cell.people()
    known_of(cell, FURTHER, languages=("fr", "pt"))

    assert await cell.match(await cell.wish(language="pt-BR")) == FURTHER
    assert await cell.match(await cell.wish(language="sw")) == ELSEWHERE
    assert await cell.match(await cell.wish(language="en", spoken_language="fr")) == FURTHER
    assert await cell.match(await cell.wish(language="fr", spoken_language="en")) == ELSEWHERE


async def test_inv_19_a_wish_for_a_woman_or_a_man_is_kept_where_it_is_known(cell: Cell) -> None:
    await cell.people()
    known_of(cell, ELSEWHERE, gender="man")

    assert await cell.match(await cell.wish(contact_gender="woman")) == FURTHER
    assert await cell.match(await cell.wish(contact_gender="any")) == ELSEWHERE
    known_of(cell, FURTHER, gender="man")
    assert await cell.match(await cell.wish(contact_gender="woman")) == OMBUDSPERSON, "of whom nothing is known"
