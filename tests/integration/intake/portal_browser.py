"""A person in front of the portal: goes to pages, follows links, fills in the forms that she finds there.

What a browser does and httpx does not over http is done here: the `Secure` cookie, `Origin`, the fields of a form.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx


@dataclass
class Form:
    """`fields` are those that a browser sends of itself: hidden ones, what is filled in, ticked or chosen already.
    `elsewhere`: where a button sends it that has an address of its own, by its name and value. Such a form has a
    file, and none is chosen.
    """

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    offered: dict[str, list[str]] = field(default_factory=dict)
    elsewhere: dict[tuple[str, str], str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    @property
    def hidden(self) -> dict[str, str]:
        return dict(self.fields)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area: str | None = None
        self._select: str | None = None
        self._button = False
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given["action"]))
            self._open = True
        if not self._open:
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag == "button":
            self._button = True
            form.buttons.append("")
            if name:
                form.names.add(name)
                form.offered.setdefault(name, []).append(given["value"])
            if "formaction" in given:
                form.elsewhere[name, given["value"]] = given["formaction"]
        elif tag == "textarea":
            self._area = name
            form.names.add(name)
            form.fields.append((name, ""))
        elif tag == "select":
            self._select = name
            form.names.add(name)
        elif tag == "option" and self._select:
            form.offered.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                form.fields.append((self._select, given["value"]))
        elif tag == "input":
            form.names.add(name)
            if given.get("type") in ("radio", "checkbox"):
                form.offered.setdefault(name, []).append(given["value"])
                if "checked" in given:
                    form.fields.append((name, given["value"]))
            elif given.get("type") != "file":
                form.fields.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "button":
            self._button = False

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            form = self.forms[-1]
            name, value = form.fields[-1]
            # A browser drops the first line break of a textarea.
            form.fields[-1] = (name, value + (data.removeprefix("\n") if not value else data))
        elif self._button:
            self.forms[-1].buttons[-1] += data.strip()


class PortalBrowser:
    """One person's browser. `page` is the newest answer that was no redirect, `seen` every answer in order."""

    def __init__(self, client: httpx.AsyncClient, origin: str, language: str = "en") -> None:
        self.client, self.origin, self.language = client, origin, language
        self.cookie = ""
        self.seen: list[httpx.Response] = []

    @property
    def page(self) -> httpx.Response:
        return self.seen[-1]

    @property
    def path(self) -> str:
        return self.page.request.url.path

    @property
    def title(self) -> str:
        (title,) = re.findall("<title>([^<]*)</title>", self.page.text)
        return str(title)

    @property
    def text(self) -> str:
        """What a reader sees of the main part, in one line."""
        main = re.search(r"<main.*</main>", self.page.text, re.DOTALL)
        assert main
        return " ".join(re.sub(r"<[^>]+>", " ", main[0]).split())

    def at(self, path: str) -> str:
        return f"/{self.language}{path}"

    async def go(self, path: str) -> httpx.Response:
        """To a path of the portal without its language, or with it; follows where it leads."""
        known = re.match(r"/(en|fr|es|ar)(/|$)", path)
        return await self._follow(await self._ask("GET", path if known else self.at(path)))

    async def follow(self, words: str) -> httpx.Response:
        """The link with these words."""
        found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>\s*{re.escape(words)}\s*<', self.page.text)
        assert found, f"no link {words!r} on {self.path}"
        return await self.go(found[1].replace("&amp;", "&"))

    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.page.text)
        return parser.forms

    def form(self, button: str = "", place: int = 0) -> Form:
        """The form whose button says so; the first one of these, or the one at `place`."""
        found = [one for one in self.forms() if not button or any(text.startswith(button) for text in one.buttons)]
        assert len(found) > place, f"no form {button!r} on {self.path}: {[one.buttons for one in self.forms()]}"
        return found[place]

    async def fill(
        self, answers: Mapping[str, str | Sequence[str]] | None = None, *, button: str = "", place: int = 0
    ) -> httpx.Response:
        """Fill in a form of the page and send it; follows where it leads."""
        return await self._follow(await self.send(self.form(button, place), answers or {}))

    async def send(self, form: Form, answers: Mapping[str, str | Sequence[str]], **headers: str) -> httpx.Response:
        """The form's answer, not followed."""
        assert answers.keys() <= form.names, f"{sorted(answers)} are not all among {sorted(form.names)}"
        pairs = [(name, value) for name, value in form.fields if name not in answers]
        for name, given in answers.items():
            values = [given] if isinstance(given, str) else list(given)
            offered = form.offered.get(name)
            assert offered is None or set(values) <= set(offered), f"{values} not among {offered}"
            pairs += [(name, value) for value in values]
        if action := next((form.elsewhere[pressed] for pressed in pairs if pressed in form.elsewhere), ""):
            return await self.send_file(replace(form, action=action), "", b"", **headers)
        body = urlencode(pairs).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin} | headers
        return await self._ask("POST", form.action, content=body, headers=sent)

    async def send_file(
        self, form: Form, name: str, content: bytes, until: asyncio.Event | None = None, **headers: str
    ) -> httpx.Response:
        """A form with a file, as a browser sends it: its fields in their order, the file where it stands; where it is
        a slow one, its last byte not before `until`.
        """
        between = secrets.token_hex(16)
        parts = [(f'name="{field}"', value.encode()) for field, value in form.fields]
        parts.append((f'name="file"; filename="{name}"', content))
        body = b"".join(
            f"--{between}\r\nContent-Disposition: form-data; {about}\r\n\r\n".encode() + value + b"\r\n"
            for about, value in parts
        )
        ending = f"\r\n--{between}--\r\n".encode()
        body = body.removesuffix(b"\r\n")

        async def slowly() -> AsyncIterator[bytes]:
            yield body[:-1]
            if until:
                await until.wait()
            yield body[-1:] + ending

        sent = {"Content-Type": f"multipart/form-data; boundary={between}", "Origin": self.origin} | headers
        whole = slowly() if until else body + ending
        return await self._ask("POST", form.action, content=whole, headers=sent)

    async def _ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = dict(given.pop("headers", {}))
        if self.cookie:
            headers["Cookie"] = self.cookie
        answer = await self.client.request(method, path, headers=headers, follow_redirects=False, **given)
        for value in answer.headers.get_list("set-cookie"):
            name_and_value, _, attributes = value.partition(";")
            self.cookie = "" if "Max-Age=0" in attributes else name_and_value
        self.seen.append(answer)
        if method == "POST":
            assert answer.status_code == 303, "every form is answered by a 303"
        return answer

    async def _follow(self, answer: httpx.Response) -> httpx.Response:
        while answer.status_code == 303 and answer.headers["location"].startswith("/"):
            answer = await self._ask("GET", answer.headers["location"])
        return answer


async def come_back(browser: PortalBrowser, code: str) -> httpx.Response:
    await browser.go("/back")
    return await browser.fill({"code": code})


def text_field(browser: PortalBrowser) -> str:
    """The name of the first box for a message."""
    (name,) = [one for one in browser.form("Send").names if one.startswith("text-")]
    return name
