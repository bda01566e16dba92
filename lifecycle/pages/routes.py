"""A desk's pages put together: its words, its sign-in, the queue, the cases."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from litestar import Router

import policy
from chassis.web.pages.staff import staff_pages
from chassis.web.sessions import Sessions
from chassis.web.sign_in import SignIn
from lifecycle.desk import Desk
from lifecycle.pages import acts, case, contents, queue
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.panels import PLAIN, QUEUE, Panels
from lifecycle.pages.wording import Wording
from lifecycle.sender import Sender


def desk_pages(
    desk: Desk,
    sender: Sender,
    sign_in: SignIn,
    wording: Wording,
    *,
    package: str,
    panels: Panels = PLAIN,
) -> tuple[Router, Sequence[Sessions]]:
    """`package` has the service's own templates and words. Raises KitMissing."""
    of = DeskPages(desk, sender, wording)
    return staff_pages(
        desk.settings,
        desk.database,
        sign_in,
        packages=[package, "lifecycle.pages"],
        tabs=[QUEUE, *panels.tabs],
        shows_tab=partial(panels.shows_tab, desk),
        lands=partial(panels.lands, desk),
        routes=[
            *queue.routes(of),
            *case.routes(of, panels),
            *acts.routes(of, panels),
            *contents.routes(of, panels),
            *panels.routes(of),
        ],
        catalogs=[Path(policy.__path__[0]) / "locale", Path(__file__).parent / "locale", *panels.catalogs],
    )
