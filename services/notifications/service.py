"""The process of notifications: it takes notices from Kafka and sends mails; over HTTP it only says how it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from google.protobuf.message import Message

from chassis import audit_trail, desk_keys
from chassis.consumer import Consumer, Handler
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.relay import Relay
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.run import Service
from contracts.policy.v1.policy_pb2 import AppointmentsInForce
from contracts.topics import WORKFLOW_POLICY, Topic
from lifecycle import in_force
from lifecycle.in_force import InForce
from policy.load import load
from policy.model import Policy
from services.notifications.consumers import handlers
from services.notifications.sender import Sender
from services.notifications.settings import NotificationsSettings


@dataclass
class Notifications:
    """Who holds which appointment: whoever holds one gets digests."""

    database: Database
    policy: Policy


def build(settings: NotificationsSettings) -> Service:
    database = Database(settings.database_dsn)
    keys = ServiceKeys.load(settings.keys_dir)
    of = Notifications(database, load(settings.policy))
    sender, appointments = Sender(settings, of, keys), InForce(of)
    handled: Mapping[Topic, Mapping[type[Message], Handler]] = {
        **handlers(sender),
        WORKFLOW_POLICY: {AppointmentsInForce: in_force.remember(of)},
    }
    consumer = Consumer(settings, database, handled, public_keys(settings))
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
        checks=[Check("events_in", consumer.check), Check("events_out", relay.check)],
        everywhere=[appointments.follow],
        opening=[appointments.read],
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
