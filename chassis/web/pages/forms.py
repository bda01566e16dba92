"""What a form asks for and what came back. Pure: pages and desks read every form by this."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from chassis.web.pages.words import N_

Kind = Literal["text", "area", "radios", "checks", "select", "day", "moment", "number", "yes"]
Value = str | int | bool | list[str]
Values = Mapping[str, Any]

LONGEST: Final = 10_000
_SHOWN_BEYOND: Final = 1_000
"""Characters beyond the longest that are still kept, for it to be shown again and shortened; no more of it is."""
_WORDS_BEYOND: Final = 100_000
"""As many of what somebody wrote or pasted at length: told to send it in parts, they need the rest of it too."""
_DAY_PARTS: Final = ("day", "month", "year")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])[:.h]([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `label`, `hint` and `missing` are texts to be translated where they are shown; `missing` says what
    to do when nothing was given, and a field without it may stay empty. `yes` is one box to tick.
    """

    name: str
    kind: Kind
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    missing: str = ""
    longest: int = LONGEST
    pattern: str = ""
    mismatch: str = ""
    least: int | None = None
    most: int | None = None

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    def items(self, text: Callable[[str], str]) -> list[dict[str, Any]]:
        """The choices as the kit's macros take them, put into words by `text`."""
        return [
            {"value": one.value, "text": text(one.label)} | ({"hint": {"text": text(one.hint)}} if one.hint else {})
            for one in self.choices
        ]


@dataclass(frozen=True, slots=True)
class Read:
    """What was given, under the fields' names, and what is wrong with it: the field's name and a text that says what
    to do.
    """

    values: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


class NotAForm(Exception):
    """What came is no form that a page of ours has sent."""


def read(fields: Iterable[Field], posted: Mapping[str, Sequence[str]]) -> Read:
    """Empty answers are left out. Raises NotAForm for a choice that was never offered."""
    found = Read()
    for one in fields:
        value = _value(one, posted)
        if value is None:
            if one.missing:
                found.errors[one.name] = one.missing
            continue
        found.values[one.name] = value
        if wrong := _wrong(one, value):
            found.errors[one.name] = wrong
    return found


def _value(one: Field, posted: Mapping[str, Sequence[str]]) -> Value | None:
    most = one.longest + (_WORDS_BEYOND if one.kind == "area" else _SHOWN_BEYOND)
    given = [text.replace("\r\n", "\n") for text in posted.get(one.name, ())]
    match one.kind:
        case "day" | "moment":
            parts = [_box(posted, f"{one.name}-{part}") for part in _DAY_PARTS]
            day = "-".join(reversed(parts)) if any(parts) else None
            time = _box(posted, f"{one.name}-time") if one.kind == "moment" else ""
            return f"{day or ''}T{time}" if time else day
        case "checks":
            _check_offered(one, given)
            return given or None
        case "radios" | "select":
            given = [text for text in given if text]
            _check_offered(one, given)
            return given[0] if given else None
        case "yes":
            return bool(given) or None
        case _:
            text = given[0].strip()[:most] if given else ""
            return text or None


def _box(posted: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(posted.get(name, ())), "").strip()[:_SHOWN_BEYOND]


def _check_offered(one: Field, given: Sequence[str]) -> None:
    if not {choice.value for choice in one.choices}.issuperset(given):
        raise NotAForm


def _wrong(one: Field, value: Value) -> str:
    if one.kind == "day":
        return "" if as_day(str(value)) else N_("Enter a day, a month and a year, like 31 3 2026.")
    if one.kind == "moment":
        return "" if as_moment(str(value)) else N_("Enter a day, a month and a year, and a time like 14:30.")
    if one.kind == "number":
        return _wrong_number(one, str(value))
    if isinstance(value, str):
        if len(value) > one.longest:
            return N_("This is too long to be kept whole. Shorten it, or send it in two parts.")
        if one.pattern and not re.fullmatch(one.pattern, value):
            return one.mismatch
    return ""


def _wrong_number(one: Field, text: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return N_("Enter a whole number.")
    below = one.least is not None and int(text) < one.least
    above = one.most is not None and int(text) > one.most
    return N_("This number is outside of what is possible here. Look at the hint.") if below or above else ""


def as_typed(posted: Mapping[str, Sequence[str]]) -> dict[str, Value]:
    """What a form holds whose fields are not known: the boxes of a day or a moment are put together as `read` does."""
    found = dict[str, Value]()
    for name, given in posted.items():
        field, _, part = name.rpartition("-")
        if field and part in (*_DAY_PARTS, "time"):
            boxes = {one: _box(posted, f"{field}-{one}") for one in (*_DAY_PARTS, "time")}
            day = "-".join(boxes[one] for one in reversed(_DAY_PARTS))
            found[field] = f"{day}T{boxes['time']}" if boxes["time"] else day
        elif given:
            found[name] = given[0].replace("\r\n", "\n") if len(given) == 1 else list(given)
    return found


def as_day(text: str) -> date | None:
    """The day that `year-month-day` stands for, however many digits were typed."""
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def as_moment(text: str) -> datetime | None:
    """The moment in UTC that a `moment` field stands for; the day's beginning where no time was given."""
    day, _, time = text.partition("T")
    found, clock = as_day(day), _TIME.fullmatch(time or "0:00")
    if found is None or clock is None:
        return None
    return datetime(found.year, found.month, found.day, int(clock[1]), int(clock[2]), tzinfo=UTC)


def day_parts(text: str) -> dict[str, str]:
    """What was typed into each of the boxes, for showing it again."""
    day, _, time = text.partition("T")
    return dict(zip(_DAY_PARTS, reversed(day.split("-")), strict=False)) | {"time": time}
