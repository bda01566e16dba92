"""What a decider names is checked before it is decided: HR could carry it out, and it is about people of the matter."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.web.problems import invalid
from lifecycle import directory
from lifecycle.desk import Desk
from lifecycle.model import Action, Refused
from lifecycle.parties import parties_of
from lifecycle.records import CaseRow
from services.workflow.domain.interim_measure import OTHER_SIDE
from services.workflow.domain.persons import Persons, PersonsWrong
from services.workflow.measures import DECIDE, LIFECYCLE, PERSONS


async def check(
    session: AsyncSession, desk: Desk, row: CaseRow, action: Action, texts: Mapping[str, str]
) -> Refused | None:
    """Raises Problem 400, which names the field and no person."""
    if (row.lifecycle, action.name) != (LIFECYCLE, DECIDE) or PERSONS not in texts:
        return None
    try:
        persons = Persons.parse(texts[PERSONS], str(action.facts.get("type")))
        await _at_work(session, persons)
        await _of_the_matter(session, desk, row, persons, others_burden=action.facts.get("burden") == OTHER_SIDE)
    except PersonsWrong as wrong:
        raise invalid(f"texts.{wrong.field}", wrong.sentence) from None
    return None


async def _at_work(session: AsyncSession, persons: Persons) -> None:
    for name in ("person", "current_supervisor", "temporary_supervisor", "next_level_manager"):
        staff_id = getattr(persons, name)
        if not staff_id:
            continue
        found = await directory.person(session, staff_id)
        if found is None or not found.active:
            raise PersonsWrong(f"persons.{name}", "The people directory knows nobody at work by this staff id.")
        if name == "person" and persons.current_supervisor not in ("", found.line_staff_id):
            raise PersonsWrong("persons.current_supervisor", "The people directory names another supervisor.")


async def _of_the_matter(
    session: AsyncSession, desk: Desk, row: CaseRow, persons: Persons, *, others_burden: bool
) -> None:
    """A slip of a digit must not move somebody who has nothing to do with it, nor give the line to the other side. And
    what is decided as the other side's burden, without her consent, must not be hers (invariant 38).
    """
    parties = await parties_of(session, desk, row)
    if parties is None:
        return
    involved = {one for one in (parties.affected_individual, *parties.alleged_offender) if one}
    if involved and persons.person not in involved:
        raise PersonsWrong("persons.person", "This person is not a party of this matter.")
    if others_burden and persons.person == parties.affected_individual:
        raise PersonsWrong("persons.person", "This measure is decided as the other side's burden, and this is hers.")
    for name in ("temporary_supervisor", "next_level_manager"):
        if getattr(persons, name) in involved:
            raise PersonsWrong(f"persons.{name}", "A party of this matter cannot be given the line.")
