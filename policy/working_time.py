"""How time is counted. The one place that knows working days: Monday to Friday in UTC, no holidays yet."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from enum import StrEnum

SATURDAY = 5


class Unit(StrEnum):
    SECONDS = "seconds"
    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


def add(start: datetime, amount: int, unit: Unit) -> datetime:
    """`start` and `amount` of `unit` after it, at the same time of day for days and months.

    A month too short for the day ends on its last day: 31 January and one month is the end of February.
    """
    match unit:
        case Unit.SECONDS:
            return start + timedelta(seconds=amount)
        case Unit.HOURS:
            return start + timedelta(hours=amount)
        case Unit.CALENDAR_DAYS:
            return start + timedelta(days=amount)
        case Unit.WORKING_DAYS:
            return _walk_working_days(start, amount)
        case Unit.MONTHS:
            months = start.year * 12 + start.month - 1 + amount
            year, month = divmod(months, 12)
            return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def subtract(end: datetime, amount: int, unit: Unit) -> datetime:
    return add(end, -amount, unit)


def working_days_between(start: datetime, end: datetime) -> int:
    """How many working days have passed at the time of day of `start`."""
    days = (end - start).days
    return sum((start + timedelta(days=day)).weekday() < SATURDAY for day in range(1, days + 1))


def _walk_working_days(start: datetime, amount: int) -> datetime:
    step = timedelta(days=1 if amount > 0 else -1)
    left = abs(amount)
    day = start
    while left:
        day += step
        if day.weekday() < SATURDAY:
            left -= 1
    return day
