"""A measure ends although what it changed is not there any more: whoever has left, or was moved on by HR, gives nothing
back, and whom it protects hears that it is over.
"""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureFailed, MeasurePassedOn, MeasureRestored
from tests.integration.hr_bridge.house import PASS_ON, RESTORE, House
from tests.integration.hr_bridge.test_by_hand import HOW, done, handed
from tests.integration.hr_bridge.test_directory import told
from tests.integration.hr_bridge.test_hr_desk import OFFICER, confirm, task_of
from tests.waiting import eventually

pytestmark = pytest.mark.stack

LEAVER, PLACED, MOVED, LINE_LEAVER, LINE_MOVED = "S0061", "S0063", "S0035", "S0045", "S0040"
"""Each test has a person of its own."""
GONE = date(2025, 6, 30)


@pytest.fixture(autouse=True)
async def all_as_they_were(house: House) -> AsyncIterator[None]:
    lines = {one: await house.hr.supervisor(one) for one in (LINE_LEAVER, LINE_MOVED)}
    yield
    for staff_id in (LEAVER, PLACED, LINE_LEAVER):
        await house.hr.set_contract_end(staff_id, None)
    for staff_id, supervisor in lines.items():
        if await house.hr.supervisor(staff_id) != supervisor:
            await house.hr.set_supervisor(staff_id, supervisor)


async def leaves(house: House, staff_id: str) -> None:
    await house.hr.set_contract_end(staff_id, GONE)

    async def known() -> bool:
        return bool(told(house, staff_id)) and not told(house, staff_id)[-1].active

    await eventually(known)


async def test_what_is_owed_to_somebody_who_has_left_is_given_back_by_hr(house: House) -> None:
    measure = await house.decide_by_hand("suspension_without_pay", person=LEAVER, arrangement=HOW)
    await handed(house, measure)
    await done(house, measure)
    await leaves(house, LEAVER)
    await house.end(measure, RESTORE)
    assert (await handed(house, measure, "restore"))["person"] == LEAVER
    await done(house, measure)
    await house.result(measure, MeasureRestored)
    another = await house.decide_by_hand("flexible_working", person=LEAVER, arrangement=HOW)
    assert (await house.result(another, MeasureFailed)).code == "person_not_employed", "nothing new begins"


async def test_who_leaves_while_hr_puts_them_back_need_not_be_anywhere(house: House) -> None:
    measure = await house.decide_by_hand("physical_separation", person=PLACED, arrangement=HOW, location="creek")
    before = (await handed(house, measure))["from"]
    await house.hr.set_station(PLACED, "creek")
    await done(house, measure)
    await house.end(measure, RESTORE)
    await handed(house, measure, "restore")
    await leaves(house, PLACED)
    await done(house, measure)
    await house.result(measure, MeasureRestored)
    await house.hr.set_station(PLACED, before)


async def test_who_was_moved_on_by_hr_is_not_moved_back(house: House) -> None:
    measure = await house.decide_by_hand("physical_separation", person=MOVED, arrangement=HOW, location="creek")
    before = (await handed(house, measure))["from"]
    await house.hr.set_station(MOVED, "creek")
    await done(house, measure)
    await house.end(measure, RESTORE)
    back = await handed(house, measure, "restore")
    early = await confirm(house, OFFICER, back["task_id"])
    assert early.json()["code"] == "not_proven", "where the measure put them they are not to stay"
    await house.hr.set_station(MOVED, "perdida")
    await done(house, measure)
    await house.result(measure, MeasureRestored)
    await house.hr.set_station(MOVED, before)


async def test_whoever_has_left_has_no_line_to_give_back(house: House) -> None:
    above = await house.hr.supervisor(LINE_LEAVER)
    measure = await house.decide(LINE_LEAVER, above, "S0029")
    await house.result(measure, MeasureApplied)
    await leaves(house, LINE_LEAVER)
    await house.end(measure, PASS_ON)
    assert (await house.result(measure, MeasureFailed)).code == "person_not_employed", "somebody has to look"
    await house.end(measure, RESTORE)
    assert len((await house.result(measure, MeasureRestored)).proof_hash) == 32
    assert await house.hr.supervisor(LINE_LEAVER) == "S0029", "and none was written"


async def test_a_line_that_hr_has_given_to_somebody_else_counts_as_given_back_once_hr_says_so(house: House) -> None:
    above = await house.hr.supervisor(LINE_MOVED)
    measure = await house.decide(LINE_MOVED, above, "S0029")
    await house.result(measure, MeasureApplied)
    await house.hr.set_supervisor(LINE_MOVED, "S0025")
    await house.end(measure, PASS_ON)
    assert (await house.result(measure, MeasureFailed)).code == "changed_meanwhile"
    passed = await confirm(house, OFFICER, await task_of(house, measure))
    assert passed.json()["code"] == "not_proven", "who supervises until somebody decides is not HR's to say"
    assert not [one for one in house.results(measure) if isinstance(one, MeasurePassedOn)]
    await house.end(measure, RESTORE)

    async def failed_again() -> bool:
        return [type(one) for one in house.results(measure)] == [MeasureApplied, MeasureFailed, MeasureFailed]

    await eventually(failed_again)
    await house.hr.set_supervisor(LINE_MOVED, "S0029")
    early = await confirm(house, OFFICER, await task_of(house, measure))
    assert early.json()["code"] == "not_proven", "while it is as the measure made it, nothing is given back"
    await house.hr.set_supervisor(LINE_MOVED, "S0025")
    await done(house, measure)
    await house.result(measure, MeasureRestored)
    assert await house.hr.supervisor(LINE_MOVED) == "S0025"
