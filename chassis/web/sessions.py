"""Sessions of pages, kept on the server and sealed under the cookie: a copy of the table opens nothing (ADR 56).

A service makes one `Sessions` for its pages and gives it to `create_app(..., sessions=[sessions])`. Then

- `await sessions.of(request)` is the session, one and the same for the whole request, or None without a cookie, with
  one that is none of ours, and after a limit. As a dependency: `session: NamedDependency[WebSession | None]`;
- `session.data` holds JSON values, and that is all: what a request changed is saved and the idle limit moved before
  the first byte of the answer, unless that is 500 or more. Keep one top-level key for one page: two tabs that save
  different keys both keep theirs, of two that save the same key the later one wins;
- `sessions.begin(request)` makes a session; nothing is stored and no cookie sent without it. At whatever changes who
  acts (sign-in, step-up) `sessions.begin(request, replacing=session)` takes the data along under a new cookie, and
  the old row goes: a cookie that somebody planted or copied before is worth nothing after;
- `sessions.end(request)` deletes the row and takes the cookie back, also when there is no session any more;
- a form carries `session.csrf`, and its POST is refused unless `session.check_csrf(text)`;
- `session.idle` may be set for this session alone (`begin(request, idle=...)` or later);
- `sweep_forever(database)` belongs to the service's background.
"""

import asyncio
import base64
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final, Literal

from litestar import Request
from litestar.types import HTTPResponseStartEvent, Message, Scope
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.sealing import SealNotOpened
from chassis.web import session_rows
from chassis.web.session_rows import SECRET_BYTES, Contents, SessionKey

log = logging.getLogger(__name__)

_SWEEP_EVERY: Final = 60.0
_LEAVES_WITHIN: Final = 1.0

Clock = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebSession:
    """One browser's session: `data` is what the pages keep, `idle` how long it lives without a request, `ends_at` when
    it ends in any case, `cookie` the text of its cookie.
    """

    def __init__(self, key: SessionKey, cookie: str, contents: Contents, ends_at: datetime) -> None:
        self.key, self.cookie, self.ends_at = key, cookie, ends_at
        self.data, self.idle = contents.data, timedelta(seconds=contents.idle)
        self._sealed_as, self._idle_was = contents.sealed_as, self.idle

    @property
    def csrf(self) -> str:
        """What a form of this session carries; it says nothing about the cookie."""
        return _text(self.key.form_tag)

    def check_csrf(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(errors="replace"), self.csrf.encode())

    def tag_of(self, name: str) -> str:
        """What a form carries so that whoever sent it is recognised once their session has ended."""
        return _text(self.key.tag_of(name))

    @cached_property
    def _was(self) -> dict[str, Any]:
        was: dict[str, Any] = json.loads(self._sealed_as)[1]
        return was

    @property
    def changed(self) -> bool:
        return self._was != self.data or self.idle != self._idle_was

    def merged_into(self, current: Contents) -> Contents:
        """What this request changed since it read the row, on top of what another one has saved in the meantime."""
        was = self._was
        data = {name: value for name, value in current.data.items() if name in self.data or name not in was}
        data |= {name: value for name, value in self.data.items() if name not in was or was[name] != value}
        return Contents(current.idle if self.idle == self._idle_was else self.idle.total_seconds(), data)


@dataclass(frozen=True)
class _InHand:
    """What a request does to sessions: the one it has, whether that one is new, and the rows that go."""

    session: WebSession | None
    new: bool = False
    gone: tuple[SessionKey, ...] = ()
    take_cookie_back: bool = False


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
        same_site: Literal["Strict", "Lax"] = "Strict",
        clock: Clock = _utc_now,
    ) -> None:
        self._database, self._idle, self._absolute, self._clock = database, idle, absolute, clock
        self.cookie_name = f"__Host-{name}"
        self._attributes = f"Path=/; Secure; HttpOnly; SameSite={same_site}"

    async def of(self, request: Request[Any, Any, Any]) -> WebSession | None:
        """The session of a request: one and the same, however often it is asked for."""
        known: dict[str, _InHand] = request.scope["state"]
        if self.cookie_name not in known:
            found = await self.find(self._sent(request))
            # Dependencies of one handler ask at the same time: who comes second takes what the first one found.
            known.setdefault(self.cookie_name, _InHand(found))
        return known[self.cookie_name].session

    async def find(self, cookie: str) -> WebSession | None:
        """The session whose cookie has this text, if there is one and no limit has passed."""
        key = self._key(cookie)
        if key is None:
            return None
        try:
            async with self._database.transaction() as rows:
                found = await session_rows.read(rows, key, self._clock())
        except SealNotOpened:
            log.warning("the row of a session does not open")
            return None
        return None if found is None else WebSession(key, cookie, *found)

    def ended(self, request: Request[Any, Any, Any], form_tag: str) -> str | None:
        """The text of a request's cookie, where the form was one of its session: also when that has ended since."""
        sent = self._sent(request)
        key = self._key(sent)
        return (
            sent
            if key and hmac.compare_digest(form_tag.encode(errors="replace"), _text(key.form_tag).encode())
            else None
        )

    def is_of(self, cookie: str, whose: str, name: str) -> bool:
        """Whether `whose` is the tag of that name under the cookie of a session, which may have ended."""
        key = self._key(cookie)
        return key is not None and hmac.compare_digest(whose.encode(errors="replace"), _text(key.tag_of(name)).encode())

    def begin(
        self,
        request: Request[Any, Any, Any],
        *,
        idle: timedelta | None = None,
        replacing: WebSession | None = None,
    ) -> WebSession:
        """A session under a new cookie, with the data and the idle limit of the one that it replaces."""
        secret = secrets.token_bytes(SECRET_BYTES)
        limit = idle or (replacing.idle if replacing else self._idle)
        contents = Contents(limit.total_seconds(), dict(replacing.data) if replacing else {})
        key = SessionKey(self.cookie_name, secret)
        session = WebSession(key, _text(secret), contents, self._clock() + self._absolute)
        gone = (replacing.key,) if replacing else ()
        request.scope["state"][self.cookie_name] = _InHand(session, new=True, gone=gone)
        return session

    def end(self, request: Request[Any, Any, Any]) -> None:
        """Ends whatever session the request's cookie is for, and takes the cookie back."""
        key = self._key(self._sent(request))
        gone = () if key is None else (key,)
        request.scope["state"][self.cookie_name] = _InHand(None, gone=gone, take_cookie_back=True)

    async def stay(self, session: WebSession, at_least: timedelta) -> bool:
        """Moves the idle limit at once, for a request that may take longer than the session has; its answer moves it
        again, as any does. Not beyond the absolute limit. False where the session has ended meanwhile.
        """
        now = self._clock()
        async with self._database.transaction() as rows:
            return await session_rows.move(
                rows, session.key, min(now + max(session.idle, at_least), session.ends_at), now
            )

    async def keep(self, message: Message, scope: Scope) -> None:
        """Before the first byte of an answer: writes what the request did to its session, and sends the cookie.

        Raises TooMuchToKeep, and TypeError for data that JSON does not have.
        """
        if message["type"] != "http.response.start":
            return
        # Taken out, so that the answer to a failure to save does not try again.
        in_hand: _InHand | None = scope["state"].pop(self.cookie_name, None)
        if in_hand is None or message["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return
        if in_hand.take_cookie_back:
            self._set_cookie(message, f"; {self._attributes}; Max-Age=0")
            await self._delete(in_hand.gone)
            return
        async with self._database.transaction() as rows:
            for key in in_hand.gone:
                await session_rows.delete(rows, key)
            if in_hand.session is not None:
                await self._save(rows, in_hand.session, new=in_hand.new)
        if in_hand.new and in_hand.session is not None:
            self._set_cookie(message, f"{in_hand.session.cookie}; {self._attributes}")

    async def _delete(self, gone: Sequence[SessionKey]) -> None:
        """Without the cookie nobody opens the row, and it goes at its limit: leaving does not wait for a database."""
        try:
            async with asyncio.timeout(_LEAVES_WITHIN), self._database.transaction() as rows:
                for key in gone:
                    await session_rows.delete(rows, key)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("a session that has ended was not deleted", extra={"error": type(error).__name__})

    async def _save(self, rows: AsyncSession, session: WebSession, *, new: bool) -> None:
        now = self._clock()
        expires_at = min(now + session.idle, session.ends_at)
        if new:
            contents = Contents(session.idle.total_seconds(), session.data)
            await session_rows.insert(rows, session.key, contents, expires_at, session.ends_at)
        elif not session.changed:
            await session_rows.move(rows, session.key, expires_at, now)
        # One that has ended in the meantime, in another tab, stays ended.
        elif found := await session_rows.read(rows, session.key, now, lock=True):
            await session_rows.replace(rows, session.key, session.merged_into(found[0]), expires_at)

    def _set_cookie(self, message: HTTPResponseStartEvent, value_and_attributes: str) -> None:
        cookie = f"{self.cookie_name}={value_and_attributes}".encode()
        message["headers"] = [*message["headers"], (b"set-cookie", cookie)]

    def _sent(self, request: Request[Any, Any, Any]) -> str:
        return request.cookies.get(self.cookie_name, "")

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
