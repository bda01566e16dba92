"""What opens only after the code was typed again: all that she sent with the whole talk, and taking another way with
what she ticks of it. It stays open for that page alone: the inbox closes it.
"""

import hmac
from collections.abc import Iterator
from typing import Any, Final, cast
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field, Read
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from services.intake.bodies import Answers, Consents, LodgeReport, RouteSeen
from services.intake.intake import utc_now
from services.intake.route_list import TooManyRoutes
from services.intake.use_cases.lodge_report import StillBeingAnswered
from services.intake.use_cases.take_over import take_over
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.files import NOT_TAKEN, REMOVED, why_not
from services.intake.web.pages.inbox import ONCE, OPEN_PAGE, Reading, done, once_of, reading
from services.intake.web.pages.offers import isolated
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions_asks import choices_in
from services.intake.web.pages.questions_asks import fields as asks
from services.intake.web.pages.returning import FIELD, code_in

WHOLE: Final = "/inbox/whole"
FURTHER: Final = "/inbox/further"
_HEADINGS: Final = {WHOLE: N_("See what you sent"), FURTHER: N_("Take another way as well")}
_FULL: Final = N_("This code has no room for another way. Write on one that it has, or begin anew without it.")
_WRONG: Final = N_("This is not the code of this inbox. Look at each letter and number again.")

WAYS: Final = Field(
    "route",
    "radios",
    N_("Where would you like to go?"),
    choices=(
        Choice(
            "formal_report",
            words.ROUTES["formal_report"],
            N_("It looks into it. Once it has your report, it may go on without you."),
        ),
        Choice(
            "retaliation",
            words.ROUTES["retaliation"],
            N_("For pressure or punishment. Others see it only if that office asks them to look into it or to decide."),
        ),
        Choice(
            "informal_resolution",
            words.ROUTES["informal_resolution"],
            N_("Somebody listens. The organisation does not learn that you talked."),
        ),
        Choice(
            "support_referral", words.ROUTES["support_referral"], N_("Help for you. It needs no report and no proof.")
        ),
    ),
    missing=N_("Choose where you would like to go."),
)
MODE: Final = Field(
    "mode",
    "radios",
    N_("With your name or without?"),
    choices=(
        Choice(
            "confidential", N_("In confidence"), N_("Few people learn who you are. Names that you tick go with it.")
        ),
        Choice("anonymous", N_("Without my name"), N_("We do not record who you are. Your words may still show it.")),
    ),
    missing=N_("Choose one of the two."),
)
WORDS: Final = Field("what_happened", "area", N_("Anything to add?"), hint=N_("It can stay empty."))
NO_WATCH: Final = Field(
    "no_watch",
    "yes",
    N_("The ethics office is not to look out for me"),
    hint=N_(
        "After a formal report it looks out for people who are punished for it. It contacts you only with your yes."
    ),
)
_UNKNOWN: Final = N_("We do not know whether it was sent. Send it once more: it is taken once.")
_NOTHING: Final = N_("Tick what goes over, or write a few words.")


def _open(page: Page) -> bool:
    return page.needs_session().data.get(OPEN_PAGE) == page.path


def _closed(page: Page) -> Response[Any]:
    return page.go(page.path.replace("/inbox/", "/inbox/open/"))


@get("/{language:str}/inbox/open/{what:str}", include_in_schema=False)
async def ask_for_code(
    page: NamedDependency[Page], portal: NamedDependency[Portal], what: FromPath[str]
) -> Response[Any]:
    await reading(page, portal)
    return page.show("code_again.html", field=FIELD, heading=_opened_as(what)[1])


@post("/{language:str}/inbox/open/{what:str}", include_in_schema=False)
async def open_by_code(
    page: NamedDependency[Page], portal: NamedDependency[Portal], what: FromPath[str]
) -> Response[Any]:
    """Opens the page where the code is that of the session; the wrong one is not shown again."""
    found = await page.form([FIELD])
    seen, (path, _) = await reading(page, portal), _opened_as(what)
    if not hmac.compare_digest(str(code_in(str(found.values.get(FIELD.name, "")))), str(seen.code)):
        return page.again(Read(errors={FIELD.name: _WRONG}))
    page.taken()
    page.needs_session().data[OPEN_PAGE] = path
    return page.go(path)


def _opened_as(what: str) -> tuple[str, str]:
    """Path and heading. Raises Problem 404."""
    if (path := f"/inbox/{what}") not in _HEADINGS:
        raise not_found()
    return path, _HEADINGS[path]


@get("/{language:str}/inbox/whole", include_in_schema=False)
async def whole(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    if not _open(page):
        return _closed(page)
    return page.show("whole.html", routes=seen.inbox.routes, names=words.ROUTES, labels=words.ANSWERS, removed=REMOVED)


@get("/{language:str}/inbox/further", include_in_schema=False)
async def further(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    if not _open(page):
        return _closed(page)
    fields: dict[str, Any] = {
        "ways": WAYS,
        "mode": MODE,
        "writer": _writer(portal),
        "ticks": _ticks(page, seen),
        "words": WORDS,
        "no_watch": NO_WATCH,
    }
    return page.show("further.html", **fields, once=uuid4())


@post("/{language:str}/inbox/further", include_in_schema=False)
async def go_further(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    if not _open(page):
        await page.posted()
        return _closed(page)
    ticks = _ticks(page, seen)
    posted = await page.form([WAYS, MODE, *_writer(portal), ticks, WORDS, NO_WATCH, ONCE])
    once, added = once_of(posted.values), posted.values.get(WORDS.name)
    if not posted.errors and not added and ticks.name not in posted.values:
        posted.errors[ticks.name] = _NOTHING
    if posted.errors:
        return page.again(posted)
    route = str(posted.values[WAYS.name])
    draft = LodgeReport(
        route=route,
        mode="anonymous" if posted.values[MODE.name] == "anonymous" else "confidential",
        language=page.language.code,
        answers=Answers(what_happened=str(added)) if added else Answers(),
        consents=Consents(ethics_contact=False),
        choices=choices_in(portal.intake.policy, route, posted.values),
        watch_for_retaliation=NO_WATCH.name not in posted.values,
        take_over=[UUID(item_id) for item_id in cast("list[str]", posted.values.get(ticks.name, []))],
    )
    try:
        return await done(page, "further", lambda: take_over(portal.intake, seen.code, draft, str(once), utc_now()))
    except StillBeingAnswered:
        posted.errors[WAYS.name] = _UNKNOWN
    except TooManyRoutes:
        posted.errors[WAYS.name] = _FULL
    except NOT_TAKEN as error:
        posted.errors[ticks.name] = why_not(error)
    return page.again(posted)


def _writer(portal: Portal) -> tuple[Field, ...]:
    """Who writes, as a formal report asks for it: who is not known to be affected is never asked here for a consent."""
    return asks(portal.intake.policy, "formal_report", ("writer",))


def _ticks(page: Page, seen: Reading) -> Field:
    """Each thing that she wrote and that can still be opened, nothing ticked beforehand."""
    return Field(
        "take_over",
        "checks",
        N_("What goes over?"),
        hint=N_("Only what you tick. Nothing on the new way leads back to the old one."),
        choices=tuple(
            Choice(str(item_id), f"{page.language.text(words.ROUTES[route.route])}: {label}", isolated(text))
            for route in seen.inbox.routes
            for item_id, label, text in _own(page, route)
        ),
    )


def _own(page: Page, route: RouteSeen) -> Iterator[tuple[UUID, str, str]]:
    """Id, what it is, and its words."""
    text = page.language.text
    for answer in route.answers:
        yield answer.item_id, text(words.ANSWERS.get(answer.name, answer.name)), answer.text
    for message in route.messages:
        if message.from_ == "you":
            yield message.item_id, text(N_("Message of %(day)s"), day=page.language.day(message.day)), message.text
    for file in route.files:
        yield file.item_id, file.name, page.language.day(file.day)
    for parties in route.parties:
        people = [parties.affected_individual, *parties.alleged_offender, *parties.not_these_people, parties.reporter]
        named = ", ".join(dict.fromkeys(who for who in people if who))
        yield parties.item_id, text(N_("The people whom you named")), named


ROUTES: Final = [ask_for_code, open_by_code, whole, further, go_further]
