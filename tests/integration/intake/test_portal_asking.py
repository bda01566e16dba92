"""The questions in front of a person: help first, what was typed is never lost, and what did not come from them is not
taken.
"""

import html
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.intake.numbers import numbers
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, data_of, onwards, send, to_the_check
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack

MARKUP = "<script>alert(1)</script> \"quoted\" & 'so' {{ 7 * 7 }} {% raw %} ${x} </textarea>"


async def test_inv_23_whoever_is_in_danger_sees_help_first_without_saying_what_happened(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    assert "within 72 hours" in browser.text, "the health facts are there for everybody"
    anywhere = [f'href="tel:{one.contact.replace(" ", "")}"' for one in numbers() if not one.place]
    assert anywhere
    assert all(one in browser.page.text for one in anywhere), "to be called from where she reads that she should"
    await browser.fill({"now": ["danger_now", "self_harm"]})
    assert browser.path == browser.at("/s/2")
    text = browser.text
    assert text.startswith("Help first")
    assert "within 120 hours" in text
    assert "Do not stay alone now." in text
    assert all(one in browser.page.text for one in anywhere)
    # It never blocks.
    await browser.fill()
    assert browser.text.index("Help first") < browser.text.index("Choose this")
    assert "Speak to the person yourself" not in browser.text


async def test_nothing_of_danger_is_shown_to_whoever_said_nothing_of_it(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await browser.fill()
    assert "Help first" not in browser.page.text
    await browser.fill()
    assert "Help first" not in browser.page.text
    assert "What must be reported" not in browser.page.text


async def test_inv_24_where_a_child_is_concerned_what_must_be_reported_is_said_first(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await browser.fill()
    await browser.fill({"affected_is": "child"})
    assert browser.text.index("What must be reported") < browser.text.index("Choose this")
    offered = browser.form().offered["way"]
    assert "sea_report" in offered
    assert not {"informal_resolution", "supervisor_request", "direct_approach"} & set(offered)
    await browser.fill({"way": "sea_report"})
    assert browser.text.index("Read this before you write.") < browser.text.index("Does somebody need help now?")


async def test_the_ways_stand_side_by_side_with_the_same_rows_and_none_chosen(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await onwards(browser, {})
    page = browser.page.text
    rows = "Who will know it is you", "What we can do", "What we cannot do", "What might happen", "Can you stop"
    assert {page.count(f"<dt>{row}<dd>") for row in (*rows, "Time limits")} == {7}
    assert page.count("name=way") == 7
    assert "checked" not in page
    # What the policy leaves open is not invented, and a default is called one.
    for office in ("oversight", "ethics"):
        assert page.count(f"There may be a time limit. Ask the {office} office or your focal point.") == 1
    assert "We answer within 7 days." in browser.text
    assert page.count("We answer within") == 6
    assert page.count(".*</dl>") == 5
    assert page.count("* Not in the policy. This site set it.") == 1
    await browser.fill()
    assert "Choose one of the ways, or leave this site." in browser.text


async def test_a_way_that_is_not_open_is_not_taken(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await browser.fill()
    await browser.fill({"feels_safe_to_talk": "no"})
    form = browser.form()
    form.offered["way"].append("direct_approach")
    answer = await browser.send(form, {"way": "direct_approach"})
    assert answer.headers["location"] == "/en/said/not_taken"
    await browser.go("/s/4")
    assert browser.path == browser.at("/s/3")


async def test_a_way_chosen_before_is_left_when_what_is_said_later_closes_it(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "supervisor_request")
    await browser.go("/s/2")
    await browser.fill({"affected_is": "beneficiary"})
    await browser.go("/s/5")
    assert browser.path == browser.at("/s/3")
    await browser.go("/check")
    assert browser.path == browser.at("/s/3")


async def test_what_is_wrong_is_told_in_both_places_and_nothing_typed_is_lost(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "supervisor_request", {"mode": "confidential"})
    await onwards(browser, {"recipient": "my boss"})
    said = "Enter the staff number of the manager, like S0012."
    assert browser.page.text.count(said) == 2
    assert 'href="#f-recipient"' in browser.page.text
    assert 'value="my boss"' in browser.page.text
    assert "autofocus" in browser.page.text
    await browser.fill({"recipient": "S0030"})
    await browser.fill({"what_happened": MARKUP})
    assert browser.page.text.count("Write in a few words what you would like to happen.") == 2
    assert browser.form().hidden["what_happened"] == MARKUP
    await browser.fill({"wish": "That it stops."})
    assert browser.path == browser.at("/s/7")


async def test_markup_and_templates_are_words_on_every_page(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(
        browser, "informal_resolution", {"what_happened": MARKUP, "mode": "confidential", "name": MARKUP}
    )
    assert "<script>alert" not in browser.page.text
    assert MARKUP in html.unescape(browser.page.text)
    code = await send(browser)
    answers = {one["name"]: one["text"] for one in (await inbox(client, code))["routes"][0]["answers"]}
    assert answers == {"what_happened": MARKUP, "how_to_address_me": f"Name: {MARKUP}"}


@pytest.mark.parametrize("letter", ["x", "ش", "\U0001f600"], ids=["one byte", "two bytes", "four bytes"])
async def test_ten_thousand_characters_in_each_box_arrive_whole(
    client: httpx.AsyncClient, world: World, letter: str
) -> None:
    long = letter * 10_000
    boxes = ("when_and_where", "others_present", "effects", "support_needs", "earlier_steps")
    browser = await begin(client, world)
    await to_the_check(browser, "formal_report", dict.fromkeys((*boxes, "what_happened"), long))
    code = await send(browser)
    answers = {one["name"]: one["text"] for one in (await inbox(client, code))["routes"][0]["answers"]}
    assert answers == dict.fromkeys((*boxes, "what_happened"), long)


async def test_one_character_more_is_told_and_shown_again(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    await onwards(browser, {"what_happened": "y" * 10_001})
    assert browser.path == browser.at("/s/6")
    assert "This is too long to be kept whole." in browser.text
    assert "y" * 10_001 in browser.page.text
    assert "what_happened" not in (await data_of(world, browser))["q:words"]
    await browser.fill({"what_happened": "y" * 10_000})
    assert browser.path == browser.at("/s/7")


async def test_what_was_said_on_one_way_is_there_again_after_looking_at_another(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "formal_report", {"mode": "confidential"})
    await onwards(browser, {"writer": "witness"})
    assert "Write a few words, or choose" in browser.text
    await browser.go("/s/3")
    await browser.fill({"way": "retaliation"})
    await browser.go("/s/6")
    assert "There is something to look at" not in browser.text, "what was missing there is not asked for here"
    await browser.go("/s/7")
    await browser.fill({"what_happened": "It."})
    await browser.go("/s/3")
    await browser.fill({"way": "formal_report"})
    await browser.go("/s/5")
    assert browser.form().hidden["writer"] == "witness"
    await browser.go("/s/6")
    assert browser.form().hidden["what_happened"] == "It.", "nobody is asked twice"


async def test_two_windows_on_two_pages_both_keep_what_they_were_told(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    other = PortalBrowser(client, world.settings.public_url)
    other.cookie = browser.cookie
    await browser.go("/s/6")
    await other.go("/s/9")
    await browser.fill({"what_happened": "In the one window."})
    await other.fill({"safe_times": "In the other window."})
    await browser.go("/check")
    assert "In the one window." in browser.text
    assert "In the other window." in browser.text


async def test_pages_that_have_closed_in_the_middle_say_so_and_keep_nothing(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    await browser.go("/s/6")
    form = browser.form()
    await world.rows("update web_sessions set expires_at = $1", datetime.now(UTC) - timedelta(minutes=1))
    reports = await world.rows("select count(*) from reports")
    answer = await browser.send(form, {"what_happened": "Too late."})
    assert answer.headers["location"] == "/en/closed"
    for path in ("/s/1", "/s/6", "/check", "/sent", "/kept"):
        await browser.go(path)
        assert browser.path == browser.at("/closed"), path
    assert await world.rows("select count(*) from reports") == reports


async def test_a_way_back_is_a_link_to_the_page_before(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    for page in ("files", *range(10, 0, -1)):
        await browser.follow("Back")
        assert browser.path == browser.at(f"/s/{page}")
    await browser.follow("Back")
    assert browser.path == browser.at("/before")


async def test_titles_and_addresses_tell_nobody_what_this_is(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "sea_report", {"what_happened": "It."})
    await send(browser)
    told = [
        (answer.request.url.path, answer.text.partition("<title>")[2].partition("</title>")[0].lower())
        for answer in browser.seen
        if answer.status_code == 200
    ]
    assert told
    for path, title in told:
        assert path.split("/")[2] in {"before", "s", "check", "sent"}
        assert not {"report", "harass", "abuse", "formal", "sea", "ombuds", "ethics"} & set(title.split())
    assert any(title.startswith("question 4 of 11 ") for _, title in told)


async def test_somebody_who_does_not_work_here_is_told_of_the_duty_and_gets_to_help(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = PortalBrowser(client, world.settings.public_url)
    await browser.go("/")
    await browser.follow("I do not work here")
    assert not browser.cookie
    assert browser.text.index("What must be reported") < browser.text.index("Which of these are you?")
    await browser.fill({"who": "beneficiary"})
    await to_the_check(browser, "support_referral", {"help": ["medical"]})
    code = await send(browser)
    (event,) = await world.events(await world.report_id(client, code))
    assert '"works_here": "no"' in event.message.facts_json


async def test_somebody_who_worked_here_before_has_every_way(client: httpx.AsyncClient, world: World) -> None:
    browser = PortalBrowser(client, world.settings.public_url)
    await browser.go("/outside")
    await browser.fill({"who": "worked_here"})
    await onwards(browser, {})
    assert len(browser.form().offered["way"]) == 7


async def test_every_page_of_every_way_stands_in_each_language(client: httpx.AsyncClient, world: World) -> None:
    for language, direction in (("ar", "rtl"), ("fr", "ltr")):
        browser = await begin(client, world, language)
        await to_the_check(browser, "retaliation", {"what_happened": "قال لي"})
        await browser.fill({"step": "send"})
        for answer in browser.seen:
            if answer.status_code == 200:
                assert f'<html lang="{language}" dir="{direction}"' in answer.text
        (row,) = await world.rows("select language from reports order by lodged_at desc limit 1")
        assert row["language"] == language


async def test_what_does_not_stay_in_a_talk_is_said_once_on_each_page_and_not_twice(
    client: httpx.AsyncClient, world: World
) -> None:
    """A warning that stands there twice reads as a second one."""
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    told = {}
    while browser.path != browser.at("/check"):
        told[browser.path] = browser.text.count("Danger to a life may have to be told")
        before = browser.path
        await browser.fill({"step": "on"}, place=-1)
        assert browser.path != before
    assert set(told.values()) == {0, 1}
    assert told[browser.at("/s/6")] == 1, "where she writes"


async def test_what_still_has_to_be_looked_at_says_under_which_question(
    client: httpx.AsyncClient, world: World
) -> None:
    """What is said on the page of one question is read again in the list of all."""
    browser = await begin(client, world)
    answers = {"mode": "confidential", "what_happened": "He shouts.", "my_number": "S0018"}
    await to_the_check(browser, "formal_report", {**answers, "alleged_offender": "S0018"})
    listed = browser.text.partition("There is something to look at")[2].partition("Your way")[0]
    assert "Who is involved You gave this number as your own too." in listed


async def test_whoever_knows_a_name_and_no_number_reads_that_it_may_stay_empty(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "informal_resolution")
    await onwards(browser, {"alleged_offender": "Mr Smith"})
    assert browser.text.count("Enter up to 20 staff numbers, like S0012, S0034, or leave this empty.") == 2
