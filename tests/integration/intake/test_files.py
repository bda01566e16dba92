"""Files that a person sends: cleaned, sealed, listed, given back, and gone with their route."""

import asyncio
import contextlib
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.access_code import AccessCode
from chassis.sealing import SealNotOpened
from services.intake.files.kinds import FileRefused
from services.intake.files.receiving import Receiving, TooManyAtOnce, place
from services.intake.intake import utc_now
from services.intake.use_cases.keep_file import FileSent, keep_file, open_file
from tests import planted_files as planted
from tests.integration.intake.conftest import client_of
from tests.integration.intake.world import World, code_of_new, draft, inbox, with_code

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]
BYTES = "application/octet-stream"


async def route(client: httpx.AsyncClient, world: World, body: dict[str, Any] | None = None) -> tuple[str, str]:
    code = await code_of_new(client, body or draft())
    return code, await world.report_id(client, code)


async def send(
    client: httpx.AsyncClient, code: str, report_id: str, data: Any, action_id: UUID | None = None, **headers: str
) -> httpx.Response:
    sent = {"Report-Id": report_id, "Action-Id": str(action_id or uuid4()), "Content-Type": BYTES}
    return await client.post("/api/v1/inbox/files", content=data, headers=with_code(code) | sent | headers)


async def files(client: httpx.AsyncClient, code: str, place: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await inbox(client, code))["routes"][place]["files"]
    return found


async def fetch(client: httpx.AsyncClient, code: str, item_id: str) -> httpx.Response:
    return await client.get(f"/api/v1/inbox/files/{item_id}", headers=with_code(code))


async def come(data: bytes, length: int = 60_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), length):
        yield data[at : at + length]


async def test_a_file_lies_in_her_inbox_cleaned_and_under_a_name_of_ours(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await route(client, world)
    action_id = uuid4()
    for _ in range(2):
        answer = await send(client, code, report_id, planted.jpeg(), action_id)
        assert (answer.status_code, answer.json()) == (201, {"action_id": str(action_id)}), answer.text
    await send(client, code, report_id, planted.pdf())
    first, second = await files(client, code)
    assert (first["name"], first["media_type"]) == ("file-1.jpg", "image/jpeg")
    assert {"place", "author", "times", "device"} <= set(first["removed"])
    assert second["name"] == "file-2.pdf"
    given = await fetch(client, code, first["item_id"])
    assert given.status_code == 200
    assert len(given.content) == first["size"]
    assert planted.told(given.content) == set()


async def test_s19_a_file_is_given_as_an_attachment_that_nothing_keeps_or_opens(
    client: httpx.AsyncClient, world: World
) -> None:
    code, report_id = await route(client, world)
    await send(client, code, report_id, planted.png())
    ((file),) = await files(client, code)
    given = (await fetch(client, code, file["item_id"])).headers
    assert given["content-disposition"] == 'attachment; filename="file-1.png"'
    assert (given["content-type"], given["cache-control"]) == (BYTES, "no-store")
    assert given["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in given["content-security-policy"]


async def test_her_desk_is_told_that_something_came_and_nothing_more(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await route(client, world)
    await send(client, code, report_id, planted.docx())
    ((file),) = await files(client, code)
    event = (await world.events(report_id))[-1]
    assert (event.topic, event.message.item_id) == ("intake.reports.ombuds.v1", file["item_id"])
    assert b"docx" not in event.value
    entries = [entry for entry in await world.audit() if entry["act"] == "file_received"]
    assert {(entry["object"], entry["actor"]) for entry in entries} == {("ombuds", None)}


async def test_nothing_of_it_is_in_the_database_in_clear(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        await send(client, code, report_id, planted.SEEN.encode() * 100)
        rows = await world.rows("select ciphertext from file_chunks union all select ciphertext from items")
    assert len(rows) > 3
    assert not [row for row in rows if b"seen" in bytes(row["ciphertext"]) or b"file-1" in bytes(row["ciphertext"])]


async def test_only_her_code_opens_it_and_only_the_copy(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await route(client, world)
    other, _ = await route(client, world)
    await send(client, code, report_id, planted.jpeg())
    ((file),) = await files(client, code)
    (original,) = await world.rows(
        "select item_id from items where report_id = $1 and kind = 'original'", UUID(report_id)
    )
    wrong = [
        await fetch(client, other, file["item_id"]),
        await fetch(client, code, str(original["item_id"])),
        await fetch(client, code, str(uuid4())),
        await send(client, other, report_id, planted.jpeg()),
    ]
    assert [answer.status_code for answer in wrong] == [404] * 4
    assert len({answer.content for answer in wrong}) == 1


REFUSED = {
    "of another kind": (b"\x7fELF" + bytes(40), 415, "file_wrong_type"),
    "broken": (b"\xff\xd8\xff nothing", 422, "file_unreadable"),
    "locked": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), 422, "file_encrypted"),
    "empty": (b"", 400, "file_empty"),
}


@pytest.mark.parametrize(("data", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_file_that_is_not_taken_leaves_nothing_and_says_what_to_do(
    client: httpx.AsyncClient, world: World, data: bytes, status: int, code: str
) -> None:
    access, report_id = await route(client, world)
    action_id = uuid4()
    answer = await send(client, access, report_id, data, action_id)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].count(".") >= 2, "what is wrong, and what to do"
    assert await files(client, access) == []
    assert (await send(client, access, report_id, planted.png(), action_id)).status_code == 201, "and may try again"


async def test_a_file_that_is_too_large_is_refused_before_it_has_come_whole(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    world.intake.receiving.largest = 1000
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        over = await send(client, code, report_id, b"x" * 1001)
        comes = await send(client, code, report_id, come(b"x" * 1001, 100))
        fits = await send(client, code, report_id, b"x" * 1000)
    assert (over.status_code, over.json()["code"]) == (413, "file_too_large")
    assert (comes.status_code, comes.json()["code"]) == (413, "file_too_large")

    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    with pytest.raises(FileRefused, match="too_large"):
        async with world.intake.receiving.received(uuid4(), endless()):
            pass
    assert 1000 < read < 10_000, "a part of it, so that whoever sends it gets to read why not"
    assert fits.status_code == 201


async def test_there_is_room_for_so_many(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    world.intake.receiving.most = 2
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        answers = [await send(client, code, report_id, b"words") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 409, 409]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"file_too_many"}
        assert sorted(one["name"] for one in await files(client, code)) == ["file-1.txt", "file-2.txt"]


async def test_of_one_route_one_file_comes_in_at_a_time(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code, report_id = await route(client, world)
        comes, goes_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield b"words "
            comes.set()
            await goes_on.wait()
            yield b"to the end"

        first = asyncio.create_task(send(client, code, report_id, slowly()))
        await comes.wait()
        second = await send(client, code, report_id, b"words")
        assert (second.status_code, second.json()["code"]) == (503, "unavailable")
        goes_on.set()
        assert (await first).status_code == 201
        assert (await send(client, code, report_id, b"words")).status_code == 201


async def test_what_hardly_comes_is_given_up() -> None:
    receiving, never = Receiving(), asyncio.Event()
    receiving.slowest = 0.05

    async def hardly() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), 0.005)

    with pytest.raises(TimeoutError):
        async with receiving.received(uuid4(), hardly()):
            pass


async def test_waiting_for_the_cleaner_comes_to_an_end() -> None:
    receiving, report_id = Receiving(), uuid4()
    receiving.waiting = 0.05
    async with place(receiving._cleaning, 1), place(receiving._cleaning, 1):
        with pytest.raises(TooManyAtOnce):
            async with receiving.received(report_id, come(b"words")):
                pass
    async with receiving.received(report_id, come(b"words")) as file:
        assert file.copy.size


async def test_headers_that_are_missing_or_wrong_are_named(client: httpx.AsyncClient, world: World) -> None:
    code, report_id = await route(client, world)
    as_form = await send(client, code, report_id, b"words", **{"Content-Type": "multipart/form-data; boundary=x"})
    assert (as_form.status_code, as_form.json()["code"]) == (415, "not_bytes")
    no_report = await client.post(
        "/api/v1/inbox/files", content=b"words", headers=with_code(code) | {"Action-Id": "x", "Content-Type": BYTES}
    )
    assert (no_report.status_code, no_report.json()["code"]) == (400, "invalid")


async def test_the_largest_file_is_never_in_memory_whole(fresh_world: FreshWorld) -> None:
    """What this process allocates while 20 MB go through it, in and out, beside the pool and the statements."""
    world = await fresh_world()
    line = (os.urandom(500).hex() + "\n").encode()
    largest = Receiving().largest
    digest = hashlib.sha256()

    async def words() -> AsyncIterator[bytes]:
        left = largest
        while left:
            part = line[: min(left, len(line))]
            left -= len(part)
            digest.update(part)
            yield part

    async with client_of(world) as client:
        code, report_id = await route(client, world)
        access = AccessCode.parse(code)
        await keep_file(world.intake, access, FileSent(UUID(report_id), uuid4()), come(b"warm"), utc_now())
        tracemalloc.start()
        try:
            await keep_file(world.intake, access, FileSent(UUID(report_id), uuid4()), words(), utc_now())
            (_, file) = await files(client, code)
            given = hashlib.sha256()
            found = await open_file(world.intake, access, UUID(file["item_id"]))
            async for part in found.content.parts():
                given.update(part)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert file["size"] == largest
    assert given.digest() == digest.digest()
    assert peak < 8 * 1024 * 1024


BREAKS = {
    "cut off": "delete from file_chunks where item_id = $1 and number = 2",
    "gone": "delete from file_chunks where item_id = $1",
    "reordered": "update file_chunks set number = case number when 0 then 100 when 1 then 0 else number end"
    " where item_id = $1 and number < 2",
    "changed": "update file_chunks set ciphertext = set_byte(ciphertext, 5000, 1 # get_byte(ciphertext, 5000))"
    " where item_id = $1 and number = 1",
}


@pytest.mark.parametrize("statement", BREAKS.values(), ids=BREAKS.keys())
async def test_a_file_that_is_not_whole_does_not_look_whole(
    client: httpx.AsyncClient, world: World, statement: str
) -> None:
    code, report_id = await route(client, world)
    await send(client, code, report_id, b"words " * 120_000)
    ((file),) = await files(client, code)
    await world.rows(statement, UUID(file["item_id"]))
    if statement.startswith("update file_chunks set number"):
        await world.rows("update file_chunks set number = 1 where item_id = $1 and number = 100", UUID(file["item_id"]))
    found = await open_file(world.intake, AccessCode.parse(code), UUID(file["item_id"]))
    with pytest.raises(SealNotOpened):
        [part async for part in found.content.parts()]
