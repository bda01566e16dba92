"""What was told to a manager, as he sees it, and the form on which he begins on what he has seen himself."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler

from chassis.web.pages.forms import Field, NotAForm, Read, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_
from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from lifecycle.at_desk import unread_in
from lifecycle.pages.desk_pages import DeskPages, short
from lifecycle.pages.open_cases import open_cases
from lifecycle.pages.queue import in_queue
from lifecycle.views import LONGEST_TEXT
from services.workflow.managers import REQUEST
from services.workflow.web.concerned_people import AFFECTED, named, offenders
from services.workflow.web.manager_requests import BeginRequest, Seen, begin

SEEN: Final = (
    AFFECTED,
    offenders(missing=""),
    Field(
        "what_was_seen",
        "area",
        N_("What you have seen"),
        hint=N_("Only what you saw or heard yourself. Ask nobody."),
        missing=N_("Write a few words."),
        longest=LONGEST_TEXT,
    ),
)


def routes(of: DeskPages) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/requests", include_in_schema=False)
    async def requests(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        found = await open_cases(desk, signed_in.staff_id, REQUEST)
        now, unread = datetime.now(UTC), await unread_in(desk, found)
        return page.show(
            "requests.html",
            cases=[in_queue(desk, row, actor, now, unread[row.case_id]) for row, actor in found],
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, REQUEST),
        )

    @get("/{language:str}/requests/new", include_in_schema=False)
    async def ask(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        return page.show("request_new.html", fields=SEEN, staff=signed_in.staff_id, **of.words_for(page, REQUEST))

    @post("/{language:str}/requests/new", include_in_schema=False)
    async def send(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        posted = await page.posted()
        try:
            found, once = read(SEEN, posted), UUID(posted["once"][0])
        except (NotAForm, KeyError, ValueError):
            raise NotOurs from None
        if found.errors:
            return page.again(found)
        words = str(found.values["what_was_seen"])
        asked = BeginRequest(action_id=once, parties=Seen(**named(found.values)), what_was_seen=words)
        try:
            begun = await begin(desk, asked, signed_in.staff_id)
        except Problem as problem:
            return page.again(Read(found.values, {"form": of.why(page, problem, REQUEST)}))
        page.taken()
        return page.go(f"/cases/{begun.case_id}")

    return [requests, ask, send]
