"""Notifications on a real database and broker, with an ethics office that asks for mails and an HR bridge that knows
addresses, both answering over HTTP as they do in the house.
"""

import asyncio
import json
import mailbox
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
import uvicorn
from litestar import Router
from litestar.di import Provide

from chassis.database import Database
from chassis.keys import ServiceKeys, create, public_keys
from chassis.relay import Relay
from chassis.sealing import delivery_context, seal_to
from chassis.settings import Settings
from chassis.web.app import create_app
from contracts.cases.v1.cases_pb2 import StaffNotice
from contracts.intake.v1.reports_pb2 import ReporterNotice
from contracts.topics import ETHICS_CASES
from lifecycle.notices import add_notice
from lifecycle.recipient_route import recipient_route
from ops.local_stack.guardian import Guardian
from ops.local_stack.ports import free_port
from ops.local_stack.process import Process
from policy.load import load
from services.hr_bridge.adapters.tryton import Tryton
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.settings import HrBridgeSettings
from services.hr_bridge.web import mail_address
from services.intake.intake import Intake
from services.intake.tables import MailWish, Report
from services.intake.use_cases.choose_mails import Wish, tell_her
from services.intake.web.internal import post_delivery
from services.intake.web.problems_of_intake import HANDLERS
from services.notifications.sender import Sender
from services.notifications.service import Notifications
from services.notifications.settings import NotificationsSettings
from tests import real_parts

HOUSE = ("notifications", "ethics", "hr_bridge", "intake")
WORDING_KEY = "query.opened"


@dataclass
class Post:
    database: real_parts.Database
    kafka: dict[str, Any]
    scratch: Path
    smtp_port: int
    peers: dict[str, str] = field(default_factory=dict)
    text_gateway: str = "{number}@text.example.org"

    async def prepare(self) -> None:
        publics = {}
        for service in HOUSE:
            publics[service] = create(service, self.scratch / service)
        (self.scratch / "services.json").write_text(json.dumps(publics), encoding="utf-8")
        self.databases = {service: Database(self.database.dsn(service)) for service in HOUSE}
        self.publics = public_keys(self.settings("ethics"))

    async def close(self) -> None:
        for database in self.databases.values():
            await database.close()

    def keys(self, service: str) -> ServiceKeys:
        return ServiceKeys.load(self.scratch / service)

    def settings(self, service: str) -> Settings:
        return Settings(**self.given(service))

    def given(self, service: str) -> dict[str, Any]:
        return {
            "service": service,
            "database_dsn": self.database.dsn(service),
            "temporal_address": "127.0.0.1:1",
            "oidc_issuer": "http://127.0.0.1:1",
            "http_port": 0,
            "keys_dir": self.scratch / service,
            "service_keys": self.scratch / "services.json",
            "peers": self.peers,
            "kafka_username": service,
            "kafka_password": real_parts.password(service),
            **self.kafka,
        }

    def notifications(self) -> NotificationsSettings:
        return NotificationsSettings(
            smtp_port=self.smtp_port,
            mail_from="post@work.example",
            text_gateway=self.text_gateway,
            **self.given("notifications"),
        )

    def of_notifications(self) -> Notifications:
        return Notifications(self.databases["notifications"], load("iom-2024-03"))

    async def rows(self, query: str, service: str = "notifications", **parameters: Any) -> list[Any]:
        async with self.databases[service].transaction() as session:
            return list((await session.execute(sa.text(query), params=parameters)).all())

    async def employ(self, staff_id: str, address: str) -> None:
        await self.rows(
            "insert into people (staff_id, unit, station, line_staff_id, contract, active, mail_address, valid_from)"
            " values (:staff_id, 'u', 's', '', 'staff', true, :address, now()) returning 1",
            "hr_bridge",
            staff_id=staff_id,
            address=address,
        )

    async def notify(self, staff_id: str, case_id: UUID | None = None, **notice_fields: Any) -> UUID:
        """As a desk would; answers the event's id."""
        async with self.databases["ethics"].transaction() as session:
            office = self.keys("ethics").desk("ethics")
            notice = StaffNotice(wording_key=WORDING_KEY, **notice_fields)
            await add_notice(
                session, ETHICS_CASES, uuid4(), staff_id, notice, case_id=case_id or uuid4(), desk_key=office
            )
        found = await self.rows("select event_id from outbox order by id desc limit 1", "ethics")
        return UUID(str(found[0][0]))

    @asynccontextmanager
    async def ethics(self) -> AsyncIterator[None]:
        """The ethics office as far as a mail needs it: who is meant by a reference."""
        database, office = self.databases["ethics"], self.keys("ethics").desk("ethics")
        app = create_app(self.settings("ethics"), [recipient_route(database, office, self.publics)])
        async with served(app) as self.peers["ethics"]:
            yield

    @asynccontextmanager
    async def hr_bridge(self) -> AsyncIterator[None]:
        settings = HrBridgeSettings(
            tryton_url="http://127.0.0.1:1/hris",
            tryton_username="nobody",
            tryton_password="none",
            webhook_key_file=self.scratch / "none",
            **self.given("hr_bridge"),
        )
        tryton = Tryton(settings.tryton_url, settings.tryton_username, settings.tryton_password)
        bridge = Bridge(settings, self.databases["hr_bridge"], self.keys("hr_bridge"), tryton, load("rehearsal"))
        app = create_app(settings, mail_address.routes(bridge, self.publics))
        async with served(app) as self.peers["hr_bridge"]:
            yield
        await tryton.close()

    @asynccontextmanager
    async def intake(self) -> AsyncIterator[None]:
        """Intake as far as a mail needs it: where a person chose to have one."""
        # Its key store has nothing to do with addresses.
        intake = Intake(self.databases["intake"], cast("Any", None), self.keys("intake"), load("rehearsal"))
        publics = self.publics
        routes = Router(
            path="",
            route_handlers=[post_delivery],
            dependencies={
                "intake": Provide(lambda: intake, sync_to_thread=False),
                "publics": Provide(lambda: publics, sync_to_thread=False),
            },
            exception_handlers=HANDLERS,
        )
        async with served(create_app(self.settings("intake"), [routes])) as self.peers["intake"]:
            yield

    async def person_chose(self, wish: Wish) -> UUID:
        """A report of somebody who chose to have mails, as intake keeps it once her page is taken; its id."""
        report_id, wish_id = uuid4(), uuid4()
        sealed = seal_to(
            self.keys("notifications").desk("delivery").public,
            json.dumps(asdict(wish)).encode(),
            context=delivery_context(wish_id),
        )
        async with self.databases["intake"].transaction() as session:
            session.add(
                Report(
                    report_id=report_id, lifecycle="informal_resolution", service="ombuds", office="ombuds",
                    mode="anonymous", language="en", lodged_at=datetime.now(UTC), next_date=None,
                    route_public_key=None, body_digest=b"", opened_at=None, erased_at=None,
                )
            )  # fmt: skip
            await session.flush()
            session.add(MailWish(report_id=report_id, wish_id=wish_id, sealed=sealed))
        return report_id

    async def news_for(self, report_id: UUID) -> UUID:
        """There is something new for her; the notice has arrived, without Kafka. The event's id."""
        async with self.databases["intake"].transaction() as session:
            await tell_her(session, report_id, datetime.now(UTC))
        [(event_id, value)] = await self.rows(
            "select event_id, value from outbox where topic = 'intake.notices.v1' order by id desc limit 1", "intake"
        )
        reference = ReporterNotice.FromString(value).recipient_ref
        await self.rows(
            "insert into waiting (event_id, source, recipient_ref)"
            " values (:event_id, 'intake', cast(:reference as uuid)) returning 1",
            event_id=event_id,
            reference=reference,
        )
        return UUID(str(event_id))

    @asynccontextmanager
    async def delivery(self, guardian: Guardian) -> AsyncIterator[str]:
        """The ethics office's relay, and the real process of notifications; answers that process's address."""
        relay = Relay(self.settings("ethics"), self.keys("ethics").signing)
        relaying = asyncio.create_task(relay.run())
        port = free_port()
        given = self.given("notifications") | {
            "http_port": port, "smtp_port": self.smtp_port, "mail_from": "post@work.example",
            "peers": json.dumps(self.peers),
        }  # fmt: skip
        process = Process.spawn(
            [sys.executable, "-m", "services.notifications", "all"],
            log=self.scratch / "notifications.log",
            environment={f"RECOURSE_{name.upper()}": str(value) for name, value in given.items()},
        )
        guardian.watch(process.id)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            await relay.stop()
            await relaying

    @asynccontextmanager
    async def sender(self, **given: Any) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(
            Sender(self.notifications(), self.of_notifications(), self.keys("notifications"), **given).run()
        )
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def wait_here(self, event_id: UUID, staff_id: str) -> None:
        """A notice that has arrived, without Kafka."""
        await self.notify(staff_id)
        [(recipient_ref,)] = await self.rows(
            "select recipient_ref from recipients order by created_at desc limit 1", "ethics"
        )
        await self.rows(
            "insert into waiting (event_id, source, recipient_ref)"
            " values (:event_id, 'ethics', :recipient_ref) returning 1",
            event_id=event_id,
            recipient_ref=recipient_ref,
        )

    async def endings(self) -> dict[UUID, str]:
        return {row.event_id: row.state for row in await self.rows("select event_id, state from sent")}


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The address at which the app answers, on a free port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def mails(maildir: Path) -> list[Message]:
    return [message for _, message in sorted(mailbox.Maildir(maildir, create=True).iteritems())]
