"""Her inbox: what happens on each of her routes, what is new, what she is asked; and writing to a desk.

Whoever found her code sees little: how it stands and what is new. What she wrote, and the whole talk, are on a page
that asks for the code again (`whole`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.access_code import AccessCode
from chassis.sealing import tag
from chassis.web.pages.forms import Field
from chassis.web.pages.page import NotOurs, Page, PageClosed
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from services.intake.bodies import CaseSeen, Inbox, MessageSeen, RouteSeen, SendMessage
from services.intake.intake import AlreadyErased, NothingHere, utc_now
from services.intake.use_cases.give_name import AlreadyNamed
from services.intake.use_cases.lodge_report import IdempotencyKeyReused
from services.intake.use_cases.read_inbox import read_inbox
from services.intake.use_cases.send_message import PassedOnMeanwhile, send_message
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages import words_of_dates as dates
from services.intake.web.pages.offers import Offered, offered
from services.intake.web.pages.portal import Portal

CODE: Final = "code"
"""Where a session keeps the code that it was opened with."""
OPEN_PAGE: Final = "open_page"
"""Where it keeps which page the code was typed again for."""
SAID: Final = "said"
_SAID: Final = {
    "sent": N_("Your message has been sent."),
    "file": N_("Your file has been sent. The cleaned copy lies with what you sent."),
    "done": N_("It has been sent on. What becomes of it shows here in a moment."),
    "added": N_("It has been sent. It shows here in a moment."),
    "changed": N_("This has been changed."),
    "numbered": N_("Your staff number has been given on this way."),
    "named": N_("Your name has been given on this way. It shows with what you sent."),
    "moved_on": N_("Things have moved on, and this is not open any more. Look at what is possible now."),
    "stands": N_("What you sent before stands. What you changed since was not sent. You can write it in your inbox."),
    "over": N_("What was written there has been destroyed. Nothing was sent."),
}
_ONCE: Final = "once"


@dataclass(frozen=True)
class Reading:
    """What the session's code opens now."""

    code: AccessCode
    inbox: Inbox

    def path_of(self, route: RouteSeen) -> str:
        """It stays the same, and is no use without the code."""
        return tag(self.code.list_key(), "page", route.report_id.bytes)[:4].hex()

    def route(self, path: str) -> RouteSeen:
        """Raises Problem 404."""
        found = [one for one in self.inbox.routes if self.path_of(one) == path]
        if not found:
            raise not_found()
        return found[0]


async def reading(page: Page, portal: Portal) -> Reading:
    """Raises PageClosed where there is no code in the session, or where it opens nothing any more."""
    session = page.needs_session()
    if CODE not in session.data:
        raise PageClosed
    code = AccessCode.parse(session.data[CODE])
    try:
        return Reading(code, await read_inbox(portal.intake, code, utc_now()))
    except NothingHere:
        page.end()
        raise PageClosed from None


@dataclass(frozen=True)
class CaseShown:
    """A case in words: how it stands, and what she alone is told of it. `people` are staff ids; `effects`: what becomes
    of something, and of what all; `next_date`: what it is the date of, and the date.
    """

    name: str
    status: str
    next_date: tuple[str, datetime] | None
    people: tuple[tuple[str, str], ...]
    days: tuple[tuple[str, datetime], ...]
    measure: str
    effects: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class RouteShown:
    """`sent`: the day, where another route in this inbox has the same name; `place`: which of them it is, where they
    were sent on the same day too.
    """

    path: str
    name: str
    sent: date | None
    place: int
    closed: bool
    named: bool
    wants_name: bool
    mails_ended: bool
    next_date: datetime | None
    cases: tuple[CaseShown, ...]
    refused: tuple[str, ...]
    newest: Sequence[MessageSeen]
    asked: tuple[Offered, ...]
    field: Field


@get("/{language:str}/inbox", include_in_schema=False)
async def inbox(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    session = page.needs_session()
    session.data.pop(OPEN_PAGE, None)
    said = session.data.pop(SAID, None)
    wording = portal.intake.policy.wording
    return page.show(
        "inbox.html",
        routes=[
            RouteShown(
                path=seen.path_of(route),
                name=words.ROUTES[route.route],
                **told_apart(route, seen.inbox.routes),
                closed=route.closed,
                named=route.named,
                wants_name=any(one.asked and one.agrees is None and not one.over for one in route.releases),
                mails_ended=route.mails_ended,
                next_date=None if route.cases else route.next_date,
                cases=tuple(_case(case, wording) for case in route.cases),
                refused=tuple({words.REFUSALS.get(one.code, words.NOT_DONE): None for one in route.refused_actions}),
                newest=newest(route.messages),
                asked=tuple(one for one in offered(route) if one.asked),
                field=writing(seen.path_of(route)),
            )
            for route in seen.inbox.routes
        ],
        due=[one for one in seen.inbox.reminders if one.due],
        reminders=seen.inbox.reminders,
        given_anew=seen.inbox.given_anew,
        said=_SAID.get(said or ""),
        once=uuid4(),
    )


def told_apart(route: RouteSeen, routes: Sequence[RouteSeen]) -> dict[str, Any]:
    """What a route's heading says beside its name, as `RouteShown` has it."""
    alike = [one for one in routes if words.ROUTES[one.route] == words.ROUTES[route.route]]
    day = route.lodged_at.date()
    that_day = sorted((one for one in alike if one.lodged_at.date() == day), key=lambda one: one.lodged_at)
    return {
        "sent": day if len(alike) > 1 else None,
        "place": that_day.index(route) + 1 if len(that_day) > 1 else 0,
    }


def newest(messages: Sequence[MessageSeen]) -> Sequence[MessageSeen]:
    """What the desk wrote since she last did; where that is nothing, its last message. Her own words are never among
    them, and no day on which she was here is kept to tell what is new.
    """
    since = next((at for at in range(len(messages), 0, -1) if messages[at - 1].from_ == "you"), 0)
    desks = [one for one in messages if one.from_ == "desk"]
    return messages[since:] or desks[-1:]


def _case(case: CaseSeen, wording: Mapping[str, str]) -> CaseShown:
    """A desk that tells her what there are no words for does not close her inbox to her."""
    facts = case.facts
    measure, effects = measure_of(case)
    told = ((label, _moment(facts.get(name, ""))) for name, label in words.DAYS.items())
    days = {label: at for label, at in told if at is not None}
    label = dates.CLOCKS.get(case.next_clock, dates.NEXT)
    return CaseShown(
        name=words.CASES.get(case.lifecycle, words.ANOTHER_CASE),
        status=wording.get(case.wording_key) or wording.get(f"{case.lifecycle}.{case.state}") or words.UNDER_WAY,
        next_date=(label, case.next_date) if case.next_date and label not in days else None,
        people=words.people_of(case),
        days=tuple(days.items()),
        measure=measure,
        effects=effects,
    )


def measure_of(case: CaseSeen) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """What changes for her, and what becomes of pay and the rest; empty where she is told of no measure."""
    measure, becomes = case.facts.get("measure", ""), dict[str, list[str]]()
    for name, label in words.EFFECTS.items():
        if (what := case.facts.get(words.EFFECT + name)) is not None:
            becomes.setdefault(words.BECOMES.get(what, what), []).append(label)
    return words.MEASURES.get(measure, measure), tuple((what, tuple(labels)) for what, labels in becomes.items())


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def writing(path: str) -> Field:
    """The field of a route's form: each has its own name, since they stand on one page."""
    return Field(
        f"text-{path}",
        "area",
        N_("Write a message"),
        hint=N_("A few words are enough."),
        missing=N_("Write a few words, or go back to the inbox."),
    )


@get("/{language:str}/inbox/{route:str}/write", include_in_schema=False)
async def write(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    seen = await reading(page, portal)
    found = seen.route(route)
    return page.show(
        "write.html",
        path=route,
        name=words.ROUTES[found.route],
        closed=found.closed,
        newest=newest(found.messages),
        field=writing(route),
        once=uuid4(),
    )


@post("/{language:str}/inbox/{route:str}/write", include_in_schema=False)
async def send(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    field = writing(route)
    posted = await page.form([field, ONCE])
    seen = await reading(page, portal)
    found, once = seen.route(route), once_of(posted.values)
    if posted.errors:
        return page.again(posted)
    message = SendMessage(report_id=found.report_id, text=str(posted.values[field.name]))
    return await done(page, "sent", lambda: send_message(portal.intake, seen.code, message, utc_now(), once=once))


ONCE: Final = Field(_ONCE, "text", "")
"""The hidden field by which a form that is sent twice is taken once."""


def once_of(values: Any) -> UUID:
    """Raises NotOurs: no form of ours leaves it out."""
    try:
        return UUID(str(values.get(_ONCE)))
    except ValueError:
        raise NotOurs from None


async def done(page: Page, said: str, act: Any) -> Response[Any]:
    """Does it, and says so in the inbox. Where the report goes to another desk meanwhile, once more to that one."""
    session = page.needs_session()
    try:
        try:
            await act()
        except PassedOnMeanwhile:
            await act()
    except AlreadyErased:
        said = "over"
    except (IdempotencyKeyReused, AlreadyNamed):
        said = "stands"
    page.taken()
    session.data[SAID] = said
    return page.go("/inbox")


@post("/{language:str}/inbox/close", include_in_schema=False)
async def close(page: NamedDependency[Page]) -> Response[Any]:
    """Ends the session; the code opens the inbox again."""
    await page.posted()
    page.end()
    return page.go("/")


ROUTES: Final = [inbox, write, send, close]
