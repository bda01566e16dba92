"""The directory of help by duty station: what is known of each place that helps, and what to be warned of.

It asks nothing, needs no sign-in and stores nothing (invariants 21, 23). What may harm is said before, not after: who
has to pass on what, where the law itself punishes what happened, and what nobody has checked for long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from policy.model import Policy

EVERYWHERE = "everywhere"
"""The station of help that can be had from any place: by phone, on line, or in another country."""


class Service(StrEnum):
    EMERGENCY = "emergency"
    SECURITY = "security"
    MEDICAL = "medical"
    WELFARE = "welfare"
    PSYCHOSOCIAL = "psychosocial"
    SAFETY = "safety"
    LEGAL = "legal"
    MATERIAL = "material"
    CHILD_PROTECTION = "child_protection"
    OMBUDSPERSON = "ombudsperson"
    ETHICS = "ethics"
    PSEAH = "pseah"


ALWAYS = (Service.EMERGENCY, Service.WELFARE, Service.MEDICAL, Service.OMBUDSPERSON, Service.ETHICS)
"""What every station's answer has to hold (invariant 21)."""
HELPS_WITH: Mapping[str, frozenset[Service]] = {
    "listening": frozenset({Service.WELFARE, Service.PSYCHOSOCIAL}),
    "psychosocial": frozenset({Service.PSYCHOSOCIAL, Service.WELFARE}),
    **{
        one.value: frozenset({one})
        for one in (
            Service.MEDICAL,
            Service.SAFETY,
            Service.LEGAL,
            Service.MATERIAL,
            Service.CHILD_PROTECTION,
        )
    },
}
"""For each service of a referral, the entries that somebody may be referred to."""


class Warned(StrEnum):
    """What somebody should know before they turn to a place."""

    MUST_REPORT = "must_report"
    LAW_PUNISHES = "law_punishes"
    NOT_CONFIDENTIAL = "not_confidential"
    NOT_CHECKED_LATELY = "not_checked_lately"


@dataclass(frozen=True, slots=True)
class Entry:
    """A place that helps. `must_report`: to whom it has to pass on what it hears, whether somebody wants it or not.
    `contact` is a number or an address and nothing else, to be called as it stands; `note` is what to say there.
    """

    key: str
    station: str
    service: Service
    name: str
    contact: str
    hours: str
    languages: tuple[str, ...]
    cost: str
    run_by: str
    confidential: bool
    must_report: tuple[str, ...]
    last_checked: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """`law_punishes`: facts that the law of the place makes a crime of somebody who tells of them."""

    key: str
    name: str
    law_punishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthWindow:
    """Something that a doctor can do for so long only; `deadline` is the policy's key for how long."""

    deadline: str
    text: str


@dataclass(frozen=True, slots=True)
class Door:
    """A way on for somebody who has come to the wrong page: what to lodge, with what already chosen."""

    key: str
    text: str
    route: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Directory:
    said_first: str
    stations: Mapping[str, Station]
    entries: tuple[Entry, ...]
    health: tuple[HealthWindow, ...]
    doors: tuple[Door, ...]

    def at(self, station: str | None) -> tuple[Entry, ...]:
        """Everything for a station: its own help first, then what can be had from anywhere; the latter alone for a
        station that is not known. Emergency comes first of all.
        """
        here = [one for one in self.entries if one.station == station and station != EVERYWHERE]
        anywhere = [one for one in self.entries if one.station == EVERYWHERE]
        order = list(Service)
        return tuple(sorted([*here, *anywhere], key=lambda one: (order.index(one.service), one.station == EVERYWHERE)))

    def entry(self, key: str) -> Entry | None:
        return next((one for one in self.entries if one.key == key), None)

    def warnings(self, entry: Entry, checked_since: date) -> tuple[Warned, ...]:
        """`checked_since`: an entry last checked before that day is not to be relied on."""
        station = self.stations.get(entry.station)
        passes_on = bool(entry.must_report) or not entry.confidential
        found = {
            Warned.MUST_REPORT: bool(entry.must_report),
            Warned.LAW_PUNISHES: passes_on and station is not None and bool(station.law_punishes),
            Warned.NOT_CONFIDENTIAL: not entry.confidential,
            Warned.NOT_CHECKED_LATELY: entry.last_checked < checked_since,
        }
        return tuple(one for one, holds in found.items() if holds)


def checked_since(policy: Policy, today: date) -> date:
    """An entry last checked before this day is not to be relied on (policy: help.recheck, in days)."""
    amount = policy.deadlines["help.recheck"].amount
    return date.min if amount is None else today - timedelta(days=amount)


def lint(directory: Directory, checked_since: date, today: date) -> Iterator[str]:
    """What somebody should put right, one sentence each; an answer with mistakes is still better than none."""
    for entry in directory.entries:
        if entry.last_checked > today:
            yield f"help.{entry.key}.last_checked lies in the future."
        if entry.last_checked < checked_since:
            yield f"help.{entry.key} was last checked on {entry.last_checked}: check it again."
        if entry.station != EVERYWHERE and entry.station not in directory.stations:
            yield f"help.{entry.key}.station is no station of this file."
    for key in directory.stations:
        there = {entry.service for entry in directory.at(key)}
        for service in ALWAYS:
            if service not in there:
                yield f"station.{key} has no {service} help, not even from elsewhere."
        if directory.stations[key].law_punishes and not _safe_from_elsewhere(directory):
            yield f"station.{key}: its law punishes those who tell, and no confidential help is to be had elsewhere."


def _safe_from_elsewhere(directory: Directory) -> bool:
    return any(one.station == EVERYWHERE and one.confidential and not one.must_report for one in directory.entries)
