"""The way back: the access code, or the code of a place that was kept, and what it opens.

A code that is malformed, unknown, or opens nothing any more gets one answer, after the same look-ups and no sooner than
any other. Nobody is locked out: a code has 120 random bits, and a lock would shut out the person, not whoever guesses
(ADR 59).
"""

import asyncio
import re
import secrets
from enum import Enum, auto
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.access_code import ACCESS_CODE_BYTES, AccessCode, AccessCodeMalformed
from chassis.web.pages.forms import Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from services.intake.intake import Intake, NothingHere, utc_now
from services.intake.route_list import CodeToBeReplaced, routes_of
from services.intake.use_cases.keep_place import place_of
from services.intake.use_cases.replace_code import code_for, finish, replace_code
from services.intake.web.pages.asking_place import resume
from services.intake.web.pages.inbox import CODE
from services.intake.web.pages.keeping_code import KEPT
from services.intake.web.pages.portal import OPEN, Portal

NO_SOONER: Final = 0.4
"""Seconds from a code's arrival to its answer, whatever it opens: longer than any of the look-ups takes."""
FIELD: Final = Field(
    "code",
    "text",
    N_("Your code"),
    hint=N_("24 letters and numbers. Spaces, dashes and small letters do not matter. You can paste it."),
    longest=200,
)
HANDED: Final = "handed"
"""Where a session keeps a code that somebody else has seen, and the key that makes the one in its place."""


class Opens(Enum):
    """What a code opens: an inbox, another code first, or nothing."""

    INBOX = auto()
    NEW_CODE = auto()
    NOTHING = auto()


@get("/{language:str}/back", include_in_schema=False)
async def back(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("back.html", field=FIELD, again=False)


@get("/{language:str}/back/again", include_in_schema=False)
async def back_again(page: NamedDependency[Page]) -> Response[Any]:
    return page.show("back.html", field=FIELD, again=True)


@post("/{language:str}/back", include_in_schema=False)
async def enter(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """With a code that opens something there is a new session, under a new cookie, which alone knows the code."""
    loop = asyncio.get_running_loop()
    no_sooner = loop.time() + NO_SOONER
    found = await page.form([FIELD])
    code = code_in(str(found.values.get(FIELD.name, "")))
    # Both are looked up, whatever the first one finds.
    opens, draft = await _opens(portal.intake, code), await _kept(portal.intake, code)
    await asyncio.sleep(no_sooner - loop.time())
    if opens is Opens.NOTHING:
        return page.go("/back/again") if draft is None else resume(page, code, draft)
    session = page.begin(idle=page.session.idle if page.session else OPEN)
    if opens is Opens.NEW_CODE:
        session.data[HANDED] = {"code": str(code), "key": secrets.token_urlsafe(16)}
        return page.go("/new-code")
    session.data[CODE] = str(code)
    return page.go("/inbox")


@get("/{language:str}/new-code", include_in_schema=False)
async def new_code(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """Shown before anything is done: until somebody says that it is kept, the code that was handed over works on."""
    handed = page.needs_session().data.get(HANDED)
    if handed is None:
        return page.go("/back")
    return page.show("new_code.html", code=str(code_for(portal.intake, handed["key"])), field=KEPT)


@post("/{language:str}/new-code", include_in_schema=False)
async def take_new_code(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    data = page.needs_session().data
    found = await page.form([KEPT])
    handed = data.get(HANDED)
    if handed is None:
        return page.go("/inbox" if CODE in data else "/back")
    if found.errors:
        return page.again(found)
    new = code_for(portal.intake, handed["key"])
    try:
        await replace_code(portal.intake, AccessCode.parse(handed["code"]), new)
    except NothingHere:
        # Somebody else was faster with the code that was handed over: the one that was shown here opens nothing.
        page.end()
        return page.go("/back/again")
    page.taken()
    del data[HANDED]
    data[CODE] = str(new)
    return page.go("/inbox")


def code_in(text: str) -> AccessCode:
    """What was typed; where that is no code, one that nobody was given, so that looking it up takes the same way."""
    try:
        # Whatever a phone or a word processor has made of a hyphen.
        return AccessCode.parse(re.sub(r"[\W_]+", "", text))
    except AccessCodeMalformed:
        return AccessCode(secrets.token_bytes(ACCESS_CODE_BYTES))


async def _opens(intake: Intake, code: AccessCode) -> Opens:
    await finish(intake, code)
    try:
        async with intake.database.transaction() as session:
            await routes_of(session, intake, code)
    except NothingHere:
        return Opens.NOTHING
    except CodeToBeReplaced:
        return Opens.NEW_CODE
    return Opens.INBOX


async def _kept(intake: Intake, code: AccessCode) -> dict[str, Any] | None:
    try:
        return await place_of(intake, code, utc_now())
    except NothingHere:
        return None


ROUTES: Final = [back, back_again, enter, new_code, take_new_code]
