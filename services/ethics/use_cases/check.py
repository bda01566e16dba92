"""What a procedure's table alone cannot see of an action: who is named in it, what she has answered meanwhile, who
handles the other side of the same dispute.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.database import Begun
from lifecycle import access, parties, records
from lifecycle.desk import Desk, EffectRefused
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Case, Refused
from lifecycle.records import CaseRow
from policy.model import Role
from services.ethics.domain import query
from services.ethics.use_cases.act_beside import PERSON_UNKNOWN
from services.ethics.use_cases.ask import may_be_contacted_for
from services.ethics.use_cases.route_case import RETALIATION, person_of

_NEEDS_PERSON: Final = ("ask_hr_hold", "alert_interim_measures", "correct_activity", "open_query")
_NAMED: Final = {"investigator": Role.INVESTIGATOR, "outside_investigator": Role.OUTSIDE_INVESTIGATOR}

_HANDLED: Final = text("""
    select case_id from cases
    where lifecycle = :lifecycle and handlers @> array[cast(:staff_id as text)] and case_id <> :case_id
      and closed_at is null and erased_at is null
""")


async def check(
    begun: Begun,
    desk: Desk,
    row: CaseRow,
    action: Action,
    texts: Mapping[str, str],  # noqa: ARG001 -- what they say is nobody's to judge
) -> Refused | None:
    """What speaks against an action before it is sent; None where nothing does."""
    if row.lifecycle == query.LIFECYCLE.name and action.facts.get("ground") == query.AGREED:
        agreed = await may_be_contacted_for(await begun(), desk, row, str(action.facts.get("protection")))
        return None if agreed else Refused("NOT_AGREED", "policy 2.4", {"field": "protection"})
    if row.lifecycle != RETALIATION:
        return None
    if action.name in _NEEDS_PERSON and await person_of(await begun(), desk, row) is None:
        return PERSON_UNKNOWN
    for field, role in _NAMED.items():
        if field not in action.facts:
            continue
        session = await begun()
        now = await records.clock_now(session)
        if not await _may_handle(session, desk, row, str(action.facts[field]), role, now):
            return Refused("IN_CONFLICT", "invariant 32", {"field": field})
    return None


async def keep_sides_apart(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """Who handles the request of the one whom this one is about leaves it to somebody else, where there is anybody
    (invariant 49). Raises EffectRefused.
    """
    step = case.steps[-1]
    ours = await parties.parties_of(session, desk, row)
    if ours is None or not await _handles_the_other_side(session, desk, row, ours, step.by):
        return
    for one in desk.policy_of(row).appointed(Role.ETHICS_OFFICER, step.at):
        if one.staff_id != step.by and await _may_handle(
            session, desk, row, one.staff_id, Role.ETHICS_OFFICER, step.at
        ):
            raise EffectRefused(Refused("HANDLES_THE_OTHER_SIDE", "invariant 49"))


async def _handles_the_other_side(
    session: AsyncSession, desk: Desk, row: CaseRow, ours: Parties, staff_id: str
) -> bool:
    named = {"lifecycle": RETALIATION, "staff_id": staff_id, "case_id": row.case_id}
    for case_id in (await session.scalars(_HANDLED, params=named)).all():
        other = await records.load(session, case_id)
        theirs = await parties.parties_of(session, desk, other) if other else None
        await audit_trail.record(
            session, "parties.opened", object_ref=str(case_id), actor=None, facts={"purpose": parties.PURPOSE}
        )
        if theirs and _other_side(ours, theirs):
            return True
    return False


def _other_side(ours: Parties, theirs: Parties) -> bool:
    return ours.affected_individual in theirs.alleged_offender and theirs.affected_individual in ours.alleged_offender


async def _may_handle(
    session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, role: Role, now: datetime
) -> bool:
    actor = await access.actor_of(session, desk, row, staff_id, now)
    return role in actor.roles and not actor.excluded
