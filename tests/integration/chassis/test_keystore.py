"""The key store on its own PostgreSQL instance."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from chassis import keystore, migrations
from chassis.keystore import Keystore, Wrap
from tests.real_parts import Database

pytestmark = pytest.mark.stack
FreshKeystore = Callable[..., Awaitable[Database]]


@pytest.fixture
async def database(fresh_keystore: FreshKeystore) -> Database:
    return await fresh_keystore("intake")


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Keystore]:
    store = Keystore(database.dsn("intake"))
    yield store
    await store.close()


async def test_a_wrap_is_found_by_item_and_recipient(store: Keystore) -> None:
    item, other, group = uuid4(), uuid4(), uuid4()
    await store.put_wraps([Wrap(item, "route", group, b"r"), Wrap(item, "workflow/oio", group, b"d")])
    assert await store.wraps_of([item, other], "route") == {item: b"r"}
    assert await store.wraps_of([item], "workflow/oio") == {item: b"d"}
    assert await store.wraps_of([item], "ombuds/ombuds") == {}


async def test_putting_a_wrap_again_changes_nothing(store: Keystore) -> None:
    item, group = uuid4(), uuid4()
    await store.put_wraps([Wrap(item, "route", group, b"first")])
    await store.put_wraps([Wrap(item, "route", group, b"second")])
    assert await store.wraps_of([item], "route") == {item: b"first"}


async def test_a_destroyed_group_is_gone_and_the_others_stay(store: Keystore) -> None:
    item, kept, group = uuid4(), uuid4(), uuid4()
    await store.put_wraps([Wrap(item, "route", group, b"r"), Wrap(item, "ombuds/ombuds", group, b"d")])
    await store.put_wraps([Wrap(kept, "route", uuid4(), b"k")])
    await store.destroy_group(group)
    await store.destroy_group(group)
    assert await store.wraps_of([item, kept], "route") == {kept: b"k"}
    assert await store.wraps_of([item], "ombuds/ombuds") == {}


async def test_wraps_written_ahead_are_found_until_settled_and_only_orphans_go(store: Keystore) -> None:
    used, orphan, later = uuid4(), uuid4(), uuid4()
    group = uuid4()
    await store.put_wraps([Wrap(used, "route", group, b"u"), Wrap(orphan, "route", group, b"o")], ahead=True)
    await store.put_wraps([Wrap(later, "route", group, b"l")])
    assert await store.unsettled(datetime.now(UTC) - timedelta(hours=1)) == []
    assert set(await store.unsettled(datetime.now(UTC) + timedelta(seconds=1))) == {used, orphan}
    await store.settle([used, orphan], orphans=[orphan])
    assert await store.wraps_of([used, orphan, later], "route") == {used: b"u", later: b"l"}
    assert await store.unsettled(datetime.now(UTC) + timedelta(seconds=1)) == []


async def test_wraps_written_again_take_the_place_of_the_first_and_a_sweep_leaves_them(store: Keystore) -> None:
    item, group = uuid4(), uuid4()
    await store.put_wraps([Wrap(item, "route", group, b"first")], ahead=True)
    between = datetime.now(UTC)
    assert await store.unsettled(between) == [item]
    await store.replace_wraps([Wrap(item, "route", group, b"second"), Wrap(item, "workflow/oio", group, b"d")])
    await store.settle([item], orphans=[item], before=between)
    assert await store.wraps_of([item], "route") == {item: b"second"}
    assert await store.wraps_of([item], "workflow/oio") == {item: b"d"}
    await store.settle([item], orphans=[item], before=datetime.now(UTC) + timedelta(seconds=1))
    assert await store.wraps_of([item], "route") == {}


async def test_nobody_replaces_a_wrap_of_another_group(store: Keystore) -> None:
    item = uuid4()
    await store.put_wraps([Wrap(item, "route", uuid4(), b"hers")])
    await store.replace_wraps([Wrap(item, "route", uuid4(), b"another's")])
    assert await store.wraps_of([item], "route") == {item: b"hers"}


async def test_a_matter_key_stays_as_first_put_until_destroyed(store: Keystore) -> None:
    case = uuid4()
    await store.put_matter_key(case, b"first")
    await store.put_matter_key(case, b"second")
    assert await store.matter_key(case) == b"first"
    await store.destroy_matter_key(case)
    await store.destroy_matter_key(case)
    assert await store.matter_key(case) is None


async def test_one_service_cannot_read_anothers_wraps(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("ombuds"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from intake.wraps")
    finally:
        await connection.close()


async def test_the_chain_goes_down_and_up_with_rows_and_matches_the_code(database: Database, store: Keystore) -> None:
    await store.put_wraps([Wrap(uuid4(), "route", uuid4(), b"r")], ahead=True)
    await store.put_matter_key(uuid4(), b"m")
    dsn = database.migration_dsn("intake")
    assert await migrations.differences(dsn, keystore.metadata) == []
    await migrations.migrate(dsn, keystore.MIGRATIONS, "base")
    await migrations.migrate(dsn, keystore.MIGRATIONS)
    assert await migrations.differences(dsn, keystore.metadata) == []
    item = uuid4()
    await store.put_wraps([Wrap(item, "route", uuid4(), b"again")])
    assert await store.wraps_of([item], "route") == {item: b"again"}
