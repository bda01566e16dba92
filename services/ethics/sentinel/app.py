"""The Faust application: it brings the bytes of every record, in order, and keeps no state of its own.

Everything that is decided or remembered is in PostgreSQL. Of Faust's settings, each that is named here keeps it from
losing a record, from creating topics, or from showing anything to anybody.
"""

import asyncio
import contextlib
import socket
import time
from typing import Any, Final

import faust
from faust.transport.drivers.aiokafka import Consumer

from chassis import logs, telemetry
from chassis.database import Database
from chassis.inbox import Inbox
from chassis.inbox_rows import Record
from chassis.kafka import full_name
from chassis.keys import ServiceKeys, public_keys
from chassis.settings import Settings
from chassis.web.run import keep_running
from contracts.topics import HR_PERSONNEL_ACTIONS
from lifecycle.in_force import InForce
from services.ethics.consumers import sentinel_handlers
from services.ethics.desk import build_desk
from services.ethics.sentinel.watch import SIGN_EVERY, Watch

_LOOK_EVERY: Final = 0.5


class _App(faust.App):
    """Without the folder that Faust makes for tables: there are none, and a killed process would leave it behind."""

    def _create_directories(self) -> None:
        pass


def build(settings: Settings, watch: Watch) -> faust.App:
    """The application; its group is the only one that its Kafka user may read in."""
    app = _App(
        f"{settings.kafka_prefix}recourse.sentinel",
        broker=[f"aiokafka://{address.strip()}" for address in settings.kafka_bootstrap.split(",")],
        broker_credentials=_credentials(settings),
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_commit_interval=1.0,
        # Topics are made from deploy/topics.toml alone.
        topic_allow_declare=False,
        topic_disable_leader=True,
        # Faust's server would listen on every address, without sign-in.
        web_enabled=False,
        # Waiting for the streams would keep SIGTERM waiting for as long as PostgreSQL is away.
        stream_wait_empty=False,
        store="memory://",
        autodiscover=False,
        worker_redirect_stdouts=False,
    )
    app.transport.Consumer = _reading_on(watch)  # type: ignore[misc]  # one consumer, of this app alone
    # Raw bytes: what Faust cannot decode, it skips and commits.
    topic = app.topic(
        full_name(settings, HR_PERSONNEL_ACTIONS),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    # More than one at a time, and a kill loses those in flight.
    @app.agent(topic, concurrency=1, name="sentinel")
    async def look(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            # Faust acknowledges an event when the body is left, however it is left: also when stopping cancels it
            # halfway. A reference of our own, dropped only after the commit, keeps such an event unacknowledged.
            message.incref()
            await watch.take(
                Record(
                    topic=HR_PERSONNEL_ACTIONS,
                    partition=message.partition,
                    offset=message.offset,
                    key=message.key,
                    value=message.value,
                    headers=message.headers or (),
                )
            )
            message.decref()

    @app.on_partitions_assigned.connect
    async def reads(*told: Any, **_: Any) -> None:
        watch.reads = bool(told[1])
        await watch.sign()

    @app.timer(SIGN_EVERY)  # type: ignore[untyped-decorator]
    async def leave_word() -> None:
        await watch.sign()

    return app


def _reading_on(watch: Watch) -> type[Consumer]:
    """Faust's consumer, which begins at the place that is stored with what was seen. What its group has committed may
    have been reset by anybody who may do that; ahead of the place it would leave actions out.
    """

    class ReadingOn(Consumer):
        async def seek_to_committed(self) -> dict[Any, int]:
            partitions = self.assignment()
            ends = {one.partition: end for one, end in (await self.highwaters(*partitions)).items()}
            places = await watch.places(ends)
            found = {one: places[one.partition] for one in partitions}
            await self.seek_wait(found)
            return found

    return ReadingOn


def _credentials(settings: Settings) -> Any:
    if settings.kafka_username is None:
        return None
    return faust.SASLCredentials(
        username=settings.kafka_username, password=settings.kafka_password, mechanism="SCRAM-SHA-512"
    )


def _wait_for_kafka(settings: Settings) -> None:
    """Faust dies of a broker that is not there yet; later it waits by itself."""
    addresses = [address.strip().rpartition(":") for address in settings.kafka_bootstrap.split(",")]
    while True:
        for host, _, port in addresses:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=_LOOK_EVERY):
                return
        time.sleep(_LOOK_EVERY)


def run() -> None:
    """`python -m services.ethics sentinel`: the ethics service's settings, with the Kafka user `sentinel`."""
    settings = Settings(service="ethics")
    logs.set_up("sentinel")
    # Under its own name: two processes that write one file would cut each other's lines.
    telemetry.set_up(settings.model_copy(update={"service": "sentinel"}))
    database = Database(settings.database_dsn)
    desk = build_desk(settings, database, ServiceKeys.load(settings.keys_dir))
    appointments = InForce(desk)
    watch = Watch(database, Inbox(sentinel_handlers(desk), public_keys(settings), {}))
    _wait_for_kafka(settings)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(keep_running(appointments.read))
    app = build(settings, watch)

    @app.task  # type: ignore[untyped-decorator]
    async def go_by_appointments() -> None:
        await keep_running(appointments.follow)

    worker = faust.Worker(app, loop=loop, quiet=True, override_logging=False)
    worker.spinner = None
    worker.execute_from_commandline()
