"""Making a formal report out of a talk: what she ticked goes over under new ids, and nothing points back."""

import json
from uuid import UUID, uuid4

import httpx
import pytest

from tests.integration.intake.conftest import SignIn
from tests.integration.intake.world import World, code_of_new, formal, inbox, key, lodge

pytestmark = pytest.mark.stack


async def a_talk(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> tuple[str, dict[str, object]]:
    """A code with a talk that has answers, parties and messages both ways; the talk as the inbox shows it."""
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    headers = {"Authorization": f"AccessCode {code}"}
    body = {"report_id": report_id, "text": "Yesterday it was worse."}
    assert (await client.post("/api/v1/inbox/messages", json=body, headers=headers)).status_code == 202
    acting = await signed_in("S0011")
    placed = await world.reply(client, "ombuds", "ombuds", report_id, acting, "How are you today?")
    assert placed.status_code == 200, placed.text
    (talk,) = (await inbox(client, code))["routes"]
    return code, talk


def item_of(talk: dict[str, object], kind: str, place: int = 0) -> str:
    found = talk[kind]
    assert isinstance(found, list)
    return str(found[place]["item_id"])


async def test_ticked_items_reach_the_new_desk_in_new_seals(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, talk = await a_talk(client, world, signed_in)
    ticked = [item_of(talk, "answers"), item_of(talk, "messages"), item_of(talk, "parties")]
    answer = await lodge(client, formal(answers={}, parties={}, not_these_people=[], take_over=ticked), code=code)
    assert (answer.status_code, set(answer.json())) == (201, {"next_date"})
    old, new = (await inbox(client, code))["routes"]
    assert old == talk
    assert [(one["name"], one["text"]) for one in new["answers"]] == [
        ("what_happened", "He shouts in every meeting."),
        ("in_my_words", "Yesterday it was worse."),
    ]
    assert (new["parties"][0]["affected_individual"], new["parties"][0]["alleged_offender"]) == ("S0018", ["S0017"])
    contents = await world.ask_contents(client, "workflow", new["report_id"], "S0005", await signed_in("S0005"))
    read = [world.open_as_desk("workflow", "oio", new["report_id"], item) for item in contents.json()["items"]]
    assert [one.get("text") for one in read] == ["He shouts in every meeting.", "Yesterday it was worse.", None]
    assert {item["item_id"] for item in contents.json()["items"]}.isdisjoint(ticked)


async def test_only_what_was_ticked_goes_over(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    code, talk = await a_talk(client, world, signed_in)
    body = formal(answers={}, parties={}, not_these_people=[], take_over=[item_of(talk, "answers", 1)])
    assert (await lodge(client, body, code=code)).status_code == 201
    new = (await inbox(client, code))["routes"][1]
    assert ([one["text"] for one in new["answers"]], new["parties"], new["messages"]) == (["That it stops."], [], [])


async def test_what_she_says_now_and_what_she_carries_over_are_both_there(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, talk = await a_talk(client, world, signed_in)
    body = formal(
        answers={"what_happened": "More of it."},
        parties={"affected_individual": "S0021", "alleged_offender": ["S0022"]},
        not_these_people=[],
        take_over=[item_of(talk, "parties"), item_of(talk, "answers")],
    )
    assert (await lodge(client, body, code=code)).status_code == 201
    new = (await inbox(client, code))["routes"][1]
    assert [one["text"] for one in new["answers"]] == ["More of it.", "He shouts in every meeting."]
    (parties,) = new["parties"]
    del parties["item_id"]
    assert parties == {
        "affected_individual": "S0021", "alleged_offender": ["S0022", "S0017"], "not_these_people": ["S0012"],
        "recipient": None,
        "about_offices": [],
        "reporter": None,
    }  # fmt: skip
    # Who was refused for the talk gets nothing of the report either.
    refused = await world.ask_contents(client, "workflow", new["report_id"], "S0012", await signed_in("S0012"))
    assert refused.status_code == 404


async def test_what_the_desk_wrote_and_what_is_not_hers_cannot_be_taken(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, talk = await a_talk(client, world, signed_in)
    _, other = await a_talk(client, world, signed_in)
    for wrong in (item_of(talk, "messages", 1), item_of(other, "answers"), str(uuid4())):
        body = formal(take_over=[item_of(talk, "answers"), wrong])
        answer = await lodge(client, body, code=code)
        assert (answer.status_code, answer.json()["field"]) == (400, "take_over[1]")
    assert len((await inbox(client, code))["routes"]) == 1


async def test_the_same_take_over_again_gets_the_same_answer(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, talk = await a_talk(client, world, signed_in)
    body, idempotency_key = formal(take_over=[item_of(talk, "answers")]), key()
    first = await lodge(client, body, code=code, idempotency_key=idempotency_key)
    again = await lodge(client, body, code=code, idempotency_key=idempotency_key)
    assert (first.status_code, again.content) == (201, first.content)
    assert len((await inbox(client, code))["routes"]) == 2
    other = await lodge(client, formal(take_over=[]), code=code, idempotency_key=idempotency_key)
    assert other.status_code == 422


async def test_a_route_may_be_added_without_taking_anything_over(client: httpx.AsyncClient) -> None:
    code = await code_of_new(client)
    assert set((await lodge(client, formal(), code=code)).json()) == {"next_date"}
    assert [route["route"] for route in (await inbox(client, code))["routes"]] == [
        "informal_resolution",
        "formal_report",
    ]


async def test_nothing_on_the_new_route_points_back(client: httpx.AsyncClient, world: World, signed_in: SignIn) -> None:
    code, talk = await a_talk(client, world, signed_in)
    before = len(await world.audit())
    ticked = [item_of(talk, "answers"), item_of(talk, "parties")]
    assert (await lodge(client, formal(answers={}, take_over=ticked), code=code)).status_code == 201
    new_id = await world.report_id(client, code)
    fresh = (await world.audit())[before:]
    entries = [one for one in await world.audit() if one["object"] == new_id]
    assert [(one["act"], one["actor"], one["facts"]) for one in entries] == [("report_lodged", None, {})]
    assert len(fresh) == 1
    events = await world.events(new_id)
    said = json.dumps([str(event.message) for event in events])
    old_ids = [str(talk["report_id"]), *ticked]
    assert not [one for one in old_ids if one in said or UUID(one).hex in said]


async def test_two_routes_of_one_code_share_no_value_in_any_table(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code, talk = await a_talk(client, world, signed_in)
    ticked = [item_of(talk, "answers"), item_of(talk, "messages"), item_of(talk, "parties")]
    assert (await lodge(client, formal(take_over=ticked), code=code)).status_code == 201
    old_id, new_id = talk["report_id"], await world.report_id(client, code)
    assert isinstance(old_id, str)
    old, new = [await values_of(world, report_id) for report_id in (old_id, new_id)]
    assert len(old) > 20
    assert len(new) > 20
    # A trace would join what it runs through.
    assert {column for table, column, _ in (*old, *new) if table == "outbox"}.isdisjoint({"traceparent"})
    shared = {(table, column, value) for table, column, value in old if any(value == other for *_, other in new)}
    assert {(table, column) for table, column, _ in shared} <= ORDINARY
    # The row of the code stands apart: it holds no value of either route.
    for row in await world.rows("select lookup_digest, sealed_routes from access_codes"):
        assert not {bytes(value) for value in row} & {value for *_, value in (*old, *new) if isinstance(value, bytes)}


# Values that thousands of routes have in common; times of lodging differ.
ORDINARY = {
    ("reports", "mode"), ("reports", "language"), ("items", "number"), ("items", "kind"), ("items", "direction"),
    ("items", "day"), ("consents", "consent"), ("consents", "version"), ("consents", "given"),
    ("consents", "proven"), ("outbox", "type"), ("outbox", "sequence"), ("outbox", "shard"), ("outbox", "sends"),
    ("wraps", "recipient"),
}  # fmt: skip


async def values_of(world: World, report_id: str) -> list[tuple[str, str, object]]:
    """Every value, by table and column, in rows that name the report or are told of under its id."""
    found = []
    for table in ("reports", "items", "exclusions", "consents", "route_cases", "person_actions"):
        for row in await world.rows(f"select * from {table} where report_id = $1", UUID(report_id)):
            found += [(table, column, value) for column, value in row.items() if value is not None]
    for row in await world.keystore_rows("select * from wraps where group_id = $1", UUID(report_id)):
        found += [("wraps", column, value) for column, value in row.items()]
    for row in await world.rows("select * from outbox where key = $1", report_id):
        found += [("outbox", column, value) for column, value in row.items() if value is not None]
    return found
