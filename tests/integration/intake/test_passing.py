"""A report at the wrong desk goes on once, to the desk of the table; the old one can open nothing of it any more."""

import base64
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import desk_label, unwrap, wrap, wrap_context
from contracts.cases.v1.cases_pb2 import CaseChanged, CaseErased, ReportOpened
from contracts.intake.v1.reports_pb2 import PlacedInInbox, ReportLodged
from contracts.topics import INTAKE_REPORTS_WORKFLOW, WORKFLOW_CASES
from tests.integration.intake.world import World, code_of_new, draft, inbox, key, with_code

X, OIO = "supervisors", "oio"
WORDS = "He shouts in every meeting."


def told(**changes: Any) -> dict[str, Any]:
    named = {"affected_individual": "S0018", "alleged_offender": ["S0017"], "recipient": "S0016"}
    return draft(route="supervisor_request", parties=named, not_these_people=[]) | changes


async def lodged(world: World, client: httpx.AsyncClient) -> tuple[str, str]:
    """(code, report id)."""
    code = await code_of_new(client, told())
    return code, await world.report_id(client, code)


async def ask(
    world: World, client: httpx.AsyncClient, path: str, report_id: str, *, service: str = "workflow", **changes: Any
) -> httpx.Response:
    asked = {"report_id": report_id, "office": X, "matter": "formal_report", "about": []} | changes
    headers = {"Authorization": f"Service {world.token(service, asked)}"}
    return await client.post(f"/internal/v1/passings{path}", json=asked, headers=headers)


async def put(
    world: World, client: httpx.AsyncClient, report_id: str, wraps: list[dict[str, str]], *, office: str = X
) -> httpx.Response:
    named = {"report_id": report_id, "office": office}
    headers = {"Authorization": f"Service {world.token('workflow', named)}"}
    return await client.put("/internal/v1/passings", json={**named, "wraps": wraps}, headers=headers)


def rewrapped(world: World, report_id: str, begun: dict[str, Any], office: str = X) -> list[dict[str, str]]:
    """As the old desk's process does it: keys alone, in memory."""
    report, old, new = UUID(report_id), desk_label("workflow", office), desk_label(begun["service"], begun["office"])
    public, wraps = base64.b64decode(begun["public_key_b64"]), []
    for item in begun["items"]:
        item_id = UUID(item["item_id"])
        data_key = unwrap(
            base64.b64decode(item["wrapped_b64"]),
            world.keys["workflow"].desk(office),
            context=wrap_context(report, item_id, old),
        )
        wrapped = wrap(data_key, public, context=wrap_context(report, item_id, new))
        wraps.append({"item_id": str(item_id), "wrapped_b64": base64.b64encode(wrapped).decode()})
    return wraps


async def passed_on(world: World, client: httpx.AsyncClient, report_id: str) -> str:
    begun = (await ask(world, client, "", report_id)).json()
    answer = await put(world, client, report_id, rewrapped(world, report_id, begun))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["proof"])


async def recipients_of(world: World, report_id: str) -> set[str]:
    """Beside the custodian, to whom alone it is sealed who reports, wherever the report lies."""
    found = {row["recipient"] for row in await world.wraps(report_id)}
    assert "intake/custodian" in found
    return found - {"intake/custodian"}


async def test_inv_34_the_table_says_where_it_goes_and_nobody_else(world: World, client: httpx.AsyncClient) -> None:
    _, report_id = await lodged(world, client)
    assert (await ask(world, client, "/target", report_id)).json() == {"service": "workflow", "office": OIO}
    about_oio = await ask(world, client, "/target", report_id, about=["oio"])
    assert about_oio.json() == {"service": "workflow", "office": "committee"}, "who stands in for it"
    for changes in ({"matter": "informal_resolution"}, {"about": ["no_such_office"]}, {"office": "?"}):
        assert (await ask(world, client, "/target", report_id, **changes)).status_code == 400


async def test_inv_34_a_desk_passes_on_what_is_its_own_to_pass_and_not_to_itself(
    world: World, client: httpx.AsyncClient
) -> None:
    _, report_id = await lodged(world, client)
    for changes in ({"office": OIO}, {"service": "ombuds"}):
        assert (await ask(world, client, "", report_id, **changes)).status_code == 404
    assert (await ask(world, client, "", str(uuid4()))).status_code == 404
    unsigned = await client.post("/internal/v1/passings", json={"report_id": report_id})
    assert unsigned.status_code in {400, 401}
    formal = await code_of_new(client, draft(route="formal_report"))
    own = await ask(world, client, "/target", await world.report_id(client, formal), office=OIO)
    assert (own.status_code, own.json()["code"], own.json()["rule"]) == (409, "ITS_OWN_DESK", "invariant 34")
    assert await recipients_of(world, report_id) == {"route", desk_label("workflow", X)}


async def test_from_the_first_step_on_the_old_desk_gets_nothing_and_what_is_new_goes_to_the_new_one(
    world: World, client: httpx.AsyncClient, signed_in: Any
) -> None:
    code, report_id = await lodged(world, client)
    assert (await ask(world, client, "", report_id)).status_code == 200
    acting = await signed_in("S0016")
    contents = await world.ask_contents(client, "workflow", report_id, "S0016", acting)
    assert contents.json() == {"items": []}
    assert (await world.ask_parties(client, "workflow", report_id)).json() == {"items": []}
    assert (await world.reply(client, "workflow", X, report_id, acting, "thanks")).status_code == 404
    body = {"report_id": report_id, "text": "one more thing"}
    written = await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
    item_id = written.json()["item_id"]
    of_it = {row["recipient"] for row in await world.wraps(report_id) if str(row["item_id"]) == item_id}
    assert of_it == {"route", desk_label("workflow", OIO)}
    # What came between the two steps needs no wrap of the old desk, which never had one.
    await passed_on(world, client, report_id)


async def test_afterwards_the_new_desk_opens_all_and_no_wrap_of_the_old_one_is_left(
    world: World, client: httpx.AsyncClient, signed_in: Any
) -> None:
    code, report_id = await lodged(world, client)
    (before,) = await world.rows("select lodged_at from reports where report_id = $1", UUID(report_id))
    await passed_on(world, client, report_id)
    assert await recipients_of(world, report_id) == {"route", desk_label("workflow", OIO)}
    items = (await world.ask_contents(client, "workflow", report_id, "S0005", await signed_in("S0005"))).json()["items"]
    read = [world.open_as_desk("workflow", OIO, report_id, item) for item in items]
    assert WORDS in {one.get("text") for one in read}
    assert [one for one in read if "alleged_offender" in one]
    route = (await inbox(client, code))["routes"][-1]
    assert (route["route"], {one["text"] for one in route["answers"]} >= {WORDS}) == ("formal_report", True)
    lodgings = [one for one in await world.events(report_id) if isinstance(one.message, ReportLodged)]
    first, again = lodgings
    assert (first.topic, again.topic) == (INTAKE_REPORTS_WORKFLOW.name,) * 2
    assert (again.message.lifecycle, again.message.lodged_at) == ("formal_report", first.message.lodged_at)
    (after,) = await world.rows("select lodged_at, office from reports where report_id = $1", UUID(report_id))
    assert (after["lodged_at"], after["office"]) == (before["lodged_at"], OIO), "the first receipt counts"


async def test_without_a_wrap_of_everything_nothing_is_destroyed(world: World, client: httpx.AsyncClient) -> None:
    _, report_id = await lodged(world, client)
    begun = (await ask(world, client, "", report_id)).json()
    wraps = rewrapped(world, report_id, begun)
    answer = await put(world, client, report_id, wraps[1:])
    assert (answer.status_code, answer.json()["code"]) == (409, "wraps_missing")
    assert desk_label("workflow", X) in await recipients_of(world, report_id)
    assert (await put(world, client, report_id, wraps)).status_code == 200


async def test_each_step_again_changes_nothing(world: World, client: httpx.AsyncClient) -> None:
    _, report_id = await lodged(world, client)
    first = (await ask(world, client, "", report_id)).json()
    assert (await ask(world, client, "", report_id)).json() == first, "killed between the steps"
    proof = await passed_on(world, client, report_id)
    again = (await ask(world, client, "", report_id)).json()
    assert again["items"] == []
    assert (await put(world, client, report_id, [])).json() == {"proof": proof}
    lodgings = [one for one in await world.events(report_id) if isinstance(one.message, ReportLodged)]
    assert len(lodgings) == 2
    acts = [one["act"] for one in await world.audit() if one["object"] == report_id]
    assert (acts.count("passing_begun"), acts.count("passed_on")) == (1, 1)


async def test_inv_34_it_does_not_come_back_to_where_it_was(world: World, client: httpx.AsyncClient) -> None:
    _, report_id = await lodged(world, client)
    await passed_on(world, client, report_id)
    assert (await put(world, client, report_id, [], office=OIO)).status_code == 404
    own = await ask(world, client, "/target", report_id, office=OIO)
    assert own.json()["code"] == "ITS_OWN_DESK"


async def test_what_the_old_desk_tells_of_its_own_case_is_shown_and_it_erases_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    code, report_id = await lodged(world, client)
    await passed_on(world, client, report_id)
    told = CaseChanged(
        report_id=report_id,
        lifecycle="misdirected_report",
        number=1,
        version=4,
        state="copy_purged",
        wording_key="misdirected_report.copy_purged",
    )
    await world.tell("workflow", WORKFLOW_CASES, report_id, told)
    assert [case["state"] for case in (await inbox(client, code))["routes"][-1]["cases"]] == ["copy_purged"]
    assert [one for one in await world.events(report_id) if isinstance(one.message, PlacedInInbox)]
    erased = CaseErased(report_id=report_id, lifecycle="supervisor_request", number=1)
    await world.tell("workflow", WORKFLOW_CASES, report_id, erased)
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    assert not (await inbox(client, code))["routes"][-1]["closed"]


@pytest.mark.parametrize("wrapped", ["", "!!!", base64.b64encode(b"x" * 5000).decode()])
async def test_a_wrap_that_is_none_is_refused(world: World, client: httpx.AsyncClient, wrapped: str) -> None:
    _, report_id = await lodged(world, client)
    assert (await ask(world, client, "", report_id)).status_code == 200
    answer = await put(world, client, report_id, [{"item_id": str(uuid4()), "wrapped_b64": wrapped}])
    assert answer.status_code == 400
    assert key() not in answer.text


# A desk that may not have a report any more, and one that was told what is another's.


async def ask_for(
    world: World, client: httpx.AsyncClient, path: str, report_id: str, *, service: str = "workflow", **more: Any
) -> httpx.Response:
    asked = {"report_id": report_id, "office": OIO, "desk": "committee"} | more
    headers = {"Authorization": f"Service {world.token(service, asked)}"}
    return await client.post(f"/internal/v1/{path}", json=asked, headers=headers)


async def formal(world: World, client: httpx.AsyncClient) -> tuple[str, str]:
    code = await code_of_new(client, draft(route="formal_report"))
    report_id = await world.report_id(client, code)
    await world.tell("workflow", WORKFLOW_CASES, report_id, ReportOpened(report_id=report_id))
    return code, report_id


async def moved(world: World, client: httpx.AsyncClient, report_id: str) -> str:
    begun = (await ask_for(world, client, "moves", report_id)).json()
    answer = await put(world, client, report_id, rewrapped(world, report_id, begun, OIO), office=OIO)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["proof"])


async def test_a_report_that_moves_is_opened_by_the_new_desk_alone_and_is_not_announced_again(
    world: World, client: httpx.AsyncClient, signed_in: Any
) -> None:
    code, report_id = await formal(world, client)
    assert (await ask_for(world, client, "moves", report_id)).status_code == 200
    acting = await signed_in("S0064")
    assert (await world.ask_contents(client, "workflow", report_id, "S0064", acting)).json() == {"items": []}
    body = {"report_id": report_id, "text": "one more thing"}
    assert (await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))).status_code == 202
    proof = await moved(world, client, report_id)
    assert await recipients_of(world, report_id) == {"route", desk_label("workflow", "committee")}
    items = (await world.ask_contents(client, "workflow", report_id, "S0064", acting)).json()["items"]
    read = [world.open_as_desk("workflow", "committee", report_id, item) for item in items]
    assert "one more thing" in {one.get("text") for one in read}
    assert [one["route"] for one in (await inbox(client, code))["routes"]] == ["formal_report"]
    lodgings = [one for one in await world.events(report_id) if isinstance(one.message, ReportLodged)]
    assert len(lodgings) == 1
    # Each step again, as another case of the report does it: nothing changes.
    again = (await ask_for(world, client, "moves", report_id)).json()
    assert again["items"] == []
    assert (await put(world, client, report_id, [], office=OIO)).json() == {"proof": proof}


@pytest.mark.parametrize("desk", ["oio", "oio_away", "supervisors", "ethics_outside", "no_such_desk"])
async def test_inv_34_it_moves_to_a_desk_with_another_key_that_may_stand_in_and_to_no_other(
    world: World, client: httpx.AsyncClient, desk: str
) -> None:
    _, report_id = await formal(world, client)
    assert (await ask_for(world, client, "moves", report_id, desk=desk)).status_code == 409
    assert (await ask_for(world, client, "moves", report_id, service="ombuds")).status_code in {404, 409}
    assert await recipients_of(world, report_id) == {"route", desk_label("workflow", OIO)}


async def test_what_was_told_to_a_manager_stays_with_him_and_what_she_writes_afterwards_is_oversights(
    world: World, client: httpx.AsyncClient, signed_in: Any
) -> None:
    code, report_id = await lodged(world, client)
    turn = {"office": X, "desk": "oio", "route": "sea_report"}
    for _ in range(2):
        assert (await ask_for(world, client, "turns", report_id, **turn)).status_code == 204
    body = {"report_id": report_id, "text": "on Fridays"}
    assert (await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))).status_code == 202
    acting = await signed_in("S0005")
    items = (await world.ask_contents(client, "workflow", report_id, "S0005", acting)).json()["items"]
    assert [world.open_as_desk("workflow", OIO, report_id, item).get("text") for item in items] == ["on Fridays"]
    assert (await world.reply(client, "workflow", OIO, report_id, acting, "thanks")).status_code in {200, 201, 204}
    assert (await world.reply(client, "workflow", X, report_id, await signed_in("S0016"), "and?")).status_code == 404
    (route,) = (await inbox(client, code))["routes"]
    assert (route["route"], {one["text"] for one in route["answers"]} >= {WORDS}) == ("sea_report", True)
    wrong = await ask_for(world, client, "turns", report_id, **turn | {"route": "no_such_route"})
    assert wrong.status_code == 409
