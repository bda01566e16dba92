"""An appointment, or its end: one person drafts, another approves, and every service goes by it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.policy.v1.policy_pb2 import AppointmentsInForce
from contracts.topics import HR_PEOPLE
from lifecycle import exclusions, parties, recusal
from lifecycle.durable import Decided
from lifecycle.in_force import InForce
from lifecycle.model import Refused
from policy.appointing import Ended, appointment_id
from policy.model import Role
from services.workflow import appointments, second_words
from services.workflow.appointments import NotDrafted, Wanted
from services.workflow.domain.appointing import Refusal
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    LINES,
    PARTIES,
    PERSON,
    SECOND_INVESTIGATOR,
    House,
    person,
)
from tests.waiting import eventually

FIRST, SECOND, CHIEF = "S0073", "S0074", "S0001"
NOW = datetime.now(UTC)
TODAY = NOW.date()
LISTENS = Wanted(COLLEAGUE.lower(), Role.FOCAL_POINT, "selwick", TODAY, languages=("en", "ar"))


@pytest.fixture
async def known(house: House) -> House:
    await house.people(LINES | {FIRST: CHIEF, SECOND: CHIEF})
    return house


async def drafted(house: House, wanted: Wanted | Ended, by: str = FIRST, draft_id: UUID | None = None) -> UUID:
    draft_id = draft_id or uuid4()
    assert await draft(house, wanted, by, draft_id) is None
    return draft_id


async def draft(house: House, wanted: Wanted | Ended, by: str, draft_id: UUID) -> Refused | None:
    async with house.desk.database.transaction() as session:
        if isinstance(wanted, Ended):
            return await appointments.draft_end(session, house.desk, draft_id, wanted, by, NOW)
        return await appointments.draft_appointment(session, house.desk, draft_id, wanted, by, NOW)


async def approved(house: House, draft_id: UUID, by: str = SECOND) -> Refused | None:
    async with house.desk.database.transaction() as session:
        return await appointments.approve(session, house.desk, draft_id, by, NOW)


async def published(house: House) -> list[AppointmentsInForce]:
    rows = await house.query("select value from outbox where topic = 'workflow.policy.v1' order by id")
    return [AppointmentsInForce.FromString(row.value) for row in rows]


async def entries(house: House, draft_id: UUID) -> list[str]:
    rows = await house.query(
        "select entry_json from audit_readable where object_ref = :draft order by object_number", draft=str(draft_id)
    )
    return [row.entry_json.decode() for row in rows]


async def test_a_draft_is_nothing_and_the_second_word_puts_it_in_force_everywhere(known: House) -> None:
    process = InForce(known.desk)
    draft_id = await drafted(known, LISTENS)
    assert await drafted(known, LISTENS, draft_id=draft_id) == draft_id, "sent again"
    await process.read()
    assert known.desk.policy.roles_of(COLLEAGUE, NOW) == set()
    assert await published(known) == []
    assert await known.notices() == [(second_words.WAITING, SECOND)], "whoever may approve hears of it, once"
    assert await approved(known, draft_id) is None
    before = known.desk.policy
    await process.read()
    assert known.desk.policy.roles_of(COLLEAGUE, NOW) == {Role.FOCAL_POINT}
    assert known.desk.policy.appointments_hash != before.appointments_hash
    [said] = await published(known)
    [one] = said.appointed
    assert (said.number, one.staff_id, one.appointed_by, one.confirmed_by) == (1, COLLEAGUE, FIRST, SECOND)
    drafted_entry, approved_entry = await entries(known, draft_id)
    assert '"act":"appointment.drafted"' in drafted_entry
    assert '"act":"appointment.approved"' in approved_entry
    assert FIRST in drafted_entry
    assert SECOND in approved_entry
    assert COLLEAGUE not in drafted_entry + approved_entry, "who is appointed is named by the appointment's id"


async def test_whoever_drafted_does_not_approve_and_the_refusal_is_in_the_trail(known: House) -> None:
    draft_id = await drafted(known, LISTENS)
    refused = await approved(known, draft_id, FIRST)
    assert refused is not None
    assert refused.code == Refusal.SAME_PERSON
    assert await published(known) == []
    assert '"code":"SAME_PERSON"' in (await entries(known, draft_id))[-1]
    assert await approved(known, draft_id) is None, "somebody else still may"
    with pytest.raises(NotDrafted):
        await approved(known, draft_id)
    assert len(await published(known)) == 1


async def test_only_those_who_may_draft_and_approve(known: House) -> None:
    refused = await draft(known, LISTENS, INVESTIGATOR, uuid4())
    assert refused is not None
    assert refused.code == Refusal.NOT_DELEGATED
    draft_id = await drafted(known, LISTENS)
    refused = await approved(known, draft_id, INVESTIGATOR)
    assert refused is not None
    assert refused.code == Refusal.NOT_DELEGATED


async def test_what_was_possible_when_it_was_drafted_is_asked_again(known: House) -> None:
    listens, investigates = (
        await drafted(known, LISTENS),
        await drafted(known, Wanted(COLLEAGUE, Role.INVESTIGATOR, "selwick", TODAY)),
    )
    assert await approved(known, listens) is None
    refused = await approved(known, investigates)
    assert refused is not None
    assert refused.code == Refusal.HELD_APART
    await known.receive(HR_PEOPLE, PERSON, person(PERSON, LINES[PERSON]))
    left = await drafted(known, Wanted(PERSON, Role.FOCAL_POINT, "selwick", TODAY))
    await known.receive(HR_PEOPLE, PERSON, person(PERSON, LINES[PERSON], active=False))
    refused = await approved(known, left)
    assert refused is not None
    assert refused.code == Refusal.UNKNOWN_PERSON


async def test_a_draft_that_is_set_aside_is_no_draft_any_more(known: House) -> None:
    draft_id = await drafted(known, LISTENS)
    async with known.desk.database.transaction() as session:
        assert await appointments.set_aside(session, known.desk, draft_id, FIRST, NOW) is None
    with pytest.raises(NotDrafted):
        await approved(known, draft_id)


async def test_the_end_of_an_appointment_takes_the_part_and_has_it_handed_over(known: House) -> None:
    """Of the pack's own list, with a case in hand: conflicts and parts are looked at again as for a changed
    directory.
    """
    process = InForce(known.desk)
    case_id = await known.open()
    await known.route(case_id, PARTIES)
    assert isinstance(await known.act(INVESTIGATOR, case_id, "acknowledge"), Decided)
    assert isinstance(await known.act(SECOND_INVESTIGATOR, case_id, "start_assessment"), Decided)
    assert (await known.row(case_id)).data["assigned"]["investigator"] == SECOND_INVESTIGATOR
    assert await parties.retag(known.desk) == 0
    [one] = [one for one in known.desk.policy.appointments if one.staff_id == SECOND_INVESTIGATOR]
    ended = Ended(appointment_id(one), TODAY - timedelta(days=1))
    assert await approved(known, await drafted(known, ended)) is None
    await process.read()
    async with known.desk.database.transaction() as session:
        assert case_id in await exclusions.outdated(session, known.desk.policy, datetime.now(UTC))
    assert await parties.retag(known.desk) == 1
    assert await recusal.release_the_unfit(known.desk) == 1
    assert "investigator" not in (await known.row(case_id)).data["assigned"]
    assert not isinstance(await known.act(SECOND_INVESTIGATOR, case_id, "start_assessment"), Decided)


async def test_what_was_ended_before_it_began_is_appointed_again_from_another_day(known: House) -> None:
    later = replace(LISTENS, from_=TODAY + timedelta(days=9))
    first, again = await drafted(known, later), await drafted(known, later)
    async with known.desk.database.transaction() as session:
        named = (await appointments.find_draft(session, first)).appointment
    assert await approved(known, first) is None
    assert await approved(known, await drafted(known, Ended(named, TODAY))) is None
    for refused in (await approved(known, again), await draft(known, later, FIRST, uuid4())):
        assert refused is not None
        assert refused.code == Refusal.ENDED_ALREADY
    another = replace(later, from_=TODAY + timedelta(days=10))
    assert await approved(known, await drafted(known, another)) is None


async def test_decisions_are_one_row_of_numbers_and_are_said_again_at_a_start(known: House) -> None:
    first = await drafted(known, LISTENS)
    second = await drafted(known, Wanted(PERSON, Role.FOCAL_POINT, "selwick", TODAY))
    assert await approved(known, first) is None
    assert await approved(known, second) is None
    await appointments.say_again(known.desk)
    said = await published(known)
    assert [one.number for one in said] == [1, 2, 2]
    assert [len(one.appointed) for one in said] == [1, 2, 2], "each time whole"
    assert said[1] == said[2]


async def test_what_is_said_again_is_never_older_than_a_decision_on_its_way(known: House) -> None:
    assert await approved(known, await drafted(known, LISTENS)) is None
    second = await drafted(known, Wanted(PERSON, Role.FOCAL_POINT, "selwick", TODAY))
    async with known.desk.database.transaction() as session:
        assert await appointments.approve(session, known.desk, second, SECOND, NOW) is None
        again = asyncio.create_task(appointments.say_again(known.desk))

        async def waits_for_the_decision() -> bool:
            held_up = await known.query(
                "select 1 from pg_locks where locktype = 'advisory' and not granted"
                " and database = (select oid from pg_database where datname = current_database())"
            )
            return bool(held_up) or again.done()

        await eventually(waits_for_the_decision)
    await again
    assert [one.number for one in await published(known)] == [1, 2, 2]
