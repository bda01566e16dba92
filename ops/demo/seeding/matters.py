"""The invented matters of `matters.toml`, as a table: who, which way, in which language, and what is done in it."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("matters.toml")
SERVICE: Final = {
    "informal_resolution": "ombuds",
    "mediation": "ombuds",
    "support_referral": "support",
    "retaliation": "ethics",
    "recommendation": "ethics",
    "query": "ethics",
}
"""Where a procedure runs, if not in workflow."""

Value = str | bool


@dataclass(frozen=True)
class Place:
    """A case of a matter: the newest of that procedure, or the one that was opened as `number`."""

    lifecycle: str
    number: int | None

    @classmethod
    def parse(cls, text: str) -> "Place":
        lifecycle, _, number = text.partition("#")
        return cls(lifecycle, int(number) if number else None)

    @property
    def service(self) -> str:
        return SERVICE.get(self.lifecycle, "workflow")


@dataclass(frozen=True)
class Step:
    """`who procedure#number.does name=value …`; without a procedure it is that of the matter's way."""

    who: str
    place: Place
    does: str
    facts: dict[str, Value]

    @classmethod
    def parse(cls, text: str, way: str) -> "Step":
        who, what, *facts = text.split()
        place, dot, does = what.rpartition(".")
        return cls(who, Place.parse(place if dot else way), does, dict(map(_fact, facts)))


@dataclass(frozen=True)
class Words:
    """What is written in one language, all of it marked as invented."""

    mark: str
    reasons: str
    letter: str
    message: str
    answer: str
    arrangement: str


@dataclass(frozen=True)
class Matter:
    """`after`: the matter whose access code this route goes under. `begun_by`: staff who open it, where nobody has
    lodged it. `repeat`: how often what is said is said. `states`: where its cases stand when all steps are done.
    """

    name: str
    way: str
    language: str
    words: Words
    says: str = ""
    wish: str = ""
    person: str = ""
    reporter: str = ""
    about: tuple[str, ...] = ()
    recipient: str = ""
    not_these: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    choices: dict[str, str] = field(default_factory=dict)
    mode: str = "confidential"
    after: str = ""
    begun_by: str = ""
    repeat: int = 1
    steps: tuple[Step, ...] = ()
    states: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """`people` says who acts under which name; `to_try` which matters' codes are shown, and what each has;
    `not_reached` why no matter stays in a state.
    """

    people: dict[str, str]
    matters: tuple[Matter, ...]
    to_try: dict[str, str]
    not_reached: dict[str, dict[str, str]]

    def only(self, *names: str) -> "Table":
        return replace(self, matters=tuple(one for one in self.matters if one.name in names))


def load(file: Path = FILE) -> Table:
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    words = {language: Words(**said) for language, said in found["words"].items()}
    matters = tuple(_matter(one, words, found["path"]) for one in found["matter"])
    return Table(found["people"], matters, found["to_try"], found["not_reached"])


def _matter(row: dict[str, Any], words: dict[str, Words], paths: dict[str, list[str]]) -> Matter:
    steps = tuple(Step.parse(text, row["way"]) for text in _written_out(row.pop("steps", ()), paths))
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return Matter(**{**row, **lists}, words=words[row["language"]], steps=steps)


def _written_out(steps: Iterable[str], paths: dict[str, list[str]]) -> list[str]:
    """Of a path, what has not been done before: ways to one place have their beginning in common."""
    found: list[str] = []
    for one in steps:
        way = _written_out(paths[one[1:]], paths) if one.startswith("@") else [one]
        found += [step for step in way if way == [one] or step not in found]
    return found


def _fact(text: str) -> tuple[str, Value]:
    name, _, value = text.partition("=")
    return name, {"true": True, "false": False}.get(value, value)
