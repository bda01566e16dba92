"""What cases cost beside Temporal alone: opening one, a long life, the rules themselves."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHistory

from chassis.temporal import connect, sealing_converter, worker
from contracts.ids import CaseId
from lifecycle import bodies, decide, engine, exclusions, records, sweeper
from lifecycle.activities import Activities
from lifecycle.desk import Desk
from lifecycle.durable import EVENTS_PER_RUN, Decided, Procedure, Ring
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind
from lifecycle.records import CaseRow
from policy.model import Role
from tests.bench.raw import news_gone, open_no_ops
from tests.lifecycles import ACTION, BY_NAME, NOW, POLICY, opened, staff
from tests.replay import procedure, recorded

OPENED, ROUNDS = 100, 5
AT_ONCE = 10
STEPS, COMPARED = 300, 40
REPLAYS = 7
EARLY, LONG = 50, EVENTS_PER_RUN - 20
"""Events: the small case, and nearly the longest history there is: a longer run goes on as a new one."""
QUERY, OFFICER = "query", "S0007"


async def openings(desk: Desk, address: str, admin_dsn: str) -> Sequence[float]:
    """Cases a second from nothing to the first ring; and workflows a second that do nothing, with as many activities
    of the same kind: started as cases are, and as the client does it when nothing is said. In rounds by turns, each
    begun when the news of the one before has gone.
    """
    rung: dict[str, asyncio.Event] = {}
    activities = Activities(desk)

    @activity.defn(name="ring")
    async def ring(asked: Ring) -> Decided:
        decided = await activities.ring(asked)
        rung[asked.case_id].set()
        return decided

    client = await connect(desk.settings, desk.keys)
    own = replace(desk, settings=desk.settings.model_copy(update={"kafka_prefix": f"bench-{uuid4()}-"}))

    async def open_one() -> None:
        case_id = await _open(desk)
        rung[str(case_id)] = asyncio.Event()
        await own.poke(case_id)()
        await rung[str(case_id)].wait()

    async with (
        worker(client, own.task_queue, workflows=[Procedure], activities=[activities.decide, ring]),
        open_no_ops(await Client.connect(address)) as open_nothing,
        asyncio.TaskGroup() as beside,
    ):
        # What starts the workflows of a service's cases, too.
        waking = beside.create_task(sweeper.sweep_forever(own, client))
        ways = (open_one, partial(open_nothing, True), partial(open_nothing, False))
        took = [0.0] * len(ways)
        for one in ways:
            await one()  # warm
        for _ in range(ROUNDS):
            for place, one in enumerate(ways):
                await news_gone(admin_dsn)
                took[place] += await _seconds(one)
        waking.cancel()
    return [OPENED / seconds for seconds in took]


async def _seconds(one: Callable[[], Awaitable[None]]) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated() -> None:
        async with gate:
            await one()

    began = time.perf_counter()
    await asyncio.gather(*(gated() for _ in range(OPENED // ROUNDS)))
    return time.perf_counter() - began


async def early_and_late(desk: Desk, admin_dsn: str) -> tuple[float, float]:
    """Milliseconds of a decision (p50) on a case with few steps behind it, and on one with hundreds: by turns."""
    young, old = await _query(desk), await _query(desk)
    for _ in range(STEPS):
        await _noted(desk, old)
    await news_gone(admin_dsn)
    early, late = [], []
    for _ in range(COMPARED):
        early.append(await _noted(desk, young))
        late.append(await _noted(desk, old))
    return statistics.median(early), statistics.median(late)


async def _open(desk: Desk) -> CaseId:
    now = datetime.now(UTC)
    async with desk.database.transaction() as session:
        case_id = await decide.open_case(session, desk, uuid4(), QUERY, 1, {}, now)
        await exclusions.exclude(session, desk.keys.cell, case_id, Parties(), now, desk.policy)
    return case_id


async def _query(desk: Desk) -> CaseRow:
    case_id = await _open(desk)
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
    assert row is not None
    return row


async def _noted(desk: Desk, row: CaseRow) -> float:
    """Milliseconds of one more note."""
    officer = Actor(ActorKind.STAFF, OFFICER, frozenset({Role.ETHICS_OFFICER}))
    action = Action(uuid4(), "note_query", {}, frozenset({"note"}))
    async with desk.database.transaction() as session:
        texts, _ = await bodies.store(session, desk, row, action.id, {"note": "x" * 200})
    began = time.perf_counter()
    async with desk.database.transaction() as session:
        outcome = await decide.decide_as(session, desk, row.case_id, action, officer, datetime.now(UTC), texts)
    took = (time.perf_counter() - began) * 1000
    assert isinstance(outcome, Decided), outcome
    return took


async def replays(address: str) -> tuple[float, float]:
    """Milliseconds of a cold replay (p50): of a case of fifty events, and of the longest history there is."""
    client = await Client.connect(address, data_converter=sealing_converter(recorded.KEY))
    script = procedure.Script()
    workflow_id = str(uuid4())
    async with worker(
        client, procedure.QUEUE, workflows=[Procedure], activities=[script.decide, script.ring, script.run_errand]
    ):
        handle = client.get_workflow_handle_for(Procedure.run, workflow_id)
        found: list[float] = []
        for length in (EARLY, LONG):
            while script.version == 1 or (await handle.describe()).history_length < length:
                await procedure.act(client, workflow_id, "take")
            found.append(await _replay(await handle.fetch_history()))
        await procedure.act(client, workflow_id, "end")
    return found[0], found[1]


async def _replay(history: WorkflowHistory) -> float:
    times = []
    for _ in range(REPLAYS):
        began = time.perf_counter()
        assert (await recorded.replayed(Procedure, history)).replay_failure is None
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def rules() -> float:
    """Microseconds of `apply` (p50): an action on a case that has lived for a while."""
    lifecycle, case = BY_NAME["formal_report"], opened("formal_report")
    officer = staff("S0005", Role.INTAKE_OFFICER)
    action = Action(ACTION, "acknowledge")
    times = []
    for _ in range(2000):
        began = time.perf_counter()
        engine.apply(lifecycle, case, action, officer, NOW + timedelta(hours=1), POLICY)
        times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times)
