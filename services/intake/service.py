"""The process of intake: its parts put together."""

import re
from functools import partial

from chassis import audit_actors, audit_trail, desk_keys
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.keystore import Keystore
from chassis.relay import Relay
from chassis.web import sessions
from chassis.web.health import Check
from chassis.web.run import Service
from lifecycle.in_force import InForce
from policy.load import load
from services.intake.consumers import ACKNOWLEDGE, handlers
from services.intake.files.receiving import Receiving
from services.intake.intake import Intake, utc_now
from services.intake.settings import IntakeSettings
from services.intake.use_cases import sweep_chunks, sweep_orphans
from services.intake.web.app import intake_app


def build(settings: IntakeSettings) -> Service:
    """Raises KeyFileUnusable, PolicyBroken, or ValueError for a missing setting."""
    keys, publics = ServiceKeys.load(settings.keys_dir), public_keys(settings)
    database, keystore = Database(settings.database_dsn), Keystore.of(settings)
    receiving = Receiving(settings.file_bytes, settings.files_per_route)
    intake = Intake(database, keystore, keys, load(settings.policy), receiving)
    appointments = InForce(intake)
    relay = Relay(settings, keys.signing)
    consumer = Consumer(settings, database, handlers(intake), publics, acknowledge=ACKNOWLEDGE)
    return Service(
        app=intake_app(settings, intake, publics),
        checks=[Check("events_in", consumer.check), Check("events_out", relay.check)],
        background=[
            partial(_publish_desk_keys, intake),
            relay.run,
            consumer.run,
            partial(audit_trail.send_heartbeats, database, settings.heartbeat_every),
            partial(audit_actors.forget_forever, database),
            partial(sweep_orphans.sweep_forever, intake),
            partial(sweep_chunks.sweep_forever, intake),
            partial(sessions.sweep_forever, database),
        ],
        everywhere=[appointments.follow],
        opening=[appointments.read],
        # The portal's pages, which say who helps where somebody is in danger. What is sent is taken once all is read.
        open_to_anybody=re.compile(r"(GET|HEAD) /($|[a-z]{2}(/|$)|static/)"),
        close=[keystore.close, database.close],
    )


async def _publish_desk_keys(intake: Intake) -> None:
    async with intake.database.transaction() as session:
        await desk_keys.publish(session, intake.keys, "intake", utc_now())
