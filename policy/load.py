"""Reads a pack from `policy/packs/<name>/<version>/*.toml` and says clearly what is wrong with it.

A pack may build on another one (`based_on = "name/version"` in its pack.toml): what it does not say itself it takes
from there. Appointments are a pack of their own, because people change and the rules a case began with do not; that
pack also says which calendar each duty station keeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from policy import tables, written
from policy.entry import Entry, Field, Mistake, PolicyBroken, place, read, text
from policy.model import Appointment, Approval, Office, Policy, Role
from policy.schema import KINDS, TWO_NAMES

PACKS: Final = Path(__file__).parent / "packs"
HEAD: Final = {
    "title": Field(text),
    "based_on": Field(text, None),
    "appointments": Field(text, None),
    "calendar": Field(text, None),
    "tribunal": Field(text, None),
}
APPROVALS: Final = "approvals.toml"
"""Beside the tables of a version, not among them: what was approved is their hash."""
CHOSEN: Final = ("calendar", "tribunal")
"""What the head of a pack chooses among its tables."""

Value = TypeVar("Value")
Rows = Mapping[str, dict[str, Entry]]
"""Every entry of a pack, by kind and key."""
_SHORT: Final = 12
"""Letters of a hash that name it where people read."""


def load(name: str, version: str | None = None, *, packs: Path = PACKS) -> Policy:
    """The policy `name`, its newest version unless one is given; read once for as long as no file of the packs changes.
    Raises `PolicyBroken` with every mistake in it.
    """
    files = ((str(file), file.stat()) for file in sorted(packs.rglob("*.toml")))
    return _load(name, version, packs, tuple((file, found.st_mtime_ns, found.st_size) for file, found in files))


@lru_cache(maxsize=32)
def _load(name: str, version: str | None, packs: Path, _: tuple[tuple[str, int, int], ...]) -> Policy:
    return Reading(packs).policy(name, version)


def versions(packs: Path = PACKS) -> tuple[str, ...]:
    """Every pack there is, as `name/version`."""
    found = (one for one in packs.glob("*/*") if one.name.isdecimal())
    return tuple(f"{one.parent.name}/{one.name}" for one in sorted(found, key=lambda one: (one.parent, int(one.name))))


def packs_to_follow(packs: Path = PACKS) -> tuple[str, ...]:
    """Those that services may follow: not the lists of people and places beside them."""
    return tuple(one for one in versions(packs) if not (packs / one / "appointments.toml").exists())


def restored(content: str, content_hash: str) -> Policy:
    """A version as it was kept (`Policy.content`), under no name and with nobody appointed: neither is part of what the
    hash is of. Raises PolicyBroken where it is not what it was, or cannot be read any more.
    """
    folder = Path(content_hash[:_SHORT])
    chosen, entries = written.read(content, folder)
    found: Rows = {kind: {} for kinds in KINDS.values() for kind in kinds}
    reading = Reading(PACKS)
    for entry in entries:
        if entry.kind not in found:
            raise entry.broken("", "is no table of a pack any more")
        found[entry.kind][entry.key] = entry
    policy = reading.build("", folder, chosen, found, None)
    if policy is None:
        raise PolicyBroken(*reading.mistakes)
    if policy.content_hash != content_hash:
        raise PolicyBroken(Mistake("is not what was kept", key=content_hash[:_SHORT]))
    return policy


@dataclass
class Reading:
    """One reading of a pack: what it finds wrong on the way, and every entry it found."""

    packs: Path
    mistakes: list[Mistake] = field(default_factory=list)
    found: Rows = field(default_factory=dict)
    based_on: str | None = None

    def policy(self, name: str, version: str | None) -> Policy:
        folder = self.folder(name, version)
        head = _head(folder)
        layers, said = [folder], head.parse(HEAD)
        if said["based_on"]:
            layers.append(self.folder(*_pin(head, "based_on", said)))
            below = _head(layers[-1])
            if "based_on" in below.values:
                raise head.broken("based_on", "names a pack that is itself based on another; one step only")
            said = {**below.parse(HEAD), **{key: value for key, value in said.items() if value is not None}}
        for needed in ("appointments", *CHOSEN):
            if said[needed] is None:
                raise head.broken(needed, "is missing")
        organisation = self.folder(*_pin(head, "appointments", said))
        self.found, self.based_on = self.rows([*layers, organisation]), head.values.get("based_on")
        policy = self.build(name, folder, said, self.found, organisation / "appointments.toml")
        if policy is not None and (folder / APPROVALS).exists():
            policy = replace(policy, approvals=tuple(self.approvals(folder / APPROVALS, policy.content_hash)))
        if self.mistakes:
            raise PolicyBroken(*self.mistakes)
        assert policy is not None  # or there is a mistake
        return policy

    def folder(self, name: str, version: str | None) -> Path:
        """The newest version, or the one named; what these packs do not have is looked for among those we ship."""
        for packs in dict.fromkeys((self.packs, PACKS)):
            there = [one for one in (packs / name).glob("*") if one.name.isdecimal()]
            found = [one for one in there if version in {None, one.name}]
            if found:
                return max(found, key=lambda one: int(one.name))
        known = ", ".join(versions(self.packs)) or "none"
        wanted = f"{name}{f'/{version}' if version else ''}"
        raise PolicyBroken(Mistake(f"There is no policy pack {wanted}; there are: {known}"))

    def rows(self, layers: Sequence[Path]) -> Rows:
        """Every entry by kind and key; the first layer that has a key has the say."""
        found: dict[str, dict[str, Entry]] = {kind: {} for kinds in KINDS.values() for kind in kinds}
        organisation = layers[-1]
        for folder in layers:
            for file in sorted(folder.glob("*.toml")):
                kinds = KINDS.get(file.name)
                if file.name in ("pack.toml", "appointments.toml" if folder is organisation else APPROVALS):
                    continue
                if kinds is None or (folder is organisation and file.name != "calendars.toml"):
                    self.mistakes.append(Mistake("is not a file of a policy pack", key=place(file)))
                    continue
                for entry in self.entries(file, kinds):
                    found[entry.kind].setdefault(entry.key, entry)
        return found

    def entries(self, file: Path, kinds: Sequence[str]) -> Iterator[Entry]:
        try:
            content = read(file)
        except PolicyBroken as broken:
            self.mistakes += broken.mistakes
            return
        for kind, entries in content.items():
            if kind not in kinds or not isinstance(entries, dict):
                self.mistakes.append(
                    Mistake(f"is no table here; expected {' and '.join(kinds)}", file=place(file), key=kind)
                )
                continue
            for path, values in _named(kind, entries):
                entry = Entry(file, path, values if isinstance(values, dict) else {"text": values}, kind)
                if isinstance(values, dict) or kind == "wording":
                    yield entry
                else:
                    self.mistakes.append(entry.mistake("", "must be a table"))

    def build(self, name: str, folder: Path, said: Mapping[str, Any], rows: Rows, people: Path | None) -> Policy | None:
        presets = self.each(rows["preset"], tables.preset)
        deadlines = self.each(rows["deadline"], lambda entry: tables.deadline(entry, presets))
        thresholds = self.each(rows["threshold"], tables.threshold)
        reminders = self.each(rows["reminder"], tables.reminder)
        calendars = self.each(rows["calendar"], tables.calendar)
        offices = {Office(key): one for key, one in self.each(rows["office"], tables.office).items()}
        roles = {Role(key): one for key, one in self.each(rows["role"], tables.role).items()}
        self.complete(folder, "office", rows, Office)
        self.complete(folder, "role", rows, Role)
        desks = self.each(rows["desk"], lambda entry: tables.desk(entry, rows["desk"]))
        routes = self.each(rows["route"], lambda entry: tables.route(entry, rows["deadline"], rows["desk"]))
        measures = self.each(rows["measure"], lambda entry: tables.measure(entry, rows["deadline"]))
        delegation = self.each(rows["delegation"], tables.delegation)
        purposes = self.each(rows["identity_purpose"], tables.identity_purpose)
        tribunals = self.each(rows["tribunal"], tables.tribunal)
        options = self.each(rows["option"], tables.option)
        resources = self.each(rows["resource"], tables.resource)
        wording = self.each(rows["wording"], tables.wording)
        listed = tuple(self.appointments(people, roles)) if people and _all(roles) else ()
        stations = tables.stations(calendars.values())
        for chosen in CHOSEN:
            if said[chosen] not in rows[chosen]:
                self.mistakes.append(_head(folder).mistake(chosen, f"names no {chosen}: {said[chosen]}"))
        if self.mistakes:
            return None
        return Policy(
            name=name,
            version=folder.name,
            content_hash=_hash(
                [[said[one] for one in CHOSEN], {kind: _values(entries) for kind, entries in rows.items()}]
            ),
            appointments_hash=_hash(read(people)) if people else "",
            deadlines=deadlines,
            reminders=tables.by_clock(reminders.values()),
            calendars=calendars,
            calendar=calendars[said["calendar"]].calendar,
            stations=stations,
            offices=offices,
            roles=roles,
            desks=desks,
            routes=routes,
            measures=measures,
            delegation=delegation,
            identity_purposes=purposes,
            tribunals=tribunals,
            tribunal=tribunals[said["tribunal"]],
            presets=presets,
            thresholds=thresholds,
            options=options,
            resources=resources,
            wording=wording,
            appointments=listed,
            content=written.write(
                {one: said[one] for one in CHOSEN}, (one for kind in rows.values() for one in kind.values())
            ),
        )

    def each(self, entries: Mapping[str, Entry], make: Callable[[Entry], Value]) -> dict[str, Value]:
        found = {}
        for key, entry in entries.items():
            try:
                found[key] = make(entry)
            except PolicyBroken as broken:
                self.mistakes += broken.mistakes
        return found

    def complete(self, folder: Path, kind: str, rows: Rows, members: type[Office | Role]) -> None:
        self.mistakes += [
            Mistake("is missing", file="/".join(folder.parts[-2:]), key=f"{kind}.{member.value}")
            for member in members
            if member.value not in rows[kind]
        ]

    def approvals(self, file: Path, content_hash: str) -> Iterator[Approval]:
        yield from self.each(_listed(file, "approval"), lambda entry: tables.approval(entry, content_hash)).values()

    def appointments(self, file: Path, roles: Mapping[Role, Any]) -> Iterator[Appointment]:
        entries = _listed(file, "appointment")
        found = self.each(entries, lambda entry: tables.appointment(entry, roles))
        held = {(one.staff_id, one.role) for one in found.values()}
        for number, one in found.items():
            if one.substitute_for and (one.substitute_for, one.role) not in held:
                self.mistakes.append(entries[number].mistake("substitute_for", "names nobody appointed to that role"))
        yield from found.values()


def _listed(file: Path, kind: str) -> dict[str, Entry]:
    content = read(file)
    rows = content.get(kind)
    if len(content) != 1 or not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise PolicyBroken(Mistake(f"must hold [[{kind}]] tables and nothing else", key=place(file)))
    return {str(i): Entry(file, (kind, i), row, kind) for i, row in enumerate(rows)}


def _named(kind: str, entries: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, values in entries.items():
        if kind in TWO_NAMES and isinstance(values, dict):
            yield from (((kind, key, name), value) for name, value in values.items())
        else:
            yield (kind, key), values


def _head(folder: Path) -> Entry:
    file = folder / "pack.toml"
    return Entry(file, (), read(file), "pack")


def _pin(head: Entry, name: str, said: Mapping[str, Any]) -> tuple[str, str]:
    pack, _, version = said[name].partition("/")
    if not version.isdecimal():
        raise head.broken(name, "must name a pack and its version, like iom-2024-03/1")
    return pack, version


def _all(roles: Mapping[Role, object]) -> bool:
    return roles.keys() == set(Role)


def _values(entries: Mapping[str, Entry]) -> dict[str, Any]:
    return {key: dict(entry.values) for key, entry in entries.items()}


def _hash(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
