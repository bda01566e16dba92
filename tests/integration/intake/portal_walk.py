"""Somebody who goes through the questions: what she answers, by the names of the fields, wherever it is asked."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from chassis.web import session_rows
from chassis.web.session_rows import Contents, SessionKey
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.world import World

Answers = Mapping[str, str | Sequence[str]]


async def begin(client: httpx.AsyncClient, world: World, language: str = "en") -> PortalBrowser:
    """At the first question."""
    browser = PortalBrowser(client, world.settings.public_url, language)
    await browser.go("/before")
    await browser.fill()
    assert browser.path == browser.at("/s/1")
    return browser


async def choose(browser: PortalBrowser, way: str, answers: Answers | None = None) -> None:
    """Through the first pages to the first question of that way."""
    await onwards(browser, answers or {})
    assert browser.path == browser.at("/s/3"), browser.text
    await browser.fill({"way": way})
    assert browser.path == browser.at("/s/4"), browser.text


async def onwards(browser: PortalBrowser, answers: Answers) -> None:
    """Answers page after page, until the ways, the check, or a page that is not taken."""
    while "/s/" in browser.path:
        # Of a page with several forms, the last one goes on.
        form, before = browser.form(place=-1), browser.path
        if "way" in form.names:
            return
        pressed = {"step": "on"} if "step" in form.names else {}
        given = pressed | {name: given for name, given in answers.items() if name in form.names}
        await browser.fill(given, place=-1)
        if browser.path == before:
            return


async def to_the_check(browser: PortalBrowser, way: str, answers: Answers) -> None:
    await choose(browser, way, answers)
    await onwards(browser, answers)
    assert browser.path == browser.at("/check"), browser.text


async def send(browser: PortalBrowser, answers: Answers | None = None) -> str:
    """From the check; the code that is shown then."""
    await browser.fill({"step": "send", **(answers or {})})
    assert browser.path == browser.at("/sent"), browser.text
    return code_on(browser)


def code_on(browser: PortalBrowser) -> str:
    text = browser.page.text
    begins = text.index('<bdi dir="ltr">')
    groups = text[begins : text.index("</bdi>", begins)].split("<span>")[1:]
    return "-".join(group.partition("<")[0] for group in groups)


async def rows_of(world: World, report_id: str) -> dict[str, Any]:
    """What is kept and told of a report, without what is random in each."""
    report = await world.rows(
        "select lifecycle, service, office, mode, language, opened_at from reports where report_id = $1::uuid",
        report_id,
    )
    items = await world.rows(
        "select kind, direction, length(ciphertext) as size from items where report_id = $1::uuid order by number",
        report_id,
    )
    consents = await world.rows(
        "select consent, version, given from consents where report_id = $1::uuid order by consent", report_id
    )
    excluded = await world.rows("select count(*) from exclusions where report_id = $1::uuid", report_id)
    wraps = sorted(row["recipient"] for row in await world.wraps(report_id))
    return {
        "report": [dict(row) for row in report],
        "items": [dict(row) for row in items],
        "consents": [dict(row) for row in consents],
        "excluded": excluded[0]["count"],
        "wraps": wraps,
        "events": [(event.topic, _told(event.message)) for event in await world.events(report_id)],
    }


def _told(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    own = ("report_id", "item_ids", "parties_item_id", "route_public_key", "lodged_at")
    return {name: told[name] for name in told if name not in own} | {"facts_json": json.loads(told["facts_json"])}


async def data_of(world: World, browser: PortalBrowser) -> dict[str, Any]:
    """What the session of this browser holds, opened with its cookie."""
    return (await _contents(world, browser)).data


async def change_data(world: World, browser: PortalBrowser, **changes: Any) -> None:
    found = await _contents(world, browser)
    async with world.intake.database.transaction() as rows:
        now = datetime.now(UTC)
        read = await session_rows.read(rows, _key(browser), now, lock=True)
        assert read
        await session_rows.replace(rows, _key(browser), Contents(found.idle, found.data | changes), read[1])


async def _contents(world: World, browser: PortalBrowser) -> Contents:
    async with world.intake.database.transaction() as rows:
        found = await session_rows.read(rows, _key(browser), datetime.now(UTC))
    assert found
    return found[0]


def _key(browser: PortalBrowser) -> SessionKey:
    name, _, value = browser.cookie.partition("=")
    return SessionKey(name, base64.urlsafe_b64decode(value + "="))
