"""Reads a pack from `policy/packs/<name>/<version>/*.toml` and says clearly what is wrong with it.

A pack may build on another one (`based_on = "name/version"` in its pack.toml): what it does not say itself it takes
from there. Appointments are a pack of their own, because people change and the rules a case began with do not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from policy.entry import Entry, PolicyBroken, place, read
from policy.model import (
    DAY,
    Appointment,
    AtEnd,
    Confidence,
    Deadline,
    MeasureType,
    Office,
    OfficeEntry,
    Policy,
    Protected,
    Reminder,
    Role,
    RoleEntry,
    Route,
)
from policy.working_time import Unit

PACKS = Path(__file__).parent / "packs"
TABLES = {
    "deadlines.toml": ("deadline", "reminder"),
    "offices.toml": ("office", "role"),
    "routing.toml": ("route",),
    "measures.toml": ("measure",),
    "wording.toml": ("wording",),
}
UNSET = "unset"
LARGEST = 100_000

Value = TypeVar("Value")


def load(name: str, version: str | None = None, *, packs: Path = PACKS) -> Policy:
    """The policy `name`, its newest version unless one is given. Raises `PolicyBroken`."""
    folder = _folder(packs, name, version)
    head = _head(folder)
    layers = [folder]
    if "based_on" in head.values:
        layers.append(_folder(packs, *_pin(head, "based_on")))
        if "based_on" in _head(layers[-1]).values:
            raise head.broken("based_on", "names a pack that is itself based on another; one step only")
    tables = _tables(layers)
    appointed = _folder(packs, *_pin(head, "appointments")) / "appointments.toml"
    deadlines = _map(tables["deadline"], _deadline)
    roles = {Role(entry.key): _role(entry) for entry in _known(tables["role"], Role)}
    _complete(folder, "role", roles, Role)
    offices = {Office(entry.key): _office(entry) for entry in _known(tables["office"], Office)}
    _complete(folder, "office", offices, Office)
    return Policy(
        name=name,
        version=folder.name,
        content_hash=_hash({kind: {key: dict(e.values) for key, e in rows.items()} for kind, rows in tables.items()}),
        appointments_hash=_hash(read(appointed)),
        deadlines=deadlines,
        reminders=_reminders(tables["reminder"]),
        offices=offices,
        roles=roles,
        routes={key: _route(entry, deadlines) for key, entry in tables["route"].items()},
        measures={key: _measure(entry, deadlines) for key, entry in tables["measure"].items()},
        wording={key: entry.get("text", str) for key, entry in tables["wording"].items()},
        appointments=tuple(_appointment(entry, roles) for entry in _appointments(appointed)),
    )


def _folder(packs: Path, name: str, version: str | None) -> Path:
    versions = sorted((one for one in (packs / name).glob("*") if one.name.isdecimal()), key=lambda one: int(one.name))
    if version is not None:
        versions = [one for one in versions if one.name == version]
    if not versions:
        known = ", ".join(sorted(f"{one.parent.name}/{one.name}" for one in packs.glob("*/*"))) or "none"
        raise PolicyBroken(f"There is no policy pack {name}{f'/{version}' if version else ''}; there are: {known}.")
    return versions[-1]


def _head(folder: Path) -> Entry:
    file = folder / "pack.toml"
    head = Entry(file, "pack", folder.parent.name, read(file))
    head.only("title", "based_on", "appointments")
    return head


def _pin(head: Entry, field: str) -> tuple[str, str]:
    name, _, version = head.get(field, str).partition("/")
    if not version.isdecimal():
        raise head.broken(field, "must name a pack and its version, like iom-2024-03/1")
    return name, version


def _tables(layers: list[Path]) -> dict[str, dict[str, Entry]]:
    """Every table by kind and key; the first layer that has a key has the say."""
    tables: dict[str, dict[str, Entry]] = {kind: {} for kinds in TABLES.values() for kind in kinds}
    for folder in layers:
        for file in sorted(folder.glob("*.toml")):
            if file.name == "pack.toml":
                continue
            if file.name not in TABLES:
                raise PolicyBroken(f"{place(file)} is not a file of a policy pack.")
            for kind, rows in read(file).items():
                if kind not in TABLES[file.name] or not isinstance(rows, dict):
                    expected = " and ".join(TABLES[file.name])
                    raise PolicyBroken(f"{place(file)}: {kind} is no table here; expected {expected}.")
                for key, values in rows.items():
                    shaped = values if isinstance(values, dict) else {"text": values}
                    tables[kind].setdefault(key, Entry(file, kind, key, shaped))
    return tables


def _map(rows: Mapping[str, Entry], make: Callable[[Entry], Value]) -> dict[str, Value]:
    return {key: make(entry) for key, entry in rows.items()}


def _known(rows: Mapping[str, Entry], members: type[StrEnum]) -> Iterator[Entry]:
    for key, entry in rows.items():
        if key not in {member.value for member in members}:
            raise entry.broken("", f"is not known; known are {', '.join(members)}")
        yield entry


def _complete(folder: Path, table: str, found: Mapping[Any, object], members: type[StrEnum]) -> None:
    if missing := [member.value for member in members if member not in found]:
        raise PolicyBroken(f"{folder.parent.name}/{folder.name}: {table}.{missing[0]} is missing.")


def _basis(entry: Entry) -> tuple[str, Confidence]:
    return entry.get("source", str), entry.member("confidence", Confidence)


def _deadline(entry: Entry) -> Deadline:
    entry.only("amount", "unit", "starts_at", "source", "confidence")
    amount = None if entry.values.get("amount") == UNSET else entry.get("amount", int)
    if amount is not None and not 0 < amount <= LARGEST:
        raise entry.broken("amount", f'must be between 1 and {LARGEST}, or "unset"')
    return Deadline(entry.key, amount, entry.member("unit", Unit), entry.get("starts_at", str), *_basis(entry))


def _reminders(rows: Mapping[str, Entry]) -> dict[str, tuple[Reminder, ...]]:
    found: dict[str, tuple[Reminder, ...]] = {}
    for entry in rows.values():
        entry.only("clock", "before", "unit", "source", "confidence")
        before = entry.get("before", list)
        if not before or any(not isinstance(one, int) or isinstance(one, bool) or one <= 0 for one in before):
            raise entry.broken("before", "must be a list of numbers greater than 0")
        clock = entry.get("clock", str)
        unit = entry.member("unit", Unit)
        reminder = Reminder(entry.key, clock, tuple(before), unit, *_basis(entry))
        found[clock] = (*found.get(clock, ()), reminder)
    return found


def _office(entry: Entry) -> OfficeEntry:
    entry.only("name", "aliases", "source", "confidence")
    return OfficeEntry(Office(entry.key), entry.get("name", str), entry.strings("aliases"), *_basis(entry))


def _role(entry: Entry) -> RoleEntry:
    entry.only("office", "escalates_to", "source", "confidence")
    office, escalates_to = entry.member("office", Office), entry.member("escalates_to", Role)
    return RoleEntry(Role(entry.key), office, escalates_to, *_basis(entry))


def _route(entry: Entry, deadlines: Mapping[str, Deadline]) -> Route:
    entry.only("service", "desk", "handlers", "first_clock", "asks", "needs", "protects", "source", "confidence")
    if entry.get("first_clock", str) not in deadlines:
        raise entry.broken("first_clock", f"names no deadline: {entry.values['first_clock']}")
    return Route(
        entry.key,
        entry.get("service", str),
        entry.get("desk", str),
        entry.members("handlers", Role),
        entry.get("first_clock", str),
        _asks(entry),
        entry.strings("needs") if "needs" in entry.values else (),
        entry.member("protects", Protected) if "protects" in entry.values else None,
        *_basis(entry),
    )


def _asks(entry: Entry) -> dict[str, tuple[str, ...]]:
    asks = entry.get("asks", dict) if "asks" in entry.values else {}
    for choices in asks.values():
        if not isinstance(choices, list) or not choices or any(not isinstance(one, str) for one in choices):
            raise entry.broken("asks", f'must give each fact a list of choices, or ["{DAY}"]')
    return {fact: tuple(choices) for fact, choices in asks.items()}


def _measure(entry: Entry, deadlines: Mapping[str, Deadline]) -> MeasureType:
    entry.only("longest", "review", "at_end", "deciders", "conditions", "source", "confidence")
    for field in ("longest", "review"):
        if entry.get(field, str) not in deadlines:
            raise entry.broken(field, f"names no deadline: {entry.values[field]}")
    return MeasureType(
        entry.key,
        entry.get("longest", str),
        entry.get("review", str),
        entry.member("at_end", AtEnd),
        entry.members("deciders", Role),
        entry.strings("conditions"),
        *_basis(entry),
    )


def _appointments(file: Path) -> Iterator[Entry]:
    content = read(file)
    rows = content.get("appointment")
    if len(content) != 1 or not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise PolicyBroken(f"{place(file)} must hold [[appointment]] tables and nothing else.")
    for number, values in enumerate(rows, start=1):
        yield Entry(file, "appointment", str(number), values)


def _appointment(entry: Entry, roles: Mapping[Role, RoleEntry]) -> Appointment:
    entry.only("staff_id", "role", "place", "from", "to", "substitute_for")
    role = entry.member("role", Role)
    from_ = _day(entry, "from")
    to = _day(entry, "to") if "to" in entry.values else None
    if to and to < from_:
        raise entry.broken("to", "is before from")
    substitute_for = entry.get("substitute_for", str) if "substitute_for" in entry.values else None
    staff_id, place = entry.get("staff_id", str), entry.get("place", str)
    return Appointment(staff_id, role, roles[role].office, place, from_, to, substitute_for)


def _day(entry: Entry, field: str) -> date:
    value = entry.get(field, date)
    if isinstance(value, datetime):
        raise entry.broken(field, "must be a day without a time")
    return value


def _hash(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
