"""What an action asks for, filled in: what the table says, and for the rest something that fits."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ops.demo.clients import Json
from ops.demo.seeding.matters import Matter, Step, Words

DAYS: Final = {
    "from_at": 0,
    "review_at": 10,
    "session_at": 10,
    "response_until": 60,
    "reply_until": 60,
    "last_incident_at": -30,
    "activity_on": -10,
    "last_act_on": -2,
}
"""How far from now a date lies that the table does not give; all others in twenty days."""
LETTERS: Final = frozenset({"letter", "what_she_is_told", "recommendation"})
INVITED: Final = "other_party"
PERSONS, TO, HERS = "persons", "to", "affected_individual"
"""Whom a measure touches is said in one text; in the table `to` names the supervisor for the time being."""
LINE_CHANGE: Final = "reporting_line_change"
STAFF: Final = {
    "legal_officer": "S0003",
    "investigator": "S0006",
    "outside_investigator": "S0064",
    "hold_owner": "S0006",
    "consent_taker": "S0014",
    "specialist": "S0072",
}
"""Who is named in a field of this name, where the table names nobody."""


class Filling:
    """The facts and texts of one matter's actions. `message` is the last one that the desk wrote to the person."""

    def __init__(self, matter: Matter, lines: Mapping[str, str]) -> None:
        self.matter = matter
        self.lines = lines
        self.message = ""
        self.said: Counter[str] = Counter()

    @property
    def words(self) -> Words:
        return self.matter.words

    def of(self, step: Step, fields: list[Json]) -> tuple[dict[str, Any], dict[str, str]]:
        """Facts and texts for what an offer asks for."""
        facts: dict[str, Any] = {}
        texts: dict[str, str] = {}
        for field in fields:
            name, kind, given = field["name"], field["kind"], step.facts.get(field["name"])
            if given is None and not field["required"]:
                continue
            if kind == "text":
                texts[name] = self._text(name, step)
            else:
                facts[name] = self._fact(field, given)
        return facts, texts

    def _fact(self, field: Json, given: str | bool | None) -> Any:
        name, kind, known = field["name"], field["kind"], field.get("choices")
        if kind == "time":
            days = int(given) if isinstance(given, str) else DAYS.get(name, 20)
            return (datetime.now(UTC) + timedelta(days=days)).isoformat()
        if given is not None:
            return given
        if known:
            return known[0]
        if kind == "flag":
            return True
        if kind == "staff":
            return STAFF[name]
        return self.message or "invented-1"

    def _text(self, name: str, step: Step) -> str:
        """A staff id, where the step is about one; else words in the matter's language."""
        given = step.facts.get(name)
        if name == PERSONS:
            return self._persons(step)
        if name == INVITED:
            return self.matter.about[0]
        if isinstance(given, str) and given != "words":
            return given
        # Reasons that were given before are none.
        self.said[name] += 1
        again = f" ({self.said[name]})" if self.said[name] > 1 else ""
        own = {**dict.fromkeys(LETTERS, self.words.letter), "arrangement": self.words.arrangement}
        return f"{self.words.mark} {own.get(name, self.words.reasons)}{again}"

    def _persons(self, step: Step) -> str:
        hers = step.facts.get("burden") == HERS
        if step.facts.get("type") != LINE_CHANGE:
            return json.dumps({"person": self.matter.person if hers else self.matter.about[0]})
        person = self.matter.person
        named = {"person": person, "current_supervisor": str(step.facts.get("from", self.lines[person]))}
        return json.dumps(named | {"temporary_supervisor": step.facts[TO]})
