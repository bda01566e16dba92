"""The ethics service: what it takes from intake and workflow, whom it answers, and what it tells notifications."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import keys, service_tokens
from chassis.connections import async_dsn
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.outbox import add_event
from chassis.relay import Relay
from chassis.tables import NAMING, define
from contracts.cases.v1.cases_pb2 import ReportEventApplied, StaffNotice
from contracts.intake.v1.reports_pb2 import ProtectedActivity, ProtectionStarted
from contracts.requests.v1.requests_pb2 import CooperationStarted
from contracts.topics import INTAKE_REPORTS_ETHICS, WORKFLOW_REQUESTS
from ops.demo.sign_in import access_token
from ops.local_stack.oidc import Oidc
from ops.local_stack.ports import free_port
from services.ethics.consumers import ACKNOWLEDGE, handlers
from services.ethics.service import build
from tests.integration.ethics.office import (
    ETHICS_OFFICER,
    KIND,
    PROTECTED,
    Office,
    personnel_action,
)
from tests.real_parts import Database as Schemas
from tests.real_parts import TemporalServer
from tests.waiting import eventually

pytestmark = pytest.mark.stack
INVESTIGATOR = "S0005"


@asynccontextmanager
async def client_of(office: Office, oidc: Oidc) -> AsyncIterator[httpx.AsyncClient]:
    """In this loop, where the database's connections live."""
    service = build(office.settings.model_copy(update={"oidc_issuer": oidc.issuer}))
    transport = httpx.ASGITransport(service.app)
    async with service.app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://ethics") as client:
        yield client
    for close in service.close:
        await close()


async def bearer(oidc: Oidc, staff_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {await access_token(oidc.issuer, staff_id)}"}


async def test_only_the_ethics_office_sees_a_query(quiet_office: Office, oidc: Oidc) -> None:
    await quiet_office.protect()
    case_id = await quiet_office.see(personnel_action(PROTECTED, 1))
    async with client_of(quiet_office, oidc) as client:
        officer, other = await bearer(oidc, ETHICS_OFFICER), await bearer(oidc, INVESTIGATOR)
        listed = (await client.get("/api/v1/cases", headers=officer)).json()["cases"]
        assert [(one["case_id"], one["lifecycle"], one["state"]) for one in listed] == [
            (str(case_id), "query", "opened")
        ]
        assert (await client.get("/api/v1/cases", headers=other)).json()["cases"] == []
        unseen = await client.get(f"/api/v1/cases/{case_id}", headers=other)
        unknown = await client.get(f"/api/v1/cases/{uuid4()}", headers=officer)
        assert (unseen.status_code, unseen.content) == (404, unknown.content)
        found = (await client.get(f"/api/v1/cases/{case_id}", headers=officer)).json()
        assert PROTECTED not in json.dumps(found)
        assert KIND not in json.dumps(found)


async def test_what_a_query_is_about_is_read_with_a_purpose_and_written_down(quiet_office: Office, oidc: Oidc) -> None:
    await quiet_office.protect()
    case_id = await quiet_office.see(personnel_action(PROTECTED, 1))
    address = f"/api/v1/cases/{case_id}/contents-readings"
    async with client_of(quiet_office, oidc) as client:
        officer, other = await bearer(oidc, ETHICS_OFFICER), await bearer(oidc, INVESTIGATOR)
        assert (await client.post(address, json={"purpose": "curiosity"}, headers=officer)).status_code == 400
        assert (await client.post(address, json={"purpose": "review"}, headers=other)).status_code == 404
        read = await client.post(address, json={"purpose": "review"}, headers=officer)
        [item] = read.json()["items"]
        facts = json.loads(item["text"])
        [protection] = facts["protections"]
        assert (item["kind"], protection["staff_id"], facts["kind"]) == ("facts", PROTECTED, KIND)
    acts = [
        (entry["actor"], entry["facts"].get("purpose"))
        for (text,) in await quiet_office.rows("select convert_from(entry_json, 'UTF8') from audit_readable")
        if "purpose" in (entry := json.loads(text))["facts"] and entry["actor"] == ETHICS_OFFICER
    ]
    assert acts == [(ETHICS_OFFICER, "review")]


async def test_who_a_notice_is_for_is_told_to_notifications_alone_and_once(quiet_office: Office, oidc: Oidc) -> None:
    office = quiet_office
    await office.protect()
    await office.see(personnel_action(PROTECTED, 1))
    [(value,)] = await office.rows("select value from outbox where type = :type", type=StaffNotice.DESCRIPTOR.full_name)
    reference = StaffNotice.FromString(value).recipient_ref

    def token(source: str, audience: str = "ethics", asked: str = reference) -> dict[str, str]:
        signing = keys.ServiceKeys.load(office.scratch / source).signing
        minted = service_tokens.mint(signing, source, audience, {"recipient_ref": asked}, datetime.now(UTC))
        return {"Authorization": f"Service {minted}"}

    async with client_of(office, oidc) as client:

        async def ask(headers: dict[str, str], asked: str = reference) -> httpx.Response:
            return await client.post("/internal/v1/recipient", json={"recipient_ref": asked}, headers=headers)

        good = token("notifications")
        answer = await ask(good)
        assert (answer.status_code, answer.json()["staff_id"]) == (200, ETHICS_OFFICER)
        assert set(answer.json()) == {"staff_id", "item", "before"}
        unknown = str(uuid4())
        assert (await ask(token("notifications", asked=unknown), unknown)).status_code == 404
        refused = [
            await ask(good),
            await ask({}),
            await ask({"Authorization": "Service nonsense"}),
            await ask(token("intake")),
            await ask(token("notifications", audience="ombuds")),
            await ask(token("notifications", asked=unknown)),
            await ask(await bearer(oidc, ETHICS_OFFICER)),
        ]
        assert [answer.status_code for answer in refused] == [401] * len(refused)
        assert len({answer.content for answer in refused}) == 1


async def test_readiness_tells_whether_the_sentinel_works(quiet_office: Office, oidc: Oidc) -> None:
    async with client_of(quiet_office, oidc) as client:
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["dependencies"]["sentinel"]) == (200, "down (SentinelSilent)")
        await quiet_office.rows("insert into sentinel values (true, now()) returning 1")
        assert (await client.get("/health/ready")).json()["dependencies"]["sentinel"] == "up"
        await quiet_office.rows("update sentinel set works_at = now() - interval '1 minute' returning 1")
        assert (await client.get("/health/ready")).json()["dependencies"]["sentinel"] != "up"


async def test_a_query_that_the_sentinel_opens_gets_its_workflow_and_is_worked_on(
    office: Office, temporal: TemporalServer, oidc: Oidc
) -> None:
    """The real processes: the sentinel knows nothing of Temporal; the service's sweeper starts what is not started."""
    there = {"temporal_address": temporal.address, "oidc_issuer": oidc.issuer, "http_port": free_port()}
    office.settings = office.settings.model_copy(update=there)
    await office.protect()
    address = f"http://127.0.0.1:{office.settings.http_port}"
    async with (
        office.process("all", "ethics"),
        office.sentinel(),
        office.producer() as hr,
        httpx.AsyncClient(base_url=address, timeout=30) as client,
    ):
        await hr.send(office.envelope(office.next_action(PROTECTED)))
        await eventually(lambda: office.rows("select 1 from cases where started_at is not null"), within=120)
        [case_id] = await office.queries()
        officer = await bearer(oidc, ETHICS_OFFICER)
        case = await client.get(f"/api/v1/cases/{case_id}", headers=officer)
        taken = await client.post(
            f"/api/v1/cases/{case_id}/actions",
            json={
                "action_id": str(uuid4()),
                "action": "note_query",
                "facts": {},
                "texts": {"note": "Asked for her file."},
            },
            headers={**officer, "If-Match": case.headers["etag"]},
        )
        assert (taken.status_code, taken.json()["version"]) == (200, 2)


@asynccontextmanager
async def running(*parts: Relay | Consumer) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for part, task in zip(parts, tasks, strict=True):
            await part.stop()
            await task


async def test_protections_arrive_from_intake_and_workflow_and_intake_hears_of_it(
    office: Office, fresh_database: Callable[..., Awaitable[Schemas]]
) -> None:
    started_at = datetime.now(UTC) - timedelta(minutes=1)
    from_intake, from_workflow = uuid4(), uuid4()
    started = ProtectionStarted(
        protection_id=str(from_intake),
        sealed_person=office.sealed_person(from_intake, PROTECTED, contact=True),
        activity=ProtectedActivity.PROTECTED_ACTIVITY_REPORTED,
    )
    started.started_at.FromDatetime(started_at)
    cooperation = CooperationStarted(
        protection_id=str(from_workflow),
        sealed_person=office.sealed_person(from_workflow, PROTECTED, contact=False),
    )
    cooperation.started_at.FromDatetime(started_at)
    # Sealed for another protection: a copied person.
    moved = uuid4()
    copied = ProtectionStarted(
        protection_id=str(moved),
        sealed_person=started.sealed_person,
        activity=ProtectedActivity.PROTECTED_ACTIVITY_REPORTED,
    )
    sources = await sources_of(office, await fresh_database())
    consumer = Consumer(
        office.settings,
        office.desk.database,
        handlers(office.desk),
        keys.public_keys(office.settings),
        acknowledge=ACKNOWLEDGE,
    )
    async with running(consumer, *[relay for relay, _ in sources.values()]):
        for service, topic, protection_id, message in (
            ("intake", INTAKE_REPORTS_ETHICS, moved, copied),
            ("intake", INTAKE_REPORTS_ETHICS, from_intake, started),
            ("workflow", WORKFLOW_REQUESTS, from_workflow, cooperation),
        ):
            async with sources[service][1].transaction() as session:
                await add_event(session, topic, str(protection_id), message)

        async def registered() -> bool:
            return len(await office.rows("select 1 from protected")) == 2

        await eventually(registered)
        await eventually(lambda: office.rows("select 1 from dead_letters where code = 'seal_not_opened'"))
    for _, database in sources.values():
        await database.close()
    found = await office.rows("select protection_id, activity, started_at from protected order by activity")
    assert [tuple(row) for row in found] == [
        (from_workflow, "cooperated", started_at),
        (from_intake, "reported", started_at),
    ]
    applied = [
        ReportEventApplied.FromString(value)
        for (value,) in await office.rows(
            "select value from outbox where topic = 'ethics.cases.v1' and type = :type",
            type=ReportEventApplied.DESCRIPTOR.full_name,
        )
    ]
    assert [(UUID(one.report_id), one.sequence) for one in applied] == [(from_intake, 1)]


async def sources_of(office: Office, test_database: Schemas) -> dict[str, tuple[Relay, Database]]:
    """Intake and workflow as far as they send: an outbox and its relay."""
    sources = {}
    for service in ("intake", "workflow"):
        metadata = MetaData(naming_convention=NAMING)
        define(metadata)
        engine = create_async_engine(async_dsn(test_database.migration_dsn(service)))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        settings = office.settings.model_copy(
            update={
                "service": service,
                "database_dsn": test_database.dsn(service),
                "kafka_username": service,
                "kafka_password": office.principal(service),
            }
        )
        signing = keys.ServiceKeys.load(office.scratch / service).signing
        sources[service] = (Relay(settings, signing), Database(settings.database_dsn))
    return sources
