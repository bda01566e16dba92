"""The forms on which somebody of the staff opens a case that nobody has lodged."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Field, NotAForm, Read, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_
from chassis.web.problems import Problem, not_found
from chassis.web.sign_in import SignedIn
from lifecycle.changes import field_of
from lifecycle.desk import Desk
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.offers import form_of, taken
from lifecycle.views import OfferSeen
from services.workflow.web.concerned_people import AFFECTED, named, offenders
from services.workflow.web.openings import FIRST, Concerned, OpenCase, open_one

HOME: Final = "/openings"
_PEOPLE: Final = (offenders(missing=N_("Name somebody.")), AFFECTED)


def theirs(desk: Desk, staff_id: str, now: datetime) -> list[str]:
    """The kinds of matter that somebody holds a role to open."""
    roles = desk.policy.roles_of(staff_id, now)
    return [name for name, action in FIRST.items() if roles & desk.lifecycles[name].by_action[action]]


def routes(of: DeskPages, decides: AbstractSet[str]) -> list[HTTPRouteHandler]:
    """`decides`: the first actions that want a sign-in of the last minutes."""
    desk = of.desk

    def offer_of(lifecycle: str, staff_id: str) -> OfferSeen:
        """The first action, as it is asked for in a case that there is not yet. Raises Problem 404."""
        if lifecycle not in theirs(desk, staff_id, datetime.now(UTC)):
            raise not_found()
        table = desk.lifecycles[lifecycle]
        rule = table.rule_of[table.opening.state, FIRST[lifecycle]]
        fields = [field_of(replace(one, choices=one.options(desk.policy))) for one in rule.fields]
        return OfferSeen(action=rule.action, open=True, refused=None, fields=fields)

    def questions(offer: OfferSeen, lifecycle: str) -> list[Field]:
        return [*_PEOPLE, *form_of(offer, lifecycle, of.wording, {})]

    @get("/{language:str}/openings", include_in_schema=False)
    async def choose(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        return page.show(
            "openings.html",
            kinds=[(name, FIRST[name]) for name in theirs(desk, signed_in.staff_id, datetime.now(UTC))],
            staff=signed_in.staff_id,
            hint_of=of.wording.hint,
            **of.words_for(page),
        )

    @get("/{language:str}/openings/{lifecycle:str}", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], lifecycle: FromPath[str]
    ) -> Response[Any]:
        offer = offer_of(lifecycle, signed_in.staff_id)
        return page.show(
            "opening.html",
            offer=offer,
            fields=questions(offer, lifecycle),
            staff=signed_in.staff_id,
            **of.words_for(page, lifecycle),
        )

    @post("/{language:str}/openings/{lifecycle:str}", include_in_schema=False)
    async def send(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], lifecycle: FromPath[str]
    ) -> Response[Any]:
        posted = await page.posted()
        offer = offer_of(lifecycle, signed_in.staff_id)
        try:
            found, once = read(questions(offer, lifecycle), posted), UUID(posted["once"][0])
        except (NotAForm, KeyError, ValueError):
            raise NotOurs from None
        if found.errors:
            return page.again(found)
        if offer.action in decides:
            page.keep(found)
            require_recent(signed_in, datetime.now(UTC))
        facts, texts = taken(offer, found.values, {})
        parties = Concerned(**named(found.values))
        asked = OpenCase(lifecycle=lifecycle, action_id=once, parties=parties, facts=facts, texts=texts)
        try:
            opened = await open_one(desk, asked, signed_in.staff_id)
        except Problem as problem:
            if problem.status == 404:
                raise
            return page.again(Read(found.values, {"form": of.why(page, problem, lifecycle)}))
        page.taken()
        return page.go(f"/cases/{opened.case_id}")

    return [choose, ask, send]
