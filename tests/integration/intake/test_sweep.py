"""What was cut off between its commits is removed after an hour, and nothing else is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from chassis.database import Database
from chassis.keystore import Keystore, Wrap
from chassis.web.run import keep_running
from services.intake.intake import Intake, utc_now
from services.intake.use_cases.keep_place import keep_place
from services.intake.use_cases.sweep_orphans import ORPHANED_AFTER, sweep_forever, sweep_orphans
from services.intake.web.app import intake_app
from tests.integration.intake.conftest import client_of
from tests.integration.intake.test_reminders import remind
from tests.integration.intake.world import World, code_of_new, formal, inbox, key, lodge, with_code
from tests.waiting import eventually

pytestmark = pytest.mark.stack
FreshWorld = Callable[..., Awaitable[World]]


class LostAfterWriting(Keystore):
    """A key store whose connection breaks once, right after the wraps were committed."""

    lost = False

    async def put_wraps(self, wraps: Iterable[Wrap], *, ahead: bool = False) -> None:
        await super().put_wraps(wraps, ahead=ahead)
        if not self.lost:
            self.lost = True
            raise ConnectionResetError


class SweptAfterWriting(Keystore):
    """A key store that is swept, two hours on, right after the first wraps were committed: a process that stood still
    for hours.
    """

    intake: Intake
    swept = 0

    async def put_wraps(self, wraps: Iterable[Wrap], *, ahead: bool = False) -> None:
        await super().put_wraps(wraps, ahead=ahead)
        if not self.swept:
            self.swept = await sweep_orphans(self.intake, utc_now() + ORPHANED_AFTER * 2)


def on(world: World, store: Keystore) -> World:
    """The same world, its app on another handle to the key store."""
    intake = replace(world.intake, keystore=store)
    publics = {name: keys.signing.public_key() for name, keys in world.keys.items()}
    return replace(world, intake=intake, app=intake_app(world.settings, intake, publics))


async def test_what_nobody_sends_again_is_swept_after_an_hour(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    assert world.settings.keystore_dsn
    store = LostAfterWriting(world.settings.keystore_dsn)
    async with client_of(on(world, store)) as client:
        assert (await lodge(client)).status_code == 503
    await store.close()
    assert await sweep_orphans(world.intake, utc_now()) == 0
    assert len(await world.rows("select 1 from access_codes")) == 1
    assert await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2) == 3
    for table in ("access_codes", "unsettled_lodgings"):
        assert await world.rows(f"select 1 from {table}") == []
    for table in ("wraps", "unsettled"):
        assert await world.keystore_rows(f"select 1 from {table}") == []


@pytest.mark.parametrize("day_first", [True, False])
async def test_the_code_of_a_day_to_be_asked_on_outlives_a_lodging_with_its_key_that_was_cut_off(
    fresh_world: FreshWorld, *, day_first: bool
) -> None:
    world, idempotency_key = await fresh_world(), key()
    assert world.settings.keystore_dsn
    store = LostAfterWriting(world.settings.keystore_dsn)
    async with client_of(on(world, store)) as client:
        if not day_first:
            assert (await lodge(client, idempotency_key=idempotency_key)).status_code == 503
        kept = await remind(client, idempotency_key=idempotency_key)
        if day_first:
            assert (await lodge(client, idempotency_key=idempotency_key)).status_code == 503
        assert await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2) == 3
        found = await inbox(client, kept.json()["access_code"])
        assert (found["routes"], len(found["reminders"])) == ([], 1)
    await store.close()


async def test_a_request_cut_off_by_the_key_store_is_ended_by_sending_it_again(fresh_world: FreshWorld) -> None:
    world, idempotency_key = await fresh_world(), key()
    assert world.settings.keystore_dsn
    store = LostAfterWriting(world.settings.keystore_dsn)
    async with client_of(on(world, store)) as client:
        failed = await lodge(client, idempotency_key=idempotency_key)
        assert (failed.status_code, failed.headers["content-type"]) == (503, "application/problem+json")
        assert int(failed.headers["retry-after"]) > 0
        answer = await lodge(client, idempotency_key=idempotency_key)
        assert answer.status_code == 201
        assert len((await inbox(client, answer.json()["access_code"]))["routes"][0]["answers"]) == 2
    await store.close()


@pytest.mark.parametrize("adding", [False, True])
async def test_a_lodging_that_is_swept_while_it_stands_still_begins_again(
    fresh_world: FreshWorld, adding: bool
) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code = await code_of_new(client) if adding else ""
    await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2)
    assert world.settings.keystore_dsn
    store = SweptAfterWriting(world.settings.keystore_dsn)
    store.intake = world.intake
    async with client_of(on(world, store)) as client:
        answer = await lodge(client, formal(), code=code)
        assert (answer.status_code, store.swept) == (201, 4)
        routes = (await inbox(client, code or answer.json()["access_code"]))["routes"]
        assert [len(route["answers"]) for route in routes] == ([2, 2] if adding else [2])
    await store.close()


async def test_what_is_in_use_is_never_swept(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code = await code_of_new(client)
        report_id = await world.report_id(client, code)
        body = {"report_id": report_id, "text": "more"}
        assert (await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))).status_code == 202
        before = await inbox(client, code)
        for _ in range(2):
            assert await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2) == 0
        assert await inbox(client, code) == before
    # And the times at which the wraps were written are forgotten.
    assert await world.keystore_rows("select 1 from unsettled") == []


@pytest.mark.parametrize("away", ["database", "keystore"])
async def test_without_a_store_intake_says_so_and_to_try_again(world: World, away: str) -> None:
    nowhere = "postgresql://nobody:SECRET@127.0.0.1:1/none"
    gone = {"database": Database(nowhere), "keystore": Keystore(nowhere)}[away]
    intake = replace(world.intake, **{away: gone})
    publics = {name: keys.signing.public_key() for name, keys in world.keys.items()}
    without = replace(world, intake=intake, app=intake_app(world.settings, intake, publics))
    async with client_of(without) as client:
        for answer in (await lodge(client), await lodge(client, code="2222-3333-4444-5555-6666-7777")):
            if answer.status_code != 404:
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "SECRET" not in answer.text
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["dependencies"][away]) == (503, "down (ConnectionRefusedError)")
    await without.app.state.sign_in.close()
    await gone.close()


async def test_a_connection_that_breaks_under_a_request_is_said_to_be_a_matter_of_waiting(
    fresh_world: FreshWorld,
) -> None:
    world, idempotency_key = await fresh_world(), key()
    locker = await asyncpg.connect(world.database.admin_dsn)
    waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and usename = 'intake'"
    try:
        async with client_of(world) as client, asyncio.timeout(60):
            await locker.execute("begin; lock table intake.reports in access exclusive mode")
            request = asyncio.create_task(lodge(client, idempotency_key=idempotency_key))
            while not await locker.fetch(waiting):
                await asyncio.sleep(0.02)
            await locker.execute(f"select pg_terminate_backend(pid) from ({waiting}) stuck; rollback")
            assert (await request).status_code == 503
            assert (await lodge(client, idempotency_key=idempotency_key)).status_code == 201
    finally:
        await locker.close()


async def test_a_message_cut_off_by_the_key_store_is_sent_again(fresh_world: FreshWorld) -> None:
    world = await fresh_world()
    async with client_of(world) as client:
        code = await code_of_new(client)
        report_id = await world.report_id(client, code)
    assert world.settings.keystore_dsn
    store = LostAfterWriting(world.settings.keystore_dsn)
    body = {"report_id": report_id, "text": "more"}
    async with client_of(on(world, store)) as client:
        failed = await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
        again = await client.post("/api/v1/inbox/messages", json=body, headers=with_code(code))
        assert (failed.status_code, again.status_code) == (503, 202)
        (route,) = (await inbox(client, code))["routes"]
        assert [message["text"] for message in route["messages"]] == ["more"]
    await store.close()
    assert await sweep_orphans(world.intake, utc_now() + ORPHANED_AFTER * 2) == 1


async def test_sweeping_goes_on_as_soon_as_a_store_is_back(
    fresh_world: FreshWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = await fresh_world()
    await keep_place(world.intake, {"at": "/s/1"}, utc_now() - timedelta(days=100))
    await world.rows("alter table intake.unsettled_lodgings rename to away")
    sweeping = asyncio.create_task(keep_running(partial(sweep_forever, world.intake)))

    async def said() -> bool:
        return "background task stopped and is started again" in caplog.messages

    async def swept() -> bool:
        return not await world.rows("select 1 from kept_places")

    await eventually(said)
    assert not await swept()
    await world.rows("alter table intake.away rename to unsettled_lodgings")
    await eventually(swept)
    sweeping.cancel()
