"""The way back, and the inbox in front of a person: what she sees with her code, what she writes, what she changes."""

import html
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.sealing import seal_to, told_context
from chassis.web.pages.words import OWN_NAMES
from contracts.cases.v1.cases_pb2 import CaseChanged, CaseErased, Offer, PersonActionRefused
from contracts.topics import OMBUDS_CASES, WORKFLOW_CASES
from services.intake.route_list import routes_of
from services.intake.use_cases.keep_place import keep_place, place_of
from services.intake.web.pages import returning
from tests.integration.intake.conftest import SignIn
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.world import World, code_of_new, draft, formal, inbox, lodge, with_code

pytestmark = pytest.mark.stack

Browse = Callable[..., Awaitable[PortalBrowser]]
SOON = datetime(2027, 3, 2, 9, tzinfo=UTC)
NEVER_GIVEN = "2222-3333-4444-5555-6666-7777"


@pytest.fixture
def browse(client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch) -> Browse:
    """A new browser, in the inbox where a code is given."""
    monkeypatch.setattr(returning, "NO_SOONER", 0.0)

    async def browse(code: str = "", language: str = "en") -> PortalBrowser:
        browser = PortalBrowser(client, world.settings.public_url, language)
        if code:
            await come_back(browser, code)
            assert browser.path == browser.at("/inbox")
        return browser

    return browse


async def come_back(browser: PortalBrowser, code: str) -> httpx.Response:
    await browser.go("/back")
    return await browser.fill({"code": code})


def tells(report_id: str, version: int = 1, **changes: Any) -> CaseChanged:
    next_date = Timestamp()
    next_date.FromDatetime(SOON)
    given: dict[str, Any] = {
        "report_id": report_id,
        "lifecycle": "informal_resolution",
        "number": 1,
        "version": version,
        "state": "talking",
        "next_date": next_date,
        "offers": [],
        "wording_key": "informal_resolution.talking",
    }
    return CaseChanged(**(given | changes))


def offer(action: str, *fields: dict[str, Any]) -> Offer:
    return Offer(action=action, fields_json=json.dumps(fields))


async def acts(world: World, report_id: str) -> list[Any]:
    return [one.message for one in await world.events(report_id) if type(one.message).__name__ == "PersonActed"]


# The way back.


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", ""), lambda code: " " + code.replace("-", " \u2013 ") + "\t"],
    ids=["small letters", "no dashes", "other dashes and spaces"],
)
async def test_a_code_opens_the_inbox_however_it_is_typed(
    client: httpx.AsyncClient, browse: Browse, typed: Callable[[str], str]
) -> None:
    code = await code_of_new(client)
    browser = await browse(typed(code))
    assert "Talk with an ombudsperson or focal point" in browser.text
    assert code not in browser.page.text


async def test_what_opens_nothing_gets_one_answer_whatever_it_is(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client)
    last = "3" if code[-1] == "2" else "2"
    answers, pages = set(), set()
    for wrong in (code[:-1] + last, NEVER_GIVEN, "no code at all", "", "é", "0" * 24, code + "2", "<b>"):
        browser = await browse()
        await browser.go("/back")
        answer = await browser.send(browser.form(), {"code": wrong})
        answers.add((answer.status_code, str(sorted(answer.headers.items())), answer.content))
        page = await browser.go(answer.headers["location"])
        pages.add((page.status_code, str(sorted(page.headers.items())), page.content))
        assert not browser.cookie
    assert len(answers) == len(pages) == 1
    assert "Nothing opens with this code." in browser.text


async def test_a_wrong_code_costs_the_same_look_ups_as_a_malformed_one(
    client: httpx.AsyncClient, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def counted(*given: Any) -> Any:
        asked.append(given[-1])
        return await routes_of(*given)

    async def counted_places(intake: Any, code: Any, now: Any) -> Any:
        asked.append(code)
        return await place_of(intake, code, now)

    monkeypatch.setattr(returning, "routes_of", counted)
    monkeypatch.setattr(returning, "place_of", counted_places)
    for wrong in (NEVER_GIVEN, "no code at all"):
        asked.clear()
        await come_back(await browse(), wrong)
        # The code among routes and among places: what is no code stands in for one that nobody was given.
        assert len(asked) == 2
        assert len(set(asked)) == 1


async def test_a_place_that_was_kept_opens_where_somebody_stopped_until_its_time_is_over(
    browse: Browse, world: World
) -> None:
    kept = await keep_place(world.intake, {"at": "/s/2", "q:safety": {}}, datetime.now(UTC))
    browser = await browse()
    answer = await come_back(browser, str(kept.code))
    assert browser.path == "/en/s/2"
    assert str(kept.code) not in answer.text
    over = await keep_place(world.intake, {"at": "/s/2"}, datetime.now(UTC) - timedelta(days=15))
    answers = set()
    for code in (str(over.code), NEVER_GIVEN):
        browser = await browse()
        await browser.go("/back")
        answer = await browser.send(browser.form(), {"code": code})
        answers.add((answer.status_code, str(sorted(answer.headers.items())), answer.content))
    assert len(answers) == 1


async def test_the_field_shows_the_code_takes_a_paste_and_remembers_nothing(browse: Browse) -> None:
    browser = await browse()
    page = await browser.go("/back")
    (field,) = re.findall(r"<input[^>]*name=\"code\"[^>]*>", page.text)
    assert 'type="text"' in field
    assert all(f'{name}="{value}"' in field for name, value in {"autocomplete": "off", "spellcheck": "false"}.items())
    assert "maxlength" not in field


async def test_the_code_is_in_no_address_and_the_cookie_is_a_new_one(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    browser = await browse()
    await browser.go("/before")
    await browser.fill({"length": "300"})
    planted = browser.cookie
    await come_back(browser, code)
    assert planted
    assert browser.cookie not in ("", planted)
    assert all(code not in str(one.request.url) + str(one.headers) for one in browser.seen)
    mine, browser.cookie = browser.cookie, planted
    await browser.go("/inbox")
    assert browser.path == "/en/closed"
    browser.cookie = mine
    await browser.go("/inbox")
    assert browser.path == "/en/inbox"


async def test_without_a_code_in_the_session_there_is_no_inbox(browse: Browse, client: httpx.AsyncClient) -> None:
    for path in ("/inbox", "/inbox/00000000/write", "/inbox/00000000/change", "/inbox/00000000/12345678"):
        browser = await browse()
        await browser.go(path)
        assert browser.path == "/en/closed"
    begun = await browse()
    await begun.go("/before")
    await begun.fill()
    await begun.go("/inbox")
    assert begun.path == "/en/closed"


async def test_a_session_that_has_ended_says_so_and_keeps_what_was_sent(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await world.rows("delete from web_sessions")
    answer = await browser.send(browser.form("Send"), {_text_field(browser): "Later."})
    assert answer.headers["location"] == "/en/closed"
    assert (await inbox(client, code))["routes"][0]["messages"] == []


async def test_closing_ends_the_session(client: httpx.AsyncClient, browse: Browse) -> None:
    browser = await browse(await code_of_new(client))
    cookie = browser.cookie
    await browser.fill(button="Close the inbox")
    assert not browser.cookie
    browser.cookie = cookie
    await browser.go("/inbox")
    assert browser.path == "/en/closed"


# The inbox.


async def test_each_route_of_a_code_says_in_a_sentence_how_it_stands_and_when_next(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    first = await world.report_id(client, code)
    assert (await lodge(client, formal(), code=code)).status_code == 201
    await world.tell("ombuds", OMBUDS_CASES, first, tells(first))
    browser = await browse(code)
    talk, report = browser.text.split("Formal report to the oversight office", 1)
    assert world.intake.policy.wording["informal_resolution.talking"] in html.unescape(talk)
    assert "March 2, 2027" in talk
    assert "It has arrived. Nobody has opened it yet." in report
    assert "You hear from us here by" in report


async def test_every_state_that_she_sees_has_its_sentence(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    wording = world.intake.policy.wording
    for number, state in enumerate(("submitted", "assessing", "at_leg", "outcome_communicated", "closed"), 1):
        key = f"formal_report.{state}"
        case = tells(report_id, number, lifecycle="formal_report", state=state, wording_key=key)
        await world.tell("workflow", WORKFLOW_CASES, report_id, case)
        browser = await browse(code)
        assert wording[key] in html.unescape(browser.text)


async def test_she_is_told_who_deals_with_it_and_what_changes_for_her(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    facts = {
        "measure": "reporting_line_change",
        "until_at": "2027-04-01T00:00:00+00:00",
        "effect_on_pay": "unchanged",
        "focal_point": "S0011",
    }
    context = told_context(UUID(report_id), "interim_measure", 1, 1)
    told = seal_to(row["route_public_key"], json.dumps(facts).encode(), context=context)
    case = tells(report_id, lifecycle="interim_measure", state="effective", wording_key="interim_measure.effective",
                 sealed_facts=told)  # fmt: skip
    await world.tell("workflow", WORKFLOW_CASES, report_id, case)
    browser = await browse(code)
    for words in (
        "What changes for you Another supervisor",
        "Ends at the latest April 1, 2027",
        "Pay stays as it is",
        "S0011",
    ):
        assert words in browser.text


async def test_a_desk_that_tells_what_nobody_has_words_for_does_not_close_her_inbox(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    context = told_context(UUID(report_id), "new_procedure", 1, 1)
    facts = b'{"measure": "new", "until_at": "soon", "effect_on_pay": "doubled", "whoever": "S1"}'
    offers = [
        offer("new_act"), offer("end_talk", {"name": "new", "kind": "choice"}), offer("end_talk", {}),
        Offer(action="agree_steps", fields_json="[1]"),
        offer("end_talk", {"name": "outcome", "kind": "choice", "choices": ["other"]}),
        offer("end_talk", {"name": "outcome", "kind": "choice", "choices": "well"}),
        offer("end_talk", {"name": "outcome", "kind": "new"}),
    ]  # fmt: skip
    told = tells(
        report_id, lifecycle="new_procedure", state="new", wording_key="new.words", offers=offers,
        sealed_facts=seal_to(row["route_public_key"], facts, context=context),
    )  # fmt: skip
    await world.tell("ombuds", OMBUDS_CASES, report_id, told)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=offers))
    browser = await browse(code)
    assert "Another part of it This is under way." in browser.text
    await browser.follow("Change what happens")
    assert browser.page.status_code == 200


async def test_the_newest_messages_show_and_her_own_words_do_not(
    client: httpx.AsyncClient, browse: Browse, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client)
    report_id, desk = await world.report_id(client, code), await signed_in("S0011")
    sent = {"report_id": report_id, "text": "I wrote this."}
    for words in ("The first of it.", "The second of it."):
        assert (await world.reply(client, "ombuds", "ombuds", report_id, desk, words)).status_code == 200
    browser = await browse(code)
    assert browser.text.index("The first of it.") < browser.text.index("The second of it.")
    assert (await client.post("/api/v1/inbox/messages", json=sent, headers=with_code(code))).status_code == 202
    await browser.go("/inbox")
    # Nothing new since she wrote: the desk's last word stays, her own is not shown.
    assert "The second of it." in browser.text
    for words in ("The first of it.", "I wrote this.", "He shouts in every meeting.", "S0017"):
        assert words not in browser.page.text


async def test_she_writes_and_a_form_that_is_sent_twice_is_taken_once(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    form, words = browser.form("Send"), {_text_field(browser): "It happened again.\r\nOn Monday."}
    for _ in range(2):
        answer = await browser.send(form, words)
        assert answer.headers["location"] == "/en/inbox"
    await browser.go("/inbox")
    assert "Your message has been sent." in browser.text
    (message,) = (await inbox(client, code))["routes"][0]["messages"]
    assert (message["from"], message["text"]) == ("you", "It happened again.\nOn Monday.")
    await browser.go("/inbox")
    assert "Your message has been sent." not in browser.text


async def test_an_empty_message_says_what_to_do_beside_the_field(client: httpx.AsyncClient, browse: Browse) -> None:
    browser = await browse(await code_of_new(client))
    await browser.fill(button="Send")
    assert re.fullmatch(r"/en/inbox/[0-9a-f]{8}/write", browser.path)
    assert browser.text.count("Write a few words, or go back to the inbox.") == 2
    name = _text_field(browser)
    await browser.fill({name: "x" * 10_001}, button="Send")
    assert "This is too long to be kept whole." in browser.text
    # Nothing typed is lost.
    assert dict(browser.form("Send").fields)[name] == "x" * 10_001


async def test_what_a_desk_writes_is_text_and_stands_in_its_own_direction(
    client: httpx.AsyncClient, browse: Browse, world: World, signed_in: SignIn
) -> None:
    code = await code_of_new(client)
    report_id, desk = await world.report_id(client, code), await signed_in("S0011")
    words = '<script>alert(1)</script> {{ 7 * 7 }} {% raw %} أهلا \u202etxt "x" & y'
    assert (await world.reply(client, "ombuds", "ombuds", report_id, desk, words)).status_code == 200
    browser = await browse(code)
    assert html.escape(words, quote=True).replace("&quot;", "&#34;") in browser.page.text
    assert "<script>" not in browser.page.text
    assert '<p class="talk__text" dir="auto">' in browser.page.text
    arabic = await browse(code, "ar")
    assert '<html lang="ar" dir="rtl"' in arabic.page.text


async def test_a_form_without_its_token_or_from_elsewhere_is_not_taken(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    words, form = {_text_field(browser): "Not mine."}, browser.form("Send")
    without = browser.form("Send")
    without.fields = [one for one in without.fields if one[0] != "csrf"]
    elsewhere = {"Origin": "https://elsewhere.example"}
    for answer in (
        await browser.send(without, words),
        await browser.send(form, words, **elsewhere),
        await browser.send(form, words, Origin="null"),
        await browser.send(form, words, **{"Sec-Fetch-Site": "cross-site"}),
    ):
        assert answer.headers["location"] == "/en/said/not_taken"
    assert (await inbox(client, code))["routes"][0]["messages"] == []


async def test_an_act_that_could_not_be_done_says_why_in_plain_words(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=[offer("ask_check_ins")]))
    browser = await browse(code)
    await browser.follow("Change what happens")
    await browser.follow("Ask me how things are")
    await browser.fill(button="Ask me how things are")
    (acted,) = await acts(world, report_id)
    refused = PersonActionRefused(
        report_id=report_id,
        lifecycle="informal_resolution",
        number=1,
        action_id=acted.action_id,
        code="ACTION_NOT_OPEN",
    )
    await world.tell("ombuds", OMBUDS_CASES, report_id, refused)
    await browser.go("/inbox")
    assert "Things had moved on before it arrived." in browser.text


async def test_a_route_whose_contents_are_destroyed_takes_nothing_more(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    browser = await browse(code)
    form, name = browser.form("Send"), _text_field(browser)
    erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    await browser._follow(await browser.send(form, {name: "Too late."}))
    assert "What was written there has been destroyed. Nothing was sent." in browser.text
    assert name not in browser.page.text


# Changing what happens.


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
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, offers=[offer("agree_steps", fields)]))
    browser = await browse(code)
    await browser.follow("Agree to these steps")
    assert "I speak with him alone." in browser.text
    assert "Something later." not in browser.text
    await browser.fill(button="Agree to these steps")
    (acted,) = await acts(world, report_id)
    assert json.loads(acted.facts_json) == {"message": str(message_id)}


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
    await browser.follow("Say that I need protection")
    await browser.fill({"risk_facts": "We share a flat."}, button="Say that I need protection")
    (acted,) = await acts(world, report_id)
    assert (json.loads(acted.facts_json), len(acted.item_ids)) == ({}, 1)
    (route,) = (await inbox(client, code))["routes"]
    assert {"risk_facts": "We share a flat."}.items() <= {one["name"]: one["text"] for one in route["answers"]}.items()


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


# Behind the code.


async def test_what_she_sent_opens_after_the_code_was_typed_again_and_for_that_page_alone(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client, draft(answers={"what_happened": "<b>He shouts.</b> أهلا"}))
    browser = await browse(code)
    await browser.follow("See what I sent")
    for wrong in ("", NEVER_GIVEN, "<b>"):
        await browser.fill({"code": wrong}, button="Continue")
        assert "This is not the code of this inbox." in browser.text
        assert "He shouts." not in browser.page.text
        assert wrong == "" or html.escape(wrong) not in browser.page.text
    await browser.fill({"code": code.lower()}, button="Continue")
    for words in ("&lt;b&gt;He shouts.&lt;/b&gt; أهلا", "S0018", "S0017", "S0012"):
        assert words in browser.page.text
    await browser.go("/inbox")
    for path in ("/inbox/whole", "/inbox/further"):
        await browser.go(path)
        assert "He shouts." not in browser.page.text


async def test_a_further_way_takes_over_what_she_ticks_and_no_more(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    answers = {"what_happened": "He shouts in every meeting.", "wish": "That it stops."}
    code = await code_of_new(client, draft(answers=answers))
    talk = await world.report_id(client, code)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    form = browser.form("Send")
    # Nothing is ticked or chosen beforehand.
    assert dict(form.fields).keys() == {"csrf", "once", "what_happened"}
    await browser.fill({"route": "formal_report", "mode": "confidential"}, button="Send")
    assert browser.text.count("Tick what goes over, or write a few words.") == 2
    (seen,) = (await inbox(client, code))["routes"]
    (ticked,) = [one["item_id"] for one in seen["answers"] if one["name"] == "wish"]
    form = browser.form("Send")
    given = {"route": "formal_report", "mode": "confidential", "take_over": [ticked], "no_watch": "yes"}
    for _ in range(2):
        answer = await browser.send(form, given)
        assert answer.headers["location"] == "/en/inbox"
    await browser.go("/inbox")
    assert "It has been sent on the new way as well." in browser.text
    (old, new) = (await inbox(client, code))["routes"]
    assert (old["report_id"], new["route"]) == (talk, "formal_report")
    assert [one["text"] for one in new["answers"]] == ["That it stops."]
    assert new["parties"] == []


async def test_a_further_way_is_not_taken_without_the_code(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    form, given = browser.form("Send"), {"route": "formal_report", "mode": "anonymous", "what_happened": "More."}
    await browser.go("/inbox")
    await browser.send(form, given)
    assert len((await inbox(client, code))["routes"]) == 1


async def test_days_to_be_asked_on_are_set_once_and_forgotten(client: httpx.AsyncClient, browse: Browse) -> None:
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.follow("Change these days")
    form = browser.form("Save")
    for _ in range(2):
        await browser.send(form, {"after": "second"})
    (kept,) = (await inbox(client, code))["reminders"]
    await browser.go("/inbox/days")
    # A day that is not hers is none of hers to forget.
    answer = await browser.send(browser.form("Forget this day"), {"forget": str(uuid4())})
    assert answer.headers["location"] == "/en/said/not_taken"
    await browser.go("/inbox/days")
    assert browser.form("Forget this day").hidden["forget"] == kept["reminder_id"]
    await browser.fill(button="Forget this day")
    assert (await inbox(client, code))["reminders"] == []


# Pages to be read.


async def test_pages_to_be_read_need_no_session_and_set_no_cookie(browse: Browse, world: World) -> None:
    for language in OWN_NAMES:
        browser = await browse(language=language)
        for path in ("/told", "/online", "/privacy", "/accessibility"):
            answer = await browser.go(path)
            assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
            english = re.fullmatch(r"(What to do|Online|Privacy|Accessibility) \u2013 Staff services", browser.title)
            assert english or language != "en"


async def test_privacy_says_how_long_by_the_policy_and_invents_nothing(browse: Browse, world: World) -> None:
    browser = await browse()
    await browser.go("/privacy")
    policy, text = world.intake.policy, html.unescape(browser.text)
    assert policy.deadlines["keep.no_case"].amount == 36
    assert "A report that led to no case 36 months" in text
    assert "A talk with an ombudsperson or focal point, after it ended 30 days A default of this site." in text
    assert policy.deadlines["keep.substantiated"].amount is None
    assert "A report that was found to be true The organisation has not set this." in text


def _text_field(browser: PortalBrowser) -> str:
    (name,) = [one for one in browser.form("Send").names if one.startswith("text-")]
    return name
