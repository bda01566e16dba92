"""A code that somebody else handed over: replaced by one that she alone knows, before anything opens."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.access_code import AccessCode
from chassis.keystore import Keystore
from chassis.sealing import TOLD_BYTES, SealNotOpened, open_from, seal_to, told_context, unwrap, wrap_context
from contracts.topics import WORKFLOW_CASES
from services.intake.tables import Report
from services.intake.use_cases.replace_code import replace_code
from tests.integration.intake.conftest import Browse, SignIn
from tests.integration.intake.desk_news import tells
from tests.integration.intake.portal_browser import come_back
from tests.integration.intake.portal_walk import code_on
from tests.integration.intake.test_registrar import REGISTRAR, handed_over, report_of
from tests.integration.intake.world import World, code_of_new, inbox, key, lodge, with_code

pytestmark = pytest.mark.stack


async def test_the_person_gets_a_code_of_her_own_before_anything_is_opened(
    client: httpx.AsyncClient, world: World, browse: Browse
) -> None:
    handed = await handed_over(world, "In the corridor, before everybody.")
    report_id = str((await report_of(world, handed))["report_id"])
    for method, path, body in (
        ("GET", "/api/v1/inbox", None),
        ("POST", "/api/v1/inbox/messages", {"report_id": report_id, "text": "words"}),
    ):
        answer = await client.request(method, path, json=body, headers=with_code(handed))
        assert (answer.status_code, answer.json()["code"]) == (409, "code_to_be_replaced")
    browser = await browse()
    page = await come_back(browser, handed)
    assert browser.path == "/en/new-code"
    assert handed not in page.text
    new = code_on(browser)
    await browser.fill()
    assert "Write the code down or print it, then tick the box." in browser.text
    # Not kept yet: the first code leads here still.
    again = await browse()
    await come_back(again, handed)
    assert again.path == "/en/new-code"
    await browser.fill({"kept": "yes"})
    assert browser.path == "/en/inbox"
    for old in (handed, code_on(again)):
        other = await browse()
        assert "Nothing opens with this code." in (await come_back(other, old)).text
    await again.fill({"kept": "yes"})
    assert again.path == "/en/back/again"
    (route,) = (await inbox(client, new))["routes"]
    assert "In the corridor, before everybody." in {one["text"] for one in route["answers"]}
    entries = [one for one in await world.audit() if one["object"] == report_id]
    assert [(one["act"], one["actor"]) for one in entries] == [("report_entered", REGISTRAR), ("code_replaced", None)]


async def test_who_has_seen_the_first_code_opens_nothing_with_it_even_with_a_copy_of_the_stores(
    client: httpx.AsyncClient, world: World, signed_in: SignIn
) -> None:
    handed = await handed_over(world)
    report_id = str((await report_of(world, handed))["report_id"])
    acting = await signed_in("S0005")
    before = [one for one in await world.wraps(report_id) if one["recipient"] == "route"]
    was = AccessCode.parse(handed).route_key(UUID(report_id)).public
    context = told_context(UUID(report_id), "formal_report", 1, 1)
    told = seal_to(was, b'{"intake_officer": "S0005"}', context=context, size=TOLD_BYTES)
    news = tells(report_id, lifecycle="formal_report", state="received", sealed_facts=told)
    await world.tell("workflow", WORKFLOW_CASES, report_id, news)
    new = await take_new_code(client, handed)
    wraps = [one for one in await world.wraps(report_id) if one["recipient"] == "route"]
    assert {one["item_id"] for one in wraps} == {one["item_id"] for one in before}
    first, own = (AccessCode.parse(code).route_key(UUID(report_id)) for code in (handed, new))
    for one in wraps:
        context = wrap_context(UUID(report_id), one["item_id"], "route")
        unwrap(one["wrapped"], own, context=context)
        with pytest.raises(SealNotOpened):
            unwrap(one["wrapped"], first, context=context)
    # The desk hears of the new key; what it sealed to the old one meanwhile is not taken.
    event = (await world.events(report_id))[-1]
    assert (event.topic, event.message.route_public_key) == ("intake.reports.workflow.v1", own.public)
    late = await world.reply(client, "workflow", "oio", report_id, acting, "late", route_key=first.public)
    assert late.status_code == 503
    assert (await world.reply(client, "workflow", "oio", report_id, acting, "We have it.")).status_code == 200
    (route,) = (await inbox(client, new))["routes"]
    assert [one["text"] for one in route["messages"]] == ["We have it."]
    assert route["cases"][0]["facts"] == {"intake_officer": "S0005"}
    (kept,) = await world.rows("select sealed_facts from route_cases where report_id = $1", UUID(report_id))
    with pytest.raises(SealNotOpened):
        open_from(first, kept["sealed_facts"], context=told_context(UUID(report_id), "formal_report", 1, 1))


async def test_a_replacement_that_was_cut_off_is_ended_by_the_new_code(
    client: httpx.AsyncClient, world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = await handed_over(world, "Twice this week.")
    new = AccessCode.from_idempotency(world.intake.keys.secret("code"), key())

    async def cut_off(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Keystore, "exchange_wraps", cut_off)
        with pytest.raises(OSError):  # noqa: PT011  the power cut above
            await replace_code(world.intake, AccessCode.parse(handed), new)
        answer = await client.get("/api/v1/inbox", headers=with_code(str(new)))
        assert (answer.status_code, answer.json()["code"]) == (409, "code_to_be_replaced")
    browser = await browse(str(new))
    assert browser.path == "/en/inbox"
    (route,) = (await inbox(client, str(new)))["routes"]
    assert "Twice this week." in {one["text"] for one in route["answers"]}


async def test_the_same_request_for_a_new_code_gets_the_same_one_and_her_own_code_stays(
    client: httpx.AsyncClient, world: World
) -> None:
    handed, once = await handed_over(world), key()
    codes = {await take_new_code(client, handed, once) for _ in range(2)}
    assert len(codes) == 1
    own = await code_of_new(client)
    for code, status in ((own, 409), (handed, 404)):
        answer = await client.post("/api/v1/inbox/code", headers=with_code(code) | {"Idempotency-Key": key()})
        assert answer.status_code == status, answer.text
    assert (await client.get("/api/v1/inbox", headers=with_code(own))).status_code == 200


async def test_a_key_that_has_made_a_code_before_takes_the_place_of_nothing(
    client: httpx.AsyncClient, world: World
) -> None:
    entered, others = key(), key()
    handed = await handed_over(world, once=entered)
    assert (await lodge(client, idempotency_key=others)).status_code == 201
    # With `entered`, the code in its place would be the one that was handed over.
    for used in (entered, others):
        answer = await client.post("/api/v1/inbox/code", headers=with_code(handed) | {"Idempotency-Key": used})
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await inbox(client, await take_new_code(client, handed)))["routes"]) == 1


async def test_what_another_code_was_given_for_does_not_come_back_with_the_one_that_was_handed_over(
    client: httpx.AsyncClient, world: World
) -> None:
    handed = await handed_over(world)
    report_id = (await report_of(world, handed))["report_id"]
    newer = AccessCode.from_idempotency(world.intake.keys.secret("code"), key()).route_key(report_id).public
    async with world.intake.database.transaction() as session:
        (await session.get_one(Report, report_id)).route_public_key = newer
    found = await inbox(client, await take_new_code(client, handed))
    assert (found["routes"], found["given_anew"]) == ([], 1)
    (row,) = await world.rows("select route_public_key from reports where report_id = $1", report_id)
    assert row["route_public_key"] == newer
    assert len(await world.events(str(report_id))) == 1  # that it was lodged


async def take_new_code(client: httpx.AsyncClient, handed: str, once: str = "") -> str:
    answer = await client.post("/api/v1/inbox/code", headers=with_code(handed) | {"Idempotency-Key": once or key()})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_code"])
