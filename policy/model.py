"""What an organisation has decided, as typed values: deadlines, offices, routes, measures, appointments.

Every value names the source it comes from and how far that source can be trusted (`Confidence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from policy.decisions import Delegation, Desk, IdentityPurpose, Option, Preset, ResourceType, Threshold, Tribunal
from policy.names import BY_ASSIGNMENT as BY_ASSIGNMENT  # noqa: PLC0414  known by this address
from policy.names import Confidence as Confidence  # noqa: PLC0414  known by this address
from policy.names import Office as Office  # noqa: PLC0414  known by this address
from policy.names import Role as Role  # noqa: PLC0414  known by this address
from policy.working_time import PLAIN, Calendar, Unit, add, subtract, working_days_between


class AtEnd(StrEnum):
    """What an interim measure does at its end date when nobody has decided (invariant 36)."""

    PASS_ON = "pass_on"  # noqa: S105 (passing on is no password)
    LAPSE = "lapse"


class Protected(StrEnum):
    """What makes somebody protected from retaliation (policy 1)."""

    REPORTED = "reported"
    TOLD_SUPERVISOR = "told_supervisor"


class ValueUnset(Exception):
    """No public source gives this deadline and the organisation has not chosen one."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The deadline {key} is unset in this policy; choose a value in its deadlines.toml.")
        self.key = key


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long something may take. `amount` is None where the value is unset.

    `preset` names the one it was taken from, `excludes` for which reasons time does not count then.
    """

    key: str
    amount: int | None
    unit: Unit
    starts_at: str
    source: str
    confidence: Confidence
    excludes: tuple[str, ...] = ()
    preset: str | None = None


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
    """When the duty stations in `stations` work, and the region that figures count them in, if any."""

    key: str
    calendar: Calendar
    stations: tuple[str, ...]
    region: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class OfficeEntry:
    """An office's name, its older names, and the units of the people directory whose staff belong to it."""

    office: Office
    name: str
    aliases: tuple[str, ...]
    units: tuple[str, ...]
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A role's office, the role one level up that hears of a breached clock, and the roles that nobody may hold beside
    it.
    """

    role: Role
    office: Office
    escalates_to: Role
    apart_from: tuple[Role, ...]
    source: str
    confidence: Confidence


DAY = "day"
"""In `Route.asks`, in place of choices: a day of the calendar."""
RECIPIENT = "recipient"
"""In `Route.needs`: the manager whom the person tells."""
OWN_NUMBER = "my_number"
"""In `Route.needs`: the staff number of whoever writes, who writes with a name."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which service and desk receive a route, and whose turn it is to handle it, in order of preference.

    `first_clock`: the deadline by which a person who has just written can expect an answer. `asks`: facts of procedure
    that the person may choose when lodging, each with its choices or `DAY`; never required (invariant 17). `needs`:
    answers without which it makes no sense, and perhaps the `RECIPIENT` or the `OWN_NUMBER`. `protects`: the protected
    activity that it is (policy 1). `keeps_reporter`: nobody reads who reports, unless the custodian gives it to one
    handler (`IdentityPurpose`).
    """

    route: str
    service: str
    desk: str
    handlers: tuple[Role, ...]
    first_clock: str
    asks: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...]
    protects: Protected | None
    keeps_reporter: bool
    source: str
    confidence: Confidence


class Side(StrEnum):
    """Whose work an interim measure may change."""

    ALLEGED_OFFENDER = "alleged_offender"
    AFFECTED_INDIVIDUAL = "affected_individual"


@dataclass(frozen=True, slots=True)
class MeasureType:
    """A kind of interim measure. `longest`, `review` and `alarm` (for all its blocks together) are deadline keys.

    `conditions` name what has to be shown before such a measure may be decided, `conditions_on_offender` what else
    where it changes the alleged offender's work (invariants 39, 40). `burdens`: whose work it may change, first the one
    who is asked first; the affected individual's always needs her consent (invariant 38). `second`: who may give the
    second signature, where one is needed. `hr_record`: what HR has to record, under the neutral `code` (invariant 41).
    `legal_effects`: what becomes of pay, pension and the rest. `instead`: the type for people whose contract does not
    allow this one.
    """

    key: str
    longest: str
    review: str
    alarm: str
    at_end: AtEnd
    deciders: tuple[Role, ...]
    second: tuple[Role, ...]
    staff_only: bool
    burdens: tuple[Side, ...]
    conditions: tuple[str, ...]
    conditions_on_offender: tuple[str, ...]
    hr_record: tuple[str, ...]
    code: str
    pay_percent: int
    legal_effects: Mapping[str, str]
    instead: str | None
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who holds a role, where, and when. `from_` and `to` are whole days in UTC, both included; `to` may be open.

    Two people stand behind it, by staff id: who appointed and who confirmed. `languages` and `gender` are kept where
    somebody who talks with people wishes that they can be asked for by them.
    """

    staff_id: str
    role: Role
    office: Office
    place: str
    from_: date
    to: date | None = None
    substitute_for: str | None = None
    languages: tuple[str, ...] = ()
    gender: str | None = None
    appointed_by: str = field(kw_only=True)
    confirmed_by: str = field(kw_only=True)

    def holds(self, at: datetime) -> bool:
        day = at.date()
        return self.from_ <= day and (self.to is None or day <= self.to)


@dataclass(frozen=True, slots=True)
class Approval:
    """Two people's word that cases of the version `of` (as `name/version`) may be moved to the version that it stands
    in, though that one protects people less. For which office each speaks is known from their appointments.
    """

    of: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a pack. `content_hash` pins a case to it, `content` is what that is of, to be kept and read again
    (`policy.load.restored`); appointments change daily and have their own hash.
    """

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
    desks: Mapping[str, Desk]
    routes: Mapping[str, Route]
    measures: Mapping[str, MeasureType]
    delegation: Mapping[str, Delegation]
    identity_purposes: Mapping[str, IdentityPurpose]
    tribunals: Mapping[str, Tribunal]
    tribunal: Tribunal  # the one that the organisation answers to
    presets: Mapping[str, Preset]
    thresholds: Mapping[str, Threshold]
    options: Mapping[str, Option]
    resources: Mapping[str, ResourceType]
    wording: Mapping[str, str]
    appointments: tuple[Appointment, ...]
    approvals: tuple[Approval, ...] = ()
    content: str = field(default="", repr=False)

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({one.region for one in self.calendars.values() if one.region}))

    def region_of(self, station: str) -> str:
        """Empty for a duty station that is in none."""
        return next((one.region for one in self.calendars.values() if station in one.stations), "")

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
