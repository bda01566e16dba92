"""Who is asked to listen: somebody appointed for it who is in nobody's line, whom the person has not refused, and who
has the fewest talks. It fails closed: when conflicts cannot be told, nobody is asked who might have one.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from contracts.ids import CaseId
from lifecycle import directory, parties, records
from lifecycle.clocks import DUE
from lifecycle.decide import decide_as
from lifecycle.desk import Desk
from lifecycle.exclusions import Parties, excluded
from lifecycle.model import Action, Actor, ActorKind, Case
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Role

FIRST_ANSWER: Final = "rwfp.first"
_OFFERS: Final = uuid.UUID("5d1f6e0e-8d0c-4ab1-9f7c-6a0f3f2d9b34")
_TALKS: Final = text("""
    select handler, count(*) from cases cross join unnest(handlers) handler
    where closed_at is null and handler = any(:staff_ids) group by handler
""")


class DirectoryIncomplete(Exception):
    """Somebody named is not in the people directory (yet), so that nobody's line can be told; tried again."""


async def match(desk: Desk, case_id: CaseId, source: parties.Source = parties.fetch) -> None:
    """The errand after a wish to talk, and after each refusal of an offer. Bears being done twice. `source`
    says where the parties are to be had. Raises PartiesNotHere while they are not, DirectoryIncomplete while somebody
    named is not in the directory.
    """
    await parties.find_exclusions(desk, case_id, source)
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.state != "requested":
            return
        case, now = from_json(row.data), await records.clock_now(session)
        focal_point = await _choose(session, desk, row, case, now)
        if focal_point is None:
            # The clock of the first answer goes on ringing for the ombudsperson.
            await audit_trail.record(session, "match.nobody_left", object_ref=str(case_id), actor=None)
            return
        action = Action(uuid.uuid5(_OFFERS, f"{case_id}:{row.version}"), "offer_match", {"focal_point": focal_point})
        await decide_as(session, desk, case_id, action, Actor(ActorKind.SYSTEM), now)


async def _choose(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, now: datetime) -> str | None:
    """A focal point; when there is none left, the ombudsperson; else nobody."""
    named = await parties.parties_of(session, desk, row)
    lines_known = named is not None and await _all_known(session, named)
    if not lines_known and DUE not in case.clocks[FIRST_ANSWER].rung:
        raise DirectoryIncomplete
    # Past the time for a first answer the person waits no longer for the directory: the ombudsperson looks at it.
    roles = (Role.FOCAL_POINT, Role.OMBUDSPERSON) if lines_known else (Role.OMBUDSPERSON,)
    declined = {step.by for step in case.steps if step.action == "decline_match"}
    for role in roles:
        appointed = dict.fromkeys(one.staff_id for one in desk.policy.appointed(role, now))
        free = [one for one in appointed if one not in declined and await may_listen(session, desk, row, one)]
        if free:
            return await _least_busy(session, free)
    return None


async def _all_known(session: AsyncSession, named: Parties) -> bool:
    if await directory.version(session) == 0:
        return False
    involved = {*named.alleged_offender, *([named.affected_individual] if named.affected_individual else [])}
    return all([await directory.person(session, staff_id) is not None for staff_id in involved])


async def may_listen(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str) -> bool:
    """Whether somebody is at work and has no conflict in this talk (invariant 32)."""
    person = await directory.person(session, staff_id)
    if person is None or not person.active:
        return False
    return not await excluded(session, desk.keys.cell, row.case_id, staff_id)


async def _least_busy(session: AsyncSession, staff_ids: Sequence[str]) -> str:
    """Of equals, whoever was appointed first."""
    talks = dict((await session.execute(_TALKS, params={"staff_ids": list(staff_ids)})).all())
    return min(staff_ids, key=lambda one: talks.get(one, 0))
