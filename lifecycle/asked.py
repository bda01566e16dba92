"""When a case waits for the person, so that her inbox asks her for an act and does not only leave it open to her.

What may be done is the rules' matter; what is asked of somebody who was hurt is no more than what really waits for her.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lifecycle.clocks import DUE
from lifecycle.model import RING, Case, Fact, Step

Asked = Callable[[Case], bool]


def always(case: Case) -> bool:  # noqa: ARG001  as a rule asks it
    """Wherever it is open to her, the case waits for it."""
    return True


def at(*states: str) -> Asked:
    """In these states of those in which it is open to her."""
    return lambda case: case.state in states


def while_fact(name: str, value: Fact) -> Asked:
    return lambda case: case.facts.get(name) == value


def once_rung(key: str) -> Asked:
    """From the first reminder or due time of the clock on, for as long as nobody has met it."""

    def waits(case: Case) -> bool:
        clock = case.clocks.get(key)
        return clock is not None and clock.met_at is None and (clock.rounds > 0 or bool(clock.rung))

    return waits


def until(answer: str, *, after: Iterable[str] = (), due: Iterable[str] = ()) -> Asked:
    """Since one of the actions `after` was last taken or one of the clocks `due` was due, she has not done `answer`."""
    asking, clocks = frozenset(after), frozenset(due)

    def asks(step: Step) -> bool:
        rang = step.action == RING and step.facts.get("mark") == DUE and step.facts["clock"] in clocks
        return rang or step.action in asking

    def waits(case: Case) -> bool:
        newest = next((step for step in reversed(case.steps) if step.action == answer or asks(step)), None)
        return newest is not None and newest.action != answer

    return waits
