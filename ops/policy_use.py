"""Who asks for a value of a policy: other values, procedures, and the modules that name it."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from lifecycle.model import EffectKind
from lifecycle.table import ClockChange, Lifecycle
from ops.lifecycle_docs import LIFECYCLES
from policy.entry import Mistake
from policy.lint import Report
from policy.load import Rows
from policy.model import Policy

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("chassis", "lifecycle", "services", "ops", "policy")


def used_by(policy: Policy, entries: Rows, kind: str, key: str) -> Iterator[str]:
    """Every use of a value, as people find it again."""
    for other, rows in entries.items():
        for name, entry in rows.items():
            for field, value in entry.values.items():
                if (other, name) != (kind, key) and key in _texts(value):
                    yield f"{other}.{name} ({field})"
    for lifecycle in LIFECYCLES:
        for what in dict.fromkeys(_uses(lifecycle, kind, key, policy)):
            yield f"{lifecycle.name} ({what})"
    for module, text in _modules().items():
        if f'"{key}"' in text:
            yield module


def _texts(value: Any) -> frozenset[str]:
    """Every text in a value of a pack, names of a table's fields too."""
    match value:
        case str():
            return frozenset({value})
        case dict():
            return frozenset(value).union(*map(_texts, value.values()))
        case list():
            return frozenset().union(*map(_texts, value))
        case _:
            return frozenset()


def _uses(lifecycle: Lifecycle, kind: str, key: str, policy: Policy) -> Iterator[str]:
    match kind:
        case "deadline":
            yield from (f"clock {clock.key}" for clock in lifecycle.clocks if clock.key == key)
            yield from (f"cap of {clock.key}" for clock in lifecycle.clocks if clock.pause_cap == key)
            for change in _changes(lifecycle):
                if change.by and key.startswith(f"{change.key}."):
                    yield f"clock {change.key}, by {change.by}"
                if key in change.not_before:
                    yield f"not before it: {change.key}"
        case "reminder":
            clocks = {one.clock for some in policy.reminders.values() for one in some if one.key == key}
            yield from (f"clock {clock.key}" for clock in lifecycle.clocks if clock.key in clocks)
        case "role":
            yield from (rule.action for rule in lifecycle.rules if key in rule.by)
        case "wording":
            yield from (state.name for state in lifecycle.states if key == f"{lifecycle.name}.{state.name}")
            yield from ("notice" for effect in _effects(lifecycle) if key == effect)
        case _:
            return


def _changes(lifecycle: Lifecycle) -> Iterator[ClockChange]:
    yield from lifecycle.opening.clocks
    for rule in lifecycle.rules:
        yield from rule.clocks
    for clock in lifecycle.clocks:
        for outcome in clock.outcomes:
            yield from outcome.clocks


def _effects(lifecycle: Lifecycle) -> Iterator[str]:
    outcomes = (outcome for clock in lifecycle.clocks for outcome in clock.outcomes)
    effects = [*lifecycle.opening.effects, *(one for rule in lifecycle.rules for one in rule.effects)]
    effects += [one for clock in lifecycle.clocks for one in clock.reminds] + [e for o in outcomes for e in o.effects]
    yield from (one.name for one in effects if one.kind is EffectKind.NOTIFY)


@cache
def _modules() -> Mapping[str, str]:
    found = (file for package in PACKAGES for kind in ("py", "html") for file in (ROOT / package).rglob(f"*.{kind}"))
    files = sorted(found)
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def not_followed(report: Report) -> Iterator[Mistake]:
    """What the procedures ask of a pack and do not get, and ways in that lead to no procedure."""
    if report.policy is None:
        return
    procedures = {lifecycle.name for lifecycle in LIFECYCLES}
    for name in report.policy.routes.keys() - procedures:
        yield report.entries["route"][name].mistake("", "opens no procedure; there is none of that name")
    dated = {change.key for lifecycle in LIFECYCLES for change in _changes(lifecycle) if change.due}
    for lifecycle in LIFECYCLES:
        for clock in lifecycle.clocks:
            for key in (clock.key, clock.pause_cap):
                if key and key not in report.policy.deadlines and key not in dated:
                    yield Mistake(f"is missing; {lifecycle.name} counts by it", key=f"deadline.{key}")
