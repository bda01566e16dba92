"""Files that go over to a further route: what it costs the others, and how much there is room for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.database import Database
from services.intake import route_list
from services.intake.files import receiving
from tests import planted_files as planted
from tests.integration.intake.conftest import Browse, client_of
from tests.integration.intake.portal_walk import onwards
from tests.integration.intake.world import World, code_of_new, formal, inbox, key, lodge, with_code

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]


async def send(client: httpx.AsyncClient, code: str, place: int = 0) -> httpx.Response:
    """A file for the route at this place of the list."""
    report_id = (await inbox(client, code))["routes"][place]["report_id"]
    headers = {"Report-Id": report_id, "Action-Id": str(uuid4()), "Content-Type": "application/octet-stream"}
    return await client.post("/api/v1/inbox/files", content=planted.jpeg(), headers=with_code(code) | headers)


async def with_a_file(client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    """A code whose route has a file; and what asks to take that file over."""
    code = await code_of_new(client)
    assert (await send(client, code)).status_code == 201
    (file,) = (await inbox(client, code))["routes"][0]["files"]
    return code, formal(answers={}, parties={}, not_these_people=[], take_over=[file["item_id"]])


async def test_writing_a_file_anew_holds_one_connection(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, body = await with_a_file(client)
    transaction, held, most = Database.transaction, Counter[Any](), 0

    @asynccontextmanager
    async def counted(self: Database) -> AsyncIterator[Any]:
        nonlocal most
        task = asyncio.current_task()
        held[task] += 1
        most = max(most, held[task])
        try:
            async with transaction(self) as session:
                yield session
        finally:
            held[task] -= 1

    monkeypatch.setattr(Database, "transaction", counted)
    assert (await lodge(client, body, code=code)).status_code == 201
    assert most == 1, "who holds one and waits for another stops all, once enough do so"
    assert len((await inbox(client, code))["routes"][1]["files"]) == 1


async def test_who_waits_too_long_for_others_files_is_told_to_come_again(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    places = world.intake.receiving
    async with client_of(world) as client:
        code, body = await with_a_file(client)
        places.waiting = 0.1
        async with places.carrying(), places.carrying():
            refused = await lodge(client, body, code=code)
            assert (await lodge(client, formal(), code=code)).status_code == 201, "nothing is waited for without files"
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert "Others are sending files" in refused.json()["detail"]
        assert (await lodge(client, body, code=code)).status_code == 201


async def test_a_code_has_room_for_three_routes_worth_of_files(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    world.intake.receiving.most = 1
    async with client_of(world) as client:
        code, body = await with_a_file(client)
        for _ in range(2):
            assert (await lodge(client, body, code=code)).status_code == 201
        over = await lodge(client, body, code=code)
        assert (over.status_code, over.json()["code"]) == (409, "file_too_many")
        assert (await lodge(client, formal(), code=code)).status_code == 201
        sent = await send(client, code, place=3)
        assert (sent.status_code, sent.json()["code"]) == (409, "file_too_many")


async def test_a_code_has_room_for_so_many_routes(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_list, "MOST_ROUTES", 2)
    code, once = await code_of_new(client), key()
    assert (await lodge(client, formal(), code=code, idempotency_key=once)).status_code == 201
    over = await lodge(client, formal(), code=code)
    assert (over.status_code, over.json()["code"]) == (409, "too_many_routes")
    assert len((await inbox(client, code))["routes"]) == 2
    assert (await lodge(client, formal(), code=code, idempotency_key=once)).status_code == 201, "it is there already"


async def test_the_page_says_what_there_is_no_room_for(
    client: httpx.AsyncClient, browse: Browse, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, body = await with_a_file(client)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    await browser.fill({"way": "formal_report", "take_over": body["take_over"]})
    await onwards(browser, {"what_happened": "It is in the picture."})
    given = {"step": "send"}
    with monkeypatch.context() as changed:
        changed.setattr(receiving, "_ROUTES_FULL", 0)
        await browser.fill(given)
        assert "There is no room for more files here." in browser.text
    with monkeypatch.context() as changed:
        changed.setattr(world.intake.receiving, "waiting", 0.1)
        async with world.intake.receiving.carrying(), world.intake.receiving.carrying():
            await browser.fill(given)
        assert "Files are being taken in now." in browser.text
    with monkeypatch.context() as changed:
        changed.setattr(route_list, "MOST_ROUTES", 1)
        await browser.fill(given)
        assert "this code has no room for another way." in browser.text
    assert len((await inbox(client, code))["routes"]) == 1
    await browser.fill(given)
    assert browser.path == browser.at("/sent")


async def test_what_is_ticked_and_what_is_added_are_together_no_more_than_one_route_takes(
    client: httpx.AsyncClient, browse: Browse, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = await with_a_file(client)
    assert (await send(client, code)).status_code == 201
    ticks = [one["item_id"] for one in (await inbox(client, code))["routes"][0]["files"]]
    monkeypatch.setattr(world.intake.receiving, "most", 2)
    browser = await browse(code)
    await browser.follow("Take another way as well")
    await browser.fill({"code": code}, button="Continue")
    await browser.fill({"way": "formal_report", "take_over": ticks})
    await onwards(browser, {"what_happened": "It is in the pictures."})
    late = browser.form("Send")
    await browser.go("/s/files")
    assert "There is no room for more files here." in browser.text
    # As from a window that lay open before she ticked, or with fewer to a route meanwhile.
    monkeypatch.setattr(world.intake.receiving, "most", 3)
    await browser.go("/s/files")
    form = browser.form("Add this file")
    assert (await browser.send_file(form, "a.txt", b"words")).headers["location"] == "/en/s/files"
    await browser.go("/s/files")
    assert "There is no room for more files here." in browser.text
    await browser.send_file(form, "a.txt", b"words")
    monkeypatch.setattr(world.intake.receiving, "most", 2)
    await browser.send(late, {"step": "send"})
    await browser.go("/check")
    assert "One way takes 2 files, with those that go over. Untick some · Remove some" in browser.text
    assert not [form for form in browser.forms() if "Send" in form.buttons]
    assert len((await inbox(client, code))["routes"]) == 1
    await browser.follow("Remove some")
    (added,) = browser.form("Remove").offered["remove"]
    await browser.fill({"remove": added}, button="Remove")
    await browser.fill({"step": "on"}, place=-1)
    await browser.fill({"step": "send"})
    assert browser.path == browser.at("/sent")
    assert len((await inbox(client, code))["routes"][1]["files"]) == 2


async def test_more_files_than_one_route_takes_are_not_taken_over_through_the_interface(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, body = await with_a_file(client)
    assert (await send(client, code)).status_code == 201
    body["take_over"] = [one["item_id"] for one in (await inbox(client, code))["routes"][0]["files"]]
    monkeypatch.setattr(world.intake.receiving, "most", 1)
    over = await lodge(client, body, code=code)
    assert (over.status_code, over.json()["code"]) == (409, "too_many_files")
    assert "One report takes 1 files." in over.json()["detail"]
    assert (await lodge(client, body | {"take_over": body["take_over"][:1]}, code=code)).status_code == 201
