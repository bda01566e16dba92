"""Who is asked to listen: somebody appointed for it who is in nobody's line, whom the person has not refused, and who
has the fewest talks; the one she asks for by name, else from another office, a woman or a man, or of her language, as
she wishes. It fails closed: when conflicts cannot be told, nobody is asked who might have one.
"""

import math
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
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Case, Facts
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Appointment, Policy, Role
from services.ombuds.conflicts import may_hold
from services.ombuds.domain.informal_resolution import LISTENERS, OFFER_MATCH, WAITING, have_declined

FIRST_ANSWER: Final = "rwfp.first"
ELSEWHERE: Final = "not_from_my_office"
SMALL_OFFICE: Final = "office.small"
"""The threshold of people at work below which everybody at a station knows everybody (policy 6)."""

_OFFERS: Final = uuid.UUID("5d1f6e0e-8d0c-4ab1-9f7c-6a0f3f2d9b34")
_TALKS: Final = text("""
    select handler, count(*) from cases cross join unnest(handlers) handler
    where closed_at is null and handler = any(:staff_ids) group by handler
""")
_FEWEST: Final = text("""
    select min(n) from (select count(*) as n from people where active and station = any(:stations) group by station) x
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
        if row is None or row.state not in WAITING:
            return
        case, now = from_json(row.data), await records.clock_now(session)
        focal_point = await _choose(session, desk, row, case, now)
        if focal_point is None:
            # The clock of the first answer goes on ringing for the ombudsperson.
            await audit_trail.record(session, "match.nobody_left", object_ref=str(case_id), actor=None)
            return
        action = Action(uuid.uuid5(_OFFERS, f"{case_id}:{row.version}"), OFFER_MATCH, {"focal_point": focal_point})
        await decide_as(session, desk, case_id, action, Actor(ActorKind.SYSTEM), now)


async def _choose(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, now: datetime) -> str | None:
    """A focal point; when there is none left, the ombudsperson; then the external one; else nobody."""
    named = await parties.parties_of(session, desk, row)
    lines_known = named is not None and await _all_known(session, named)
    if not lines_known and DUE not in case.clocks[FIRST_ANSWER].rung:
        raise DirectoryIncomplete
    # Past the time for a first answer the person waits no longer for the directory: the ombudsperson looks at it.
    roles = LISTENERS if lines_known else tuple(role for role in LISTENERS if role is not Role.FOCAL_POINT)
    near, policy = await _stations(session, named) if named else frozenset[str](), desk.policy_of(row)
    left = have_declined(case)
    if named and named.recipient and named.recipient not in left:
        # Whom she asked for by name comes before every other wish of hers; never before a conflict.
        appointed = {one.staff_id for role in roles for one in policy.appointed(role, now)}
        if named.recipient in appointed and await may_hold(session, desk, row, named.recipient):
            return named.recipient
    for away in await _ways(session, policy, case, near):
        for role in roles:
            known = {one.staff_id: one for one in policy.appointed(role, now) if _suits(one, case.facts)}
            free = [one for one in known if one not in left and await may_hold(session, desk, row, one)]
            if away:
                free = [one for one in free if await _is_away(session, one, role, near)]
            if free:
                # A language is worth more than a short list; an interpreter can help where nobody has it.
                spoken = [one for one in free if _spoken_by_her(case.facts) in known[one].languages]
                return await _least_busy(session, spoken or free)
    return None


def _suits(one: Appointment, wish: Facts) -> bool:
    """Whether nothing is known that speaks against her wish for a woman or a man (invariant 19)."""
    return wish.get("contact_gender", "any") in {"any", one.gender or wish.get("contact_gender")}


def _spoken_by_her(wish: Facts) -> str:
    """The language that she would rather talk in, else the one that she writes; of `pt-BR`, `pt`."""
    return str(wish.get("spoken_language", wish.get("language"))).partition("-")[0].lower()


async def _ways(session: AsyncSession, policy: Policy, case: Case, near: frozenset[str]) -> Sequence[bool]:
    """Whether to look away from her office. Her own word is kept to the end; what is only the habit in small offices
    gives way when nobody is left.
    """
    match case.facts.get(ELSEWHERE):
        case "yes":
            return (True,)
        case "no":
            return (False,)
        case _:
            return (
                (True, False) if await _people_near(session, near) < policy.thresholds[SMALL_OFFICE].value else (False,)
            )


async def _all_known(session: AsyncSession, named: Parties) -> bool:
    if await directory.version(session) == 0:
        return False
    return all([await directory.person(session, staff_id) is not None for staff_id in _involved(named)])


def _involved(named: Parties) -> frozenset[str]:
    return frozenset({*named.alleged_offender, *([named.affected_individual] if named.affected_individual else [])})


async def _stations(session: AsyncSession, named: Parties) -> frozenset[str]:
    """Where the people of the matter work, as far as she has named them."""
    found = [await directory.person(session, staff_id) for staff_id in _involved(named)]
    return frozenset(person.station for person in found if person)


async def _people_near(session: AsyncSession, stations: frozenset[str]) -> float:
    """How many work at the smallest of these stations; no limit where none is known."""
    count: int | None = await session.scalar(_FEWEST, params={"stations": list(stations)})
    return math.inf if count is None else count


async def _is_away(session: AsyncSession, staff_id: str, role: Role, near: frozenset[str]) -> bool:
    """Where nobody is named, no focal point is known to be elsewhere; the ombudspersons belong to no office."""
    person = await directory.person(session, staff_id)
    known = bool(near) or role is not Role.FOCAL_POINT
    return known and person is not None and person.station not in near


async def _least_busy(session: AsyncSession, staff_ids: Sequence[str]) -> str:
    """Of equals, whoever was appointed first."""
    talks = dict((await session.execute(_TALKS, params={"staff_ids": list(staff_ids)})).all())
    return min(staff_ids, key=lambda one: talks.get(one, 0))
