"""A name that is given later: to one route, sealed as at lodging, and never taken back."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import SealNotOpened, open_from
from contracts.intake.v1.reports_pb2 import NameGiven, PartiesAdded, ProtectionStarted
from services.intake.items import CUSTODIAN
from tests.integration.intake.conftest import Browse, SignIn
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, lodge, with_code

pytestmark = pytest.mark.stack
ANONYMOUS: dict[str, Any] = {"mode": "anonymous", "parties": {"alleged_offender": ["S0017"]}}


async def give(client: httpx.AsyncClient, code: str, report_id: str, **given: Any) -> httpx.Response:
    body = {"report_id": report_id, "action_id": str(uuid4())} | given
    return await client.post("/api/v1/inbox/names", json=body, headers=with_code(code))


async def recipients(world: World, report_id: str) -> set[str]:
    return {row["recipient"] for row in await world.wraps(report_id)}


async def protected(world: World) -> set[str]:
    """Whom the ethics office was told of so far."""
    rows = await world.rows("select key, value from outbox where topic = 'intake.reports.ethics.v1'")
    found, private = set(), world.keys["ethics"].desk("ethics")
    for row in rows:
        message = ProtectionStarted.FromString(row["value"])
        try:
            person = open_from(private, message.sealed_person, context=b"protection|" + row["key"].encode())
        except SealNotOpened:
            continue
        found.add(person.decode())
    return found


async def test_inv_08_a_number_given_later_lies_with_the_desk_and_with_the_custodian_as_if_it_had_been_sent(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client, formal(**ANONYMOUS))
    report_id = await world.report_id(client, code)
    assert CUSTODIAN not in await recipients(world, report_id)
    answer = await give(client, code, report_id, name="Sam", staff_id="S0067")
    assert answer.status_code == 202, answer.text
    assert CUSTODIAN in await recipients(world, report_id)
    (route,) = (await inbox(client, code))["routes"]
    assert route["named"]
    assert {"how_to_address_me": "Sam"}.items() <= {one["name"]: one["text"] for one in route["answers"]}.items()
    assert [one["affected_individual"] for one in route["parties"]] == [None, "S0067"]
    handed = (await world.ask_parties(client, "workflow", report_id)).json()["items"]
    opened = [world.open_as_desk("workflow", "oio", report_id, one) for one in handed]
    assert [one["affected_individual"] for one in opened] == [None, "S0067"]
    # Nobody gets to read what concerns themselves (invariant 32).
    hers = await world.ask_contents(client, "workflow", report_id, "S0067", await signed_in("S0067"))
    assert hers.status_code == 404
    assert any('"S0067"' in one for one in await protected(world))
    added, told = [one.message for one in await world.events(report_id)][-2:]
    assert (type(added), type(told)) == (PartiesAdded, NameGiven)
    entries = [one for one in await world.audit() if one["act"] == "name_given"]
    assert report_id in {one["object"] for one in entries}
    assert all(one.get("actor") is None for one in entries)


async def test_it_is_given_once_and_to_one_route_alone(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client, formal(**ANONYMOUS))
    assert (await lodge(client, draft(**ANONYMOUS), code=code)).status_code == 201
    report, talk = [one["report_id"] for one in (await inbox(client, code))["routes"]]
    action_id = str(uuid4())
    for _ in range(2):
        assert (await give(client, code, report, name="Sam", action_id=action_id)).status_code == 202
    again = await give(client, code, report, name="Kim")
    assert (again.status_code, again.json()["code"]) == (409, "already_named")
    routes = (await inbox(client, code))["routes"]
    assert [one["named"] for one in routes] == [True, False]
    names = [[one["text"] for one in route["answers"] if one["name"] == "how_to_address_me"] for route in routes]
    assert names == [["Sam"], []]
    stored = await world.rows("select mode from reports where report_id = any($1)", [UUID(report), UUID(talk)])
    assert sorted(row["mode"] for row in stored) == ["anonymous", "confidential"]


async def test_on_the_persons_side_the_custodian_learns_nothing(client: httpx.AsyncClient, world: World) -> None:
    code = await code_of_new(client, draft(**ANONYMOUS))
    report_id = await world.report_id(client, code)
    assert (await give(client, code, report_id, staff_id="S0067")).status_code == 202
    assert await recipients(world, report_id) == {"ombuds/ombuds", "route"}


async def test_who_wrote_for_somebody_named_is_the_one_who_reports(client: httpx.AsyncClient, world: World) -> None:
    named = {"alleged_offender": ["S0017"], "affected_individual": "S0018"}
    code = await code_of_new(client, formal(mode="anonymous", parties=named, choices={"writer": "witness"}))
    report_id = await world.report_id(client, code)
    assert (await give(client, code, report_id, staff_id="S0068", watch_for_retaliation=False)).status_code == 202
    (route,) = (await inbox(client, code))["routes"]
    found = [(one["affected_individual"], one["reporter"] or None) for one in route["parties"]]
    assert found == [("S0018", None), (None, "S0068")]
    assert not any('"S0068"' in one for one in await protected(world))


@pytest.mark.parametrize(
    ("sent", "number", "kept"),
    [
        (formal(**ANONYMOUS), "S0069", True),
        (formal(mode="confidential", parties={}), "S0065", True),
        (draft(**ANONYMOUS), "S0066", False),
    ],
    ids=["named later", "named when it was sent", "on the person's side"],
)
async def test_inv_08_whoever_gave_a_name_alone_gives_her_number_later_and_once(
    client: httpx.AsyncClient, world: World, sent: dict[str, Any], number: str, kept: bool
) -> None:
    code = await code_of_new(client, sent)
    report_id = await world.report_id(client, code)
    if sent["mode"] == "anonymous":
        assert (await give(client, code, report_id, name="Sam")).status_code == 202
    (route,) = (await inbox(client, code))["routes"]
    assert (route["named"], route["numbered"]) == (True, False)
    assert (await give(client, code, report_id, staff_id=number)).status_code == 202
    (route,) = (await inbox(client, code))["routes"]
    assert (route["named"], route["numbered"]) == (True, True)
    assert route["parties"][-1]["affected_individual"] == number
    assert (CUSTODIAN in await recipients(world, report_id)) == kept
    assert any(f'"{number}"' in one for one in await protected(world)) == kept
    again = await give(client, code, report_id, staff_id="S0070")
    assert (again.status_code, again.json()["code"]) == (409, "already_named")


async def test_the_page_says_that_a_number_is_sealed_only_where_there_is_one_and_takes_it(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    sealed = "Nobody at the office reads it there."
    browser = await browse(await code_of_new(client, formal(mode="confidential", parties={})))
    await browser.follow("Who knows my name")
    assert "Your staff number is not with it." in browser.text
    assert sealed not in browser.text
    assert "name" not in browser.form("Give my staff number").names
    await browser.fill(button="Give my staff number")
    assert "Enter your staff number, or leave everything as it is." in browser.text
    await browser.fill({"my_number": "S0067"}, button="Give my staff number")
    assert "Your staff number has been given on this way." in browser.text
    await browser.follow("Who knows my name")
    assert sealed in browser.text
    assert "Give my staff number" not in browser.text


@pytest.mark.parametrize(
    ("given", "status"), [({}, 400), ({"name": "  "}, 400), ({"staff_id": "not a number"}, 400), ({"x": 1}, 400)]
)
async def test_what_is_no_name_is_refused(
    client: httpx.AsyncClient, world: World, given: dict[str, Any], status: int
) -> None:
    code = await code_of_new(client, formal(**ANONYMOUS))
    report_id = await world.report_id(client, code)
    assert (await give(client, code, report_id, **given)).status_code == status
    others = await code_of_new(client, formal(**ANONYMOUS))
    assert (await give(client, others, report_id, name="Sam")).status_code == 404
    assert not (await inbox(client, code))["routes"][0]["named"]


async def test_the_page_says_who_learns_it_and_that_it_stays_then_gives_it_once(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    code = await code_of_new(client, formal(**ANONYMOUS))
    report_id = await world.report_id(client, code)
    browser = await browse(code)
    await browser.follow("Give my name")
    for words in (
        "You can give it now, later, or never.",
        "It counts for this way alone: Formal report to the oversight office",
        "You cannot take it back from anybody who has seen it.",
        "sealed to the custodian",
    ):
        assert words in browser.text
    assert browser.path.endswith("/name")
    await browser.fill(button="Give my name")
    assert "Enter a name or your staff number" in browser.text
    form = browser.form("Give my name")
    typed = {"name": "Sam", "my_number": "S0067", "no_watch": "yes"}
    for _ in range(2):
        await browser.send(form, typed)
    await browser.go("/inbox")
    assert "Your name has been given on this way." in browser.text
    await browser.follow("Who knows my name")
    assert "You chose to be named on this way" in browser.text
    assert "Give my name" not in browser.text
    (route,) = (await inbox(client, code))["routes"]
    assert [one["text"] for one in route["answers"] if one["name"] == "how_to_address_me"] == ["Name: Sam"]
    # Whoever says nothing of it writes for herself (invariant 17).
    assert [one["affected_individual"] for one in route["parties"]] == [None, "S0067"]
    assert len([one for one in await world.events(report_id) if isinstance(one.message, NameGiven)]) == 1


@pytest.mark.parametrize("language", ["fr", "es", "ar"])
async def test_the_page_is_there_in_every_language(
    client: httpx.AsyncClient, world: World, browse: Browse, language: str
) -> None:
    code = await code_of_new(client, draft(**ANONYMOUS))
    browser = await browse(code, language)
    (link,) = re.findall(rf'href="(/{language}/inbox/[^"/]+/name)"', browser.page.text)
    await browser.go(link)
    assert "Your name" not in browser.text
    assert "You cannot take it back" not in browser.text
    assert browser.form().names >= {"csrf", "once", "name", "my_number", "writer"}
