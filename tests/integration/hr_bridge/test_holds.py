"""What HR is asked to leave undone: handed to somebody, answered, released, and noticed when it is done anyway."""

import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from google.protobuf.message import Message
from sqlalchemy import text

from chassis.inbox import Inbox
from chassis.inbox_rows import Record
from chassis.keys import ServiceKeys
from chassis.sealing import seal_to
from contracts.envelope import Envelope, sign, to_headers
from contracts.holds.v1.holds_pb2 import HoldAnswered, HoldAsked, HoldReleased
from contracts.topics import ETHICS_HOLDS
from ops.local_stack.tryton import Tryton
from services.hr_bridge import consumers, directory, personnel_actions
from services.hr_bridge.adapters.tryton import Employee
from services.hr_bridge.bridge import Bridge
from services.hr_bridge.declarations import expect_line
from tests.integration.hr_bridge.alone import ethics_is_known
from tests.integration.hr_bridge.house import House, sealed
from tests.integration.hr_bridge.test_faults import process
from tests.integration.hr_bridge.test_hr_desk import DIRECTOR, OFFICER, SOMEBODY, confirm, headers, listed, task_of
from tests.integration.hr_bridge.test_personnel_actions import action
from tests.waiting import eventually

pytestmark = pytest.mark.stack

SOON = timedelta(days=30)


async def asked(house: House, hold: UUID) -> dict[str, Any]:
    """The hold as HR sees it, once it does."""

    async def come() -> dict[str, Any] | None:
        rows = await house.rows("select task_id from tasks where measure_id = :id", id=hold)
        return (await listed(house, OFFICER))[str(rows[0][0])] if rows else None

    found: dict[str, Any] = await eventually(come)
    return found


async def state(house: House, hold: UUID) -> tuple[str, str | None]:
    ((found, code),) = await house.rows("select state, code from tasks where measure_id = :id", id=hold)
    return found, code


async def say(house: House, staff_id: str, task_id: object, *, kept: bool, action_id: object = None) -> httpx.Response:
    return await house.client.post(
        f"/api/v1/tasks/{task_id}/answer",
        json={"action_id": str(action_id or uuid4()), "kept": kept},
        headers=await headers(house, staff_id),
    )


async def test_hr_is_told_what_to_leave_undone_for_whom_until_when_and_never_why(house: House) -> None:
    until = datetime.now(UTC) + SOON
    task = await asked(house, await house.hold("S0034", "non_renewal", until))
    assert datetime.fromisoformat(task.pop("until_at")) == until
    assert task.pop("due_at") < until.isoformat()
    assert {name: value for name, value in task.items() if value is not None and name != "task_id"} == {
        "code": "hold",
        "kind": "hold",
        "state": "handed",
        "person": "S0034",
        "action": "non_renewal",
    }


async def test_what_hr_says_reaches_the_ethics_office_once_and_may_change_for_the_worse_alone(house: House) -> None:
    hold = await house.hold("S0049", "demotion")
    task_id, action_id = (await asked(house, hold))["task_id"], uuid4()
    for _ in range(2):
        kept = await say(house, OFFICER, task_id, kept=True, action_id=action_id)
        assert (kept.status_code, kept.json()) == (200, {"task_id": task_id, "state": "done"})
    again = await say(house, OFFICER, task_id, kept=True)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_answer")
    by_hand = await confirm(house, OFFICER, task_id)
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "nothing_to_confirm")
    given_up = await say(house, OFFICER, task_id, kept=False)
    assert given_up.json()["state"] == "failed"
    assert (await say(house, OFFICER, task_id, kept=True)).json()["code"] == "nothing_to_answer", "that is its end"
    assert await house.answers(hold, 2) == [True, False]
    assert (await asked(house, hold))["problem"] == "not_possible"


async def test_a_released_hold_is_over(house: House) -> None:
    hold = await house.hold("S0050", "transfer")
    task_id = (await asked(house, hold))["task_id"]
    await house.release(hold)
    await eventually(lambda: _is(house, hold, ("withdrawn", None)))
    assert (await say(house, OFFICER, task_id, kept=True)).json()["code"] == "nothing_to_answer"
    await house.declare(action(staff_id="S0050", kind="transfer"))
    assert await state(house, hold) == ("withdrawn", None)


async def _is(house: House, hold: UUID, wanted: tuple[str, str | None]) -> bool:
    return await state(house, hold) == wanted


async def test_inv_46_what_hr_declares_all_the_same_is_noticed_once(house: House) -> None:
    until = datetime.now(UTC) + SOON
    hold = await house.hold("S0050", "appraisal", until)
    other, kept = await house.hold("S0050", "promotion"), await house.hold("S0039", "appraisal")
    task_id = (await asked(house, hold))["task_id"]
    for one in (other, kept):
        await asked(house, one)
    await say(house, OFFICER, task_id, kept=True)
    after = (until + timedelta(days=1)).date().isoformat()
    await house.declare(action(staff_id="S0050", kind="appraisal", effective_on=after))
    assert await state(house, hold) == ("done", None), "from then on it may be done"
    for _ in range(2):
        answer = await house.declare(action(staff_id="S0050", kind="appraisal", effective_on=until.date().isoformat()))
        assert answer.status_code == 202, "HR's system is told nothing of holds"
    assert await state(house, hold) == ("failed", "done_anyway")
    assert await house.answers(hold, 2) == [True, False]
    assert [await state(house, one) for one in (other, kept)] == [("handed", None)] * 2


async def test_a_hold_that_cannot_be_read_is_answered_by_itself(house: House) -> None:
    hold = uuid4()
    person = await sealed(house.ethics, f"hold|{uuid4()}", {"person": "S0039"}, 128)
    message = HoldAsked(hold_id=str(hold), kind="transfer", sealed_person=person)
    message.until_at.FromDatetime(datetime.now(UTC) + SOON)
    await house.ethics.emit(ETHICS_HOLDS, str(hold), message)
    assert await house.answers(hold, 1) == [False]
    task = await asked(house, hold)
    assert (task["code"], task["person"], task["problem"]) == ("hold", None, "persons_unreadable")


async def test_nobody_in_hr_answers_a_hold_that_is_about_himself_and_nobody_else_sees_one(house: House) -> None:
    task_id = (await asked(house, await house.hold(DIRECTOR, "transfer")))["task_id"]
    assert task_id not in await listed(house, DIRECTOR)
    never = await say(house, OFFICER, uuid4(), kept=True)
    for staff_id in (DIRECTOR, SOMEBODY):
        hidden = await say(house, staff_id, task_id, kept=True)
        assert (hidden.status_code, hidden.content) == (404, never.content)


async def test_a_measure_is_no_hold(house: House) -> None:
    measure = await house.decide_by_hand("flexible_working", person="S0049", arrangement="From home.")
    await eventually(lambda: house.has_task(measure, "apply"))
    answer = await say(house, OFFICER, await task_of(house, measure), kept=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_answer")


async def test_neither_rows_nor_topics_name_whom_a_hold_is_about(house: House) -> None:
    hold = await house.hold("S0049", "visa_or_permit")
    await asked(house, hold)
    dump = str(await house.rows("select t::text from tasks t"))
    assert "S0049" not in dump
    assert b"S0049".hex() not in dump
    assert b"S0049" not in b"".join(one.value for one in await house.records(ETHICS_HOLDS))


@pytest.fixture
async def killable(empty_house: Callable[[Tryton], Any], tryton: Tryton) -> AsyncIterator[House]:
    async with empty_house(tryton) as made:
        yield made


@pytest.mark.parametrize(("place", "kept"), [("consumer.before_commit", 0), ("consumer.after_commit", 1)])
async def test_a_hold_survives_the_bridge_being_killed_and_is_there_once(
    killable: House, tmp_path: Path, place: str, kept: int
) -> None:
    house, log = killable, tmp_path / "bridge.log"
    # What comes before: the desk keys of the ethics office, and the bridge's own.
    before = len(house.ethics.keys.desks) + len(ServiceKeys.load(house.bridge_settings().keys_dir).desks)

    async def knows_the_keys() -> bool:
        return len(await house.rows("select 1 from inbox_sequences where topic = 'desk.keys.v1'")) == before

    async with process(house, log, RECOURSE_FAILPOINTS=f"{place}:{before + 1}") as bridge:
        await eventually(knows_the_keys)
        hold = await house.hold("S0049", "dismissal")

        async def dead() -> bool:
            return bridge.exit_code() is not None

        await eventually(dead)
        assert bridge.exit_code() == -signal.SIGKILL, log.read_text()
    assert len(await house.rows("select 1 from tasks where measure_id = :id", id=hold)) == kept
    async with house.bridge():
        task = await asked(house, hold)
        await say(house, OFFICER, task["task_id"], kept=True)
        assert await house.answers(hold, 1) == [True]
    assert len(await house.rows("select 1 from tasks")) == 1


# On a database alone.

ANN = Employee("S1", "OIO", "valmora", "staff", "S2", date(2024, 1, 1), date(2027, 6, 30), "s1@staff.example")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Wire:
    """The ethics office's events as they come by Kafka, in whatever order, and what the bridge says to them."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self._ethics = ServiceKeys.load(bridge.settings.keys_dir.parent / "ethics").signing

        async def start(measure_id: UUID) -> None:
            raise AssertionError(measure_id)

        self._inbox = Inbox(consumers.handlers(bridge, start), {"ethics": self._ethics.public_key()}, {})
        self._offset = 0

    async def take(self, hold: UUID, sequence: int, message: Message) -> None:
        envelope = Envelope(
            uuid4(), "ethics", message.DESCRIPTOR.full_name, ETHICS_HOLDS.name, str(hold), sequence, NOW,
            message.SerializeToString(),
        )  # fmt: skip
        headers = to_headers(envelope, sign(envelope, self._ethics))
        record = Record(ETHICS_HOLDS, 0, self._offset, envelope.key.encode(), envelope.value, headers)
        self._offset += 1
        await self._inbox.take(self.bridge.database, record)

    def asked(self, hold: UUID, kind: str = "non_renewal", person: str = "S1", until: datetime = NOW) -> HoldAsked:
        public = self.bridge.keys.desk("hr").public
        person_ = seal_to(public, f'{{"person": "{person}"}}'.encode(), context=f"hold|{hold}".encode(), size=128)
        message = HoldAsked(hold_id=str(hold), kind=kind, sealed_person=person_)
        message.until_at.FromDatetime(until)
        return message

    async def hold(self, kind: str, until: datetime) -> UUID:
        hold = uuid4()
        await self.take(hold, 1, self.asked(hold, kind, until=until))
        return hold

    async def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        async with self.bridge.database.transaction() as session:
            return [tuple(row) for row in await session.execute(text(query), parameters)]

    async def said(self) -> list[tuple[str, bool]]:
        rows = await self.rows("select value from outbox where topic = 'hr.hold-results.v1' order by id")
        return [(one.hold_id, one.kept) for one in (HoldAnswered.FromString(value) for (value,) in rows)]

    async def reads(self, *employees: Employee, at: datetime) -> None:
        """The HR system says so at that time, and the comparison that follows takes place."""
        async with self.bridge.database.transaction() as session:
            await directory.take_over(session, list(employees), self.bridge.policy, at)
        async with self.bridge.database.transaction() as session:
            await personnel_actions.compare(session, self.bridge, at + timedelta(days=2))


@pytest.fixture
async def wire(bridge: Bridge) -> Wire:
    await ethics_is_known(bridge)
    return Wire(bridge)


async def test_events_that_come_out_of_order_or_again_do_nothing_twice(wire: Wire) -> None:
    hold = uuid4()
    ask, released = wire.asked(hold), HoldReleased(hold_id=str(hold))
    await wire.take(hold, 2, released)
    assert await wire.rows("select state from tasks") == []
    for sequence, message in ((1, ask), (1, ask), (2, released)):
        await wire.take(hold, sequence, message)
    assert await wire.rows("select kind, state, code from tasks") == [("hold", "withdrawn", None)]
    # The inbox was lost, and everything is read again from the beginning.
    await wire.rows("delete from inbox_sequences returning true")
    for sequence, message in ((1, ask), (2, released)):
        await wire.take(hold, sequence, message)
    assert await wire.rows("select kind, state, code from tasks") == [("hold", "withdrawn", None)]
    assert await wire.said() == []


@pytest.mark.parametrize("wrong", ["another", "no-id"])
async def test_a_hold_under_a_wrong_key_is_a_dead_letter(wire: Wire, wrong: str) -> None:
    message = wire.asked(uuid4())
    if wrong == "no-id":
        message.hold_id = wrong
    key: Any = uuid4() if wrong == "another" else wrong
    await wire.take(key, 1, message)
    code = "hold_is_not_the_key" if wrong == "another" else "hold_id_malformed"
    assert await wire.rows("select code from dead_letters") == [(code,)]
    assert await wire.rows("select 1 from tasks") == []


@pytest.mark.parametrize(
    ("held", "changed", "noticed"),
    [
        ("non_renewal", {"end": date(2027, 1, 31)}, True),
        ("early_termination", {"end": date(2026, 11, 30)}, True),
        ("dismissal", {"end": date(2026, 1, 31)}, True),
        ("non_renewal", {"end": date(2028, 6, 30)}, False),
        ("non_renewal", {"end": None}, False),
        ("non_renewal", {"end": date(2027, 5, 31)}, False),
        ("non_renewal", {"supervisor": "S3"}, False),
        ("transfer", {"supervisor": "S3"}, True),
        ("transfer", {"end": date(2027, 1, 31)}, False),
        ("appraisal", {"supervisor": "S3"}, False),
    ],
)
async def test_inv_46_what_the_hr_system_shows_of_what_was_to_be_left_undone_is_noticed(
    wire: Wire, held: str, changed: dict[str, Any], noticed: bool
) -> None:
    await wire.reads(ANN, at=NOW)
    hold = await wire.hold(held, NOW + timedelta(days=180))
    await wire.reads(replace(ANN, **changed), at=NOW + timedelta(days=1))
    await wire.reads(replace(ANN, **changed, mail_address="other@staff.example"), at=NOW + timedelta(days=5))
    assert await wire.said() == ([(str(hold), False)] if noticed else [])


async def test_inv_46_a_contract_that_nobody_prolongs_is_noticed_when_it_has_ended(wire: Wire) -> None:
    await wire.reads(ANN, at=NOW)
    hold = await wire.hold("non_renewal", datetime(2027, 12, 31, tzinfo=UTC))
    await wire.reads(ANN, at=datetime(2027, 6, 30, 12, tzinfo=UTC))
    assert await wire.said() == []
    await wire.reads(ANN, at=datetime(2027, 7, 1, 12, tzinfo=UTC))
    assert await wire.said() == [(str(hold), False)]


async def test_a_line_that_a_measure_of_ours_changes_breaks_no_hold(wire: Wire) -> None:
    await wire.reads(ANN, at=NOW)
    await wire.hold("transfer", NOW + timedelta(days=180))
    async with wire.bridge.database.transaction() as session:
        await expect_line(session, wire.bridge, "S1", "S3")
    await wire.reads(replace(ANN, supervisor="S3"), at=NOW + timedelta(minutes=1))
    assert await wire.said() == []
