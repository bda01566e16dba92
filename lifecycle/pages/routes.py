"""A desk's pages put together: its words, its sign-in, the queue, the cases."""

from collections.abc import Sequence
from pathlib import Path

from litestar import Router
from litestar.handlers import HTTPRouteHandler

import policy
from chassis.web.pages.staff import Tab, staff_pages
from chassis.web.pages.words import N_
from chassis.web.sessions import Sessions
from chassis.web.sign_in import SignIn
from lifecycle.desk import Desk
from lifecycle.pages import case, contents, queue
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.wording import Wording
from lifecycle.sender import Sender

QUEUE: Tab = ("/queue", N_("Queue"))


def desk_pages(
    desk: Desk,
    sender: Sender,
    sign_in: SignIn,
    wording: Wording,
    *,
    package: str,
    tabs: Sequence[Tab] = (),
    routes: Sequence[HTTPRouteHandler] = (),
) -> tuple[Router, Sequence[Sessions]]:
    """`package` has the service's own templates and words; `tabs` are the address and name of what stands beside the
    queue, `routes` their pages. Raises KitMissing.
    """
    of = DeskPages(desk, sender, wording)
    return staff_pages(
        desk.settings,
        desk.database,
        sign_in,
        packages=[package, "lifecycle.pages"],
        tabs=[QUEUE, *tabs],
        routes=[*queue.routes(of), *case.routes(of), *contents.routes(of), *routes],
        catalogs=[Path(policy.__path__[0]) / "locale", Path(__file__).parent / "locale"],
    )
