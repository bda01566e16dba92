"""Which desk a report is sealed to: decided before, so that one about an office never lies under that office's key.

Intake knows the appointments, and of the people directory each person's unit; nothing else of it.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.inbox import Event
from contracts.people.v1.people_pb2 import Person as PersonMessage
from policy.decisions import Desk
from policy.model import Office
from policy.routing import desk_for, offices_of
from services.intake.intake import Intake
from services.intake.parties import Parties
from services.intake.tables import Person


async def desk_of(session: AsyncSession, intake: Intake, route: str, parties: Parties, now: datetime) -> Desk:
    """By the routing table, for the offices that she says it is about and those of the people whom it is about."""
    offenders = [one.strip().casefold() for one in parties.alleged_offender]
    units = await session.scalars(select(col(Person.unit)).where(func.lower(col(Person.staff_id)).in_(offenders)))
    named = offices_of(intake.policy, parties.alleged_offender, now, units=units.all())
    return desk_for(intake.policy, route, named | {Office(one) for one in parties.about})


async def record_person(session: AsyncSession, event: Event) -> None:
    """Consumer of hr.people.v1."""
    message = event.message
    assert isinstance(message, PersonMessage)
    row = insert(Person).values(staff_id=message.staff_id, unit=message.unit)
    await session.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_={"unit": message.unit}))
