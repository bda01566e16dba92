"""What each kind of table in a pack may hold, and the typed value that it becomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policy.entry import Entry, Field, Wrong, day, each_of, one_of, table, text, texts, whole
from policy.model import (
    DAY,
    Appointment,
    AtEnd,
    Confidence,
    Deadline,
    MeasureType,
    Office,
    OfficeCalendar,
    OfficeEntry,
    Protected,
    Reminder,
    Role,
    RoleEntry,
    Route,
)
from policy.working_time import Calendar, Unit

KINDS: Final = {
    "deadlines.toml": ("deadline", "reminder"),
    "calendars.toml": ("calendar",),
    "offices.toml": ("office", "role"),
    "routing.toml": ("route",),
    "measures.toml": ("measure",),
    "wording.toml": ("wording",),
}
"""Which kinds of table stand in which file."""

UNSET: Final = "unset"
LARGEST: Final = 100_000
LARGEST_MONTHS: Final = 1_200
"""More would leave the calendar that Python counts in."""
MOST_YEARLY: Final = 60
"""Holidays that come back each year; with a day for each of them no office would ever work."""


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def _amount(value: Any) -> int | None:
    if value == UNSET:
        return None
    if not 0 < whole(value) <= LARGEST:
        raise Wrong(f'must be between 1 and {LARGEST}, or "{UNSET}"')
    return whole(value)


def _amounts(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or any(type(one) is not int or one <= 0 for one in value):
        raise Wrong("must be a list of numbers greater than 0")
    return tuple(value)


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Wrong(f"is {value!r}, which is no time zone; known are names like Europe/Zurich and UTC") from None


def _weekend(value: Any) -> frozenset[int]:
    rest = frozenset(list(Weekday).index(one) for one in each_of(Weekday)(value))
    if len(rest) == len(Weekday):
        raise Wrong("leaves no day to work on")
    return rest


def _holidays(value: Any) -> tuple[frozenset[tuple[int, int]], frozenset[date]]:
    """A text like "12-25" comes back each year, a date is that day alone."""
    if not isinstance(value, list):
        raise Wrong('must be a list of days: 2026-04-03, or "12-25" for every year')
    yearly, once = set(), set()
    for one in value:
        try:
            if isinstance(one, str):
                found = date.fromisoformat(f"2024-{one}")  # a leap year: 29 February may be a holiday
                yearly.add((found.month, found.day))
            else:
                once.add(day(one))
        except ValueError:
            raise Wrong(f'has {one!r}, which is neither a day like 2026-04-03 nor "12-25" for every year') from None
    if len(yearly) > MOST_YEARLY:
        raise Wrong(f"has more than {MOST_YEARLY} days that come back each year")
    return frozenset(yearly), frozenset(once)


def _asks(value: Any) -> Mapping[str, tuple[str, ...]]:
    for choices in table(value).values():
        if not isinstance(choices, list) or not choices or any(not isinstance(one, str) for one in choices):
            raise Wrong(f'must give each fact a list of choices, or ["{DAY}"]')
    return {fact: tuple(choices) for fact, choices in value.items()}


BASIS: Final = {"source": Field(text), "confidence": Field(one_of(Confidence))}
DEADLINE: Final = {"amount": Field(_amount), "unit": Field(one_of(Unit)), "starts_at": Field(text), **BASIS}
REMINDER: Final = {"clock": Field(text), "before": Field(_amounts), "unit": Field(one_of(Unit)), **BASIS}
CALENDAR: Final = {
    "time_zone": Field(_zone),
    "weekend": Field(_weekend),
    "holidays": Field(_holidays),
    "stations": Field(texts, ()),
    **BASIS,
}
OFFICE: Final = {"name": Field(text), "aliases": Field(texts), **BASIS}
ROLE: Final = {"office": Field(one_of(Office)), "escalates_to": Field(one_of(Role)), **BASIS}
ROUTE: Final = {
    "service": Field(text),
    "desk": Field(text),
    "handlers": Field(each_of(Role)),
    "first_clock": Field(text),
    "asks": Field(_asks, {}),
    "needs": Field(texts, ()),
    "protects": Field(one_of(Protected), None),
    **BASIS,
}
MEASURE: Final = {
    "longest": Field(text),
    "review": Field(text),
    "at_end": Field(one_of(AtEnd)),
    "deciders": Field(each_of(Role)),
    "conditions": Field(texts),
    **BASIS,
}
APPOINTMENT: Final = {
    "staff_id": Field(text),
    "role": Field(one_of(Role)),
    "place": Field(text),
    "from": Field(day),
    "to": Field(day, None),
    "substitute_for": Field(text, None),
}


def deadline(entry: Entry) -> Deadline:
    said = entry.parse(DEADLINE)
    if said["unit"] is Unit.MONTHS and (said["amount"] or 0) > LARGEST_MONTHS:
        raise entry.broken("amount", f"must be at most {LARGEST_MONTHS} months")
    return Deadline(entry.key, **said)


def reminder(entry: Entry) -> Reminder:
    return Reminder(entry.key, **entry.parse(REMINDER))


def by_clock(reminders: Iterable[Reminder]) -> dict[str, tuple[Reminder, ...]]:
    found: dict[str, tuple[Reminder, ...]] = {}
    for one in reminders:
        found[one.clock] = (*found.get(one.clock, ()), one)
    return found


def calendar(entry: Entry) -> OfficeCalendar:
    said = entry.parse(CALENDAR)
    yearly, once = said["holidays"]
    kept = Calendar(said["time_zone"], said["weekend"], yearly, once)
    return OfficeCalendar(entry.key, kept, said["stations"], said["source"], said["confidence"])


def stations(calendars: Iterable[OfficeCalendar]) -> dict[str, Calendar]:
    return {station: one.calendar for one in calendars for station in one.stations}


def office(entry: Entry) -> OfficeEntry:
    _known(entry, Office)
    return OfficeEntry(Office(entry.key), **entry.parse(OFFICE))


def role(entry: Entry) -> RoleEntry:
    _known(entry, Role)
    return RoleEntry(Role(entry.key), **entry.parse(ROLE))


def route(entry: Entry, deadlines: Collection[str]) -> Route:
    said = entry.parse(ROUTE)
    _refers(entry, "first_clock", said, deadlines)
    return Route(entry.key, **said)


def measure(entry: Entry, deadlines: Collection[str]) -> MeasureType:
    said = entry.parse(MEASURE)
    for field in ("longest", "review"):
        _refers(entry, field, said, deadlines)
    return MeasureType(entry.key, **said)


def wording(entry: Entry) -> str:
    words = entry.values.get("text")
    if not isinstance(words, str):
        raise entry.broken("", "must be a text")
    return words


def appointment(entry: Entry, roles: Mapping[Role, RoleEntry]) -> Appointment:
    said = entry.parse(APPOINTMENT)
    from_ = said.pop("from")
    if said["to"] and said["to"] < from_:
        raise entry.broken("to", "is before from")
    return Appointment(office=roles[said["role"]].office, from_=from_, **said)


def _known(entry: Entry, members: type[StrEnum]) -> None:
    if entry.key not in {member.value for member in members}:
        raise entry.broken("", f"is not known; known are {', '.join(members)}")


def _refers(entry: Entry, field: str, said: Mapping[str, Any], known: Collection[str], what: str = "deadline") -> None:
    if said[field] not in known:
        raise entry.broken(field, f"names no {what}: {said[field]}")
