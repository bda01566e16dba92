"""Measures in the HR system, seen by asking Tryton."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.measures.v1.measures_pb2 import (
    MeasureApplied,
    MeasureDecided,
    MeasureFailed,
    MeasurePassedOn,
    MeasureRestored,
)
from contracts.topics import HR_MEASURE_RESULTS, HR_PEOPLE, WORKFLOW_MEASURES
from tests.e2e.leak_scan import Scanner
from tests.integration.hr_bridge.house import PASS_ON, RESTORE, House, sealed
from tests.real_parts import TemporalServer
from tests.waiting import eventually

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
async def lines_as_they_were(house: House) -> AsyncIterator[None]:
    """Each test has a person of its own; whose line it leaves changed is put back by hand."""
    yield
    for staff_id in ("S0031", "S0032", "S0033", "S0037", "S0046"):
        before = {"S0031": "S0019", "S0032": "S0023", "S0033": "S0024", "S0037": "S0022", "S0046": "S0019"}[staff_id]
        if await house.hr.supervisor(staff_id) != before:
            await house.hr.set_supervisor(staff_id, before)


async def test_a_line_is_changed_passed_on_and_given_back(house: House) -> None:
    measure = await house.decide("S0018", "S0017", "S0019")
    applied = await house.result(measure, MeasureApplied)
    assert await house.hr.supervisor("S0018") == "S0019"
    assert len(applied.proof_hash) == 32

    await house.end(measure, PASS_ON)
    await house.result(measure, MeasurePassedOn)
    # Nobody was named: the manager above the one whom the line was taken from.
    assert await house.hr.supervisor("S0018") == "S0016"

    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert await house.hr.supervisor("S0018") == "S0017"
    assert [type(one) for one in house.results(measure)] == [MeasureApplied, MeasurePassedOn, MeasureRestored]


async def test_workflow_may_forget_what_has_arrived(house: House) -> None:
    measure = await house.decide("S0026", "S0017", "S0019")
    await house.result(measure, MeasureApplied)
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)

    async def forgotten() -> bool:
        return not await house.outbox_of_workflow(measure)

    await eventually(forgotten)


async def test_the_line_passes_on_to_the_manager_who_was_named(house: House) -> None:
    measure = await house.decide("S0041", "S0017", "S0019", next_level_manager="S0022")
    await house.result(measure, MeasureApplied)
    await house.end(measure, PASS_ON)
    await house.result(measure, MeasurePassedOn)
    assert await house.hr.supervisor("S0041") == "S0022"
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert await house.hr.supervisor("S0041") == "S0017"


async def test_an_extension_of_what_stands_is_proven_without_another_write(house: House) -> None:
    measure = await house.decide("S0056", "S0017", "S0019")
    await house.result(measure, MeasureApplied)
    written_at = await house.hr.written_at("S0056")
    await house.decide_again(measure, "S0056", "S0017", "S0019")

    async def twice() -> bool:
        return [type(one) for one in house.results(measure)] == [MeasureApplied, MeasureApplied]

    await eventually(twice)
    assert await house.hr.written_at("S0056") == written_at
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert await house.hr.supervisor("S0056") == "S0017"


async def test_nothing_is_written_before_its_hour(house: House) -> None:
    from_at = datetime.now(UTC) + timedelta(seconds=2)
    measure = await house.decide("S0013", "S0017", "S0019", from_at=from_at)
    applied = await house.result(measure, MeasureApplied)
    assert applied.applied_at.ToDatetime(UTC) >= from_at
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)


async def test_a_measure_that_ends_before_its_hour_touches_nothing(house: House) -> None:
    written_at = await house.hr.written_at("S0027")
    measure = await house.decide("S0027", "S0022", "S0023", from_at=datetime.now(UTC) + timedelta(days=1))
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    assert await house.hr.written_at("S0027") == written_at
    states = await house.rows("select kind, state from tasks where measure_id = :id order by number", id=measure)
    assert states == [("apply", "withdrawn"), ("restore", "done")]


async def test_a_line_that_is_not_what_was_decided_on_is_left_alone(house: House) -> None:
    await house.hr.set_supervisor("S0031", "S0021")
    measure = await house.decide("S0031", "S0019", "S0016")
    assert (await house.result(measure, MeasureFailed)).code == "changed_meanwhile"
    assert await house.hr.supervisor("S0031") == "S0021"


async def test_nobody_takes_credit_for_a_change_that_somebody_else_made_before(house: House) -> None:
    # Were it taken for ours, its own value would be what is given back in the end.
    await house.hr.set_supervisor("S0046", "S0016")
    measure = await house.decide("S0046", "S0019", "S0016")
    assert (await house.result(measure, MeasureFailed)).code == "changed_meanwhile"


@pytest.mark.parametrize(
    ("staff_id", "above", "temporary", "third", "ending"),
    [
        ("S0032", "S0023", "S0012", "S0016", RESTORE),
        # Put back under the one whom the measure keeps away: a human's to judge, too.
        ("S0033", "S0024", "S0038", "S0024", PASS_ON),
    ],
)
async def test_a_line_that_somebody_else_has_changed_is_theirs(
    house: House, staff_id: str, above: str, temporary: str, third: str, ending: int
) -> None:
    measure = await house.decide(staff_id, above, temporary)
    await house.result(measure, MeasureApplied)
    await house.hr.set_supervisor(staff_id, third)
    await house.end(measure, ending)
    assert (await house.result(measure, MeasureFailed)).code == "changed_meanwhile"
    assert await house.hr.supervisor(staff_id) == third


async def test_a_supervisor_whom_the_hr_system_does_not_employ_is_not_given(house: House) -> None:
    measure = await house.decide("S0037", "S0022", "S9999")
    assert (await house.result(measure, MeasureFailed)).code == "supervisor_not_employed"
    assert await house.hr.supervisor("S0037") == "S0022"


async def test_a_person_whom_the_hr_system_does_not_employ_fails(house: House) -> None:
    measure = await house.decide("S9998", "S0022", "S0023")
    assert (await house.result(measure, MeasureFailed)).code == "person_not_employed"


async def test_persons_sealed_for_another_measure_are_not_read(house: House) -> None:
    measure = uuid4()
    persons = {"person": "S0037", "current_supervisor": "S0022", "temporary_supervisor": "S0023"}
    message = MeasureDecided(
        measure_id=str(measure),
        type="reporting_line_change",
        sealed_persons=await sealed(house.workflow, f"measure|{uuid4()}", persons, 4_096),
    )
    await house.workflow.emit(WORKFLOW_MEASURES, str(measure), message)
    assert (await house.result(measure, MeasureFailed)).code == "persons_unreadable"


async def test_a_measure_of_no_known_type_is_not_pretended_to_be_applied(house: House) -> None:
    measure = uuid4()
    message = MeasureDecided(measure_id=str(measure), type="banishment", sealed_persons=b"sealed")
    await house.workflow.emit(WORKFLOW_MEASURES, str(measure), message)
    assert (await house.result(measure, MeasureFailed)).code == "type_not_supported"


async def test_neither_rows_nor_topics_nor_temporal_name_anybody(house: House, temporal: TemporalServer) -> None:
    measure = await house.decide("S0057", "S0022", "S0023")
    await house.result(measure, MeasureApplied)
    await house.end(measure, RESTORE)
    await house.result(measure, MeasureRestored)
    control = uuid4()
    unsealed = MeasureDecided(measure_id=str(control), type="unknown", sealed_persons=b"not sealed: S0049")
    await house.workflow.emit(WORKFLOW_MEASURES, str(control), unsealed)
    await house.result(control, MeasureFailed)

    scanner = Scanner({"person": "S0057", "supervisor": "S0022", "temporary": "S0023", "control": "S0049"})
    found = scanner.scan_files(path for path in temporal.part.data_dir.rglob("*"))
    # The directory goes out by names, to everybody, and does so whenever a line changes: it says nothing of a measure.
    outbox = f"outbox where topic <> '{HR_PEOPLE.name}'"
    for table in ("tasks", outbox, "audit_readable", "personnel_actions", "declared_changes"):
        for row in await house.rows(f"select * from {table}"):
            found |= scanner.scan(
                b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row), table
            )
    for topic in (WORKFLOW_MEASURES, HR_MEASURE_RESULTS):
        for record in await house.records(topic):
            parts = [record.key, record.value, *(value for _, value in record.headers)]
            found |= scanner.scan(b"\n".join(parts), topic.name)
    assert {(finding.secret, finding.where) for finding in found} == {
        ("control", "tasks"), ("control", WORKFLOW_MEASURES.name)
    }  # fmt: skip
