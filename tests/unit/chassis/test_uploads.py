"""A form with a file, read as it comes and put nowhere."""

import tempfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, post

from chassis.web.pages.uploads import NotAnUpload, read_upload
from chassis.web.problems import Problem

BOUNDARY = "xYzZY"
seen: dict[str, Any] = {}


@post("/", request_max_body_size=None)
async def take(request: Request[Any, Any, Any]) -> None:
    seen.clear()
    try:
        found = await read_upload(request)
        seen["fields"] = found.fields
        seen["parts"] = [part async for part in found.file]
    except (NotAnUpload, Problem) as error:
        seen["refused"] = type(error)


def field(name: str, value: bytes, *, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


FORM = f"multipart/form-data; boundary={BOUNDARY}"


async def send(body: bytes, *, at_once: int = 7, content_type: str = FORM) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), at_once):
            yield body[at : at + at_once]

    app = Litestar([take])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        answer = await client.post("/", content=pieces(), headers={"Content-Type": content_type})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("at_once", [1, 7, 100_000])
async def test_fields_and_file_come_through_however_they_are_cut(at_once: int) -> None:
    data = bytes(range(256)) * 8 + b"\r\n--xYz not the end"
    body = field("csrf", b"token") + field("report", "für".encode()) + field("file", data, filename="Jane's.jpg") + END
    await send(body, at_once=at_once)
    assert seen["fields"] == {"csrf": ["token"], "report": ["für"]}
    assert b"".join(seen["parts"]) == data


async def test_no_file_chosen_is_an_empty_one() -> None:
    await send(field("csrf", b"token") + field("file", b"", filename="") + END)
    assert (seen["fields"], seen["parts"]) == ({"csrf": ["token"]}, [])


async def test_what_stands_behind_the_file_is_not_read() -> None:
    await send(field("file", b"data", filename="a") + field("csrf", b"token") + END)
    assert (seen["fields"], seen["parts"]) == ({}, [b"data"])


async def test_a_file_of_some_size_is_put_on_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a file is opened")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    await send(field("file", b"x" * 3_000_000, filename="a") + END, at_once=65_536)
    assert sum(map(len, seen["parts"])) == 3_000_000


REFUSED = {
    "no file": field("csrf", b"token") + END,
    "one field too often": field("a", b"x") * 60 + field("file", b"", filename="a") + END,
    "too many fields": b"".join(field(f"a{n}", b"x") for n in range(60)) + field("file", b"", filename="a") + END,
    "a long field": field("a", b"x" * 5_000) + field("file", b"", filename="a") + END,
    "no text": field("a", b"\xff\xfe") + field("file", b"", filename="a") + END,
    "cut off in a file": field("file", b"data", filename="a")[:-2],
    "cut off before the end": field("a", b"x"),
    "another boundary": field("a", b"x").replace(BOUNDARY.encode(), b"other") + END,
    "nothing": b"",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
async def test_what_no_form_of_ours_sends_is_refused(body: bytes) -> None:
    await send(body)
    assert seen["refused"] is NotAnUpload


async def test_control_characters_are_refused_as_everywhere() -> None:
    await send(field("a", b"\x1b") + field("file", b"", filename="a") + END)
    assert seen["refused"] is Problem


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
async def test_another_encoding_is_refused(content_type: str) -> None:
    await send(field("file", b"data", filename="a") + END, content_type=content_type)
    assert seen["refused"] is NotAnUpload
