"""Measures that somebody in HR carries out: handed over under a neutral code, believed where nothing says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database
from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureFailed, MeasurePassedOn, MeasureRestored
from policy.load import load
from services.hr_bridge.ending import note_ended
from tests.integration.hr_bridge.house import PASS_ON, RESTORE, House
from tests.integration.hr_bridge.test_hr_desk import DIRECTOR, OFFICER, confirm, listed, task_of
from tests.waiting import eventually

pytestmark = pytest.mark.stack

HOW = "Two days a week from home; the other days in the annex."


async def handed(house: House, measure: UUID, kind: str = "apply") -> dict[str, Any]:
    """The task of this kind, once somebody in HR has it."""

    async def come() -> dict[str, Any] | None:
        rows = await house.rows(
            "select task_id from tasks where measure_id = :id and kind = :kind and state = 'handed'",
            id=measure, kind=kind,
        )  # fmt: skip
        return (await listed(house, OFFICER))[str(rows[0][0])] if rows else None

    return await eventually(come)


async def done(house: House, measure: UUID) -> None:
    answer = await confirm(house, OFFICER, await task_of(house, measure))
    assert (answer.status_code, answer.json()["state"]) == (200, "done"), answer.text


@pytest.mark.parametrize(
    ("kind", "code", "pay"),
    [
        ("alternative_duties", "duties", 100),
        ("flexible_working", "schedule", 100),
        ("special_leave_full_pay", "leave_full_pay", 100),
        ("suspension_with_pay", "status", 100),
        ("suspension_without_pay", "status", 0),
    ],
)
async def test_inv_41_each_kind_goes_to_hr_under_a_neutral_code_and_never_says_why(
    house: House, kind: str, code: str, pay: int
) -> None:
    measure = await house.decide_by_hand(kind, person="S0047", arrangement=HOW)
    task = await handed(house, measure)
    assert (task["code"], task["pay_percent"], task["person"], task["arrangement"]) == (code, pay, "S0047", HOW)
    assert (task["kind"], task["from"], task["to"]) == ("apply", None, None)
    assert kind not in str(task)
    assert not house.results(measure), "nothing is done by being handed over"
    await done(house, measure)
    applied = await house.result(measure, MeasureApplied)
    assert (len(applied.proof_hash), applied.decision_id) == (32, house.orders[measure][-1])
    await house.end(measure, RESTORE)
    assert (await handed(house, measure, "restore"))["code"] == code
    await done(house, measure)
    restored = await house.result(measure, MeasureRestored)
    assert restored.decision_id == house.orders[measure][-1]


async def test_every_kind_of_the_policy_can_be_carried_out_by_somebody(house: House) -> None:
    for kind, one in load("iom-2024-03").measures.items():
        assert one.code, kind


async def test_a_change_of_place_counts_when_the_hr_system_shows_it_and_goes_back_where_it_was(house: House) -> None:
    measure = await house.decide_by_hand("physical_separation", person="S0048", arrangement=HOW, location="creek")
    task = await handed(house, measure)
    before = task["from"]
    assert (task["code"], task["to"]) == ("work_location", "creek")
    assert before not in ("", "creek")
    unproven = await confirm(house, OFFICER, task["task_id"])
    assert (unproven.status_code, unproven.json()["code"]) == (409, "not_proven")
    await house.hr.set_station("S0048", "creek")
    await done(house, measure)
    await house.result(measure, MeasureApplied)

    await house.end(measure, PASS_ON)
    assert task["until_at"]
    passed_on = await handed(house, measure, "pass_on")
    assert (passed_on["to"], passed_on["until_at"]) == ("creek", None), "what stands goes on until somebody decides"
    await done(house, measure)
    await house.result(measure, MeasurePassedOn)

    await house.end(measure, RESTORE)
    back = await handed(house, measure, "restore")
    assert (back["from"], back["to"]) == (before, before)
    assert back["until_at"] is None, "what is put back stays so, also after the day on which the measure was to end"
    refused = await confirm(house, OFFICER, back["task_id"])
    assert refused.json()["code"] == "not_proven"
    await house.hr.set_station("S0048", before)
    await done(house, measure)
    await house.result(measure, MeasureRestored)


async def test_what_nobody_had_begun_is_undone_at_once_and_withdrawn_from_hr(house: House) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    measure = await house.decide_by_hand("flexible_working", person="S0044", arrangement=HOW, from_at=tomorrow)
    task = await handed(house, measure)
    early = await confirm(house, OFFICER, task["task_id"])
    assert (early.status_code, early.json()["code"]) == (409, "nothing_to_confirm"), "its hour has not come"
    assert await who_is_kept(house, measure) == [(None, None)]
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    states = await house.rows("select kind, state from tasks where measure_id = :id order by number", id=measure)
    assert states == [("apply", "withdrawn"), ("restore", "done")]
    # Who opened or confirmed them is kept while HR's note of them would be, and then as long as of a case.
    policy = load(house.bridge_settings().policy)
    for finished_at, until in await who_is_kept(house, measure):
        assert until == policy.due("keep.access_log", policy.due("keep.hr_measure", finished_at))


async def who_is_kept(house: House, measure: UUID) -> list[tuple[Any, ...]]:
    """Of a measure's tasks, when each was finished, and until when it is kept who opened it."""
    settings = house.bridge_settings()
    database = Database(settings.database_dsn)
    async with database.transaction() as session:
        await note_ended(session, load(settings.policy))
    await database.close()
    return await house.rows(
        "select finished_at, until from tasks left join actors_kept on object_ref = cast(task_id as text)"
        " where measure_id = :id order by number", id=measure,
    )  # fmt: skip


async def test_what_somebody_may_have_begun_is_undone_by_hand(house: House) -> None:
    measure = await house.decide_by_hand("flexible_working", person="S0044", arrangement=HOW)
    first = await handed(house, measure)
    await house.end(measure, RESTORE)
    await handed(house, measure, "restore")
    late = await confirm(house, OFFICER, first["task_id"])
    assert (late.status_code, late.json()["code"]) == (409, "nothing_to_confirm")
    await done(house, measure)
    await house.result(measure, MeasureRestored)
    assert [type(one) for one in house.results(measure)] == [MeasureRestored]


async def test_a_task_that_failed_is_withdrawn_when_what_it_was_for_is_over(house: House) -> None:
    measure = await house.decide_by_hand("flexible_working", person="S9997", arrangement=HOW)
    failed = await house.result(measure, MeasureFailed)
    assert (failed.code, failed.decision_id) == ("person_not_employed", house.orders[measure][-1])
    task_id = await task_of(house, measure)
    assert (await confirm(house, OFFICER, task_id)).json()["code"] == "nothing_to_confirm", "nobody is meant by it"
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert await house.rows("select state from tasks where task_id = :id", id=UUID(task_id)) == [("withdrawn",)]


async def test_somebody_from_outside_is_kept_off_the_site_and_suspended_by_nobody(house: House) -> None:
    measure = await house.decide_by_hand("physical_separation", person="vendor-7", arrangement="No access to the site.")
    assert (await handed(house, measure))["person"] == "vendor-7"
    await done(house, measure)
    await house.result(measure, MeasureApplied)
    other = await house.decide_by_hand("suspension_with_pay", person="vendor-7", arrangement="No access.")
    assert (await house.result(other, MeasureFailed)).code == "person_not_employed"


async def test_the_home_entity_of_a_volunteer_is_named_and_hears_no_more_than_what_to_do(house: House) -> None:
    (row,) = await house.rows("select staff_id from people where contract = 'volunteer' and active limit 1")
    measure = await house.decide_by_hand("flexible_working", person=row[0], arrangement=HOW)
    assert (await handed(house, measure))["home_entity"] == "The volunteers' own organisation"
    await house.end(measure, RESTORE)


async def test_nobody_in_hr_handles_what_is_about_himself(house: House) -> None:
    measure = await house.decide_by_hand("flexible_working", person=DIRECTOR, arrangement=HOW)
    task = await handed(house, measure)
    assert task["task_id"] not in await listed(house, DIRECTOR)
    hidden, never = await confirm(house, DIRECTOR, task["task_id"]), await confirm(house, DIRECTOR, uuid4())
    assert (hidden.status_code, hidden.content) == (404, never.content)


async def test_every_result_names_the_decision_it_answers(house: House) -> None:
    measure = await house.decide("S0043", "S0024", "S0038")
    await house.result(measure, MeasureApplied)
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert [one.decision_id for one in house.results(measure)] == house.orders[measure]
