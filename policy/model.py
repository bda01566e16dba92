"""What an organisation has decided, as typed values: deadlines, offices, routes, measures, appointments.

Every value names the source it comes from and how far that source can be trusted (`Confidence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from policy.working_time import PLAIN, Calendar, Unit, add, subtract, working_days_between


class Role(StrEnum):
    """What staff are appointed to. Stored in cases and audit rows: a value never changes its meaning."""

    FOCAL_POINT = "focal_point"
    OMBUDSPERSON = "ombudsperson"
    INTAKE_OFFICER = "intake_officer"
    INVESTIGATOR = "investigator"
    ETHICS_OFFICER = "ethics_officer"
    LEGAL_OFFICER = "legal_officer"
    ADMINISTRATIVE_HEAD = "administrative_head"
    HR_DIRECTOR = "hr_director"
    HR_OFFICER = "hr_officer"
    WELFARE_OFFICER = "welfare_officer"
    AUDITOR = "auditor"
    CUSTODIAN = "custodian"
    REGISTRAR = "registrar"
    PSEAH_OFFICER = "pseah_officer"
    PSEA_FOCAL_POINT = "psea_focal_point"
    SPECIALIST = "specialist"
    SECURITY_OFFICER = "security_officer"
    EXECUTIVE_HEAD = "executive_head"
    OVERSIGHT_COMMITTEE = "oversight_committee"
    OUTSIDE_INVESTIGATOR = "outside_investigator"
    OUTSIDE_COUNSEL = "outside_counsel"
    ALTERNATE_ETHICS_OFFICER = "alternate_ethics_officer"
    EXTERNAL_OMBUDSPERSON = "external_ombudsperson"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    ALLEGED_OFFENDER = "alleged_offender"


BY_ASSIGNMENT = frozenset({Role.MANAGER, Role.ALLEGED_OFFENDER})
"""Parts in one case that nobody is appointed to: the manager who was told, and the one whom a matter is about."""


class Office(StrEnum):
    """The bodies roles belong to; their names and old names are policy data (`OfficeEntry`)."""

    OOM = "oom"
    RWFP = "rwfp"
    OIO = "oio"
    ECO = "eco"
    LEG = "leg"
    ADMINISTRATION = "administration"
    DHR = "dhr"
    SWO = "swo"
    AUDIT = "audit"
    CUSTODY = "custody"
    REGISTRY = "registry"
    PSEAH = "pseah"
    SECURITY = "security"
    EXECUTIVE = "executive"
    COMMITTEE = "committee"
    REVIEW = "review"
    OUTSIDE = "outside"
    LINE = "line"


class Confidence(StrEnum):
    """A text seen · B secondary source seen · C recalled, text not seen · D default of this software."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class AtEnd(StrEnum):
    """What an interim measure does at its end date when nobody has decided (invariant 36)."""

    PASS_ON = "pass_on"  # noqa: S105 (passing on is no password)
    LAPSE = "lapse"


class Protected(StrEnum):
    """What makes somebody protected from retaliation (domain.md 1)."""

    REPORTED = "reported"
    TOLD_SUPERVISOR = "told_supervisor"


class ValueUnset(Exception):
    """No public source gives this deadline and the organisation has not chosen one."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The deadline {key} is unset in this policy; choose a value in its deadlines.toml.")
        self.key = key


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long something may take. `amount` is None where the value is unset."""

    key: str
    amount: int | None
    unit: Unit
    starts_at: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Reminder:
    """When to remind ahead of the due time of the clock `clock`: once for each amount in `before`."""

    key: str
    clock: str
    before: tuple[int, ...]
    unit: Unit
    source: str
    confidence: Confidence

    def times(self, due_at: datetime, calendar: Calendar = PLAIN) -> tuple[tuple[str, datetime], ...]:
        """A mark (`im.remind.14`) and a time for each reminder ahead of `due_at`."""
        return tuple((f"{self.key}.{amount}", subtract(due_at, amount, self.unit, calendar)) for amount in self.before)


@dataclass(frozen=True, slots=True)
class OfficeCalendar:
    """When the duty stations in `stations` work."""

    key: str
    calendar: Calendar
    stations: tuple[str, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class OfficeEntry:
    office: Office
    name: str
    aliases: tuple[str, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A role's office, and the role one level up that hears of a breached clock."""

    role: Role
    office: Office
    escalates_to: Role
    source: str
    confidence: Confidence


DAY = "day"
"""In `Route.asks`, in place of choices: a day of the calendar."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which service and desk receive a route, and whose turn it is to handle it, in order of preference.

    `first_clock`: the deadline by which a person who has just written can expect an answer. `asks`: facts of procedure
    that the person may choose when lodging, each with its choices or `DAY`; never required (invariant 17). `needs`:
    answers without which it makes no sense. `protects`: the protected activity that it is (domain.md 1).
    """

    route: str
    service: str
    desk: str
    handlers: tuple[Role, ...]
    first_clock: str
    asks: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...]
    protects: Protected | None
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class MeasureType:
    """A kind of interim measure. `longest` and `review` are deadline keys.

    `conditions` name what has to be shown before such a measure may be decided (invariants 39, 40);
    a type with a condition nobody can show yet is refused.
    """

    key: str
    longest: str
    review: str
    at_end: AtEnd
    deciders: tuple[Role, ...]
    conditions: tuple[str, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who holds a role, where, and when. `from_` and `to` are whole days in UTC, both included; `to` may be open."""

    staff_id: str
    role: Role
    office: Office
    place: str
    from_: date
    to: date | None = None
    substitute_for: str | None = None

    def holds(self, at: datetime) -> bool:
        day = at.date()
        return self.from_ <= day and (self.to is None or day <= self.to)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a pack. `content_hash` pins a case to it; appointments change daily and have their own hash."""

    name: str
    version: str
    content_hash: str
    appointments_hash: str
    deadlines: Mapping[str, Deadline]
    reminders: Mapping[str, tuple[Reminder, ...]]  # by the clock they belong to
    calendars: Mapping[str, OfficeCalendar]
    calendar: Calendar  # of every place that has none of its own
    stations: Mapping[str, Calendar]
    offices: Mapping[Office, OfficeEntry]
    roles: Mapping[Role, RoleEntry]
    routes: Mapping[str, Route]
    measures: Mapping[str, MeasureType]
    wording: Mapping[str, str]
    appointments: tuple[Appointment, ...]

    def calendar_at(self, place: str | None) -> Calendar:
        """The calendar of a duty station; the organisation's own for one that has none, and where none is known."""
        return self.stations.get(place, self.calendar) if place else self.calendar

    def due(self, key: str, start: datetime, place: str | None = None) -> datetime:
        """When the deadline `key`, running from `start`, is due by the calendar of `place`.

        Raises `ValueUnset`, and KeyError for no such key.
        """
        deadline = self.deadlines[key]
        if deadline.amount is None:
            raise ValueUnset(key)
        return add(start, deadline.amount, deadline.unit, self.calendar_at(place))

    def opens(self, key: str, end: datetime, place: str | None = None) -> datetime:
        """When the window `key` ahead of `end` opens (`im.extend_window`). Raises like `due`."""
        deadline = self.deadlines[key]
        if deadline.amount is None:
            raise ValueUnset(key)
        return subtract(end, deadline.amount, deadline.unit, self.calendar_at(place))

    def moved(
        self, key: str | None, due_at: datetime, paused_at: datetime, now: datetime, place: str | None = None
    ) -> datetime:
        """When a clock that stood still from `paused_at` to `now` is due: working days are made up for by working
        days, everything else by as long as it stood.
        """
        if key is None or self.deadlines[key].unit is not Unit.WORKING_DAYS:
            return due_at + (now - paused_at)
        calendar = self.calendar_at(place)
        return add(due_at, working_days_between(paused_at, now, calendar), Unit.WORKING_DAYS, calendar)

    def is_set(self, key: str) -> bool:
        return self.deadlines[key].amount is not None

    def appointed(self, role: Role, at: datetime) -> tuple[Appointment, ...]:
        return tuple(one for one in self.appointments if one.role is role and one.holds(at))

    def roles_of(self, staff_id: str, at: datetime) -> frozenset[Role]:
        return frozenset(one.role for one in self.appointments if one.staff_id == staff_id and one.holds(at))
