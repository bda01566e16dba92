"""Lodging a report: sealed to one desk and to a code, told without a word of it, answered the same when repeated."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from chassis.sealing import SealNotOpened, open_from
from services.intake.bodies import LodgeReport
from services.intake.intake import utc_now
from services.intake.use_cases import lodge_report
from services.intake.use_cases.sweep_orphans import ORPHANED_AFTER, sweep_orphans
from tests.e2e.leak_scan import Scanner
from tests.integration.intake.conftest import SignIn, client_of
from tests.integration.intake.world import (
    CODE,
    World,
    code_of_new,
    draft,
    formal,
    inbox,
    key,
    lodge,
    world_knows_desks,
)

pytestmark = pytest.mark.stack


async def test_a_lodged_report_gives_a_code_and_a_date(client: httpx.AsyncClient, world: World) -> None:
    answer = await lodge(client)
    assert answer.status_code == 201
    assert set(answer.json()) == {"access_code", "next_date"}
    assert re.fullmatch(CODE, answer.json()["access_code"])
    due = world.intake.policy.due("ombuds.first", datetime.now(UTC))
    assert abs(datetime.fromisoformat(answer.json()["next_date"]) - due).total_seconds() < 60
    assert answer.headers["cache-control"] == "no-store"


async def test_the_code_opens_what_was_written(client: httpx.AsyncClient) -> None:
    (route,) = (await inbox(client, await code_of_new(client)))["routes"]
    assert [(one["name"], one["text"]) for one in route["answers"]] == [
        ("what_happened", "He shouts in every meeting."),
        ("wish", "That it stops."),
    ]
    (parties,) = route["parties"]
    assert (parties["affected_individual"], parties["alleged_offender"], parties["not_these_people"]) == (
        "S0018", ["S0017"], ["S0012"],
    )  # fmt: skip
    assert (route["route"], route["closed"], route["cases"], route["messages"]) == (
        "informal_resolution",
        False,
        [],
        [],
    )


@pytest.mark.parametrize(
    ("body", "service", "office", "other"),
    [(draft(), "ombuds", "ombuds", ("workflow", "oio")), (formal(), "workflow", "oio", ("workflow", "leg"))],
)
async def test_only_the_desk_of_the_route_opens_it(
    client: httpx.AsyncClient, world: World, body: dict[str, object], service: str, office: str, other: tuple[str, str]
) -> None:
    report_id = await world.report_id(client, await code_of_new(client, body))
    (item,) = (await world.ask_parties(client, service, report_id)).json()["items"]
    assert world.open_as_desk(service, office, report_id, item)["alleged_offender"] == ["S0017"]
    with pytest.raises(SealNotOpened):
        world.open_as_desk(*other, report_id, item)
    # Who reports is for the custodian alone to open, and on the person's side for nobody outside of the cell.
    custodian = {"intake/custodian"} if service == "workflow" else set()
    assert {row["recipient"] for row in await world.wraps(report_id)} == {f"{service}/{office}", "route"} | custodian


@pytest.mark.parametrize(
    ("body", "topic"), [(draft(), "intake.reports.ombuds.v1"), (formal(), "intake.reports.workflow.v1")]
)
async def test_its_desk_alone_is_told_and_not_a_word_of_it(
    client: httpx.AsyncClient, world: World, body: dict[str, object], topic: str
) -> None:
    report_id = await world.report_id(client, await code_of_new(client, body))
    (event,) = await world.events(report_id)
    assert (event.topic, event.sequence, event.message.report_id) == (topic, 1, report_id)
    assert (event.message.lifecycle, event.message.mode, event.message.language) == (body["route"], 1, "en")
    items = await world.rows("select item_id, kind from items where report_id = $1 order by number", UUID(report_id))
    assert list(event.message.item_ids) == [str(row["item_id"]) for row in items if row["kind"] == "answers"]
    assert [event.message.parties_item_id] == [str(row["item_id"]) for row in items if row["kind"] == "parties"]
    secrets = {"words": "shouts in every", "she": "S0018", "he": "S0017", "refused": "S0012"}
    assert Scanner(secrets).scan(event.value, "event") == set()


async def test_what_she_chose_goes_with_the_report_as_facts_of_procedure(
    client: httpx.AsyncClient, world: World
) -> None:
    chosen = {"writer": "witness"}
    report_id = await world.report_id(client, await code_of_new(client, formal(choices=chosen)))
    lodged = next(event for event in await world.events(report_id) if event.message.DESCRIPTOR.name == "ReportLodged")
    assert json.loads(lodged.message.facts_json) == chosen


async def test_the_manager_whom_she_tells_is_named_to_the_desk_and_not_kept_out(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    body = formal(parties={"affected_individual": "S0018", "alleged_offender": ["S0017"], "recipient": "S0016"})
    report_id = await world.report_id(client, await code_of_new(client, body))
    (item,) = (await world.ask_parties(client, "workflow", report_id)).json()["items"]
    assert world.open_as_desk("workflow", "oio", report_id, item)["recipient"] == "S0016"
    answers = [
        (await world.ask_contents(client, "workflow", report_id, one, await signed_in(one))).status_code
        for one in ("S0016", "S0017")
    ]
    assert answers == [200, 404]


async def test_without_anybody_named_there_is_no_parties_item(client: httpx.AsyncClient, world: World) -> None:
    body = draft(answers={}, parties={}, not_these_people=[])
    report_id = await world.report_id(client, await code_of_new(client, body))
    (event,) = await world.events(report_id)
    assert (event.message.parties_item_id, list(event.message.item_ids)) == ("", [])
    assert (await world.ask_parties(client, "ombuds", report_id)).json() == {"items": []}


async def protections(world: World) -> list[tuple[str, str]]:
    found = await world.rows("select topic, key from outbox where topic = 'intake.reports.ethics.v1' order by id")
    return [(row["topic"], row["key"]) for row in found]


@pytest.mark.parametrize("contact", [True, False])
async def test_a_formal_report_starts_protection_that_only_ethics_can_read(
    client: httpx.AsyncClient, world: World, contact: bool
) -> None:
    before = await protections(world)
    report_id = await world.report_id(client, await code_of_new(client, formal(consents={"ethics_contact": contact})))
    ((_, protection_id),) = [one for one in await protections(world) if one not in before]
    assert protection_id != report_id
    (event,) = await world.events(protection_id)
    context = b"protection|" + protection_id.encode()
    opened = open_from(world.keys["ethics"].desk("ethics"), event.message.sealed_person, context=context)
    assert json.loads(opened) == {"staff_id": "S0018", "ethics_contact": contact}
    assert (event.message.protection_id, event.message.activity) == (protection_id, 1)
    assert event.message.started_at.seconds % 86_400 == event.message.started_at.nanos == 0
    kept = await world.rows(
        "select consent, version, given from consents where report_id = $1 order by consent", UUID(report_id)
    )
    assert [tuple(one) for one in kept] == [("ethics_contact", 1, contact), ("retaliation_watch", 1, True)]
    # Nothing durable of intake says which protection belongs to which report.
    for table in ("reports", "items", "consents", "exclusions", "access_codes"):
        for row in await world.rows(f"select t::text as line from {table} t"):
            assert protection_id not in row["line"]


@pytest.mark.parametrize(
    "body", [draft(), formal(watch_for_retaliation=False), formal(parties={"alleged_offender": ["S0017"]})]
)
async def test_no_protection_starts_unasked(client: httpx.AsyncClient, world: World, body: dict[str, object]) -> None:
    before = await protections(world)
    await code_of_new(client, body)
    assert await protections(world) == before


async def test_how_many_were_named_does_not_show(client: httpx.AsyncClient, world: World) -> None:
    few = await world.report_id(client, await code_of_new(client))
    many = await world.report_id(client, await code_of_new(client, draft(not_these_people=["S0001", "S0002", "S0003"])))
    none = await world.report_id(client, await code_of_new(client, draft(parties={}, not_these_people=[])))
    counted = [
        (await world.rows("select count(*) from exclusions where report_id = $1", UUID(one)))[0][0]
        for one in (few, many, none)
    ]
    assert counted == [8, 8, 0]


async def test_the_same_request_again_gets_the_same_answer_and_lodges_nothing(
    client: httpx.AsyncClient, world: World
) -> None:
    idempotency_key = key()
    first = await lodge(client, idempotency_key=idempotency_key)
    again = await client.post(
        "/api/v1/reports",
        content=json.dumps(draft(), indent=3).encode(),
        headers={"Idempotency-Key": idempotency_key, "Content-Type": "application/json"},
    )
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    code = first.json()["access_code"]
    assert len((await inbox(client, code))["routes"]) == 1
    assert len(await world.events(await world.report_id(client, code))) == 1


async def test_the_same_key_with_another_body_is_refused(client: httpx.AsyncClient) -> None:
    idempotency_key = key()
    first = await lodge(client, idempotency_key=idempotency_key)
    for body in (draft(answers={"wish": "That it stops!"}), draft(watch_for_retaliation=False), formal()):
        answer = await lodge(client, body, idempotency_key=idempotency_key)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    # Nor can somebody's key add to another code what it lodged for the first.
    other = await lodge(client, code=await code_of_new(client), idempotency_key=idempotency_key)
    assert other.status_code == 422
    assert (await lodge(client, idempotency_key=idempotency_key)).content == first.content


async def test_identical_requests_at_one_time_lodge_one_report(client: httpx.AsyncClient, world: World) -> None:
    idempotency_key = key()
    answers = await asyncio.gather(*(lodge(client, idempotency_key=idempotency_key) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    code = answers[0].json()["access_code"]
    (route,) = (await inbox(client, code))["routes"]
    report_id = route["report_id"]
    assert len(route["answers"]) == 2
    assert len(await world.events(report_id)) == 1
    kept = {
        row["item_id"] for row in await world.rows("select item_id from items where report_id = $1", UUID(report_id))
    }
    assert {row["item_id"] for row in await world.wraps(report_id)} == kept


async def test_a_late_twin_of_a_lodged_request_begins_nothing_that_a_sweep_could_take(
    fresh_world: Callable[..., Awaitable[World]],
) -> None:
    world, idempotency_key = await fresh_world(), key()
    body = msgspec.convert(draft(), LodgeReport)
    # The twin asked whether the request was lodged just before it was.
    twin = lodge_report.Request.of(world.intake, idempotency_key, body, None)
    assert await lodge_report.answered(world.intake, twin) is None
    lodged = await lodge_report.lodge_report(world.intake, body, idempotency_key, utc_now())
    assert not await lodge_report._list_route(world.intake, twin, utc_now())
    assert await world.rows("select 1 from unsettled_lodgings") == []
    await sweep_orphans(world.intake, utc_now() + 2 * ORPHANED_AFTER)
    async with client_of(world) as client:
        assert len((await inbox(client, str(lodged.access_code)))["routes"][0]["answers"]) == 2


@pytest.mark.parametrize(
    "good",
    [str(uuid4()), str(uuid4()).upper(), "A" * 22, "Zz09-_" * 5],
    ids=["uuid4", "upper case", "22 characters", "30 characters"],  # two workers must call a test the same
)
async def test_a_random_key_of_either_form_is_taken(client: httpx.AsyncClient, good: str) -> None:
    assert (await lodge(client, idempotency_key=good + ("" if "-4" in good else key()))).status_code == 201


@pytest.mark.parametrize(
    "bad", ["x", "a" * 21, "a b" * 9, "a" * 21 + "=", "2b9a1a1e-8d4c-11ee-b9d1-0242ac120002", "é" * 22, "a" * 201]
)
async def test_a_key_with_too_little_room_for_chance_is_refused(client: httpx.AsyncClient, bad: str) -> None:
    answer = await client.post("/api/v1/reports", json=draft(), headers={"Idempotency-Key": bad.encode()})
    assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")
    assert bad not in answer.text


async def test_without_a_key_nothing_is_lodged(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/reports", json=draft())
    assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")


async def test_before_the_desk_has_told_its_key_intake_says_wait_and_keeps_nothing(
    fresh_world: Callable[..., Awaitable[World]],
) -> None:
    world = await fresh_world(with_desk_keys=False)
    async with client_of(world) as client:
        answer = await lodge(client)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert await world.rows("select 1 from access_codes") == await world.rows("select 1 from reports") == []
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["dependencies"]["desk_keys"]) == (503, "down (DeskKeyUnknown)")
        await world_knows_desks(world)
        assert (await lodge(client)).status_code == 201
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["dependencies"]["kafka"].startswith("down")


async def test_the_trail_names_the_route_of_a_report_and_only_the_cell_of_a_talk(
    fresh_world: Callable[..., Awaitable[World]],
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        talk = await code_of_new(client)
        report_id = await world.report_id(client, await code_of_new(client, formal()))
        talk_id = await world.report_id(client, talk)
    entries = [(entry["act"], entry["object"], entry["actor"]) for entry in await world.audit()]
    assert sorted(entries) == sorted([("report_lodged", "ombuds", None), ("report_lodged", report_id, None)])
    assert talk_id not in json.dumps(await world.audit())
