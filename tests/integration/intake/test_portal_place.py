"""Stopping in the middle: the draft goes under a code of its own, opens with nothing else, and goes in time."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from chassis import sealing
from chassis.access_code import AccessCode
from chassis.sealing import SealNotOpened, open_with
from chassis.web.pages.words import Words
from services.intake.intake import NothingHere, utc_now
from services.intake.use_cases.keep_place import forget_old_places, keep_place, place_of
from services.intake.use_cases.sweep_chunks import sweep_chunks
from services.intake.web.pages.asking_draft import files_in
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.portal_walk import begin, choose, code_on, data_of, onwards, send, to_the_check
from tests.integration.intake.world import World, inbox

pytestmark = pytest.mark.stack

WORDS = "She has not decided yet."


async def kept(client: httpx.AsyncClient, world: World) -> tuple[PortalBrowser, str]:
    """Stopped on the page of words, with these; and the code that was shown."""
    browser = await begin(client, world)
    await choose(browser, "formal_report", {"mode": "confidential"})
    await browser.go("/s/6")
    await browser.fill({"what_happened": WORDS, "step": "keep"})
    assert browser.path == browser.at("/kept")
    return browser, code_on(browser)


async def test_a_kept_place_opens_with_its_code_alone_until_the_day_shown(
    client: httpx.AsyncClient, world: World
) -> None:
    browser, code = await kept(client, world)
    assert "Nothing has been sent." in browser.text
    until = world.intake.policy.due("draft.expire", utc_now())
    assert Words()["en"].day(until) in browser.text
    draft = await place_of(world.intake, AccessCode.parse(code), utc_now())
    assert (draft["q:words"]["what_happened"], draft["route"], draft["at"]) == (WORDS, "formal_report", "/s/6")
    assert "code" not in draft
    last = until.replace(hour=23)
    assert await place_of(world.intake, AccessCode.parse(code), last) == draft
    with pytest.raises(NothingHere):
        await place_of(world.intake, AccessCode.parse(code), last + timedelta(hours=1))
    with pytest.raises(NothingHere):
        await place_of(world.intake, AccessCode(bytes(15)), utc_now())


async def test_what_is_stored_of_a_place_tells_nothing(client: httpx.AsyncClient, world: World) -> None:
    _, code = await kept(client, world)
    digest = AccessCode.parse(code).lookup_digest(world.intake.keys.secret("pepper"))
    (row,) = await world.rows("select * from kept_places where digest = $1", digest)
    assert set(row.keys()) == {"digest", "sealed", "forget_on"}
    for secret in (WORDS, code, code.replace("-", ""), "formal_report"):
        assert secret.encode() not in row["sealed"]
    with pytest.raises(SealNotOpened):
        open_with(AccessCode(bytes(15)).list_key(), row["sealed"], context=b"place|" + row["digest"])


async def test_no_two_places_differ_by_a_few_words_in_length(world: World) -> None:
    async def size(words: str) -> int:
        kept = await keep_place(world.intake, {"q:words": {"what_happened": words}}, utc_now())
        digest = kept.code.lookup_digest(world.intake.keys.secret("pepper"))
        (row,) = await world.rows("select length(sealed) as size from kept_places where digest = $1", digest)
        return int(row["size"])

    assert await size("a") == await size("a few more words")


async def test_going_on_and_stopping_again_keeps_the_same_code(client: httpx.AsyncClient, world: World) -> None:
    browser, code = await kept(client, world)
    await browser.follow("Go on writing")
    assert browser.path == browser.at("/s/6")
    await browser.fill({"what_happened": "Changed.", "step": "keep"})
    assert code_on(browser) == code
    draft = await place_of(world.intake, AccessCode.parse(code), utc_now())
    assert draft["q:words"]["what_happened"] == "Changed."


async def test_closing_the_pages_leaves_the_place_and_nothing_in_the_browser(
    client: httpx.AsyncClient, world: World
) -> None:
    browser, code = await kept(client, world)
    cookie = browser.cookie
    await browser.fill()
    assert (browser.path.rstrip("/"), browser.cookie) == ("/en", "")
    browser.cookie = cookie
    await browser.go("/s/6")
    assert browser.path == browser.at("/closed")
    assert await place_of(world.intake, AccessCode.parse(code), utc_now())


async def test_coming_back_with_the_code_goes_on_where_somebody_stopped(
    client: httpx.AsyncClient, world: World
) -> None:
    _, code = await kept(client, world)
    elsewhere = PortalBrowser(client, world.settings.public_url, "fr")
    await elsewhere.go("/back")
    await elsewhere.fill({"code": code.lower()})
    assert elsewhere.path == elsewhere.at("/s/6")
    assert elsewhere.form().hidden["what_happened"] == WORDS
    await onwards(elsewhere, {})
    assert elsewhere.path == elsewhere.at("/check")
    (route,) = (await inbox(client, await send(elsewhere)))["routes"]
    assert [one["text"] for one in route["answers"]] == [WORDS]
    with pytest.raises(NothingHere):
        await place_of(world.intake, AccessCode.parse(code), utc_now())


async def test_stopping_asks_for_nothing_that_is_missing_and_keeps_what_cannot_be_sent_yet(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await choose(browser, "supervisor_request", {"mode": "confidential"})
    await browser.go("/s/5")
    await browser.fill({"step": "keep"})
    assert browser.path == browser.at("/kept")
    await browser.go("/s/5")
    await browser.fill({"recipient": "the boss", "step": "keep"})
    assert browser.path == browser.at("/kept")
    draft = await place_of(world.intake, AccessCode.parse(code_on(browser)), utc_now())
    assert draft["typed:/s/5"]["values"] == {"recipient": "the boss"}
    assert draft["q:manager"] == {}


async def test_from_the_ways_and_from_the_check_a_place_can_be_kept_too(
    client: httpx.AsyncClient, world: World
) -> None:
    browser = await begin(client, world)
    await onwards(browser, {})
    await browser.fill({"step": "keep"})
    assert (await place_of(world.intake, AccessCode.parse(code_on(browser)), utc_now()))["at"] == "/s/3"
    await browser.go("/s/1")
    await to_the_check(browser, "informal_resolution", {})
    await browser.fill({"step": "keep"})
    assert (await place_of(world.intake, AccessCode.parse(code_on(browser)), utc_now()))["at"] == "/check"


async def test_what_was_sent_or_deleted_is_kept_under_no_other_code(client: httpx.AsyncClient, world: World) -> None:
    for ending in ("send", "delete"):
        browser, code = await kept(client, world)
        await browser.follow("Go on writing")
        await onwards(browser, {})
        if ending == "send":
            assert [one["route"] for one in (await inbox(client, await send(browser)))["routes"]] == ["formal_report"]
            assert "place" not in await data_of(world, browser)
        else:
            await browser.fill({"step": "delete"})
        with pytest.raises(NothingHere):
            await place_of(world.intake, AccessCode.parse(code), utc_now())


async def added(world: World, browser: PortalBrowser, content: bytes) -> UUID:
    """A file of the draft in this browser: the newest."""
    await browser.go("/s/files")
    await browser.go((await browser.send_file(browser.form("Add this file"), "a", content)).headers["location"])
    return files_in(await data_of(world, browser))[-1].file_id


async def chunks(world: World, file_id: UUID) -> int:
    """Of a file, once it was swept."""
    await sweep_chunks(world.intake)
    (row,) = await world.rows("select count(*) from draft_chunks where file_id = $1", file_id)
    return int(row["count"])


async def test_files_go_with_the_place_and_no_more_with_the_session(client: httpx.AsyncClient, world: World) -> None:
    browser, _ = await kept(client, world)
    first, second = await added(world, browser, b"one"), await added(world, browser, b"two")
    await browser.fill({"step": "keep"}, place=-1)
    code = code_on(browser)
    await browser.fill()
    assert browser.cookie == ""
    assert [await chunks(world, one) for one in (first, second)] == [2, 2], "each and its copy"
    digest = AccessCode.parse(code).lookup_digest(world.intake.keys.secret("pepper"))
    (row,) = await world.rows("select sealed from kept_places where digest = $1", digest)
    assert b"text/plain" not in row["sealed"]

    elsewhere = PortalBrowser(client, world.settings.public_url)
    await elsewhere.go("/back")
    await elsewhere.fill({"code": code})
    assert elsewhere.path == elsewhere.at("/s/files")
    third = await added(world, elsewhere, b"three")
    await elsewhere.fill({"remove": str(first)}, button="Remove")
    assert [await chunks(world, one) for one in (first, second, third)] == [0, 2, 2], "also from the place"
    await onwards(elsewhere, {})
    access = await send(elsewhere)
    (route,) = (await inbox(client, access))["routes"]
    assert [one["name"] for one in route["files"]] == ["file-1.txt", "file-2.txt"]
    assert [await chunks(world, one) for one in (second, third)] == [0, 0]


async def test_places_are_swept_after_their_day_with_their_files(client: httpx.AsyncClient, world: World) -> None:
    browser, _ = await kept(client, world)
    file_id = await added(world, browser, b"one")
    await browser.fill({"step": "keep"}, place=-1)
    code = code_on(browser)
    digest = AccessCode.parse(code).lookup_digest(world.intake.keys.secret("pepper"))
    until = world.intake.policy.due("draft.expire", utc_now())
    await forget_old_places(world.intake, until)
    assert await world.rows("select 1 from kept_places where digest = $1", digest)
    assert await chunks(world, file_id)
    await forget_old_places(world.intake, until + timedelta(days=1))
    assert not await world.rows("select 1 from kept_places where digest = $1", digest)
    assert not await chunks(world, file_id)


async def test_more_than_may_be_kept_is_told_on_a_page_and_what_was_there_stays(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, code = await kept(client, world)
    await browser.follow("Go on writing")
    before = await data_of(world, browser)
    with monkeypatch.context() as changed:
        changed.setattr(sealing, "MOST_KEPT", 5_000)
        await browser.fill({"what_happened": "x" * 5_000})
        assert browser.path == browser.at("/said/not_taken")
        with pytest.raises(sealing.TooMuchToKeep):
            await keep_place(world.intake, {"q:words": {"what_happened": "x" * 5_000}}, utc_now())
    assert await data_of(world, browser) == before
    assert (await place_of(world.intake, AccessCode.parse(code), utc_now()))["q:words"]["what_happened"] == WORDS
