"""Whoever fills the room for open pages, or for kept places, keeps others from beginning, calmly; nobody who is in."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from services.intake import room
from services.intake.intake import utc_now
from services.intake.room import NoRoom, Room, Taken
from services.intake.use_cases.keep_place import keep_place
from tests.integration.intake.conftest import client_of
from tests.integration.intake.portal_browser import PortalBrowser, come_back
from tests.integration.intake.portal_walk import begin, choose, code_on, data_of, send
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack
WORDS = "He shouts."
FreshWorld = Callable[..., Awaitable[World]]


@pytest.fixture
async def small(
    fresh_world: FreshWorld, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    """Room for two of each, asked of the database each time."""
    monkeypatch.setattr(room, "MOST", 2 * 64 * 1024)
    monkeypatch.setattr(room, "_ASKED_EVERY", 0.0)
    world = await fresh_world()
    async with client_of(world) as client:
        yield world, client


async def with_words(client: httpx.AsyncClient, world: World) -> PortalBrowser:
    browser = await begin(client, world)
    await choose(browser, "formal_report", {"mode": "confidential"})
    await browser.go("/s/6")
    await browser.fill({"what_happened": WORDS})
    return browser


async def test_a_newcomer_reads_when_to_come_again_and_where_help_is(small: tuple[World, httpx.AsyncClient]) -> None:
    world, client = small
    first, second = await with_words(client, world), await with_words(client, world)
    newcomer = PortalBrowser(client, world.settings.public_url)
    for page in ("/before", "/outside", "/data"):
        await newcomer.go(page)
        await newcomer.fill()
        assert newcomer.path == newcomer.at("/full")
        assert newcomer.cookie == ""
    assert "Try again in half an hour." in newcomer.text
    assert "/en/help" in newcomer.page.text
    # Who is in goes on, keeps a place, comes back with its code, and sends.
    await first.go("/before")
    await first.fill()
    assert first.path == first.at("/s/1")
    await first.go("/check")
    await first.fill({"step": "keep"})
    code = code_on(first)
    await come_back(newcomer, code)
    assert newcomer.path == newcomer.at("/check")
    assert len((await inbox(client, await send(newcomer)))["routes"]) == 1
    await second._ask("GET", "/leave")
    await first._ask("GET", "/leave")
    assert (await begin(client, world)).cookie


async def test_where_no_place_can_be_kept_what_was_written_stays_and_is_sent(
    small: tuple[World, httpx.AsyncClient],
) -> None:
    world, client = small
    early = await with_words(client, world)
    await early.go("/check")
    await early.fill({"step": "keep"})
    await keep_place(world.intake, {"at": "/s/1"}, utc_now())
    late = await with_words(client, world)
    await late.go("/s/7")
    wish = next(name for name in late.form().names if name not in ("csrf", "step"))
    await late.fill({wish: "More.", "step": "keep"})
    assert late.path == late.at("/full")
    assert "What you wrote is still on these pages" in late.text
    assert "More." in str(await data_of(world, late))
    # A place that there is already is kept again.
    await early.follow("Go on writing")
    await early.fill({"step": "keep"})
    assert early.path == early.at("/kept")
    await late.follow("Go on writing")
    (route,) = (await inbox(client, await send(late)))["routes"]
    assert WORDS in [one["text"] for one in route["answers"]]


async def test_places_never_keep_anybody_from_the_first_page(small: tuple[World, httpx.AsyncClient]) -> None:
    world, client = small
    for _ in range(2):
        await keep_place(world.intake, {"at": "/s/1"}, utc_now())
    with pytest.raises(NoRoom):
        await keep_place(world.intake, {"at": "/s/1"}, utc_now())
    browser = await begin(client, world)
    assert browser.path == browser.at("/s/1")


async def test_what_is_long_counts_as_long_as_it_is(fresh_world: FreshWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the database keeps it beside the row."""
    world = await fresh_world()
    await keep_place(world.intake, {"q:words": {"what_happened": "x" * 500_000}}, utc_now())
    monkeypatch.setattr(room, "MOST", 500_000)
    with pytest.raises(NoRoom):
        await Room().check(world.intake.database, Taken.PLACES)
    await Room().check(world.intake.database, Taken.PAGES)


async def test_a_flood_asks_the_database_once_in_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Room()
    await asked.check(world.intake.database, Taken.PLACES)
    monkeypatch.setattr(room, "MOST", 0)
    await asked.check(world.intake.database, Taken.PLACES)
    with pytest.raises(NoRoom):
        await Room().check(world.intake.database, Taken.PLACES)
