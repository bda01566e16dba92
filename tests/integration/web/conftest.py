"""A real identity provider, an app with every kind of route, and the sessions of pages."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import pytest
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from chassis.settings import Settings
from chassis.web import problems
from chassis.web.app import App, create_app
from chassis.web.sign_in import SignedIn, SignIn
from ops.local_stack.oidc import Oidc
from ops.local_stack.part import Command
from tests import real_parts
from tests.integration.web.kept_sessions import Kept


class Note(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200_000)]


@post("/api/v1/notes", status_code=201)
async def add_note(data: JSONBody[Note]) -> dict[str, int]:
    return {"length": len(data.text)}


@get("/api/v1/cases/{case_id:uuid}")
async def read_case(case_id: FromPath[UUID], signed_in: NamedDependency[SignedIn]) -> dict[str, str]:
    raise problems.not_found()


@get("/api/v1/me")
async def read_me(signed_in: NamedDependency[SignedIn]) -> dict[str, str]:
    return {"staff_id": signed_in.staff_id}


@get("/api/v1/broken")
async def broken() -> dict[str, str]:
    raise RuntimeError("SECRET")


def trial_settings(issuer: str = "http://127.0.0.1:1", port: int = 0) -> Settings:
    return Settings(
        service="trial",
        database_dsn="postgresql://nobody@127.0.0.1:1/none",
        kafka_bootstrap="127.0.0.1:1",
        temporal_address="127.0.0.1:1",
        oidc_issuer=issuer,
        http_port=port,
        keys_dir=Path("/nowhere"),
        service_keys=Path("/nowhere"),
    )


def trial_app(issuer: str, *, cache_seconds: float = 60) -> App:
    return create_app(
        trial_settings(issuer),
        [add_note, read_case, read_me, broken],
        sign_in=SignIn(issuer, cache_seconds=cache_seconds),
    )


class ShortLived(Oidc):
    """A provider of the same kind whose tokens live for one second."""

    def command(self) -> Command:
        words = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--host", "127.0.0.1"]
        return Command([*words, "--port", str(self.port), "--token-max-age", "1"])


@pytest.fixture
def app(oidc: Oidc) -> App:
    return trial_app(oidc.issuer)


@pytest.fixture
async def kept(fresh_database: Callable[..., Awaitable[real_parts.Database]]) -> AsyncIterator[Kept]:
    made = await fresh_database("audit")
    kept = Kept(made)
    yield kept
    await kept.database.close()
