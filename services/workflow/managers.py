"""Who deals with a supervisor request: whom the person told, if he may; else nobody until she says who. At her word
it is the next level above, and where there is none an administrative head; never her own supervisor, unless she named
him. Nobody else hears of it, and when that manager leaves, nobody reads it any more.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from contracts.ids import CaseId
from lifecycle import directory, notices, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.exclusions import Conflict, Parties, excluded
from lifecycle.model import Action, Actor, ActorKind, Case
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Policy, Role
from services.workflow.domain import supervisor_parts, supervisor_request, supervisor_rules
from services.workflow.domain.choosing_manager import Candidate, levels_above, may_be_asked, next_level

REQUEST: Final = supervisor_request.LIFECYCLE.name
KEEPS_OUT: Final = (Conflict.PARTY, Conflict.REFUSED, Conflict.DECLARED)
"""What keeps a manager out; standing in the line of a party does not, for that is why he is told."""
_ASSIGNED: Final = uuid.UUID("0f3d6a55-6f0b-4b63-9d0c-6c1f1f1c2b9e")
_CLOSED: Final = uuid.UUID("b3f1c0b6-3c55-4f0e-8f0a-2f7f6f0f9a41")
_HIGHEST: Final = 50
_AS_ASKED: Final = "as_asked"
_ASKS_FURTHER: Final = "ask_next_level"
_NOBODY_LEFT: Final = "supervisor_request.nobody_left"
_HANDLED: Final = sa.text(
    "select case_id from cases where lifecycle = :lifecycle and closed_at is null and handlers @> array[:staff_id]"
)
_MANAGES: Final = sa.text("select exists (select from people where line_staff_id = :staff_id and active)")


async def find_manager(desk: Desk, case_id: CaseId) -> None:
    """The errand of a request that nobody has. Bears being done twice. Raises PartiesNotHere, DirectoryNotHere."""
    async with desk.database.transaction() as session:
        await directory.need(session)
    await parties.find_exclusions(desk, case_id)
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.state != "told" or row.handlers:
            return
        case, now = from_json(row.data), await records.clock_now(session)
        named = await parties.parties_of(session, desk, row)
        assert named is not None  # found just now
        manager, found = await _choose(session, desk, row, case, named, now)
        if found == _AS_ASKED and manager is None:
            await decide_as(session, desk, case_id, _closing(row, case), Actor(ActorKind.SYSTEM), now)
            return
        if manager is None:
            await _nobody_left(session, desk, row, case, now)
            return
        action = Action(
            uuid.uuid5(_ASSIGNED, f"{case_id}:{row.version}"),
            supervisor_rules.ASSIGN,
            {"manager": manager, "found": found},
        )
        await decide_as(session, desk, case_id, action, Actor(ActorKind.SYSTEM), now)


async def hand_up(desk: Desk, case_id: CaseId) -> None:
    """The errand of a request that a manager began himself and let lie: whoever is next above has it from now on. Where
    nobody is left to have it, he keeps it; and where it is with nobody, somebody is looked for again. Bears being done
    twice. Raises PartiesNotHere, DirectoryNotHere.
    """
    async with desk.database.transaction() as session:
        await directory.need(session)
    await parties.find_exclusions(desk, case_id)
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.closed_at is not None:
            return
        case, now = from_json(row.data), await records.clock_now(session)
        if row.handlers and supervisor_rules.is_late(case, now):
            named = await parties.parties_of(session, desk, row)
            assert named is not None  # found just now
            manager, _ = await _choose(session, desk, row, case, named, now)
            if manager is None:
                await _nobody_left(session, desk, row, case, now)
            else:
                await decide_as(session, desk, case_id, _closing(row, case), Actor(ActorKind.SYSTEM), now)
    if not row.handlers:
        await find_manager(desk, case_id)


async def _nobody_left(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, now: datetime) -> None:
    """Her inbox says that nobody has answered, and offers her the other ways. Of what a manager has begun himself
    nobody else would ever hear: an auditor does, or whoever is above him.
    """
    await audit_trail.record(session, "manager.nobody_left", object_ref=str(row.case_id), actor=None)
    if case.facts["begun_by"] == supervisor_rules.BY_MANAGER:
        await notices.tell_role(session, desk, row, Role.AUDITOR, _NOBODY_LEFT, now)


async def close_to_those_who_left(session: AsyncSession, desk: Desk, staff_id: str, now: datetime) -> list[UUID]:
    """Somebody is not at work any more: their requests are closed to them at once; which ones."""
    case_ids = list(await session.scalars(_HANDLED, params={"lifecycle": REQUEST, "staff_id": staff_id}))
    for case_id in case_ids:
        row = await records.lock(session, case_id)
        assert row is not None  # cases are never deleted
        closes = _closing(row, from_json(row.data))
        await decide_as(session, desk, CaseId(case_id), closes, Actor(ActorKind.SYSTEM), now)
    return case_ids


def _closing(row: CaseRow, case: Case) -> Action:
    return Action(uuid.uuid5(_CLOSED, f"{row.case_id}:{row.version}"), closing(case))


def closing(case: Case) -> str:
    """The action by which a manager loses a request: she says who is next, or the next one is found."""
    begun_by = case.facts["begun_by"]
    return supervisor_parts.CLOSE_TO_MANAGER if begun_by == supervisor_rules.BY_PERSON else supervisor_parts.HAND_ON


async def has_duty(session: AsyncSession, staff_id: str, named: Parties) -> bool:
    """Whether somebody is a manager of one of these parties and none of them himself."""
    party = staff_id in {named.affected_individual, *named.alleged_offender}
    above = await _above_parties(session, named)
    person = await directory.person(session, staff_id)
    return person is not None and person.active and staff_id in above and not party


async def _choose(
    session: AsyncSession, desk: Desk, row: CaseRow, case: Case, named: Parties, now: datetime
) -> tuple[str | None, str]:
    had_it = [str(step.facts["manager"]) for step in case.steps if step.action == supervisor_rules.ASSIGN]
    line = await _above_parties(session, named)

    async def candidate(staff_id: str, *, appointed: bool = False) -> Candidate:
        person = await directory.person(session, staff_id)
        return Candidate(
            staff_id=staff_id,
            # Members of a committee are appointed and in no directory.
            at_work=person.active if person else appointed,
            above_a_party=staff_id in line,
            manages=bool(await session.scalar(_MANAGES, params={"staff_id": staff_id})),
            below_the_offender=not set(named.alleged_offender).isdisjoint(await above(session, staff_id)),
            kept_out=await excluded(session, desk.keys.cell, row.case_id, staff_id, KEEPS_OUT),
            had_it=staff_id in had_it,
        )

    told_by_her = case.facts["begun_by"] == supervisor_rules.BY_PERSON
    if told_by_her and not any(step.action in (supervisor_rules.ASSIGN, _ASKS_FURTHER) for step in case.steps):
        anybody = bool(named.affected_individual or named.alleged_offender)
        level = case.facts.get("level")
        asked = await candidate(named.recipient) if named.recipient else None
        may = asked and may_be_asked(asked, str(level) if level else None, anybody_named=anybody)
        return named.recipient if may else None, _AS_ASKED
    last = had_it[-1] if had_it else named.recipient
    hers = await above(session, named.affected_individual) if named.affected_individual else ()
    skipped = hers[0] if hers and told_by_her else None
    involved = {*named.alleged_offender, *([named.affected_individual] if named.affected_individual else [])}
    upwards = levels_above(last, await above(session, last) if last else (), line, involved, skipped)
    if manager := next_level([await candidate(one) for one in upwards]):
        return manager, "next_level"
    heads = [await candidate(one, appointed=True) for one in _heads(desk.policy_of(row), now) if one != skipped]
    return next_level(heads), "appointed"


def _heads(policy: Policy, now: datetime) -> Iterable[str]:
    """Administrative heads, and where none of them may, whoever they escalate to."""
    role, seen = Role.ADMINISTRATIVE_HEAD, set[Role]()
    while role not in seen:
        seen.add(role)
        yield from dict.fromkeys(one.staff_id for one in policy.appointed(role, now))
        role = policy.roles[role].escalates_to


async def _above_parties(session: AsyncSession, named: Parties) -> Sequence[str]:
    """Everybody in the line above the affected individual, nearest first, then above the alleged offenders."""
    found: dict[str, None] = {}
    for one in (named.affected_individual, *named.alleged_offender):
        found |= dict.fromkeys(await above(session, one) if one else ())
    return tuple(found)


async def above(session: AsyncSession, staff_id: str) -> Sequence[str]:
    """The line above somebody as it is today, nearest first."""
    found: list[str] = []
    person = await directory.person(session, staff_id)
    while person and person.line_staff_id and person.line_staff_id not in found and len(found) < _HIGHEST:
        found.append(person.line_staff_id)
        person = await directory.person(session, person.line_staff_id)
    return tuple(found)
