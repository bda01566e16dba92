"""The process of the support cell: a desk like the others, and beside it the directory of help, open to anybody."""

import re
from datetime import UTC, date, datetime

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.web.pages.assets import Assets
from chassis.web.run import Service
from lifecycle.process import desk_service
from services.support import help_file
from services.support.consumers import ACKNOWLEDGE, handlers
from services.support.desk import build_desk
from services.support.settings import SupportSettings
from services.support.web import help as help_page
from services.support.web.directory.pages import help_pages
from services.support.web.panels import panels
from services.support.web.wording import TEXTS


def build(settings: SupportSettings) -> Service:
    """Raises HelpBroken, KeyFileUnusable, KitMissing, PolicyBroken, or ValueError for a missing setting."""
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    places = help_file.load()
    return desk_service(
        desk,
        handlers(desk),
        acknowledge=ACKNOWLEDGE,
        wording=TEXTS,
        package="services.support.web",
        panels=panels(places),
        open_to_anybody=re.compile(r"\w+ /(api/v1/help$|[a-z]{2}/help(/|$)|static/)"),
        routes=[
            help_page.route(places, desk.policy, _today),
            help_pages(settings, places, desk.policy, _today, Assets(settings.kit_dir)),
        ],
    )


def _today() -> date:
    return datetime.now(UTC).date()
