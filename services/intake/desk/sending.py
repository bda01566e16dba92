"""What was entered is looked at and sent, as the portal lodges.

The code is shown before anything is sent, and it is sent once somebody says that the code is on paper: a session that
ends leaves nobody with a report and no code. It goes on being shown until it was handed over.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlmodel import col

from chassis.access_code import AccessCode, AccessCodeMalformed
from chassis.web.pages.forms import Choice, Field, as_day
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.sign_in import SignedIn
from policy.model import Role
from services.intake.bodies import LodgeReport
from services.intake.desk.entry import AGAIN, CAME, ENDED, ENTRY, KEY, asked_in, forget, received_in
from services.intake.desk.tasks import GIVEN, check_role
from services.intake.intake import Intake, utc_now
from services.intake.parties import Parties
from services.intake.route_list import list_of
from services.intake.tables import Report
from services.intake.use_cases.lodge_report import Entry, IdempotencyKeyReused, lodge_report, what_stands
from services.intake.use_cases.replace_code import code_for
from services.intake.web.pages.questions import questions
from services.intake.web.pages.questions_asked import Asked
from services.intake.web.pages.questions_options import OPTIONS, READERS
from services.intake.web.pages.sending_draft import parts, report_of, still_needed
from services.intake.web.public import check_complete

ON_PAPER: Final = Field(
    "kept",
    "yes",
    N_("The code is on paper, or nobody can be reached"),
    missing=N_("Write the code down or print it, then tick the box."),
)
SHOWN: Final = Field("code", "text", "")
"""The code that the page has shown."""
STEP: Final = Field("step", "radios", "", choices=(Choice("lodge", ""), Choice("delete", "")))


def routes(intake: Intake) -> list[HTTPRouteHandler]:
    @get("/{language:str}/entry/check", include_in_schema=False)
    async def check(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        asked = asked_in(intake, data)
        if asked is None:
            return page.go("/entry")
        return page.show(
            "entry_check.html",
            came=CAME[data[ENTRY]["how"]][0],
            again=AGAIN in data[ENTRY],
            received=received_in(data),
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
    async def checked(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        check_role(intake, signed_in, Role.REGISTRAR)
        found = await page.form([STEP])
        if found.values.get(STEP.name) == "delete":
            forget(page.needs_session().data)
            return page.go("/tasks")
        return page.go("/entry/code")

    @get("/{language:str}/entry/code", include_in_schema=False)
    async def show_code(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        """Before anything is sent: whoever leaves here leaves nothing behind."""
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        if _ready(page, intake, data, signed_in) is None:
            if ENTRY not in data and page.typed:
                # Sent from here after the session had ended.
                sent = await _lodged_with(intake, str(page.typed.get(SHOWN.name, "")))
                page.taken()
                data |= {ENDED: True} if sent is None else {GIVEN: sent}
            return page.go(_before(data))
        code = code_for(intake, data[ENTRY][KEY])
        return page.show("entry_code.html", code=str(code), field=ON_PAPER, staff=signed_in.staff_id)

    @post("/{language:str}/entry/code", include_in_schema=False)
    async def lodge(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[Any]:
        """However often it is pressed: one report, one code, and nothing of it here."""
        check_role(intake, signed_in, Role.REGISTRAR)
        data = page.needs_session().data
        found = await page.form([ON_PAPER, SHOWN])
        draft = _ready(page, intake, data, signed_in)
        if draft is None:
            return page.go(_before(data))
        if found.values.get(SHOWN.name) != str(code_for(intake, data[ENTRY][KEY])):
            return page.go("/entry/code")  # something else was begun in another window: that has another code
        if found.errors:
            return page.again(found)
        check_complete(intake, draft)
        given = await _lodged(
            intake, draft, Entry(signed_in.staff_id, received_in(data), _how(page, draft, data)), data
        )
        forget(data)
        data[GIVEN] = given
        return page.go("/code")

    return [check, checked, show_code, lodge]


def _ready(page: Page, intake: Intake, data: Mapping[str, Any], signed_in: SignedIn) -> LodgeReport | None:
    """What is to be sent; None where nothing is entered, where something is missing, and once it was sent."""
    asked = asked_in(intake, data)
    if GIVEN in data or asked is None or still_needed(asked):
        return None
    draft = _draft(page, asked)
    return None if _names(draft, signed_in) else draft


def _before(data: Mapping[str, Any]) -> str:
    """Where somebody goes on who cannot send anything now."""
    if GIVEN in data:
        return "/code"
    return "/entry/check" if ENTRY in data else "/entry"


async def _lodged_with(intake: Intake, shown: str) -> str | None:
    """The code that a page has shown, where something was sent with it: the answer alone was lost. None where it is
    nobody's, and the paper opens nothing.
    """
    try:
        code = AccessCode.parse(shown)
    except AccessCodeMalformed:
        return None
    async with intake.database.transaction() as session:
        found = await list_of(session, intake, code)
        if found is None or not found.handed_over:
            return None
        lodged = await session.scalar(select(col(Report.report_id)).where(col(Report.report_id).in_(found.report_ids)))
    return str(code) if lodged else None


async def _lodged(intake: Intake, draft: LodgeReport, entry: Entry, data: Mapping[str, Any]) -> str:
    """The code that is to be handed over."""
    key = data[ENTRY][KEY]
    try:
        receipt = await lodge_report(intake, draft, key, utc_now(), entry)
    except IdempotencyKeyReused:
        # It was lodged before, by an answer that was lost; what was changed since is the person's to add.
        _, receipt = await what_stands(intake, key, None)
    return str(receipt.access_code)


def _how(page: Page, draft: LodgeReport, data: Mapping[str, Any]) -> str:
    """In the person's language."""
    said_in = page.pages.words.languages.get(draft.language, page.language)
    return said_in.text(CAME[data[ENTRY]["how"]][1], day=said_in.day(received_in(data)))


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
