"""The draft in a session: a key for each question, so that two windows do not undo each other, and the way chosen."""

from collections.abc import Mapping, MutableMapping
from typing import Any, Final
from uuid import UUID

from chassis.access_code import AccessCode
from chassis.web.pages.page import Page
from services.intake.domain.ways import OWN_DATA
from services.intake.intake import utc_now
from services.intake.use_cases.hold_file import Draft, Held, on_the_way
from services.intake.use_cases.keep_place import place_digest
from services.intake.use_cases.set_reminder import CHECK_INS
from services.intake.web.pages.portal import Portal
from services.intake.web.pages.questions import asked_on
from services.intake.web.pages.questions_asked import Asked
from services.intake.web.pages.questions_first import ways_for

ROUTE: Final = "route"
CHECKED: Final = "checked"
"""That the check was shown: from then on, what was changed leads back there."""
KEY: Final = "key"
"""The idempotency key of sending."""
PLACE: Final = "place"
"""The code of the place that was kept."""
SENT: Final = "sent"
"""What is shown after sending."""
SAID: Final = "q:"
"""What the keys of answers begin with."""
TICKED: Final = "ticked"
"""What goes over from ways that she has: ids of items, and what each is. A place that is kept has none of it."""
PEOPLE_OF: Final = "ticked_people"
"""Whom those name of them that go over: who must not listen, and which desk it is for."""
FILE_OF: Final = "file:"
"""What the keys of files begin with: one for each, so that two windows can add at once."""
_TYPED: Final = ("typed:/s/", "typed:/check")
_ALONE: Final = (ROUTE, CHECKED)

Data = MutableMapping[str, Any]


def asked_so_far(page: Page, portal: Portal) -> Asked:
    """Raises PageClosed. A way that is not open any more, after what was said since, is none."""
    data = page.needs_session().data
    said = _said(data)
    route = data.get(ROUTE, "")
    if route not in {OWN_DATA, *ways_open(data)}:
        route = ""
    now, policy = utc_now(), portal.intake.policy
    days = {after: page.language.day(policy.due(key, now)) for after, key in CHECK_INS.items()}
    return asked_on(policy, route, said, days, now, frozenset(data.get(TICKED, {}).values()), data.get(PEOPLE_OF))


def ways_open(data: Mapping[str, Any]) -> list[str]:
    """By what she has said of her situation, if anything."""
    return [one.way for one in ways_for(_said(data)).ways]


def _said(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name.removeprefix(SAID): of for name, of in data.items() if name.startswith(SAID)}


def say(data: Data, question: str, answers: Mapping[str, Any]) -> None:
    data[SAID + question] = dict(answers)


def choose(data: Data, route: str) -> None:
    """What was said stays, also of another way. What was typed and not taken belongs to the page's number."""
    for name in [name for name in data if name.startswith(_TYPED) or name == CHECKED]:
        del data[name]
    if data.get(ROUTE) != route:
        data.pop(KEY, None)  # another way is another request
    data[ROUTE] = route


def draft_in(data: Mapping[str, Any]) -> dict[str, Any]:
    """All of the draft, and nothing else of the session: what opens a place must not be led to the code of a report."""
    return {name: of for name, of in data.items() if name in _ALONE or name.startswith((SAID, FILE_OF, *_TYPED))}


def files_in(data: Mapping[str, Any]) -> list[Held]:
    """In the order in which they were added."""
    known = ((name.removeprefix(FILE_OF), noted) for name, noted in data.items() if name.startswith(FILE_OF))
    return [Held.read(UUID(file_id), noted) for file_id, noted in known]


def draft_of(portal: Portal, page: Page) -> Draft:
    """Where the draft of this session lies. Raises PageClosed."""
    session = page.needs_session()
    place = session.data.get(PLACE)
    has = frozenset(one.file_id for one in files_in(session.data))
    digest = place_digest(portal.intake, AccessCode.parse(place["code"])) if place else None
    return Draft(session.key.digest, digest, has)


async def one_comes(portal: Portal, page: Page) -> bool:
    """Whether a file is still on its way to the draft, in another window. Raises PageClosed."""
    async with portal.intake.database.transaction() as session:
        return await on_the_way(session, draft_of(portal, page))


def drop_draft(data: Data) -> None:
    for name in [*draft_in(data), KEY, PLACE, TICKED, PEOPLE_OF]:
        data.pop(name, None)


def nowhere(data: Mapping[str, Any]) -> str:
    """Where somebody goes on who has chosen no way: to what was just sent, or to the ways."""
    return "/sent" if SENT in data else "/s/3"
