"""The pages of one service for those who are signed in at it."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.types import ControllerRouterHandler

from chassis.database import Database
from chassis.settings import Settings
from chassis.web.desk_sign_in import DeskSignIn, desk_router
from chassis.web.pages.assets import Assets
from chassis.web.pages.page import Page, Pages
from chassis.web.pages.words import Words
from chassis.web.sessions import Sessions
from chassis.web.sign_in import SignedIn, SignIn

Tab = tuple[str, str]
"""Address, without its language, and name of what stands in the navigation."""


def staff_pages(
    settings: Settings,
    database: Database,
    sign_in: SignIn,
    *,
    packages: Sequence[str],
    tabs: Sequence[Tab],
    routes: Sequence[ControllerRouterHandler],
    catalogs: Sequence[Path] = (),
    shows_tab: Callable[[str, str], bool] = lambda address, staff_id: True,  # noqa: ARG005
    lands: Callable[[str], str] | None = None,
) -> tuple[Router, Sequence[Sessions]]:
    """`packages` hold templates, and beside the first lies the service's `locale`; `catalogs` are further folders of
    words. The bare address leads to where `lands` says that the work of somebody is, by staff id, or to the first of
    `tabs`; `shows_tab` says which of them somebody has, by address and staff id. Raises KitMissing.
    """

    @get("/{language:str}", include_in_schema=False)
    async def first(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[None]:
        return page.go(lands(signed_in.staff_id) if lands else tabs[0][0])

    assets = Assets(settings.kit_dir)
    desk_sign_in = DeskSignIn(settings, database, sign_in)
    own = Path(str(import_module(packages[0]).__path__[0])).parent
    pages = Pages(
        packages=packages,
        words=Words(Path(__file__).parent / "locale", *catalogs, own / "locale"),
        assets=assets,
        origin=settings.public_url,
        sessions=desk_sign_in.desk,
        demonstration=settings.demonstration,
        given={"desk_tabs": tabs, "shows_tab": shows_tab},
    )
    router = Router(path="", route_handlers=[assets.handler(), desk_router(desk_sign_in, pages, [first, *routes])])
    return router, desk_sign_in.sessions
