"""Changing what happens: each act of hers, from its page to the desk."""

import json
import re
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import seal_to, told_context
from contracts.topics import OMBUDS_CASES, WORKFLOW_CASES
from tests.integration.intake.conftest import Browse, SignIn
from tests.integration.intake.desk_news import acts, offer, tells
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox

pytestmark = pytest.mark.stack


async def test_withdrawing_says_first_what_stops_and_asks_no_reason(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    case = tells(
        report_id, lifecycle="formal_report", state="assessing", wording_key="formal_report.assessing",
        offers=[offer("withdraw", {"name": "stop_contact", "kind": "flag", "required": True})],
    )  # fmt: skip
    await world.tell("workflow", WORKFLOW_CASES, report_id, case)
    browser = await browse(code)
    await browser.follow("Change what happens")
    await browser.follow("Withdraw")
    for words in (
        "You no longer take part.",
        "The office may go on without you",
        "It waits a few days first",
        "no reason",
    ):
        assert words in browser.text
    assert not re.search("withdraw", browser.path)
    form = browser.form("Withdraw")
    assert form.names == {"csrf", "once", "stop_contact"}
    await browser.fill(button="Withdraw")
    (acted,) = await acts(world, report_id)
    assert (acted.action, json.loads(acted.facts_json)) == ("withdraw", {"stop_contact": False})


async def test_agreeing_shows_what_is_agreed_to_and_sends_what_the_case_knows(
    client: httpx.AsyncClient, browse: Browse, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client)
    report_id, message_id = await world.report_id(client, code), uuid4()
    for id_, words in ((message_id, "I speak with him alone."), (uuid4(), "Something later.")):
        answer = await world.reply(
            client, "ombuds", "ombuds", report_id, await signed_in("S0011"), words, message_id=id_,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
    fields = {"name": "message", "kind": "reference", "required": True, "choices": [str(message_id)]}
    await world.tell(
        "ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=[offer("agree_steps", fields, asked=True)])
    )
    browser = await browse(code)
    await browser.follow("Agree to these steps")
    assert "I speak with him alone." in browser.text
    assert "Something later." not in browser.text
    await browser.fill(button="Agree to these steps")
    (acted,) = await acts(world, report_id)
    assert json.loads(acted.facts_json) == {"message": str(message_id)}


async def test_where_no_message_is_named_the_newest_of_the_desk_is_the_only_one_that_shows(
    client: httpx.AsyncClient, browse: Browse, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client)
    report_id, newest = await world.report_id(client, code), uuid4()
    for id_, words in ((uuid4(), "Something earlier."), (newest, "I speak with him alone.")):
        answer = await world.reply(
            client, "ombuds", "ombuds", report_id, await signed_in("S0011"), words, message_id=id_,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
    fields = {"name": "message", "kind": "reference", "required": True}
    await world.tell(
        "ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=[offer("agree_steps", fields, asked=True)])
    )
    browser = await browse(code)
    await browser.follow("Agree to these steps")
    assert "I speak with him alone." in browser.text
    assert "Something earlier." not in browser.text
    assert browser.form("Agree to these steps").offered["message"] == [str(newest)]


async def test_an_act_that_is_sent_twice_reaches_the_desk_once(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    outcome = {"name": "outcome", "kind": "choice", "required": True, "choices": ["resolved", "stopped"]}
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=[offer("end_talk", outcome)]))
    browser = await browse(code)
    await browser.follow("Change what happens")
    await browser.follow("End this talk")
    await browser.fill(button="End this talk")
    assert browser.text.count("Choose one.") == 2
    form = browser.form("End this talk")
    for _ in range(2):
        await browser.send(form, {"outcome": "stopped"})
    (acted,) = await acts(world, report_id)
    assert (acted.action, json.loads(acted.facts_json)) == ("end_talk", {"outcome": "stopped"})


async def test_words_of_an_act_are_sealed_and_a_day_is_a_day(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    need = offer("note_need", {"name": "risk_facts", "kind": "text", "required": False})
    case = tells(
        report_id,
        lifecycle="interim_measure",
        state="need_seen",
        wording_key="interim_measure.need_seen",
        offers=[need],
    )
    await world.tell("workflow", WORKFLOW_CASES, report_id, case)
    browser = await browse(code)
    await browser.follow("Change what happens")
    await browser.follow("Say what I need to be safe")
    await browser.fill({"risk_facts": "We share a flat."}, button="Say what I need to be safe")
    (acted,) = await acts(world, report_id)
    assert (json.loads(acted.facts_json), len(acted.item_ids)) == ({}, 1)
    (route,) = (await inbox(client, code))["routes"]
    assert {"risk_facts": "We share a flat."}.items() <= {one["name"]: one["text"] for one in route["answers"]}.items()


@pytest.mark.parametrize("kind", ["any", "reporting_line_change"])
async def test_what_changes_for_her_stands_where_she_says_that_she_has_read_it(
    client: httpx.AsyncClient, browse: Browse, world: World, kind: str
) -> None:
    """Also that nobody has chosen it yet: her yes is then one to whatever is chosen."""
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    facts = json.dumps({"measure": kind, "effect_on_pay": "unchanged"}).encode()
    told = seal_to(row["route_public_key"], facts, context=told_context(UUID(report_id), "interim_measure", 1, 1))
    seen = {"name": "effects_seen", "kind": "flag", "required": True}
    case = tells(
        report_id,
        lifecycle="interim_measure",
        state="consent_asked",
        wording_key="interim_measure.consent_asked",
        sealed_facts=told,
        offers=[offer("consent_to_measure", seen, asked=True), offer("refuse_measure", asked=True)],
    )
    await world.tell("workflow", WORKFLOW_CASES, report_id, case)
    browser = await browse(code)
    changes = {"any": "This is not decided yet", "reporting_line_change": "Another supervisor"}[kind]
    for button, open_kind in (("Agree to the change", kind == "any"), ("Do not agree to the change", False)):
        await browser.go("/inbox")
        await browser.follow(button)
        assert f"What changes for you {changes} Without any change Pay" in browser.text
        assert ("Your yes would hold for any kind." in browser.text) == open_kind


async def test_an_act_that_is_not_open_any_more_leads_back_to_the_inbox(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=[offer("ask_check_ins")]))
    browser = await browse(code)
    await browser.follow("Change what happens")
    await browser.follow("Ask me how things are")
    form, path = browser.form("Ask me how things are"), browser.path
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, 2, state="ended"))
    await browser._follow(await browser.send(form, {}))
    assert "Things have moved on" in browser.text
    await browser.go(path)
    assert browser.path == "/en/inbox"
    assert await acts(world, report_id) == []


async def test_she_keeps_somebody_out_and_may_have_somebody_else(
    client: httpx.AsyncClient, browse: Browse, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client, draft(not_these_people=[]))
    report_id = await world.report_id(client, code)
    browser = await browse(code)
    await browser.follow("Change what happens")
    await browser.follow("Somebody else, or people who must not deal with it")
    await browser.fill({"people": "S0011 and him!"}, button="Keep them out")
    assert browser.text.count("Enter one staff number on each line") == 2
    await browser.fill({"people": "S0011\nS0012\nS0011"}, button="Keep them out")
    assert "It has been sent." in browser.text
    (_, added) = (await inbox(client, code))["routes"][0]["parties"]
    assert added["not_these_people"] == ["S0011", "S0012"]
    refused = await world.ask_contents(client, "ombuds", report_id, "S0011", await signed_in("S0011"))
    assert refused.status_code == 404


async def test_she_says_whether_the_ethics_office_may_write_and_takes_it_back(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client, formal())
    browser = await browse(code)
    for answers, given in (({"agreed": "yes"}, True), ({"agreed": []}, False)):
        await browser.follow("Change what happens")
        await browser.follow("Whether the ethics office may contact me")
        assert ("checked" in browser.page.text) is not given
        await browser.fill(answers, button="Save")
        assert (await inbox(client, code))["routes"][0]["ethics_contact"] is given
