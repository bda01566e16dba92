"""What came by e-mail, phone, paper or in person: entered by the registry, and the code that is handed over."""

import base64
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.access_code import AccessCode
from chassis.web import session_rows
from chassis.web.session_rows import SessionKey
from contracts.cases.v1.cases_pb2 import CaseErased
from contracts.topics import WORKFLOW_CASES
from services.intake.bodies import Answers, LodgeReport
from services.intake.desk.app import desk_app
from services.intake.desk.settings import DeskSettings
from services.intake.route_list import list_of
from services.intake.use_cases import reissue_code as reissuing
from services.intake.use_cases.lodge_report import Entry, lodge_report
from tests.integration.intake.conftest import SignIn
from tests.integration.intake.world import World, code_of_new, formal, key
from tests.integration.web.desk import DESK, Browser, csrf, led_to

pytestmark = pytest.mark.stack
REGISTRAR, SUPERVISOR, CUSTODIAN = "S0020", "S0018", "S0061"
RECEIVED = {"received-day": "3", "received-month": "3", "received-year": "2026", "received-time": "9:30"}
PORTAL = "https://portal.example"
ANSWERS: dict[str, str] = {
    "mode": "confidential",
    "writer": "affected",
    "what_happened": "He threw my papers at me.",
    "alleged_offender": "S0017",
    "not_these_people": "S0012",
    "my_number": "S0018",
    "language": "fr",
}


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Browser]:
    given = world.settings.model_dump(include={*DeskSettings.model_fields} - {"portal_url", "oidc_client_id"})
    settings = DeskSettings(**given | {"public_url": DESK, "portal_url": PORTAL, "oidc_client_secret": "any"})
    app = desk_app(settings, world.intake)
    browser = Browser(app)
    yield browser
    await browser.client.aclose()
    await app.state.sign_in.close()


async def press(desk: Browser, path: str, page: httpx.Response, **fields: str) -> httpx.Response:
    """Sends a form, and the page that it leads to."""
    answer = await desk.send(path, csrf=csrf(page), **fields)
    assert answer.status_code == 303, answer.text
    return await desk.get(answer.headers["location"])


async def entered(desk: Browser, answers: dict[str, str], page: httpx.Response | None = None) -> httpx.Response:
    """From the first page to the check; without a page, from the sign-in."""
    page = page or await desk.signed_in(REGISTRAR, "/en/entry")
    page = await press(desk, "/en/entry", page, how="phone", way="formal_report", **RECEIVED)
    while found := re.search(r'action="(/en/entry/\d+)"', page.text):
        asked = set(re.findall(r'name="([a-z_]+)"', page.text))
        told = {name: value for name, value in answers.items() if name in asked}
        page = await press(desk, found[1], page, **told)
    return page


async def lodged(desk: Browser, page: httpx.Response | None = None) -> str:
    """The code that is to be handed over."""
    page = await entered(desk, ANSWERS, page)
    assert "Check what you entered" in page.text, page.text
    page = await press(desk, "/en/entry/check", page, step="lodge")
    assert "First put the code on paper" in page.text, page.text
    first = code_shown(page)
    page = await press(desk, "/en/entry/code", page, code=first, kept="yes")
    assert "Hand over the code" in page.text, page.text
    assert code_shown(page) == first
    return first


def code_shown(page: httpx.Response) -> str:
    return "-".join(re.findall(r"<span>([2-9A-Z]{4})</span>", page.text))


async def handed_over(world: World, words: str = "He threw my papers at me.", once: str = "") -> str:
    """A code that the registry has seen, without its pages."""
    told = LodgeReport(route="formal_report", mode="confidential", answers=Answers(what_happened=words))
    now = datetime.now(UTC)
    receipt = await lodge_report(world.intake, told, once or key(), now, Entry(REGISTRAR, now, "By phone."))
    return str(receipt.access_code)


async def report_of(world: World, code: str) -> asyncpg.Record:
    """The one report of a code that was handed over: what it opens, it opens with the code alone."""
    handed = AccessCode.parse(code)
    async with world.intake.database.transaction() as session:
        found = await list_of(session, world.intake, handed)
    assert found is not None
    assert found.handed_over
    (row,) = await world.rows("select * from reports where report_id = any($1)", list(found.report_ids))
    assert row["route_public_key"] == handed.route_key(row["report_id"]).public
    return row


async def test_what_was_told_by_phone_is_lodged_as_the_portal_lodges_it_and_runs_from_its_first_receipt(
    desk: Browser, client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    code = await lodged(desk)
    report = await report_of(world, code)
    report_id = str(report["report_id"])
    received = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    assert report["lodged_at"] == received
    assert report["next_date"] == world.intake.first_date("formal_report", received)
    assert (report["lifecycle"], report["mode"], report["language"]) == ("formal_report", "confidential", "fr")
    (event,) = await world.events(report_id)
    assert event.message.lodged_at.ToDatetime(UTC) == received
    (entry,) = [one for one in await world.audit() if one["object"] == report_id]
    assert (entry["act"], entry["actor"], entry["facts"]) == ("report_entered", REGISTRAR, {})
    # The office reads how it came with what was told, and no row says it.
    contents = await world.ask_contents(client, "workflow", report_id, "S0005", await signed_in("S0005"))
    told = [world.open_as_desk("workflow", "oio", report_id, item) for item in contents.json()["items"]]
    answers = {one["name"]: one["text"] for one in told if "name" in one}
    assert answers == {
        "what_happened": "He threw my papers at me.",
        "how_it_came": "Saisi par le greffe. Dit par téléphone le 3 mars 2026.",
    }
    # Nobody whom it names reads it, as with any report.
    excluded = await world.ask_contents(client, "workflow", report_id, "S0012", await signed_in("S0012"))
    assert excluded.status_code == 404


async def test_nothing_stays_at_the_registry(desk: Browser, world: World) -> None:
    code = await lodged(desk)
    page = await desk.get("/en/tasks")
    # Until it is said that the code was handed over, every page leads to it; then it is gone.
    assert page.headers["location"] == "/en/code"
    page = await desk.get("/en/code")
    assert PORTAL in page.text
    page = await press(desk, "/en/code", page)
    assert "Your tasks" in page.text
    assert (await desk.get("/en/code")).headers["location"] == "/en/tasks"
    cookie = desk.cookie("__Host-intake-desk") or ""
    async with world.intake.database.transaction() as session:
        of_cookie = SessionKey("__Host-intake-desk", base64.urlsafe_b64decode(cookie + "="))
        found = await session_rows.read(session, of_cookie, datetime.now(UTC))
    assert found is not None
    assert found[0].data.keys() == {"signed in"}
    begun = (await desk.get("/en/entry")).text
    assert code.replace("-", "") not in begun
    assert "checked" not in begun
    assert (await desk.get("/en/entry/4")).headers["location"] == "/en/entry"


async def keeps(desk: Browser, world: World, **data: Any) -> None:
    """Puts this into the session of the browser, as another window of it would."""
    secret = base64.urlsafe_b64decode((desk.cookie("__Host-intake-desk") or "") + "=")
    of_cookie, now = SessionKey("__Host-intake-desk", secret), datetime.now(UTC)
    async with world.intake.database.transaction() as session:
        found = await session_rows.read(session, of_cookie, now, lock=True)
        assert found is not None
        found[0].data.update(data)
        await session_rows.replace(session, of_cookie, found[0], now + timedelta(minutes=5))


async def test_a_code_is_shown_until_it_is_handed_over_whatever_else_is_begun(desk: Browser, world: World) -> None:
    page = await entered(desk, ANSWERS)
    code = await handed_over(world)
    before = await world.rows("select count(*) from reports")
    await keeps(desk, world, given=code)
    begins = {"how": "paper", "way": "formal_report"} | RECEIVED
    for path, fields in (("/en/entry/code", {"kept": "yes", "code": code}), ("/en/entry", begins)):
        answer = await desk.send(path, csrf=csrf(page), **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/code")
    for path in ("/en/entry", "/en/entry/4", "/en/entry/code"):
        assert (await desk.get(path)).headers["location"] == "/en/code"
    assert code_shown(await desk.get("/en/code")) == code
    assert await world.rows("select count(*) from reports") == before


async def test_so_is_one_that_is_given_again(desk: Browser, world: World) -> None:
    page = await desk.signed_in(CUSTODIAN, "/en/reissue")
    lost = {"report": str(UUID(int=1)), "way": "formal_report", "key": key()}
    await keeps(desk, world, given=await handed_over(world), reissue=lost)
    assert (await desk.get("/en/reissue")).headers["location"] == "/en/code"
    answer = await desk.send("/en/reissue/confirm", csrf=csrf(page))
    assert (answer.status_code, answer.headers.get("location")) == (303, "/en/code")


async def sign_in_ends(desk: Browser, world: World, path: str, page: httpx.Response, **typed: str) -> httpx.Response:
    """What is sent from `path` after a quarter of an hour, and where the same person is led when signed in again."""
    await world.rows("delete from web_sessions")
    hidden = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', page.text))
    answer = await desk.send(path, **(hidden | typed))
    assert answer.headers["location"].startswith("/en/signed-out?lost=true&kept=true&back="), answer.headers
    back = await desk.get(await desk.chosen(await desk.at_provider(f"/sign-in?back={path}"), REGISTRAR))
    found = await desk.get(led_to(back))
    return await desk.get(found.headers["location"]) if found.status_code == 303 else found


async def test_a_session_that_ends_leaves_nobody_with_a_report_and_no_code(desk: Browser, world: World) -> None:
    before = await world.rows("select count(*) from reports")
    page = await entered(desk, ANSWERS)
    page = await press(desk, "/en/entry/check", page, step="lodge")
    first = code_shown(page)
    assert "Nothing has been sent yet." in page.text
    page = await press(desk, "/en/entry/code", page, code=first)
    assert "Write the code down or print it, then tick the box." in page.text
    page = await sign_in_ends(desk, world, "/en/entry/code", page, kept="yes")
    assert await world.rows("select count(*) from reports") == before
    assert "The code on your paper opens nothing" in page.text
    page = await desk.get("/en/entry")
    assert "The code on your paper" not in page.text
    again = await lodged(desk, page)
    assert again != first
    # From here on he has it on paper: what his session does is nothing to the person.
    await world.rows("delete from web_sessions")
    await report_of(world, again)


async def test_what_was_sent_is_not_called_unsent_where_only_its_answer_was_lost(desk: Browser, world: World) -> None:
    page = await press(desk, "/en/entry/check", await entered(desk, ANSWERS), step="lodge")
    sent = await desk.send("/en/entry/code", csrf=csrf(page), code=code_shown(page), kept="yes")
    assert sent.headers["location"] == "/en/code"
    before = await world.rows("select count(*) from reports")
    again = await sign_in_ends(desk, world, "/en/entry/code", page, kept="yes")
    assert "Hand over the code" in again.text
    assert code_shown(again) == code_shown(page)
    assert await world.rows("select count(*) from reports") == before


async def test_a_code_that_another_window_has_replaced_is_shown_before_anything_is_sent(
    desk: Browser, world: World
) -> None:
    page = await press(desk, "/en/entry/check", await entered(desk, ANSWERS), step="lodge")
    begins = {"how": "paper", "way": "formal_report"} | RECEIVED
    await press(desk, "/en/entry", await desk.get("/en/entry"), **begins)
    before = await world.rows("select count(*) from reports")
    anew = await press(desk, "/en/entry/code", page, code=code_shown(page), kept="yes")
    assert "First put the code on paper" in anew.text
    assert code_shown(anew) != code_shown(page)
    assert await world.rows("select count(*) from reports") == before


async def test_words_that_were_sent_after_the_sign_in_had_ended_stand_in_their_form_again(
    desk: Browser, world: World
) -> None:
    page = await desk.signed_in(REGISTRAR, "/en/entry")
    page = await press(desk, "/en/entry", page, how="phone", way="formal_report", **RECEIVED)
    while 'name="what_happened"' not in page.text:
        (path,) = re.findall(r'action="(/en/entry/\d+)"', page.text)
        asked = set(re.findall(r'name="([a-z_]+)"', page.text))
        page = await press(desk, path, page, **{name: value for name, value in ANSWERS.items() if name in asked})
    (path,) = re.findall(r'action="(/en/entry/\d+)"', page.text)
    page = await sign_in_ends(desk, world, path, page, what_happened="He threw <b>my</b> papers at me.")
    assert "He threw &lt;b&gt;my&lt;/b&gt; papers at me.</textarea>" in page.text
    assert "What was answered on the others is no longer here" in page.text
    page = await press(desk, path, page, what_happened="He threw my papers at me.")
    check = (await desk.get("/en/entry/check")).text
    for kept in ("By phone", "3 March 2026, 09:30", "He threw my papers at me."):
        assert kept in check


async def test_where_it_was_destroyed_meanwhile_the_custodian_reads_that_nothing_is_left(
    desk: Browser, client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_id = await world.report_id(client, await code_of_new(client, formal()))

    async def erased_meanwhile(*_: Any) -> dict[UUID, bytes]:
        gone = CaseErased(report_id=report_id, lifecycle="formal_report", number=1)
        await world.tell("workflow", WORKFLOW_CASES, report_id, gone)
        return {}

    monkeypatch.setattr(reissuing, "_wrapped_by_desk", erased_meanwhile)
    page = await desk.signed_in(CUSTODIAN, "/en/reissue")
    await keeps(desk, world, reissue={"report": report_id, "way": "formal_report", "key": key()})
    page = await press(desk, "/en/reissue/confirm", page)
    assert "What was written has been destroyed since you looked for it." in page.text
    assert (await desk.get("/en/reissue/confirm")).headers["location"] == "/en/reissue"


async def test_nobody_enters_what_names_them_and_nothing_is_entered_ahead_of_time(desk: Browser, world: World) -> None:
    code = await handed_over(world)
    before = await world.rows("select count(*) from reports")
    page = await entered(desk, ANSWERS | {"not_these_people": f"S0012, {REGISTRAR.lower()}"})
    assert "Somebody else has to enter it." in page.text
    answer = await desk.send("/en/entry/code", csrf=csrf(page), kept="yes", code=code)
    assert answer.headers["location"] == "/en/entry/check"
    page = await press(desk, "/en/entry/check", page, step="delete")
    assert "Your tasks" in page.text
    ahead = datetime.now(UTC) + timedelta(days=2)
    day = {"received-day": f"{ahead.day}", "received-month": f"{ahead.month}", "received-year": f"{ahead.year}"}
    page = await press(
        desk, "/en/entry", await desk.get("/en/entry"), how="paper", way="formal_report", **(RECEIVED | day)
    )
    assert "This is in the future." in page.text
    assert await world.rows("select count(*) from reports") == before


async def test_nobody_else_finds_the_desk(desk: Browser) -> None:
    assert (await desk.signed_in(SUPERVISOR, "/en/entry")).status_code == 404
    for path in ("/en/tasks", "/en/entry/4", "/en/entry/check", "/en/code"):
        assert (await desk.get(path)).status_code == 404
