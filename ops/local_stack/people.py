"""The invented people of `ops/demo/people.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ops.local_stack.paths import PEOPLE


@dataclass(frozen=True)
class Person:
    """`line` is the staff id of the supervisor, empty for who has none; `station` is the key of a duty station."""

    staff_id: str
    name: str
    post: str
    unit: str
    station: str
    line: str
    contract: str


@dataclass(frozen=True)
class Organisation:
    name: str
    stations: dict[str, str]
    people: tuple[Person, ...]


def organisation(file: Path = PEOPLE) -> Organisation:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return Organisation(table["organisation"], table["stations"], tuple(Person(**person) for person in table["people"]))
