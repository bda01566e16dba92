"""Whom a decision on an interim measure touches, as the decider names them (sealed) and HR is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

LINE_CHANGE = "reporting_line_change"
SEPARATION = "physical_separation"
LONGEST_ARRANGEMENT = 2_000
"""Bytes: what HR is told has one size, whatever is in it."""
_MAX = 64
_OF_A_LINE = ("current_supervisor", "temporary_supervisor", "next_level_manager", "appraiser", "approver")


class PersonsWrong(Exception):
    """What the decider named cannot be carried out. `field` is a name of ours, never what was written."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, repr=False)
class Persons:
    """By staff id. `person` is whose work changes; the others are named for a change of reporting line, where the old
    supervisor loses appraisal and approvals, too (invariant 42). `location` is a duty station, for a separation.
    """

    person: str
    current_supervisor: str = ""
    temporary_supervisor: str = ""
    next_level_manager: str = ""
    appraiser: str = ""
    approver: str = ""
    location: str = ""

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
        line = measure == LINE_CHANGE
        for name in names[:3] if line else names[:1]:
            if not found.get(name):
                raise PersonsWrong(f"persons.{name}", "This measure needs this person's staff id.")
        for name in () if line else _OF_A_LINE:
            if found.get(name):
                raise PersonsWrong(f"persons.{name}", "Only a change of reporting line names this person.")
        if found.get("location") and measure != SEPARATION:
            raise PersonsWrong("persons.location", "Only a separation names another place.")
        if any(len(value) > _MAX for value in found.values()):
            raise PersonsWrong("persons", f"A staff id has at most {_MAX} characters.")
        _are_different(found)
        return cls(**found)

    def touched(self, affected: str | None, offenders: Sequence[str], *, others_burden: bool) -> tuple[str, ...]:
        """Of the other side, whose own work changes, and who gives up the line. `others_burden`: the decider says that
        it is the other side's work, also of somebody whom nobody named before; not where a line changes, for that
        may be hers.
        """
        found = {one for one in offenders if one in (self.person, self.current_supervisor)}
        unnamed = others_burden and not self.current_supervisor
        return tuple(sorted(found | ({self.person} - {affected} if unnamed else set())))

    def complete(self) -> Self:
        """Whoever supervises for the time being appraises and approves, too, unless somebody else was named."""
        return replace(
            self,
            appraiser=self.appraiser or self.temporary_supervisor,
            approver=self.approver or self.temporary_supervisor,
        )

    def to_json(self, **more: str) -> bytes:
        named = {name: value for name, value in (asdict(self) | more).items() if value}
        return json.dumps(named, ensure_ascii=False).encode()

    def __repr__(self) -> str:
        return "Persons(…)"


def _are_different(found: Mapping[str, str]) -> None:
    person, old = found["person"], found.get("current_supervisor")
    named = [one for one in (person, old, found.get("temporary_supervisor")) if one]
    if len(set(named)) != len(named) or person == found.get("next_level_manager"):
        raise PersonsWrong("persons", "These have to be different people.")
    for name in ("appraiser", "approver"):
        if found.get(name) and found[name] in (person, old):
            raise PersonsWrong(f"persons.{name}", "This has to be somebody else than before.")
