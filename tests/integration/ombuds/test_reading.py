"""Who reads a talk: whoever holds it, and nobody for being an ombudsperson."""

from uuid import UUID

from lifecycle import access
from tests.integration.ombuds.cell import ELSEWHERE, FURTHER, OMBUDSPERSON, Cell, taken


async def reads(cell: Cell, case_id: UUID, staff_id: str) -> bool:
    return access.may_read(cell.desk, await cell.row(case_id), await cell.as_staff(case_id, staff_id))


async def test_inv_02_an_ombudsperson_sees_that_there_is_a_talk_and_reads_those_that_are_theirs(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    assert await cell.sees(case_id, OMBUDSPERSON)
    assert [await reads(cell, case_id, one) for one in (ELSEWHERE, OMBUDSPERSON, FURTHER)] == [True, False, False]

    # Taking it over is a step that she is told of; from then on the one before reads nothing.
    ombudsperson = await cell.as_staff(case_id, OMBUDSPERSON)
    taken(await cell.act(case_id, "offer_match", ombudsperson, focal_point=OMBUDSPERSON))
    taken(await cell.act(case_id, "accept_match", ombudsperson, told_limits=True))
    assert [await reads(cell, case_id, one) for one in (ELSEWHERE, OMBUDSPERSON, FURTHER)] == [False, True, False]


async def test_inv_02_a_mediation_is_read_by_whoever_mediates_and_by_no_other_ombudsperson(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    screened = {"exploitation_or_abuse": "no", "sexual_assault": "no", "minor_involved": "no"}
    taken(await cell.act(case_id, "propose_mediation", await cell.as_staff(case_id, ELSEWHERE), **screened))
    ((mediation,),) = await cell.query("select case_id from cases where lifecycle = 'mediation'")
    assert await cell.sees(mediation, OMBUDSPERSON)
    assert not await reads(cell, mediation, OMBUDSPERSON)
