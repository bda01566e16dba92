"""What the pages of one desk work with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import Problem
from lifecycle.access import PART
from lifecycle.desk import Desk
from lifecycle.model import PERSON, RING, SYSTEM
from lifecycle.pages.wording import Wording
from lifecycle.sender import Sender
from lifecycle.views import CaseSeen, StepSeen

_NOT_STAFF: Final = {PERSON: N_("The person"), SYSTEM: N_("The system"), RING: N_("A time limit")}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)")
_KEYS: Final = re.compile(r"[a-z][a-z_]*(,[a-z][a-z_]*)*")
_OTHER_PARTY: Final = N_("The other party")
_STATUS: Final = {
    404: N_("There is no such matter, or nothing that you can see."),
    412: N_("Somebody was quicker: the matter has moved on. Look at it, then send this again."),
    503: N_("A part that this needs does not answer. Nothing may have been recorded. Send it again in a moment."),
}
MESSAGES: Final = frozenset({"message", "preview"})
"""References to what the desk has written to the person: they are chosen where it stands, in the conversation."""


@dataclass(frozen=True)
class DeskPages:
    """A desk, what sends its actions, and its words."""

    desk: Desk
    sender: Sender
    wording: Wording

    def words_for(self, page: Page, lifecycle: str = "") -> Mapping[str, Any]:
        """What the templates call to put keys into words."""
        text = page.language.text

        def word(kind: str, key: str, of: str = "") -> str:
            return text(self.wording.of(kind, key, of or lifecycle))

        def fact(value: bool | int | str) -> str:
            return _fact(page, word, value)

        return {
            "word": word,
            "hint": lambda key: text(self.wording.hint(key, lifecycle)),
            "fact": fact,
            "who": lambda step: _who(page, step),
            "conflicts": list(self.desk.policy.options["conflict"].choices.values()),
            "now": datetime.now(UTC),
            "once": str(uuid4()),
        }

    def why(self, page: Page, problem: Problem, lifecycle: str = "") -> str:
        """What somebody reads of a problem: of a refusal the rule's word, of what cannot be read what to do."""
        if problem.status == 409:
            return page.language.text(self.wording.of("refused", problem.code, lifecycle))
        if problem.status == 400:
            return page.language.text(problem.detail)
        return page.language.text(_STATUS.get(problem.status, N_("This was not recorded. Check what you wrote.")))


def _who(page: Page, step: StepSeen) -> str:
    if step.by.startswith(PART):
        return page.language.text(_OTHER_PARTY)
    return page.language.text(_NOT_STAFF[step.by]) if step.by in _NOT_STAFF else step.by


def _fact(page: Page, word: Any, value: bool | int | str) -> str:
    if isinstance(value, bool):
        return page.language.text(N_("Yes") if value else N_("No"))
    if isinstance(value, int):
        return page.language.number(value)
    if _KEYS.fullmatch(value):
        return page.language.comma.join(word("choice", one) for one in value.split(","))
    if not _DAY.match(value):
        return value
    at = datetime.fromisoformat(value)
    return page.language.moment(at) if "T" in value else page.language.day(at)


def known_of(desk: Desk, case: CaseSeen, hides: frozenset[str]) -> dict[str, bool | int | str]:
    """The facts of a case that tell somebody something: neither what a step takes for granted, nor what only our own
    parts need (which message it is stands in the conversation), nor who somebody is whom a matter is about.
    """
    hides |= MESSAGES
    table = desk.lifecycles[case.lifecycle]
    fields = [*table.opening.fields, *(field for rule in table.rules for field in rule.fields)]
    granted = {field.name: field.default for field in fields if field.default is not None}
    told = {name: value for name, value in case.facts.items() if name not in hides and granted.get(name) != value}
    return {name: value for name, value in told.items() if value != "" and not str(value).startswith(PART)}


def spoken_and_written(page: Page, case: CaseSeen) -> tuple[str, str]:
    """The languages that the person would rather talk in, and writes, by their names in the page's own; empty where
    nothing is known, and the first where both are one.
    """
    names = page.language.locale.languages
    codes = (str(case.facts.get(one, "")).partition("-")[0].lower() for one in ("spoken_language", "language"))
    spoken, written = (names.get(code, code) for code in codes)
    return spoken, "" if written == spoken else written


def short(case_id: UUID) -> str:
    """How people at a desk call a matter among themselves."""
    return str(case_id)[:8]


def newest_first(case: CaseSeen) -> list[StepSeen]:
    return list(reversed(case.steps))
