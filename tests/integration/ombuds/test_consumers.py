"""What intake's events do in the cell."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from google.protobuf.message import Message

from chassis.inbox import InvalidMessage
from contracts.cases.v1.cases_pb2 import CaseChanged, PersonActionRefused, ReportOpened
from contracts.intake.v1.reports_pb2 import (
    REPORTING_MODE_ANONYMOUS,
    MessageReceived,
    PersonActed,
    PlacedInInbox,
    ReportLodged,
    RouteKeyReplaced,
)
from contracts.topics import INTAKE_REPORTS_OMBUDS
from lifecycle import records, reports, told, unread
from lifecycle.at_desk import unread_in
from lifecycle.records import CaseRow
from tests.integration.ombuds.cell import ELSEWHERE, FURTHER, OMBUDSPERSON, Cell


def lodged(report_id: UUID, lifecycle: str = "informal_resolution") -> ReportLodged:
    message = ReportLodged(
        report_id=str(report_id),
        lifecycle=lifecycle,
        mode=REPORTING_MODE_ANONYMOUS,
        route_public_key=b"k",
        language="fr",
    )
    message.lodged_at.FromDatetime(datetime.now(UTC))
    return message


async def receive(cell: Cell, message: Message) -> None:
    await cell.receive(INTAKE_REPORTS_OMBUDS, str(getattr(message, "report_id")), message)  # noqa: B009


async def case_of(cell: Cell, report_id: UUID) -> CaseRow:
    async with cell.desk.database.transaction() as session:
        row = await records.find(session, report_id, "informal_resolution", 1)
    assert row is not None
    return row


async def told_intake(cell: Cell, kind: type[Message]) -> list[Message]:
    name = kind.DESCRIPTOR.full_name
    rows = await cell.query("select value from outbox where type = :name order by id", name=name)
    return [kind.FromString(row.value) for row in rows]


async def test_a_wish_to_talk_opens_one_case_and_says_so(cell: Cell) -> None:
    report_id = uuid4()
    await receive(cell, lodged(report_id))
    await receive(cell, lodged(report_id))

    row = await case_of(cell, report_id)
    assert (row.state, list(row.errands), row.data["facts"]["mode"]) == (
        "requested",
        ["match_focal_point:1"],
        "anonymous",
    )
    assert cell.desk.to_wake.get_nowait() == row.case_id
    assert len(await told_intake(cell, CaseChanged)) == 1
    assert {one.report_id for one in await told_intake(cell, ReportOpened)} == {str(report_id)}


async def test_what_is_sealed_to_her_from_here_on_is_sealed_to_her_newer_code(cell: Cell) -> None:
    report_id, other = uuid4(), uuid4()
    for one in (report_id, other):
        await receive(cell, lodged(one))
    await receive(cell, RouteKeyReplaced(report_id=str(report_id), route_public_key=b"newer"))
    # What was lodged comes again where intake has not heard that it was opened.
    await receive(cell, lodged(report_id))
    async with cell.desk.database.transaction() as session:
        keys = [await told.route_key(session, one) for one in (report_id, other)]
    assert keys == [b"newer", b"k"]


async def test_a_report_for_another_desk_is_not_opened(cell: Cell) -> None:
    with pytest.raises(InvalidMessage):
        await receive(cell, lodged(uuid4(), "formal_report"))


async def test_an_action_of_hers_that_cannot_be_taken_is_told_to_her_inbox(cell: Cell) -> None:
    report_id = uuid4()
    await receive(cell, lodged(report_id))
    actions = []
    for outcome in ("resolved", "stopped"):
        actions.append(str(uuid4()))
        acted = PersonActed(
            report_id=str(report_id), lifecycle="informal_resolution", number=1, action_id=actions[-1],
            action="end_talk", facts_json=f'{{"outcome": "{outcome}"}}',
        )  # fmt: skip
        await receive(cell, acted)

    assert (await case_of(cell, report_id)).state == "ended"
    (refused,) = await told_intake(cell, PersonActionRefused)
    assert (refused.action_id, refused.code, refused.number) == (actions[1], "ACTION_NOT_OPEN", 1)

    acted.number = 7
    await receive(cell, acted)
    assert [(one.code, one.number) for one in await told_intake(cell, PersonActionRefused)][1:] == [("CASE_UNKNOWN", 7)]


async def test_whoever_holds_the_talk_is_told_that_she_has_written(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.wish()
    row = await cell.row(case_id)
    await receive(cell, MessageReceived(report_id=str(row.report_id), item_id=str(uuid4())))
    assert await cell.told() == []
    await cell.match(case_id)

    await receive(cell, MessageReceived(report_id=str(row.report_id), item_id=str(uuid4())))
    assert (await cell.told())[1:] == [(ELSEWHERE, "informal_resolution.message")]


async def test_the_queue_of_whoever_holds_the_talk_shows_what_they_have_not_read(cell: Cell) -> None:
    await cell.people()
    case_id = await cell.talk()
    row = await cell.row(case_id)
    async with cell.desk.database.transaction() as session:
        await reports.keep(session, row.report_id, row.lifecycle, b"k", datetime.now(UTC))

    async def waiting(staff_id: str) -> int:
        return (await unread_in(cell.desk, [(row, await cell.as_staff(case_id, staff_id))])).get(case_id, 0)

    for _ in range(2):
        await receive(cell, MessageReceived(report_id=str(row.report_id), item_id=str(uuid4())))
    assert [await waiting(one) for one in (ELSEWHERE, OMBUDSPERSON, FURTHER)] == [2, 0, 0], "seen is not read"

    async with cell.desk.database.transaction() as session:
        await unread.mark_read(session, row, await cell.as_staff(case_id, OMBUDSPERSON), 2)
    assert await waiting(ELSEWHERE) == 2, "what somebody else has looked at still waits for whoever it is with"
    async with cell.desk.database.transaction() as session:
        await unread.mark_read(session, row, await cell.as_staff(case_id, ELSEWHERE), 1)
    assert await waiting(ELSEWHERE) == 1, "what came while they read still waits"


async def test_what_her_inbox_shows_is_known(cell: Cell) -> None:
    case_id = await cell.wish()
    report_id = str((await cell.row(case_id)).report_id)
    for version in (3, 2):
        placed = PlacedInInbox(report_id=report_id, lifecycle="informal_resolution", number=1, version=version)
        await receive(cell, placed)

    assert (await cell.row(case_id)).placed_version == 3
