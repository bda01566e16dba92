"""What she wrote on the ways that she has, each thing to be ticked for another way, and what of it she has ticked."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.bodies import Inbox, PartiesSeen, RouteSeen
from services.intake.domain.carried import FILE, MESSAGE, PEOPLE
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.asking_draft import PEOPLE_OF, TICKED, Data
from services.intake.web.pages.offers import isolated

_SHOWN: Final = 80
"""Characters of her own words beside a box: enough to know them by. All of them stand on the page of what she sent."""
_FIRST: Final = 2_800
"""Bytes of lines on the first page of ticks."""
_NEXT: Final = 6_000
"""Bytes of lines on each other one."""
_AROUND: Final = 110
"""Bytes of markup around a line, or around the name of a way."""
_EACH: Final = 3
"""So many messages of one way are told of one by one; more are counted."""

Listed = tuple[str, list[tuple[str, str]]]
"""The name of a way, and of each thing its id and what it is."""


def ticks_of(inbox: Inbox) -> Field:
    """Each thing that she wrote and that can still be opened, nothing ticked beforehand."""
    return Field("take_over", "checks", "", choices=tuple(Choice(str(one.item_id), "") for one in own(inbox)))


def listed(page: Page, inbox: Inbox) -> list[Listed]:
    """By the way on which she wrote it: ids, and what each is, with its first words."""
    found = []
    for route in inbox.routes:
        lines = [(str(one.item_id), _called(page, one) + _begins(one)) for one in _of(route)]
        found.append((words.ROUTES[route.route], lines))
    return [(name, lines) for name, lines in found if lines]


def in_pages(listed: Sequence[Listed]) -> list[list[Listed]]:
    """So many to a page that it stays small enough for a slow line; the first has the ways too. At least one page."""
    pages: list[list[Listed]] = [[]]
    left = _FIRST
    for name, lines in listed:
        for line in lines:
            bytes_of_it = len(line[1].encode()) + _AROUND
            if bytes_of_it > left:
                pages.append([])
                left = _NEXT
            left -= bytes_of_it
            if not pages[-1] or pages[-1][-1][0] != name:
                pages[-1].append((name, []))
                left -= _AROUND
            pages[-1][-1][1].append(line)
    return pages


def tick(data: Data, inbox: Inbox, item_ids: Collection[str], shown: Collection[str]) -> None:
    """Of those that were shown these go over, and no others; what was ticked on another page stays so."""
    before = {item_id for item_id in data.get(TICKED, ()) if item_id not in shown}
    item_ids = before.union(item_ids)
    data[TICKED] = {str(one.item_id): one.kind for one in own(inbox) if str(one.item_id) in item_ids}
    named = [one for route in inbox.routes for one in route.parties if str(one.item_id) in item_ids]
    data[PEOPLE_OF] = {
        "not_these_people": [who for one in named for who in one.not_these_people],
        "alleged_offender": [who for one in named for who in one.alleged_offender],
        "others": [who for one in named for who in _named(one)],
        "about_offices": [office for one in named for office in one.about_offices],
    }


def going(page: Page, inbox: Inbox) -> list[str]:
    """What of it she has ticked, without its words: they open on the page of ticks alone. What cannot be opened any
    more is ticked no more.
    """
    data = page.needs_session().data
    text, counted = page.language.text, page.language.count
    there = {str(one.item_id) for one in own(inbox)}
    data[TICKED] = {item_id: kind for item_id, kind in data[TICKED].items() if item_id in there}
    labels: list[str] = []
    for route in inbox.routes:
        name, ticked = text(words.ROUTES[route.route]), [one for one in _of(route) if str(one.item_id) in data[TICKED]]
        messages = sum(one.kind == MESSAGE for one in ticked)
        alone = [one for one in ticked if one.kind != MESSAGE or messages <= _EACH]
        labels += [f"{name}: {_called(page, one)}" for one in alone]
        if messages > _EACH:
            labels.append(f"{name}: " + counted("%(num)s message", "%(num)s messages", messages))
    return labels


@dataclass(frozen=True)
class Own:
    """Something that she wrote. `kind`: the name of an answer, or what else it is (`carried`)."""

    item_id: UUID
    route: str
    kind: str
    text: str
    day: date | None = None


def own(inbox: Inbox) -> Iterator[Own]:
    for route in inbox.routes:
        yield from _of(route)


def _of(route: RouteSeen) -> Iterator[Own]:
    for answer in route.answers:
        yield Own(answer.item_id, route.route, answer.name, answer.text)
    for message in route.messages:
        if message.from_ == "you":
            yield Own(message.item_id, route.route, MESSAGE, message.text, message.day)
    for file in route.files:
        yield Own(file.item_id, route.route, FILE, file.name, file.day)
    for parties in route.parties:
        yield Own(parties.item_id, route.route, PEOPLE, ", ".join(_named(parties)))


def _named(parties: PartiesSeen) -> Iterable[str]:
    people = [parties.affected_individual, *parties.alleged_offender, *parties.not_these_people, parties.reporter]
    return dict.fromkeys(who for who in people if who)


def _called(page: Page, one: Own) -> str:
    text, on = page.language.text, page.language.day(one.day) if one.day else ""
    if one.kind == FILE:
        return f"{isolated(one.text)}, {on}"
    if one.kind == PEOPLE:
        return text(N_("The people whom you named"))
    return text(N_("Message of %(day)s"), day=on) if on else text(words.ANSWERS.get(one.kind, one.kind))


def _begins(one: Own) -> str:
    if one.kind == FILE:
        return ""
    begins = one.text if len(one.text) <= _SHOWN else f"{one.text[:_SHOWN].rstrip()}…"
    return f": {isolated(begins)}"
