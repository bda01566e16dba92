"""A request for protection, or a recommendation, is routed: who must not see it is found out, and only then is anybody
told; whoever asked is in the register from then on.
"""

from typing import Final
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.sealing import tag
from contracts.ids import CaseId
from lifecycle import access, directory, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties
from lifecycle.fields import time_of
from lifecycle.guards import version_of
from lifecycle.model import Action, Actor, ActorKind, Case
from lifecycle.parties import PartiesNotHere
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Role
from services.ethics.domain import retaliation
from services.ethics.use_cases.names import day_of, seal_protected
from services.ethics.use_cases.protect import Protection, start_protection

RETALIATION: Final = retaliation.LIFECYCLE.name
SYSTEM: Final = Actor(ActorKind.SYSTEM)
_ASKED: Final = "asked_protection"
_ASSIGN: Final = "assign_reviewer"
_STEP: Final = UUID("6a9c2f0e-7c0d-4d0b-9d0b-5c6e2c0d8f11")


class NoReviewer(Exception):
    """Nobody is left who could look at a finding again: the clock goes up, and the errand is tried again."""


async def route(desk: Desk, case_id: CaseId) -> None:
    """Bears being done twice. Raises PartiesNotHere while the parties are not to be had, DirectoryNotHere while
    nobody's line is.
    """
    async with desk.database.transaction() as session:
        await directory.need(session)
        row = await records.load(session, case_id)
    if row is None or row.erased_at is not None:
        return
    await parties.find_exclusions(desk, case_id, parties.fetch if row.lifecycle == RETALIATION else _of_the_request)
    async with desk.database.transaction() as session:
        now = await records.clock_now(session)
        await decide_as(session, desk, case_id, Action(uuid5(_STEP, str(case_id)), "record_routed"), SYSTEM, now)
        asked = await _protect(session, desk, case_id) if row.lifecycle == RETALIATION else []
    await desk.poke(*asked)()


async def find_reviewer(desk: Desk, case_id: CaseId) -> None:
    """Whoever reviews for others, else the office's alternate; never somebody in conflict, nor who made the finding.
    Where whoever has it has let the time pass, the next one has it, if there is one. Bears being done twice. Raises
    NoReviewer.
    """
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.erased_at is not None or row.state != "review_asked":
            return
        now = await records.clock_now(session)
        case = from_json(row.data)
        waits = Role.REVIEWER not in case.assigned
        if not waits and not _is_silent(case):
            return
        reviewer = await _reviewer(session, desk, row, case)
        if reviewer is None and waits:
            raise NoReviewer
        if reviewer is None:
            return
        action = Action(uuid5(_STEP, f"{case_id}|{case.version}"), _ASSIGN, {"reviewer": reviewer})
        await decide_as(session, desk, case_id, action, SYSTEM, now)


async def person_of(session: AsyncSession, desk: Desk, row: CaseRow) -> str | None:
    """Whom a request is to protect; None while nobody is named."""
    found = await parties.parties_of(session, desk, row)
    return found.affected_individual if found else None


def protection_of(desk: Desk, case_id: UUID) -> UUID:
    """Of whoever asks for protection. Random to whoever does not hold the cell's key, and kept with no case."""
    return UUID(bytes=tag(desk.keys.cell, "asked-protection", case_id.bytes)[:16], version=4)


async def _of_the_request(desk: Desk, row: CaseRow) -> Parties:
    """A recommendation is about the people of the request it came from."""
    async with desk.database.transaction() as session:
        request = await records.find(session, row.report_id, RETALIATION, 1)
        found = await parties.parties_of(session, desk, request) if request else None
    if found is None:
        raise PartiesNotHere("the request is not routed yet")
    return found


async def _protect(session: AsyncSession, desk: Desk, case_id: CaseId) -> list[CaseId]:
    """Since the activity that she told of, or else since the day on which she asked (invariant 45)."""
    row = await records.load(session, case_id)
    assert row is not None
    staff_id = await person_of(session, desk, row)
    if staff_id is None or row.closed_at is not None:
        return []
    case, id_ = from_json(row.data), protection_of(desk, case_id)
    asked_on = day_of(case.opened_at)
    told = time_of(case.facts, "activity_on") if "activity_on" in case.facts else asked_on
    activity = str(case.facts.get("activity", _ASKED))
    sealed = seal_protected(desk, id_, staff_id, desk.office_of(row))
    protection = Protection(id_, sealed, activity, min(told, asked_on))
    return await start_protection(session, desk, protection, await records.clock_now(session))


def _is_silent(case: Case) -> bool:
    """Whether the time for the second look has passed since somebody got it."""
    late = [step.version for step in case.steps if step.facts.get("clock") == "ret.review"]
    return max(late, default=0) > version_of(case, _ASSIGN)


async def _reviewer(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> str | None:
    policy, now = desk.policy_of(row), await records.clock_now(session)
    asked = version_of(case, "ask_review")
    had = {str(step.facts["reviewer"]) for step in case.steps if step.action == _ASSIGN and step.version > asked}
    had |= {step.by for step in case.steps if step.action == "find_no_prima_facie"}
    for role in (Role.REVIEWER, Role.ALTERNATE_ETHICS_OFFICER):
        for one in policy.appointed(role, now):
            actor = await access.actor_of(session, desk, row, one.staff_id, now)
            if role in actor.roles and not actor.excluded and one.staff_id not in had:
                return one.staff_id
    return None
