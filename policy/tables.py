"""The typed value that each table of a pack becomes, once its fields are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from policy import schema
from policy.decisions import (
    Delegation,
    Desk,
    IdentityPurpose,
    Instead,
    Option,
    Preset,
    ResourceType,
    Threshold,
    Tribunal,
)
from policy.entry import Entry
from policy.model import (
    BY_ASSIGNMENT,
    Appointment,
    Approval,
    Deadline,
    MeasureType,
    Office,
    OfficeCalendar,
    OfficeEntry,
    Reminder,
    Role,
    RoleEntry,
    Route,
    Side,
)
from policy.working_time import Calendar, Unit


def preset(entry: Entry) -> Preset:
    said = entry.parse(schema.PRESET)
    _within_reach(entry, said)
    *key, name = entry.path[1:]
    return Preset(".".join(str(one) for one in key), str(name), **said)


def deadline(entry: Entry, presets: Mapping[str, Preset]) -> Deadline:
    if "preset" in entry.values:
        name = entry.parse(schema.CHOSEN)["preset"]
        known = {one.name: one for one in presets.values() if one.deadline == entry.key}
        if name not in known:
            raise entry.broken("preset", f"is {name!r}; known are {', '.join(known) or 'none'}")
        one = known[name]
        _has_length(entry, "preset", one.amount)
        return Deadline(
            entry.key, one.amount, one.unit, one.starts_at, one.source, one.confidence, one.excludes, one.name
        )
    said = entry.parse(schema.DEADLINE)
    _within_reach(entry, said)
    _has_length(entry, "amount", said["amount"])
    return Deadline(entry.key, **said)


def _has_length(entry: Entry, field: str, amount: int | None) -> None:
    if amount is None and entry.key in schema.NEVER_UNSET:
        raise entry.broken(field, "may not be unset: what counts by it would have no end, or never begin")


def _within_reach(entry: Entry, said: Mapping[str, Any]) -> None:
    if said["unit"] is Unit.MONTHS and (said["amount"] or 0) > schema.LARGEST_MONTHS:
        raise entry.broken("amount", f"must be at most {schema.LARGEST_MONTHS} months")


def threshold(entry: Entry) -> Threshold:
    return Threshold(entry.key, **entry.parse(schema.THRESHOLD))


def reminder(entry: Entry) -> Reminder:
    return Reminder(entry.key, **entry.parse(schema.REMINDER))


def by_clock(reminders: Iterable[Reminder]) -> dict[str, tuple[Reminder, ...]]:
    found: dict[str, tuple[Reminder, ...]] = {}
    for one in reminders:
        found[one.clock] = (*found.get(one.clock, ()), one)
    return found


def calendar(entry: Entry) -> OfficeCalendar:
    said = entry.parse(schema.CALENDAR)
    yearly, once = said["holidays"]
    kept = Calendar(said["time_zone"], said["weekend"], yearly, once)
    return OfficeCalendar(entry.key, kept, said["stations"], said["region"], said["source"], said["confidence"])


def stations(calendars: Iterable[OfficeCalendar]) -> dict[str, Calendar]:
    return {station: one.calendar for one in calendars for station in one.stations}


def office(entry: Entry) -> OfficeEntry:
    _known(entry, Office)
    return OfficeEntry(Office(entry.key), **entry.parse(schema.OFFICE))


def role(entry: Entry) -> RoleEntry:
    _known(entry, Role)
    return RoleEntry(Role(entry.key), **entry.parse(schema.ROLE))


def desk(entry: Entry, desks: Mapping[str, Entry]) -> Desk:
    said = entry.parse(schema.DESK)
    instead = [
        _instead(Entry(entry.file, (*entry.path, "instead", number), values, "desk.instead"), said, desks)
        for number, values in enumerate(said.pop("instead"))
    ]
    said |= {"key": said["key"] or entry.key, "offices": frozenset(said["offices"]), "instead": tuple(instead)}
    return Desk(entry.key, **said)


def _instead(entry: Entry, usual: Mapping[str, Any], desks: Mapping[str, Entry]) -> Instead:
    said = entry.parse(schema.INSTEAD)
    _refers(entry, "desk", said, desks, "desk")
    if desks[said["desk"]].values.get("service") != usual["service"]:
        raise entry.broken("desk", f"belongs to another service than {usual['service']}")
    return Instead(**said)


def route(entry: Entry, deadlines: Collection[str], desks: Mapping[str, Entry]) -> Route:
    said = entry.parse(schema.ROUTE)
    _refers(entry, "first_clock", said, deadlines)
    _refers(entry, "desk", said, desks, "desk")
    if desks[said["desk"]].values.get("service") != said["service"]:
        raise entry.broken("service", f"is not that of the desk {said['desk']}")
    return Route(entry.key, **said)


def measure(entry: Entry, deadlines: Mapping[str, Entry]) -> MeasureType:
    said = entry.parse(schema.MEASURE)
    for field in ("longest", "review", "alarm"):
        _refers(entry, field, said, deadlines)
        if deadlines[said[field]].values.get("amount") == schema.UNSET:
            raise entry.broken(field, f"names a deadline that is unset: {said[field]}")
    worse = [name for name in schema.NEVER_WORSENED if said["legal_effects"][name] != "unchanged"]
    if Side.AFFECTED_INDIVIDUAL in said["burdens"] and (worse or said["pay_percent"] != 100):
        raise entry.broken("burdens", "names the affected individual, whom no measure may cost pay, grade or benefits")
    return MeasureType(entry.key, **said)


def delegation(entry: Entry) -> Delegation:
    return Delegation(entry.key, **entry.parse(schema.DELEGATION))


def tribunal(entry: Entry) -> Tribunal:
    return Tribunal(entry.key, **entry.parse(schema.TRIBUNAL))


def identity_purpose(entry: Entry) -> IdentityPurpose:
    return IdentityPurpose(entry.key, **entry.parse(schema.IDENTITY_PURPOSE))


def option(entry: Entry) -> Option:
    return Option(entry.key, **entry.parse(schema.OPTION))


def resource(entry: Entry) -> ResourceType:
    return ResourceType(entry.key, **entry.parse(schema.RESOURCE))


def wording(entry: Entry) -> str:
    words = entry.values.get("text")
    if not isinstance(words, str):
        raise entry.broken("", "must be a text")
    return words


def appointment(entry: Entry, roles: Mapping[Role, RoleEntry]) -> Appointment:
    said = entry.parse(schema.APPOINTMENT)
    from_ = said.pop("from")
    if said["to"] and said["to"] < from_:
        raise entry.broken("to", "is before from")
    if said["role"] in BY_ASSIGNMENT:
        raise entry.broken("role", f"is {said['role']}, a part in one case; nobody is appointed to it")
    if said["substitute_for"] == said["staff_id"]:
        raise entry.broken("substitute_for", "names the one who is appointed")
    _two_people(entry, said)
    return Appointment(office=roles[said["role"]].office, from_=from_, **said)


def approval(entry: Entry, content_hash: str) -> Approval:
    said = entry.parse(schema.APPROVAL)
    if said.pop("content") != content_hash:
        raise entry.broken("content", f"is not the hash of this version, which is {content_hash}")
    if said["proposed_by"].casefold() == said["confirmed_by"].casefold():
        raise entry.broken("confirmed_by", "names the one who proposed; two people have to")
    return Approval(**said)


def _two_people(entry: Entry, said: Mapping[str, Any]) -> None:
    if said["appointed_by"].casefold() == said["confirmed_by"].casefold():
        raise entry.broken("confirmed_by", "names the one who appointed; two people have to")
    for field in ("appointed_by", "confirmed_by"):
        if said[field].casefold() == said["staff_id"].casefold():
            raise entry.broken(field, "names the one who is appointed")


def _known(entry: Entry, members: type[StrEnum]) -> None:
    if entry.key not in {member.value for member in members}:
        raise entry.broken("", f"is not known; known are {', '.join(members)}")


def _refers(entry: Entry, field: str, said: Mapping[str, Any], known: Collection[str], what: str = "deadline") -> None:
    if said[field] not in known:
        raise entry.broken(field, f"names no {what}: {said[field]}")
