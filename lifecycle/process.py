"""The process of a desk's service, put together the same way for every desk."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from google.protobuf.message import Message
from litestar.types import ControllerRouterHandler

from chassis import audit_actors, audit_trail, desk_keys
from chassis.consumer import Acknowledge, Consumer, Handler
from chassis.keys import public_keys
from chassis.relay import Relay
from chassis.web import sessions
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.run import Background, Service
from chassis.web.sign_in import SignIn
from contracts.topics import WORKFLOW_POLICY, Topic, applied_to
from lifecycle import api, in_force, parties, pinned, recusal, reports, sweeper
from lifecycle.custody import custody_route
from lifecycle.desk import Desk
from lifecycle.pages.panels import PLAIN, Panels
from lifecycle.pages.routes import desk_pages
from lifecycle.pages.wording import Wording, words_of
from lifecycle.recipient_route import recipient_route
from lifecycle.rewrapping import rewraps_route
from lifecycle.sender import Sender


def desk_service(
    desk: Desk,
    handlers: Mapping[Topic, Mapping[type[Message], Handler]],
    *,
    acknowledge: Mapping[Topic, Acknowledge],
    wording: Mapping[str, str],
    package: str,
    panels: Panels = PLAIN,
    routes: Sequence[ControllerRouterHandler] = (),
    checks: Sequence[Check] = (),
    background: Sequence[Background] = (),
    open_to_anybody: re.Pattern[str] | None = None,
) -> Service:
    """The staff's API, the desk's pages and what keeps cases going. `wording` and `package`: what its pages call things
    and where their templates are (`lifecycle.pages`); `panels`: what they have beside the queue and the cases that
    every desk has. `routes`, `checks`, `background` and `open_to_anybody` are what else this desk has beside the
    others'. Raises KeyFileUnusable.
    """
    settings, database, publics = desk.settings, desk.database, public_keys(desk.settings)
    sender, sign_in = Sender(desk), SignIn(settings.oidc_issuer)
    pages, of_pages = desk_pages(
        desk, sender, sign_in, Wording(wording, words_of(desk.policy)), package=package, panels=panels
    )
    app = create_app(
        settings,
        [
            *api.routes(desk, sender),
            pages,
            recipient_route(database, desk.keys.desk(desk.notices_office), publics),
            rewraps_route(desk, publics),
            custody_route(desk, publics),
            *routes,
        ],
        checks=[
            Check("database", database.check, needed=True),
            Check("keystore", desk.keystore.check, needed=True),
            Check("kafka", reachable(settings.kafka_bootstrap)),
            Check("temporal", reachable(settings.temporal_address)),
            Check("policy_packs", partial(pinned.check, desk)),
            *checks,
        ],
        sign_in=sign_in,
        sessions=of_pages,
    )
    handlers = {**handlers, applied_to(desk.service): reports.settling(desk.service)}
    if desk.service in WORKFLOW_POLICY.consumers:
        handlers |= {WORKFLOW_POLICY: in_force.handlers(desk)}
    appointments = in_force.InForce(desk)
    relay = Relay(settings, desk.keys.signing)
    consumer = Consumer(settings, database, handlers, publics, acknowledge=acknowledge)
    return Service(
        app,
        checks=[Check("events_in", consumer.check), Check("events_out", relay.check)],
        background=[
            partial(_publish_desk_keys, desk),
            relay.run,
            consumer.run,
            partial(sweeper.keep, desk),
            partial(parties.retag_forever, desk),
            partial(recusal.release_forever, desk),
            partial(audit_trail.send_heartbeats, database, settings.heartbeat_every),
            partial(audit_actors.forget_forever, database),
            partial(sessions.sweep_forever, database),
            *background,
        ],
        everywhere=[appointments.follow, partial(pinned.follow, desk)],
        opening=[appointments.read, partial(pinned.find, desk)],
        open_to_anybody=open_to_anybody,
        close=[desk.keystore.close, database.close],
    )


async def _publish_desk_keys(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await desk_keys.publish(session, desk.keys, desk.service, datetime.now(UTC))
