"""A file that still comes in, in one window, while the draft is looked at, kept, sent or left in another: she is told,
by whichever process answers, and nothing is lost without a word.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis import migrations
from ops.local_stack.guardian import Guardian
from services.intake.tables import Base
from services.intake.use_cases import hold_file
from services.intake.web.pages import files, sending
from services.intake.web.pages.asking_draft import files_in
from tests.integration.intake.conftest import Browse, client_of
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, code_on, data_of, onwards, send
from tests.integration.intake.test_portal_sending import through
from tests.integration.intake.test_process import process_of
from tests.integration.intake.world import MIGRATIONS, World, code_of_new, inbox
from tests.waiting import eventually

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]
WORDS = b"plain words\n" * 5_000
COMES = "A file is still on its way"
LEFT = "A file was still on its way. It was not sent"


@dataclass
class Coming:
    """A file that comes in until `last` is set, and what its window is answered then."""

    window: PortalBrowser
    last: asyncio.Event
    answer: asyncio.Task[httpx.Response]

    async def arrives(self) -> PortalBrowser:
        self.last.set()
        await self.window.go((await self.answer).headers["location"])
        return self.window


async def at_the_check(client: httpx.AsyncClient, world: World) -> PortalBrowser:
    browser = await begin(client, world)
    await choose(browser, "formal_report", {"mode": "confidential"})
    await browser.go("/s/6")
    await browser.fill({"what_happened": "He shouts."})
    await browser.go("/check")
    return browser


@asynccontextmanager
async def coming(
    world: World, browser: PortalBrowser, client: httpx.AsyncClient | None = None
) -> AsyncIterator[Coming]:
    """In another window of this browser; `client`: at another process."""
    window = through(browser)
    await window.go("/s/files")
    window.client, last = client or window.client, asyncio.Event()
    before = await rows(world)
    answer = asyncio.create_task(window.send_file(window.form("Add this file"), "a.txt", WORDS, last))

    async def begun() -> bool:
        assert not answer.done()
        return len(await rows(world)) > len(before)

    await eventually(begun)
    try:
        yield Coming(window, last, answer)
    finally:
        answer.cancel()


async def rows(world: World) -> list[object]:
    return list(await world.rows("select file_id from draft_files"))


async def names(client: httpx.AsyncClient, code: str) -> list[str]:
    (route,) = (await inbox(client, code))["routes"]
    return [one["name"] for one in route["files"]]


async def test_it_is_told_at_the_check_and_goes_along_once_it_is_there(client: httpx.AsyncClient, world: World) -> None:
    browser = await at_the_check(client, world)
    late = browser.form("Send")
    async with coming(world, browser) as file:
        await browser.go("/check")
        assert COMES in browser.text
        # Also from a page that was there before.
        await browser.send(late, {"step": "send", "ethics_contact": "yes"})
        await browser.go("/check")
        assert COMES in browser.text
        assert "sent" not in await data_of(world, browser)
        assert browser.form("Send without").hidden["ethics_contact"] == "yes", "what was ticked stays"
        without = browser.form("Send without")
        arrived = await file.arrives()
        assert arrived.path == arrived.at("/s/files")
        assert "file-1.txt" in arrived.text
    # She chose to send without a file that was not there: now it is, and she has not looked at it.
    await browser.send(without, {"step": "without"})
    await browser.go("/check")
    assert "sent" not in await data_of(world, browser)
    assert COMES not in browser.text
    assert "file-1.txt" in browser.text
    assert await names(client, await send(browser)) == ["file-1.txt"]
    assert LEFT not in browser.text


async def test_whoever_sends_without_it_reads_in_both_windows_that_it_stayed_behind(
    client: httpx.AsyncClient, world: World
) -> None:
    browser, before = await at_the_check(client, world), await rows(world)
    async with coming(world, browser) as file:
        await browser.go("/check")
        await browser.fill({"step": "without"})
        code = code_on(browser)
        assert LEFT in browser.text
        arrived = await file.arrives()
        assert arrived.path == arrived.at("/sent")
        assert LEFT in arrived.text
    assert await names(client, code) == []
    assert await rows(world) == before
    assert files_in(await data_of(world, browser)) == []


async def test_one_that_begins_while_the_draft_is_being_sent_is_told_of_too(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await at_the_check(client, world)
    begun: list[Coming] = []
    lodges = sending.lodge_report
    async with AsyncExitStack() as open_windows:

        async def after_the_look(*given: Any, **more: Any) -> Any:
            begun.append(await open_windows.enter_async_context(coming(world, browser)))
            return await lodges(*given, **more)

        monkeypatch.setattr(sending, "lodge_report", after_the_look)
        code = await send(browser)
        assert LEFT in browser.text
        arrived = await begun[0].arrives()
        assert LEFT in arrived.text
    assert await names(client, code) == []


async def test_every_process_knows_what_comes_in_at_another_until_that_one_dies(
    fresh_world: FreshWorld, tmp_path: Path, guardian: Guardian, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await fresh_world()
    async with (
        client_of(world) as client,
        process_of(world.settings, tmp_path / "other", guardian, command="web") as (
            process,
            other,
        ),
    ):
        browser = await at_the_check(client, world)
        async with coming(world, browser, other) as file:
            await browser.go("/check")
            assert COMES in browser.text
            await browser.go("/s/files")
            answer = await browser.send_file(browser.form("Add this file"), "b.txt", WORDS)
            await browser.go(answer.headers["location"])
            assert "Files are being taken in now." in browser.text
            process.popen.kill()
            with pytest.raises(httpx.HTTPError):
                await file.arrives()

        async def forgotten() -> bool:
            await browser.go("/check")
            return COMES not in browser.text

        await world.rows("update draft_files set coming_until = coming_until - interval '25 seconds'")
        await eventually(forgotten)
        await browser.go("/s/files")
        answer = await browser.send_file(browser.form("Add this file"), "b.txt", WORDS)
        await browser.go(answer.headers["location"])
        await onwards(browser, {})
        assert await names(client, await send(browser)) == ["file-1.txt"]


async def test_it_is_on_its_way_however_long_it_takes(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold_file, "_MOVED_EVERY", 0.05)
    browser = await at_the_check(client, world)
    async with coming(world, browser) as file:

        async def moved() -> bool:
            (row,) = await world.rows("select count(*) from draft_files where coming_until > now() + '25 seconds'")
            return bool(row["count"])

        await world.rows("update draft_files set coming_until = now()")
        await eventually(moved)
        await browser.go("/check")
        assert COMES in browser.text
        await file.arrives()


async def test_one_that_is_not_taken_is_on_its_way_no_more(client: httpx.AsyncClient, world: World) -> None:
    browser = await at_the_check(client, world)
    await browser.go("/s/files")
    await browser.go(
        (await browser.send_file(browser.form("Add this file"), "a", b"MZ\x90\x00 a program")).headers["location"]
    )
    assert "This kind of file is not taken." in browser.text
    await browser.go("/check")
    assert COMES not in browser.text
    assert await names(client, await send(browser)) == []


async def test_whoever_keeps_a_place_is_told_that_it_is_not_kept_yet(client: httpx.AsyncClient, world: World) -> None:
    browser = await at_the_check(client, world)
    async with coming(world, browser) as file:
        await browser.go("/check")
        await browser.fill({"step": "keep"})
        assert "A file is still on its way, and not kept yet." in browser.text
        await file.arrives()
    await browser.go("/kept")
    assert "on its way" not in browser.text


async def test_deleting_everything_lets_go_of_it_too(client: httpx.AsyncClient, world: World) -> None:
    browser, before = await at_the_check(client, world), await rows(world)
    async with coming(world, browser) as file:
        await browser.go("/check")
        await browser.fill({"step": "delete"})
        assert browser.path == browser.at("/deleted")
        arrived = await file.arrives()
        assert arrived.path == arrived.at("/closed")
    assert await rows(world) == before


async def test_no_file_is_taken_for_pages_that_have_closed_while_it_began(
    client: httpx.AsyncClient, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session ends between being read and being asked to stay."""
    code = await code_of_new(client)
    browser = await browse(code)
    await browser.follow("Send a file")
    asked = files.reading

    async def left_meanwhile(*given: Any) -> Any:
        found = await asked(*given)
        await through(browser)._ask("GET", "/leave")
        return found

    monkeypatch.setattr(files, "reading", left_meanwhile)
    answer = await browser.send_file(browser.form("Send"), "a.txt", b"words")
    assert answer.headers["location"] == "/en/closed"
    assert await names(client, code) == []


async def test_files_of_drafts_that_earlier_code_took_in_are_not_on_their_way(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        browser = await at_the_check(client, world)
        await browser.go("/s/files")
        await browser.send_file(browser.form("Add this file"), "a.txt", WORDS)
        dsn = world.database.migration_dsn("intake")
        await migrations.migrate(dsn, MIGRATIONS, "0015")
        other = "insert into draft_files select gen_random_uuid(), of_session from draft_files"
        await world.rows(other)
        await migrations.migrate(dsn, MIGRATIONS)
        assert await migrations.differences(dsn, Base.metadata) == []
        assert len(await rows(world)) == 2
        await browser.go("/check")
        assert COMES not in browser.text
        assert await names(client, await send(browser)) == ["file-1.txt"]
