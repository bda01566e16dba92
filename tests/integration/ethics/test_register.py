"""Who is protected when, and which of HR's actions the office asks about (invariants 45, 46)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.inbox import InvalidMessage
from chassis.migrations import SERVICES, differences, migrate
from lifecycle import parties, records
from lifecycle.decide import open_case
from lifecycle.exclusions import Parties
from lifecycle.routing import Place
from services.ethics import numbers
from services.ethics.tables import Base
from services.ethics.use_cases.protect import (
    Protection,
    correct_activity,
    forget_ended,
    start_protection,
)
from services.ethics.use_cases.see import forget_seen
from tests.integration.ethics.office import (
    ETHICS_OFFICER,
    KIND,
    PROTECTED,
    UNPROTECTED,
    Office,
    personnel_action,
)
from tests.integration.ethics.test_requests import ALTERNATE, told
from tests.integration.ethics.test_watch import complain
from tests.real_parts import Database
from tests.waiting import eventually

pytestmark = pytest.mark.stack
NOW = datetime.now(UTC)


async def test_an_action_about_a_protected_person_opens_one_query(quiet_office: Office) -> None:
    office = quiet_office
    await office.protect()
    case_id = await office.see(personnel_action(PROTECTED, 1))
    assert await office.queries() == [case_id]
    facts = await office.facts(case_id)
    [protection] = facts["protections"]
    assert (facts["about"], facts["kind"]) == ("personnel_action", KIND)
    assert (protection["staff_id"], protection["activity"]) == (PROTECTED, "reported")


async def test_who_has_reported_the_office_is_known_to_who_stands_in_for_it_and_to_nobody_of_the_office(
    quiet_office: Office,
) -> None:
    """Also where the same person is protected for something else, of which the office knows."""
    office = quiet_office
    await office.protect()
    known = await office.see(personnel_action(PROTECTED, 1))
    await office.protect(at="ethics_outside")
    case_id = await office.see(personnel_action(PROTECTED, 2))
    assert [await office.sees(known, one) for one in (ETHICS_OFFICER, ALTERNATE)] == [True, False]
    assert [await office.sees(case_id, one) for one in (ETHICS_OFFICER, ALTERNATE)] == [False, True]
    assert [len((await office.facts(one))["protections"]) for one in (known, case_id)] == [1, 2]
    assert await told(office) == [ETHICS_OFFICER, ALTERNATE]


async def test_a_complaint_about_somebody_of_the_office_is_looked_at_by_who_stands_in_for_it(
    quiet_office: Office,
) -> None:
    office = quiet_office
    await office.protect(ETHICS_OFFICER, started_at=NOW - timedelta(days=3))
    await complain(office, ETHICS_OFFICER, at="ethics_outside")
    [case_id] = await office.queries()
    assert (await office.row(case_id)).desk == "ethics_outside"
    assert await told(office) == [ALTERNATE]


async def test_a_request_about_the_office_protects_as_far_from_it(quiet_office: Office) -> None:
    office = quiet_office
    await office.person(ETHICS_OFFICER)
    now, opening = datetime.now(UTC), {"lodged_at": datetime.now(UTC).isoformat()}
    place = Place("ethics_outside", "ethics_outside")
    async with office.desk.database.transaction() as session:
        case_id = await open_case(session, office.desk, uuid4(), "retaliation", 1, opening, now, place)
        row = await records.load(session, case_id)
        assert row is not None
        await parties.keep(session, office.desk, row, Parties(PROTECTED, (ETHICS_OFFICER,)))
    await office.desk.errands["route"](case_id)
    query = await office.see(personnel_action(PROTECTED, 1))
    assert [await office.sees(query, one) for one in (ETHICS_OFFICER, ALTERNATE)] == [False, True]


async def test_an_action_about_anybody_else_opens_none(quiet_office: Office) -> None:
    await quiet_office.protect()
    assert await quiet_office.see(personnel_action(UNPROTECTED, 1)) is None
    assert await quiet_office.queries() == []


async def test_a_staff_id_protects_however_it_was_typed(quiet_office: Office) -> None:
    await quiet_office.protect(f" {PROTECTED.lower()} ")
    case_id = await quiet_office.see(personnel_action(PROTECTED, 1))
    assert (await quiet_office.facts(case_id, "imminent_harm"))["staff_id"] == PROTECTED


async def test_the_same_action_told_twice_opens_one_query(quiet_office: Office) -> None:
    office, event_id = quiet_office, uuid4()
    await office.protect()
    action = personnel_action(PROTECTED, 1)
    first = await office.see(action, event_id=event_id)
    assert await office.see(action, event_id=event_id) is None
    assert await office.queries() == [first]


async def test_inv_45_somebody_protected_twice_is_asked_about_once_since_the_earlier_activity(
    quiet_office: Office,
) -> None:
    office, earlier, later = quiet_office, NOW - timedelta(days=3), NOW - timedelta(days=1)
    await office.protect(started_at=later)
    await office.protect(started_at=earlier)
    case_id = await office.see(personnel_action(PROTECTED, 1), told_at=NOW - timedelta(days=2))
    assert await office.queries() == [case_id]
    case_id = await office.see(personnel_action(PROTECTED, 2))
    since = [one["protected_since"] for one in (await office.facts(case_id))["protections"]]
    assert since == [earlier.isoformat(), later.isoformat()]


async def test_two_actions_open_two_queries(quiet_office: Office) -> None:
    await quiet_office.protect()
    opened = [await quiet_office.see(personnel_action(PROTECTED, number)) for number in (1, 2)]
    assert sorted(await quiet_office.queries()) == sorted(opened)


async def test_what_hr_did_before_the_activity_is_not_asked_about(quiet_office: Office) -> None:
    await quiet_office.protect(started_at=NOW)
    assert await quiet_office.see(personnel_action(PROTECTED, 1), told_at=NOW - timedelta(seconds=1)) is None


async def test_a_date_that_hr_sets_back_hides_nothing(quiet_office: Office) -> None:
    await quiet_office.protect(started_at=NOW)
    action = personnel_action(PROTECTED, 1)
    action.recorded_at.FromDatetime(NOW - timedelta(days=30))
    assert await quiet_office.see(action, told_at=NOW + timedelta(seconds=1)) is not None


async def test_inv_46_protection_lasts_until_the_look_ahead_after_the_end_is_over(quiet_office: Office) -> None:
    office, closed_on = quiet_office, datetime(2027, 1, 31, tzinfo=UTC)
    protection_id = await office.protect(started_at=datetime(2020, 1, 31, tzinfo=UTC))
    assert await office.rows("select until from protected") == [(None,)]
    assert await office.see(personnel_action(PROTECTED, 1), told_at=NOW) is not None, "open for years, and watched"
    await office.end(protection_id, closed_on)
    [(until,)] = await office.rows("select until from protected")
    assert until == datetime(2029, 1, 31, tzinfo=UTC)
    await office.end(protection_id, closed_on - timedelta(days=400))
    assert await office.rows("select until from protected") == [(until,)], "told again, and late: nothing is shorter"
    last = await office.see(personnel_action(PROTECTED, 2), told_at=until - timedelta(seconds=1))
    assert last is not None
    assert await office.see(personnel_action(PROTECTED, 3), told_at=until) is None


async def test_word_of_an_end_may_come_before_word_of_the_beginning(quiet_office: Office) -> None:
    office, protection_id = quiet_office, uuid4()
    await office.end(protection_id, datetime(2026, 3, 1, tzinfo=UTC))
    await office.protect(protection_id=protection_id)
    assert await office.rows("select until from protected") == [(datetime(2028, 3, 1, tzinfo=UTC),)]
    assert await office.rows("select 1 from ended_early") == []


async def test_who_is_protected_no_more_leaves_the_register(quiet_office: Office) -> None:
    office = quiet_office
    over, runs = await office.protect(), await office.protect(UNPROTECTED)
    await office.end(over, NOW - timedelta(days=3 * 365))
    async with office.desk.database.transaction() as session:
        await forget_ended(session, office.desk.policy)
    assert await office.rows("select protection_id from protected") == [(runs,)]
    [(object_ref, kept)] = await office.rows("select object_ref, until - now() from actors_kept")
    assert object_ref == str(over), "who corrected it is forgotten later"
    assert kept > timedelta()


async def test_inv_45_since_when_somebody_is_protected_changes_only_with_a_trace(quiet_office: Office) -> None:
    office, before = quiet_office, datetime(2026, 3, 10, tzinfo=UTC)
    protection_id = await office.protect(started_at=before)
    await office.see(personnel_action(PROTECTED, 1), told_at=before - timedelta(days=1))
    assert await office.queries() == []
    earlier = before - timedelta(days=5)
    async with office.desk.database.transaction() as session:
        asked = await correct_activity(
            session, office.desk, protection_id, "told_supervisor", earlier, ETHICS_OFFICER, NOW
        )
    assert await office.queries() == asked, "what was done since then is asked about"
    assert await office.rows("select activity, started_at from protected") == [("told_supervisor", earlier)]
    [entry] = await office.audited("protection.corrected")()
    assert (entry["object"], entry["actor"], entry["rule"]) == (str(protection_id), ETHICS_OFFICER, "invariant 45")
    assert entry["facts"] == {"from": "2026-03-10", "to": "2026-03-05", "activity": "told_supervisor"}


async def test_word_of_a_protection_that_comes_late_reaches_back(quiet_office: Office) -> None:
    office = quiet_office
    await office.see(personnel_action(PROTECTED, 1), told_at=NOW - timedelta(hours=2))
    await office.see(personnel_action(PROTECTED, 2), told_at=NOW - timedelta(minutes=30))
    await office.see(personnel_action(UNPROTECTED, 3), told_at=NOW - timedelta(minutes=30))
    assert await office.queries() == []
    protection_id = await office.protect(started_at=NOW - timedelta(hours=1))
    [case_id] = await office.queries()
    assert (await office.facts(case_id, "imminent_harm"))["staff_id"] == PROTECTED
    await office.protect(protection_id=protection_id, started_at=NOW - timedelta(hours=3))
    assert await office.queries() == [case_id], "the same protection again changes nothing"


async def test_a_protection_and_an_action_in_the_same_moment_meet(quiet_office: Office) -> None:
    """Neither has committed when the other looks: the later one waits."""
    office, protection_id = quiet_office, uuid4()
    sealed = office.sealed_person(protection_id, PROTECTED, contact=True)
    protection = Protection(protection_id, sealed, "reported", NOW - timedelta(minutes=1))
    waits = "select 1 from pg_locks where locktype = 'advisory' and not granted"
    async with office.desk.database.transaction() as session:
        await start_protection(session, office.desk, protection, NOW)
        seeing = asyncio.create_task(office.see(personnel_action(PROTECTED, 1)))
        await eventually(lambda: office.rows(waits))
    case_id = await seeing
    assert await office.queries() == [case_id]


async def test_what_was_seen_long_ago_is_emptied_and_stays_seen(quiet_office: Office) -> None:
    office, event_id = quiet_office, uuid4()
    await office.see(personnel_action(PROTECTED, 1), event_id=event_id)
    async with office.desk.database.transaction() as session:
        await forget_seen(session, timedelta(0))
    assert await office.rows("select person_tag, sealed from seen_actions") == [(None, None)]
    await office.protect(started_at=NOW - timedelta(hours=1))
    assert await office.queries() == []
    assert await office.see(personnel_action(PROTECTED, 1), event_id=event_id) is None


@pytest.mark.parametrize(
    ("number", "staff_id", "source"),
    [
        (0, PROTECTED, "declared"),
        (2**63, PROTECTED, "declared"),
        (1, "", "declared"),
        (1, "S\0", "declared"),
        (1, PROTECTED, ""),
    ],
)
async def test_an_action_that_is_none_is_invalid_and_changes_nothing(
    quiet_office: Office, number: int, staff_id: str, source: str
) -> None:
    with pytest.raises(InvalidMessage, match="no_personnel_action"):
        await quiet_office.see(personnel_action(staff_id, number, source=source))
    assert await quiet_office.seen() == 0


async def test_missing_numbers_are_told_once_and_found_again(quiet_office: Office) -> None:
    office = quiet_office

    async def note(number: int) -> None:
        async with office.desk.database.transaction() as session:
            await numbers.note(session, "declared", number)

    async def alarms(late_after: timedelta = timedelta(0)) -> int:
        async with office.desk.database.transaction() as session:
            return await numbers.alarm(session, late_after)

    await note(1)
    await note(6)
    assert await alarms(timedelta(minutes=1)) == 0, "it may only be late"
    await note(3)
    assert sorted(await office.rows("select first, last from missing_numbers")) == [(2, 2), (4, 5)]
    assert await alarms() == 2
    assert await alarms() == 0
    assert [entry["facts"] for entry in await office.audited("personnel_action.missing")()] == [
        {"first": 2, "last": 2},
        {"first": 4, "last": 5},
    ]
    await note(4)
    assert sorted(await office.rows("select first, last from missing_numbers")) == [(2, 2), (5, 5)]
    assert [entry["facts"]["first"] for entry in await office.audited("personnel_action.found")()] == [4]
    await note(6)
    assert [entry["facts"]["first"] for entry in await office.audited("personnel_action.number_used_again")()] == [6]


async def test_the_migration_makes_what_the_code_declares_and_takes_it_away_again(
    fresh_database: Callable[..., Awaitable[Database]],
) -> None:
    database = await fresh_database()
    chain = SERVICES / "ethics" / "migrations"
    dsn = database.migration_dsn("ethics")
    await migrate(dsn, chain)
    assert await differences(dsn, Base.metadata) == []
    await migrate(dsn, chain, "base")
    await migrate(dsn, chain)
    assert await differences(dsn, Base.metadata) == []
