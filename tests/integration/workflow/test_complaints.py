"""Whom a new report names is told to the ethics office, once for each, and its end to whoever cooperated in it."""

import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.desk_keys import DeskKeyUnknown
from chassis.keys import ServiceKeys
from chassis.sealing import SEED_BYTES, DeskPrivateKey, open_from
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import REPORTING_MODE_CONFIDENTIAL, ReportLodged
from contracts.requests.v1.requests_pb2 import ComplaintMade, CooperationEnded, CooperationStarted
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import records
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from services.workflow import complaints, cooperation
from services.workflow.cooperation import protection_id
from services.workflow.desk import route
from tests.integration.workflow.house import COLLEAGUE, INVESTIGATOR, LINES, OTHER_MANAGER, PERSON, SUPERVISOR, House

TWO = Parties(affected_individual=PERSON, alleged_offender=(SUPERVISOR, OTHER_MANAGER))


async def lodged(house: House, lifecycle: str = "formal_report", named: Parties = TWO) -> CaseId:
    """As intake tells of it, and routed."""
    report_id = uuid4()
    message = ReportLodged(
        report_id=str(report_id),
        lifecycle=lifecycle,
        mode=REPORTING_MODE_CONFIDENTIAL,
        route_public_key=DeskPrivateKey.from_seed(os.urandom(SEED_BYTES)).public,
    )
    message.lodged_at.FromDatetime(datetime.now(UTC))
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(report_id), message)
    ((case_id,),) = await house.query("select case_id from cases where report_id = :id", id=report_id)
    await house.route(case_id, named)
    await route(house.desk, CaseId(case_id))
    return CaseId(case_id)


async def sent(house: House, kind: type[Any]) -> list[tuple[str, Any]]:
    rows = await house.query(
        "select key, value from outbox where type like :kind order by id", kind=f"%{kind.__name__}"
    )
    return [(row.key, kind.FromString(row.value)) for row in rows]


@pytest.mark.parametrize("lifecycle", ["formal_report", "sea_report"])
async def test_everybody_named_is_told_sealed_under_an_id_of_no_report(house: House, lifecycle: str) -> None:
    await house.people()
    await house.peer_key("ethics", "ethics")
    case_id = await lodged(house, lifecycle)
    await complaints.tell(house.desk, case_id)
    told = await sent(house, ComplaintMade)
    ethics = ServiceKeys.load(house.settings.keys_dir.parent / "ethics").desk("ethics")
    opened = [
        json.loads(open_from(ethics, one.sealed_person, context=b"complaint|" + one.complaint_id.encode()))
        for _, one in told
    ]
    assert opened == [{"staff_id": SUPERVISOR}, {"staff_id": OTHER_MANAGER}]
    assert len({len(one.sealed_person) for _, one in told}) == 1
    row = await house.row(case_id)
    for key, one in told:
        assert not {UUID(key), UUID(one.complaint_id)} & {row.report_id, row.case_id}
        assert one.made_on.ToDatetime(UTC).time().isoformat() == "00:00:00"
    dump = str(await house.query("select o::text from outbox o")) + str(await house.query("select data from cases"))
    for name in (SUPERVISOR, OTHER_MANAGER):
        assert name not in dump
    # Done twice, it is the same complaint.
    await complaints.tell(house.desk, case_id)
    again = await sent(house, ComplaintMade)
    assert len({key for key, _ in again}) == len(again) == 2 * len(told)
    assert {one.complaint_id for _, one in again} == {one.complaint_id for _, one in told}


async def test_what_is_about_the_ethics_office_is_told_to_who_stands_in_for_it(house: House) -> None:
    await house.people({**LINES, "S0007": "S0001"})
    await house.peer_key("ethics", "ethics_outside")
    case_id = await lodged(house, named=Parties(affected_individual=PERSON, alleged_offender=("S0007",)))
    async with house.desk.database.transaction() as session:
        row = await records.load(session, case_id)
        assert row is not None
        await cooperation.start(session, house.desk, row, COLLEAGUE, datetime.now(UTC))
    await complaints.tell(house.desk, case_id)
    outside = ServiceKeys.load(house.settings.keys_dir.parent / "ethics").desk("ethics_outside")
    ((_, complaint),), ((_, started),) = await sent(house, ComplaintMade), await sent(house, CooperationStarted)
    for prefix, id_, sealed in (
        (b"complaint|", complaint.complaint_id, complaint.sealed_person),
        (b"protection|", started.protection_id, started.sealed_person),
    ):
        assert json.loads(open_from(outside, sealed, context=prefix + id_.encode()))["staff_id"]


async def test_it_is_an_errand_of_what_was_lodged_and_holds_up_nothing_while_the_office_has_no_key(
    house: House,
) -> None:
    await house.people()
    case_id = await lodged(house)
    row = await house.row(case_id)
    assert [one.partition(":")[0] for one in row.errands] == ["route", "tell_of_complaint"]
    with pytest.raises(DeskKeyUnknown):
        await complaints.tell(house.desk, case_id)
    assert isinstance(await house.act(INVESTIGATOR, case_id, "acknowledge"), Decided)


async def test_of_what_follows_from_a_report_nobody_is_told_again(house: House) -> None:
    await house.people()
    await house.peer_key("ethics", "ethics")
    case_id = await lodged(house)
    for name, texts in (("acknowledge", {}), ("start_assessment", {}), ("open_subfile", {"respondent": SUPERVISOR})):
        assert isinstance(await house.act(INVESTIGATOR, case_id, name, {}, texts), Decided)
    await house.run_errands()
    await house.run_errands()
    assert len(await sent(house, ComplaintMade)) == len(TWO.alleged_offender)


@pytest.mark.parametrize(
    ("ending", "facts"),
    [
        ("close_no_action", {"reason": "no_reasonable_chance"}),
        ("close_out_of_scope", {"reason": "outside_mandate"}),
        ("refer_informal", {"reason": "below_misconduct"}),
        ("refer_other", {"reason": "performance"}),
    ],
)
async def test_inv_45_however_a_report_ends_whoever_cooperated_is_told_of_once(
    house: House, ending: str, facts: dict[str, str]
) -> None:
    await house.people()
    await house.peer_key("ethics", "ethics")
    case_id = await house.open()
    await house.route(case_id)
    for name in ("acknowledge", "start_assessment"):
        await house.act(INVESTIGATOR, case_id, name)
    for witness in (COLLEAGUE, OTHER_MANAGER, COLLEAGUE.lower()):
        await house.act(INVESTIGATOR, case_id, "record_witness", {}, {"witness": witness})
    assert await sent(house, CooperationEnded) == []
    assert isinstance(await house.act(INVESTIGATOR, case_id, ending, facts, {"reasons": "r"}), Decided)
    ended = await sent(house, CooperationEnded)
    expected = {str(protection_id(house.desk, case_id, one)) for one in (COLLEAGUE, OTHER_MANAGER)}
    assert sorted(one.protection_id for _, one in ended) == sorted(expected)
    assert not {key for key, _ in ended} & expected, "under keys of their own: nobody counts what belongs together"
