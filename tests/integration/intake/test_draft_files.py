"""Files that are added before sending: looked at, removed, sent along, and gone with the draft."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.sealing import SealNotOpened
from chassis.web import session_rows
from services.intake.files.kinds import Kind
from services.intake.use_cases import hold_file
from services.intake.use_cases.sweep_chunks import sweep_chunks
from services.intake.web.pages.asking_draft import files_in
from tests import planted_files as planted
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, data_of, onwards, send, to_the_check
from tests.integration.intake.world import World, inbox, with_code

pytestmark = pytest.mark.stack
NAME = "the day he shouted.jpg"


async def asking(client: httpx.AsyncClient, world: World) -> PortalBrowser:
    """On the page of files."""
    browser = await begin(client, world)
    await choose(browser, "formal_report")
    await browser.go("/s/files")
    return browser


async def add(browser: PortalBrowser, content: bytes) -> None:
    answer = await browser.send_file(browser.form("Add this file"), NAME, content)
    await browser.go(answer.headers["location"])


async def draft_files(world: World, browser: PortalBrowser) -> list[UUID]:
    return [one.file_id for one in files_in(await data_of(world, browser))]


async def stored(world: World, file_ids: list[UUID]) -> int:
    """Chunks of them, once it was swept."""
    await sweep_chunks(world.intake)
    (row,) = await world.rows("select count(*) from draft_chunks where file_id = any($1)", file_ids)
    return int(row["count"])


async def test_files_that_are_added_before_sending_are_files_of_the_report(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "formal_report", {"mode": "confidential"})
    await browser.go("/s/6")
    await browser.fill({"what_happened": "He shouts."})
    await browser.go("/s/11")
    await browser.fill()
    assert browser.path == browser.at("/s/files"), "before the check"
    form = browser.form("Add this file")
    for _ in range(2):
        assert (await browser.send_file(form, NAME, planted.jpeg())).headers["location"] == "/en/s/files"
    await browser.go("/s/files")
    assert browser.text.count("Remove file-") == 1, "however often it is sent"
    assert "The copy has no more: " in browser.text
    for _ in range(2):
        await add(browser, planted.pdf())
    photograph, letter, again = held = await draft_files(world, browser)
    await browser.fill({"remove": str(again)}, button="Remove")
    assert (await stored(world, [again]), await stored(world, [photograph, letter])) == (0, 4)
    await browser.fill({"step": "on"}, place=-1)
    files_of = browser.text.partition("Files Change")[2].partition("Who will see this")[0]
    assert [name in files_of for name in ("file-1.jpg", "file-2.pdf", "file-3.pdf")] == [True, True, False]
    assert not [answer for answer in browser.seen if "shouted" in answer.text]

    late = browser.form("Send")
    code = await send(browser)
    await browser.send(late, {"step": "send"})
    (route,) = (await inbox(client, code))["routes"]
    assert [one["name"] for one in route["files"]] == ["file-1.jpg", "file-2.pdf"]
    assert {"place", "author"} <= set(route["files"][0]["removed"])
    for one in route["files"]:
        copy = await client.get(f"/api/v1/inbox/files/{one['item_id']}", headers=with_code(code))
        assert (len(copy.content), planted.told(copy.content)) == (one["size"], set())
    kinds = await world.rows(
        "select kind from items where report_id = $1 and kind in ('file', 'original')", UUID(route["report_id"])
    )
    assert sorted(row["kind"] for row in kinds) == ["file", "file", "original", "original"]
    assert await stored(world, held) == 0
    assert not await world.rows("select 1 from draft_files where file_id = any($1)", held)


async def test_what_is_stored_of_a_file_of_a_draft_opens_with_the_draft_alone(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await asking(client, world)
    await add(browser, b"plain words " * 50_000)
    (held,) = files_in(await data_of(world, browser))
    rows = await world.rows("select * from draft_chunks where file_id = $1", held.file_id)
    (row,) = await world.rows("select * from draft_files where file_id = $1", held.file_id)
    assert len(rows) == 6
    everything = b"".join([*(one["ciphertext"] for one in rows), row["of_session"]])
    assert not [one for one in (b"plain words", b"shouted", held.key, held.key.hex().encode()) if one in everything]
    whole = b"".join([part async for part in held.file(world.intake.database).original.parts()])
    assert (whole, held.kind) == (b"plain words " * 50_000, Kind.TEXT)
    other = hold_file.Held(held.file_id, bytes(32), held.kind, (), held.size, held.size_of_original)
    with pytest.raises(SealNotOpened):
        [part async for part in other.file(world.intake.database).copy.parts()]


@pytest.mark.parametrize("ends", ["leaving", "time", "deleting", "deleting with a code"])
async def test_inv_26_with_the_draft_its_files_go(client: httpx.AsyncClient, world: World, ends: str) -> None:
    browser = await begin(client, world)
    if ends == "deleting with a code":
        await to_the_check(browser, "informal_resolution", {})
        await send(browser)
        await browser.go("/s/1")
    await choose(browser, "formal_report")
    await browser.go("/s/files")
    await add(browser, b"words")
    held = await draft_files(world, browser)
    assert await stored(world, held) == 2
    match ends:
        case "leaving":
            await browser._ask("GET", "/leave")
        case "time":
            async with world.intake.database.transaction() as session:
                await session_rows.sweep(session, datetime.now(UTC) + timedelta(hours=13))
        case _:
            await browser.go("/check")
            await browser.fill({"step": "delete"})
    assert await stored(world, held) == 0
    assert not await world.rows("select 1 from draft_files where file_id = any($1)", held)


async def test_leaving_while_a_file_comes_in_keeps_nothing_of_it(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await asking(client, world)
    form, window = browser.form("Add this file"), PortalBrowser(client, world.settings.public_url)
    window.cookie = browser.cookie
    write, seen = hold_file.sealed_chunks, []

    async def left_meanwhile(*given: Any, **more: Any) -> Any:
        async for number, chunk in write(*given, **more):
            if number:
                await window._ask("GET", "/leave")
                seen.append(await world.rows("select 1 from draft_files"))
            yield number, chunk

    before = await world.rows("select file_id from draft_files")
    monkeypatch.setattr(hold_file, "sealed_chunks", left_meanwhile)
    answer = await browser.send_file(form, NAME, b"plain words\n" * 30_000)
    assert answer.headers["location"] == "/en/closed"
    assert len(seen) == 1
    assert await world.rows("select file_id from draft_files") == before


async def test_a_file_of_which_only_a_part_was_kept_is_taken_when_it_is_sent_again(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that loads a page of failure anew sends the same form."""
    browser = await asking(client, world)
    form, write = browser.form("Add this file"), hold_file.sealed_chunks

    async def breaks_off(*given: Any, **more: Any) -> Any:
        async for number, chunk in write(*given, **more):
            if number:
                raise OSError
            yield number, chunk

    sent = b"plain words\n" * 30_000
    with monkeypatch.context() as broken:
        broken.setattr(hold_file, "sealed_chunks", breaks_off)
        assert (await browser.send_file(form, NAME, sent)).headers["location"] == "/en/said/failed"
    for _ in range(2):
        assert (await browser.send_file(form, NAME, sent)).headers["location"] == "/en/s/files"
    (held,) = files_in(await data_of(world, browser))
    kept = held.file(world.intake.database)
    assert [b"".join([part async for part in one.parts()]) for one in (kept.copy, kept.original)] == [sent, sent]
    assert await stored(world, [held.file_id]) == 4


@pytest.mark.parametrize("full", ["of one draft", "of all drafts", "of its code"])
async def test_there_is_room_for_so_many_before_sending_too(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    browser = await begin(client, world)
    if full == "of its code":
        await to_the_check(browser, "informal_resolution", {})
        code = await send(browser)
        await browser.go("/s/1")
    await to_the_check(browser, "formal_report", {"what_happened": "He shouts."})
    await browser.go("/s/files")
    form = browser.form("Add this file")
    await add(browser, b"words")
    if full == "of its code":
        await browser.go("/check")
        monkeypatch.setattr(type(world.intake.receiving), "most_of_code", 0)
        await browser.fill({"step": "send"})
        assert browser.path == browser.at("/check")
        assert "There is no room for more files here." in browser.text
        assert len((await inbox(client, code))["routes"]) == 1
        monkeypatch.undo()
        await browser.fill({"step": "send"})
        (_, route) = (await inbox(client, code))["routes"]
        assert [one["name"] for one in route["files"]] == ["file-1.txt"]
        return
    if full == "of one draft":
        monkeypatch.setattr(world.intake.receiving, "most", 1)
        said = "There is no room for more files here."
    else:
        monkeypatch.setattr(hold_file, "ROOM", 1)
        said = "There is no room for files here now. Send without it, and add it afterwards."
    form.fields = [(name, str(UUID(int=1)) if name == "once" else value) for name, value in form.fields]
    await browser.go((await browser.send_file(form, NAME, b"words")).headers["location"])
    assert browser.path == browser.at("/s/files")
    assert said in browser.text
    assert len(await draft_files(world, browser)) == 1


async def test_a_file_that_is_not_taken_while_asking_says_what_to_do_beside_its_field(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await asking(client, world)
    await add(browser, b"MZ\x90\x00 a program")
    assert browser.text.count("This kind of file is not taken.") == 2
    await onwards(browser, {})
    assert browser.path == browser.at("/check"), "and nobody has to"
    await browser.go("/s/files")
    assert "This kind of file is not taken." not in browser.text
    assert await draft_files(world, browser) == []


@pytest.mark.parametrize(("step", "then"), [("on", "/check"), ("keep", "/kept")])
async def test_a_file_that_was_chosen_is_taken_whichever_button_is_pressed(
    client: httpx.AsyncClient, world: World, step: str, then: str
) -> None:
    """Not by "Add this file" alone: the large button lies below it, and what she chose stands there."""
    browser = await asking(client, world)
    form = browser.form("Add this file")
    pressed = replace(form, action=form.elsewhere["step", step])
    await browser.go((await browser.send_file(pressed, NAME, b"MZ\x90\x00 a program")).headers["location"])
    assert browser.path == browser.at("/s/files")
    assert browser.text.count("This kind of file is not taken.") == 2
    await browser.go((await browser.send_file(pressed, NAME, b"")).headers["location"])
    assert browser.text.count("Choose a file that has something in it") == 2, "an empty one that was chosen"
    await browser.go((await browser.send_file(pressed, NAME, planted.jpeg())).headers["location"])
    assert browser.path == browser.at(then)
    assert len(await draft_files(world, browser)) == 1
    await browser.go("/s/files")
    assert browser.text.count("Remove file-") == 1
    assert "Choose a file that has something in it" not in browser.text
    await browser.fill({"step": step}, button="Add this file")
    assert browser.path == browser.at(then), "none was chosen"
    assert len(await draft_files(world, browser)) == 1


@pytest.mark.parametrize("way", ["direct_approach", ""])
async def test_where_nobody_is_sent_anything_no_file_is_asked_for(
    client: httpx.AsyncClient, world: World, way: str
) -> None:
    other = await asking(client, world)
    form = other.form("Add this file")
    browser = await begin(client, world)
    if way:
        await to_the_check(browser, way, {})
        assert "Files" not in browser.text
    await browser.go("/s/files")
    assert browser.path == browser.at("/check" if way else "/s/3")
    token = (browser.form() if way else browser.form("Choose")).hidden["csrf"]
    form.fields = [(name, token if name == "csrf" else value) for name, value in form.fields]
    assert (await browser.send_file(form, NAME, b"words")).headers["location"] == "/en/said/not_taken"
