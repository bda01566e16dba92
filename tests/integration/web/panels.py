"""A desk's own pages on its real stores, and somebody who looks at them."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from chassis.web.app import create_app
from chassis.web.sign_in import SignIn
from lifecycle.desk import Desk
from lifecycle.pages.panels import Panels
from lifecycle.pages.routes import desk_pages
from lifecycle.pages.wording import Wording, words_of
from lifecycle.sender import Sender
from tests.integration.web.desk import DESK, Browser


@asynccontextmanager
async def looking_at(
    desk: Desk, issuer: str, package: str, texts: Mapping[str, str], panels: Panels
) -> AsyncIterator[Browser]:
    """At the pages as the service puts them together; nothing carries out an action that is signed there."""
    desk.settings.public_url, desk.settings.oidc_client_secret = DESK, "any"
    sign_in = SignIn(issuer)
    wording = Wording(texts, words_of(desk.policy))
    pages, sessions = desk_pages(desk, Sender(desk), sign_in, wording, package=package, panels=panels)
    browser = Browser(create_app(desk.settings, [pages], sign_in=sign_in, sessions=sessions))
    yield browser
    await browser.client.aclose()
    await sign_in.close()


async def sent(browser: Browser, path: str, page: httpx.Response, **fields: str) -> httpx.Response:
    """The form of a page, filled in."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return await browser.send(path, **(hidden | fields))


def seen(page: httpx.Response) -> str:
    """What stands in the middle of a page, as one line of words."""
    found = re.search(r"<main.*?>(.*)</main>", page.text, re.DOTALL)
    assert found, page.text
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())
