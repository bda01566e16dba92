"""Reading what was written in a case, for a purpose, and writing to the person."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from chassis.web.attachments import attachment
from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Choice, Field, NotAForm, Read, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_
from chassis.web.problems import Problem
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.access import is_party
from lifecycle.desk import Desk
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import MESSAGES, DeskPages, short
from lifecycle.pages.panels import Panels
from lifecycle.pages.wording import Wording
from lifecycle.records import CaseRow
from lifecycle.views import LONGEST_MESSAGE, CaseSeen, ItemSeen, WriteMessage, shown

_READING = "reading:"
"""In the session, followed by the case: the purpose for which it is being read."""
MESSAGE = Field("text", "area", N_("Write to the person"), missing=N_("Write a few words."), longest=LONGEST_MESSAGE)


def _facts_in(item: ItemSeen) -> Any:
    """What a service itself keeps of a case, by names that its wording has."""
    return json.loads(item.text)


def _uses(case: CaseSeen) -> list[tuple[str, str]]:
    """The open steps that name a message of the desk's, and as what."""
    return [
        (offer.action, one["name"])
        for offer in case.offers
        if offer.open
        for one in offer.fields
        if one["name"] in MESSAGES
    ]


def purpose_of(desk: Desk, wording: Wording, row: CaseRow, actor: Actor) -> Field:
    purposes = sorted(at_desk.may_read_for(desk, row, actor))
    choices = tuple(Choice(one, wording.of("purpose", one, row.lifecycle)) for one in purposes)
    return Field(
        "purpose",
        "radios",
        N_("What do you read it for?"),
        hint=N_("Your answer stands in the access log."),
        choices=choices,
        missing=N_("Choose what you read it for."),
    )


def routes(of: DeskPages, panels: Panels) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/cases/{case_id:uuid}/reading", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        row, actor = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        return page.show(
            "desk/purpose.html",
            case_id=case_id,
            purpose=purpose_of(desk, of.wording, row, actor),
            party=is_party(actor),
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, row.lifecycle),
        )

    @post("/{language:str}/cases/{case_id:uuid}/reading", include_in_schema=False)
    async def begin(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        row, actor = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        found = await page.form([purpose_of(desk, of.wording, row, actor)])
        if found.errors:
            return page.again(found)
        if found.values["purpose"] in panels.discloses.get(row.lifecycle, ()):
            page.keep(found)
            require_recent(signed_in, datetime.now(UTC))
        page.taken()
        page.needs_session().data[f"{_READING}{case_id}"] = found.values["purpose"]
        return page.go(f"/cases/{case_id}/contents")

    @get("/{language:str}/cases/{case_id:uuid}/contents", include_in_schema=False)
    async def contents(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        """Each time it is shown is one reading in the trail."""
        purpose = page.needs_session().data.get(f"{_READING}{case_id}")
        if purpose is None:
            return page.go(f"/cases/{case_id}/reading")
        row, actor = await at_desk.show_case(desk, case_id, signed_in.staff_id)
        items = await at_desk.read_contents(desk, case_id, signed_in, purpose)
        return page.show(
            "desk/contents.html",
            case_id=case_id,
            items=items,
            facts_in=_facts_in,
            opens_files=at_desk.may_open_files(desk, row, actor),
            uses=_uses(shown(desk, row, actor, datetime.now(UTC))),
            purpose=purpose,
            message=MESSAGE if at_desk.may_write(desk, row, actor) else None,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, row.lifecycle),
        )

    @get("/{language:str}/cases/{case_id:uuid}/files/{item_id:uuid}", include_in_schema=False)
    async def file(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        item_id: FromPath[UUID],
    ) -> Response[Any] | Stream:
        """A file to keep, for the purpose that the case is being read for; each is one reading in the trail."""
        purpose = page.needs_session().data.get(f"{_READING}{case_id}")
        if purpose is None:
            return page.go(f"/cases/{case_id}/reading")
        found = await at_desk.read_file(desk, case_id, item_id, signed_in, purpose)
        return attachment(found.name, found.size, found.parts)

    @post("/{language:str}/cases/{case_id:uuid}/contents", include_in_schema=False)
    async def write(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        posted = await page.posted()
        try:
            found, once = read([MESSAGE], posted), UUID(posted["once"][0])
        except (NotAForm, KeyError, ValueError):
            raise NotOurs from None
        if found.errors:
            return page.again(found)
        try:
            data = WriteMessage(action_id=once, text=str(found.values["text"]))
            await at_desk.write_message(desk, case_id, signed_in, data)
        except Problem as problem:
            if problem.status == 404:
                raise
            # It may have arrived: sent again it is the same message.
            return page.again(Read(found.values | {"once": str(once)}, {"text": of.why(page, problem)}))
        page.taken()
        return page.go(f"/cases/{case_id}/contents")

    return [ask, begin, contents, file, write]
