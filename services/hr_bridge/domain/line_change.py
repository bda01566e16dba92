"""What may be done to a reporting line, given what the HR system says now; pure, so that every case is written out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class TaskKind(StrEnum):
    APPLY = "apply"
    PASS_ON = "pass_on"  # noqa: S105
    RESTORE = "restore"
    HOLD = "hold"
    """No measure: something that HR is to leave undone for a while."""


class TaskState(StrEnum):
    WAITING = "waiting"
    """Its hour has not come; nothing was done."""
    RUNNING = "running"
    """The before-image is kept; the HR system may have been written."""
    HANDED = "handed"
    """Somebody in HR is to do it by hand and then to say so."""
    DONE = "done"
    """Read back from the HR system and proven."""
    FAILED = "failed"
    """Somebody must look at it."""
    WITHDRAWN = "withdrawn"
    """A later decision or ending took its place before it was proven."""


OPEN_STATES = (TaskState.WAITING, TaskState.RUNNING)


class FailureCode(StrEnum):
    """Why a task needs a human. The codes tell HR what happened in its own system, never what the measure is for."""

    CHANGED_MEANWHILE = "changed_meanwhile"
    """The line is neither as it was nor as we left it: it is somebody else's, and we do not touch it."""
    PERSON_NOT_EMPLOYED = "person_not_employed"
    SUPERVISOR_NOT_EMPLOYED = "supervisor_not_employed"
    PERSONS_UNREADABLE = "persons_unreadable"
    TYPE_NOT_SUPPORTED = "type_not_supported"
    NOT_POSSIBLE = "not_possible"
    """Somebody in HR has said that it cannot be left undone."""
    DONE_ANYWAY = "done_anyway"
    """What was to be left undone was done."""


class PersonsUnreadable(Exception):
    """What was sealed for HR is not what the contract says; its contents are not repeated here."""


@dataclass(frozen=True)
class Persons:
    """
    Whom a reporting-line change touches, by staff id.

    `next_level_manager` is who takes over when the end comes without a decision; empty = the manager above
    `current_supervisor` in the directory (policy 2.3: `passed_on`).
    """

    person: str
    current_supervisor: str
    temporary_supervisor: str
    next_level_manager: str = ""

    @classmethod
    def parse(cls, found: Mapping[str, Any]) -> Self:
        """Raises PersonsUnreadable, also when somebody would supervise himself or nothing would change."""
        values = {name: found.get(name, "") for name in cls.__dataclass_fields__}
        if not all(isinstance(value, str) for value in values.values()):
            raise PersonsUnreadable("persons")
        persons = cls(**values)
        named = (persons.person, persons.current_supervisor, persons.temporary_supervisor)
        if not all(named) or len(set(named)) != len(named) or persons.next_level_manager in named[:2]:
            raise PersonsUnreadable("persons")
        return persons


class Verdict(StrEnum):
    WRITE = "write"
    ALREADY_THERE = "already_there"
    NOT_OURS = "not_ours"


@dataclass(frozen=True)
class Step:
    """
    One task of a measure as far as it concerns what comes next. `due`: its hour has come. `to` is whom it wrote or may
    have written as supervisor, None while the HR system was not touched for it.
    """

    state: TaskState
    due: bool
    to: str | None = None


@dataclass(frozen=True)
class Turn:
    """Which of a measure's tasks (by index) is to be done now, and which are withdrawn because it takes their place."""

    do: int
    withdraw: tuple[int, ...]


def next_turn(steps: Sequence[Step]) -> Turn | None:
    """
    The task to do now, of `steps` in their order; None when none is due or those that are wait for a human.

    The newest that is due takes the place of whatever before it was not proven: a change that is half done is undone
    or overtaken, never first completed.
    """
    due = [index for index, step in enumerate(steps) if step.due and step.state in OPEN_STATES]
    if not due:
        return None
    settled = {TaskState.DONE, TaskState.WITHDRAWN}
    return Turn(due[-1], tuple(index for index, step in enumerate(steps[: due[-1]]) if step.state not in settled))


def ours(before: str, steps: Sequence[Step]) -> frozenset[str]:
    """
    Every value that the line may have if nobody but us has written it since the before-image `before` was taken.

    After a proven task that is its value alone; a task that was cut off may or may not have written.
    """
    values = {before}
    for step in steps:
        if step.to is None:
            continue
        values = {step.to} if step.state == TaskState.DONE else {*values, step.to}
    return frozenset(values)


def judge(current: str, *, expected: Collection[str], wanted: str) -> Verdict:
    """
    What to do with a line that is `current`, when it should be one of `expected` and is to become `wanted`.

    A write that was cut off before it could be recorded shows as ALREADY_THERE: it is proven, not written again. Any
    other value is somebody else's decision (invariant 36: nobody is put back over her by neglect, nor by us).
    """
    if current == wanted:
        return Verdict.ALREADY_THERE
    return Verdict.WRITE if current in expected else Verdict.NOT_OURS
