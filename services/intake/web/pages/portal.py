"""What the portal's pages work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chassis.web.pages.page import Page
from chassis.web.sessions import Sessions, WebSession
from services.intake.intake import Intake
from services.intake.room import Taken

OPEN: Final = timedelta(minutes=30)
"""How long pages stay open for whom has not chosen a time (P1)."""
LONGEST: Final = timedelta(hours=12)
"""After this they close, however busy somebody is."""

FULL: Final = "/full"
"""The page where something cannot begin, since too much is kept already."""


@dataclass(frozen=True)
class Portal:
    """`leave_to`: the dull site that leaving goes to. `help_address`: where the directory of help is, by language.
    `work_domains`: the organisation's own mail domains. `texts`: whether text messages can be sent.
    """

    intake: Intake
    sessions: Sessions
    leave_to: str
    help_address: Callable[[str], str]
    work_domains: Sequence[str] = ()
    texts: bool = False

    async def begin(self, page: Page, idle: timedelta = OPEN) -> WebSession:
        """The session of whoever has one, with what is in it; else a new one. Raises NoRoom for a new one alone."""
        if page.session is not None:
            return page.session
        await self.intake.room.check(self.intake.database, Taken.PAGES)
        return page.begin(idle)
