"""What she said on the pages, as the report that it becomes and as she sees it before she sends it. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chassis.web.pages.forms import Field, as_day
from chassis.web.pages.words import N_
from policy.model import DAY
from services.intake.bodies import Answers, LodgeReport
from services.intake.domain.ways import OWN_DATA
from services.intake.web.pages.questions import DIRECT, JOURNEYS, questions, unanswered
from services.intake.web.pages.questions_asked import Asked, Question, several
from services.intake.web.pages.questions_asks import choices_in
from services.intake.web.pages.questions_first import BEGINNING
from services.intake.web.pages.questions_listener import CHOSEN, NEAR
from services.intake.web.pages.questions_told import GOING_ON, IN_PERSON, RELATIONS

AT_FILES: Final = "/s/files"
"""The page after the last question, on a way that takes files."""

_UNSAID: Final = {"mode": "anonymous"}
"""What it comes to where nothing was said: before she sends she reads that, and not that it is missing."""

Text = Callable[..., str]
"""A text in her language, with what is filled in."""


@dataclass(frozen=True, slots=True)
class Part:
    """One page as it is shown for checking: its number, what was answered to each of its fields, and which of them what
    goes over answers.
    """

    number: int
    question: Question
    answers: tuple[tuple[Field, Any], ...]
    told: frozenset[str]


def parts(asked: Asked) -> Iterator[Part]:
    """In the order in which they were asked, also what was skipped."""
    for number, question in enumerate(questions(asked.route), start=1):
        if question not in BEGINNING:
            said = asked.said.get(question.name, {})
            fields = [one for one in question.fields(asked) if one.name != NEAR]
            answers = tuple((one, said.get(one.name, _UNSAID.get(one.name))) for one in fields)
            yield Part(number, question, answers, asked.told)


def takes_files(route: str) -> bool:
    """Whether there is somebody who is sent something, and who may have a use for a file."""
    return route in JOURNEYS and route not in (DIRECT, OWN_DATA)


def still_needed(asked: Asked) -> dict[int, str]:
    """What to do, by the number of the page."""
    found = {}
    for number, question in enumerate(questions(asked.route), start=1):
        for text in unanswered(question, asked, asked.said.get(question.name, {})).values():
            found[number] = text
    return found


def report_of(asked: Asked, language: str, text: Text, *, ethics_contact: bool) -> LodgeReport:
    """Only what the pages of this way ask for, in this state of the answers. What is not a word of hers is said by
    `text`, in her language. Raises msgspec.ValidationError for what no form of ours takes.
    """
    given = _given(asked)
    answers = {name: given[name] for name in Answers.__struct_fields__ if name in given}
    if given.get("in_person") and "what_happened" not in answers:
        answers["what_happened"] = text(IN_PERSON)
    answers |= _lines("who_is_involved", [*_sentences(given, text), given.get("who_is_involved")])
    answers |= _lines("how_to_address_me", _about_her(given, answers, text))
    body = {
        "route": asked.route,
        "mode": "confidential" if asked.named else "anonymous",
        "language": given.get("language", language),
        "answers": answers,
        "parties": _parties(asked, given),
        "not_these_people": several(given, "not_these_people"),
        "about_offices": given.get("about_offices", []),
        "consents": {"ethics_contact": ethics_contact and bool(asked.policy.routes[asked.route].protects)},
        "choices": choices_in(asked.policy, asked.route, given),
        "watch_for_retaliation": not given.get("no_watch"),
    }
    return msgspec.convert(body, LodgeReport)


def _given(asked: Asked) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for question in JOURNEYS[asked.route]:
        said = asked.said.get(question.name, {})
        given |= {one.name: said[one.name] for one in question.fields(asked) if one.name in said}
    asks = asked.policy.routes[asked.route].asks
    for name, choices in asks.items():
        if tuple(choices) == (DAY,) and name in given:
            day = as_day(given[name])
            given[name] = day.isoformat() if day else None
    # Asked once, before the way was chosen.
    before = asked.said.get("situation", {}).get("affected_is")
    if before in asks.get("affected_is", ()):
        given.setdefault("affected_is", before)
    return given


def _sentences(given: dict[str, Any], text: Text) -> Iterator[str]:
    for name, choices in (("relation", RELATIONS), ("going_on", GOING_ON)):
        yield from (text(one.label) for one in choices if one.value == given.get(name))


def _about_her(given: dict[str, Any], answers: dict[str, str], text: Text) -> Iterator[str]:
    if "name" in given:
        yield text(N_("Name: %(words)s"), words=given["name"])
    if "pronouns" in given:
        yield text(N_("Say for me: %(words)s"), words=given["pronouns"])
    if "access_needs" in given:
        yield text(N_("This makes it easier: %(words)s"), words=given["access_needs"])
    if given.get("in_person") and answers["what_happened"] != text(IN_PERSON):
        yield text(IN_PERSON)


def _lines(name: str, lines: Any) -> dict[str, str]:
    said = "\n".join(line for line in lines if line)
    return {name: said} if said else {}


def _parties(asked: Asked, given: dict[str, Any]) -> dict[str, Any]:
    """Whoever writes for somebody else stands beside that person, who is named only where that is asked for."""
    own, other = ("reporter", "affected_individual") if asked.for_somebody_else else ("affected_individual", "reporter")
    named = {own: given.get("my_number"), other: given.get("affected_number")}
    named["recipient"] = given.get("recipient") or given.get(CHOSEN)
    found: dict[str, Any] = {name: number for name, number in named.items() if number}
    return found | {"alleged_offender": several(given, "alleged_offender")}
