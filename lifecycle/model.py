"""What a running procedure (`Case`) is made of, and what comes to it. Values; `table` says what a procedure is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeAlias, overload
from uuid import UUID

from policy.model import Role

Fact: TypeAlias = str | int | bool
"""A fact of procedure: a choice, a time (ISO 8601, UTC), a flag, a number, a reference. Never words people wrote."""

Facts: TypeAlias = Mapping[str, Fact]

PERSON = "person"
SYSTEM = "system"
RING = "ring"
"""The step that a clock takes when it is due, or reminds."""


STOP_CONTACT = "stop_contact"
"""The flag among a case's facts by which the person has asked not to be written to: by no case of her
report (invariant 16).
"""
NO_MESSAGES = "no_messages"
"""The flag by which nobody writes to her in this case alone: her other cases of the same report go on."""
PASSED_ON = "passed_on"
"""The closed state of a case whose report has gone to another office: nobody there reads anything of it any more."""
NO_NEWS = "report.update"
"""The clock by which the person hears from us even if nothing has moved (policy 2.10)."""
FROZEN = "frozen"
"""The flag among a case's facts while a decision in it is under review: it is neither erased nor moved to another
policy (invariant 53).
"""
HOLD = "keep.hold"
"""The clock of a hold: for as long as it runs nothing else erases the case (invariant 53)."""


class ActorKind(StrEnum):
    PERSON = PERSON
    STAFF = "staff"
    SYSTEM = SYSTEM


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `excluded` is decided at the edge from the case's tags (invariant 32)."""

    kind: ActorKind
    staff_id: str | None = None
    roles: frozenset[Role] = frozenset()
    excluded: bool = False

    def __post_init__(self) -> None:
        if (self.kind is ActorKind.STAFF) != (self.staff_id is not None):
            raise ValueError("A staff actor has a staff id, and nobody else has one.")

    @property
    def name(self) -> str:
        return self.staff_id or self.kind.value


@dataclass(frozen=True, slots=True)
class Action:
    """Something somebody asks for. `texts` are the names of the sealed texts that came with it, not the texts. `place`:
    the duty station of whoever it gives the case to, as the edge has found it and no sender says it; empty where that
    is not known.
    """

    id: UUID
    name: str
    facts: Facts = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    place: str = ""


class Clock(NamedTuple):
    """A running or stopped clock. `rung` holds the marks of what has rung already, so that nothing rings twice.

    `deadline` is the policy key it counts by; None where a fact says when it is due. `paused_for`: how long it has
    stood still in earlier pauses. `rounds`: how often it was due and started again. `place`: the duty station whose
    calendar it counts by; None for the one that the policy has for everybody.
    """

    key: str
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None = None
    met_at: datetime | None = None
    rung: tuple[str, ...] = ()
    deadline: str | None = None
    paused_for: timedelta = timedelta()
    pause_reason: str | None = None
    rounds: int = 0
    place: str | None = None

    @property
    def runs(self) -> bool:
        return self.met_at is None and self.paused_at is None


@dataclass(frozen=True, slots=True)
class Step:
    """Who did what: `by` is a staff id, "person" or "system"; `role` is the one that allowed it.

    `version` is the case's version after the step.
    """

    version: int
    action: str
    by: str
    role: Role | None
    at: datetime
    facts: Facts = field(default_factory=dict)


class Steps(Sequence[Step]):
    """A case's steps, oldest first, of which only the newest is at hand: `read` brings all of them when somebody looks
    at another. Hardly any rule does, and so a long life makes no step dearer.
    """

    def __init__(self, newest: Step, read: Callable[[], tuple[Step, ...]]) -> None:
        self._newest, self._read = newest, read

    @cached_property
    def _all(self) -> tuple[Step, ...]:
        return self._read()

    @overload
    def __getitem__(self, place: int) -> Step: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, place: int | slice) -> Step | tuple[Step, ...]:
        return self._newest if place == -1 else self._all[place]

    def __len__(self) -> int:
        return len(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def then(steps: Sequence[Step], step: Step) -> Sequence[Step]:
    """The steps with one more."""
    return Steps(step, lambda: (*steps, step)) if isinstance(steps, Steps) else (*steps, step)


class EffectKind(StrEnum):
    NOTIFY = "notify"
    EMIT = "emit"
    ERRAND = "errand"
    OPEN = "open"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a change and is carried out by the service, in the same transaction as rows.

    NOTIFY: `name` is the wording key, `facts` say to whom (see `recipients`) · EMIT: `name` is the service's event ·
    ERRAND: a remote activity by name · OPEN: `name` is a lifecycle to open or join; the engine adds who asked
    (`by`, `role`) · ERASE: what to destroy.
    """

    kind: EffectKind
    name: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One running procedure. `effects` are those of the change that made this version; they are not stored."""

    report_id: UUID
    lifecycle: str
    number: int
    state: str
    version: int
    opened_at: datetime
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    assigned: Mapping[Role, str] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    facts: Facts = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()


class RefusalCode(StrEnum):
    """Refusals of the engine itself; a procedure's own rules name theirs."""

    ACTOR_EXCLUDED = "ACTOR_EXCLUDED"
    ACTION_UNKNOWN = "ACTION_UNKNOWN"
    ROLE_NOT_ALLOWED = "ROLE_NOT_ALLOWED"
    ACTION_NOT_OPEN = "ACTION_NOT_OPEN"
    FIELD_MISSING = "FIELD_MISSING"
    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    FIELD_INVALID = "FIELD_INVALID"
    CLOCK_NOT_RUNNING = "CLOCK_NOT_RUNNING"
    CLOCK_NOT_PAUSED = "CLOCK_NOT_PAUSED"
    CLOCK_PAUSE_SPENT = "CLOCK_PAUSE_SPENT"
    CASE_HELD = "CASE_HELD"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not: a code, the rule it comes from ("invariant 33", "lifecycle"), names and dates, never a fact's value."""

    code: str
    rule: str
    params: Facts = field(default_factory=dict)


class DueKind(StrEnum):
    REMINDER = "reminder"
    DUE = "due"
    RESUME = "resume"  # a pause has lasted as long as it may


@dataclass(frozen=True, slots=True)
class Due:
    """What rings next: the clock, its mark, when. `irreversible`: ask the database's clock too before ringing."""

    key: str
    kind: DueKind
    at: datetime
    mark: str
    irreversible: bool = False
