"""Leaving with files in the draft: what opens them goes at once, their bytes soon after, whatever dies in between."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from chassis.sealing import SealNotOpened
from ops.local_stack.guardian import Guardian
from services.intake.use_cases.hold_file import Held
from services.intake.use_cases.sweep_chunks import sweep_chunks
from services.intake.web.pages.asking_draft import files_in
from tests.integration.intake.conftest import client_of
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, data_of
from tests.integration.intake.test_process import begun, process_of
from tests.integration.intake.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]
WORDS = b"plain words\n"


async def with_a_file(client: httpx.AsyncClient, world: World) -> tuple[PortalBrowser, Held]:
    """A draft with a file, and what opens that."""
    browser = await begin(client, world)
    await choose(browser, "formal_report")
    await browser.go("/s/files")
    answer = await browser.send_file(browser.form("Add this file"), "a.txt", WORDS * 30_000)
    await browser.go(answer.headers["location"])
    (held,) = files_in(await data_of(world, browser))
    return browser, held


async def chunks(world: World, file_id: UUID) -> int:
    (row,) = await world.rows("select count(*) from draft_chunks where file_id = $1", file_id)
    return int(row["count"])


async def as_long_as_any(world: World, file_id: UUID) -> None:
    """More of it, up to what the largest file takes with its copy."""
    more = "insert into draft_chunks select $1, false, number, '\\x00' from generate_series(10, 167) as number"
    await world.rows(more, file_id)


async def opened(world: World, held: Held) -> bytes:
    return b"".join([part async for part in held.file(world.intake.database).original.parts()])


async def test_leaving_takes_what_opens_a_file_at_once_and_waits_for_none_of_its_bytes(
    fresh_world: FreshWorld,
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        browser, held = await with_a_file(client, world)
        _, other = await with_a_file(client, world)
        assert await opened(world, held) == WORDS * 30_000
        there = await chunks(world, held.file_id)
        answer = await browser._ask("GET", "/leave")
    assert (answer.headers["location"], browser.cookie) == (world.settings.leave_to, "")
    assert await chunks(world, held.file_id) == there > 2, "nobody who leaves waits for them"
    assert not await world.rows("select 1 from draft_files where file_id = $1", held.file_id)
    assert len(await world.rows("select 1 from web_sessions")) == 1
    # Nor does whoever has come to the key, in another window or before.
    with pytest.raises(SealNotOpened):
        await opened(world, held)
    assert await sweep_chunks(world.intake) == there
    assert await chunks(world, held.file_id) == 0
    assert await opened(world, other) == WORDS * 30_000, "another draft is none of it"


async def test_what_is_left_of_a_file_is_swept_also_when_the_process_dies_over_it(
    fresh_world: FreshWorld, tmp_path: Path, guardian: Guardian
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        browser, held = await with_a_file(client, world)
        await as_long_as_any(world, held.file_id)
        whole = await chunks(world, held.file_id)
        await browser._ask("GET", "/leave")
    async with begun(world.settings, tmp_path / "first", guardian, failpoints="intake.chunks_swept") as (process, _):
        assert await asyncio.to_thread(process.popen.wait, 60) == -signal.SIGKILL
    assert 0 < await chunks(world, held.file_id) < whole, "it died in the middle"
    async with process_of(world.settings, tmp_path / "second", guardian):

        async def gone() -> bool:
            return await chunks(world, held.file_id) == 0

        await eventually(gone)


async def test_a_file_that_was_removed_and_comes_again_by_the_same_form_is_there_again(
    fresh_world: FreshWorld,
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        browser = await begin(client, world)
        await choose(browser, "formal_report")
        await browser.go("/s/files")
        form = browser.form("Add this file")
        for _ in range(2):
            await browser.go((await browser.send_file(form, "a.txt", WORDS)).headers["location"])
            (held,) = files_in(await data_of(world, browser))
            assert await opened(world, held) == WORDS
            await browser.fill({"remove": str(held.file_id)}, button="Remove")
            with pytest.raises(SealNotOpened):
                await opened(world, held)
