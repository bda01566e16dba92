"""What each kind of table in a pack may hold, and the typed value that it becomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policy.decisions import (
    Burden,
    Delegation,
    Desk,
    Instead,
    Option,
    Preset,
    ResourceType,
    Standard,
    Threshold,
    Tribunal,
)
from policy.entry import Entry, Field, Wrong, day, each_of, flag, one_of, table, tables, text, texts, whole, words
from policy.model import (
    BY_ASSIGNMENT,
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
    Side,
)
from policy.working_time import Calendar, Unit

KINDS: Final = {
    "deadlines.toml": ("deadline", "reminder", "preset", "threshold"),
    "calendars.toml": ("calendar",),
    "offices.toml": ("office", "role"),
    "routing.toml": ("desk", "route"),
    "measures.toml": ("measure",),
    "decisions.toml": ("delegation", "tribunal"),
    "options.toml": ("option", "resource"),
    "wording.toml": ("wording",),
}
"""Which kinds of table stand in which file."""
TWO_NAMES: Final = frozenset({"preset"})
"""Kinds whose tables have two names: `[preset."report.window".unfpa]`."""

UNSET: Final = "unset"
LARGEST: Final = 100_000
LARGEST_MONTHS: Final = 1_200
"""More would leave the calendar that Python counts in."""
MOST_YEARLY: Final = 60
"""Holidays that come back each year; with a day for each of them no office would ever work."""


CONCERNS: Final = ("pay", "grade", "contract", "pension", "insurance", "increments", "visa", "dependants")
BECOMES: Final = ("unchanged", "suspended", "ask_hr")
"""What an interim measure makes of each of them."""
NEVER_WORSENED: Final = ("pay", "grade", "contract", "pension", "insurance", "dependants")
"""Of the affected individual, by any measure (invariant 44)."""


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


def _stand_ins(value: Any) -> Mapping[Role, Role]:
    member = one_of(Role)
    return {member(role): member(stand_in) for role, stand_in in table(value).items()}


def _legal_effects(value: Any) -> Mapping[str, str]:
    found = words(value)
    if found.keys() != set(CONCERNS) or not set(found.values()) <= set(BECOMES):
        raise Wrong(f"must say for each of {', '.join(CONCERNS)} one of {', '.join(BECOMES)}")
    return found


def _percent(value: Any) -> int:
    if not 0 <= whole(value) <= 100:
        raise Wrong("must be between 0 and 100")
    return whole(value)


def _extensions(value: Any) -> str:
    if value not in {"each", "chain"}:
        raise Wrong(f"is {value!r}; known are each, chain")
    return text(value)


def _source(value: Any) -> str:
    if not text(value).strip():
        raise Wrong("must say where the value comes from")
    return text(value)


BASIS: Final = {"source": Field(_source), "confidence": Field(one_of(Confidence))}
DEADLINE: Final = {"amount": Field(_amount), "unit": Field(one_of(Unit)), "starts_at": Field(text), **BASIS}
PRESET: Final = {**DEADLINE, "excludes": Field(texts, ())}
CHOSEN: Final = {"preset": Field(text)}
"""A deadline that takes its value from a preset says no more than its name."""
REMINDER: Final = {"clock": Field(text), "before": Field(_amounts), "unit": Field(one_of(Unit)), **BASIS}
CALENDAR: Final = {
    "time_zone": Field(_zone),
    "weekend": Field(_weekend),
    "holidays": Field(_holidays),
    "stations": Field(texts, ()),
    **BASIS,
}
THRESHOLD: Final = {"value": Field(whole), **BASIS}
OFFICE: Final = {"name": Field(text), "aliases": Field(texts), "units": Field(texts, ()), **BASIS}
ROLE: Final = {"office": Field(one_of(Office)), "escalates_to": Field(one_of(Role)), **BASIS}
DESK: Final = {
    "service": Field(text),
    "key": Field(text, None),
    "offices": Field(each_of(Office)),
    "in_place_of": Field(_stand_ins, {}),
    "away": Field(flag, default=False),
    "instead": Field(tables, ()),
    **BASIS,
}
INSTEAD: Final = {"about": Field(each_of(Office)), "desk": Field(text), **BASIS}
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
    "alarm": Field(text),
    "at_end": Field(one_of(AtEnd)),
    "deciders": Field(each_of(Role)),
    "second": Field(each_of(Role), ()),
    "staff_only": Field(flag),
    "burdens": Field(each_of(Side)),
    "conditions": Field(texts),
    "conditions_on_offender": Field(texts, ()),
    "hr_record": Field(texts),
    "code": Field(text),
    "pay_percent": Field(_percent),
    "legal_effects": Field(_legal_effects),
    "instead": Field(text, None),
    **BASIS,
}
DELEGATION: Final = {"deciders": Field(each_of(Role)), "second": Field(each_of(Role), ()), **BASIS}
TRIBUNAL: Final = {
    "name": Field(text),
    "burden": Field(one_of(Burden)),
    "standard": Field(one_of(Standard)),
    "discipline_standard": Field(one_of(Standard)),
    "disclosure": Field(texts),
    "on_request": Field(texts),
    "windows": Field(text),
    "extensions": Field(_extensions),
    **BASIS,
}
OPTION: Final = {"choices": Field(words), **BASIS}
RESOURCE: Final = {"name": Field(text), "urgent": Field(flag), **BASIS}
APPOINTMENT: Final = {
    "staff_id": Field(text),
    "role": Field(one_of(Role)),
    "place": Field(text),
    "from": Field(day),
    "to": Field(day, None),
    "substitute_for": Field(text, None),
    "languages": Field(texts, ()),
    "gender": Field(text, None),
    "appointed_by": Field(text),
    "confirmed_by": Field(text),
}


def preset(entry: Entry) -> Preset:
    said = entry.parse(PRESET)
    _within_reach(entry, said)
    *key, name = entry.path[1:]
    return Preset(".".join(str(one) for one in key), str(name), **said)


def deadline(entry: Entry, presets: Mapping[str, Preset]) -> Deadline:
    if "preset" in entry.values:
        name = entry.parse(CHOSEN)["preset"]
        known = {one.name: one for one in presets.values() if one.deadline == entry.key}
        if name not in known:
            raise entry.broken("preset", f"is {name!r}; known are {', '.join(known) or 'none'}")
        one = known[name]
        return Deadline(
            entry.key, one.amount, one.unit, one.starts_at, one.source, one.confidence, one.excludes, one.name
        )
    said = entry.parse(DEADLINE)
    _within_reach(entry, said)
    return Deadline(entry.key, **said)


def _within_reach(entry: Entry, said: Mapping[str, Any]) -> None:
    if said["unit"] is Unit.MONTHS and (said["amount"] or 0) > LARGEST_MONTHS:
        raise entry.broken("amount", f"must be at most {LARGEST_MONTHS} months")


def threshold(entry: Entry) -> Threshold:
    return Threshold(entry.key, **entry.parse(THRESHOLD))


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


def desk(entry: Entry, desks: Mapping[str, Entry]) -> Desk:
    said = entry.parse(DESK)
    instead = [
        _instead(Entry(entry.file, (*entry.path, "instead", number), values, "desk.instead"), said, desks)
        for number, values in enumerate(said.pop("instead"))
    ]
    said |= {"key": said["key"] or entry.key, "offices": frozenset(said["offices"]), "instead": tuple(instead)}
    return Desk(entry.key, **said)


def _instead(entry: Entry, usual: Mapping[str, Any], desks: Mapping[str, Entry]) -> Instead:
    said = entry.parse(INSTEAD)
    _refers(entry, "desk", said, desks, "desk")
    if desks[said["desk"]].values.get("service") != usual["service"]:
        raise entry.broken("desk", f"belongs to another service than {usual['service']}")
    return Instead(**said)


def route(entry: Entry, deadlines: Collection[str], desks: Mapping[str, Entry]) -> Route:
    said = entry.parse(ROUTE)
    _refers(entry, "first_clock", said, deadlines)
    _refers(entry, "desk", said, desks, "desk")
    if desks[said["desk"]].values.get("service") != said["service"]:
        raise entry.broken("service", f"is not that of the desk {said['desk']}")
    return Route(entry.key, **said)


def measure(entry: Entry, deadlines: Collection[str]) -> MeasureType:
    said = entry.parse(MEASURE)
    for field in ("longest", "review", "alarm"):
        _refers(entry, field, said, deadlines)
    worse = [name for name in NEVER_WORSENED if said["legal_effects"][name] != "unchanged"]
    if Side.AFFECTED_INDIVIDUAL in said["burdens"] and (worse or said["pay_percent"] != 100):
        raise entry.broken("burdens", "names the affected individual, whom no measure may cost pay, grade or benefits")
    return MeasureType(entry.key, **said)


def delegation(entry: Entry) -> Delegation:
    return Delegation(entry.key, **entry.parse(DELEGATION))


def tribunal(entry: Entry) -> Tribunal:
    return Tribunal(entry.key, **entry.parse(TRIBUNAL))


def option(entry: Entry) -> Option:
    return Option(entry.key, **entry.parse(OPTION))


def resource(entry: Entry) -> ResourceType:
    return ResourceType(entry.key, **entry.parse(RESOURCE))


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
    if said["role"] in BY_ASSIGNMENT:
        raise entry.broken("role", f"is {said['role']}, a part in one case; nobody is appointed to it")
    if said["substitute_for"] == said["staff_id"]:
        raise entry.broken("substitute_for", "names the one who is appointed")
    _two_people(entry, said)
    return Appointment(office=roles[said["role"]].office, from_=from_, **said)


def _two_people(entry: Entry, said: Mapping[str, Any]) -> None:
    if said["appointed_by"] == said["confirmed_by"]:
        raise entry.broken("confirmed_by", "names the one who appointed; two people have to")
    for field in ("appointed_by", "confirmed_by"):
        if said[field] == said["staff_id"]:
            raise entry.broken(field, "names the one who is appointed")


def _known(entry: Entry, members: type[StrEnum]) -> None:
    if entry.key not in {member.value for member in members}:
        raise entry.broken("", f"is not known; known are {', '.join(members)}")


def _refers(entry: Entry, field: str, said: Mapping[str, Any], known: Collection[str], what: str = "deadline") -> None:
    if said[field] not in known:
        raise entry.broken(field, f"names no {what}: {said[field]}")
