"""The portal put together: its words, its sessions, its pages."""

from pathlib import Path
from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide

import policy
from chassis.web import pages as chassis_pages
from chassis.web.pages.assets import Assets
from chassis.web.pages.page import Page, Pages
from chassis.web.pages.routes import pages_router
from chassis.web.pages.words import Words
from chassis.web.sessions import Sessions
from services.intake.intake import Intake
from services.intake.numbers import FILE as HELP
from services.intake.numbers import numbers
from services.intake.room import NoRoom
from services.intake.settings import IntakeSettings
from services.intake.web.pages import (
    acting,
    asking,
    asking_files,
    asking_outside,
    asking_place,
    beginning,
    days,
    files,
    further,
    inbox,
    information,
    keeping_code,
    mails,
    naming,
    own_data,
    readers,
    returning,
    sending,
    whole,
)
from services.intake.web.pages.portal import FULL, LONGEST, OPEN, Portal

_OWNERS = (Path(chassis_pages.__path__[0]), Path(policy.__path__[0]), HELP.with_suffix(""), Path(__file__).parents[2])
_CATALOGS = tuple(owner / "locale" for owner in _OWNERS)
_ROUTES = [
    *beginning.ROUTES,
    *asking.ROUTES,
    *asking_files.ROUTES,
    *asking_place.ROUTES,
    *asking_outside.ROUTES,
    *sending.ROUTES,
    *keeping_code.ROUTES,
    *returning.ROUTES,
    *inbox.ROUTES,
    *files.ROUTES,
    *mails.ROUTES,
    *naming.ROUTES,
    *acting.ROUTES,
    *whole.ROUTES,
    *readers.ROUTES,
    *further.ROUTES,
    *days.ROUTES,
    *information.ROUTES,
    *own_data.ROUTES,
]


def portal(settings: IntakeSettings, intake: Intake) -> tuple[Router, Sessions]:
    """Raises KitMissing."""
    sessions = Sessions(intake.database, "staff-services", idle=OPEN, absolute=LONGEST)
    of_portal = Portal(
        intake,
        sessions,
        settings.leave_to,
        lambda language: f"{settings.help_url}/{language}/help",
        settings.work_domains,
        bool(settings.text_gateway),
    )
    pages = Pages(
        packages=["services.intake.web"],
        words=Words(*_CATALOGS),
        assets=(assets := Assets(settings.kit_dir)),
        origin=settings.public_url,
        sessions=sessions,
        name=settings.portal_name,
        demonstration=settings.demonstration,
        given={"help_address": of_portal.help_address, "numbers": numbers(), "texts": of_portal.texts},
    )

    def no_room(request: Request[Any, Any, Any], _: NoRoom) -> Response[Any]:
        return Page(pages, request, pages.language_of(request), None).go(FULL)

    router = pages_router(pages, _ROUTES, _closed)
    return Router(
        path="",
        route_handlers=[assets.handler(), router],
        dependencies={"portal": Provide(lambda: of_portal, sync_to_thread=False)},
        exception_handlers={NoRoom: no_room},
    ), sessions


def _closed(page: Page) -> Response[Any]:
    return page.go("/closed")
