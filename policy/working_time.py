"""How time is counted: seconds and hours as they pass, days and months by an office's own calendar and clock."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum


class Unit(StrEnum):
    SECONDS = "seconds"
    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an office works: its time zone, the days of the week it rests (Monday is 0), and its holidays.

    `yearly` are holidays that come back each year, as month and day.
    """

    zone: tzinfo
    weekend: frozenset[int] = frozenset({5, 6})
    yearly: frozenset[tuple[int, int]] = frozenset()
    holidays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        rests = day.weekday() in self.weekend or (day.month, day.day) in self.yearly or day in self.holidays
        return not rests


PLAIN = Calendar(UTC)
"""Monday to Friday in UTC, no holidays: for whoever has no office's calendar to count by."""


def add(start: datetime, amount: int, unit: Unit, calendar: Calendar = PLAIN) -> datetime:
    """The time in UTC that lies `amount` of `unit` after `start`; for days and months at the same time of the office's
    day, also when its clocks have been changed meanwhile.

    A month too short for the day ends on its last day: 31 January and one month is the end of February. A time that a
    change of clocks leaves out is as much later as the clocks were put forward.
    """
    local = start.astimezone(calendar.zone)
    match unit:
        case Unit.SECONDS:
            return start + timedelta(seconds=amount)
        case Unit.HOURS:
            return start + timedelta(hours=amount)
        case Unit.CALENDAR_DAYS:
            day = local.date() + timedelta(days=amount)
        case Unit.WORKING_DAYS:
            day = _walk(local.date(), amount, calendar)
        case Unit.MONTHS:
            day = _months_after(local.date(), amount)
    return datetime.combine(day, local.timetz().replace(fold=0)).astimezone(UTC)


def subtract(end: datetime, amount: int, unit: Unit, calendar: Calendar = PLAIN) -> datetime:
    return add(end, -amount, unit, calendar)


def working_days_between(start: datetime, end: datetime, calendar: Calendar = PLAIN) -> int:
    """How many working days have passed at the time of day of `start`."""
    first, last = (at.astimezone(calendar.zone).replace(tzinfo=None) for at in (start, end))
    days = (last - first).days
    return sum(calendar.works(first.date() + timedelta(days=day)) for day in range(1, days + 1))


def _walk(day: date, amount: int, calendar: Calendar) -> date:
    step = timedelta(days=1 if amount > 0 else -1)
    left = abs(amount)
    while left:
        day += step
        left -= calendar.works(day)
    return day


def _months_after(day: date, amount: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
