"""Files from a page: streamed in from a plain form, taken once, given back cleaned and under a name of ours."""

from typing import Any

import httpx
import pytest

from tests import planted_files as planted
from tests.integration.intake.conftest import Browse
from tests.integration.intake.portal_browser import PortalBrowser
from tests.integration.intake.world import World, code_of_new, inbox

pytestmark = pytest.mark.stack
NAME = "the day he shouted.jpg"


async def files(client: httpx.AsyncClient, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await inbox(client, code))["routes"][0]["files"]
    return found


async def at_the_form(browse: Browse, code: str) -> PortalBrowser:
    browser = await browse(code)
    await browser.follow("Send a file")
    return browser


async def test_a_file_is_taken_once_and_comes_back_cleaned_after_the_code(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    code = await code_of_new(client)
    browser = await at_the_form(browse, code)
    form = browser.form("Send")
    for _ in range(2):
        answer = await browser.send_file(form, NAME, planted.jpeg())
        assert answer.headers["location"] == "/en/inbox"
    await browser.go("/inbox")
    assert "Your file has been sent." in browser.text
    (kept,) = await files(client, code)
    address = f"/inbox/whole/{kept['item_id']}"
    # Whoever found the code in an open inbox does not get it.
    assert (await browser.go(address)).headers["content-type"].startswith("text/html")
    await browser.go("/inbox/whole")
    await browser.fill({"code": code}, button="Continue")
    assert kept["name"] in browser.text
    assert "The copy has no more:" in browser.text
    assert "shouted" not in browser.page.text
    copy = await browser.go(address)
    assert copy.headers["content-disposition"] == f'attachment; filename="{kept["name"]}"'
    assert (copy.headers["content-type"], copy.headers["cache-control"]) == ("application/octet-stream", "no-store")
    assert copy.headers["x-content-type-options"] == "nosniff"
    assert planted.jpeg()[:3] == copy.content[:3]
    assert planted.told(copy.content) == set()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a file that has something in it"),
        (b"MZ\x90\x00 a program", "This kind of file is not taken."),
        (b"%PDF-1.7 and nothing", "This file cannot be opened."),
        (b"x" * 2_000, "This file is too large."),
    ],
    ids=["empty", "wrong kind", "broken", "too large"],
)
async def test_a_file_that_is_not_taken_says_what_to_do_beside_its_field(
    client: httpx.AsyncClient,
    browse: Browse,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    said: str,
) -> None:
    code = await code_of_new(client)
    browser = await at_the_form(browse, code)
    monkeypatch.setattr(world.intake.receiving, "largest", 1_000)
    answer = await browser.send_file(browser.form("Send"), NAME, content)
    await browser.go(answer.headers["location"])
    assert browser.text.count(said) == 2
    assert "shouted" not in browser.page.text
    assert await files(client, code) == []


async def test_a_file_of_a_form_that_is_not_ours_is_not_even_read(
    client: httpx.AsyncClient, browse: Browse, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await code_of_new(client)
    browser = await at_the_form(browse, code)
    form, another, reordered = browser.form("Send"), browser.form("Send"), browser.form("Send")
    another.fields = [("csrf", "x"), *[one for one in form.fields if one[0] != "csrf"]]
    reordered.fields = []

    def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(world.intake.receiving, "received", never)
    for answer in (
        await browser.send_file(another, NAME, b"text"),
        await browser.send_file(reordered, NAME, b"text"),
        await browser.send_file(form, NAME, b"text", Origin="https://elsewhere.example"),
        await browser.send_file(form, NAME, b"text", **{"Content-Type": "multipart/form-data; boundary=other"}),
        await browser.send_file(form, NAME, b"text", **{"Content-Type": "multipart/form-data"}),
        await browser.send(form, {}),
    ):
        assert answer.headers["location"] == "/en/said/not_taken"


async def test_a_file_is_not_held_whole_while_it_comes_in(
    client: httpx.AsyncClient, browse: Browse, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await code_of_new(client)
    browser = await at_the_form(browse, code)
    came: list[int] = []
    fill = world.intake.receiving._fill

    async def watched(original: Any, parts: Any) -> None:
        async def counted() -> Any:
            async for part in parts:
                came.append(len(part))
                yield part

        await fill(original, counted())

    monkeypatch.setattr(world.intake.receiving, "_fill", watched)
    form, sent = browser.form("Send"), b"plain words\n" * 50_000

    async def body() -> Any:
        fields = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form.fields
        )
        yield fields.encode() + b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for start in range(0, len(sent), 60_000):
            yield sent[start : start + 60_000]
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": browser.origin, "Cookie": browser.cookie}
    answer = await client.post(form.action, content=body(), headers=headers)
    assert answer.headers["location"] == "/en/inbox"
    assert sum(came) == len(sent)
    assert max(came) <= 60_000
    assert len(await files(client, code)) == 1
