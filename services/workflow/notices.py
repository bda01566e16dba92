"""Who hears of a step, by a mail that says nothing: never somebody who must not know of the case."""

from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.topics import WORKFLOW_CASES
from lifecycle import access
from lifecycle.desk import Desk
from lifecycle.model import Case, Effect
from lifecycle.notices import add_notice
from lifecycle.parties import parties_of
from lifecycle.recipients import OTHER_SIDE, heard_as, recipients
from lifecycle.records import CaseRow
from services.workflow.domain.interim_measure import OTHER_SIDE_OVER, other_side_knew

OFFICE: Final = "oio"
"""Whose desk key keeps who is meant by a reference."""


async def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """One notice to each. The other side is told of what concerns it although it must not see the case; the table
    says when: never before the protected person's inbox has shown it (invariant 43).
    """
    for staff_id in await _people(session, desk, row, case, effect):
        await add_notice(session, WORKFLOW_CASES, row.report_id, staff_id, effect.name, desk_key=desk.keys.desk(OFFICE))


async def _people(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> list[str]:
    if effect.facts["to"] == OTHER_SIDE:
        # A measure that was lifted before it took effect never was, for whoever was not told of it.
        if effect.name == OTHER_SIDE_OVER and not other_side_knew(case):
            return []
        parties = await parties_of(session, desk, row)
        return list(parties.alleged_offender) if parties else []
    now = case.steps[-1].at
    policy = desk.policy_of(row)
    role = heard_as(effect, policy)
    found = recipients(case, effect, policy, now)
    actors = [await access.actor_of(session, desk, row, one, now) for one in found]
    # Somebody in a party's wider line keeps a decider's part of the roles, and hears nothing in the others.
    return [one.name for one in actors if not one.excluded and (role is None or role in one.roles)]
