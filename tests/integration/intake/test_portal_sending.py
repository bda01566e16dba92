"""From the first question to the code: what is lodged through the pages is what the interface lodges, once."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chassis.web.pages.words import Words
from services.intake import route_list
from services.intake.intake import utc_now
from tests.integration.intake.conftest import client_of
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.portal_walk import (
    begin,
    change_data,
    code_on,
    data_of,
    rows_of,
    send,
    to_the_check,
)
from tests.integration.intake.world import CODE, World, inbox, lodge

pytestmark = pytest.mark.stack

WORDS = "He shouts in every meeting.\nIt is <b>loud</b> {{ 7 * 7 }}."


def through(browser: PortalBrowser) -> PortalBrowser:
    """A second window of the same browser."""
    window = PortalBrowser(browser.client, browser.origin, browser.language)
    window.cookie = browser.cookie
    return window


ROUTES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "informal_resolution",
        {
            "mode": "confidential", "contact_gender": "woman", "not_from_my_office": "yes", "language": "fr",
            "not_these_people": "S0012", "about_offices": ["oom"], "what_happened": WORDS, "wish": "That it stops.",
            "relation": "above", "going_on": "yes", "who_is_involved": "My team leader", "alleged_offender": "S0017",
            "safe_channel": "phone", "safe_times": "Evenings", "fear_of_retaliation": "A little",
            "name": "Noor", "pronouns": "she", "access_needs": "An interpreter", "my_number": "S0018",
        },
        {
            "mode": "confidential", "language": "fr",
            "answers": {
                "what_happened": WORDS, "wish": "That it stops.",
                "who_is_involved": "This person supervises me.\nIt is still going on.\nMy team leader",
                "fear_of_retaliation": "A little", "safe_times": "Evenings",
                "how_to_address_me": "Name: Noor\nSay for me: she\nThis makes it easier: An interpreter",
            },
            "parties": {"affected_individual": "S0018", "alleged_offender": ["S0017"]},
            "not_these_people": ["S0012"], "about_offices": ["oom"],
            "choices": {"contact_gender": "woman", "not_from_my_office": "yes", "safe_channel": "phone"},
        },
    ),
    (
        "formal_report",
        {
            "mode": "confidential", "writer": "witness", "what_happened": WORDS, "when_and_where": "Monday",
            "others_present": "Two", "effects": "Sleep", "support_needs": "Rest", "earlier_steps": "None",
            "alleged_offender": "S0017", "affected_number": "S0020", "about_offices": ["leg"], "my_number": "S0018",
            "ethics_contact": "yes",
        },
        {
            "mode": "confidential",
            "answers": {
                "what_happened": WORDS, "when_and_where": "Monday", "others_present": "Two", "effects": "Sleep",
                "support_needs": "Rest", "earlier_steps": "None",
            },
            "parties": {"affected_individual": "S0020", "reporter": "S0018", "alleged_offender": ["S0017"]},
            "about_offices": ["leg"], "choices": {"writer": "witness"}, "consents": {"ethics_contact": True},
        },
    ),
    (
        "support_referral",
        {
            "help": ["medical", "legal"], "urgency": "now", "for_whom": "myself", "minor": "no", "works_here": "yes",
            "support_needs": "A doctor", "safe_contact": "phone", "contact_gender": "any",
        },
        {
            "mode": "anonymous", "answers": {"support_needs": "A doctor"},
            "choices": {
                "medical": "wished", "legal": "wished", "urgency": "now", "for_whom": "myself", "minor": "no",
                "works_here": "yes", "safe_contact": "phone", "contact_gender": "any",
            },
        },
    ),
    (
        "retaliation",
        {
            "mode": "confidential", "kind": "request", "contract_end": "soon", "activity": "reported",
            "activity_on-day": "1", "activity_on-month": "3", "activity_on-year": "2026", "what_happened": WORDS,
            "alleged_offender": "S0017, S0019", "my_number": "S0018",
        },
        {
            "mode": "confidential", "answers": {"what_happened": WORDS},
            "parties": {"affected_individual": "S0018", "alleged_offender": ["S0017", "S0019"]},
            "choices": {
                "kind": "request", "contract_end": "soon", "activity": "reported", "activity_on": "2026-03-01",
            },
        },
    ),
    (
        "supervisor_request",
        {
            "mode": "confidential", "level": "higher_manager", "recipient": "S0030", "may_name": "ask_first",
            "wish": "That it stops.", "no_watch": "yes", "my_number": "S0018",
        },
        {
            "mode": "confidential", "answers": {"wish": "That it stops."},
            "parties": {"recipient": "S0030", "affected_individual": "S0018"},
            "choices": {"level": "higher_manager", "may_name": "ask_first"}, "watch_for_retaliation": False,
        },
    ),
    (
        "sea_report",
        {
            "affected_is": "child", "urgent_needs": "yes", "basis": "rumour", "writer": "personnel",
            "offender_class": "unknown", "identity_consent": "not_given", "what_happened": WORDS,
            "mode": "confidential", "my_number": "S0018",
        },
        {
            "mode": "confidential", "answers": {"what_happened": WORDS}, "parties": {"reporter": "S0018"},
            "choices": {
                "affected_is": "child", "urgent_needs": "yes", "basis": "rumour", "writer": "personnel",
                "offender_class": "unknown", "identity_consent": "not_given",
            },
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("way", "answers", "body"), ROUTES, ids=[one[0] for one in ROUTES])
async def test_each_way_through_the_pages_ends_in_the_rows_of_the_interface(
    client: httpx.AsyncClient, world: World, way: str, answers: dict[str, Any], body: dict[str, Any]
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, way, answers)
    assert "Nothing has been sent yet." in browser.text
    code = await send(browser, {"ethics_contact": "yes"} if "ethics_contact" in answers else {})
    assert re.fullmatch(CODE, code)
    (route,) = (await inbox(client, code))["routes"]
    direct = await lodge(client, {"route": way, **body})
    assert direct.status_code == 201, direct.text
    (other,) = (await inbox(client, direct.json()["access_code"]))["routes"]
    assert await rows_of(world, route["report_id"]) == await rows_of(world, other["report_id"])
    seen, expected = (
        {
            "answers": [(one["name"], one["text"]) for one in found["answers"]],
            "parties": [{k: v for k, v in one.items() if k != "item_id"} for one in found["parties"]],
            "contact": found["ethics_contact"],
        }
        for found in (route, other)
    )
    assert seen == expected


@pytest.mark.parametrize("way", ["informal_resolution", "support_referral", "retaliation"])
async def test_inv_17_whoever_skips_everything_gets_the_same_answer_by_the_same_day(
    client: httpx.AsyncClient, world: World, way: str
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, way, {})
    assert "Not provided" in browser.text
    assert "Which do you choose? Anonymous: without my name" in browser.text
    code = await send(browser)
    due = world.intake.policy.due(world.intake.policy.routes[way].first_clock, datetime.now(UTC))
    (route,) = (await inbox(client, code))["routes"]
    assert abs((datetime.fromisoformat(route["next_date"]) - due).total_seconds()) < 300
    assert (route["answers"], route["parties"]) == ([], [])
    (row,) = await world.rows("select mode from reports where report_id = $1::uuid", route["report_id"])
    assert row["mode"] == "anonymous"


async def test_the_code_is_shown_until_it_is_kept_and_never_again(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    assert "After sending you see a code, your way back." in browser.text
    code = await send(browser)
    assert code not in browser.page.text, "in groups, that it can be read"
    assert all(f"<span>{group}</span>" in browser.page.text for group in code.split("-"))
    assert code.split("-")[0] not in (browser.page.request.url.path + browser.page.headers.get("location", ""))
    assert "<title>Keep this " in browser.page.text
    # Reloaded, it is the same.
    await browser.go("/sent")
    assert code_on(browser) == code
    await browser.fill()
    assert "Write the code down or print it, then tick the box." in browser.text
    assert code_on(browser) == code
    await browser.fill({"kept": "yes"})
    assert "<bdi" not in browser.page.text
    assert code.split("-")[0] not in browser.page.text
    day = world.intake.policy.due("ombuds.first", utc_now())
    assert Words()["en"].day(day) in browser.text
    await browser.follow("Open my inbox")
    assert browser.path == browser.at("/inbox")


async def test_sent_twice_from_one_window_and_from_two_it_is_one_report_with_one_code(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": WORDS})
    windows = [through(browser) for _ in range(3)]
    for window in windows:
        await window.go("/check")
    before = await world.rows("select count(*) from reports")
    await asyncio.gather(*(window.fill({"step": "send"}) for window in windows))
    codes = {code_on(window) for window in windows}
    assert len(codes) == 1
    # And once more, from a page that lay open.
    again = through(browser)
    await again.send(browser.form(), {"step": "send"})
    await again.go("/sent")
    assert code_on(again) in codes
    assert (await world.rows("select count(*) from reports"))[0][0] == before[0][0] + 1
    (route,) = (await inbox(client, codes.pop()))["routes"]
    assert [one["text"] for one in route["answers"]] == [WORDS]


async def test_words_changed_in_one_window_while_another_sends_are_not_a_second_report(
    client: httpx.AsyncClient, world: World
) -> None:
    """What went out stands, and its code is what both windows come to show; the other words stay at hand."""
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": "The first words."})
    key = (await data_of(world, browser))["key"]
    code = await send(browser)
    late = await begin(client, world)
    await to_the_check(late, "informal_resolution", {"what_happened": "Other words."})
    await change_data(world, late, key=key)
    assert await send(late) == code
    assert "What you sent before stands. What you changed since was not sent." in late.text
    await late.follow("Check your answers")
    assert "Other words." in late.text
    (route,) = (await inbox(client, code))["routes"]
    assert [one["text"] for one in route["answers"]] == ["The first words."]


async def test_what_stands_is_told_of_by_its_own_way(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": "The first words."})
    key = (await data_of(world, browser))["key"]
    code = await send(browser)
    late = await begin(client, world)
    await to_the_check(late, "formal_report", {"what_happened": "Other words."})
    await change_data(world, late, key=key)
    assert await send(late) == code
    assert (await data_of(world, late))["sent"]["route"] == "informal_resolution"
    await late.fill({"kept": "yes"})
    due = world.intake.policy.due("ombuds.first", utc_now())
    assert f"You can expect an answer by {Words()['en'].day(due)}." in late.text


async def test_another_way_is_sent_as_another_request(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {"what_happened": WORDS})
    keys = [(await data_of(world, browser))["key"]]
    for way in ("informal_resolution", "formal_report"):
        await browser.go("/s/3")
        await browser.fill({"way": way})
        await browser.go("/check")
        keys.append((await data_of(world, browser))["key"])
    assert keys[0] == keys[1] != keys[2]


async def test_what_was_sent_is_shown_though_the_files_of_its_draft_could_not_be_let_go(
    fresh_world: Callable[..., Awaitable[World]],
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        browser = await begin(client, world)
        await to_the_check(browser, "informal_resolution", {"what_happened": WORDS})
        for statement in (
            "create function intake.no() returns trigger language plpgsql as $$ begin raise 'no'; end $$",
            "create trigger no before delete on intake.draft_files for each statement execute function intake.no()",
        ):
            await world.rows(statement)
        code = await send(browser)
        assert len((await inbox(client, code))["routes"]) == 1
        assert (await data_of(world, browser)).keys() == {"code", "sent"}


async def test_where_a_code_has_no_room_for_another_way_she_reads_what_to_do_and_keeps_what_she_wrote(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    code = await send(browser)
    await browser.go("/s/1")
    await to_the_check(browser, "formal_report", {"what_happened": WORDS})
    with monkeypatch.context() as changed:
        changed.setattr(route_list, "MOST_ROUTES", 1)
        await browser.fill({"step": "send"})
    assert browser.path == browser.at("/check")
    assert "Nothing was sent: this code has no room for another way." in browser.text
    assert "It is &lt;b&gt;loud" in browser.page.text
    assert len((await inbox(client, code))["routes"]) == 1
    # From the place that she keeps she goes on without the code, and nothing speaks of it.
    await browser.fill({"step": "keep"})
    place = code_on(browser)
    other = PortalBrowser(browser.client, browser.origin, browser.language)
    await come_back(other, place)
    await other.go("/check")
    assert "no room" not in other.text
    assert await send(other) != code


async def test_a_further_way_goes_under_the_code_that_she_has(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "informal_resolution", {})
    code = await send(browser)
    await browser.fill({"kept": "yes"})
    await browser.go("/s/1")
    await to_the_check(browser, "formal_report", {"what_happened": WORDS})
    assert "After sending you see a code" not in browser.text
    await browser.fill({"step": "send"})
    assert browser.path == browser.at("/sent")
    assert "<bdi" not in browser.page.text, "it is the code that she has"
    assert [one["route"] for one in (await inbox(client, code))["routes"]] == ["informal_resolution", "formal_report"]


async def test_who_will_see_it_is_said_with_those_who_stand_in(client: httpx.AsyncClient, world: World) -> None:
    browser = await begin(client, world)
    await to_the_check(browser, "formal_report", {"what_happened": WORDS})
    assert "Office of Internal Oversight" in browser.text
    await browser.go("/s/9")
    await browser.fill({"about_offices": ["oio"]})
    assert browser.path == browser.at("/check"), "what was changed leads back to the check"
    assert "Office of Internal Oversight" not in browser.text.partition("Who will see this")[2]
    assert "Oversight committee" in browser.text
