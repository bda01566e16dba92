"""Files of hers: sending one to the desk of a route, and getting back the cleaned copy that the desk sees."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.attachments import attachment
from chassis.web.pages.forms import Field, Read, read
from chassis.web.pages.page import NotOurs, Page, PageClosed
from chassis.web.pages.uploads import NotAnUpload, Upload, read_upload
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from services.intake.files.kinds import FileRefused, Refusal, Removed
from services.intake.files.receiving import LONGEST, TooManyAtOnce
from services.intake.intake import AlreadyErased, NothingHere, utc_now
from services.intake.use_cases.keep_file import FileSent, keep_file, open_file
from services.intake.use_cases.send_message import PassedOnMeanwhile
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.inbox import ONCE, OPEN_PAGE, SAID, once_of, reading
from services.intake.web.pages.portal import Portal

FILE: Final = Field("file", "text", N_("Choose a file"))
_DROPPED: Final = 5
"""Times the largest file: what is taken off the wire of one that is too large, so that she is told."""
_AGAIN: Final = N_("It did not arrive whole. Nothing was kept. Send it once more.")
_BUSY: Final = N_("Files are being taken in now. Wait a moment, then send it once more.")
_REFUSED: Final[Mapping[Refusal, str]] = {
    Refusal.WRONG_TYPE: N_("This kind of file is not taken. Send a picture, a PDF, a Word or Excel file, or text."),
    Refusal.MACROS: N_("This file has programs in it. Save it as docx, xlsx or pptx, and send that."),
    Refusal.TOO_LARGE: N_("This file is too large. Send it in parts, or a smaller copy of it."),
    Refusal.IMAGE_BOMB: N_("This picture is too large to be opened. Send a smaller copy of it."),
    Refusal.ZIP_BOMB: N_("This file holds far more than it shows. Save it as a PDF, and send that."),
    Refusal.TOO_MANY: N_("There is no room for more files here. Write what else there is."),
    Refusal.EMPTY: N_("Choose a file that has something in it, or go back."),
    Refusal.ENCRYPTED: N_("This file is locked with a password. Save it without one, and send that."),
    Refusal.UNREADABLE: N_("This file cannot be opened. Save it as a PDF, and send that."),
}
NOT_TAKEN: Final = (FileRefused, TooManyAtOnce)
REMOVED: Final[Mapping[Removed, str]] = {
    Removed.PLACE: N_("where it was made"),
    Removed.AUTHOR: N_("who made it"),
    Removed.TIMES: N_("when it was made"),
    Removed.DEVICE: N_("with which device"),
    Removed.SOFTWARE: N_("with which program"),
    Removed.EDIT_HISTORY: N_("earlier versions"),
    Removed.THUMBNAIL: N_("a small picture of it"),
    Removed.NOTES: N_("notes and descriptions"),
    Removed.SCRIPTS: N_("programs"),
    Removed.LINKS: N_("links to other places"),
    Removed.ATTACHMENTS: N_("files inside the file"),
    Removed.HIDDEN_DATA: N_("other hidden data"),
}
"""What the cleaned copy has no more."""


@get("/{language:str}/inbox/{route:str}/file", include_in_schema=False)
async def a_file(page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]) -> Response[Any]:
    seen = await reading(page, portal)
    found = seen.route(route)
    return page.show(
        "file.html",
        path=route,
        name=words.ROUTES[found.route],
        closed=found.closed,
        field=FILE,
        megabytes=megabytes(page, portal),
        once=uuid4(),
    )


def megabytes(page: Page, portal: Portal) -> str:
    """The most that one may have."""
    return page.language.number(portal.intake.receiving.largest // (1024 * 1024))


# Counted while it comes in.
@post("/{language:str}/inbox/{route:str}/file", include_in_schema=False, request_max_body_size=None)
async def send_file(
    page: NamedDependency[Page], portal: NamedDependency[Portal], route: FromPath[str]
) -> Response[Any]:
    upload = await ours(page)
    seen, once = await reading(page, portal), once_of(read([ONCE], upload.fields).values)
    intake, sent = portal.intake, FileSent(seen.route(route).report_id, once)
    await stay_open(page, upload.file, portal)
    said, wrong = "file", ""
    try:
        await keep_file(intake, seen.code, sent, upload.file, utc_now())
    except NotAnUpload:
        raise NotOurs from None
    except (*NOT_TAKEN, TimeoutError, PassedOnMeanwhile) as error:
        wrong = why_not(error)
    except AlreadyErased:
        said = "over"
    await drop(upload.file, portal)
    if wrong:
        return page.again(Read(errors={FILE.name: wrong}))
    page.taken()
    page.needs_session().data[SAID] = said
    return page.go("/inbox")


def why_not(error: Exception) -> str:
    """Why a file was not taken, and what to do."""
    if isinstance(error, FileRefused):
        return _REFUSED[error.code]
    return _BUSY if isinstance(error, TooManyAtOnce) else _AGAIN


async def ours(page: Page) -> Upload:
    """A form with a file, up to the file. Raises NotOurs, before anything of the file is read."""
    page.check_origin()
    try:
        upload = await read_upload(page.request)
    except NotAnUpload:
        raise NotOurs from None
    page.check_form({name: list(values) for name, values in upload.fields.items()})
    return upload


async def stay_open(page: Page, file: AsyncIterator[bytes], portal: Portal) -> None:
    """So that the session does not run out under a slow upload; the answer moves its limit again. Raises PageClosed
    where it has ended meanwhile: nothing of the file is kept.
    """
    if not await portal.sessions.stay(page.needs_session(), LONGEST):
        await drop(file, portal)
        raise PageClosed


async def drop(file: AsyncIterator[bytes], portal: Portal) -> None:
    """Takes what is left off the wire: a browser reads no answer before it has sent all."""
    most = _DROPPED * portal.intake.receiving.largest
    async for part in file:
        most -= len(part)
        if most < 0:
            return


@get("/{language:str}/inbox/whole/{item:uuid}", include_in_schema=False)
async def copy_of_file(
    page: NamedDependency[Page], portal: NamedDependency[Portal], item: FromPath[UUID]
) -> Response[Any]:
    """Open while the page is that lists it (`whole`)."""
    seen = await reading(page, portal)
    if page.needs_session().data.get(OPEN_PAGE) != "/inbox/whole":
        return page.go("/inbox/whole")
    try:
        found = await open_file(portal.intake, seen.code, item)
    except NothingHere:
        raise not_found() from None
    return attachment(found.about["name"], found.content.size, found.content.parts())


ROUTES: Final = [a_file, send_file, copy_of_file]
