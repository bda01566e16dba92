"""The process of notifications: it takes notices from Kafka and sends mails; over HTTP it only says how it is."""

from datetime import UTC, datetime
from functools import partial

from chassis import audit_trail, desk_keys
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.relay import Relay
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.run import Service
from services.notifications.consumers import handlers
from services.notifications.sender import Sender
from services.notifications.settings import NotificationsSettings


def build(settings: NotificationsSettings) -> Service:
    database = Database(settings.database_dsn)
    keys = ServiceKeys.load(settings.keys_dir)
    sender = Sender(settings, database, keys)
    consumer = Consumer(settings, database, handlers(sender), public_keys(settings))
    relay = Relay(settings, keys.signing)
    app = create_app(
        settings,
        [],
        checks=[
            Check("database", database.check, needed=True),
            Check("kafka", reachable(settings.kafka_bootstrap)),
            Check("mail_server", reachable(f"{settings.smtp_host}:{settings.smtp_port}")),
        ],
    )
    return Service(
        app,
        background=[
            partial(_publish_desk_keys, database, keys),
            consumer.run,
            relay.run,
            sender.run,
            lambda: audit_trail.send_heartbeats(database, settings.heartbeat_every),
        ],
        close=[database.close],
    )


async def _publish_desk_keys(database: Database, keys: ServiceKeys) -> None:
    """Intake seals to it where a person chose to be written to."""
    async with database.transaction() as session:
        await desk_keys.publish(session, keys, "notifications", datetime.now(UTC))
