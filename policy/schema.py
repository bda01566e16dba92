"""Which tables a pack may hold, and what each field of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policy.decisions import (
    Burden,
    Standard,
)
from policy.entry import Field, Wrong, day, each_of, flag, moment, one_of, table, tables, text, texts, whole, words
from policy.model import (
    DAY,
    AtEnd,
    Confidence,
    Office,
    Protected,
    Role,
    Side,
)
from policy.working_time import Unit

KINDS: Final = {
    "deadlines.toml": ("deadline", "reminder", "preset", "threshold"),
    "calendars.toml": ("calendar",),
    "offices.toml": ("office", "role"),
    "routing.toml": ("desk", "route"),
    "measures.toml": ("measure",),
    "decisions.toml": ("delegation", "tribunal", "identity_purpose"),
    "options.toml": ("option", "resource"),
    "wording.toml": ("wording",),
}
"""Which kinds of table stand in which file."""
TWO_NAMES: Final = frozenset({"preset"})
"""Kinds whose tables have two names: `[preset."report.window".unfpa]`."""

UNSET: Final = "unset"
NEVER_UNSET: Final = frozenset(
    {
        "consent.refresh",
        "draft.expire",
        "help.recheck",
        "im.extend_window",
        "informal.checkin",
        "informal.checkin.second",
        "informal.checkin.third",
        "keep.release",
        "ombuds.purge",
        "ret.lookahead",
    }
)
"""Deadlines without which a promise has no length at all: nobody would be protected, or nothing could be counted."""
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


def _days(value: Any) -> int:
    if not 0 < whole(value) <= LARGEST:
        raise Wrong(f"must be between 1 and {LARGEST}")
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
    "region": Field(text, ""),
    **BASIS,
}
THRESHOLD: Final = {"value": Field(whole), **BASIS}
OFFICE: Final = {"name": Field(text), "aliases": Field(texts), "units": Field(texts, ()), **BASIS}
ROLE: Final = {
    "office": Field(one_of(Office)),
    "escalates_to": Field(one_of(Role)),
    "apart_from": Field(each_of(Role), ()),
    **BASIS,
}
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
    "keeps_reporter": Field(flag, default=False),
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
IDENTITY_PURPOSE: Final = {
    "name": Field(text),
    "roles": Field(each_of(Role)),
    "days": Field(_days),
    "consent": Field(flag),
    "told": Field(flag),
    **BASIS,
}
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
APPROVAL: Final = {
    "of": Field(text),
    "content": Field(text),
    "proposed_by": Field(text),
    "proposed_at": Field(moment),
    "confirmed_by": Field(text),
    "confirmed_at": Field(moment),
}
"""`content`: the hash of what was approved, so that nothing is changed afterwards."""
