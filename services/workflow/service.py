"""The process of workflow: its parts put together."""

from functools import partial

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.settings import Settings
from chassis.web.run import Service
from lifecycle.process import desk_service
from services.workflow import appointments, figures, policy_versions
from services.workflow.consumers import ACKNOWLEDGE, handlers
from services.workflow.desk import build_desk
from services.workflow.web import manager_requests, openings
from services.workflow.web.catalogue import catalogue
from services.workflow.web.panels import PANELS
from services.workflow.web.wording import TEXTS


def build(settings: Settings) -> Service:
    """Raises KeyFileUnusable, PolicyBroken, or ValueError for a missing setting."""
    desk = build_desk(settings, Database(settings.database_dsn), ServiceKeys.load(settings.keys_dir))
    routes = [*manager_requests.routes(desk), *openings.routes(desk), catalogue(desk)]
    return desk_service(
        desk,
        handlers(desk),
        acknowledge=ACKNOWLEDGE,
        wording=TEXTS,
        package="services.workflow.web",
        panels=PANELS,
        routes=routes,
        background=[
            partial(appointments.say_again, desk),
            partial(policy_versions.say_again, desk),
            partial(figures.publish_forever, desk),
        ],
    )
