"""Mails, or texts where they can be sent, that say only that there is something new: off unless she chooses them here,
changed and ended here.
"""

from typing import Any, Final

from babel.dates import get_timezone_location
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Choice, Field
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_, OWN_NAMES
from services.intake.domain.addresses import LONGEST, is_address, is_of_work
from services.intake.intake import utc_now
from services.intake.mobile_numbers import mobile_number
from services.intake.use_cases.choose_mails import Wish, choose_mails
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.inbox import done, reading
from services.intake.web.pages.portal import Portal

_HOURS: Final = {"any": (0, 24), "morning": (7, 12), "afternoon": (12, 17), "evening": (17, 22)}
"""From and to which full hour of her day."""
_HOUR_WORDS: Final = {
    "any": N_("At any hour"),
    "morning": N_("In the morning, from 7 to 12"),
    "afternoon": N_("In the afternoon, from 12 to 17"),
    "evening": N_("In the evening, from 17 to 22"),
}
ADDRESS: Final = Field(
    "address",
    "text",
    N_("Your mail address"),
    hint=N_("One that only you read. A work address can be read by others."),
    longest=LONGEST,
    missing=N_("Enter an address, or leave everything as it is."),
)
ADDRESS_OR_NUMBER: Final = Field(
    ADDRESS.name,
    "text",
    N_("Your mail address, or the number of your mobile phone"),
    hint=N_("One that only you read. What comes to work can be read by others."),
    longest=LONGEST,
    missing=N_("Enter an address or a number, or leave everything as it is."),
)
WORK: Final = Field(
    "work_too",
    "yes",
    N_("Write to this work address all the same"),
    hint=N_("Others at work may see that a mail came."),
)
_NO_ADDRESS: Final = N_("Enter one address, like name@mail.example.")
_NO_NUMBER: Final = N_("Enter the whole number of a mobile phone, with its country code, like +12025550123.")
_OF_WORK: Final = N_("This is a work address. Tick this box as well, or enter another address.")
_OFTEN: Final = Field(
    "hours",
    "radios",
    N_("When may it come?"),
    hint=N_("It comes at a random time within these hours."),
    choices=tuple(Choice(name, label) for name, label in _HOUR_WORDS.items()),
    missing=N_("Choose when it may come."),
)


def _fields(page: Page, portal: Portal) -> tuple[Field, ...]:
    policy = portal.intake.policy
    zones = sorted({str(one.calendar.zone) for one in policy.calendars.values()} - {"UTC"})
    cities = {zone: get_timezone_location(zone, locale=page.language.locale, return_city=True) for zone in zones}
    places = (Choice("UTC", "UTC"), *(Choice(zone, city) for zone, city in cities.items()))
    languages = tuple(Choice(code, name) for code, name in OWN_NAMES.items())
    return (
        ADDRESS_OR_NUMBER if portal.texts else ADDRESS,
        WORK,
        _OFTEN,
        Field("zone", "select", N_("By the clock of which place?"), choices=places),
        Field("mail_language", "select", N_("In which language?"), choices=languages),
    )


@get("/{language:str}/inbox/{route:str}/mail", include_in_schema=False)
async def mails(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    seen = await reading(page, portal)
    found = seen.route(route)
    return page.show(
        "mails.html",
        path=route,
        name=words.ROUTES[found.route],
        fields=_fields(page, portal),
        work=WORK.name,
        chosen=found.mails,
        closed=found.closed,
    )


@post("/{language:str}/inbox/{route:str}/mail", include_in_schema=False)
async def choose(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    posted = await page.form(_fields(page, portal))
    seen = await reading(page, portal)
    found, given = seen.route(route), posted.values
    address = str(given.get(ADDRESS.name, ""))
    if portal.texts and "@" not in address and any(one.isdigit() for one in address):
        if number := mobile_number(address):
            address = number
        else:
            posted.errors[ADDRESS.name] = _NO_NUMBER
    elif address and not is_address(address):
        posted.errors[ADDRESS.name] = _NO_ADDRESS
    elif is_of_work(address, portal.work_domains) and WORK.name not in given:
        posted.errors[WORK.name] = _OF_WORK
    if posted.errors:
        return page.again(posted)
    from_hour, to_hour = _HOURS[str(given[_OFTEN.name])]
    wish = Wish(
        address=address,
        from_hour=from_hour,
        to_hour=to_hour,
        zone=str(given.get("zone", "UTC")),
        language=str(given.get("mail_language", page.language.code)),
    )
    report_id = found.report_id
    return await done(page, "changed", lambda: choose_mails(portal.intake, seen.code, report_id, wish, utc_now()))


@post("/{language:str}/inbox/{route:str}/mail/none", include_in_schema=False)
async def stop(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    await page.posted()
    seen = await reading(page, portal)
    report_id = seen.route(route).report_id
    return await done(page, "changed", lambda: choose_mails(portal.intake, seen.code, report_id, None, utc_now()))


ROUTES: Final = [mails, choose, stop]
