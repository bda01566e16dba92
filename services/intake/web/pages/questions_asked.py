"""What a question is, what it depends on, and the fields that several of them have. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from chassis.web.pages.forms import Field
from chassis.web.pages.words import N_
from policy.model import OWN_NUMBER, Policy
from services.intake.domain.carried import FILE, PEOPLE
from services.intake.domain.writers import for_somebody_else
from services.intake.web.pages.questions_asks import fields

ROOM: Final = 500
"""Characters kept free where several answers are sent as one."""
# With a digit: a name would be taken, and keep nobody away.
_STAFF_ID: Final = "(?=[A-Za-z_.-]*[0-9])[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_BETWEEN: Final = r"[\s,;،]+"
_SEVERAL: Final = rf"{_STAFF_ID}({_BETWEEN}{_STAFF_ID}){{0,19}}"
_IF_KNOWN: Final = N_("If you know it. You can leave this empty.")
_SEVERAL_HINT: Final = N_("If you know them. Put a comma between two numbers.")
_MISMATCH: Final = N_("Enter a staff number like S0012, or leave this empty.")
_SEVERAL_MISMATCH: Final = N_("Enter up to 20 staff numbers, like S0012, S0034, or leave this empty.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question depends on: the policy, the way chosen (empty before), what was said on it so far by question,
    the days on which she may be asked how it went, as her language writes them, the time at which she is asked: None
    where nobody is to be chosen by name. And what goes over from ways that she has: names of answers and what else
    there is (`carried`), with the people whom she named there.
    """

    policy: Policy
    route: str
    said: Mapping[str, Mapping[str, Any]]
    days: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    ticked: frozenset[str] = frozenset()
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def told(self) -> frozenset[str]:
        """Names of fields that what goes over answers."""
        return self.ticked | {name for name, people in self.people.items() if people}

    @property
    def words_go_over(self) -> bool:
        return bool(self.ticked - {FILE, PEOPLE})

    @property
    def given(self) -> dict[str, Any]:
        """Everything that was said, by the names of the fields."""
        return {name: value for page in self.said.values() for name, value in page.items()}

    @property
    def named(self) -> bool:
        """Whoever chooses nothing stays anonymous, but where a route is about nobody else than who writes."""
        route = self.policy.routes.get(self.route)
        return self.given.get("mode") == "confidential" or (route is not None and OWN_NUMBER in route.needs)

    @property
    def for_somebody_else(self) -> bool:
        return for_somebody_else(self.route, self.given)


@dataclass(frozen=True, slots=True)
class Question:
    """One page. `said`: sentences above the fields. `name` is where its answers are kept: two routes that ask the same
    share it, so that nothing is asked twice.
    """

    name: str
    heading: str
    fields: Callable[[Asked], tuple[Field, ...]]
    said: tuple[str, ...] = ()
    template: str = "question.html"


def asks(*names: str) -> Callable[[Asked], tuple[Field, ...]]:
    return lambda asked: fields(asked.policy, asked.route, names)


def needed(asked: Asked, name: str, text: str) -> str:
    return text if name in asked.policy.routes[asked.route].needs else ""


def area(name: str, label: str, hint: str = "", missing: str = "") -> Field:
    return Field(name, "area", label, hint=hint, missing=missing)


def staff_number(name: str, label: str, hint: str = _IF_KNOWN, missing: str = "") -> Field:
    return Field(name, "text", label, hint=hint, missing=missing, pattern=_STAFF_ID, mismatch=missing or _MISMATCH)


def staff_numbers(name: str, label: str, hint: str = _SEVERAL_HINT) -> Field:
    return Field(name, "text", label, hint=hint, pattern=_SEVERAL, mismatch=_SEVERAL_MISMATCH)


def several(given: Mapping[str, Any], name: str) -> list[str]:
    """The staff numbers in a box for several, each once."""
    return list(dict.fromkeys(given.get(name, "").replace(",", " ").replace(";", " ").replace("،", " ").split()))
