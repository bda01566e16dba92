"""What an organisation has decided beside its deadlines: desks and who stands in, delegation, tribunals, catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from policy.names import Confidence, Office, Role
from policy.working_time import Unit


@dataclass(frozen=True, slots=True)
class Instead:
    """Which desk takes a matter that is about one of these offices, in place of the usual one."""

    about: tuple[Office, ...]
    desk: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Desk:
    """A place where matters are handled. `key` names the desk key that contents are sealed to.

    `offices`: whose people take part in handling at this desk; a matter about one of them goes elsewhere, to the first
    of `instead` that fits. `in_place_of`: for each role that somebody stands in for at this desk, who does.
    `away`: whoever is appointed to another office at the duty station that the matter is about takes no part.
    """

    name: str
    service: str
    key: str
    offices: frozenset[Office]
    in_place_of: Mapping[Role, Role]
    away: bool
    instead: tuple[Instead, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Preset:
    """A value that another organisation uses, to be chosen by `name` where a deadline would be unset.

    `excludes`: reasons for which time does not count.
    """

    deadline: str
    name: str
    amount: int | None
    unit: Unit
    starts_at: str
    excludes: tuple[str, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that something has to reach or may not pass (`stats.min_cell`)."""

    key: str
    value: int
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who may take a decision that is not an interim measure's, and whose second signature it needs, if any."""

    key: str
    deciders: tuple[Role, ...]
    second: tuple[Role, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class IdentityPurpose:
    """What the custodian may release for who somebody is that reports (invariant 2).

    `roles`: to whoever deals with a case as one of these. `days`: for how many at most. `consent`: only after her own
    yes. `told`: her inbox says to whom it was given.
    """

    key: str
    name: str
    roles: tuple[Role, ...]
    days: int
    consent: bool
    told: bool
    source: str
    confidence: Confidence


class Burden(StrEnum):
    """Who has to show, once facts speak for retaliation, why an act was taken (invariant 47)."""

    REQUESTER = "requester"
    ORGANISATION = "organisation"


class Standard(StrEnum):
    """How sure whoever decides has to be, from the lowest to the highest."""

    BALANCE = "balance_of_probabilities"
    CLEAR = "clear_and_convincing"
    BEYOND_DOUBT = "beyond_reasonable_doubt"


@dataclass(frozen=True, slots=True)
class Tribunal:
    """What the tribunal that the organisation answers to asks of it.

    `burden` and `standard` are those of a retaliation case, `discipline_standard` that of a finding of misconduct.
    `disclosure`: what the affected person is owed at the end; `on_request`: what she is owed when she asks.
    `windows`: the preset of `review.request` and `review.appeal` that belongs to it. `extensions`: whether each
    extension of a measure is judged by itself ("each") or all of them together ("chain").
    """

    key: str
    name: str
    burden: Burden
    standard: Standard
    discipline_standard: Standard
    disclosure: tuple[str, ...]
    on_request: tuple[str, ...]
    windows: str
    extensions: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Option:
    """A list to choose from in a form: each value with the words shown for it."""

    key: str
    choices: Mapping[str, str]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of help in the directory of a duty station. `urgent`: shown before any question is asked."""

    key: str
    name: str
    urgent: bool
    source: str
    confidence: Confidence
