"""What an action or an opening may carry: typed facts and sealed texts, nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from lifecycle.model import Action, Fact, Facts, RefusalCode
from lifecycle.table import Field, FieldKind, Lifecycle, Rule
from policy.model import Policy

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+/=-]{0,127}")
STAFF_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
BIGGEST_NUMBER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact."""
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200
"""Times outside are typing errors, and adding a deadline to them could leave the calendar."""


class InvalidFacts(Exception):
    """A fact is missing, unknown or of the wrong kind. Says which, never what was sent."""

    def __init__(self, code: RefusalCode, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


def text(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldKind.TEXT, required)


def time(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldKind.TIME, required)


def choice(name: str, *choices: str, required: bool = True) -> Field:
    return Field(name, FieldKind.CHOICE, required, choices)


SPOKEN_LANGUAGE = choice("spoken_language", "en", "fr", "es", "ar", required=False)
"""In which she would rather talk: she may write in another. As each route asks for it (policy: route.<name>.asks)."""


def flag(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldKind.FLAG, required)


def number(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldKind.NUMBER, required)


def staff(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldKind.STAFF, required)


def reference(name: str, *, required: bool = True) -> Field:
    return Field(name, FieldKind.REFERENCE, required)


def time_of(facts: Facts, name: str) -> datetime:
    """The time fact `name` (facts that passed a check hold aware ISO 8601 times)."""
    return datetime.fromisoformat(str(facts[name]))


def check_action(rule: Rule, action: Action, policy: Policy, known: Facts | None = None) -> Facts:
    """The action's facts in canonical form (times in UTC), in a case with the facts `known`. Raises `InvalidFacts`."""
    return _check(rule.fields, action.facts, action.texts, policy, known)


def check_opening(lifecycle: Lifecycle, facts: Facts, policy: Policy) -> Facts:
    """The opening facts in canonical form. Raises `InvalidFacts`."""
    return _check(lifecycle.opening.fields, facts, frozenset(), policy)


def _check(
    fields: Sequence[Field], facts: Facts, texts: frozenset[str], policy: Policy, known: Facts | None = None
) -> Facts:
    checked: dict[str, Fact] = {}
    left = set(facts)
    unread = set(texts)
    for field in fields:
        there = field.name in (texts if field.kind is FieldKind.TEXT else facts)
        if not there and field.required:
            raise InvalidFacts(RefusalCode.FIELD_MISSING, field.name)
        if field.kind is FieldKind.TEXT:
            unread.discard(field.name)
        elif there:
            checked[field.name] = _fact(field, facts[field.name], field.options(policy, known))
            left.discard(field.name)
        elif field.default is not None:
            checked[field.name] = field.default
    if left or unread:
        raise InvalidFacts(RefusalCode.FIELD_UNKNOWN, _printable(min(left or unread)))
    return checked


def _fact(field: Field, value: Fact, options: Sequence[str]) -> Fact:
    match field.kind, value:
        case FieldKind.FLAG, bool():
            return value
        case FieldKind.NUMBER, int() if not isinstance(value, bool) and 0 <= value <= BIGGEST_NUMBER:
            return value
        case FieldKind.CHOICE, str() if value in options:
            return value
        case FieldKind.STAFF, str() if STAFF_ID.fullmatch(value):
            return value
        case FieldKind.REFERENCE, str() if REFERENCE.fullmatch(value):
            return value
        case FieldKind.TIME, str():
            return _time(field, value)
        case _:
            raise InvalidFacts(RefusalCode.FIELD_INVALID, field.name)


def _time(field: Field, value: str) -> str:
    try:
        at = datetime.fromisoformat(value if value.isascii() and value.isprintable() else "")
    except ValueError:
        raise InvalidFacts(RefusalCode.FIELD_INVALID, field.name) from None
    if at.tzinfo is None or not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise InvalidFacts(RefusalCode.FIELD_INVALID, field.name)
    return at.astimezone(UTC).isoformat()


def _printable(name: str) -> str:
    """An unknown field's name comes from outside: it is repeated only when it looks like a name."""
    return name if STAFF_ID.fullmatch(name) else "?"
