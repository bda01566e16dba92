"""Who sees what the office asks about, who is told of it, and whom it may contact (policy 2.4)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.cases.v1.cases_pb2 import StaffNotice
from lifecycle import records
from lifecycle.exclusions import excluded
from lifecycle.model import Action
from lifecycle.notices import opened
from policy.model import Role
from services.ethics.use_cases.protect import (
    answer_contact,
)
from tests.integration.ethics.office import (
    ETHICS_OFFICER,
    KIND,
    PROTECTED,
    Office,
    personnel_action,
)

pytestmark = pytest.mark.stack
NOW = datetime.now(UTC)


async def test_without_agreement_the_office_sees_the_person_only_for_imminent_harm(quiet_office: Office) -> None:
    await quiet_office.protect(contact=False)
    case_id = await quiet_office.see(personnel_action(PROTECTED, 1))
    facts = await quiet_office.facts(case_id)
    assert facts["kind"] == KIND
    assert PROTECTED not in json.dumps(facts)
    assert (await quiet_office.facts(case_id, "imminent_harm"))["staff_id"] == PROTECTED


async def test_each_protection_has_an_answer_of_its_own_and_it_is_the_one_of_now(quiet_office: Office) -> None:
    """A yes for one matter is no yes for another, and a yes taken back is none."""
    office = quiet_office
    yes = await office.protect(contact=True, started_at=NOW - timedelta(days=2))
    no = await office.protect(contact=False, started_at=NOW - timedelta(days=1))
    case_id = await office.see(personnel_action(PROTECTED, 1))

    async def named() -> dict[str, bool]:
        return {one["protection_id"]: "staff_id" in one for one in (await office.facts(case_id))["protections"]}

    async def may_contact(protection_id: UUID | str) -> bool:
        async with office.desk.database.transaction_if_needed() as begun:
            row = await records.load(await begun(), case_id)
            assert row is not None
            facts = {"ground": "agreed", "protection": str(protection_id)}
            action = Action(uuid4(), "contact_person", facts)
            return await office.desk.check(begun, row, action, {}) is None

    assert await named() == {str(yes): True, str(no): False}
    assert (await may_contact(yes), await may_contact(no), await may_contact(uuid4())) == (True, False, False)
    assert (await may_contact(str(yes)[:8].upper()), await may_contact(str(no)[:8])) == (True, False), "as it is listed"
    assert not await may_contact(str(yes)[:7])
    async with office.desk.database.transaction() as session:
        await answer_contact(session, yes, agreed=False)
    assert await named() == {str(yes): False, str(no): False}
    assert not await may_contact(yes)


async def test_the_ethics_officer_is_told_without_a_word_and_by_reference(quiet_office: Office) -> None:
    office = quiet_office
    await office.protect()
    await office.see(personnel_action(PROTECTED, 1))
    [(value,)] = await office.rows("select value from outbox where type = :type", type=StaffNotice.DESCRIPTOR.full_name)
    recipient_ref = UUID(StaffNotice.FromString(value).recipient_ref)
    [(sealed,)] = await office.rows("select sealed from recipients where recipient_ref = :ref", ref=recipient_ref)
    assert opened(sealed, recipient_ref, office.desk.keys.desk("ethics"))[0] == ETHICS_OFFICER


@pytest.mark.parametrize("in_conflict", [PROTECTED, "S0002"])
async def test_an_ethics_officer_in_conflict_neither_sees_the_query_nor_is_told(
    quiet_office: Office, in_conflict: str
) -> None:
    """The officer is the protected person, or stands in her line."""
    office = quiet_office
    await office.rows(
        "insert into people (staff_id, unit, station, line_staff_id, contract, active, valid_from)"
        " values (:person, 'u', 's', 'S0002', 'staff', true, now()) returning 1",
        person=PROTECTED,
    )
    policy = office.desk.policy
    [officer] = policy.appointed(Role.ETHICS_OFFICER, NOW)
    office.desk.policy = replace(policy, appointments=(replace(officer, staff_id=in_conflict),))
    await office.protect()
    case_id = await office.see(personnel_action(PROTECTED, 1))
    async with office.desk.database.transaction() as session:
        assert await excluded(session, office.desk.keys.cell, case_id, in_conflict)
        assert not await excluded(session, office.desk.keys.cell, case_id, ETHICS_OFFICER)
    assert await office.rows("select 1 from recipients") == []


async def test_hr_learns_nothing_and_no_row_names_anybody(quiet_office: Office) -> None:
    """Invariant 46: nothing goes where HR reads; and the schema, the outbox included, holds neither name nor kind."""
    office = quiet_office
    await office.protect()
    await office.see(personnel_action(PROTECTED, 1))
    topics = {topic for (topic,) in await office.rows("select distinct topic from outbox")}
    assert topics == {"ethics.cases.v1", "audit.entries.v1"}
    dump = ""
    mine = "select tablename from pg_tables where schemaname = 'ethics' and tablename <> 'clock_shift'"
    for (table,) in await office.rows(mine):
        dump += "\n".join(str(row) for (row,) in await office.rows(f'select t::text from "{table}" t'))
    times = await office.rows(
        "select column_name from information_schema.columns where table_schema = 'ethics'"
        " and table_name = 'protected' and data_type like 'timestamp%'"
    )
    # When word of it came would say which report it belongs to.
    assert {name for (name,) in times} == {"started_at", "until"}
    assert ETHICS_OFFICER not in dump
    for word in (PROTECTED, KIND):
        assert word not in dump
        assert word.encode().hex() not in dump


async def test_an_erased_query_leaves_nothing_to_read(quiet_office: Office) -> None:
    office = quiet_office
    await office.protect()
    case_id = await office.see(personnel_action(PROTECTED, 1))
    async with office.desk.database.transaction() as session:
        row = await records.load(session, case_id)
        assert row is not None
        await office.desk.clear(session, row)
    for table in ("query_facts", "case_parties"):
        assert await office.rows(f"select 1 from {table}") == []
