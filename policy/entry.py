"""One table of a pack's TOML file, read with care: every mistake is named with its file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

Path_ = tuple[str | int, ...]
"""Where something stands in a file: names of tables and keys, and numbers in arrays of tables."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a pack. `file` as people know it (pack, version, name); `line` and `key` where known."""

    wrong: str
    file: str = ""
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, f"line {self.line}" if self.line else "") if part)
        return f"{where}{': ' if where else ''}{self.key}{' ' if self.key else ''}{self.wrong}."


class PolicyBroken(Exception):
    """A pack cannot be used: the first of its `mistakes`, and how many there are beside it."""

    def __init__(self, *mistakes: Mistake) -> None:
        more = f" And {len(mistakes) - 1} more: `recourse policy lint` lists them." if len(mistakes) > 1 else ""
        super().__init__(f"{mistakes[0]}{more}")
        self.mistakes = mistakes


class Wrong(Exception):
    """A value is not what its field takes; the message continues a sentence that begins with the field's name."""


Check = Callable[[Any], Any]
"""Returns a TOML value as the model has it. Raises `Wrong`."""


class Missing:
    """In place of a default: the field has to be there."""


REQUIRED: Final = Missing()


@dataclass(frozen=True, slots=True)
class Field:
    check: Check
    default: Any = REQUIRED


Schema = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a pack with what is needed to say where it is wrong. `kind` is what the table describes."""

    file: Path
    path: Path_
    values: Mapping[str, Any]
    kind: str

    @property
    def key(self) -> str:
        """The name of what is described, within its kind."""
        return ".".join(str(part) for part in self.path[1:])

    def mistake(self, field: str, wrong: str) -> Mistake:
        """Without a field it is about the whole table."""
        path = (*self.path, field) if field else self.path
        lines = lines_of(self.file)
        line = lines.get(path) or lines.get(self.path)
        name = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        return Mistake(wrong, place(self.file), line, name)

    def broken(self, field: str, wrong: str) -> PolicyBroken:
        return PolicyBroken(self.mistake(field, wrong))

    def parse(self, schema: Schema) -> dict[str, Any]:
        """Every field of the schema, checked. Raises `PolicyBroken` with all that is wrong with the table."""
        known = ", ".join(schema)
        mistakes = [
            self.mistake(name, f"is not a field of a {self.kind}; known are {known}")
            for name in self.values
            if name not in schema
        ]
        found = {}
        for name, field in schema.items():
            if name in self.values:
                try:
                    found[name] = field.check(self.values[name])
                except Wrong as wrong:
                    mistakes.append(self.mistake(name, str(wrong)))
            elif isinstance(field.default, Missing):
                mistakes.append(self.mistake(name, "is missing"))
            else:
                found[name] = field.default
        if mistakes:
            raise PolicyBroken(*mistakes)
        return found


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(f"must be a text, not a {_word(value)}")
    return value


def whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(f"must be a whole number, not a {_word(value)}")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"must be true or false, not a {_word(value)}")
    return value


def day(value: Any) -> date:
    if not isinstance(value, date):
        raise Wrong(f"must be a day, not a {_word(value)}")
    if isinstance(value, datetime):
        raise Wrong("must be a day without a time")
    return value


def moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Wrong("must be a moment with its zone, like 2026-03-02T09:00:00Z")
    return value


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or any(not isinstance(one, str) for one in value):
        raise Wrong("must be a list of texts")
    return tuple(value)


def table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(f"must be a table, not a {_word(value)}")
    return value


def tables(value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or any(not isinstance(one, dict) for one in value):
        raise Wrong("must be a list of tables")
    return tuple(value)


def words(value: Any) -> Mapping[str, str]:
    """A table whose values are texts."""
    if any(not isinstance(one, str) for one in table(value).values()):
        raise Wrong("must be a table of texts")
    return dict(value)


def one_of(members: type[StrEnum]) -> Check:
    known = {member.value: member for member in members}

    def check(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in known:
            raise Wrong(f"is {value!r}; known are {', '.join(known)}")
        return known[value]

    return check


def each_of(members: type[StrEnum]) -> Check:
    member = one_of(members)

    def check(value: Any) -> tuple[StrEnum, ...]:
        return tuple(member(name) for name in texts(value))

    return check


def place(file: Path) -> str:
    """The file as people know it: pack, version, name."""
    return "/".join(file.parts[-3:])


def read(file: Path) -> dict[str, Any]:
    """Raises `PolicyBroken` for a file that is not there or is no TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyBroken(Mistake("is missing", key=place(file))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyBroken(Mistake(f"is not valid TOML: {error}", key=place(file))) from None


def _word(value: object) -> str:
    kinds = {str: "text", int: "whole number", list: "list", dict: "table", bool: "flag", float: "number", date: "day"}
    return kinds.get(type(value), type(value).__name__)


_NAME = r"""(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")


@cache
def _numbered(file: Path, changed_at: int) -> Mapping[Path_, int]:  # noqa: ARG001  # a file that changed is read again
    found: dict[Path_, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    here: Path_ = ()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if header := _HEADER.match(line):
            names = _names(header[2])
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            here = _counted(names, counts)
        elif key := _KEY.match(line):
            found.setdefault((*here, *_names(key[1])), number)
            continue
        else:
            continue
        found.setdefault(here, number)
    return found


def lines_of(file: Path) -> Mapping[Path_, int]:
    """On which line each table and key of a file stands; TOML readers do not tell."""
    return _numbered(file, file.stat().st_mtime_ns) if file.exists() else {}


def _names(dotted: str) -> tuple[str, ...]:
    return tuple("".join(parts) for parts in re.findall(_NAME, dotted))


def _counted(names: Sequence[str], counts: Mapping[tuple[str, ...], int]) -> Path_:
    """The path with the number of the newest member wherever an array of tables is on the way."""
    found: Path_ = ()
    for end, name in enumerate(names, start=1):
        found = (*found, name)
        if tuple(names[:end]) in counts:
            found = (*found, counts[tuple(names[:end])])
    return found
