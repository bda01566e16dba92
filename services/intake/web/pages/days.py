"""Days on which she wants to be asked how it is: set, saved for a calendar of hers, and forgotten again."""

from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import NotOurs, Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from policy.model import Policy
from services.intake.intake import utc_now
from services.intake.use_cases.set_reminder import CHECK_INS, forget_reminder, set_reminder
from services.intake.web.pages import calendar_entry
from services.intake.web.pages.inbox import ONCE, done, once_of, reading
from services.intake.web.pages.portal import Portal

_FORGET: Final = Field("forget", "text", "")


def _after(page: Page, policy: Policy) -> Field:
    now = utc_now()
    return Field(
        "after",
        "radios",
        N_("When should we ask how you are?"),
        hint=N_("You are asked here alone, when you open the inbox. Nothing is sent to you."),
        choices=tuple(Choice(name, page.language.day(policy.due(key, now))) for name, key in CHECK_INS.items()),
        missing=N_("Choose a day, or go back to the inbox."),
    )


@get("/{language:str}/inbox/days", include_in_schema=False)
async def days(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    after = _after(page, portal.intake.policy)
    return page.show("days.html", reminders=seen.inbox.reminders, field=after, once=uuid4())


@post("/{language:str}/inbox/days", include_in_schema=False)
async def set_day(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    posted = await page.form([_after(page, portal.intake.policy), ONCE])
    seen, once = await reading(page, portal), once_of(posted.values)
    if posted.errors:
        return page.again(posted)
    after = str(posted.values["after"])
    return await done(page, "changed", lambda: set_reminder(portal.intake, seen.code, str(once), after, utc_now()))


@post("/{language:str}/inbox/days/forget", include_in_schema=False)
async def forget_day(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    posted = await page.form([_FORGET])
    seen = await reading(page, portal)
    known = {str(one.reminder_id): one.reminder_id for one in seen.inbox.reminders}
    asked: UUID | None = known.get(str(posted.values.get(_FORGET.name)))
    if asked is None:
        raise NotOurs
    return await done(page, "changed", lambda: forget_reminder(portal.intake, seen.code, asked))


@get("/{language:str}/inbox/days/{place:int}", include_in_schema=False)
async def save_day(page: NamedDependency[Page], portal: NamedDependency[Portal], place: FromPath[int]) -> Response[Any]:
    """The day at this place of her list, from 1: neither the day nor an id is in the address."""
    seen = await reading(page, portal)
    days_of_hers = [one.on for one in seen.inbox.reminders]
    if not 0 < place <= len(days_of_hers):
        raise not_found()
    return Response(
        calendar_entry.entry(days_of_hers[place - 1], page.language),
        media_type=calendar_entry.MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{calendar_entry.NAME}"'},
    )


ROUTES: Final = [days, set_day, forget_day, save_day]
