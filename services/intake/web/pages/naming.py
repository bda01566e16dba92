"""Her name on one of her routes: given later, by whoever wrote without one, after she was told who will learn it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field, NotAForm, read
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_
from policy.model import Policy
from services.intake.bodies import AnswerRelease, GiveName, ReleaseSeen, RouteSeen
from services.intake.domain.codes import NAMED_AT
from services.intake.domain.writers import for_somebody_else
from services.intake.intake import utc_now
from services.intake.use_cases.give_name import give_name
from services.intake.use_cases.release_identity import answer_release
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.inbox import ONCE, SAID, Reading, done, once_of, reading
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions_asked import ROOM, staff_number


@dataclass(frozen=True)
class ReleaseShown:
    """To whom her name was given or is to be given, and for what, in words. `field`: where she may answer."""

    which: UUID
    role: str
    purpose: str
    field: Field | None
    agrees: str | None
    since: date | None
    until: date | None
    over: bool


NAME: Final = Field(
    "name",
    "text",
    N_("What should we call you?"),
    hint=N_("Any name you like. Whoever deals with it reads this."),
    longest=ROOM,
)
NUMBER: Final = staff_number(
    "my_number", N_("Your staff number"), N_("With it we can protect you. You can leave it empty.")
)
_NUMBER_ALONE: Final = replace(NUMBER, hint=N_("With it we can protect you."))
_OTHERS: Final = "somebody_else"
WRITER: Final = Field(
    "writer",
    "radios",
    N_("Did it happen to you?"),
    hint=N_("You can leave this empty."),
    choices=(
        Choice("myself", N_("It happened to me")),
        Choice(_OTHERS, N_("It happened to somebody else")),
    ),
)
NO_WATCH: Final = Field("no_watch", "yes", N_("I do not want the ethics office to watch over me"))
_WHICH: Final = "which"
_NOTHING: Final = N_("Enter a name or your staff number, or leave everything as it is.")
_NO_NUMBER: Final = N_("Enter your staff number, or leave everything as it is.")

_WHO_READS: Final = {
    "informal_resolution": N_("Whoever listens to you reads it. It is destroyed with the talk."),
    "support_referral": N_("Whoever helps you reads it, and nobody else."),
    "supervisor_request": N_("The manager whom you told reads it."),
    "retaliation": N_("The ethics office reads it."),
    "formal_report": N_("Whoever deals with it at the oversight office reads what you are called."),
    "sea_report": N_("Whoever deals with it at the oversight office reads what you are called."),
    "data_request": N_("The data protection officer reads it."),
}


def _agreed(release_id: str) -> Field:
    """Each has its own name, since several stand on one page."""
    return Field(
        f"agreed-{release_id[:8]}",
        "radios",
        N_("May this person learn who you are?"),
        choices=(Choice("yes", N_("Yes")), Choice("no", N_("No"))),
        missing=N_("Choose yes or no, or go back."),
    )


def _release(policy: Policy, release: ReleaseSeen) -> ReleaseShown:
    purpose = policy.identity_purposes.get(release.purpose)
    return ReleaseShown(
        which=release.release_id,
        role=words.ROLES.get(release.role, words.SOMEBODY),
        purpose=purpose.name if purpose else words.ANOTHER_PURPOSE,
        field=_agreed(str(release.release_id)) if release.asked and not release.over else None,
        agrees={None: None, True: "yes", False: "no"}[release.agrees],
        since=release.since,
        until=release.until,
        over=release.over,
    )


def _fields(policy: Policy, route: RouteSeen) -> tuple[Field, ...]:
    """Where somebody else is named already whom it happened to, she wrote for that person."""
    known = any(one.affected_individual for one in route.parties)
    protects = policy.routes[route.route].protects
    asked = (_NUMBER_ALONE,) if route.named else (NAME, NUMBER)
    return *asked, *(() if known else (WRITER,)), *((NO_WATCH,) if protects else ())


@get("/{language:str}/inbox/{route:str}/name", include_in_schema=False)
async def name(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    found = (await reading(page, portal)).route(route)
    policy = portal.intake.policy
    return page.show(
        "name.html",
        path=route,
        name=words.ROUTES[found.route],
        closed=found.closed,
        named=found.named,
        numbered=found.numbered,
        who_reads=_WHO_READS[found.route],
        kept_by_custodian=policy.routes[found.route].service in NAMED_AT,
        fields=_fields(policy, found),
        by_release=policy.routes[found.route].keeps_reporter,
        releases=[_release(policy, one) for one in found.releases],
        once=uuid4(),
    )


@post("/{language:str}/inbox/{route:str}/name", include_in_schema=False)
async def give(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    """A name or a number where there is none; where there are both, her answer to who may learn it."""
    form = await page.posted()
    seen = await reading(page, portal)
    found = seen.route(route)
    try:
        return await (_answer if _WHICH in form else _give)(page, portal, seen, found, form)
    except NotAForm:
        raise NotOurs from None


async def _give(
    page: Page, portal: Portal, seen: Reading, found: RouteSeen, form: Mapping[str, Sequence[str]]
) -> Response[Any]:
    # All of it, also what is no longer asked: what is sent twice is no other form.
    posted = read([NAME, NUMBER, WRITER, NO_WATCH, ONCE], form)
    once, values = once_of(posted.values), posted.values
    if not values.keys() & {NAME.name, NUMBER.name}:
        posted.errors.update({NUMBER.name: _NO_NUMBER} if found.named else {NAME.name: _NOTHING})
    if posted.errors:
        return page.again(posted)
    called, number = values.get(NAME.name), values.get(NUMBER.name)
    # Whoever says nothing of it counts as when it was sent.
    others = values[WRITER.name] == _OTHERS if WRITER.name in values else for_somebody_else(found.route, {})
    given = GiveName(
        report_id=found.report_id,
        action_id=once,
        name=page.language.text(N_("Name: %(words)s"), words=called) if called else None,
        staff_id=str(number) if number else None,
        for_somebody_else=others,
        watch_for_retaliation=NO_WATCH.name not in values,
    )
    return await done(
        page, "named" if called else "numbered", lambda: give_name(portal.intake, seen.code, given, utc_now())
    )


async def _answer(
    page: Page, portal: Portal, seen: Reading, found: RouteSeen, form: Mapping[str, Sequence[str]]
) -> Response[Any]:
    """Her yes or no to somebody's learning it, which she may change as long as it is not over."""
    asked = next((one for one in found.releases if [str(one.release_id)] == form[_WHICH]), None)
    if asked is None or asked.over:
        page.needs_session().data[SAID] = "moved_on"
        return page.go("/inbox")
    field = _agreed(str(asked.release_id))
    posted = read([field], form)
    if posted.errors:
        return page.again(posted)
    agreed = posted.values[field.name] == "yes"
    given = AnswerRelease(report_id=found.report_id, release_id=asked.release_id, agreed=agreed)
    return await done(page, "changed", lambda: answer_release(portal.intake, seen.code, given, utc_now()))


ROUTES: Final = [name, give]
