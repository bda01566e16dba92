"""Mails and texts are off unless she chooses them; what she chose lies sealed, is handed out each time, hers to end."""

import base64
import html
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.sealing import SealNotOpened, delivery_context, open_from
from contracts.cases.v1.cases_pb2 import CaseErased, PersonActionRefused
from contracts.intake.v1.reports_pb2 import ReporterNotice
from contracts.topics import OMBUDS_CASES
from services.intake.web.pages import returning
from services.notifications.wording import WORDS, to_person, to_phone
from tests.integration.intake.conftest import Browse, SignIn, client_of
from tests.integration.intake.desk_news import offer, tells
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.world import World, code_of_new, inbox, with_code

pytestmark = pytest.mark.stack
HERS = "ann@mail.example"
HOW = "How I hear of something new"
ENDED = f"You are not told outside of this inbox any more. You can choose it again: {HOW}"


async def notices(world: World) -> list[Any]:
    """The references that intake has told, in order."""
    rows = await world.rows("select key, value from outbox where topic = 'intake.notices.v1' order by id")
    return [(row["key"], ReporterNotice.FromString(row["value"])) for row in rows]


async def choose(browser: PortalBrowser, address: str, **changes: str) -> None:
    await browser.go("/inbox")
    await browser.follow(HOW)
    await browser.fill({"address": address, "hours": "evening", **changes}, button="Save")


Texting = Callable[..., Awaitable[tuple[httpx.AsyncClient, World, str, PortalBrowser]]]


@pytest.fixture
async def texting(
    fresh_world: Callable[..., Awaitable[World]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Texting]:
    """A portal of an organisation that has a gateway for texts: its client, its parts, a code, and a browser in the
    inbox.
    """
    monkeypatch.setattr(returning, "NO_SOONER", 0.0)
    clients: list[httpx.AsyncClient] = []

    async def texting(language: str = "en") -> tuple[httpx.AsyncClient, World, str, PortalBrowser]:
        world = await fresh_world(text_gateway="{number}@text.example.org")
        clients.append(client := client_of(world))
        browser = PortalBrowser(client, world.settings.public_url, language)
        await come_back(browser, code := await code_of_new(client))
        return client, world, code, browser

    yield texting
    for client in clients:
        await client.aclose()


async def ask(client: httpx.AsyncClient, world: World, reference: str, service: str = "notifications") -> Any:
    claims = {"recipient_ref": reference}
    headers = {"Authorization": f"Service {world.token(service, claims)}"}
    return await client.post("/internal/v1/delivery", json=claims, headers=headers)


def opened(world: World, answer: httpx.Response) -> dict[str, Any]:
    told = answer.json()
    sealed, context = base64.b64decode(told["sealed_b64"]), delivery_context(UUID(told["wish_id"]))
    found: dict[str, Any] = json.loads(open_from(world.keys["notifications"].desk("delivery"), sealed, context=context))
    with pytest.raises(SealNotOpened):
        open_from(world.keys["intake"].desk("custodian"), sealed, context=context)
    return found


async def test_inv_07_without_her_choice_no_news_asks_for_a_mail(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    report_id = await world.report_id(client, await code_of_new(client))
    before = len(await notices(world))
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    answer = await world.reply(client, "ombuds", "ombuds", report_id, await signed_in("S0011"), "Hello")
    assert answer.status_code == 200, answer.text
    assert len(await notices(world)) == before


async def test_every_kind_of_news_asks_for_the_same_mail_and_names_no_report(
    client: httpx.AsyncClient, world: World, browse: Browse, signed_in: SignIn
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await choose(await browse(code), HERS)
    before = len(await notices(world))
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, 2))  # nothing that she would see
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, 3, offers=[offer("end_talk")]))
    await world.reply(client, "ombuds", "ombuds", report_id, await signed_in("S0011"), "Hello")
    refused = PersonActionRefused(
        report_id=report_id, lifecycle="informal_resolution", number=1, action_id=str(UUID(int=1)), code="NOT_NOW"
    )
    await world.tell("ombuds", OMBUDS_CASES, report_id, refused)
    told = (await notices(world))[before:]
    assert len(told) == 4
    for key, notice in told:
        assert report_id not in f"{key}{notice}"
        answer = await ask(client, world, notice.recipient_ref)
        assert opened(world, answer) == {
            "address": HERS, "from_hour": 17, "to_hour": 22, "zone": "UTC", "language": "en",
        }  # fmt: skip
    assert len({key for key, _ in told} | {notice.recipient_ref for _, notice in told}) == 8


async def test_that_there_is_nothing_new_is_said_by_mail_each_time(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    """Every thirty days, even if nothing has moved: else the second silence sounds like the first. A step that her
    inbox does not show takes the note away again, and no mail tells when.
    """
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await choose(await browse(code), HERS)
    told = list[int]()
    for version, words in enumerate(("talking", "nothing_new", "nothing_new", "talking", "talking"), start=1):
        before = len(await notices(world))
        news = tells(report_id, version, state="talking", wording_key=f"informal_resolution.{words}")
        await world.tell("ombuds", OMBUDS_CASES, report_id, news)
        told.append(len(await notices(world)) - before)
    assert told == [1, 1, 1, 0, 0]


async def test_to_be_asked_is_news_and_that_her_answer_has_come_is_none(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await choose(await browse(code), HERS)
    told = list[int]()
    for version, asked in enumerate((False, True, True, False, True), start=1):
        before = len(await notices(world))
        news = tells(report_id, version, offers=[offer("say_how_it_goes", asked=asked)])
        await world.tell("ombuds", OMBUDS_CASES, report_id, news)
        told.append(len(await notices(world)) - before)
    assert told == [1, 1, 0, 0, 1]


async def test_a_work_address_is_taken_only_after_she_was_asked_again(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    browser = await browse(await code_of_new(client))
    await choose(browser, "s0018@staff.example")
    assert "This is a work address." in browser.text
    await browser.fill({"address": "s0018@staff.example", "hours": "any"}, button="Save")
    assert "This is a work address." in browser.text
    await browser.fill({"address": "s0018@staff.example", "hours": "any", "work_too": "yes"}, button="Save")
    assert "This has been changed." in browser.text


async def test_a_line_of_what_to_do_says_of_what_and_no_colon_follows_a_question(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    browser = await browse(await code_of_new(client))
    await browser.follow(HOW)
    await browser.fill({"address": "ann at mail"}, button="Save")
    lines = browser.text.partition("There is something to look at")[2]
    assert "When may it come? Choose when it may come." in lines
    assert "Your mail address: Enter one address" in lines


async def test_the_box_for_a_work_address_does_not_stand_there_before(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    browser = await browse(await code_of_new(client))
    await browser.follow(HOW)
    assert "work_too" not in browser.form("Save").names
    await browser.fill({"address": "ann at mail", "hours": "any"}, button="Save")
    assert "Enter one address" in browser.text
    assert "work_too" not in browser.form("Save").names


async def test_she_changes_it_and_ends_it_at_any_time_and_what_was_under_way_finds_nobody(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    browser = await browse(code)
    await choose(browser, HERS)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    _, first = (await notices(world))[-1]
    await choose(browser, "other@mail.example", hours="any", zone="Asia/Kathmandu", mail_language="ar")
    assert (await ask(client, world, first.recipient_ref)).status_code == 404
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, 2, state="waiting"))
    _, second = (await notices(world))[-1]
    assert opened(world, await ask(client, world, second.recipient_ref)) == {
        "address": "other@mail.example", "from_hour": 0, "to_hour": 24, "zone": "Asia/Kathmandu", "language": "ar",
    }  # fmt: skip
    await browser.go("/inbox")
    await browser.follow(HOW)
    assert "You have chosen this." in browser.text
    assert "mail.example" not in browser.text.replace("name@mail.example", "")
    await browser.fill(button="Send me nothing more")
    assert (await inbox(client, code))["routes"][0]["mails"] is False
    assert (await ask(client, world, second.recipient_ref)).status_code == 404
    kept = await world.rows(
        "select version, given from consents where report_id = $1 and consent = 'mails' order by version",
        UUID(report_id),
    )
    assert [tuple(row) for row in kept] == [(1, True), (2, False)]


async def test_inv_16_nobody_is_to_contact_her_and_so_no_mail_does(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    """In the transaction of her act, also the mail that is under way; she may choose mails again."""
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    browser = await browse(code)
    assert ENDED not in browser.text, "she never had any"
    await choose(browser, HERS)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    _, under_way = (await notices(world))[-1]
    for stop, answer in ((False, 200), (True, 404)):
        acted = {"lifecycle": "informal_resolution", "number": 1, "action_id": str(uuid4()), "action": "withdraw"}
        sent = {"report_id": report_id, **acted, "facts": {"stop_contact": stop}}
        assert (await client.post("/api/v1/inbox/actions", json=sent, headers=with_code(code))).status_code == 202
        assert (await ask(client, world, under_way.recipient_ref)).status_code == answer
    assert (await inbox(client, code))["routes"][0]["mails"] is False
    before = len(await notices(world))
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id, 2, state="waiting"))
    assert len(await notices(world)) == before
    # Her inbox says that they have ended, and where they begin again: she may not know that her no did it.
    browser = await browse(code)
    assert ENDED in browser.text
    await choose(browser, HERS)
    assert (await inbox(client, code))["routes"][0]["mails_ended"] is False
    await browser.go("/inbox")
    assert ENDED not in browser.text


async def test_where_its_desk_knows_that_she_is_not_to_be_written_to_no_news_asks_for_a_mail(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    """She has died, say: her inbox goes on, and nobody is written to. If it was an error, her mails are still hers."""
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await choose(await browse(code), HERS)
    told = list[int]()
    for version, quiet in ((1, False), (2, True), (3, False)):
        before = len(await notices(world))
        news = tells(report_id, version, state=f"state_{version}", no_contact=quiet)
        await world.tell("ombuds", OMBUDS_CASES, report_id, news)
        told.append(len(await notices(world)) - before)
    assert told == [1, 0, 1]


async def test_with_the_contents_the_address_goes(client: httpx.AsyncClient, world: World, browse: Browse) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await choose(await browse(code), HERS)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    erased = CaseErased(report_id=report_id, lifecycle="informal_resolution", number=1)
    await world.tell("ombuds", OMBUDS_CASES, report_id, erased)
    for table in ("mail_wishes", "mail_notices"):
        assert await world.rows(f"select 1 from {table} where report_id = $1", UUID(report_id)) == []


@pytest.mark.parametrize("service", ["ombuds", "hr_bridge", "intake"])
async def test_nobody_but_notifications_gets_an_address(
    client: httpx.AsyncClient, world: World, browse: Browse, service: str
) -> None:
    code = await code_of_new(client)
    report_id = await world.report_id(client, code)
    await choose(await browse(code), HERS)
    await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
    _, notice = (await notices(world))[-1]
    assert (await ask(client, world, notice.recipient_ref, service)).status_code == 401
    assert (await ask(client, world, notice.recipient_ref)).status_code == 200


async def test_an_address_is_in_no_row_and_no_log(
    client: httpx.AsyncClient, world: World, browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await choose(await browse(await code_of_new(client)), "seldom.seen@mail.example")
    dump = ""
    for (table,) in await world.rows("select tablename::text from pg_tables where schemaname = 'intake'"):
        dump += "\n".join(str(row["t"]) for row in await world.rows(f'select t::text as t from "{table}" t'))
    for told in (b"seldom.seen", b"evening"):
        assert told.decode() not in dump
        assert told.hex() not in dump
    assert not any("seldom" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
async def test_the_page_shows_the_very_mail_that_comes(
    client: httpx.AsyncClient, browse: Browse, language: str
) -> None:
    browser = await browse(await code_of_new(client), language)
    path = next(part for part in browser.page.text.split('"') if part.endswith("/mail"))
    await browser.go(path)
    said = to_person(WORDS[language], "Staff services")
    shown = html.unescape(browser.text)
    assert said.subject in shown
    assert " ".join(said.text.split()) in shown


async def test_where_no_texts_can_be_sent_no_page_offers_them_and_a_number_is_no_address(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    browser = await browse(await code_of_new(client))
    await choose(browser, "+1 202 555 0123")
    assert "Enter one address" in browser.text
    for word in ("text message", "number of", "update"):
        assert word not in browser.text


async def test_s26_a_number_is_sealed_in_one_form_and_shown_nowhere(
    texting: Texting, caplog: pytest.LogCaptureFixture
) -> None:
    client, world, code, browser = await texting()
    report_id = await world.report_id(client, code)
    with caplog.at_level(logging.DEBUG):
        await choose(browser, "+1 (202) 555-0123", mail_language="fr")
        assert "This has been changed." in browser.text
        await world.tell("ombuds", OMBUDS_CASES, report_id, tells(report_id))
        _, notice = (await notices(world))[-1]
        assert opened(world, await ask(client, world, notice.recipient_ref)) == {
            "address": "+12025550123", "from_hour": 17, "to_hour": 22, "zone": "UTC", "language": "fr",
        }  # fmt: skip
        await browser.go("/inbox")
        await browser.follow(HOW)
    assert "You have chosen this." in browser.text
    shown = browser.text
    dump = ""
    for (table,) in await world.rows("select tablename::text from pg_tables where schemaname = 'intake'"):
        dump += "\n".join(str(row["t"]) for row in await world.rows(f'select t::text as t from "{table}" t'))
    for told in ("2025550123", "555-0123", "202 555 0123"):
        assert told not in shown
        assert told not in dump
        assert told.encode().hex() not in dump
        assert not any(told in f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    await browser.fill(button="Send me nothing more")
    assert (await ask(client, world, notice.recipient_ref)).status_code == 404


async def test_inv_07_whoever_reads_the_rows_cannot_tell_a_number_from_an_address(texting: Texting) -> None:
    client, world, _, browser = await texting()
    await choose(browser, HERS)
    sizes = {len(row["sealed"]) for row in await world.rows("select sealed from mail_wishes")}
    await come_back(browser, await code_of_new(client))
    await choose(browser, "+41 79 123 45 67")
    assert {len(row["sealed"]) for row in await world.rows("select sealed from mail_wishes")} == sizes


async def test_what_is_no_number_is_said_plainly_and_nothing_is_kept(texting: Texting) -> None:
    _, world, _, browser = await texting()
    for given in ("079 123 45 67", "+41 44 668 18 00", "+1 202 555 01"):
        await choose(browser, given)
        assert "Enter the whole number of a mobile phone, with its country code" in browser.text
    await choose(browser, "ann at mail")
    assert "Enter one address" in browser.text
    await choose(browser, "s0018@staff.example")
    assert "This is a work address." in browser.text
    assert await world.rows("select 1 from mail_wishes") == []


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
async def test_s26_the_page_shows_the_very_text_that_comes(texting: Texting, language: str) -> None:
    *_, browser = await texting(language)
    path = next(part for part in browser.page.text.split('"') if part.endswith("/mail"))
    await browser.go(path)
    shown = html.unescape(browser.text)
    assert to_phone(WORDS[language]).text.strip() in shown
    assert to_person(WORDS[language], "Staff services").subject in shown
