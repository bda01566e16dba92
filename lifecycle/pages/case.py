"""A case: where it stands, what may be done now and by which form, why the rest may not, what has happened."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Field, NotAForm, Read, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.problems import Problem, not_found
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.model import Actor
from lifecycle.pages.desk_pages import DeskPages, known_of, newest_first, short
from lifecycle.pages.offers import form_of, named, taken
from lifecycle.pages.panels import Panels
from lifecycle.views import CaseSeen, OfferSeen, TakeAction, shown

DONE = "done"
"""In the session: the action that was just taken, shown once."""


def routes(of: DeskPages, panels: Panels) -> list[HTTPRouteHandler]:
    desk = of.desk

    async def seen(case_id: UUID, staff_id: str) -> tuple[Actor, CaseSeen]:
        row, actor = await at_desk.show_case(desk, case_id, staff_id)
        return actor, shown(desk, row, actor, datetime.now(UTC))

    def questions(offer: OfferSeen, case: CaseSeen) -> list[Field]:
        return form_of(offer, case.lifecycle, of.wording, panels.spreads)

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
            known=known_of(desk, case, panels.hides),
            steps=newest_first(case),
            purposes=sorted(desk.purposes[case.lifecycle]),
            done=done,
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, case.lifecycle),
            **await panels.beside(of, page, case, actor),
        )

    @get("/{language:str}/cases/{case_id:uuid}/do/{action:str}", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        action: FromPath[str],
    ) -> Response[Any]:
        _, case = await seen(case_id, signed_in.staff_id)
        offer = named(case.offers, action)
        if offer is None:
            raise not_found()
        return page.show(
            "desk/act.html",
            case=case,
            offer=offer,
            fields=questions(offer, case),
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, case.lifecycle),
        )

    @post("/{language:str}/cases/{case_id:uuid}/do/{action:str}", include_in_schema=False)
    async def act(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        action: FromPath[str],
    ) -> Response[Any]:
        """The version that the page has shown goes with it, and an id, so that sent twice it is taken once."""
        posted = await page.posted()
        _, case = await seen(case_id, signed_in.staff_id)
        offer = named(case.offers, action)
        if offer is None:
            raise not_found()
        try:
            found = read(questions(offer, case), posted)
            once, version = UUID(posted["once"][0]), int(posted["version"][0])
        except (NotAForm, KeyError, ValueError):
            raise NotOurs from None
        sent = Read(found.values | {"once": str(once), "version": version}, found.errors)
        if found.errors:
            return page.again(sent)
        if action in panels.decides:
            # With what was seen: after the sign-in it is still that version which is decided on.
            page.keep(sent)
            require_recent(signed_in, datetime.now(UTC))
        facts, texts = taken(offer, found.values, panels.spreads)
        data = TakeAction(action_id=once, action=action, facts=facts, texts=texts)
        try:
            await at_desk.take_action(desk, of.sender, case_id, data, signed_in.staff_id, f'"{version}"')
        except Problem as problem:
            if problem.status == 404:
                raise
            asked = {one.name for one in questions(offer, case)}
            where = str(problem.facts.get("field", "")).rpartition(".")[2]
            why = of.why(page, problem, case.lifecycle)
            # Where nobody knows whether it was recorded, it is sent again as the same; else it is looked at anew.
            values = sent.values if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else found.values
            return page.again(Read(values, {where if where in asked else "form": why}))
        page.taken()
        page.needs_session().data[DONE] = action
        return page.go(f"/cases/{case_id}")

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

    return [show, ask, act, ask_conflict, declare_conflict]
