"""Changing what happens: what her case offers her, each act on a page of its own that says first what follows from it;
who must not deal with it; whether the ethics office may write.
"""

import re
from typing import Any, Final
from uuid import uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.bodies import Act, AddParties, AnswerConsent, RouteSeen
from services.intake.intake import utc_now
from services.intake.use_cases.protect import ETHICS_CONTACT, answer_consent
from services.intake.use_cases.send_message import act, add_parties
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.inbox import ONCE, SAID, Reading, done, measure_of, once_of, reading
from services.intake.web.pages.offers import Offered, offered
from services.intake.web.pages.portal import Portal

_MOST: Final = 20
_STAFF_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PEOPLE: Final = Field(
    "people",
    "area",
    N_("Staff numbers of people who must not deal with this"),
    hint=N_("One on each line. Nobody is ever taken off this list."),
    missing=N_("Enter a staff number, or go back."),
)
_WRONG_PEOPLE: Final = N_("Enter one staff number on each line, at most 20. A staff number has letters and digits.")
ETHICS: Final = Field(
    "agreed",
    "yes",
    N_("The ethics office may contact me"),
    hint=N_("It asks how you are, and whether you were punished for speaking up."),
)
_AGREES: Final = frozenset({("interim_measure", "consent_to_measure"), ("interim_measure", "renew_consent")})
_OTHERS_DECIDE: Final = _AGREES | {("interim_measure", "refuse_measure")}
ANY: Final = "any"
"""As her case tells it: she is asked about a measure whose kind nobody has chosen yet."""


@get("/{language:str}/inbox/{route:str}/change", include_in_schema=False)
async def change(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    seen = await reading(page, portal)
    found = seen.route(route)
    return page.show(
        "change.html",
        path=route,
        name=words.ROUTES[found.route],
        closed=found.closed,
        acts=[one for one in offered(found) if not one.asked],
        reports_formally=found.route == "formal_report",
    )


@get("/{language:str}/inbox/{route:str}/people", include_in_schema=False)
async def people(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    seen = await reading(page, portal)
    found = seen.route(route)
    return page.show("people.html", path=route, field=PEOPLE, listeners=_listeners(found), once=uuid4())


@post("/{language:str}/inbox/{route:str}/people", include_in_schema=False)
async def keep_people_out(
    page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]
) -> Response[Any]:
    posted = await page.form([PEOPLE, ONCE])
    seen = await reading(page, portal)
    found, once = seen.route(route), once_of(posted.values)
    named = list(dict.fromkeys(str(posted.values.get(PEOPLE.name, "")).split()))
    if named and (len(named) > _MOST or not all(map(_STAFF_ID.fullmatch, named))):
        posted.errors[PEOPLE.name] = _WRONG_PEOPLE
    if posted.errors:
        return page.again(posted)
    added = AddParties(report_id=found.report_id, action_id=once, not_these_people=named)
    return await done(page, "added", lambda: add_parties(portal.intake, seen.code, added, utc_now()))


@get("/{language:str}/inbox/{route:str}/contact", include_in_schema=False)
async def contact(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    seen = await reading(page, portal)
    return page.show("contact.html", path=route, field=ETHICS, agreed=seen.route(route).ethics_contact)


@post("/{language:str}/inbox/{route:str}/contact", include_in_schema=False)
async def answer_contact(
    page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]
) -> Response[Any]:
    posted = await page.form([ETHICS])
    seen = await reading(page, portal)
    given = ETHICS.name in posted.values
    answer = AnswerConsent(report_id=seen.route(route).report_id, consent=ETHICS_CONTACT, given=given)
    return await done(page, "changed", lambda: answer_consent(portal.intake, seen.code, answer, utc_now()))


@get("/{language:str}/inbox/{route:str}/{place:str}", include_in_schema=False)
async def an_act(
    page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str], place: FromPath[str]
) -> Response[Any]:
    seen = await reading(page, portal)
    offer = _offer(seen, route, place)
    if offer is None:
        return _no_more(page)
    about = (offer.case.lifecycle, offer.action)
    measure, effects = measure_of(offer.case) if about in _OTHERS_DECIDE else ("", ())
    return page.show(
        "act.html",
        path=route,
        act=offer,
        measure=measure,
        effects=effects,
        of_any_kind=about in _AGREES and offer.case.facts.get("measure") == ANY,
        deciders=_deciders(portal, seen.route(route), offer),
        once=uuid4(),
    )


@post("/{language:str}/inbox/{route:str}/{place:str}", include_in_schema=False)
async def do_act(
    page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str], place: FromPath[str]
) -> Response[Any]:
    seen = await reading(page, portal)
    offer = _offer(seen, route, place)
    if offer is None:
        await page.posted()
        return _no_more(page)
    posted = await page.form([*offer.fields, ONCE])
    once = once_of(posted.values)
    if posted.errors:
        return page.again(posted)
    facts, texts = offer.given(posted)
    action = Act(
        report_id=seen.route(route).report_id,
        lifecycle=offer.case.lifecycle,
        number=offer.case.number,
        action_id=once,
        action=offer.action,
        facts=facts,
        texts=texts,
    )
    return await done(page, "done", lambda: act(portal.intake, seen.code, action, utc_now()))


def _offer(seen: Reading, route: str, place: str) -> Offered | None:
    return next((one for one in offered(seen.route(route)) if one.place == place), None)


def _deciders(portal: Portal, route: RouteSeen, offer: Offered) -> list[tuple[str, list[str]]]:
    """Where she is asked to agree to a measure: who may decide it, by office and staff id. Before a kind is chosen, who
    may decide any. Whoever has a part in the matter decides nothing in it (invariant 32): whom she has named herself is
    not shown to her as one of them.
    """
    if (offer.case.lifecycle, offer.action) not in _OTHERS_DECIDE:
        return []
    policy, now = portal.intake.policy, utc_now()
    chosen = policy.measures.get(offer.case.facts.get("measure", ""))
    kinds = [chosen] if chosen else list(policy.measures.values())
    roles = dict.fromkeys(role for kind in kinds for role in kind.deciders)
    named = {who for one in route.parties for who in (*one.alleged_offender, *one.not_these_people)}
    held = {role: sorted({one.staff_id for one in policy.appointed(role, now)} - named) for role in roles}
    return [(words.DECIDERS.get(role, words.SOMEBODY), held[role]) for role in roles]


def _no_more(page: Page) -> Response[Any]:
    """The act is not open any more, or was never: her inbox shows what is."""
    page.needs_session().data[SAID] = "moved_on"
    return page.go("/inbox")


def _listeners(route: RouteSeen) -> list[tuple[str, str]]:
    """Whom she is told of: label and staff id."""
    return [one for case in route.cases for one in words.people_of(case)]


ROUTES: Final = [
    change,
    people,
    keep_people_out,
    contact,
    answer_contact,
    an_act,
    do_act,
]
