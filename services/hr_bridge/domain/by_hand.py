"""What somebody in HR does by hand for a measure, and when nothing of it was ever begun; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from services.hr_bridge.domain.line_change import PersonsUnreadable, TaskKind, TaskState

REPORTING_LINE_CHANGE = "reporting_line_change"
"""The one measure that the bridge carries out itself."""
_OTHERS = ("current_supervisor", "temporary_supervisor", "next_level_manager", "appraiser", "approver")


@dataclass(frozen=True)
class Order:
    """Whose work changes and how, as HR is told. `named` are all the people in it. `location` is a duty station."""

    person: str
    arrangement: str = ""
    location: str = ""
    appraiser: str = ""
    approver: str = ""
    named: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, found: Mapping[str, Any]) -> Self:
        """Raises PersonsUnreadable."""
        if not all(isinstance(value, str) for value in found.values()) or not found.get("person"):
            raise PersonsUnreadable("persons")
        told = {name: found.get(name, "") for name in ("person", "arrangement", "location", "appraiser", "approver")}
        named = frozenset(one for name in ("person", *_OTHERS) if (one := found.get(name)))
        return cls(**told, named=named)


@dataclass(frozen=True)
class Done:
    """A task of a measure as far as its undoing asks. `due`: its hour has come, so that somebody may have begun."""

    kind: TaskKind
    state: TaskState
    due: bool


def was_begun(tasks: Sequence[Done]) -> bool:
    """Whether something may stand in the HR system that has to be taken back."""
    for task in reversed(tasks):
        if task.state == TaskState.DONE:
            return task.kind != TaskKind.RESTORE
        if task.kind == TaskKind.APPLY and task.due and task.state in {TaskState.HANDED, TaskState.WITHDRAWN}:
            return True
    return False
