"""The pages from the first question to the last. What is said there lies in the session and nowhere else."""

from functools import partial
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from services.intake.web.pages import asking_place
from services.intake.web.pages.asking_draft import CHECKED, asked_so_far, choose, nowhere, say
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions import looked_at, questions, told_before, waits
from services.intake.web.pages.questions_asked import Asked, Question
from services.intake.web.pages.questions_first import BEGINNING, CHOOSING, needs_sea, ways_for
from services.intake.web.pages.questions_listener import LISTENER, SHOWN, listener, open_to_her
from services.intake.web.pages.questions_options import OPTIONS, READERS, RISKS, length
from services.intake.web.pages.sending_draft import AT_FILES, takes_files

LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a form: every box of a page filled, in whatever script."""
STEP: Final = Field("step", "radios", "", choices=(Choice("on", ""), Choice("keep", ""), Choice("look", "")))
"""Which button was pressed."""


@get("/{language:str}/s/{number:int}", include_in_schema=False)
async def ask(page: NamedDependency[Page], portal: NamedDependency[Portal], number: FromPath[int]) -> Response[Any]:
    asked = asked_so_far(page, portal)
    question = _question(asked, number)
    if question is None:
        return page.go(nowhere(page.needs_session().data))
    return page.show(
        question.template,
        question=question,
        fields=question.fields(asked),
        said=asked.said.get(question.name, {}),
        number=number,
        **_place_of(question, asked, number),
        asked=asked,
        ways=ways_for(asked.said),
        sea=needs_sea(asked.said),
        options=OPTIONS,
        risks=RISKS,
        readers=[one for one in READERS.get(asked.route, ()) if question not in BEGINNING and one not in question.said],
        length=partial(length, asked.policy),
        listener=partial(listener, asked),
        told=told_before(question, asked),
        first=number == len(BEGINNING) + 1 and bool(asked.ticked),
        more=question is LISTENER and len(open_to_her(asked)) > SHOWN,
    )


@post("/{language:str}/s/{number:int}", include_in_schema=False, request_max_body_size=LARGEST)
async def answer(page: NamedDependency[Page], portal: NamedDependency[Portal], number: FromPath[int]) -> Response[Any]:
    asked = asked_so_far(page, portal)
    question = _question(asked, number)
    if question is None:
        await page.posted()
        return page.go(nowhere(page.needs_session().data))
    if question is CHOOSING:
        return await _choose(page, portal, asked)
    found = await page.form([*question.fields(asked), STEP])
    step = found.values.pop(STEP.name, "on")
    keeps = step == "keep"
    seen = looked_at(question, asked, found)
    taken = {name: value for name, value in seen.values.items() if name not in seen.errors}
    say(page.needs_session().data, question.name, taken)
    # Whoever stops here is asked for nothing that is missing.
    if len(taken) < len(seen.values) if keeps else seen.errors:
        again = page.again(seen)
        return await asking_place.keep(page, portal, page.path) if keeps else again
    page.taken()
    if step == "look":
        return page.go(page.path)
    return await asking_place.keep(page, portal, page.path) if keeps else page.go(_after(page, asked, number))


async def _choose(page: Page, portal: Portal, asked: Asked) -> Response[Any]:
    ways = tuple(Choice(one.way, "") for one in ways_for(asked.said).ways)
    field = Field("way", "radios", "", choices=ways, missing=N_("Choose one of the ways, or leave this site."))
    found = await page.form([field, STEP])
    if found.values.get(STEP.name) == "keep":
        return await asking_place.keep(page, portal, page.path)
    if found.errors:
        return page.again(found)
    page.taken()
    choose(page.needs_session().data, str(found.values["way"]))
    return page.go(after(asked_so_far(page, portal), len(BEGINNING)))


def _question(asked: Asked, number: int) -> Question | None:
    """None for a page of a way that has not been chosen. Raises Problem 404 for one that no way has."""
    found = questions(asked.route)
    if 1 <= number <= len(found):
        return found[number - 1]
    if number < 1 or asked.route:
        raise not_found()
    return None


def _place_of(question: Question, asked: Asked, number: int) -> dict[str, Any]:
    """Which page of how many it is. Beside what goes over only those count that are asked."""
    found = questions(asked.route)
    if not asked.ticked:
        return {"place": number, "total": len(found) if asked.route else 0}
    left = [one for one in found[len(BEGINNING) :] if one is question or not waits(one, asked)]
    if question not in left:
        return {"place": number, "total": 0}
    return {"place": left.index(question) + 1, "total": len(left)}


def _after(page: Page, asked: Asked, number: int) -> str:
    if CHECKED in page.needs_session().data and number >= len(BEGINNING):
        return "/check"
    return after(asked, number)


def after(asked: Asked, number: int) -> str:
    """The next page on which something is left to be asked."""
    for later, question in enumerate(questions(asked.route), start=1):
        if later > number and not waits(question, asked):
            return f"/s/{later}"
    return AT_FILES if takes_files(asked.route) and not asked.ticked else "/check"


ROUTES: Final = [ask, answer]
