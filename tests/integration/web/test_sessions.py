"""Sessions of pages on a real database: what a cookie opens, what a copy of the table does not, when it is over."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.testing import RequestFactory
from sqlalchemy.exc import IntegrityError

from chassis import sealing
from chassis.database import Database
from chassis.migrations import SERVICES, differences, migrate
from chassis.web import session_rows
from chassis.web.app import create_app
from chassis.web.problems import not_found
from chassis.web.session_rows import Contents
from chassis.web.sessions import Sessions, WebSession, sweep_forever
from services.audit.tables import Base
from tests import real_parts
from tests.integration.web.conftest import trial_settings
from tests.waiting import eventually

CHAIN = SERVICES / "audit" / "migrations"
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)
SECRET = "what she wrote"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2030, 1, 7, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@dataclass(frozen=True)
class Asked:
    request: Request[Any, Any, Any]
    session: WebSession


class Kept:
    """The sessions of one service, and what its database says of them."""

    def __init__(self, made: real_parts.Database) -> None:
        self.made, self.clock = made, Clock()
        self.database = Database(made.dsn("audit"), pool_size=10)
        self.sessions = self.named("desk")

    def named(self, name: str) -> Sessions:
        return Sessions(self.database, name, idle=IDLE, absolute=ABSOLUTE, clock=self.clock)

    async def begun(self, *, idle: timedelta | None = None, **data: Any) -> WebSession:
        request = RequestFactory().get("/")
        session = self.sessions.begin(request, idle=idle)
        session.data |= data
        await self.answer(request)
        return session

    async def asked(self, session: WebSession) -> "Asked":
        """A request of its browser, not answered yet."""
        request = RequestFactory().get("/", headers={"cookie": f"{self.sessions.cookie_name}={session.cookie}"})
        found = await self.sessions.of(request)
        assert found is not None
        assert await self.sessions.of(request) is found
        return Asked(request, found)

    async def answer(self, request: Request[Any, Any, Any], status: int = 200) -> None:
        start: Any = {"type": "http.response.start", "status": status, "headers": []}
        await self.sessions.keep(start, request.scope)

    async def data(self, session: WebSession) -> dict[str, Any] | None:
        found = await self.sessions.find(session.cookie)
        return None if found is None else found.data

    async def rows(self) -> list[Any]:
        return await self.query("select * from web_sessions")

    async def query(self, statement: str, *values: object) -> list[Any]:
        connection = await asyncpg.connect(self.made.admin_dsn, server_settings={"search_path": "audit"})
        try:
            found: list[Any] = await connection.fetch(statement, *values)
            return found
        finally:
            await connection.close()


@pytest.fixture
async def kept(fresh_database: Callable[..., Awaitable[real_parts.Database]]) -> AsyncIterator[Kept]:
    made = await fresh_database("audit")
    kept = Kept(made)
    yield kept
    await kept.database.close()


@pytest.fixture
async def browser(kept: Kept) -> AsyncIterator[httpx.AsyncClient]:
    @get("/")
    async def read(session: NamedDependency[WebSession | None]) -> dict[str, Any] | None:
        return None if session is None else session.data

    @post("/begin", status_code=204)
    async def begin(request: Request[Any, Any, Any], session: NamedDependency[WebSession | None]) -> None:
        kept.sessions.begin(request, replacing=session).data.setdefault("words", SECRET)

    @post("/end", status_code=204)
    async def end(request: Request[Any, Any, Any]) -> None:
        kept.sessions.end(request)

    @post("/refused")
    async def refused(session: NamedDependency[WebSession]) -> None:
        session.data["words"] = "refused"
        raise not_found()

    @post("/failed")
    async def failed(session: NamedDependency[WebSession]) -> None:
        session.data["words"] = "failed"
        raise RuntimeError

    @post("/unsaved")
    async def unsaved(session: NamedDependency[WebSession]) -> None:
        session.data["words"] = {SECRET: b"bytes"}

    app = create_app(trial_settings(), [read, begin, end, refused, failed, unsaved], sessions=[kept.sessions])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://site.example") as client:
        yield client


async def test_a_session_is_one_strict_cookie_that_scripts_and_other_sites_do_not_get(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    assert "set-cookie" not in (await browser.get("/")).headers
    assert await kept.rows() == []
    sent = (await browser.post("/begin")).headers.get_list("set-cookie")
    assert len(sent) == 1
    (name_and_value, *attributes) = sent[0].split("; ")
    name, _, value = name_and_value.partition("=")
    assert name == "__Host-desk"
    assert len(value) == 43
    # Without a domain, as the prefix wants it, and without an end: it goes when the browser is closed.
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]
    answer = await browser.get("/")
    assert answer.json() == {"words": SECRET}
    assert "set-cookie" not in answer.headers


async def test_two_sessions_have_nothing_in_common(kept: Kept) -> None:
    one, other = await kept.begun(), await kept.begun()
    assert len({one.cookie, other.cookie, one.csrf, other.csrf}) == 4
    assert not one.check_csrf(other.csrf)


async def test_ending_deletes_the_row_and_takes_the_cookie_back(browser: httpx.AsyncClient, kept: Kept) -> None:
    await browser.post("/begin")
    copied = dict(browser.cookies)
    (sent,) = (await browser.post("/end")).headers.get_list("set-cookie")
    assert sent.startswith("__Host-desk=; ")
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(sent.split("; "))
    assert await kept.rows() == []
    assert dict(browser.cookies) == {}
    assert (await browser.get("/", headers={"Cookie": f"__Host-desk={copied['__Host-desk']}"})).json() is None


async def test_ending_what_has_expired_takes_the_cookie_back_too(browser: httpx.AsyncClient, kept: Kept) -> None:
    await browser.post("/begin")
    kept.clock.forward(IDLE)
    await browser.post("/end")
    assert dict(browser.cookies) == {}


async def test_a_new_cookie_takes_the_data_along_and_the_old_one_opens_nothing(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    await browser.post("/begin")
    planted = dict(browser.cookies)["__Host-desk"]
    await browser.post("/begin")
    assert dict(browser.cookies)["__Host-desk"] != planted
    assert (await browser.get("/")).json() == {"words": SECRET}
    assert await kept.sessions.find(planted) is None
    assert len(await kept.rows()) == 1


async def test_a_cookie_of_somebodys_own_making_begins_nothing(kept: Kept) -> None:
    made_up = kept.sessions.begin(RequestFactory().get("/"))
    assert await kept.sessions.find(made_up.cookie) is None
    assert await kept.rows() == []


@pytest.mark.parametrize("change", ["first", "last", "spare bits", "longer", "shorter", "padded", "other letters"])
async def test_a_changed_cookie_opens_nothing(kept: Kept, change: str) -> None:
    cookie = (await kept.begun(words=SECRET)).cookie
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    following = letters[letters.index(cookie[-1]) ^ 1]
    changed = {
        "first": ("B" if cookie[0] == "A" else "A") + cookie[1:],
        "last": cookie[:-1] + letters[letters.index(cookie[-1]) ^ 4],
        "spare bits": cookie[:-1] + following,
        "longer": cookie + "A",
        "shorter": cookie[:-1],
        "padded": cookie + "=",
        "other letters": "é" * 43,
    }[change]
    assert await kept.sessions.find(cookie) is not None
    assert await kept.sessions.find(changed) is None


async def test_the_cookie_of_one_kind_of_session_is_none_of_another(kept: Kept) -> None:
    session = await kept.begun()
    assert await kept.named("other").find(session.cookie) is None


async def test_a_session_ends_when_nobody_has_asked_for_its_idle_limit(kept: Kept) -> None:
    session = await kept.begun()
    for _ in range(3):
        kept.clock.forward(IDLE - timedelta(seconds=1))
        await kept.answer((await kept.asked(session)).request)
    kept.clock.forward(IDLE)
    assert await kept.sessions.find(session.cookie) is None


async def test_no_request_moves_the_absolute_limit(kept: Kept) -> None:
    session = await kept.begun()
    for _ in range(int(ABSOLUTE / timedelta(minutes=10)) - 1):
        kept.clock.forward(timedelta(minutes=10))
        asked = await kept.asked(session)
        asked.session.data["words"] = str(kept.clock.now)
        await kept.answer(asked.request)
    kept.clock.forward(timedelta(minutes=10))
    assert await kept.sessions.find(session.cookie) is None


async def test_a_session_may_have_an_idle_limit_of_its_own(kept: Kept) -> None:
    session = await kept.begun(idle=timedelta(hours=5))
    kept.clock.forward(timedelta(hours=4))
    asked = await kept.asked(session)
    assert asked.session.idle == timedelta(hours=5)
    asked.session.idle = timedelta(minutes=30)
    await kept.answer(asked.request)
    kept.clock.forward(timedelta(minutes=30))
    assert await kept.sessions.find(session.cookie) is None


async def test_a_long_request_has_its_session_stay_and_its_answer_moves_the_limit_back(kept: Kept) -> None:
    session = await kept.begun()
    asked = await kept.asked(session)
    await kept.sessions.stay(asked.session, 2 * IDLE)
    kept.clock.forward(2 * IDLE - timedelta(seconds=1))
    asked.session.data["words"] = SECRET
    await kept.answer(asked.request)
    assert await kept.data(session) == {"words": SECRET}
    kept.clock.forward(IDLE)
    assert await kept.sessions.find(session.cookie) is None


async def test_one_that_has_expired_is_not_saved_any_more(kept: Kept) -> None:
    session = await kept.begun()
    changing, reading = await kept.asked(session), await kept.asked(session)
    changing.session.data["words"] = SECRET
    kept.clock.forward(IDLE)
    await kept.answer(changing.request)
    await kept.answer(reading.request)
    assert await kept.sessions.find(session.cookie) is None


async def test_one_that_was_ended_in_another_tab_does_not_come_back(kept: Kept) -> None:
    session = await kept.begun()
    writing, ending = await kept.asked(session), await kept.asked(session)
    writing.session.data["words"] = SECRET
    kept.sessions.end(ending.request)
    await kept.answer(ending.request)
    await kept.answer(writing.request)
    assert await kept.rows() == []


async def test_two_tabs_that_write_at_once_lose_nothing_of_each_other(kept: Kept) -> None:
    session = await kept.begun(kept="before", gone="before")
    tabs = [await kept.asked(session) for _ in range(8)]
    for number, tab in enumerate(tabs):
        tab.session.data[f"page {number}"] = {"words": number}
    del tabs[0].session.data["gone"]
    tabs[1].session.idle = timedelta(minutes=30)
    await asyncio.gather(*(kept.answer(tab.request) for tab in tabs))
    found = await kept.sessions.find(session.cookie)
    assert found is not None
    assert found.data == {"kept": "before"} | {f"page {number}": {"words": number} for number in range(8)}
    assert found.idle == timedelta(minutes=30)


async def test_of_two_tabs_on_the_same_page_the_later_one_wins(kept: Kept) -> None:
    session = await kept.begun(page="before")
    earlier, later = await kept.asked(session), await kept.asked(session)
    earlier.session.data["page"], later.session.data["page"] = "earlier", "later"
    await kept.answer(earlier.request)
    await kept.answer(later.request)
    assert await kept.data(session) == {"page": "later"}


async def test_all_who_ask_at_once_in_one_request_get_the_same_session(kept: Kept) -> None:
    session = await kept.begun()
    headers = {"cookie": f"{kept.sessions.cookie_name}={session.cookie}"}
    request = RequestFactory().get("/", headers=headers)
    one, *others = await asyncio.gather(*(kept.sessions.of(request) for _ in range(4)))
    assert one is not None
    assert all(other is one for other in others)


async def test_a_change_inside_a_value_is_saved(kept: Kept) -> None:
    session = await kept.begun(page={"words": ["one"]})
    asked = await kept.asked(session)
    asked.session.data["page"]["words"].append("two")
    await kept.answer(asked.request)
    assert await kept.data(session) == {"page": {"words": ["one", "two"]}}


async def test_what_a_request_changed_is_saved_when_it_is_refused_and_not_when_it_fails(
    browser: httpx.AsyncClient,
) -> None:
    await browser.post("/begin")
    assert (await browser.post("/refused")).status_code == 404
    assert (await browser.get("/")).json() == {"words": "refused"}
    assert (await browser.post("/failed")).status_code == 500
    assert (await browser.get("/")).json() == {"words": "refused"}


async def test_what_cannot_be_saved_is_a_failure_that_tells_nothing(
    browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await browser.post("/begin")
    answer = await browser.post("/unsaved")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert SECRET not in answer.text + caplog.text
    assert (await browser.get("/")).json() == {"words": SECRET}


async def test_more_than_may_be_kept_is_refused_and_what_was_kept_stays(kept: Kept) -> None:
    session = await kept.begun(words=SECRET)
    asked = await kept.asked(session)
    asked.session.data["words"] = "x" * sealing.MOST_KEPT
    with pytest.raises(sealing.TooMuchToKeep):
        await kept.answer(asked.request)
    assert await kept.data(session) == {"words": SECRET}
    with pytest.raises(sealing.TooMuchToKeep):
        await kept.begun(words="x" * sealing.MOST_KEPT)


async def test_a_copy_of_the_table_opens_nothing(kept: Kept) -> None:
    session = await kept.begun(words=SECRET)
    (row,) = await kept.rows()
    assert set(row.keys()) == {"digest", "sealed", "expires_at", "ends_at"}
    stored = row["digest"] + row["sealed"]
    for told in (SECRET.encode(), session.cookie.encode(), session.csrf.encode(), session.key.form_tag):
        assert told not in stored
    # The digest, tried as a cookie and as its secret, is neither.
    for guess in (row["digest"].hex(), kept.sessions.begin(RequestFactory().get("/")).cookie):
        assert await kept.sessions.find(guess) is None


async def test_the_length_of_a_row_tells_little(kept: Kept) -> None:
    await kept.begun(words="a")
    await kept.begun(words=SECRET * 10)
    assert len({len(row["sealed"]) for row in await kept.rows()}) == 1


async def test_a_row_that_was_changed_or_moved_opens_nothing(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    session, other = await kept.begun(words=SECRET), await kept.begun(words="other")
    caplog.set_level(logging.DEBUG)
    await kept.query(
        "update web_sessions set sealed = (select sealed from web_sessions where digest = $1) where digest = $2",
        other.key.digest,
        session.key.digest,
    )
    assert await kept.sessions.find(session.cookie) is None
    await kept.query("update web_sessions set sealed = set_byte(sealed, 60, 1 - get_byte(sealed, 60) % 2)")
    assert await kept.sessions.find(other.cookie) is None
    assert session.cookie not in caplog.text
    assert SECRET not in caplog.text


async def test_no_text_of_a_session_or_an_exception_shows_its_secrets(kept: Kept) -> None:
    session = await kept.begun(words=SECRET)
    key = session.key
    with pytest.raises(IntegrityError) as raised:
        async with kept.database.transaction() as rows:
            await session_rows.insert(rows, key, Contents(1, session.data), session.ends_at, session.ends_at)
    for text in (repr(session), repr(kept.sessions), str(raised.value)):
        assert SECRET not in text
        assert session.cookie not in text


async def test_a_form_is_of_one_session(kept: Kept) -> None:
    session = await kept.begun()
    assert session.check_csrf((await kept.asked(session)).session.csrf)
    for wrong in ("", session.csrf + "A", session.csrf[:-1], session.cookie, "é", "\ud800"):
        assert not session.check_csrf(wrong)


async def test_the_sweep_deletes_what_has_expired_and_nothing_else(kept: Kept) -> None:
    await kept.begun(words="gone")
    kept.clock.now = datetime.now(UTC)
    living = await kept.begun()
    kept.clock.now = living.ends_at - ABSOLUTE - IDLE
    await kept.begun(words="gone")
    sweeping = asyncio.create_task(sweep_forever(kept.database))
    try:
        # Of the first the limits lie in 2030, of the last they passed just now.
        await eventually(lambda: _digests(kept, 2))
    finally:
        sweeping.cancel()
    assert living.key.digest in {row["digest"] for row in await kept.rows()}


async def _digests(kept: Kept, count: int) -> bool:
    return len(await kept.rows()) == count


async def test_up_down_up_with_rows_and_the_tables_are_those_of_the_code(kept: Kept) -> None:
    owner = kept.made.migration_dsn("audit")
    await kept.begun()
    await migrate(owner, CHAIN, "base")
    await migrate(owner, CHAIN)
    await kept.begun()
    assert await differences(owner, Base.metadata) == []


async def test_a_schema_from_before_gets_the_table(kept: Kept) -> None:
    """The first revision makes it too, on a machine that is new."""
    owner = kept.made.migration_dsn("audit")
    await kept.query("drop table web_sessions")
    await kept.query("drop index ix_entries_accesses")
    await kept.query("drop view audit_readable")
    await kept.query("drop table audit_actors, actors_kept, actors")
    await kept.query("alter table inbox_sequences drop column newest")
    await kept.query("update alembic_version set version_num = '0001'")
    await migrate(owner, CHAIN)
    await kept.begun()
    assert await differences(owner, Base.metadata) == []


async def test_a_secret_is_derived_by_labels_that_share_nothing() -> None:
    secret = os.urandom(session_rows.SECRET_BYTES)
    one, other = session_rows.SessionKey("__Host-a", secret), session_rows.SessionKey("__Host-b", secret)
    assert len({one.digest, other.digest, one.form_tag, other.form_tag, secret}) == 5
    sealed = one.seal(Contents(1, {"words": SECRET}))
    assert one.open(sealed).data == {"words": SECRET}
    assert json.dumps(SECRET).encode() not in sealed
