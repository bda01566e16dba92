"""A case: where it stands, what may be done now, why the rest may not, what has happened."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.pages.page import Page
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.access import is_party
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages, known_of, newest_first, short
from lifecycle.pages.next_steps import grouped
from lifecycle.pages.panels import Panels
from lifecycle.views import CaseSeen, shown

DONE = "done"
"""In the session: the action that was just taken, shown once."""


def _names(panels: Panels, page: Page, case: CaseSeen) -> dict[str, bool | int | str]:
    """What was chosen from a service's own list, by the name that the list has for it."""
    listed = {one: panels.listed[one](case, page.language.text) for one in panels.listed.keys() & case.facts.keys()}
    return {
        one: choice.label for one, choices in listed.items() for choice in choices if choice.value == case.facts[one]
    }


def routes(of: DeskPages, panels: Panels) -> list[HTTPRouteHandler]:
    desk = of.desk

    async def seen(case_id: UUID, staff_id: str) -> tuple[Actor, CaseSeen]:
        row, actor = await at_desk.show_case(desk, case_id, staff_id)
        unread = (await at_desk.unread_in(desk, [(row, actor)]))[case_id]
        return actor, shown(desk, row, actor, datetime.now(UTC), unread)

    @get("/{language:str}/cases/{case_id:uuid}", include_in_schema=False)
    async def show(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        actor, case = await seen(case_id, signed_in.staff_id)
        done = page.session.data.pop(DONE, None) if page.session else None
        return page.show(
            "desk/case.html",
            case=case,
            you=actor.name,
            said_to_you=of.wording.known("own", case.state, case.lifecycle) if is_party(actor) else "",
            known=known_of(desk, case, panels.hides) | _names(panels, page, case),
            open=grouped(desk.lifecycles[case.lifecycle], case, panels.themes),
            steps=newest_first(case),
            purposes=sorted(desk.purposes[case.lifecycle]),
            done=done,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, case.lifecycle),
            **await panels.beside(of, page, case, actor),
        )

    @get("/{language:str}/cases/{case_id:uuid}/conflict", include_in_schema=False)
    async def ask_conflict(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        _, case = await seen(case_id, signed_in.staff_id)
        return page.show(
            "desk/conflict.html", case=case, short=short, staff=signed_in.staff_id, **of.words_for(page, case.lifecycle)
        )

    @post("/{language:str}/cases/{case_id:uuid}/conflict", include_in_schema=False)
    async def declare_conflict(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], case_id: FromPath[UUID]
    ) -> Response[Any]:
        await page.posted()
        await at_desk.declare_conflict(desk, case_id, signed_in.staff_id)
        return page.go("/queue")

    return [show, ask_conflict, declare_conflict]
