"""What a decider writes is checked before it is decided: HR could carry it out, it is about people of the matter, and
its reasons are reasons.
"""

from collections.abc import Mapping
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun
from chassis.web.problems import invalid
from lifecycle import bodies, directory
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Fact, Facts, Refused
from lifecycle.parties import parties_of
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import MeasureType, Policy
from services.workflow.domain.measure_parts import FOR_WHOM, on_other_side
from services.workflow.domain.measure_reasons import FRESH, reasons_wrong, same_reasons
from services.workflow.domain.persons import LONGEST_ARRANGEMENT, SEPARATION, Persons, PersonsWrong
from services.workflow.measures import ARRANGEMENT, LIFECYCLE, PERSONS
from services.workflow.other_side import ids_in

STAFF: Final = "staff"
"""The directory's word for a staff contract (invariant 39)."""
REASONED: Final = frozenset({"decide_measure", "extend_measure", "vary_measure", "sign_measure"})
AFRESH: Final = frozenset({"extend_measure", "vary_measure"})


async def check(begun: Begun, desk: Desk, row: CaseRow, action: Action, texts: Mapping[str, str]) -> Refused | None:
    """Raises Problem 400, which names the field and no person."""
    if row.lifecycle == LIFECYCLE and FOR_WHOM in texts:
        await _of_the_other_side(await begun(), desk, row, texts[FOR_WHOM])
    if row.lifecycle != LIFECYCLE or action.name not in REASONED:
        return None
    policy = desk.policy_of(row)
    for name in ("reasons", "least_burden", "exceptional_circumstances"):
        if name in texts and (wrong := reasons_wrong(texts[name], policy)):
            return Refused(wrong, "policy 2.3", {"field": name})
    if action.name in AFRESH and await _said_before(await begun(), desk, row, texts.get("reasons", "")):
        return Refused("REASONS_NOT_FRESH", FRESH, {"field": "reasons"})
    if len(texts.get(ARRANGEMENT, "").encode()) > LONGEST_ARRANGEMENT:
        raise invalid(f"texts.{ARRANGEMENT}", f"What HR is told has at most {LONGEST_ARRANGEMENT} bytes.")
    return await _persons(await begun(), desk, row, action.facts, texts, policy) if PERSONS in texts else None


async def _of_the_other_side(session: AsyncSession, desk: Desk, row: CaseRow, words: str) -> None:
    named = {one.casefold() for one in (await parties_of(session, desk, row) or Parties()).alleged_offender}
    if not ids_in(words) <= named:
        raise invalid(f"texts.{FOR_WHOM}", "The report names nobody by one of these staff ids.")


async def _said_before(session: AsyncSession, desk: Desk, row: CaseRow, reasons: str) -> bool:
    found = await bodies.texts_of(session, desk, row)
    earlier = [one.text for one in found if one.name == "reasons" and one.action in REASONED]
    return any(same_reasons(one, reasons) for one in earlier)


async def _persons(
    session: AsyncSession, desk: Desk, row: CaseRow, facts: Facts, texts: Mapping[str, str], policy: Policy
) -> Refused | None:
    known: dict[str, Fact] = {**from_json(row.data).facts, **facts}
    measure = policy.measures[str(known["type"])]
    try:
        persons = Persons.parse(texts[PERSONS], measure.key)
        parties = await parties_of(session, desk, row) or Parties()
        await _at_work(session, persons, measure, parties)
        _of_the_matter(persons, parties, others_burden=on_other_side(known))
    except PersonsWrong as wrong:
        raise invalid(f"texts.{wrong.field}", wrong.sentence) from None
    found = await directory.person(session, persons.person)
    if measure.staff_only and (found is None or found.contract != STAFF):
        instead = {"instead": measure.instead} if measure.instead else {}
        return Refused("STAFF_CONTRACT_NEEDED", "invariant 39", {"type": measure.key, **instead})
    return None


async def _at_work(session: AsyncSession, persons: Persons, measure: MeasureType, parties: Parties) -> None:
    for name in ("person", "current_supervisor", "temporary_supervisor", "next_level_manager", "appraiser", "approver"):
        staff_id = getattr(persons, name)
        if not staff_id:
            continue
        found = await directory.person(session, staff_id)
        # Somebody from outside has no post here, and can still be kept away from the site.
        outsider = name == "person" and found is None and measure.key == SEPARATION
        if outsider and staff_id in parties.alleged_offender:
            continue
        if found is None or not found.active:
            raise PersonsWrong(f"persons.{name}", "The people directory knows nobody at work by this staff id.")
        if name == "person" and persons.current_supervisor not in ("", found.line_staff_id):
            raise PersonsWrong("persons.current_supervisor", "The people directory names another supervisor.")


def _of_the_matter(persons: Persons, parties: Parties, *, others_burden: bool) -> None:
    """A slip of a digit must not move somebody who has nothing to do with it, nor give the line to the other side. And
    what is decided as the other side's burden, without her consent, must not be hers (invariant 38).
    """
    involved = {one for one in (parties.affected_individual, *parties.alleged_offender) if one}
    if involved and persons.person not in involved:
        raise PersonsWrong("persons.person", "This person is not a party of this matter.")
    if others_burden and persons.person == parties.affected_individual:
        raise PersonsWrong("persons.person", "This measure is decided as the other side's burden, and this is hers.")
    if others_burden and persons.current_supervisor and persons.person not in parties.alleged_offender:
        raise PersonsWrong(
            "persons.person", "Nobody has named this person as the other side. Say who it is about first."
        )
    for name in ("temporary_supervisor", "next_level_manager", "appraiser", "approver"):
        if getattr(persons, name) in involved:
            raise PersonsWrong(f"persons.{name}", "A party of this matter cannot be given the line.")
