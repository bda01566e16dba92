"""The people directory, read from the HR system: who works where, under whom, until when. No names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.outbox import add_event
from contracts.people.v1.people_pb2 import Person as PersonMessage
from contracts.topics import HR_PEOPLE
from policy.model import Policy
from services.hr_bridge.adapters.tryton import Employee
from services.hr_bridge.tables import PastPerson, Person

HISTORY = "conflict.history_months"
_STATE = ("unit", "station", "line_staff_id", "contract", "contract_end", "active", "mail_address")
_FEW = 5
"""Of so few, all may well change between two readings."""
_FILED = ("unit", "station", "line_staff_id", "contract")
# What other services get to see, beside the end of the contract; addresses stay here.
_PUBLISHED = ("unit", "station", "line_staff_id", "contract", "active")


class DirectoryBroken(Exception):
    """What the HR system says is a wrong database or a missing right, and no organisation: measures would end and parts
    be lost of everybody whom it does not name. The message says what to look at, and names nobody.
    """


async def take_over(session: AsyncSession, employees: list[Employee], policy: Policy, now: datetime) -> int:
    """
    Make the directory what the HR system says, and tell others what changed for them; how many states changed.

    Whoever is not there any more becomes inactive and keeps the last known line. Past lines are kept for as long as
    they count (invariant 32; policy: conflict.history_months). Raises DirectoryBroken, and then changes nothing.
    """
    # Two readings at a time would each tell of the same change.
    await session.execute(text("lock table people in share row exclusive mode"))
    known = {person.staff_id: person for person in (await session.exec(select(Person))).all()}
    states = {one.staff_id: _state(one, now) for one in employees}
    _check([person for person in known.values() if person.active], states)
    for staff_id in known.keys() - states.keys():
        states[staff_id] = {name: getattr(known[staff_id], name) for name in _STATE} | {"active": False}
    await session.execute(
        text("""
            delete from people_history
            where compared and ended_at < cast(:now as timestamptz) - make_interval(months => :months)
        """),
        {"now": now, "months": policy.thresholds[HISTORY].value},
    )
    changes = 0
    for staff_id, state in sorted(states.items()):
        changes += await _take_over_one(session, known.get(staff_id), staff_id, state, now)
    return changes


def _check(known: Sequence[Person], states: Mapping[str, Mapping[str, Any]]) -> None:
    """Whoever leaves stays in the HR system, with a last day; nor do all lose their unit at once.

    Raises DirectoryBroken.
    """
    check = "check RECOURSE_TRYTON_URL and the rights of its user"
    named = [person for person in known if person.staff_id in states]
    if not states or (len(known) > _FEW and 2 * len(named) < len(known)):
        raise DirectoryBroken(f"the HR system does not name most of those who are employed; {check}")
    for name in _FILED:
        filed = sum(bool(getattr(person, name)) for person in known)
        if filed > _FEW and not any(state[name] for state in states.values()):
            raise DirectoryBroken(f"the HR system files nobody any more ({name}); {check}")


async def _take_over_one(
    session: AsyncSession, person: Person | None, staff_id: str, state: dict[str, Any], now: datetime
) -> bool:
    changed = [name for name in _STATE if person is None or getattr(person, name) != state[name]]
    if not changed:
        return False
    if person is None:
        person = Person(staff_id=staff_id, valid_from=now, **state)
    else:
        past = {name: getattr(person, name) for name in (*_STATE, "valid_from")}
        session.add(PastPerson(staff_id=staff_id, ended_at=now, compared=False, **past))
        for name in changed:
            setattr(person, name, state[name])
        person.valid_from = now
    session.add(person)
    if not set(changed).isdisjoint((*_PUBLISHED, "contract_end")):
        message = PersonMessage(
            staff_id=staff_id,
            valid_from=now,
            contract_ends_on=state["contract_end"].isoformat() if state["contract_end"] else "",
            **{name: state[name] for name in _PUBLISHED},
        )
        await add_event(session, HR_PEOPLE, staff_id, message)
    return True


def _state(employee: Employee, now: datetime) -> dict[str, Any]:
    return {
        "unit": employee.unit,
        "station": employee.station,
        "line_staff_id": employee.supervisor,
        "contract": employee.contract,
        "contract_end": employee.end,
        "active": employee.active_on(now.date()),
        "mail_address": employee.mail_address,
    }
