"""A desk with two pages on a real database, and a browser without a screen."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from litestar import Response, get, post
from litestar.di import NamedDependency

from chassis.database import Database
from chassis.settings import Settings
from chassis.web.app import App, create_app
from chassis.web.desk_sign_in import DeskSignIn, desk_router, require_recent
from chassis.web.pages.assets import Assets
from chassis.web.pages.page import Page, Pages
from chassis.web.pages.words import Words
from chassis.web.sign_in import SignedIn, SignIn
from tests.integration.web.conftest import read_me, trial_settings

DESK = "https://desk.example"
# With what a form and a header would each read otherwise. The local provider takes any.
SECRET = "a secret/of:the+trial%"


class Clock:
    """The true time, until it is moved: the provider's clock stays where it is."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Desk:
    app: App
    sign_in: DeskSignIn
    tokens: SignIn
    clock: Clock


def desk(
    issuer: str,
    database: Database,
    kit: Path,
    *,
    public_url: str = DESK,
    cache_seconds: float = 60,
    **changes: Any,
) -> Desk:
    """`kit` is an empty folder, which gets style sheets that say nothing."""
    changes = {"public_url": public_url, "oidc_client_secret": SECRET} | changes
    settings = Settings(**trial_settings(issuer).model_dump() | changes)
    clock, tokens = Clock(), SignIn(issuer, cache_seconds=cache_seconds)
    sign_in = DeskSignIn(settings, database, tokens, clock=clock)
    for name in ("kit.css", "desk.css"):
        (kit / name).write_text("")
    (kit / "manifest.json").write_text(json.dumps({"kit.css": "kit.css", "desk.css": "desk.css"}))
    pages = Pages(["tests.integration.web"], Words(), assets := Assets(kit), public_url, sign_in.desk)

    @get("/{language:str}/queue")
    async def queue(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[str]:
        words = page.needs_session().data.get("words", "")
        return page.show("desk.html", who=signed_in.staff_id, words=words)

    @get("/{language:str}/decide")
    async def deciding(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[str]:
        require_recent(signed_in, clock())
        return page.show("desk.html", who=signed_in.staff_id, words=page.needs_session().data.get("words", ""))

    @post("/{language:str}/decide")
    async def decide(page: NamedDependency[Page], signed_in: NamedDependency[SignedIn]) -> Response[None]:
        page.needs_session().data["words"] = (await page.posted())["words"][0]
        require_recent(signed_in, clock())
        return page.go("/queue")

    router = desk_router(sign_in, pages, [queue, deciding, decide])
    app = create_app(settings, [assets.handler(), read_me, router], sign_in=tokens, sessions=sign_in.sessions)
    return Desk(app, sign_in, tokens, clock)


@dataclass
class Browser:
    """Keeps cookies and follows what a browser follows. Beside its one desk it knows the real network."""

    app: App
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.AsyncClient(mounts={DESK: httpx.ASGITransport(self.app)}, timeout=60, trust_env=False)

    async def get(self, address: str) -> httpx.Response:
        return await self.client.get(address if "://" in address else DESK + address)

    async def send(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(DESK + path, data=fields, headers={"Origin": DESK})

    async def at_provider(self, path: str) -> httpx.Response:
        """Where a page leads to that wants a sign-in: the provider's own page."""
        answer = await self.get(path)
        while answer.is_redirect:
            answer = await self.get(answer.headers["location"])
        return answer

    async def chosen(self, provider_page: httpx.Response, staff_id: str) -> str:
        """Says at the provider's page who one is; where the provider sends the browser then."""
        answer = await self.client.post(provider_page.url, data={"sub": staff_id})
        assert answer.is_redirect, answer.text
        return answer.headers["location"]

    async def signed_in(self, staff_id: str, path: str = "/en/queue") -> httpx.Response:
        """The page that comes after signing in, as it is led to from the page of the answer."""
        answer = await self.get(await self.chosen(await self.at_provider(path), staff_id))
        assert answer.status_code == 200, answer.text
        return await self.get(led_to(answer))

    def cookie(self, name: str) -> str | None:
        return self.client.cookies.get(name)


def led_to(page: httpx.Response) -> str:
    """Where a page leads at once."""
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


async def signed_out(browser: Browser, page: httpx.Response) -> None:
    await browser.send("/en/sign-out", csrf=csrf(page))
