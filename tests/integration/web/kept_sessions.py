"""The sessions of pages of one service, on a database of its own, and a clock that a test sets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from litestar import Request
from litestar.testing import RequestFactory

from chassis.database import Database
from chassis.web.sessions import Sessions, WebSession
from tests import real_parts

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
