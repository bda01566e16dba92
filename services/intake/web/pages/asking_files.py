"""Files while somebody is still asking (P10): added, looked at by kind and size, removed again. None is needed."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.web.pages.forms import Choice, Field, Read, read
from chassis.web.pages.page import NotOurs, Page, PageClosed
from chassis.web.pages.uploads import NotAnUpload
from chassis.web.pages.words import N_
from services.intake.domain import carried
from services.intake.files.kinds import ENDINGS, FileRefused, Refusal
from services.intake.intake import NothingHere
from services.intake.room import NoRoom
from services.intake.use_cases.hold_file import Held, hold_file, let_go, still_there
from services.intake.web.pages import asking_place
from services.intake.web.pages.asking_draft import FILE_OF, TICKED, Data, asked_so_far, draft_of, files_in, nowhere
from services.intake.web.pages.files import FILE, NOT_TAKEN, REMOVED, drop, megabytes, ours, stay_open, why_not
from services.intake.web.pages.inbox import ONCE, once_of
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions import questions
from services.intake.web.pages.sending_draft import AT_FILES, takes_files

REMOVE: Final = Field("remove", "text", "")
"""The file whose button was pressed."""
AND_THEN: Final = ("on", "keep")
"""What the other buttons do, once the file is taken that was chosen: at paths of their own, since what a button says
comes after the file.
"""
GO_ON: Final = Field("step", "radios", "", choices=tuple(Choice(one, "") for one in AND_THEN))
_NO_ROOM: Final = N_("There is no room for files here now. Send without it, and add it afterwards.")


async def files_there(portal: Portal, data: Data) -> list[Held]:
    """Those of the draft that can still be sent; the draft forgets the others."""
    held = files_in(data)
    there = await still_there(portal.intake, [one.file_id for one in held])
    for one in held:
        if one.file_id not in there:
            del data[FILE_OF + str(one.file_id)]
    return [one for one in held if one.file_id in there]


def goes_over(data: Data) -> int:
    """How many files she has ticked of ways that she has: they and those of the draft are files of one route."""
    return list(data.get(TICKED, {}).values()).count(carried.FILE)


def over_full(portal: Portal, data: Data) -> bool:
    """Whether they are more than one route takes."""
    return len(files_in(data)) + goes_over(data) > portal.intake.receiving.most


def lines(page: Page, held: list[Held]) -> Iterator[dict[str, Any]]:
    """As she sees them: under the names that they get when they are sent."""
    for number, one in enumerate(held, 1):
        size = page.language.number(max(1, round(one.size_of_original / 1000)))
        name = f"file-{number}.{ENDINGS[one.kind]}"
        yield {"id": one.file_id, "name": name, "size": size, "removed": [REMOVED[what] for what in one.removed]}


@get("/{language:str}/s/files", include_in_schema=False)
async def files(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    asked = asked_so_far(page, portal)
    if not takes_files(asked.route):
        return page.go("/check" if asked.route else nowhere(page.needs_session().data))
    held = await files_there(portal, page.needs_session().data)
    return page.show(
        "files.html",
        files=list(lines(page, held)),
        full=len(held) + goes_over(page.needs_session().data) >= portal.intake.receiving.most,
        last=len(questions(asked.route)),
        field=FILE,
        megabytes=megabytes(page, portal),
        once=uuid4(),
    )


# Counted while it comes in.
@post(
    ["/{language:str}/s/files", *(f"/{{language:str}}{AT_FILES}/{step}" for step in AND_THEN)],
    include_in_schema=False,
    request_max_body_size=None,
)
async def add(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """Whichever button is pressed: a file that was chosen is never left behind without a word."""
    upload, step = await ours(page), page.path.rpartition("/")[2]
    data, once = page.needs_session().data, once_of(read([ONCE], upload.fields).values)
    if not takes_files(asked_so_far(page, portal).route):
        raise NotOurs
    if not upload.chosen and step in AND_THEN:
        await drop(upload.file, portal)
        page.taken(AT_FILES)
        return await _on(page, portal, step)
    await stay_open(page, upload.file, portal)
    wrong, held = "", None
    try:
        if FILE_OF + str(once) not in data:
            if len(files_in(data)) + goes_over(data) >= portal.intake.receiving.most:
                raise FileRefused(Refusal.TOO_MANY)
            held = await hold_file(portal.intake, draft_of(portal, page), once, upload.file)
    except NotAnUpload:
        raise NotOurs from None
    except NothingHere:
        await drop(upload.file, portal)
        if await portal.sessions.find(page.needs_session().cookie) is None:
            raise PageClosed from None
        # The draft was sent or deleted without it, in another window: she reads there that it did not go along.
        return page.go(AT_FILES)
    except NoRoom:
        wrong = _NO_ROOM
    except (*NOT_TAKEN, TimeoutError) as error:
        wrong = why_not(error)
    await drop(upload.file, portal)
    if wrong:
        page.keep(Read(errors={FILE.name: wrong}), AT_FILES)
        return page.go(AT_FILES)
    page.taken(AT_FILES)
    if held is not None:
        data[FILE_OF + str(held.file_id)] = held.noted()
    return await _on(page, portal, step)


async def _on(page: Page, portal: Portal, step: str) -> Response[Any]:
    if step == "keep":
        return await asking_place.keep(page, portal, AT_FILES)
    return page.go("/check" if step == "on" else AT_FILES)


@post("/{language:str}/s/files/done", include_in_schema=False)
async def go_on(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    """Without one of them, on, or away with the place kept."""
    found = await page.form([REMOVE, GO_ON])
    data, remove = page.needs_session().data, str(found.values.get(REMOVE.name, ""))
    page.taken(AT_FILES)
    if remove:
        if data.pop(FILE_OF + remove, None):
            await let_go(portal.intake, [UUID(remove)])
        return page.go(AT_FILES)
    return await _on(page, portal, str(found.values.get(GO_ON.name, "on")))


ROUTES: Final = [files, add, go_on]
