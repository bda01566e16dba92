"""The adapter against the real Tryton."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from ops.local_stack.people import organisation
from ops.local_stack.ports import free_port
from ops.local_stack.tryton import ADMIN
from ops.local_stack.tryton import Tryton as TrytonServer
from ops.local_stack.tryton_client import TrytonClient
from services.hr_bridge.adapters.tryton import (
    EmployeeNotFound,
    HrSystemRefused,
    HrSystemUnreachable,
    RecordChangedMeanwhile,
    Tryton,
)
from tests.integration.hr_bridge.house import HrSystem

pytestmark = pytest.mark.stack
TODAY = date(2026, 11, 22)


@pytest.fixture
async def hr(tryton: TrytonServer) -> AsyncIterator[HrSystem]:
    async with TrytonClient(tryton.url, ADMIN, tryton.password) as admin:
        yield HrSystem(admin)


@pytest.fixture
async def client(tryton: TrytonServer) -> AsyncIterator[Tryton]:
    async with Tryton(tryton.url, "hr_bridge", tryton.hr_bridge_password) as made:
        yield made


async def test_everybody_is_read_with_line_place_contract_and_an_address_without_a_name(client: Tryton) -> None:
    people = {one.staff_id: one for one in await client.employees(TODAY)}
    assert set(people) == {one.staff_id for one in organisation().people}
    intern = people["S0060"]
    assert (intern.unit, intern.station, intern.contract, intern.supervisor) == ("DHR", "valmora", "intern", "S0002")
    assert (intern.start, intern.end, intern.mail_address) == (date(2024, 1, 1), None, "s0060@staff.example")
    assert people["S0001"].supervisor == ""
    assert intern.active_on(date(2024, 1, 1))
    assert not intern.active_on(date(2023, 12, 31))


async def test_who_has_left_is_still_read_but_takes_and_gives_no_line(client: Tryton, hr: HrSystem) -> None:
    line = await client.line("S0058")
    await hr.set_contract_end("S0060", date(2025, 6, 30))
    try:
        people = {one.staff_id: one for one in await client.employees(TODAY)}
        assert people["S0060"].end == date(2025, 6, 30)
        assert not people["S0060"].active_on(date(2025, 7, 1))
        with pytest.raises(EmployeeNotFound) as person:
            await client.line("S0060")
        assert person.value.role == "person"
        with pytest.raises(EmployeeNotFound) as supervisor:
            await client.set_supervisor(line, "S0060")
        assert supervisor.value.role == "supervisor"
    finally:
        await hr.set_contract_end("S0060", None)


async def test_a_contract_that_is_to_follow_ends_nobody_s_employment(client: Tryton, hr: HrSystem) -> None:
    """Of several employments the one that runs counts; HR enters the next one while it does."""
    async with hr.employed_again("S0058", date(2031, 7, 1)):
        people = {one.staff_id: one for one in await client.employees(date(2031, 6, 30))}
        assert people["S0058"].active_on(date(2031, 6, 30))
        assert people["S0058"].supervisor != ""
        later = {one.staff_id: one for one in await client.employees(date(2031, 7, 1))}
        assert later["S0058"].start == date(2031, 7, 1)


async def test_a_line_read_before_somebody_elses_write_is_not_written(client: Tryton, hr: HrSystem) -> None:
    line = await client.line("S0059")
    assert line.supervisor == "S0025"
    await hr.set_supervisor("S0059", "S0044")
    try:
        with pytest.raises(RecordChangedMeanwhile):
            await client.set_supervisor(line, "S0029")
        assert await hr.supervisor("S0059") == "S0044"
        await client.set_supervisor(await client.line("S0059"), "S0029")
        assert await hr.supervisor("S0059") == "S0029"
    finally:
        await hr.set_supervisor("S0059", "S0025")


async def test_a_session_that_has_run_out_is_renewed(client: Tryton, hr: HrSystem) -> None:
    await client.line("S0018")
    await hr.end_sessions("hr_bridge")
    assert (await client.line("S0018")).supervisor == "S0017"


async def test_a_wrong_password_is_a_refusal_and_not_an_outage(tryton: TrytonServer) -> None:
    async with Tryton(tryton.url, "hr_bridge", "wrong") as client:
        with pytest.raises(HrSystemRefused, match="401"):
            await client.line("S0018")


async def test_a_server_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    async with Tryton(f"http://127.0.0.1:{free_port()}/hris", "hr_bridge", "any") as client:
        with pytest.raises(HrSystemUnreachable):
            await client.line("S0018")
        with pytest.raises(HrSystemUnreachable):
            await client.check()
