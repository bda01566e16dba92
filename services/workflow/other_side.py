"""Whom of those that a matter is about a measure touches: nobody else of them hears of it (policy 2.10; section 6: each
sees only his own matter).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle import bodies, records
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Case
from lifecycle.parties import parties_of
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from services.workflow.domain.measure_parts import FOR_WHOM, on_other_side, told_of_persons_at
from services.workflow.domain.persons import Persons, PersonsWrong
from services.workflow.measures import LIFECYCLE, PERSONS


async def named_in(
    session: AsyncSession, desk: Desk, row: CaseRow, measure: Case, at: datetime | None = None
) -> Persons | None:
    """Whom the last decision named, or the one taken `at` then. None where nothing was decided."""
    words = await bodies.text_of(session, desk, row, PERSONS, at=at)
    try:
        return Persons.parse(words, str(measure.facts["type"])) if words else None
    except PersonsWrong:
        return None


async def touched(
    session: AsyncSession, desk: Desk, row: CaseRow, measure: Case, at: datetime | None = None
) -> Sequence[str]:
    """The one whose work changes, and the one who gives up the line over somebody, where the matter is about them."""
    persons = await named_in(session, desk, row, measure, at)
    named = await parties_of(session, desk, row) or Parties()
    if persons is None:
        return ()
    others_burden = on_other_side(measure.facts)
    return persons.touched(named.affected_individual, named.alleged_offender, others_burden=others_burden)


async def reached(
    session: AsyncSession, desk: Desk, row: CaseRow, measure: Case, at: datetime | None = None
) -> Sequence[str]:
    """Whom a letter on it is for: whom it touches, and those with whom she shares what it is about, as whoever releases
    it says. Where it touches nobody, and one alone is named, it is for that one.
    """
    said = [one.text for one in await bodies.texts_of(session, desk, row) if one.name == FOR_WHOM]
    named = (await parties_of(session, desk, row) or Parties()).alleged_offender
    sharing = (one for one in named if one.casefold() in {word for text in said for word in ids_in(text)})
    found = dict.fromkeys((*await touched(session, desk, row, measure, at), *sharing))
    return tuple(found) or (named if len(named) == 1 else ())


def ids_in(text: str) -> set[str]:
    """Staff ids as somebody types a few of them, without regard to capitals."""
    return set(text.replace(",", " ").casefold().split())


async def over_work_of(
    session: AsyncSession, desk: Desk, report_id: UUID, staff_id: str
) -> Sequence[tuple[CaseRow, Case]]:
    """Every measure of the report that was decided over the work of this one of the other side."""
    found = []
    for row in await records.of_report(session, report_id, LIFECYCLE):
        if row.erased_at is not None:
            continue
        measure = from_json(row.data)
        persons = await named_in(session, desk, row, measure)
        if on_other_side(measure.facts) and persons is not None and persons.person == staff_id:
            found.append((row, measure))
    return found


async def told(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> Sequence[str]:
    """Whom it is about: of a measure, those whom it touches as far as it has reached them. Another decision since then
    is not theirs to know yet (invariant 43).
    """
    if row.lifecycle != LIFECYCLE:
        named = await parties_of(session, desk, row)
        return named.alleged_offender if named else ()
    at, by_letter = told_of_persons_at(case), any(step.action == "release_notice" for step in case.steps)
    return await (reached if by_letter else touched)(session, desk, row, case, at) if at else ()
