"""A desk's pages put together: its words, its sign-in, the queue, the cases."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Router
from litestar.handlers import HTTPRouteHandler

import policy
from chassis.web import pages as chassis_pages
from chassis.web.desk_sign_in import DeskSignIn, desk_router
from chassis.web.pages.assets import Assets
from chassis.web.pages.page import Pages
from chassis.web.pages.words import N_, Words
from chassis.web.sessions import Sessions
from chassis.web.sign_in import SignIn
from lifecycle.desk import Desk
from lifecycle.pages import case, contents, queue
from lifecycle.pages.desk_pages import DeskPages
from lifecycle.pages.wording import Wording
from lifecycle.sender import Sender

_SHARED = (Path(chassis_pages.__path__[0]), Path(policy.__path__[0]), Path(__file__).parent)
QUEUE = ("/queue", N_("Queue"))


def desk_pages(
    desk: Desk,
    sender: Sender,
    sign_in: SignIn,
    wording: Wording,
    *,
    package: str,
    tabs: Sequence[tuple[str, str]] = (),
    routes: Sequence[HTTPRouteHandler] = (),
) -> tuple[Router, Sequence[Sessions]]:
    """`package` has the service's own templates and words; `tabs` are the address and name of what stands beside the
    queue, `routes` their pages. Raises KitMissing.
    """
    settings = desk.settings
    assets = Assets(settings.kit_dir)
    desk_sign_in = DeskSignIn(settings, desk.database, sign_in)
    of_service = Path(_folder(package)).parent
    pages = Pages(
        packages=[package, "lifecycle.pages"],
        words=Words(*(one / "locale" for one in (*_SHARED, of_service))),
        assets=assets,
        origin=settings.public_url,
        sessions=desk_sign_in.desk,
        given={"desk_tabs": [QUEUE, *tabs]},
    )
    of = DeskPages(desk, sender, wording)
    every = [*queue.routes(of), *case.routes(of), *contents.routes(of), *routes]
    return Router(path="", route_handlers=[assets.handler(), desk_router(desk_sign_in, pages, every)]), (
        desk_sign_in.sessions
    )


def _folder(package: str) -> str:
    module: Any = __import__(package, fromlist=["__path__"])
    return str(module.__path__[0])
