"""The process of the ombuds cell: its parts put together."""

from functools import partial

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.settings import Settings
from chassis.web.run import Service
from lifecycle.process import desk_service
from services.ombuds import figures
from services.ombuds.consumers import ACKNOWLEDGE, handlers
from services.ombuds.desk import build_desk
from services.ombuds.web.panels import PANELS
from services.ombuds.web.wording import TEXTS


def build(settings: Settings) -> Service:
    """Raises KeyFileUnusable, PolicyBroken, or ValueError for a missing setting."""
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    return desk_service(
        desk,
        handlers(desk),
        acknowledge=ACKNOWLEDGE,
        wording=TEXTS,
        package="services.ombuds.web",
        panels=PANELS,
        background=[partial(figures.tell_forever, desk)],
    )
