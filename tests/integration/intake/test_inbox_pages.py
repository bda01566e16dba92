"""The inbox in front of a person: what she sees with her code, and what she writes."""

import html
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

import policy
from chassis.sealing import seal_to, told_context
from chassis.web.pages.words import Words
from contracts.cases.v1.cases_pb2 import CaseErased, Offer, PersonActionRefused
from contracts.topics import OMBUDS_CASES, WORKFLOW_CASES
from policy.model import Role
from services.intake.intake import utc_now
from tests.integration.intake.conftest import Browse, SignIn
from tests.integration.intake.desk_news import SOON, acts, offer, tells
from tests.integration.intake.portal_browser import text_field
from tests.integration.intake.world import World, code_of_new, formal, inbox, lodge, with_code

pytestmark = pytest.mark.stack


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
    assert Words()["en"].day(SOON) in talk
    assert "It has arrived. Nobody has opened it yet." in report
    assert "You hear from us here by" in report


async def test_two_reports_of_one_kind_are_told_apart_by_the_day_and_one_alone_says_none(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    first = await world.report_id(client, code)
    assert "Sent on" not in (await browse(code)).text
    assert (await lodge(client, formal(), code=code)).status_code == 201
    today = Words()["en"].day(utc_now())
    assert _headings((await browse(code)).text) == [f"Sent on {today} · 1", f"Sent on {today} · 2"]
    await world.rows("update reports set lodged_at = lodged_at - interval '3 days' where report_id = $1", UUID(first))
    days = [Words()["en"].day(day) for day in (utc_now() - timedelta(days=3), utc_now())]
    assert _headings((await browse(code)).text) == [f"Sent on {day}" for day in days]


def _headings(page: str) -> list[str]:
    return re.findall(r"Formal report to the oversight office (Sent on .*?) It has arrived", page)


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


async def test_a_sentence_of_the_policy_is_said_in_her_language(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    browser = await browse(code, "fr")
    of_policy = Words(Path(policy.__path__[0]) / "locale")["fr"]
    assert of_policy.text(world.intake.policy.wording["informal_resolution.talking"]) in html.unescape(browser.text)


async def test_she_is_told_who_deals_with_it_and_what_changes_for_her(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    policy, now = world.intake.policy, datetime.now(UTC)
    heads = sorted({one.staff_id for one in policy.appointed(Role.ADMINISTRATIVE_HEAD, now)})
    # One of those who may decide is the one it is about: he decides nothing, and she is not shown that he might.
    code = await code_of_new(client, formal(parties={"alleged_offender": [heads[0]]}))
    report_id = await world.report_id(client, code)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    facts = {
        "measure": "reporting_line_change",
        "until_at": "2027-04-01T00:00:00+00:00",
        "effect_on_pay": "unchanged",
        "effect_on_visa": "ask_hr",
        "effect_on_pension": "unchanged",
        "focal_point": "S0011",
    }
    context = told_context(UUID(report_id), "interim_measure", 1, 1)
    told = seal_to(row["route_public_key"], json.dumps(facts).encode(), context=context)
    asked = offer("renew_consent", {"name": "effects_seen", "kind": "flag", "required": True}, asked=True)
    case = tells(report_id, lifecycle="interim_measure", state="effective", wording_key="interim_measure.effective",
                 sealed_facts=told, offers=[asked, offer("withdraw_consent")])  # fmt: skip
    await world.tell("workflow", WORKFLOW_CASES, report_id, case)
    browser = await browse(code)
    for words in (
        "What changes for you Another supervisor",
        f"Ends at the latest {Words()['en'].day(date(2027, 4, 1))}",
        "Without any change Pay Pension What HR can tell you about Visa",
        "S0011",
    ):
        assert words in browser.text
    await browser.follow("Still agree to the change")
    assert f"A head of office {' , '.join(heads[1:])} The director of HR" in browser.text


async def test_a_date_says_what_it_is_the_date_of_and_is_not_said_twice(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client, formal())
    report_id = await world.report_id(client, code)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    context = told_context(UUID(report_id), "interim_measure", 1, 3)
    review_at = json.dumps({"review_at": SOON.isoformat()}).encode()
    soon = Words()["en"].day(SOON)
    for version, clock, sealed, said in (
        (1, "new.clock", None, f"Next date {soon}"),
        (2, "im.review", None, f"Looked at again {soon}"),
        (3, "im.review", seal_to(row["route_public_key"], review_at, context=context), f"Looked at again {soon}"),
        (4, "im.end", None, f"Ends at the latest {soon}"),
    ):
        case = tells(report_id, version, lifecycle="interim_measure", state="effective", next_clock=clock,
                     wording_key="interim_measure.effective", sealed_facts=sealed)  # fmt: skip
        await world.tell("workflow", WORKFLOW_CASES, report_id, case)
        browser = await browse(code)
        assert (browser.text.count(said), browser.text.count(soon)) == (1, 1)


async def test_whoever_is_asked_to_listen_is_not_said_to_listen_yet(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", UUID(report_id))
    for version, state, said in ((1, "offered", "Who is asked to listen to you"), (2, "talking", "Who listens to you")):
        context = told_context(UUID(report_id), "informal_resolution", 1, version)
        told = seal_to(row["route_public_key"], b'{"focal_point": "S0011"}', context=context)
        await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, version, state=state, sealed_facts=told))
        browser = await browse(code)
        assert f"{said} Staff number S0011" in browser.text


async def test_she_is_asked_what_waits_for_her_and_finds_the_rest_where_she_can_change_things(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    for version, asked in enumerate((False, True), start=1):
        offers = [offer("ask_check_ins"), offer("agree_steps", asked=asked)]
        await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, version, offers=offers))
        browser = await browse(code)
        assert ("You are asked" in browser.text) is asked
        assert ("Agree to these steps" in browser.text) is asked
        assert "Ask me how things are" not in browser.text
        await browser.follow("Change what happens")
        assert ("Agree to these steps" in browser.text) is not asked
        assert "Ask me how things are" in browser.text


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


async def test_the_alleged_offender_holds_the_code_and_sees_the_newest_messages_and_none_of_her_words(
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
    form, words = browser.form("Send"), {text_field(browser): "It happened again.\r\nOn Monday."}
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
    name = text_field(browser)
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
    words, form = {text_field(browser): "Not mine."}, browser.form("Send")
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
    form, name = browser.form("Send"), text_field(browser)
    erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    await browser._follow(await browser.send(form, {name: "Too late."}))
    assert "What was written there has been destroyed. Nothing was sent." in browser.text
    assert name not in browser.page.text
