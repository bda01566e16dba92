"""What opens only after the code was typed again: all that she sent with the whole talk, and what she may tick of it
for another way (`further`). It stays open for that page alone: the inbox closes it.
"""

import hmac
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.web.pages.forms import Read
from chassis.web.pages.page import Page
from chassis.web.pages.words import N_
from chassis.web.problems import not_found
from services.intake.web.pages import words_of_cases as words
from services.intake.web.pages.files import REMOVED
from services.intake.web.pages.inbox import OPEN_PAGE, reading
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.returning import FIELD, code_in

WHOLE: Final = "/inbox/whole"
FURTHER: Final = "/inbox/further"
_HEADINGS: Final = {WHOLE: N_("See what you sent"), FURTHER: N_("Take another way as well")}
_WRONG: Final = N_("This is not the code of this inbox. Look at each letter and number again.")


def is_open(page: Page, path: str) -> bool:
    return page.needs_session().data.get(OPEN_PAGE) == path


def closed(page: Page, path: str) -> Response[Any]:
    return page.go(path.replace("/inbox/", "/inbox/open/"))


@get("/{language:str}/inbox/open/{what:str}", include_in_schema=False)
async def ask_for_code(
    page: NamedDependency[Page], portal: NamedDependency[Portal], what: FromPath[str]
) -> Response[Any]:
    await reading(page, portal)
    return page.show("code_again.html", field=FIELD, heading=_opened_as(what)[1])


@post("/{language:str}/inbox/open/{what:str}", include_in_schema=False)
async def open_by_code(
    page: NamedDependency[Page], portal: NamedDependency[Portal], what: FromPath[str]
) -> Response[Any]:
    """Opens the page where the code is that of the session; the wrong one is not shown again."""
    found = await page.form([FIELD])
    seen, (path, _) = await reading(page, portal), _opened_as(what)
    if not hmac.compare_digest(str(code_in(str(found.values.get(FIELD.name, "")))), str(seen.code)):
        return page.again(Read(errors={FIELD.name: _WRONG}))
    page.taken()
    page.needs_session().data[OPEN_PAGE] = path
    return page.go(path)


def _opened_as(what: str) -> tuple[str, str]:
    """Path and heading. Raises Problem 404."""
    if (path := f"/inbox/{what}") not in _HEADINGS:
        raise not_found()
    return path, _HEADINGS[path]


@get("/{language:str}/inbox/whole", include_in_schema=False)
async def whole(page: NamedDependency[Page], portal: NamedDependency[Portal]) -> Response[Any]:
    seen = await reading(page, portal)
    if not is_open(page, WHOLE):
        return closed(page, WHOLE)
    return page.show("whole.html", routes=seen.inbox.routes, names=words.ROUTES, labels=words.ANSWERS, removed=REMOVED)


ROUTES: Final = [ask_for_code, open_by_code, whole]
