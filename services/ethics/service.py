"""The process of the ethics office: its staff's API, its consumers, and what keeps its queries going."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Final

from sqlalchemy import text

from chassis import audit_trail, desk_keys
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.relay import Relay
from chassis.settings import Settings
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.run import Service
from chassis.web.sign_in import SignIn
from lifecycle import api, parties, sweeper
from lifecycle.notices import recipient_route
from services.ethics import numbers
from services.ethics.consumers import ACKNOWLEDGE, handlers
from services.ethics.desk import build_desk
from services.ethics.use_cases import OFFICE, forget_seen

logger = logging.getLogger(__name__)

_LOOK_EVERY: Final = 30.0
# Thrice what the sentinel leaves between two words.
_SENTINEL_WORKS: Final = text("select works_at > now() - interval '30 seconds' from sentinel")


class SentinelSilent(Exception):
    """The sentinel has left no word for thirty seconds: it does not run, or cannot get on."""


def build(settings: Settings) -> Service:
    database = Database(settings.database_dsn)
    keys = ServiceKeys.load(settings.keys_dir)
    publics = public_keys(settings)
    desk = build_desk(settings, database, keys)
    consumer = Consumer(settings, database, handlers(desk), publics, acknowledge=ACKNOWLEDGE)
    relay = Relay(settings, keys.signing)
    app = create_app(
        settings,
        [*api.routes(desk), recipient_route(database, keys.desk(OFFICE), publics)],
        checks=[
            Check("database", database.check, needed=True),
            Check("keystore", desk.keystore.check, needed=True),
            Check("kafka", reachable(settings.kafka_bootstrap)),
            Check("temporal", reachable(settings.temporal_address)),
            Check("sentinel", partial(_sentinel_works, database)),
        ],
        sign_in=SignIn(settings.oidc_issuer),
    )
    return Service(
        app,
        background=[
            partial(_publish_desk_keys, settings, database, keys),
            consumer.run,
            relay.run,
            partial(sweeper.keep, desk),
            partial(parties.retag_forever, desk),
            partial(_look_after, database),
            partial(audit_trail.send_heartbeats, database, settings.heartbeat_every),
        ],
        close=[desk.keystore.close, database.close],
    )


async def _publish_desk_keys(settings: Settings, database: Database, keys: ServiceKeys) -> None:
    async with database.transaction() as session:
        await desk_keys.publish(session, keys, settings.service, datetime.now(UTC))


async def _look_after(database: Database) -> None:
    """Tell of personnel actions that are missing, and empty what was seen long ago, again and again."""
    while True:
        async with database.transaction() as session:
            if missing := await numbers.alarm(session):
                logger.error("personnel actions are missing", extra={"count": missing})
            await forget_seen(session)
        await asyncio.sleep(_LOOK_EVERY)


async def _sentinel_works(database: Database) -> None:
    """Raises SentinelSilent."""
    async with database.transaction() as session:
        if not await session.scalar(_SENTINEL_WORKS):
            raise SentinelSilent
