"""When digests go: at fixed hours of the days on which an office works, by its own clock. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from policy.working_time import Calendar

_DAYS: Final = 15
"""Within which an office works at least once."""


def last_slot(now: datetime, hours: Sequence[int], calendar: Calendar) -> datetime | None:
    """The newest that has come; None for an office that has not worked for weeks."""
    return max((one for one in _slots(now, -_DAYS, hours, calendar) if one <= now), default=None)


def next_slot(now: datetime, hours: Sequence[int], calendar: Calendar) -> datetime:
    """The first that is still to come; after weeks without a working day, one of the days after."""
    coming = [one for one in _slots(now, 0, hours, calendar) if one > now]
    return min(coming) if coming else now + timedelta(days=_DAYS)


def _slots(now: datetime, from_day: int, hours: Sequence[int], calendar: Calendar) -> Iterator[datetime]:
    today = now.astimezone(calendar.zone)
    for day in range(from_day, from_day + _DAYS + 1):
        there = today + timedelta(days=day)
        if calendar.works(there.date()):
            for hour in hours:
                yield there.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0).astimezone(now.tzinfo)
