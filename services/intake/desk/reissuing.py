"""The custodian's desk: another code for somebody who gave her name and has lost hers. Whether she is who she says is
looked at outside of here; what was written is never shown here, nor what else she has sent.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from chassis.web.desk_sign_in import require_recent
from chassis.web.pages.forms import Choice, Field, Read, as_day
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import unavailable
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.intake.asked_desks import DeskUnreachable
from services.intake.desk.tasks import GIVEN, check_role
from services.intake.domain.codes import NAMED_AT, SeveralMatch
from services.intake.intake import AlreadyErased, Intake, NothingHere, utc_now
from services.intake.use_cases.reissue_code import Lost, TooManySearches, find_report, reissue_code
from services.intake.use_cases.replace_code import code_for
from services.intake.web.pages.questions import DIRECT, JOURNEYS
from services.intake.web.pages.questions_asked import staff_number
from services.intake.web.pages.questions_options import OPTIONS

_LOST: Final = "reissue"
_WHO: Final = staff_number(
    "staff_id", N_("Staff number of the person"), "", N_("Enter the staff number of the person, like S0012.")
)
_NOTHING: Final = N_("Nothing was found for which you can give another code. Without a name there never is one.")
_ERASED: Final = N_("What was written has been destroyed since you looked for it. Nothing is left for a code to open.")
_TOO_OFTEN: Final = N_("You have looked for as many people as you may in one day. Look again tomorrow.")
_SEVERAL: Final = N_("More than one was sent about then. Ask the person for the very day.")


def _fields(intake: Intake) -> tuple[Field, ...]:
    ways = [way for way in JOURNEYS if way != DIRECT and intake.policy.routes[way].service in NAMED_AT]
    return (
        _WHO,
        Field(
            "way",
            "radios",
            N_("What did the person send?"),
            hint=N_("For a talk and for help nobody gives another code: the person can begin again."),
            choices=tuple(Choice(way, OPTIONS[way].name) for way in ways),
            missing=N_("Choose what the person sent."),
        ),
        Field(
            "day",
            "day",
            N_("On which day was it sent?"),
            hint=N_("As the person remembers it: three days more or less do not matter."),
            missing=N_("Enter the day on which it was sent."),
        ),
        Field(
            "proved",
            "yes",
            N_("I have seen papers that show who the person is"),
            missing=N_("Look at papers that show who the person is, then tick the box."),
        ),
    )


def routes(intake: Intake, peers: Mapping[str, str]) -> list[HTTPRouteHandler]:
    fields = _fields(intake)

    @get("/{language:str}/reissue", include_in_schema=False)
    async def ask(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        if GIVEN in page.needs_session().data:
            return page.go("/code")
        return page.show("reissue.html", fields=fields, staff=signed_in.staff_id)

    @post("/{language:str}/reissue", include_in_schema=False)
    async def find(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        found = await page.form(fields)
        if found.errors:
            return page.again(found)
        page.keep(found)
        require_recent(signed_in, utc_now())
        given = found.values
        try:
            report_id = await find_report(intake, peers, _lost(given), signed_in)
        except NothingHere:
            return page.again(Read(given, {_WHO.name: _NOTHING}))
        except TooManySearches:
            return page.again(Read(given, {_WHO.name: _TOO_OFTEN}))
        except SeveralMatch:
            return page.again(Read(given, {"day": _SEVERAL}))
        except DeskUnreachable:
            raise unavailable() from None
        page.taken()
        key = secrets.token_urlsafe(16)
        page.needs_session().data[_LOST] = {"report": str(report_id), "way": given["way"], "key": key}
        return page.go("/reissue/confirm")

    @get("/{language:str}/reissue/confirm", include_in_schema=False)
    async def confirm(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        lost = page.needs_session().data.get(_LOST)
        if lost is None:
            return page.go("/reissue")
        return page.show("reissue_confirm.html", way=OPTIONS[lost["way"]].name, staff=signed_in.staff_id)

    @post("/{language:str}/reissue/confirm", include_in_schema=False)
    async def give(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        """However often it is pressed: one code."""
        check_role(intake, signed_in, Role.CUSTODIAN)
        await page.posted()
        data = page.needs_session().data
        if GIVEN in data:
            return page.go("/code")
        require_recent(signed_in, utc_now())
        lost = data.get(_LOST)
        if lost is None:
            return page.go("/reissue")
        new = code_for(intake, lost["key"])
        try:
            await reissue_code(intake, peers, signed_in, UUID(lost["report"]), new)
        except NothingHere:
            del data[_LOST]
            return page.go("/reissue/refused")
        except AlreadyErased:
            del data[_LOST]
            return page.go("/reissue/refused?erased=true")
        except DeskUnreachable:
            raise unavailable() from None
        del data[_LOST]
        data[GIVEN] = str(new)
        return page.go("/code")

    @get("/{language:str}/reissue/refused", include_in_schema=False)
    async def refused(
        page: NamedDependency[Page], signed_in: NamedDependency[SignedIn], erased: FromQuery[bool] = False
    ) -> Response[Any]:
        check_role(intake, signed_in, Role.CUSTODIAN)
        why = _ERASED if erased else _NOTHING
        return page.show("reissue_refused.html", why=why, staff=signed_in.staff_id)

    return [ask, find, confirm, give, refused]


def _lost(given: Mapping[str, Any]) -> Lost:
    day = as_day(str(given["day"]))
    assert day is not None  # the form has read it
    return Lost(str(given["staff_id"]), str(given["way"]), day)
