"""Where whoever is given a case works: by the calendar there its working days are counted (ADR 77)."""

from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from lifecycle import directory
from lifecycle.desk import Desk, Part
from lifecycle.engine import ROLES
from lifecycle.model import Action, Actor
from lifecycle.records import CaseRow
from lifecycle.table import ACTOR
from policy.model import Role


async def placed(
    session: AsyncSession, desk: Desk, row: CaseRow, action: Action, actor: Actor, now: datetime
) -> Action:
    """The action with the duty station of whoever gets the case by it, where its procedure counts by theirs."""
    table = desk.lifecycles[row.lifecycle]
    rule = table.rule_of.get((row.state, action.name))
    if rule is None or table.calendar_of is None or table.calendar_of not in rule.assigns:
        return action
    source = rule.assigns[table.calendar_of]
    staff_id = actor.name if source == ACTOR else str(action.facts.get(source, ""))
    return replace(action, place=await _station(session, desk, row, table.calendar_of, staff_id, now))


async def _station(session: AsyncSession, desk: Desk, row: CaseRow, part: Role, staff_id: str, now: datetime) -> str:
    """Where they are appointed to the part; else where the directory has them. Empty for somebody it does not know."""
    by = desk.parts.get(row.lifecycle, {}).get(part, Part(frozenset({part}))).appointed
    held = (one for role in ROLES if role in by for one in desk.policy.appointed(role, now))
    if place := next((one.place for one in held if one.staff_id == staff_id), ""):
        return place
    person = await directory.person(session, staff_id)
    return person.station if person else ""
