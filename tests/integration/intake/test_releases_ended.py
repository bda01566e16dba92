"""How the release of an identity ends or comes to nothing: by her refusal, an erasure, its time, the end of a part."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.keystore import Keystore
from chassis.sealing import (
    handler_label,
)
from contracts.cases.v1.cases_pb2 import CaseErased, IdentityReleaseEnded
from contracts.topics import WORKFLOW_CASES
from services.intake.intake import NothingHere, lock_report
from services.intake.tables import Exclusion
from services.intake.use_cases.release_identity import (
    end_over,
    end_release,
)
from tests.integration.intake.releasing import (
    FACTS,
    HEAR,
    INVESTIGATOR,
    Desk,
    Request,
    in_place,
    reported,
)
from tests.integration.intake.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return in_place(monkeypatch)


async def test_nothing_is_given_to_a_handler_whom_she_has_refused_since(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    async with world.intake.database.transaction() as session:
        tag = world.intake.exclusion_tag(UUID(report_id), INVESTIGATOR)
        session.add(Exclusion(report_id=UUID(report_id), tag=tag))
    with pytest.raises(NothingHere):
        await request.agree()
    assert (await request.wraps(), await request.answers()) == (set(), [])


async def test_inv_53_what_a_cut_off_yes_has_left_with_the_key_store_goes_with_the_request(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, report_id = await reported(client, world)
    refused, unanswered = await Request(world, report_id).ask(), await Request(world, report_id, "imminent_harm").ask()
    put_wraps = Keystore.put_wraps

    async def put(store: Keystore, wraps: Any, *, ahead: bool = False) -> None:
        await put_wraps(store, wraps, ahead=ahead)
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(Keystore, "put_wraps", put)
        for request in (refused, unanswered):
            with pytest.raises(ConnectionError):
                await request.agree()
    assert await refused.wraps() == {handler_label(one.asked.release_id) for one in (refused, unanswered)}
    await refused.refuse()
    assert await unanswered.wraps() == {handler_label(unanswered.asked.release_id)}
    await end_over(world.intake, datetime.now(UTC) + timedelta(days=31))
    assert await unanswered.wraps() == set()


async def test_inv_53_nothing_is_wrapped_for_anybody_in_a_report_that_is_erased_meanwhile(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    async with world.intake.database.transaction() as session:
        report = await lock_report(session, UUID(report_id))
        under_way = asyncio.create_task(request.agree())
        waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%FROM reports%'"
        await eventually(lambda: world.rows(waiting))
        report.erased_at = datetime.now(UTC)
    with pytest.raises(NothingHere):
        await under_way
    assert await request.wraps() == set()


async def test_it_ends_with_its_time_with_the_handlers_part_and_with_the_matter(
    client: httpx.AsyncClient, world: World
) -> None:
    _, report_id = await reported(client, world)
    timed, left, unanswered = [
        await Request(world, report_id, purpose).ask() for purpose in (FACTS, "imminent_harm", HEAR)
    ]
    await timed.agree()
    await left.agree()
    told = IdentityReleaseEnded(report_id=report_id, request_id=str(left.asked.release_id))
    await world.tell("workflow", WORKFLOW_CASES, report_id, told)
    with pytest.raises(NothingHere):
        await left.look()
    assert await timed.wraps() == {handler_label(timed.asked.release_id)}
    assert await end_over(world.intake, datetime.now(UTC) + timedelta(days=31)) >= 2
    assert (await timed.wraps(), await unanswered.rows()) == (set(), [])
    (row,) = await timed.rows()
    assert row["ended_at"] is not None

    _, report_id = await reported(client, world)
    erased = await Request(world, report_id).ask()
    await erased.agree()
    gone = CaseErased(report_id=report_id, lifecycle="formal_report", number=1)
    await world.tell("workflow", WORKFLOW_CASES, report_id, gone)
    assert (await erased.rows(), await erased.wraps()) == ([], set())


async def test_another_desk_ends_nothing(client: httpx.AsyncClient, world: World) -> None:
    _, report_id = await reported(client, world)
    request = await Request(world, report_id).ask()
    await request.agree()
    async with world.intake.database.transaction() as session:
        await end_release(session, world.intake, "ethics", UUID(report_id), request.asked.release_id, datetime.now(UTC))
    assert "S0018" in await request.look()
