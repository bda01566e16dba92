"""Looking at everything before it is sent, and sending it once."""

import logging
import secrets
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET
from sqlalchemy.exc import SQLAlchemyError

from chassis.access_code import AccessCode
from chassis.sealing import SealNotOpened
from chassis.web.pages.forms import Choice, Field, Read, as_day
from chassis.web.pages.page import Page, PageClosed
from chassis.web.pages.words import N_
from services.intake.intake import utc_now
from services.intake.parties import Parties
from services.intake.route_list import TooManyRoutes
from services.intake.routing import desk_of
from services.intake.use_cases.end_draft import LeftMeanwhile, PlaceEnded
from services.intake.use_cases.hold_file import let_all_go
from services.intake.use_cases.keep_place import forget_place
from services.intake.use_cases.lodge_report import (
    IdempotencyKeyReused,
    StillBeingAnswered,
    known_to_custodian,
    lodge_report,
    what_stands,
)
from services.intake.use_cases.set_reminder import set_reminder
from services.intake.use_cases.take_over import NotToBeTakenOver, TooManyFiles, take_over
from services.intake.web.pages import asking_place
from services.intake.web.pages.asking_draft import (
    CHECKED,
    KEY,
    PLACE,
    SENT,
    TICKED,
    asked_so_far,
    draft_in,
    draft_of,
    drop_draft,
    files_in,
    nowhere,
    one_comes,
)
from services.intake.web.pages.asking_files import files_there, lines, over_full
from services.intake.web.pages.files import NOT_TAKEN, why_not
from services.intake.web.pages.inbox import CODE, reading
from services.intake.web.pages.keeping_code import LEFT, STANDS
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions import DIRECT, questions
from services.intake.web.pages.questions_asked import Asked
from services.intake.web.pages.questions_listener import CHOSEN, LISTENER, Listener, listener, open_to_her
from services.intake.web.pages.questions_options import OPTIONS, READERS
from services.intake.web.pages.sending_draft import AT_FILES, parts, report_of, still_needed, takes_files
from services.intake.web.pages.ticking import going
from services.intake.web.public import check_complete

logger = logging.getLogger(__name__)

DO: Final = Field("step", "radios", "", choices=tuple(Choice(one, "") for one in ("send", "without", "keep", "delete")))
"""Which button was pressed; `without`: to send it without the file that is on its way."""
CONTACT: Final = Field(
    "ethics_contact",
    "yes",
    N_("The ethics office may contact me, to ask how I am."),
    hint=N_("You can take this back at any time."),
)
"""A consent of its own, never ticked beforehand."""
_FULL: Final = N_(
    "Nothing was sent: this code has no room for another way. Write on a way that it has. "
    "Or stop here, keep your place, and go on from there without this code."
)
_GONE: Final = N_("Nothing was sent: something is not there any more. Look at the list, then send again.")
_UNKNOWN: Final = N_("We do not know whether it was sent. Send it once more: it is taken once.")


@get("/{language:str}/check", include_in_schema=False)
async def check(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    data = page.needs_session().data
    over = going(page, (await reading(page, portal)).inbox) if data.get(TICKED) else []
    asked = asked_so_far(page, portal)
    if not asked.route:
        return page.go(nowhere(data))
    data.setdefault(KEY, secrets.token_urlsafe(16))
    data[CHECKED] = True
    if asked.route == DIRECT:
        on = asked.days.get(asked.given.get("after", ""))
        return page.show("check_direct.html", on=on, last=len(questions(DIRECT)), has_code=CODE in data)
    with_files, most = takes_files(asked.route), portal.intake.receiving.most
    held = await files_there(portal, data)
    return page.show(
        "check.html",
        asked=asked,
        option=OPTIONS[asked.route],
        parts=list(parts(asked)),
        needed=still_needed(asked),
        readers=READERS[asked.route],
        offices=await _offices(page, portal, asked),
        chosen=_chosen(asked),
        going=over,
        chooses=LISTENER in questions(asked.route),
        consents=_consents(asked),
        has_code=CODE in data,
        files=list(lines(page, held)) if with_files else None,
        comes=with_files and await one_comes(portal, page),
        most=most if over_full(portal, data) else None,
        back=AT_FILES if with_files else f"/s/{len(questions(asked.route))}",
        as_day=as_day,
    )


@post("/{language:str}/check", include_in_schema=False)
async def send(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """However often it is pressed, and in however many windows: one report, one code."""
    asked = asked_so_far(page, portal)
    data = page.needs_session().data
    found = await page.form([CONTACT, DO])
    page.taken()
    step = found.values.get(DO.name)
    if SENT in data and not draft_in(data):
        return page.go("/sent")  # in another window, which may not have shown the code yet
    if step == "delete":
        return await _delete(page, portal, data)
    if not asked.route or KEY not in data:
        return page.go(nowhere(data))
    if step == "keep":
        return await asking_place.keep(page, portal, "/check")
    if step not in ("send", "without") or still_needed(asked):
        return page.go("/check")
    if takes_files(asked.route) and await one_comes(portal, page) != (step == "without"):
        # It comes and she has not heard of it, or it has come since she chose to send without it: she looks again.
        page.keep(Read(found.values))
        return page.go("/check")
    if asked.route == DIRECT:
        sent = await _remind(portal, asked, data)
    else:
        try:
            sent = await _lodge(page, portal, asked, data, ethics_contact=bool(found.values.get(CONTACT.name)))
        except PlaceEnded:
            return page.go(asking_place.ENDED)
        except TooManyFiles:
            return page.go("/check")
        except TooManyRoutes:
            return page.again(Read(found.values, {"form": _FULL}))
        except NOT_TAKEN as error:
            return page.again(Read(found.values, {"form": why_not(error)}))
        except (SealNotOpened, NotToBeTakenOver):
            if await asking_place.has_ended(page, portal):
                return page.go(asking_place.ENDED)
            return page.again(Read(found.values, {"form": _GONE}))
        except StillBeingAnswered:
            return page.again(Read(found.values, {"form": _UNKNOWN}))
    data[SENT] = sent
    if sent.get(STANDS):
        return page.go("/sent")
    try:
        sent[LEFT] = await _forget(portal, page)
    except (SQLAlchemyError, OSError) as error:
        # It has been sent, and her code is to be shown. Files go by themselves with the session, a place on its day.
        logger.warning("draft not forgotten", extra={"error": type(error).__name__})
    drop_draft(data)
    return page.go("/sent")


async def _delete(page: Page, portal: Portal, data: dict[str, Any]) -> Response[Any]:
    """All of it; for somebody who has a code, the draft alone: the code may not have been kept yet."""
    await _forget(portal, page)
    if CODE in data:
        drop_draft(data)
        return page.go("/sent" if SENT in data else "/inbox")
    page.end()
    return page.go("/deleted")


async def _lodge(
    page: Page, portal: Portal, asked: Asked, data: dict[str, Any], *, ethics_contact: bool
) -> dict[str, Any]:
    draft = report_of(asked, page.language.code, page.language.text, ethics_contact=ethics_contact)
    known = AccessCode.parse(data[CODE]) if CODE in data else None
    if known:
        draft.take_over = [UUID(item_id) for item_id in data.get(TICKED, ())]
    check_complete(portal.intake, draft)
    held, sent_in = files_in(data) if takes_files(asked.route) else [], draft_of(portal, page)
    route, stands = asked.route, False
    try:
        if known:
            receipt = await take_over(portal.intake, known, draft, data[KEY], utc_now(), held, sent_in)
        else:
            receipt = await lodge_report(portal.intake, draft, data[KEY], utc_now(), held=held, sent_in=sent_in)
    except LeftMeanwhile:
        raise PageClosed from None
    except IdempotencyKeyReused:
        # It went out before, in another window or with an answer that was lost.
        route, receipt = await what_stands(portal.intake, data[KEY], known)
        stands = True
    if receipt.access_code:
        data[CODE] = str(receipt.access_code)
    return {
        "route": route,
        "new": receipt.access_code is not None or _is_new(known, data),
        "next": receipt.next_date.isoformat() if receipt.next_date else None,
        STANDS: stands,
        "named": bool(known_to_custodian(draft, Parties.named_in(draft), asked.policy.routes[route].service)),
    }


async def _remind(portal: Portal, asked: Asked, data: dict[str, Any]) -> dict[str, Any]:
    """Without a day nothing at all is kept."""
    after = asked.given.get("after")
    if not after:
        return {"route": DIRECT, "new": False, "next": None}
    known = AccessCode.parse(data[CODE]) if CODE in data else None
    kept = await set_reminder(portal.intake, known, data[KEY], after, utc_now())
    if kept.access_code is not UNSET:
        data[CODE] = kept.access_code
    return {"route": DIRECT, "new": _is_new(known, data), "next": kept.on.isoformat()}


def _is_new(known: AccessCode | None, data: dict[str, Any]) -> bool:
    """Whether nobody has said yet that this code is kept."""
    return known is None or bool(data.get(SENT, {}).get("new"))


def _chosen(asked: Asked) -> Listener | None:
    """Whom she asks to listen, where that person is open to her."""
    chosen = asked.said.get(LISTENER.name, {}).get(CHOSEN)
    return listener(asked, chosen) if chosen in {one.staff_id for one in open_to_her(asked)} else None


def _consents(asked: Asked) -> tuple[Field, ...]:
    return (CONTACT,) if asked.policy.routes[asked.route].protects else ()


async def _offices(page: Page, portal: Portal, asked: Asked) -> list[str]:
    """Whose people may take part, with those who stand in where it is about one of them."""
    draft, intake = report_of(asked, page.language.code, page.language.text, ethics_contact=False), portal.intake
    people = asked.people
    before = Parties(alleged_offender=people.get("alleged_offender", ()), about=people.get("about_offices", ()))
    async with intake.database.transaction() as session:
        named = Parties.named_in(draft).joined_with(before)
        desk = await desk_of(session, intake, asked.route, named, utc_now())
    return [entry.name for office, entry in intake.policy.offices.items() if office in desk.offices]


async def _forget(portal: Portal, page: Page) -> bool:
    """The files of the draft, and the place that was kept of it. Whether a file was on its way still."""
    came_too_late = await let_all_go(portal.intake, draft_of(portal, page))
    if place := page.needs_session().data.get(PLACE):
        await forget_place(portal.intake, AccessCode.parse(place["code"]))
    return came_too_late


ROUTES: Final = [check, send]
