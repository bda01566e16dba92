"""A report about an office is never sealed to it; and people whom she names later are kept out from then on."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import SealNotOpened
from contracts.people.v1.people_pb2 import Person
from contracts.topics import HR_PEOPLE
from tests.integration.intake.conftest import SignIn
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, lodge, with_code

pytestmark = pytest.mark.stack

OVERSIGHT, HEAD_OF_OVERSIGHT, HEAD_OF_MISSION, HEAD = "S0006", "S0008", "S0017", "S0001"
LEGAL, ETHICS, HR_DIRECTOR, OMBUDSPERSON, FOCAL_POINT = "S0050", "S0007", "S0002", "S0010", "S0013"


async def works_in(world: World, staff_id: str, unit: str) -> None:
    person = Person(staff_id=staff_id, unit=unit, station="valmora", contract="staff", active=True)
    await world.tell("hr_bridge", HR_PEOPLE, staff_id, person)


async def sealed_to(world: World, client: httpx.AsyncClient, body: dict[str, Any]) -> tuple[str, str]:
    """(whose key beside her own, the desk that is told)."""
    report_id = await world.report_id(client, await code_of_new(client, body))
    (desk,) = {row["recipient"] for row in await world.wraps(report_id)} - {"route", "intake/custodian"}
    (lodged,) = [one.message for one in await world.events(report_id) if one.message.DESCRIPTOR.name == "ReportLodged"]
    return desk, lodged.desk


def about(*staff_ids: str, route: str = "formal_report", **more: Any) -> dict[str, Any]:
    return draft(route=route, parties={"affected_individual": "S0018", "alleged_offender": list(staff_ids)}, **more)


@pytest.mark.parametrize(
    ("body", "sealed", "desk"),
    [
        (about("S0019"), "workflow/oio", "oio"),
        (about(HEAD_OF_MISSION), "workflow/oio", "oio_away"),
        (about(OVERSIGHT), "workflow/committee", "committee"),
        (about(OVERSIGHT.lower()), "workflow/committee", "committee"),
        (about("S0019", OVERSIGHT), "workflow/committee", "committee"),
        (about(HEAD), "workflow/committee", "governing_body"),
        (about(HR_DIRECTOR), "workflow/oio", "oio_without_dhr"),
        (about(ETHICS), "workflow/oio", "oio_alternate_ethics"),
        (about(OMBUDSPERSON, route="informal_resolution"), "ombuds/ombuds_outside", "ombuds_outside"),
        (about(FOCAL_POINT, route="informal_resolution"), "ombuds/ombuds", "ombuds"),
        (formal(about_offices=["oio"]), "workflow/committee", "committee"),
        (formal(about_offices=["oio", "dhr"]), "workflow/committee", "governing_body"),
        (formal(about_offices=["swo"]), "workflow/oio", "oio_away"),
        (formal(parties={}, about_offices=["leg"]), "workflow/oio", "oio_outside_counsel"),
    ],
)
async def test_inv_32_a_report_is_sealed_to_a_desk_that_it_is_not_about(
    client: httpx.AsyncClient, world: World, body: dict[str, Any], sealed: str, desk: str
) -> None:
    assert await sealed_to(world, client, body) == (sealed, desk)


async def test_inv_32_the_office_it_is_about_cannot_open_it_and_the_next_body_can(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    report_id = await world.report_id(client, await code_of_new(client, about(OVERSIGHT)))
    (item,) = (await world.ask_parties(client, "workflow", report_id)).json()["items"]
    opened = world.open_as_desk("workflow", "committee", report_id, item)
    assert (opened["alleged_offender"], opened["about_offices"]) == ([OVERSIGHT], [])
    with pytest.raises(SealNotOpened):
        world.open_as_desk("workflow", "oio", report_id, item)
    answer = await world.reply(client, "workflow", "committee", report_id, await signed_in("S0062"), "We have it.")
    assert answer.status_code in {200, 201, 204}, answer.text


async def test_inv_32_whoever_works_in_an_office_is_known_by_the_directory_too(
    client: httpx.AsyncClient, world: World
) -> None:
    await works_in(world, HEAD_OF_OVERSIGHT, "Logistics")
    assert await sealed_to(world, client, about(HEAD_OF_OVERSIGHT)) == ("workflow/oio", "oio")
    await works_in(world, HEAD_OF_OVERSIGHT, "OIO")
    assert await sealed_to(world, client, about(HEAD_OF_OVERSIGHT)) == ("workflow/committee", "committee")
    await works_in(world, LEGAL, "LEG")
    assert await sealed_to(world, client, about(LEGAL)) == ("workflow/oio", "oio_outside_counsel")


async def test_what_is_taken_over_keeps_its_offices(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client, draft(about_offices=["oio"], parties={}))
    (route,) = (await inbox(client, code))["routes"]
    (parties,) = route["parties"]
    assert parties["about_offices"] == ["oio"]
    body = formal(parties={}, take_over=[parties["item_id"]])
    assert (await lodge(client, body, code=code)).status_code == 201
    report_id = await world.report_id(client, code)
    assert {row["recipient"] for row in await world.wraps(report_id)} == {"workflow/committee", "route"}


async def test_an_office_that_there_is_not_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await lodge(client, formal(about_offices=["the_ministry"]))
    assert answer.status_code == 400
    assert answer.json()["field"] == "about_offices"
    assert "oio" in answer.json()["detail"]


async def refuse(client: httpx.AsyncClient, code: str, report_id: str, *staff_ids: str, **more: Any) -> httpx.Response:
    body = {"report_id": report_id, "action_id": str(uuid4()), "not_these_people": list(staff_ids)} | more
    return await client.post("/api/v1/inbox/parties", json=body, headers=with_code(code))


async def test_inv_32_somebody_whom_she_refuses_later_gets_nothing_from_then_on(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    acting = await signed_in(OVERSIGHT)
    assert (await world.ask_contents(client, "workflow", report_id, OVERSIGHT, acting)).status_code == 200

    assert (await refuse(client, code, report_id, OVERSIGHT.lower())).status_code == 202
    assert (await world.ask_contents(client, "workflow", report_id, OVERSIGHT, acting)).status_code == 404
    items = (await world.ask_parties(client, "workflow", report_id)).json()["items"]
    named = [world.open_as_desk("workflow", "oio", report_id, item)["not_these_people"] for item in items]
    assert named == [["S0012"], ["s0006"]]
    told = [one.message for one in await world.events(report_id) if one.message.DESCRIPTOR.name == "PartiesAdded"]
    assert [one.item_id for one in told] == [items[1]["item_id"]]


async def test_refusing_twice_with_one_id_is_once_and_nobody_is_ever_let_in_again(
    client: httpx.AsyncClient, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    before = await tags(world, report_id)
    assert len(before) == 8
    action_id = str(uuid4())
    for _ in range(2):
        assert (await refuse(client, code, report_id, "S0005", "S0006", action_id=action_id)).status_code == 202
    after = await tags(world, report_id)
    assert before < after
    assert len(after) == 16, "filled up: a copy does not show how many were named"
    (route,) = (await inbox(client, code))["routes"]
    assert len(route["parties"]) == 2


async def test_only_for_a_route_of_hers_and_only_for_somebody(client: httpx.AsyncClient, world: World) -> None:
    code, other = await code_of_new(client, formal()), await code_of_new(client, formal())
    report_id = await world.report_id(client, other)
    assert (await refuse(client, code, report_id, OVERSIGHT)).status_code == 404
    assert (await refuse(client, other, report_id)).status_code == 400
    assert (await refuse(client, other, report_id, "the tall one")).status_code == 400


async def tags(world: World, report_id: str) -> set[bytes]:
    return {row["tag"] for row in await world.rows("select tag from exclusions where report_id = $1", UUID(report_id))}
