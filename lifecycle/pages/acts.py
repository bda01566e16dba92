"""The form of each action of a case, and the taking of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import structs

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Field, NotAForm, Read, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_
from chassis.web.problems import Problem, not_found
from chassis.web.sign_in import SignedIn
from lifecycle import at_desk
from lifecycle.changes import field_of
from lifecycle.model import Actor
from lifecycle.pages.case import DONE
from lifecycle.pages.desk_pages import MESSAGES, DeskPages, short
from lifecycle.pages.offers import form_of, named, taken
from lifecycle.pages.panels import Group, Panels
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.views import CaseSeen, OfferSeen, TakeAction, etag, shown

_CHOOSE: Final = N_("Choose one of these.")
_FIRST: Final = "first"
_BACK: Final = "back"
"""What the buttons of a form of two pages say: on from the first answers, and back to them."""


@dataclass(frozen=True)
class Form:
    """An action as somebody is asked for it. `first` is empty where all is on one page."""

    row: CaseRow
    actor: Actor
    case: CaseSeen
    offer: OfferSeen
    first: Sequence[Field]
    groups: Callable[[Mapping[str, Any]], Sequence[Group]]

    def fields(self, known: Mapping[str, Any]) -> list[Field]:
        return [*self.first, *(one for group in self.groups(known) for one in group.fields)]


async def _form(
    of: DeskPages, panels: Panels, text: Callable[[str], str], case_id: UUID, staff_id: str, action: str
) -> Form:
    """Raises Problem 404."""
    row, actor = await at_desk.show_case(of.desk, case_id, staff_id)
    case = shown(of.desk, row, actor, datetime.now(UTC))
    offer = named(case.offers, action)
    if offer is None:
        raise not_found()
    if not offer.open:
        # What somebody has written is read all the same, and stays to be read by them.
        offer = structs.replace(offer, fields=_fields_of(of, row, action))
    asked = form_of(offer, case.lifecycle, of.wording, panels.spreads)
    questions = {one.name: _listed(panels, text, case, one) for one in asked}
    arranged = panels.arranged.get(action)
    if arranged is None:
        whole = (Group("", tuple(questions.values())),)
        return Form(row, actor, case, offer, (), lambda _: whole)
    first = tuple(replace(questions[name], missing=_CHOOSE) for name in arranged.first if name in questions)
    policy = of.desk.policy_of(row)
    return Form(
        row, actor, case, offer, first, lambda known: arranged.groups(policy, questions, {**case.facts, **known})
    )


def _fields_of(of: DeskPages, row: CaseRow, action: str) -> list[dict[str, Any]]:
    """What the action asks for in the first state in which it is open."""
    rules = of.desk.lifecycles[row.lifecycle].rules
    rule = next((one for one in rules if one.action == action), None)
    policy, facts = of.desk.policy_of(row), from_json(row.data).facts
    asked = rule.fields if rule else ()
    return [field_of(replace(one, choices=one.options(policy, facts))) for one in asked]


def _listed(panels: Panels, text: Callable[[str], str], case: CaseSeen, one: Field) -> Field:
    """A reference that nobody has to look up is chosen."""
    listed = panels.listed.get(one.name)
    return replace(one, kind="radios", choices=tuple(listed(case, text))) if listed else one


def _chosen(page: Page) -> Mapping[str, str]:
    """The message that somebody comes from: an id, of which the page of the conversation has made a link."""
    asked = page.request.query_params
    return {name: str(asked[name]) for name in MESSAGES if re.fullmatch(r"[0-9a-f-]{36}", asked.get(name, ""))}


def routes(of: DeskPages, panels: Panels) -> list[HTTPRouteHandler]:
    desk = of.desk

    @get("/{language:str}/cases/{case_id:uuid}/do/{action:str}", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page],
        signed_in: NamedDependency[SignedIn],
        case_id: FromPath[UUID],
        action: FromPath[str],
    ) -> Response[Any]:
        asked = await _form(of, panels, page.language.text, case_id, signed_in.staff_id, action)
        chosen = {one.name: page.typed[one.name] for one in asked.first if one.name in page.typed}
        groups: Sequence[Group] = (Group("", asked.first),)
        begins = len(chosen) < len(asked.first)
        if asked.offer.open and not begins:
            found: Mapping[str, Any] = {}
            arranged = panels.arranged.get(action)
            if arranged and arranged.looks_up:
                require_recent(signed_in, datetime.now(UTC))
                found = await arranged.looks_up(desk, asked.row, asked.actor)
            groups = asked.groups({**chosen, **found})
        message = _chosen(page)
        return page.show(
            "desk/act.html",
            case=asked.case,
            version=etag(desk, asked.row, asked.actor),
            offer=asked.offer,
            begins=begins,
            first=asked.first,
            chosen=chosen,
            groups=groups,
            message=message,
            messages=MESSAGES,
            writes_first=any(one["name"] in MESSAGES - {*message, *page.typed} for one in asked.offer.fields),
            fields=[one for group in groups for one in group.fields],
            short=short,
            staff=signed_in.staff_id,
            **of.words_for(page, asked.case.lifecycle),
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
        asked = await _form(of, panels, page.language.text, case_id, signed_in.staff_id, action)
        step = next(iter(posted.get("step", ())), "")
        try:
            chosen = read(asked.first, posted)
            if step == _FIRST or chosen.errors:
                return page.again(Read({**page.typed, **chosen.values}, chosen.errors))
            found = read(asked.fields(chosen.values), posted)
            once, version = UUID(posted["once"][0]), posted["version"][0]
        except (NotAForm, KeyError, ValueError):
            raise NotOurs from None
        if step == _BACK:
            return page.again(Read({name: one for name, one in found.values.items() if name not in chosen.values}))
        sent = Read(found.values | {"once": str(once), "version": version}, found.errors)
        if found.errors:
            return page.again(sent)
        if action in panels.decides:
            # With what was seen: after the sign-in it is still that version which is decided on.
            page.keep(sent)
            require_recent(signed_in, datetime.now(UTC))
        facts, texts = taken(asked.offer, found.values, panels.spreads)
        data = TakeAction(action_id=once, action=action, facts=facts, texts=texts)
        try:
            await at_desk.take_action(desk, of.sender, case_id, data, signed_in.staff_id, f'"{version}"')
        except Problem as problem:
            if problem.status == HTTPStatus.NOT_FOUND:
                raise
            names = {one.name for one in asked.fields(chosen.values)}
            where = str(problem.facts.get("field", "")).rpartition(".")[2]
            why = of.why(page, problem, asked.case.lifecycle)
            # Where nobody knows whether it was recorded, it is sent again as the same; else it is looked at anew.
            values = sent.values if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else found.values
            return page.again(Read(values, {where if where in names else "form": why}))
        page.taken()
        page.needs_session().data[DONE] = action
        return page.go(f"/cases/{case_id}")

    return [ask, act]
