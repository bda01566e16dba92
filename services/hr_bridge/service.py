"""The HR bridge put together: its app, and what runs behind it."""

import asyncio
from datetime import UTC, datetime

from chassis import audit_actors, audit_trail, desk_keys
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.relay import Relay
from chassis.web import sessions
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.pages.staff import staff_pages
from chassis.web.run import Service
from chassis.web.sign_in import SignIn
from contracts.topics import WORKFLOW_MEASURES
from lifecycle.in_force import InForce
from policy.load import load
from services.hr_bridge import consumers, personnel_actions
from services.hr_bridge.adapters.tryton import Tryton
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.ending import note_ended_forever
from services.hr_bridge.reading import Reading
from services.hr_bridge.saga.keep import Workflows
from services.hr_bridge.settings import HrBridgeSettings
from services.hr_bridge.web import desk, mail_address, tasks, words
from services.hr_bridge.web import personnel_actions as webhook


def build(settings: HrBridgeSettings) -> Service:
    database = Database(settings.database_dsn)
    keys = ServiceKeys.load(settings.keys_dir)
    publics = public_keys(settings)
    tryton = Tryton(settings.tryton_url, settings.tryton_username, settings.tryton_password)
    bridge = Bridge(settings, database, keys, tryton, load(settings.policy))
    workflows, reading = Workflows(bridge), Reading(bridge)
    consumer = Consumer(
        settings,
        database,
        consumers.handlers(bridge, workflows.start),
        publics,
        acknowledge={WORKFLOW_MEASURES: consumers.acknowledge},
    )
    relay = Relay(settings, keys.signing)
    sign_in = SignIn(settings.oidc_issuer)
    pages, of_pages = staff_pages(
        settings, database, sign_in, packages=["services.hr_bridge.web"], tabs=desk.TABS, routes=desk.routes(bridge)
    )
    app = create_app(
        settings,
        [
            pages,
            *tasks.routes(bridge),
            *words.routes(bridge),
            *webhook.routes(bridge),
            *mail_address.routes(bridge, publics),
        ],
        checks=[
            Check("database", database.check, needed=True),
            Check("kafka", reachable(settings.kafka_bootstrap)),
            Check("temporal", reachable(settings.temporal_address)),
            Check("hr_system", tryton.check),
        ],
        sign_in=sign_in,
        sessions=of_pages,
    )

    async def publish_desk_keys() -> None:
        async with database.transaction() as session:
            await desk_keys.publish(session, keys, settings.service, datetime.now(UTC))

    appointments = InForce(bridge)
    return Service(
        app,
        checks=[
            Check("events_in", consumer.check),
            Check("events_out", relay.check),
            Check("people_directory", reading.check),
        ],
        background=[
            publish_desk_keys,
            relay.run,
            consumer.run,
            workflows.run,
            reading.run,
            lambda: compare(bridge),
            lambda: audit_trail.send_heartbeats(database, settings.heartbeat_every),
            lambda: note_ended_forever(bridge),
            lambda: audit_actors.forget_forever(database),
            lambda: sessions.sweep_forever(database),
        ],
        everywhere=[appointments.follow],
        opening=[appointments.read],
        close=[tryton.close, database.close],
    )


async def compare(bridge: Bridge) -> None:
    """Look for changes that nobody declared, again and again. Raises DeskKeyUnknown."""
    while True:
        async with bridge.database.transaction() as session:
            await personnel_actions.compare(session, bridge, datetime.now(UTC))
        await asyncio.sleep(bridge.settings.directory_every)
