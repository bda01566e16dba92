"""One table of a pack's TOML file, read with care: every mistake is named with its file, line and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

Member = TypeVar("Member", bound=StrEnum)
Value = TypeVar("Value")


class PolicyBroken(Exception):
    """A pack cannot be used. The message names the file, the line where it is known, and the key."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a pack with what is needed to say where it is wrong."""

    file: Path
    table: str
    key: str
    values: Mapping[str, Any]

    def broken(self, field: str, wrong: str) -> PolicyBroken:
        """The error to raise; without a field it is about the whole table."""
        line = _line(self.file, self.table, self.key, field)
        name = ".".join(part for part in (self.table, self.key, field) if part)
        return PolicyBroken(f"{place(self.file)}{f', line {line}' if line else ''}: {name} {wrong}.")

    def get(self, field: str, kind: type[Value]) -> Value:
        if field not in self.values:
            raise self.broken(field, "is missing")
        value = self.values[field]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.broken(field, f"must be a {_word(kind)}, not a {_word(type(value))}")
        return value

    def member(self, field: str, members: type[Member]) -> Member:
        return self._one(field, self.get(field, str), members)

    def members(self, field: str, members: type[Member]) -> tuple[Member, ...]:
        return tuple(self._one(field, name, members) for name in self.strings(field))

    def strings(self, field: str) -> tuple[str, ...]:
        found = self.get(field, list)
        if any(not isinstance(one, str) for one in found):
            raise self.broken(field, "must be a list of texts")
        return tuple(found)

    def only(self, *fields: str) -> None:
        for field in self.values:
            if field not in fields:
                raise self.broken(field, f"is not a field of a {self.table}; known are {', '.join(fields)}")

    def _one(self, field: str, name: object, members: type[Member]) -> Member:
        known = {member.value: member for member in members}
        if not isinstance(name, str) or name not in known:
            raise self.broken(field, f"is {name!r}; known are {', '.join(known)}")
        return known[name]


def place(file: Path) -> str:
    """The file as people know it: pack, version, name."""
    return "/".join(file.parts[-3:])


def read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyBroken(f"{place(file)} is missing.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyBroken(f"{place(file)} is not valid TOML: {error}.") from None


def _word(kind: type) -> str:
    words = {str: "text", int: "whole number", list: "list", dict: "table", bool: "flag", float: "number", date: "day"}
    return words.get(kind, kind.__name__)


def _line(file: Path, table: str, key: str, field: str) -> int | None:
    """The line of `field` in the table, or of the table's header where the field is not there. TOML readers hide it."""
    headers = {f"[{table}.{key}]", f'[{table}."{key}"]'}
    within, header, count = table == "pack", None, 0
    for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if line.startswith("["):
            count += line == f"[[{table}]]"
            within = line in headers or (line == f"[[{table}]]" and key == str(count)) or line == f"[{table}]"
            header = number if within else header
        elif within and line.split("=")[0].strip() in {field, f'"{key}"', key}:
            return number
    return header
