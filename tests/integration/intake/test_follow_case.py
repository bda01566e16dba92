"""What a desk tells of its case shows in the inbox, is confirmed, and at the end destroys what was written."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.access_code import AccessCode
from chassis.sealing import seal_to, told_context
from contracts.cases.v1.cases_pb2 import (
    CaseChanged,
    CaseErased,
    Offer,
    PersonActionRefused,
    ReportEventApplied,
    ReportOpened,
    StaffNotice,
)
from contracts.intake.v1.reports_pb2 import RouteKeyReplaced
from contracts.topics import DESK_KEYS, ETHICS_CASES, OMBUDS_CASES, WORKFLOW_CASES
from tests.integration.intake.conftest import SignIn
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, key, lodge, with_code

pytestmark = pytest.mark.stack
SOON = datetime(2026, 3, 2, 9, tzinfo=UTC)


def changed(report_id: str, version: int = 1, **changes: Any) -> CaseChanged:
    next_date = Timestamp()
    next_date.FromDatetime(SOON)
    given: dict[str, Any] = {
        "report_id": report_id,
        "lifecycle": "informal_resolution",
        "number": 1,
        "version": version,
        "state": "talking",
        "next_date": next_date,
        "next_clock": "informal.checkin",
        "offers": [Offer(action="end_talk", fields_json='[{"name": "outcome", "kind": "choice", "required": true}]')],
        "wording_key": "informal_resolution.talking",
    }
    return CaseChanged(**(given | changes))


async def a_talk(client: httpx.AsyncClient, world: World) -> tuple[str, str]:
    code = await code_of_new(client)
    return code, await world.report_id(client, code)


async def test_a_case_shows_in_the_inbox_and_that_is_confirmed(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await a_talk(client, world)
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id))
    (route,) = (await inbox(client, code))["routes"]
    assert route["cases"] == [
        {
            "lifecycle": "informal_resolution",
            "number": 1,
            "state": "talking",
            "next_date": "2026-03-02T09:00:00Z",
            "next_clock": "informal.checkin",
            "wording_key": "informal_resolution.talking",
            "offers": [
                {
                    "action": "end_talk",
                    "fields": [{"name": "outcome", "kind": "choice", "required": True}],
                    "asked": False,
                }
            ],
            "facts": {},
        }
    ]
    event = (await world.events(report_id))[-1]
    message = event.message
    assert event.topic == "intake.reports.ombuds.v1"
    assert (message.report_id, message.lifecycle, message.number, message.version) == (
        report_id, "informal_resolution", 1, 1,
    )  # fmt: skip


async def test_who_deals_with_it_is_sealed_to_her_and_gone_with_the_matter(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await a_talk(client, world)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    context = told_context(UUID(report_id), "informal_resolution", 1, 1)
    told = seal_to(row["route_public_key"], b'{"focal_point": "S0011"}', context=context)
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, sealed_facts=told))
    (case,) = (await inbox(client, code))["routes"][0]["cases"]
    assert case["facts"] == {"focal_point": "S0011"}
    kept = await world.rows("select sealed_facts from route_cases where report_id = $1", UUID(report_id))
    assert b"S0011" not in bytes(kept[0]["sealed_facts"])
    # What was sealed for another version, or by whomever otherwise, tells her nothing and closes nothing to her.
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, 2, sealed_facts=told))
    (case,) = (await inbox(client, code))["routes"][0]["cases"]
    assert (case["state"], case["facts"]) == ("talking", {})
    erased = CaseErased(
        report_id=report_id, lifecycle="informal_resolution", number=1, actors_until=datetime(2031, 3, 1, tzinfo=UTC)
    )
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    assert not await world.rows("select 1 from actors_kept where object_ref = any($1)", ["ombuds", report_id])
    kept = await world.rows("select sealed_facts from route_cases where report_id = $1", UUID(report_id))
    assert [one["sealed_facts"] for one in kept] == [None]


async def test_a_desk_that_seals_to_an_earlier_code_is_told_the_key_again(
    client: httpx.AsyncClient, world: World
) -> None:
    """It may have heard of the new key before it had anything of the report to keep it with."""
    code, report_id = await a_talk(client, world)
    context = told_context(UUID(report_id), "informal_resolution", 1, 1)
    hers = AccessCode.parse(code).route_key(UUID(report_id)).public
    other = AccessCode.from_idempotency(world.intake.keys.secret("code"), key()).route_key(UUID(report_id)).public
    for version, public in enumerate((hers, other), start=1):
        told = seal_to(public, b'{"focal_point": "S0011"}', context=context)
        await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, version, sealed_facts=told))
    again = [one for one in await world.events(report_id) if isinstance(one.message, RouteKeyReplaced)]
    assert [(one.topic, one.message.route_public_key) for one in again] == [("intake.reports.ombuds.v1", hers)]
    # Told again, that version opens to her; what opens stays, and nothing else of the version changes.
    context = told_context(UUID(report_id), "informal_resolution", 1, 2)
    for public, who in ((hers, "S0012"), (other, "S0013"), (hers, "S0014")):
        told = seal_to(public, f'{{"focal_point": "{who}"}}'.encode(), context=context)
        anew = changed(report_id, 2, sealed_facts=told, state="another", wording_key="informal_resolution.another")
        await world.tell("ombuds", OMBUDS_CASES, report_id, anew)
        (case,) = (await inbox(client, code))["routes"][0]["cases"]
        assert (case["facts"], case["state"]) == ({"focal_point": "S0012"}, "talking")


async def test_only_a_newer_version_changes_what_she_sees(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await a_talk(client, world)
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, 2, state="ended", offers=[]))
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, 1))
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, 2, state="talking"))
    (case,) = (await inbox(client, code))["routes"][0]["cases"]
    assert (case["state"], case["offers"]) == ("ended", [])
    assert len(await world.events(report_id)) == 2
    cleared = changed(report_id, 3, state="purged", offers=[])
    cleared.ClearField("next_date")
    await world.tell("ombuds", OMBUDS_CASES, report_id, cleared)
    (case,) = (await inbox(client, code))["routes"][0]["cases"]
    assert (case["state"], case["next_date"]) == ("purged", None)


async def test_two_cases_of_one_report_stand_side_by_side(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    for lifecycle, state in (("formal_report", "assessing"), ("interim_measure", "alerted")):
        message = changed(report_id, lifecycle=lifecycle, state=state, wording_key=f"{lifecycle}.{state}")
        await world.tell("workflow", WORKFLOW_CASES, report_id, message)
    cases = (await inbox(client, code))["routes"][0]["cases"]
    assert [(case["lifecycle"], case["state"]) for case in cases] == [
        ("formal_report", "assessing"), ("interim_measure", "alerted"),
    ]  # fmt: skip


async def test_an_action_that_could_not_be_taken_says_so_in_the_inbox(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await a_talk(client, world)
    taken, refused = str(uuid4()), str(uuid4())
    for action_id in (taken, refused):
        body = {
            "report_id": report_id, "lifecycle": "informal_resolution", "number": 1, "action_id": action_id,
            "action": "end_talk", "facts": {"outcome": "resolved"},
        }  # fmt: skip
        assert (await client.post("/api/v1/inbox/actions", json=body, headers=with_code(code))).status_code == 202
    told = PersonActionRefused(report_id=report_id, lifecycle="informal_resolution", number=1, code="ACTION_NOT_OPEN")
    for action_id in (refused, str(uuid4())):
        told.action_id = action_id
        await world.tell("ombuds", OMBUDS_CASES, report_id, told)
    (route,) = (await inbox(client, code))["routes"]
    assert route["refused_actions"] == [{"action_id": refused, "code": "ACTION_NOT_OPEN"}]


@pytest.mark.parametrize(
    ("wrong", "letter"),
    [({"code": "he said no"}, "code_malformed"), ({"action_id": "x"}, "action_id_malformed")],
)
async def test_a_refusal_that_is_none_does_not_reach_her(
    client: httpx.AsyncClient, world: World, wrong: dict[str, str], letter: str
) -> None:
    code, report_id = await a_talk(client, world)
    given = {"report_id": report_id, "action_id": str(uuid4()), "code": "ACTION_NOT_OPEN"} | wrong
    await world.tell("ombuds", OMBUDS_CASES, report_id, PersonActionRefused(**given))
    letters = await world.rows("select code from dead_letters where key = $1", report_id)
    assert [row["code"] for row in letters] == [letter]
    assert (await inbox(client, code))["routes"][0]["refused_actions"] == []


async def test_a_desk_says_nothing_about_another_desks_report(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await a_talk(client, world)
    for message in (
        changed(report_id),
        CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1),
        ReportOpened(report_id=report_id),
    ):
        await world.tell("workflow", WORKFLOW_CASES, report_id, message)
    letters = await world.rows("select code from dead_letters where key = $1", report_id)
    # The first is buried, the later ones of its key wait behind it.
    assert [row["code"] for row in letters] == ["report_of_another_desk"]
    (route,) = (await inbox(client, code))["routes"]
    assert (route["cases"], route["closed"], len(route["answers"])) == ([], False, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "He shouts"}, {"wording_key": ""}, {"lifecycle": "<b>"}, {"offers": [Offer(action="Do it")]},
        {"offers": [Offer(action="do", fields_json="{")]}, {"offers": [Offer(action="do", fields_json="{}")]},
    ],
)  # fmt: skip
async def test_what_is_no_word_of_procedure_does_not_reach_her(
    client: httpx.AsyncClient, world: World, wrong: dict[str, Any]
) -> None:
    code, report_id = await a_talk(client, world)
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, **wrong))
    assert len(await world.rows("select 1 from dead_letters where key = $1", report_id)) == 1
    assert (await inbox(client, code))["routes"][0]["cases"] == []


async def test_an_id_that_is_not_the_key_is_not_believed(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await a_talk(client, world)
    await world.tell("ombuds", OMBUDS_CASES, str(uuid4()), changed(report_id))
    await world.tell("ombuds", OMBUDS_CASES, "x", changed("x"))
    assert (await inbox(client, code))["routes"][0]["cases"] == []


async def test_a_matter_that_did_not_come_through_intake_is_passed_over(world: World) -> None:
    report_id = str(uuid4())
    await world.tell("ethics", ETHICS_CASES, report_id, changed(report_id, lifecycle="query", state="opened"))
    await world.tell("ethics", ETHICS_CASES, report_id, StaffNotice(notice_id="n", recipient_ref="r", wording_key="w"))
    await world.tell("ethics", ETHICS_CASES, report_id, CaseErased(report_id=report_id, lifecycle="query", number=1))
    assert await world.rows("select 1 from dead_letters where key = $1", report_id) == []
    assert await world.events(report_id) == []


async def test_an_event_is_kept_until_its_desk_has_applied_it(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await a_talk(client, world)
    body = {"report_id": report_id, "text": "x"}
    await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportEventApplied(report_id=report_id, sequence=2))
    assert [event.sequence for event in await world.events(report_id)] == [1, 2]
    await world.tell("ombuds", OMBUDS_CASES, report_id, ReportEventApplied(report_id=report_id, sequence=1))
    assert [event.sequence for event in await world.events(report_id)] == [2]
    await world.tell("ombuds", OMBUDS_CASES, report_id, ReportOpened(report_id=report_id))
    (opened,) = await world.rows("select opened_at from reports where report_id = $1", UUID(report_id))
    assert datetime.now(UTC) - opened["opened_at"] < timedelta(minutes=1)


async def test_erasing_destroys_the_wraps_and_the_contents_and_leaves_a_stub(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await a_talk(client, world)
    acting = await signed_in("S0011")
    await world.reply(client, "ombuds", "ombuds", report_id, acting, "hello")
    other, other_id = await a_talk(client, world)
    await world.tell("ombuds", OMBUDS_CASES, report_id, changed(report_id, state="ended"))
    copied = await world.rows("select item_id, ciphertext from items where report_id = $1", UUID(report_id))
    assert len(copied) == 4
    erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    assert await world.wraps(report_id) == []
    for table in ("items", "exclusions", "consents", "person_actions"):
        assert await world.rows(f"select 1 from {table} where report_id = $1", UUID(report_id)) == []
    (route,) = (await inbox(client, code))["routes"]
    assert (route["closed"], route["next_date"], route["answers"], route["messages"], route["parties"]) == (
        True, None, [], [], [],
    )  # fmt: skip
    assert [case["state"] for case in route["cases"]] == ["ended"]
    assert len((await inbox(client, other))["routes"][0]["answers"]) == 2
    assert len(await world.wraps(other_id)) == 6


async def test_after_erasure_nothing_is_added_or_handed_out(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await a_talk(client, world)
    erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    body = {"report_id": report_id, "text": "x"}
    answer = await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
    assert (answer.status_code, answer.json()["code"], answer.json()["rule"]) == (
        409,
        "CONTENTS_ERASED",
        "invariant 28",
    )
    acting = await signed_in("S0011")
    assert (await world.ask_parties(client, "ombuds", report_id)).status_code == 404
    assert (await world.ask_contents(client, "ombuds", report_id, "S0011", acting)).status_code == 404
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    assert await world.rows("select 1 from dead_letters where key = $1", report_id) == []


async def test_the_same_idempotency_key_gets_the_same_answer_after_erasure(
    client: httpx.AsyncClient, world: World
) -> None:
    idempotency_key = key()
    first = await lodge(client, idempotency_key=idempotency_key)
    assert first.json()["next_date"] is not None
    report_id = await world.report_id(client, first.json()["access_code"])
    erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    again = await lodge(client, idempotency_key=idempotency_key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    (route,) = (await inbox(client, first.json()["access_code"]))["routes"]
    assert (route["closed"], route["next_date"]) == (True, None)


async def test_the_end_of_another_case_of_the_report_erases_nothing(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    erased = CaseErased(report_id=report_id, lifecycle="interim_measure", number=1)
    await world.tell("workflow", WORKFLOW_CASES, report_id, erased)
    assert len((await inbox(client, code))["routes"][0]["answers"]) == 2


async def test_the_route_list_and_the_report_stay_apart_after_erasure(client: httpx.AsyncClient, world: World) -> None:
    body = draft(route="formal_report")
    code = await code_of_new(client, body)
    report_id = await world.report_id(client, code)
    until = datetime(2031, 3, 1, tzinfo=UTC)
    erased = CaseErased(report_id=report_id, lifecycle="formal_report", actors_until=until)
    await world.tell("workflow", WORKFLOW_CASES, report_id, erased)
    kept = await world.rows("select until from actors_kept where object_ref = $1", report_id)
    assert [one["until"] for one in kept] == [until], "when it is forgotten who opened it"
    added = await client.post(
        "/api/v1/reports", json=draft(), headers=with_code(code) | {"Idempotency-Key": str(uuid4())}
    )
    assert added.status_code == 201
    assert [route["closed"] for route in (await inbox(client, code))["routes"]] == [True, False]


async def test_no_service_speaks_for_anothers_desk(client: httpx.AsyncClient, world: World) -> None:
    before = await world.rows("select * from desk_keys order by service, office")
    label, message = world.desk_key_event("ombuds", "ombuds")
    message.public_key = world.keys["workflow"].desk("oio").public
    message.key_id = world.keys["workflow"].desk("oio").key_id
    await world.tell("workflow", DESK_KEYS, label, message)
    assert await world.rows("select * from desk_keys order by service, office") == before
