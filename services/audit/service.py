"""The process of the audit service: it takes entries in, signs checkpoints, and answers auditors."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from google.protobuf.message import Message

from chassis import audit_trail
from chassis.consumer import Consumer, Handler
from chassis.database import Database
from chassis.keys import ServiceKeys, public_keys
from chassis.relay import Relay
from chassis.web import sessions
from chassis.web.app import create_app
from chassis.web.health import Check, reachable
from chassis.web.pages.staff import staff_pages
from chassis.web.run import Service
from chassis.web.sign_in import SignIn
from contracts.audit.v1.audit_pb2 import AuditEntry, Heartbeat
from contracts.topics import AUDIT_ENTRIES, WORKFLOW_POLICY, Topic
from lifecycle import in_force
from lifecycle import pages as shared
from policy.load import load
from services.audit.checkpoints import sign_checkpoints
from services.audit.record import append_entry, take_heartbeat
from services.audit.settings import AuditSettings
from services.audit.web import accesses, desk
from services.audit.web.api import Record, verification_route

Handlers = Mapping[Topic, Mapping[type[Message], Handler]]
HANDLERS: Final[Handlers] = {AUDIT_ENTRIES: {AuditEntry: append_entry, Heartbeat: take_heartbeat}}


def build(settings: AuditSettings) -> Service:
    database = Database(settings.database_dsn)
    keys = ServiceKeys.load(settings.keys_dir)
    publics = public_keys(settings)
    record = Record(settings, database, load(settings.policy), publics["audit"])
    handlers: Handlers = {**HANDLERS, WORKFLOW_POLICY: in_force.handlers(record)}
    consumer = Consumer(settings, database, handlers, publics)
    relay = Relay(settings, keys.signing)
    sign_in, appointments = SignIn(settings.oidc_issuer), in_force.InForce(record)
    pages, of_pages = staff_pages(
        settings,
        database,
        sign_in,
        packages=["services.audit.web"],
        tabs=desk.TABS,
        routes=[*desk.routes(record), *accesses.routes(record)],
        catalogs=[Path(shared.__path__[0]) / "locale"],
    )
    app = create_app(
        settings,
        [pages, verification_route(record)],
        checks=[
            Check("database", database.check, needed=True),
            Check("kafka", reachable(settings.kafka_bootstrap)),
        ],
        sign_in=sign_in,
        sessions=of_pages,
    )
    return Service(
        app,
        checks=[Check("events_in", consumer.check), Check("events_out", relay.check)],
        background=[
            consumer.run,
            relay.run,
            partial(sign_checkpoints, database, keys.signing, settings.checkpoint_every),
            partial(audit_trail.send_heartbeats, database, settings.heartbeat_every),
            partial(sessions.sweep_forever, database),
        ],
        everywhere=[appointments.follow],
        opening=[appointments.read],
        close=[database.close],
    )
