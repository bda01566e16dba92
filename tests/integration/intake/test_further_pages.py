"""Another way under the code that she has: what she ticks goes over, the rest is asked, all is looked at first."""

import json
import re
from typing import Any

import httpx
import pytest

from services.intake.web.pages.words_of_cases import ROUTES
from tests.integration.intake.conftest import Browse
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import onwards
from tests.integration.intake.world import World, code_of_new, formal, inbox, with_code

pytestmark = pytest.mark.stack
FURTHER = "Take another way as well"
SHOUTS = "He shouts in every meeting."
STOPS = "That it stops."
WORSE = "Yesterday it was worse."


async def to_the_ticks(browser: PortalBrowser, code: str, link: str = FURTHER) -> None:
    await browser.follow(link)
    await browser.fill({"code": code}, place=0)
    assert browser.path == browser.at("/inbox/further")


async def at_the_ticks(client: httpx.AsyncClient, browse: Browse) -> tuple[str, PortalBrowser]:
    """Somebody who has sent one report and come back: her code, and the page where she ticks what goes over."""
    code = await code_of_new(client)
    browser = await browse(code)
    await to_the_ticks(browser, code)
    return code, browser


async def items(client: httpx.AsyncClient, code: str, place: int = 0) -> dict[str, str]:
    """What she wrote on one of her ways: the name of each answer, `you` for a message, or `parties`, and its id."""
    seen = (await inbox(client, code))["routes"][place]
    found = {one["name"]: one["item_id"] for one in seen["answers"]}
    found |= {one["from"]: one["item_id"] for one in seen["messages"] if one["from"] == "you"}
    if seen["parties"]:
        found["parties"] = seen["parties"][0]["item_id"]
    return found


async def asked_on(browser: PortalBrowser, answers: dict[str, Any]) -> list[str]:
    """Goes on to the check; the headings of the pages in between."""
    before = len(browser.seen)
    await onwards(browser, answers)
    assert browser.path == browser.at("/check"), browser.text
    pages = [one.text for one in browser.seen[before - 1 : -1] if one.status_code == 200]
    return [re.findall(r"<h1[^>]*>([^<]+)</h1>", page)[0] for page in pages]


async def sent(browser: PortalBrowser, client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    """Sends from the check; the newest of her ways."""
    await browser.fill({"step": "send"})
    assert browser.path == browser.at("/sent"), browser.text
    found: dict[str, Any] = (await inbox(client, code))["routes"][-1]
    return found


async def told(client: httpx.AsyncClient, code: str, text: str) -> None:
    (route,) = (await inbox(client, code))["routes"]
    body = {"report_id": route["report_id"], "text": text}
    assert (await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))).status_code == 202


async def facts_of(world: World, report_id: str) -> tuple[dict[str, Any], str]:
    """What the new desk is told beside what is sealed."""
    events = await world.events(report_id)
    lodged = next(event for event in events if event.message.DESCRIPTOR.name == "ReportLodged")
    return json.loads(lodged.message.facts_json), str([event.message for event in events])


async def test_a_manager_is_asked_from_the_inbox_with_what_she_ticks_and_what_that_way_needs_beyond(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code, browser = await at_the_ticks(client, browse)
    # Nothing is ticked or chosen beforehand.
    assert browser.form("Continue").hidden.keys() == {"csrf"}
    await browser.fill()
    assert browser.text.count("Choose where you would like to go.") == 2
    had = await items(client, code)
    await browser.fill({"way": "supervisor_request", "take_over": [had["what_happened"], had["parties"]]})
    assert "Question 1 of 5" in browser.text
    # What happened and who it was go over; what she would like is still to be said to this manager.
    headings = await asked_on(browser, {"mode": "confidential", "recipient": "S0024", "wish": "Another desk."})
    assert headings == [
        "With your name, or without?",
        "Which manager should know?",
        "What should the manager know?",
        "Who should help you",
        "Safety and contact",
    ]
    over = browser.text.partition("What goes over")[2].partition("With your name")[0]
    assert "Talk with an ombudsperson or focal point: What happened" in over
    assert "Talk with an ombudsperson or focal point: The people whom you named" in over
    assert SHOUTS not in browser.page.text, "her earlier words open on the page of ticks alone"
    for answered, by in (("What happened?", "It goes over"), ("What would you like to happen?", "Another desk.")):
        assert f"{answered} {by}" in browser.text
    assert "Staff number of the other person It goes over" in browser.text
    talk = (await inbox(client, code))["routes"][0]
    new = await sent(browser, client, code)
    assert "<bdi" not in browser.page.text, "it is the code that she has"
    assert new["route"] == "supervisor_request"
    assert [(one["name"], one["text"]) for one in new["answers"]] == [
        ("wish", "Another desk."),
        ("what_happened", SHOUTS),
    ]
    (named,) = new["parties"]
    assert (named["affected_individual"], named["alleged_offender"]) == ("S0018", ["S0017"])
    assert (named["not_these_people"], named["recipient"]) == (["S0012"], "S0024")
    assert (await inbox(client, code))["routes"][0] == talk
    # The code alone connects the two: the desk is told nothing of the other, and nothing else goes over.
    _, everything = await facts_of(world, new["report_id"])
    assert not [one for one in (talk["report_id"], *had.values()) if one in everything]
    assert "S0024" not in everything


async def test_harm_is_told_from_the_inbox_after_what_must_be_reported_and_names_nobody_without_a_yes(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code, browser = await at_the_ticks(client, browse)
    had = await items(client, code)
    await browser.fill({"way": "sea_report", "take_over": [had["what_happened"], had["parties"]]})
    assert "Read this before you write." in browser.text
    await browser.fill({"urgent_needs": "no", "basis": "seen", "writer": "personnel"})
    await browser.fill({"affected_is": "child", "offender_class": "own_personnel", "identity_consent": "not_given"})
    headings = await asked_on(browser, {"mode": "confidential"})
    assert headings == ["With your name, or without?", "Who should help you", "Safety and contact"]
    new = await sent(browser, client, code)
    assert [one["text"] for one in new["answers"]] == [SHOUTS]
    # She wrote of herself before, and writes of a child now: she is who reports, and not whom it happened to.
    (named,) = new["parties"]
    assert (named["affected_individual"], named["reporter"]) == (None, "S0018")
    assert named["alleged_offender"] == ["S0017"]
    facts, _ = await facts_of(world, new["report_id"])
    assert (facts["affected_is"], facts["writer"], facts["basis"]) == ("child", "personnel", "seen")


@pytest.mark.parametrize(("consent", "named"), [("given", "S0031"), ("not_given", None)])
async def test_somebody_else_whom_she_named_before_is_named_where_the_person_agrees(
    client: httpx.AsyncClient, browse: Browse, consent: str, named: str | None
) -> None:
    people = {"affected_individual": "S0031", "reporter": "S0018", "alleged_offender": ["S0017"]}
    code = await code_of_new(client, formal(parties=people, choices={"writer": "witness"}))
    browser = await browse(code)
    await to_the_ticks(browser, code)
    await browser.fill({"way": "sea_report", "take_over": list((await items(client, code)).values())})
    await onwards(browser, {"mode": "confidential", "writer": "personnel", "identity_consent": consent})
    (over,) = (await sent(browser, client, code))["parties"]
    assert (over["affected_individual"], over["reporter"]) == (named, "S0018")


async def test_whom_she_named_goes_over_without_who_she_is_where_she_gives_no_name(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code, browser = await at_the_ticks(client, browse)
    had = await items(client, code)
    await browser.fill({"way": "formal_report", "take_over": [had["what_happened"], had["parties"]]})
    await onwards(browser, {"mode": "anonymous"})
    (named,) = (await sent(browser, client, code))["parties"]
    assert (named["affected_individual"], named["reporter"]) == (None, None)
    assert (named["alleged_offender"], named["not_these_people"]) == (["S0017"], ["S0012"])


async def test_a_further_way_takes_over_what_she_ticks_and_no_more(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    await told(client, code, WORSE)
    browser = await browse(code)
    await to_the_ticks(browser, code)
    await browser.fill({"way": "formal_report", "take_over": [(await items(client, code))["you"]]})
    # A message says what happened: she is not asked for it again.
    headings = await asked_on(browser, {"writer": "affected", "mode": "confidential", "my_number": "S0018"})
    assert "What would you like us to know?" not in headings
    assert headings[:2] == ["With your name, or without?", "Who is writing"]
    form = browser.form("Send")
    for _ in range(2):
        answer = await browser.send(form, {"step": "send"})
        assert answer.headers["location"] == "/en/sent"
    await browser.go("/inbox")
    # Two forms and two headings: whoever hears them is told which is which.
    for way in ("formal_report", "informal_resolution"):
        assert f'Write a message<span class="govuk-visually-hidden">: {ROUTES[way]}</span>' in browser.page.text
    named = re.findall(r'id="s-(\w+)" aria-labelledby="s-(\w+) r-(\w+)">Send<', browser.page.text)
    assert len(named) == len({one for three in named for one in three}) == 2
    (_, new) = (await inbox(client, code))["routes"]
    assert [(one["name"], one["text"]) for one in new["answers"]] == [("in_my_words", WORSE)]
    # Who writes is known there: only then can she be asked in her inbox whether she agrees to a measure.
    assert (await facts_of(world, new["report_id"]))[0]["writer"] == "affected"


async def test_what_goes_over_is_changed_before_it_is_sent_and_added_to(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code, browser = await at_the_ticks(client, browse)
    had = await items(client, code)
    await browser.fill({"way": "formal_report", "take_over": list(had.values())})
    await asked_on(browser, {})
    await browser.go("/inbox/further")
    ticked = [value for name, value in browser.form("Continue").fields if name == "take_over"]
    assert (set(ticked), browser.form("Continue").hidden["way"]) == ({*had.values()}, "formal_report")
    await browser.fill({"way": "formal_report", "take_over": [had["wish"]]})
    # What happened goes over no more, and is asked for again.
    headings = await asked_on(browser, {"what_happened": "Other words."})
    assert "What would you like us to know?" in headings
    new = await sent(browser, client, code)
    assert [one["text"] for one in new["answers"]] == ["Other words.", STOPS]


async def test_a_page_that_goes_over_says_so_where_she_would_add_to_it(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code, browser = await at_the_ticks(client, browse)
    await browser.fill({"way": "formal_report", "take_over": [(await items(client, code))["what_happened"]]})
    await asked_on(browser, {})
    heading = re.findall(r"id=(p\d+)>What would you like", browser.page.text)[0]
    (change,) = re.findall(rf'href="/en(/s/\d+)"[^>]+aria-labelledby="c-{heading} {heading}"', browser.page.text)
    await browser.go(change)
    assert "What you ticked goes over with it. Write here what is new." in browser.text
    await browser.fill({"wish": "An apology."})
    new = await sent(browser, client, code)
    assert [one["text"] for one in new["answers"]] == ["An apology.", SHOUTS]


async def test_nothing_ticked_is_asked_as_whoever_begins_is_asked(client: httpx.AsyncClient, browse: Browse) -> None:
    code, browser = await at_the_ticks(client, browse)
    await browser.fill({"way": "supervisor_request"})
    await onwards(browser, {"recipient": "S0024"})
    assert "Write in a few words what you would like to happen." in browser.text
    await onwards(browser, {"recipient": "S0024", "wish": STOPS})
    assert "What goes over" not in browser.text
    assert [one["text"] for one in (await sent(browser, client, code))["answers"]] == [STOPS]


async def test_a_listener_whom_she_named_before_is_not_offered(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client, formal(not_these_people=["S0012"]))
    browser = await browse(code)
    for ticked, offered in (([], True), ([(await items(client, code))["parties"]], False)):
        await browser.go("/inbox")
        await to_the_ticks(browser, code)
        await browser.fill({"way": "informal_resolution", "take_over": ticked})
        while "listener" not in browser.form().names:
            await browser.fill()
        assert ("S0012" in browser.form().offered["listener"]) is offered
