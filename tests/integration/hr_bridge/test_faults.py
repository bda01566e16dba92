"""The bridge cut off, the HR system away, the workflow lost: retried until proven, never called effective before."""

import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client

from contracts.measures.v1.measures_pb2 import MeasureApplied, MeasureFailed, MeasureRestored
from ops.local_stack.guardian import Guardian
from ops.local_stack.people import organisation
from ops.local_stack.ports import free_port
from ops.local_stack.process import Process
from ops.local_stack.tryton import Tryton
from services.hr_bridge.adapters import tryton as adapters
from tests.integration.hr_bridge.house import RESTORE, House
from tests.real_parts import TemporalServer, password
from tests.waiting import eventually

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def own_tryton(tmp_path: Path, guardian: Guardian) -> AsyncIterator[Tryton]:
    """An HR system that may be stopped."""
    part = Tryton(
        tmp_path / "tryton",
        free_port(),
        tmp_path / "tryton.log",
        organisation(),
        password=password("admin"),
        hr_bridge_password=password("hr_bridge"),
    )
    guardian.watch((await part.start()).id)
    await part.ready()
    yield part
    await part.stop()


@pytest.fixture
async def breakable(empty_house: Callable[[Tryton], Any], own_tryton: Tryton) -> AsyncIterator[House]:
    async with empty_house(own_tryton) as made:
        yield made


async def tried_in_vain(temporal: TemporalServer, measure: UUID) -> bool:
    """Whether Temporal holds an attempt for this measure that has failed and will be repeated."""
    client = await Client.connect(temporal.address, namespace=temporal.namespace)
    described = await client.get_workflow_handle(str(measure)).describe()
    return any(one.attempt > 1 for one in described.raw_description.pending_activities)


async def test_an_hr_system_that_is_away_is_waited_for(
    breakable: House, own_tryton: Tryton, temporal: TemporalServer, guardian: Guardian
) -> None:
    async with breakable.bridge():
        first = await breakable.decide("S0018", "S0017", "S0019")
        await breakable.result(first, MeasureApplied)
        await own_tryton.stop()
        second = await breakable.decide("S0026", "S0017", "S0019")
        await breakable.end(first, RESTORE)
        third = await breakable.decide("S0056", "S0017", "S0019")
        for measure in (first, second, third):
            await eventually(lambda measure=measure: tried_in_vain(temporal, measure))
        assert [type(one) for one in breakable.results(first)] == [MeasureApplied]
        assert breakable.results(second) == breakable.results(third) == []
        await breakable.end(third, RESTORE)
        await eventually(lambda: breakable.has_task(third, "restore"))

        # What the sweeper is for: Temporal has lost the workflow, and nobody sends the event again.
        client = await Client.connect(temporal.address, namespace=temporal.namespace)
        await client.get_workflow_handle(str(second)).terminate()

        guardian.watch((await own_tryton.start()).id)
        await own_tryton.ready()
        await breakable.result(first, MeasureRestored)
        await breakable.result(second, MeasureApplied)
        assert await breakable.hr.supervisor("S0018") == "S0017"
        assert await breakable.hr.supervisor("S0026") == "S0019"
        # What ended while it waited is not first done and then undone.
        await breakable.result(third, MeasureRestored)
        assert [type(one) for one in breakable.results(third)] == [MeasureRestored]
        assert await breakable.hr.supervisor("S0056") == "S0017"


async def test_an_hr_system_killed_after_the_write_has_it_proven_and_is_not_written_again(
    breakable: House,
    own_tryton: Tryton,
    temporal: TemporalServer,
    guardian: Guardian,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write, written_at = adapters.Tryton.set_supervisor, list[str]()

    async def write_and_die(adapter: adapters.Tryton, line: adapters.Line, supervisor: str) -> None:
        await write(adapter, line, supervisor)
        written_at.append(await breakable.hr.written_at("S0041"))
        assert own_tryton.process is not None
        if len(written_at) == 1:
            own_tryton.process.kill()

    async def written() -> bool:
        return bool(written_at)

    monkeypatch.setattr(adapters.Tryton, "set_supervisor", write_and_die)
    async with breakable.bridge():
        measure = await breakable.decide("S0041", "S0017", "S0019")
        await eventually(written)
        await eventually(lambda: tried_in_vain(temporal, measure))
        assert breakable.results(measure) == []
        states = await breakable.rows("select state, proof_hash from tasks where measure_id = :id", id=measure)
        assert states == [("running", None)]

        await own_tryton.stop()
        guardian.watch((await own_tryton.start()).id)
        await own_tryton.ready()
        await breakable.result(measure, MeasureApplied)
        assert [type(one) for one in breakable.results(measure)] == [MeasureApplied]
    assert await breakable.hr.supervisor("S0041") == "S0019"
    assert [await breakable.hr.written_at("S0041")] == written_at


@asynccontextmanager
async def process(house: House, log: Path, **changed: str) -> AsyncIterator[Process]:
    """The bridge as a process of its own, which a failpoint may kill."""
    settings = house.bridge_settings(http_port=free_port())
    environment = {
        f"RECOURSE_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value not in (None, {}, "")
    }
    words = [sys.executable, "-m", "services.hr_bridge", "all"]
    found = Process.spawn(words, log=log, environment=environment | {"PYTHONPATH": str(ROOT)} | changed)
    try:
        yield found
    finally:
        await found.stop()


async def killed_after_the_write(house: House, log: Path) -> UUID:
    """Decide a measure and have the bridge die between writing the HR system and recording that it did."""
    async with process(house, log, RECOURSE_FAILPOINTS="hr.after_write") as bridge:
        measure = await house.decide("S0041", "S0017", "S0019")

        async def dead() -> bool:
            return bridge.exit_code() is not None

        await eventually(dead)
        assert bridge.exit_code() == -signal.SIGKILL, log.read_text()
    assert await house.hr.supervisor("S0041") == "S0019"
    assert house.results(measure) == []
    states = await house.rows("select state, proof_hash from tasks where measure_id = :id", id=measure)
    assert states == [("running", None)]
    return measure


async def test_a_write_that_was_not_recorded_is_proven_and_not_written_again(breakable: House, tmp_path: Path) -> None:
    measure = await killed_after_the_write(breakable, tmp_path / "bridge.log")
    written_at = await breakable.hr.written_at("S0041")
    async with process(breakable, tmp_path / "bridge.log"):
        await breakable.result(measure, MeasureApplied)
    assert await breakable.hr.written_at("S0041") == written_at


async def test_a_write_that_was_not_recorded_is_not_written_over_somebody_elses(
    breakable: House, tmp_path: Path
) -> None:
    measure = await killed_after_the_write(breakable, tmp_path / "bridge.log")
    await breakable.hr.set_supervisor("S0041", "S0022")
    async with process(breakable, tmp_path / "bridge.log"):
        assert (await breakable.result(measure, MeasureFailed)).code == "changed_meanwhile"
    assert await breakable.hr.supervisor("S0041") == "S0022"


async def test_a_write_that_was_not_recorded_is_undone_when_the_measure_ends(breakable: House, tmp_path: Path) -> None:
    measure = await killed_after_the_write(breakable, tmp_path / "bridge.log")
    await breakable.end(measure, RESTORE)
    async with process(breakable, tmp_path / "bridge.log"):
        await breakable.result(measure, MeasureRestored)
    assert await breakable.hr.supervisor("S0041") == "S0017"
