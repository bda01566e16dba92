"""Non-renewal is a non-event: nobody does anything, and a contract is over. So the ends of protected people's contracts
are watched (policy: contract.watch), and whoever decides hears of nothing.
"""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.inbox import InvalidMessage
from contracts.ids import CaseId
from contracts.people.v1.people_pb2 import Person
from lifecycle.desk import Desk
from services.ethics.domain.query import CONTRACT_END
from services.ethics.use_cases.ask import ask, protections_at, whom
from services.ethics.use_cases.names import lock_person, person_tag

END: Final = "contract.end"
LAPSED: Final = 0
"""The mark of the end itself: a lapse is never silent."""
_LAPSES_FOR: Final = timedelta(days=30)
"""How long after its end a contract is still asked about, when protection began only then."""

_KEEP: Final = text("""
    insert into contract_ends (person_tag, ends_on) values (:tag, :ends_on)
    on conflict (person_tag) do update set ends_on = excluded.ends_on
""")
_NO_END: Final = text("delete from contract_ends where person_tag = :tag")
_NEAR: Final = text("""
    select distinct person_tag, ends_on from contract_ends join protected using (person_tag)
    where ends_on between :from_day and :until_day and (until is null or until > :now)
    order by ends_on, person_tag
""")
_MARK: Final = text("""
    insert into watched_ends (person_tag, ends_on, days) values (:tag, :ends_on, :days)
    on conflict do nothing returning days
""")
_FORGET: Final = text("delete from watched_ends where ends_on < :before")


async def keep_contract_end(session: AsyncSession, desk: Desk, person: Person) -> None:
    """As the directory tells it of everybody. Raises InvalidMessage for a day that is none."""
    tag = person_tag(desk, person.staff_id)
    if not person.contract_ends_on:
        await session.execute(_NO_END, params={"tag": tag})
        return
    try:
        ends_on = date.fromisoformat(person.contract_ends_on)
    except ValueError:
        raise InvalidMessage("contract_end_not_a_day") from None
    await session.execute(_KEEP, params={"tag": tag, "ends_on": ends_on})


async def watch_contracts(session: AsyncSession, desk: Desk, now: datetime) -> list[CaseId]:
    """Asks about each protected person's contract that has come nearer to its end than a mark of the policy's; the
    queries opened. A contract that comes under several marks at once is asked about once, for the nearest.
    """
    marks = sorted({LAPSED, *(days for one in desk.policy.reminders.get(END, ()) for days in one.before)})
    today = now.date()
    near = {"from_day": today - _LAPSES_FOR, "until_day": today + timedelta(days=marks[-1]), "now": now}
    asked = []
    for tag, ends_on in (await session.execute(_NEAR, params=near)).all():
        left = (ends_on - today).days
        mark = next(days for days in marks if left <= days) if left >= 0 else LAPSED
        await lock_person(session, tag)
        protections = await protections_at(session, tag, now)
        if not protections:
            continue
        new = await session.scalar(_MARK, params={"tag": tag, "ends_on": ends_on, "days": mark})
        if new is None:
            continue
        staff_id = whom(desk, protections[0])
        facts = {"kind": "non_renewal", "contract_ends_on": ends_on.isoformat()}
        soon = mark in marks[:2]
        asked.append(await ask(session, desk, staff_id, protections, CONTRACT_END, facts, now, soon=soon))
    await session.execute(_FORGET, params={"before": today - 2 * _LAPSES_FOR})
    return asked
