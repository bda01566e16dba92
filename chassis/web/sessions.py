"""Sessions of pages, kept on the server and sealed under the cookie: a copy of the table opens nothing (ADR 56).

A service makes one `Sessions` for its pages. Then, in whatever answers a request:

- `await sessions.of(request)` is the session, or None without a cookie, with one that is none of ours, and after a
  limit. As a dependency: `Provide(sessions.of)`, `session: NamedDependency[WebSession | None]`;
- `session.data` holds JSON values. `await sessions.keep(session, response)` saves what this request changed and moves
  the idle limit: once per request, as the last thing. Keep one top-level key for one page: two tabs that save
  different keys both keep theirs, of two that save the same key the later one wins;
- `sessions.begin()` makes a session. Nothing is stored and no cookie sent before it is kept. At whatever changes who
  acts (sign-in, step-up) `sessions.begin(replacing=session)` takes the data along under a new cookie, and the old row
  goes when the new one is kept: a cookie that somebody planted or copied before is worth nothing after;
- `await sessions.end(session, response)` deletes the row and takes the cookie back, also of a session that is None;
- a form carries `session.csrf`, and its POST is refused unless `session.check_csrf(text)`;
- `session.idle` may be set for this session alone (`begin(idle=...)` or later);
- `sweep_forever(database)` belongs to the service's background.
"""

import asyncio
import base64
import hmac
import json
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from litestar import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.sealing import SealNotOpened
from chassis.web import session_rows
from chassis.web.session_rows import SECRET_BYTES, Contents, SessionKey

log = logging.getLogger(__name__)

_SWEEP_EVERY: Final = 60.0

Clock = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebSession:
    """One browser's session: `data` is what the pages keep, `idle` how long it lives without a request, `ends_at` when
    it ends in any case, `cookie` the text of its cookie.
    """

    def __init__(
        self,
        key: SessionKey,
        cookie: str,
        contents: Contents,
        ends_at: datetime,
        *,
        new: bool = False,
        replacing: SessionKey | None = None,
    ) -> None:
        self.key, self.cookie, self.ends_at, self.new, self.replacing = key, cookie, ends_at, new, replacing
        self.data, self.idle = contents.data, timedelta(seconds=contents.idle)
        self._was, self._idle_was = json.dumps(contents.data), self.idle

    @property
    def csrf(self) -> str:
        """What a form of this session carries; it says nothing about the cookie."""
        return _text(self.key.form_tag)

    def check_csrf(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(errors="replace"), self.csrf.encode())

    @property
    def changed(self) -> bool:
        return json.loads(self._was) != self.data or self.idle != self._idle_was

    def merged_into(self, current: Contents) -> Contents:
        """What this request changed since it read the row, on top of what another one has saved in the meantime."""
        was = json.loads(self._was)
        data = {name: value for name, value in current.data.items() if name in self.data or name not in was}
        data |= {name: value for name, value in self.data.items() if name not in was or was[name] != value}
        return Contents(current.idle if self.idle == self._idle_was else self.idle.total_seconds(), data)


class Sessions:
    """The sessions under one cookie, `__Host-<name>`, with their limits. `clock` says what time it is.

    Two services on one host need two names: browsers do not tell cookies apart by port.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        idle: timedelta,
        absolute: timedelta,
        same_site: Literal["strict", "lax"] = "strict",
        clock: Clock = _utc_now,
    ) -> None:
        self._database, self._idle, self._absolute, self.clock = database, idle, absolute, clock
        self.cookie_name, self._same_site = f"__Host-{name}", same_site

    async def of(self, request: Request[Any, Any, Any]) -> WebSession | None:
        """The session of a request: one and the same, however often it is asked for."""
        known: dict[str, WebSession | None] = request.scope["state"]
        if self.cookie_name not in known:
            known[self.cookie_name] = await self.find(request.cookies.get(self.cookie_name, ""))
        return known[self.cookie_name]

    async def find(self, cookie: str) -> WebSession | None:
        """The session whose cookie has this text, if there is one and no limit has passed."""
        key = self._key(cookie)
        if key is None:
            return None
        try:
            async with self._database.transaction() as rows:
                found = await session_rows.read(rows, key, self.clock())
        except SealNotOpened:
            log.warning("the row of a session does not open")
            return None
        return None if found is None else WebSession(key, cookie, *found)

    def begin(self, *, idle: timedelta | None = None, replacing: WebSession | None = None) -> WebSession:
        """A session under a new cookie, with the data and the idle limit of the one that it replaces."""
        secret = secrets.token_bytes(SECRET_BYTES)
        limit = idle or (replacing.idle if replacing else self._idle)
        return WebSession(
            SessionKey(self.cookie_name, secret),
            _text(secret),
            Contents(limit.total_seconds(), dict(replacing.data) if replacing else {}),
            self.clock() + self._absolute,
            new=True,
            replacing=replacing.key if replacing else None,
        )

    async def keep(self, session: WebSession, response: Response[Any]) -> None:
        """Raises TypeError for data that JSON does not have. One that has ended in the meantime stays ended."""
        async with self._database.transaction() as rows:
            await self._save(rows, session)
        if session.new:
            self._set_cookie(response, session.cookie)

    async def _save(self, rows: AsyncSession, session: WebSession) -> None:
        now = self.clock()
        expires_at = min(now + session.idle, session.ends_at)
        if session.replacing is not None:
            await session_rows.delete(rows, session.replacing)
        if session.new:
            contents = Contents(session.idle.total_seconds(), session.data)
            await session_rows.insert(rows, session.key, contents, expires_at, session.ends_at)
        elif not session.changed:
            await session_rows.move(rows, session.key, expires_at, now)
        elif found := await session_rows.read(rows, session.key, now, lock=True):
            await session_rows.replace(rows, session.key, session.merged_into(found[0]), expires_at)

    async def end(self, session: WebSession | None, response: Response[Any]) -> None:
        if session is not None:
            async with self._database.transaction() as rows:
                await session_rows.delete(rows, session.key)
        self._set_cookie(response, "", max_age=0)

    def _set_cookie(self, response: Response[Any], value: str, max_age: int | None = None) -> None:
        response.set_cookie(
            self.cookie_name, value, path="/", secure=True, httponly=True, samesite=self._same_site, max_age=max_age
        )

    def _key(self, cookie: str) -> SessionKey | None:
        try:
            secret = base64.b64decode(cookie + "=", altchars=b"-_", validate=True)
        except ValueError:
            return None
        # The last character has bits to spare: one way of writing the secret is ours.
        ours = len(secret) == SECRET_BYTES and _text(secret) == cookie
        return SessionKey(self.cookie_name, secret) if ours else None


async def sweep_forever(database: Database) -> None:
    """Part of a service's background: what has expired is not read again, and soon it is not there either."""
    while True:
        async with database.transaction() as rows:
            await session_rows.sweep(rows, datetime.now(UTC))
        await asyncio.sleep(_SWEEP_EVERY)


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
