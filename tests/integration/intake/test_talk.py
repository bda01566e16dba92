"""The talk between a person and her desk: sealed both ways, handed out to the right reader for a purpose, audited."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.keystore import Wrap
from chassis.sealing import SealNotOpened
from tests.e2e.leak_scan import Scanner
from tests.integration.intake.conftest import SignIn
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, with_code

pytestmark = pytest.mark.stack


async def route_of(client: httpx.AsyncClient, world: World, body: dict[str, Any]) -> tuple[str, str]:
    code = await code_of_new(client, body)
    return code, await world.report_id(client, code)


async def write(client: httpx.AsyncClient, code: str, report_id: str, words: str) -> httpx.Response:
    body = {"report_id": report_id, "text": words}
    return await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))


async def test_a_message_reaches_her_desk_sealed(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    code, report_id = await route_of(client, world, draft())
    answer = await write(client, code, report_id, "It happened again.\nToday.")
    assert answer.status_code == 202
    event = (await world.events(report_id))[-1]
    assert (event.topic, event.message.item_id) == ("intake.reports.ombuds.v1", answer.json()["item_id"])
    assert Scanner({"words": "happened again"}).scan(event.value, "event") == set()
    contents = await world.ask_contents(client, "ombuds", report_id, "S0011", await signed_in("S0011"))
    last = contents.json()["items"][-1]
    assert (last["item_id"], last["kind"], last["direction"]) == (answer.json()["item_id"], "message", "person")
    assert world.open_as_desk("ombuds", "ombuds", report_id, last) == {"text": "It happened again.\nToday."}


async def test_inv_06_with_the_code_alone_both_directions_stand_in_the_inbox_in_order(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, report_id = await route_of(client, world, draft())
    acting = await signed_in("S0011")
    await write(client, code, report_id, "one")
    assert (await world.reply(client, "ombuds", "ombuds", report_id, acting, "two")).status_code == 200
    await write(client, code, report_id, "three")
    (route,) = (await inbox(client, code))["routes"]
    assert [(one["from"], one["text"]) for one in route["messages"]] == [
        ("you", "one"), ("desk", "two"), ("you", "three"),
    ]  # fmt: skip
    placed = [event.message for event in await world.events(report_id) if hasattr(event.message, "action_id")]
    assert [one.item_id for one in placed] == [route["messages"][1]["item_id"]]


async def test_a_reply_sent_again_lies_there_once(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    code, report_id = await route_of(client, world, draft())
    acting, message_id = await signed_in("S0011"), uuid4()
    first = await world.reply(client, "ombuds", "ombuds", report_id, acting, "x", message_id=message_id)
    stored = await world.rows("select ciphertext from items where item_id = $1", message_id)
    # The same ciphertext again, as a desk repeats a request whose answer it did not get.
    sealed = (await world.ask_contents(client, "ombuds", report_id, "S0011", acting)).json()["items"][-1]
    again = await world.reply(
        client,
        "ombuds",
        "ombuds",
        report_id,
        acting,
        "x",
        message_id=message_id,
        ciphertext_b64=sealed["ciphertext_b64"],
    )
    other = await world.reply(client, "ombuds", "ombuds", report_id, acting, "other words", message_id=message_id)
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert [one["text"] for one in (await inbox(client, code))["routes"][0]["messages"]] == ["x"]
    assert await world.rows("select ciphertext from items where item_id = $1", message_id) == stored
    assert len(await world.events(report_id)) == 2


@pytest.mark.parametrize("words", ["", None, ["text"]], ids=["other bytes", "no text", "no message"])
async def test_a_reply_that_was_not_sealed_as_agreed_closes_nothing_of_her_inbox(
    client: httpx.AsyncClient, world: World, signed_in: SignIn, words: Any
) -> None:
    code, report_id = await route_of(client, world, draft())
    acting = await signed_in("S0011")
    changes = {} if words != "" else {"ciphertext_b64": base64.b64encode(b"other bytes").decode()}
    assert (await world.reply(client, "ombuds", "ombuds", report_id, acting, words, **changes)).status_code == 200
    assert (await world.reply(client, "ombuds", "ombuds", report_id, acting, "hello")).status_code == 200
    (route,) = (await inbox(client, code))["routes"]
    assert [one["text"] for one in route["messages"]] == ["hello"]
    assert len(route["answers"]) == 2


async def test_a_reply_that_was_cut_off_and_is_sealed_anew_can_be_read(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    """The desk seals each attempt under a fresh key: what the first one left in the key store must not stay."""
    code, report_id = await route_of(client, world, draft())
    acting, message_id = await signed_in("S0011"), uuid4()
    # As it stands when the first attempt ended after the key store's commit.
    await world.intake.keystore.put_wraps(
        [Wrap(message_id, label, UUID(report_id), b"of the first attempt") for label in ("ombuds/ombuds", "route")],
        ahead=True,
    )
    answer = await world.reply(client, "ombuds", "ombuds", report_id, acting, "hello", message_id=message_id)
    assert answer.status_code == 200
    assert [one["text"] for one in (await inbox(client, code))["routes"][0]["messages"]] == ["hello"]
    sealed = (await world.ask_contents(client, "ombuds", report_id, "S0011", acting)).json()["items"][-1]
    assert world.open_as_desk("ombuds", "ombuds", report_id, sealed) == {"text": "hello"}


@pytest.mark.parametrize("staff_id", ["S0012", "S0017", "S0018", "s0017"])
async def test_whom_she_named_or_refused_gets_nothing_and_writes_nothing(
    client: httpx.AsyncClient, world: World, signed_in: SignIn, staff_id: str
) -> None:
    code, report_id = await route_of(client, world, formal())
    acting = await signed_in(staff_id)
    unknown = await world.ask_contents(client, "workflow", str(uuid4()), staff_id, acting)
    refused = await world.ask_contents(client, "workflow", report_id, staff_id, acting)
    assert (refused.status_code, refused.content) == (404, unknown.content)
    assert (await world.reply(client, "workflow", "oio", report_id, acting, "hello")).status_code == 404
    assert (await inbox(client, code))["routes"][0]["messages"] == []
    refusals = [one for one in await world.audit() if one["object"] == report_id and one["act"] == "contents_refused"]
    assert [(one["actor"], one["facts"]["purpose"]) for one in refusals] == [(None, "assess")]


async def test_another_desk_gets_nothing_of_it(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    _, report_id = await route_of(client, world, draft())
    acting = await signed_in("S0005")
    assert (await world.ask_parties(client, "workflow", report_id)).status_code == 404
    assert (await world.ask_contents(client, "workflow", report_id, "S0005", acting)).status_code == 404
    assert (await world.reply(client, "workflow", "oio", report_id, acting, "hello")).status_code == 404


async def test_inv_02_every_handing_out_of_a_report_names_reader_and_purpose(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    _, report_id = await route_of(client, world, formal())
    assert (await world.ask_parties(client, "workflow", report_id)).status_code == 200
    assert (
        await world.ask_contents(client, "workflow", report_id, "S0005", await signed_in("S0005"))
    ).status_code == 200
    entries = [one for one in await world.audit() if one["object"] == report_id]
    assert [(one["act"], one["actor"], one["facts"].get("purpose")) for one in entries] == [
        ("report_lodged", None, None),
        ("parties_handed_out", None, "routing"),
        ("contents_handed_out", "S0005", "assess"),
    ]


async def test_in_the_ombuds_cell_the_trail_names_neither_route_nor_reader(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    before = {one["number"] for one in await world.audit() if one["object"] == "ombuds"}
    code, report_id = await route_of(client, world, draft())
    acting = await signed_in("S0013")
    await world.ask_parties(client, "ombuds", report_id)
    await world.ask_contents(client, "ombuds", report_id, "S0013", acting)
    await world.reply(client, "ombuds", "ombuds", report_id, acting, "hello")
    await write(client, code, report_id, "hello")
    entries = [one for one in await world.audit() if one["object"] == "ombuds" and one["number"] not in before]
    assert {one["act"] for one in entries} == {
        "report_lodged", "parties_handed_out", "contents_handed_out", "message_placed", "message_received",
    }  # fmt: skip
    assert {one["actor"] for one in entries} == {None}
    said = json.dumps(await world.audit())
    assert report_id not in said
    assert "S0013" not in said


async def test_a_grant_is_good_once(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    _, report_id = await route_of(client, world, formal())
    body = {"report_id": report_id, "purpose": "assess", "staff_id": "S0005"}
    headers = {
        "Authorization": f"Service {world.token('workflow', body)}",
        "X-Acting-Token": await signed_in("S0005"),
    }
    first = await client.post("/internal/v1/contents", json=body, headers=headers)
    again = await client.post("/internal/v1/contents", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (200, 401)


async def test_without_a_grant_for_this_very_request_nothing_is_handed_out(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    _, report_id = await route_of(client, world, formal())
    _, other_id = await route_of(client, world, formal())
    body = {"report_id": report_id, "purpose": "assess", "staff_id": "S0005"}
    acting = await signed_in("S0005")
    grants = {
        "none": "",
        "rubbish": "Service x.y",
        "another report": f"Service {world.token('workflow', body | {'report_id': other_id})}",
        "another purpose": f"Service {world.token('workflow', body | {'purpose': 'routing'})}",
        "another person": f"Service {world.token('workflow', body | {'staff_id': 'S0006'})}",
        "another audience": f"Service {world.token('workflow', body, audience='hr_bridge')}",
        "forged": f"Service {world.token('workflow', body, signer='ombuds')}",
        "a service without reports": f"Service {world.token('hr_bridge', body)}",
    }
    before = await refused_so_far(world)
    for name, authorization in grants.items():
        headers = {"Authorization": authorization, "X-Acting-Token": acting}
        answer = await client.post("/internal/v1/contents", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "service_sign_in_needed"), name
    assert await refused_so_far(world) - before == len(grants)


async def test_the_reader_must_be_signed_in_as_the_one_the_desk_names(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    _, report_id = await route_of(client, world, formal())
    before = await refused_so_far(world)
    for acting in ("", "not-a-token", await signed_in("S0006")):
        answer = await world.ask_contents(client, "workflow", report_id, "S0005", acting)
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")
    assert await refused_so_far(world) - before == 3


async def refused_so_far(world: World) -> int:
    return len([one for one in await world.audit() if one["act"] == "request_refused"])


@pytest.mark.parametrize(
    "facts",
    [
        {"outcome": "resolved"},
        {"agreed": True, "times": 3},
        {"measure": str(uuid4()), "day": "2026-03-01", "at": "2026-03-01T10:00:00.5+01:00"},
    ],
)
async def test_an_action_of_hers_is_passed_on_once(
    client: httpx.AsyncClient, world: World, facts: dict[str, Any]
) -> None:
    code, report_id = await route_of(client, world, draft())
    body = {
        "report_id": report_id, "lifecycle": "informal_resolution", "number": 1, "action_id": str(uuid4()),
        "action": "end_talk", "facts": facts,
    }  # fmt: skip
    for _ in range(3):
        answer = await client.post("/api/v1/inbox/actions", json=body, headers=with_code(code))
        assert (answer.status_code, answer.json()) == (202, {"action_id": body["action_id"]})
    (_, event) = await world.events(report_id)
    message = event.message
    assert (message.action_id, message.action, message.lifecycle, message.number) == (
        body["action_id"], "end_talk", "informal_resolution", 1,
    )  # fmt: skip
    assert json.loads(message.facts_json) == facts


async def test_words_in_an_action_are_sealed(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    code, report_id = await route_of(client, world, formal())
    body = {
        "report_id": report_id, "lifecycle": "interim_measure", "number": 1, "action_id": str(uuid4()),
        "action": "refuse_measure", "facts": {}, "texts": {"reason": "I would rather stay where I am."},
    }  # fmt: skip
    assert (await client.post("/api/v1/inbox/actions", json=body, headers=with_code(code))).status_code == 202
    event = (await world.events(report_id))[-1]
    assert Scanner({"words": "rather stay"}).scan(event.value, "event") == set()
    contents = (await world.ask_contents(client, "workflow", report_id, "S0005", await signed_in("S0005"))).json()
    (item,) = [one for one in contents["items"] if one["item_id"] in event.message.item_ids]
    read = world.open_as_desk("workflow", "oio", report_id, item)
    assert read == {"name": "reason", "text": "I would rather stay where I am."}
    with pytest.raises(SealNotOpened):
        world.open_as_desk("workflow", "leg", report_id, item)


async def test_an_item_cannot_be_passed_off_as_one_of_another_report(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    _, report_id = await route_of(client, world, draft())
    _, other_id = await route_of(client, world, draft())
    await world.rows(
        "update items set report_id = $1, number = number + 100 where report_id = $2", UUID(other_id), UUID(report_id)
    )
    contents = (await world.ask_contents(client, "ombuds", other_id, "S0011", await signed_in("S0011"))).json()
    moved = contents["items"][-1]
    with pytest.raises(SealNotOpened):
        world.open_as_desk("ombuds", "ombuds", other_id, moved)
    assert world.open_as_desk("ombuds", "ombuds", report_id, moved)
