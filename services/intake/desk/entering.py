"""The registrar's desk: what reached the organisation by e-mail, phone, paper or in person is entered as it was told.

It is asked as the portal asks, and nothing is listed here afterwards.
"""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.pages.page import Page
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.intake.desk.entry import BEGIN, ENDED, ENTRY, asked_in, begun_with, not_ahead, take_up
from services.intake.desk.tasks import GIVEN, check_role
from services.intake.intake import Intake, utc_now
from services.intake.web.pages.asking import LARGEST
from services.intake.web.pages.asking_draft import say
from services.intake.web.pages.questions import looked_at, questions
from services.intake.web.pages.questions_asked import Asked, Question
from services.intake.web.pages.questions_first import BEGINNING

_FIRST: Final = len(BEGINNING) + 1


def routes(intake: Intake) -> list[HTTPRouteHandler]:
    @get("/{language:str}/entry", include_in_schema=False)
    async def begin(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        ended = data.pop(ENDED, False)
        return page.show("entry.html", fields=BEGIN, entry=data.get(ENTRY, {}), ended=ended, staff=signed_in.staff_id)

    @post("/{language:str}/entry", include_in_schema=False)
    async def begun(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        found = not_ahead(await page.form(BEGIN), utc_now())
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        if found.errors:
            return page.again(found)
        page.taken()
        data[ENTRY] = begun_with(found)
        return page.go(f"/entry/{_FIRST}")

    @get("/{language:str}/entry/{number:int}", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], number: FromPath[int]
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        take_up(page, data)
        asked = asked_in(intake, data)
        if asked is None:
            return page.go("/entry")
        question = _question(asked, number)
        return page.show(
            "entry_question.html",
            question=question,
            fields=question.fields(asked),
            said=asked.said.get(question.name, {}),
            entry=data[ENTRY],
            back=f"/entry/{number - 1}" if number > _FIRST else "/entry",
            staff=signed_in.staff_id,
        )

    @post("/{language:str}/entry/{number:int}", include_in_schema=False, request_max_body_size=LARGEST)
    async def answer(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], number: FromPath[int]
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        asked = asked_in(intake, data)
        if asked is None:
            await page.posted()
            return page.go("/entry")
        question = _question(asked, number)
        seen = looked_at(question, asked, await page.form(question.fields(asked)))
        say(data, question.name, {name: value for name, value in seen.values.items() if name not in seen.errors})
        if seen.errors:
            return page.again(seen)
        page.taken()
        return page.go("/entry/check" if number == len(questions(asked.route)) else f"/entry/{number + 1}")

    return [begin, begun, ask, answer]


def _question(asked: Asked, number: int) -> Question:
    """By the number that the portal gives it. Raises Problem 404."""
    found = questions(asked.route)
    if not _FIRST <= number <= len(found):
        raise not_found()
    return found[number - 1]
