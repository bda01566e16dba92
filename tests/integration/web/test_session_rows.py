"""What a copy of the table of sessions does not open, when a row goes, and how the table comes to be."""

import asyncio
import json
import logging
import os
from datetime import UTC, datetime

import pytest
from litestar.testing import RequestFactory
from sqlalchemy.exc import IntegrityError

from chassis.migrations import SERVICES, differences, migrate
from chassis.web import session_rows
from chassis.web.session_rows import Contents
from chassis.web.sessions import sweep_forever
from services.audit.tables import Base
from tests.integration.web.kept_sessions import ABSOLUTE, IDLE, SECRET, Kept
from tests.waiting import eventually

CHAIN = SERVICES / "audit" / "migrations"


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
