"""The process of the support cell: a desk like the others, and beside it the directory of help, open to anybody."""

from datetime import UTC, date, datetime

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.settings import Settings
from chassis.web.run import Service
from lifecycle.process import desk_service
from services.support import help_file
from services.support.consumers import ACKNOWLEDGE, handlers
from services.support.desk import build_desk
from services.support.web import help as help_page


def build(settings: Settings) -> Service:
    """Raises HelpBroken, KeyFileUnusable, PolicyBroken, or ValueError for a missing setting."""
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    return desk_service(
        desk,
        handlers(desk),
        acknowledge=ACKNOWLEDGE,
        routes=[help_page.route(help_file.load(), desk.policy, _today)],
    )


def _today() -> date:
    return datetime.now(UTC).date()
