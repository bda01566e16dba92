"""Whom a decision on an interim measure touches, as the decider names them (sealed) and HR is told."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

LINE_CHANGE = "reporting_line_change"
_MAX = 64


class PersonsWrong(Exception):
    """What the decider named cannot be carried out. `field` is a name of ours, never what was written."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, repr=False)
class Persons:
    """By staff id. `person` is whose work changes; the others are named for a change of reporting line."""

    person: str
    current_supervisor: str = ""
    temporary_supervisor: str = ""
    next_level_manager: str = ""

    @classmethod
    def parse(cls, text: str, measure: str) -> Self:
        """Raises PersonsWrong."""
        try:
            found = json.loads(text)
        except ValueError:
            raise PersonsWrong("persons", "This has to be a JSON object that names people by staff id.") from None
        if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
            raise PersonsWrong("persons", "This has to be a JSON object that names people by staff id.")
        return cls._named(found, measure)

    @classmethod
    def _named(cls, found: Mapping[str, Any], measure: str) -> Self:
        names = tuple(cls.__dataclass_fields__)
        if not found.keys() <= set(names):
            raise PersonsWrong("persons", f"Only these names are known here: {', '.join(names)}.")
        needed = names[:3] if measure == LINE_CHANGE else names[:1]
        for name in needed:
            if not found.get(name):
                raise PersonsWrong(f"persons.{name}", "This measure needs this person's staff id.")
        if any(len(value) > _MAX for value in found.values()):
            raise PersonsWrong("persons", f"A staff id has at most {_MAX} characters.")
        named = [found[name] for name in names[:3] if found.get(name)]
        if len(set(named)) != len(named) or found["person"] == found.get("next_level_manager"):
            raise PersonsWrong("persons", "These have to be different people.")
        return cls(**found)

    def to_json(self) -> bytes:
        return json.dumps({name: value for name, value in asdict(self).items() if value}).encode()

    def __repr__(self) -> str:
        return "Persons(…)"
