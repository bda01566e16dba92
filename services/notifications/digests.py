"""What staff hears without haste, at fixed hours of their working days: how many items have news for them and by when
the first needs them, also where that is none. Who hears a digest is who holds an appointment; nobody's name is kept.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.keys import ServiceKeys
from chassis.sealing import tag
from chassis.web.pages.words import OWN_NAMES
from policy.model import Policy
from policy.working_time import Calendar
from services.notifications.peers import Peers, Unknown
from services.notifications.slots import last_slot

SOURCE: Final = "notifications"
"""Of a digest among what waits: no desk's."""
HOURS: Final = ("mail.digest.first_hour", "mail.digest.second_hour")
"""The policy's thresholds, full hours of the day at the place of the appointment."""
_TOO_LATE: Final = timedelta(hours=1)
"""A digest that was not even planned by then, because nothing ran, is left to the next."""

_PLAN: Final = text("""
    insert into waiting (event_id, source, recipient_ref, goes_at, next_try_at)
    select :digest_id, :source, :digest_id, :slot, :slot
    where not exists (select from sent where event_id = :digest_id)
    on conflict (event_id) do nothing
""")
_NEWS: Final = text("select event_id, source, recipient_ref from waiting where goes_with = :goes_with")


@dataclass(frozen=True)
class Digest:
    """`news`: the notices that it ends. `before`: when the first of the items needs them."""

    staff_id: str
    news: tuple[UUID, ...]
    items: int
    before: datetime | None
    calendar: Calendar


def hours_of(policy: Policy) -> Sequence[int]:
    return tuple(policy.thresholds[one].value for one in HOURS)


def calendar_of(policy: Policy, staff_id: str, now: datetime) -> Calendar | None:
    """The calendar of the place where somebody holds an appointment; None for whoever holds none."""
    places = [one.place for one in policy.appointments if one.staff_id == staff_id and one.holds(now)]
    return policy.calendar_at(places[0]) if places else None


def language_of(policy: Policy, staff_id: str) -> str | None:
    """The first of the languages that an appointment of theirs names and that mails have; None where none does."""
    named = (code for one in policy.appointments if one.staff_id == staff_id for code in one.languages)
    return next((code for code in named if code in OWN_NAMES), None)


def goes_with(keys: ServiceKeys, staff_id: str) -> UUID:
    """What is kept of whom a notice waits for: the same for all of one person's, and no name."""
    return UUID(bytes=tag(keys.cell, "digest", staff_id)[:16])


def digest_id(keys: ServiceKeys, staff_id: str, slot: datetime) -> UUID:
    """The same however often it is planned: one digest for each person and time."""
    return UUID(bytes=tag(keys.cell, "digest", staff_id, slot.isoformat())[:16])


def due(policy: Policy, now: datetime) -> Mapping[str, datetime]:
    """For everybody appointed, the newest time at which a digest goes to them."""
    found = {}
    for staff_id in sorted({one.staff_id for one in policy.appointments if one.holds(now)}):
        calendar = calendar_of(policy, staff_id, now)
        slot = last_slot(now, hours_of(policy), calendar) if calendar else None
        if slot is not None and now - slot <= _TOO_LATE:
            found[staff_id] = slot
    return found


async def plan(session: AsyncSession, keys: ServiceKeys, slots: Mapping[str, datetime]) -> None:
    for staff_id, slot in slots.items():
        planned = {"digest_id": digest_id(keys, staff_id, slot), "source": SOURCE, "slot": slot}
        await session.execute(_PLAN, params=planned)


def recipient(policy: Policy, keys: ServiceKeys, id_: UUID, slot: datetime, now: datetime) -> str | None:
    """Whose digest this is; None for whoever holds no appointment any more."""
    appointed = {one.staff_id for one in policy.appointments if one.holds(now)}
    return next((one for one in appointed if digest_id(keys, one, slot) == id_), None)


async def news_of(session: AsyncSession, keys: ServiceKeys, staff_id: str) -> Sequence[Any]:
    return list(await session.execute(_NEWS, params={"goes_with": goes_with(keys, staff_id)}))


async def counted(
    staff_id: str, news: Sequence[Any], calendar: Calendar, peers: Peers, keep: Callable[[], Awaitable[None]]
) -> Digest:
    """Each desk is asked what has become of its items: what is over needs nobody. `keep` is called before each
    question, since nobody knows how long all of them take. Raises NotAnswered, and what `keep` raises.
    """
    items, dates, ended = set[str](), [], []
    for one in news:
        ended.append(one.event_id)
        await keep()
        try:
            meant = await peers.recipient(one.source, one.recipient_ref)
        except Unknown:
            continue
        if meant.item:
            items.add(meant.item)
            dates += [meant.before] if meant.before else []
    return Digest(staff_id, tuple(ended), len(items), min(dates, default=None), calendar)
