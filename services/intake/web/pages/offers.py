"""What she may do in a case, as forms: made from the offers that its desk sends. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chassis.web.pages.forms import Choice, Field, Kind, Read, as_day
from chassis.web.pages.words import N_
from services.intake.bodies import CaseSeen, MessageSeen, RouteSeen
from services.intake.web.pages.words_of_acts import ACTS, Act
from services.intake.web.pages.words_of_cases import CHOICES, LABELS

_KINDS: Final[Mapping[str, Kind]] = {
    "text": "area",
    "time": "day",
    "choice": "radios",
    "flag": "yes",
    "number": "number",
    "reference": "radios",
}
_MISSING: Final[Mapping[str, str]] = {
    "text": N_("Write a few words."),
    "time": N_("Enter a day, a month and a year, like 31 3 2026."),
    "choice": N_("Choose one."),
    "reference": N_("Choose a message."),
}


@dataclass(frozen=True)
class Offered:
    """An act that is open to her: where its page is, what it is called, what it asks. `asked`: her inbox asks her for
    it; else it stands among what she can change. `settled` are the facts that she cannot choose, shown as label and
    text; `shows` is the message that she agrees to, where her case names it.
    """

    place: str
    case: CaseSeen
    action: str
    words: Act
    asked: bool
    fields: tuple[Field, ...]
    facts: Mapping[str, str]
    settled: tuple[tuple[str, str], ...]
    shows: MessageSeen | None
    _kinds: Mapping[str, str]

    def given(self, found: Read) -> tuple[dict[str, bool | int | str], dict[str, str]]:
        """Facts and texts to be sent with the act."""
        facts: dict[str, bool | int | str] = dict(self.facts)
        texts: dict[str, str] = {}
        for name, kind in self._kinds.items():
            value = found.values.get(name)
            if kind == "flag":
                facts[name] = value is not None
            elif value is not None and kind == "text":
                texts[name] = str(value)
            elif value is not None:
                facts[name] = _fact(kind, str(value))
        return facts, texts


def offered(route: RouteSeen) -> Iterator[Offered]:
    """In the order of the cases and of their offers. What there are no words for is passed over: no desk can close her
    inbox to her.
    """
    for case in route.cases:
        for offer in case.offers:
            words = ACTS.get((case.lifecycle, offer["action"]))
            if words is not None and all(map(_can_be_asked, offer["fields"])):
                yield _offered(route, case, offer, words)


def _can_be_asked(field: Any) -> bool:
    if not isinstance(field, dict) or field.get("name") not in LABELS or field.get("kind") not in _KINDS:
        return False
    choices = field.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(one, str) for one in choices):
        return False
    return field["kind"] != "choice" or (choices != [] and CHOICES[field["name"]].keys() >= set(choices))


def _offered(route: RouteSeen, case: CaseSeen, offer: Mapping[str, Any], words: Act) -> Offered:
    fields: Sequence[Mapping[str, Any]] = offer["fields"]
    desks = [one for one in route.messages if one.from_ == "desk"]
    # What her case knows already is not asked for: there is one choice, and she is shown which.
    fixed = {one["name"]: one["choices"][0] for one in fields if len(one.get("choices", ())) == 1}
    named = [one for one in desks if str(one.item_id) in fixed.values()]
    asked = [one for one in fields if one["name"] not in fixed]
    return Offered(
        place=place(case, offer["action"]),
        case=case,
        action=offer["action"],
        words=words,
        asked=offer.get("asked") is True,
        # Without the code typed again no page shows the whole talk: where no message is named, it is the newest.
        fields=tuple(_field(one, desks[-1:], words) for one in asked),
        facts=fixed,
        settled=tuple(
            (LABELS[name], CHOICES[name][value]) for name, value in fixed.items() if value in CHOICES.get(name, {})
        ),
        shows=named[0] if named else None,
        _kinds={one["name"]: one["kind"] for one in asked},
    )


def place(case: CaseSeen, action: str) -> str:
    """The last part of the address of an act's page: the same while the case is there, and no word of what it is."""
    return hashlib.sha256(f"{case.lifecycle}|{case.number}|{action}".encode()).hexdigest()[:8]


def _field(asked: Mapping[str, Any], messages: Sequence[MessageSeen], words: Act) -> Field:
    name, kind = asked["name"], asked["kind"]
    if kind == "reference":
        choices = tuple(Choice(str(one.item_id), isolated(one.text)) for one in messages)
    else:
        choices = tuple(Choice(value, CHOICES[name][value]) for value in asked.get("choices", ()))
    sure = (words.sure or {}).get(name, "")
    return Field(
        name,
        _KINDS[kind],
        LABELS[name],
        choices=choices,
        missing=sure or (_MISSING.get(kind, "") if asked.get("required") else ""),
    )


def isolated(text: str) -> str:
    """Somebody's words inside a line of ours: their direction is theirs and turns nothing around them."""
    return f"\u2068{text}\u2069"


def _fact(kind: str, value: str) -> int | str:
    if kind == "number":
        return int(value)
    if kind == "time":
        day = as_day(value)
        assert day is not None  # the form has read it
        return f"{day.isoformat()}T00:00:00Z"
    return value
