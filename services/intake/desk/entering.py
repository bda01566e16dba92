"""The registrar's desk: what reached the organisation by e-mail, phone, paper or in person is entered as it was told.

It is asked as the portal asks, and lodged as the portal lodges. What is entered lies in the session and goes from there
with the code, which is shown until somebody says that it was handed over; nothing is listed here afterwards.
"""

import secrets
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field, Read, as_day, as_moment
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.intake.bodies import LodgeReport
from services.intake.desk.tasks import GIVEN, check_role
from services.intake.intake import Intake, utc_now
from services.intake.parties import Parties
from services.intake.use_cases.lodge_report import Entry, IdempotencyKeyReused, lodge_report, what_stands
from services.intake.web.pages.asking import LARGEST
from services.intake.web.pages.asking_draft import SAID, say
from services.intake.web.pages.questions import DIRECT, JOURNEYS, asked_on, looked_at, questions
from services.intake.web.pages.questions_asked import Asked, Question
from services.intake.web.pages.questions_first import BEGINNING
from services.intake.web.pages.questions_options import OPTIONS, READERS
from services.intake.web.pages.sending_draft import parts, report_of, still_needed
from services.intake.web.public import check_complete

CAME: Final[Mapping[str, tuple[str, str]]] = {
    "mail": (N_("By e-mail"), N_("The registry entered this. It came by e-mail on %(day)s.")),
    "phone": (N_("By phone"), N_("The registry entered this. It was told by phone on %(day)s.")),
    "paper": (N_("On paper"), N_("The registry entered this. It came on paper on %(day)s.")),
    "in_person": (N_("In person"), N_("The registry entered this. It was told in person on %(day)s.")),
}
"""How it came, as it is asked and as it is sealed with what was told."""
BEGIN: Final = (
    Field(
        "how",
        "radios",
        N_("How did it come?"),
        choices=tuple(Choice(name, label) for name, (label, _) in CAME.items()),
        missing=N_("Choose how it came."),
    ),
    Field(
        "received",
        "moment",
        N_("When did it first reach the organisation?"),
        hint=N_("At whichever office or person. Every date for an answer is counted from here."),
        missing=N_("Enter the day on which it came."),
    ),
    Field(
        "way",
        "radios",
        N_("What is asked for?"),
        hint=N_("As it was told. Ask back only if that was offered."),
        choices=tuple(Choice(way, OPTIONS[way].name) for way in JOURNEYS if way != DIRECT),
        missing=N_("Choose what is asked for."),
    ),
)
STEP: Final = Field("step", "radios", "", choices=(Choice("lodge", ""), Choice("delete", "")))
_ENTRY: Final = "entry"
_KEY: Final = "key"
_FIRST: Final = len(BEGINNING) + 1
_AHEAD: Final = N_("This is in the future. Enter the day on which it came.")


def routes(intake: Intake) -> list[HTTPRouteHandler]:
    @get("/{language:str}/entry", include_in_schema=False)
    async def begin(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        return page.show("entry.html", fields=BEGIN, entry=data.get(_ENTRY, {}), staff=signed_in.staff_id)

    @post("/{language:str}/entry", include_in_schema=False)
    async def begun(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        found = _not_ahead(await page.form(BEGIN), utc_now())
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        if found.errors:
            return page.again(found)
        page.taken()
        data[_ENTRY] = found.values | {_KEY: secrets.token_urlsafe(16)}
        return page.go(f"/entry/{_FIRST}")

    @get("/{language:str}/entry/{number:int}", include_in_schema=False)
    async def ask(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], number: FromPath[int]
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        asked = _asked(intake, data)
        if asked is None:
            return page.go("/entry")
        question = _question(asked, number)
        return page.show(
            "entry_question.html",
            question=question,
            fields=question.fields(asked),
            said=asked.said.get(question.name, {}),
            back=f"/entry/{number - 1}" if number > _FIRST else "/entry",
            staff=signed_in.staff_id,
        )

    @post("/{language:str}/entry/{number:int}", include_in_schema=False, request_max_body_size=LARGEST)
    async def answer(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], number: FromPath[int]
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        asked = _asked(intake, data)
        if asked is None:
            await page.posted()
            return page.go("/entry")
        question = _question(asked, number)
        seen = looked_at(question, asked, await page.form(question.fields(asked)))
        say(data, question.name, {name: value for name, value in seen.values.items() if name not in seen.errors})
        if seen.errors:
            return page.again(seen)
        page.taken()
        return page.go("/entry/check" if number == len(questions(asked.route)) else f"/entry/{number + 1}")

    @get("/{language:str}/entry/check", include_in_schema=False)
    async def check(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        asked = _asked(intake, data)
        if asked is None:
            return page.go("/entry")
        return page.show(
            "entry_check.html",
            came=CAME[data[_ENTRY]["how"]][0],
            received=_received(data),
            way=OPTIONS[asked.route].name,
            parts=list(parts(asked)),
            needed=still_needed(asked),
            own=_names(_draft(page, asked), signed_in),
            readers=READERS[asked.route],
            as_day=as_day,
            last=len(questions(asked.route)),
            staff=signed_in.staff_id,
        )

    @post("/{language:str}/entry/check", include_in_schema=False)
    async def lodge(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        """However often it is pressed: one report, one code, and nothing of it here."""
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        found = await page.form([STEP])
        asked = _asked(intake, data)
        if found.values.get(STEP.name) == "delete":
            _forget(data)
            return page.go("/tasks")
        if GIVEN in data or asked is None:
            return page.go("/code" if GIVEN in data else "/entry")
        draft = _draft(page, asked)
        if still_needed(asked) or _names(draft, signed_in):
            return page.go("/entry/check")
        check_complete(intake, draft)
        given = await _lodged(intake, draft, Entry(signed_in.staff_id, _received(data), _how(page, draft, data)), data)
        _forget(data)
        data[GIVEN] = given
        return page.go("/code")

    return [begin, begun, ask, answer, check, lodge]


async def _lodged(intake: Intake, draft: LodgeReport, entry: Entry, data: Mapping[str, Any]) -> str:
    """The code that is to be handed over."""
    key = data[_ENTRY][_KEY]
    try:
        receipt = await lodge_report(intake, draft, key, utc_now(), entry)
    except IdempotencyKeyReused:
        # It was lodged before, by an answer that was lost; what was changed since is the person's to add.
        _, receipt = await what_stands(intake, key, None)
    return str(receipt.access_code)


def _how(page: Page, draft: LodgeReport, data: Mapping[str, Any]) -> str:
    """In the person's language."""
    said_in = page.pages.words.languages.get(draft.language, page.language)
    return said_in.text(CAME[data[_ENTRY]["how"]][1], day=said_in.day(_received(data)))


def _not_ahead(found: Read, now: datetime) -> Read:
    received = as_moment(str(found.values.get("received", "")))
    ahead = {"received": _AHEAD} if received is not None and received > now else {}
    return Read(found.values, found.errors | ahead)


def _asked(intake: Intake, data: Mapping[str, Any]) -> Asked | None:
    """None before it is said how it came, and after it was lodged."""
    if _ENTRY not in data:
        return None
    said = {name.removeprefix(SAID): of for name, of in data.items() if name.startswith(SAID)}
    return asked_on(intake.policy, data[_ENTRY]["way"], said)


def _question(asked: Asked, number: int) -> Question:
    """By the number that the portal gives it. Raises Problem 404."""
    found = questions(asked.route)
    if not _FIRST <= number <= len(found):
        raise not_found()
    return found[number - 1]


def _received(data: Mapping[str, Any]) -> datetime:
    received = as_moment(data[_ENTRY]["received"])
    assert received is not None  # the form has read it
    return received


def _draft(page: Page, asked: Asked) -> LodgeReport:
    """In the person's language. A consent is hers to give: none is given for her."""
    language = str(asked.given.get("language", page.language.code))
    said_in = page.pages.words.languages.get(language, page.language)
    return report_of(asked, language, said_in.text, ethics_contact=False)


def _names(draft: LodgeReport, signed_in: SignedIn) -> bool:
    """Whether the one who enters it is a person in it, who has no part in it otherwise (invariant 32)."""
    named = Parties.named_in(draft)
    of_it = {one.casefold() for one in (*named.everybody(), named.recipient or "")}
    return signed_in.staff_id.casefold() in of_it


def _forget(data: MutableMapping[str, Any]) -> None:
    for name in [name for name in data if name == _ENTRY or name.startswith((SAID, "typed:/entry"))]:
        del data[name]
