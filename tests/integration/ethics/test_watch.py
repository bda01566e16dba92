"""What nobody does, and what others say: contracts that end by themselves, and complaints about protected people."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.inbox import InvalidMessage
from chassis.sealing import seal_to
from contracts.requests.v1.requests_pb2 import ComplaintMade, CooperationEnded, CooperationStarted
from contracts.topics import WORKFLOW_REQUESTS
from lifecycle import exclusions
from services.ethics.use_cases.watch_contracts import watch_contracts
from tests.integration.ethics.office import ETHICS_OFFICER, PROTECTED, UNPROTECTED, Office, personnel_action

pytestmark = pytest.mark.stack
NOW = datetime.now(UTC)
ENDS = date(2031, 6, 30)


async def watch(office: Office, day: date) -> list[Any]:
    async with office.desk.database.transaction() as session:
        return await watch_contracts(session, office.desk, datetime.combine(day, datetime.min.time(), UTC))


async def days_asked(office: Office, days: Sequence[int]) -> list[int]:
    """On which of these days before the end something was asked."""
    return [left for left in days if await watch(office, ENDS - timedelta(days=left))]


async def test_inv_46_the_end_of_a_protected_persons_contract_is_asked_about_at_each_mark_once(
    quiet_office: Office,
) -> None:
    office = quiet_office
    await office.protect()
    await office.person(PROTECTED, ends_on=ENDS.isoformat())
    await office.person(UNPROTECTED, ends_on=ENDS.isoformat())
    asked = await days_asked(office, [121, 120, 119, 91, 90, 89, 61, 60, 59, 31, 30, 29, 1, 0, -1, -20])
    assert asked == [120, 90, 60, 30, 0]
    facts = [await office.facts(one) for one in await office.queries()]
    assert {(one["about"], one["kind"], one["contract_ends_on"]) for one in facts} == {
        ("contract_end", "non_renewal", ENDS.isoformat())
    }
    assert all(one["protections"][0]["staff_id"] == PROTECTED for one in facts)
    async with office.desk.database.transaction() as session:
        outdated = await exclusions.outdated(session, office.desk.policy, NOW)
    # Whoever stands in for somebody in a line must not see a query either, from its beginning on.
    assert outdated.keys().isdisjoint(await office.queries())


async def test_a_contract_that_is_renewed_is_asked_about_anew_and_one_without_an_end_never(
    quiet_office: Office,
) -> None:
    office = quiet_office
    await office.protect()
    await office.person(PROTECTED, ends_on=ENDS.isoformat())
    assert await days_asked(office, [100]) == [100]
    await office.person(PROTECTED, ends_on=(ENDS + timedelta(days=365)).isoformat())
    assert await days_asked(office, [100, 10, 0]) == []
    assert await watch(office, ENDS + timedelta(days=365 - 80)) != []
    await office.person(PROTECTED)
    assert await watch(office, ENDS + timedelta(days=365 - 20)) == []


async def test_a_contract_that_ends_soon_when_protection_begins_is_asked_about_once_and_at_once(
    quiet_office: Office,
) -> None:
    office = quiet_office
    await office.person(PROTECTED, ends_on=ENDS.isoformat())
    assert await days_asked(office, [22]) == [], "nobody is protected yet"
    await office.protect()
    assert await days_asked(office, [21, 20]) == [21]
    [case_id] = await office.queries()
    row = await office.row(case_id)
    assert row.data["facts"]["contract_end"] == "soon"
    assert row.next_due_at == datetime(2031, 6, 10, tzinfo=UTC), "one working day, not five"


async def test_whose_look_ahead_is_over_is_not_watched(quiet_office: Office) -> None:
    office = quiet_office
    protection_id = await office.protect()
    await office.end(protection_id, datetime(2026, 1, 1, tzinfo=UTC))
    await office.person(PROTECTED, ends_on=ENDS.isoformat())
    assert await days_asked(office, [30]) == []


async def test_somebody_who_has_left_stays_protected(quiet_office: Office) -> None:
    """References and blacklisting come afterwards."""
    office = quiet_office
    await office.protect()
    await office.person(PROTECTED, active=False)
    assert await office.see(personnel_action(PROTECTED, 1, kind="reference")) is not None


async def test_an_end_that_is_no_day_is_no_event_of_ours(quiet_office: Office) -> None:
    with pytest.raises(InvalidMessage, match="contract_end_not_a_day"):
        await quiet_office.person(PROTECTED, ends_on="soon")


async def test_no_row_says_whose_contract_ends_when(quiet_office: Office) -> None:
    office = quiet_office
    await office.protect()
    await office.person(PROTECTED, ends_on=ENDS.isoformat())
    await days_asked(office, [30])
    for table in ("contract_ends", "watched_ends"):
        assert PROTECTED not in str(await office.rows(f"select t::text from {table} t")), table


async def complain(
    office: Office, about: str, *, complaint_id: Any = None, made_on: datetime | None = None, at: str = "ethics"
) -> None:
    """Today, where no day is said: whatever it answers may have begun today, too."""
    complaint_id = str(complaint_id or uuid4())
    context = b"complaint|" + complaint_id.encode()
    sealed = seal_to(
        office.desk.keys.desk(at).public, json.dumps({"staff_id": about}).encode(), context=context, size=256
    )
    told = ComplaintMade(complaint_id=complaint_id, sealed_person=sealed)
    told.made_on.FromDatetime(made_on or datetime.now(UTC))
    await office.receive(WORKFLOW_REQUESTS, told, key=complaint_id, source="workflow")


async def test_inv_49_a_complaint_about_a_protected_person_is_looked_at_by_the_office_alone(
    quiet_office: Office,
) -> None:
    office, complaint_id = quiet_office, uuid4()
    await office.protect(started_at=NOW - timedelta(days=3))
    await complain(office, UNPROTECTED)
    assert await office.queries() == []
    for _ in range(2):
        await complain(office, PROTECTED.lower(), complaint_id=complaint_id, made_on=NOW)
    [case_id] = await office.queries()
    facts = await office.facts(case_id)
    assert (facts["about"], facts["made_on"]) == ("counter_complaint", NOW.date().isoformat())
    everybody = {one.staff_id for one in office.desk.policy.appointments}
    assert {one for one in everybody if await office.sees(case_id, one)} == {ETHICS_OFFICER}
    topics = {topic for (topic,) in await office.rows("select distinct topic from outbox")}
    assert topics == {"ethics.cases.v1", "audit.entries.v1"}, "whoever handles the complaint hears nothing"


async def test_a_complaint_that_overtakes_the_protection_it_answers_is_still_looked_at(quiet_office: Office) -> None:
    office, today = quiet_office, NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    await complain(office, PROTECTED, made_on=today)
    await office.protect(started_at=today)
    [case_id] = await office.queries()
    assert (await office.facts(case_id))["about"] == "counter_complaint"


async def test_a_complaint_from_before_is_none_against_it(quiet_office: Office) -> None:
    office = quiet_office
    await complain(office, PROTECTED, made_on=NOW - timedelta(days=4))
    await office.protect(started_at=NOW - timedelta(days=3))
    assert await office.queries() == []


@pytest.mark.parametrize("wrong", ["copied", "nobody"])
async def test_a_complaint_that_names_nobody_is_no_event_of_ours(quiet_office: Office, wrong: str) -> None:
    office = quiet_office
    public, first, second = office.desk.keys.desk("ethics").public, str(uuid4()), str(uuid4())
    named = first if wrong == "copied" else second
    content = json.dumps({"staff_id": PROTECTED} if wrong == "copied" else {"staff_id": ""}).encode()
    sealed = seal_to(public, content, context=b"complaint|" + named.encode(), size=256)
    told = ComplaintMade(complaint_id=second, sealed_person=sealed)
    told.made_on.FromDatetime(NOW)
    with pytest.raises(InvalidMessage):
        await office.receive(WORKFLOW_REQUESTS, told, key=second, source="workflow")


async def test_inv_45_who_cooperates_is_protected_until_after_the_matter_whichever_word_comes_first(
    quiet_office: Office,
) -> None:
    office, witness = quiet_office, uuid4()
    ended = CooperationEnded(protection_id=str(witness))
    ended.ended_on.FromDatetime(datetime(2026, 5, 1, tzinfo=UTC))
    started = CooperationStarted(
        protection_id=str(witness), sealed_person=office.sealed_person(witness, PROTECTED, contact=False)
    )
    started.started_at.FromDatetime(datetime(2026, 4, 1, tzinfo=UTC))
    for told in (ended, started, ended):
        await office.receive(WORKFLOW_REQUESTS, told, key=str(uuid4()), source="workflow")
    assert await office.rows("select activity, started_at, until, contact_agreed from protected") == [
        ("cooperated", datetime(2026, 4, 1, tzinfo=UTC), datetime(2028, 5, 1, tzinfo=UTC), False)
    ]
