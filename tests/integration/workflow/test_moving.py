"""A case that goes to another desk is wrapped to that one's key, on the real stores: the old desk's opens nothing."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.sealing import SealNotOpened, unwrap
from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from contracts.ids import CaseId
from contracts.topics import HR_PEOPLE
from lifecycle import access, bodies, moving, parties
from lifecycle.at_desk import _contents
from lifecycle.durable import Decided
from tests.integration.workflow.formal_reports import of_report, took
from tests.integration.workflow.house import INVESTIGATOR, PARTIES, SUPERVISOR, House, person
from tests.integration.workflow.test_alerts_and_results import ALERT, RISK

OUTSIDE_INVESTIGATOR = "S0064"
REASONS = "Why her wish is not followed."


async def reported(house: House) -> CaseId:
    await house.people()
    case_id = await house.open()
    await house.route(case_id, PARTIES)
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    await took(house, INVESTIGATOR, case_id, "start_assessment")
    weighed = {"weighed": "goes_on", "ground": "gravity", "affected_told_first": True}
    await took(house, INVESTIGATOR, case_id, "weigh_preference", weighed, {"reasons": REASONS})
    return case_id


async def joins_oversight(house: House, staff_id: str) -> None:
    """From now on a matter about this person is about the oversight office."""
    found = person(staff_id, "S0016")
    found.unit = "OIO"
    await house.receive(HR_PEOPLE, staff_id, found)
    await parties.retag(house.desk)


async def read(house: House, case_id: UUID, staff_id: str) -> set[str]:
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        actor = await access.actor_of(session, house.desk, row, staff_id, datetime.now(UTC))
    assert access.may_read(house.desk, row, actor)
    found = await _contents(house.desk, row, actor, SignedIn(staff_id, "token"), "assessment")
    return {one.text for one in found}


async def opens(house: House, case_id: UUID, office: str) -> bool:
    wrapped = await house.desk.keystore.matter_key(case_id)
    assert wrapped is not None
    try:
        unwrap(wrapped, house.desk.keys.desk(office), context=bodies.key_context(case_id))
    except SealNotOpened:
        return False
    return True


async def trail(house: House, case_id: UUID) -> list[Any]:
    rows = await house.query(
        "select entry -> 'facts' as facts from"
        " (select convert_from(entry_json, 'utf8')::json as entry from audit_trail) trail"
        " where entry ->> 'act' = 'case.rewrapped' and entry ->> 'object' = :id",
        id=str(case_id),
    )
    return [row.facts for row in rows]


async def test_the_new_desk_opens_it_and_the_old_one_does_not(house: House) -> None:
    case_id = await reported(house)
    assert await read(house, case_id, INVESTIGATOR) == {REASONS}
    assert await opens(house, case_id, "oio")
    await joins_oversight(house, SUPERVISOR)
    row = await house.row(case_id)
    assert (row.desk, house.desk.office_of(row), len(row.errands)) == ("committee", "oio", 2)

    # On the way nobody reads it: the old desk may not any more, the new one cannot yet.
    with pytest.raises(Problem) as away:
        await read(house, case_id, OUTSIDE_INVESTIGATOR)
    assert away.value.status == 503
    await moving.rewrap(house.desk, case_id)
    assert await read(house, case_id, OUTSIDE_INVESTIGATOR) == {REASONS}
    assert await opens(house, case_id, "committee")
    assert not await opens(house, case_id, "oio"), "no wrap of the old desk is left"
    row = await house.row(case_id)
    async with house.desk.database.transaction() as session:
        old = await access.actor_of(session, house.desk, row, INVESTIGATOR, datetime.now(UTC))
    assert not access.may_read(house.desk, row, old)
    assert [(one["from"], one["to"]) for one in await trail(house, case_id)] == [("oio", "committee")]


async def test_each_step_again_changes_nothing_also_after_a_crash_between_the_stores(house: House) -> None:
    case_id = await reported(house)
    await joins_oversight(house, SUPERVISOR)
    await moving.rewrap(house.desk, case_id)
    # As if killed after the key store was written and before the row was.
    async with house.desk.database.transaction() as session:
        await session.execute(sa.text("update cases set office = null where case_id = :id"), params={"id": case_id})
    await moving.rewrap(house.desk, case_id)
    await moving.rewrap(house.desk, case_id)
    assert await read(house, case_id, OUTSIDE_INVESTIGATOR) == {REASONS}
    assert (await house.row(case_id)).office == "committee"


async def test_what_follows_from_it_goes_along_and_what_opens_later_is_sealed_there_at_once(house: House) -> None:
    case_id = await reported(house)
    await took(house, INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    (measure,) = await of_report(house, case_id, "interim_measure")
    async with house.desk.database.transaction() as session:
        await parties.bring(session, house.desk, measure, PARTIES)
    await joins_oversight(house, SUPERVISOR)
    # Another case of the report, before anything was wrapped anew.
    later = await house.open("formal_report", measure.report_id, 2)
    assert (await house.row(later)).office == "committee"
    for one in (case_id, CaseId(measure.case_id)):
        await moving.rewrap(house.desk, one)
    assert await opens(house, measure.case_id, "committee")
    assert not await opens(house, measure.case_id, "measures")


async def test_a_desk_with_the_same_key_has_nothing_to_wrap(house: House) -> None:
    """He heads an office: the heads at his station step aside, and oversight has the report as ever."""
    case_id = await reported(house)
    row = await house.row(case_id)
    assert (row.desk, row.office) == ("oio_away", None)
    assert not [one for one in row.errands if one.startswith(moving.REWRAP)]
    before = await house.desk.keystore.matter_key(case_id)
    await moving.rewrap(house.desk, case_id)
    assert await house.desk.keystore.matter_key(case_id) == before
    assert isinstance(await house.act(INVESTIGATOR, case_id, "send_update"), Decided)
