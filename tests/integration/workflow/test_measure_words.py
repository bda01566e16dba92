"""Whose word a measure rests on, who sees it, and a change of line that calls for one by itself."""

import json
from uuid import UUID, uuid4

from contracts.cases.v1.cases_pb2 import CaseChanged
from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import PersonActed
from contracts.topics import HR_PEOPLE, INTAKE_REPORTS_WORKFLOW
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Refused
from lifecycle.parties import retag
from services.workflow.desk import route
from tests.integration.workflow.house import (
    COLLEAGUE,
    INVESTIGATOR,
    OTHER_HEAD,
    OTHER_MANAGER,
    PARTIES,
    SECOND_INVESTIGATOR,
    House,
    person,
)
from tests.integration.workflow.measures import EXECUTIVE, WELFARE, seen_by
from tests.integration.workflow.test_alerts_and_results import ALERT, RISK, measures, reported, state


async def test_inv_38_another_writers_yes_is_nobodys_consent(house: House) -> None:
    await house.people()
    await house.hr_key()
    case_id = await house.open()
    await house.query(
        "update cases set data = jsonb_set(data, '{facts,writer}', '\"witness\"') where case_id = :id returning 1",
        id=case_id,
    )
    await house.route(case_id)
    await house.act(INVESTIGATOR, case_id, "acknowledge")
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    (measure,) = await measures(house)
    await route(house.desk, CaseId(measure))
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    asked = await house.act(SECOND_INVESTIGATOR, measure, "ask_consent", {"alternative_offered": True})
    assert asked == Refused("WRITER_NOT_AFFECTED", "invariant 38", {"writer": "witness"})
    rows = await house.query("select value from outbox where type = 'contracts.cases.v1.CaseChanged'")
    news = [row for row in rows if CaseChanged.FromString(row.value).lifecycle == "interim_measure"]
    assert news == [], "and the witness hears nothing of her measure"
    report_id = str((await house.row(measure)).report_id)
    yes = PersonActed(
        report_id=report_id, lifecycle="interim_measure", number=1, action_id=str(uuid4()), action="consent_to_measure"
    )
    yes.facts_json = json.dumps({"effects_seen": True})
    await house.receive(INTAKE_REPORTS_WORKFLOW, report_id, yes)
    assert await state(house, measure) == "acknowledged"

    assert await seen_by(house, WELFARE, "interim_measure") == []
    named = await house.act(SECOND_INVESTIGATOR, measure, "name_consent_taker", {"consent_taker": WELFARE})
    assert isinstance(named, Decided)
    assert await seen_by(house, WELFARE, "interim_measure") == [measure]
    said = {"reference": "W-7", "alternative_offered": True, "effects_explained": True}
    assert isinstance(await house.act(WELFARE, measure, "record_consent", said), Decided)
    assert await state(house, measure) == "consented"


async def test_the_other_side_becoming_her_supervisor_is_a_need_that_nobody_has_to_notice(house: House) -> None:
    case_id = await reported(house, Parties(COLLEAGUE, (OTHER_MANAGER,)))
    await route(house.desk, case_id)
    assert await measures(house) == []

    async def reports_to(supervisor: str) -> list[UUID]:
        await house.receive(HR_PEOPLE, COLLEAGUE, person(COLLEAGUE, supervisor))
        assert await retag(house.desk) >= 1
        return await measures(house)

    assert await reports_to("S0016") == [], "another line is nobody's business here"
    (measure,) = await reports_to(OTHER_MANAGER)
    assert await state(house, measure) == "need_seen"
    await house.run_errands()
    assert ("interim_measure.need_noted", INVESTIGATOR) in await house.notices()
    for supervisor in ("S0016", OTHER_MANAGER):
        assert await reports_to(supervisor) == [measure], "once"
    needs = [one for one in (await house.row(measure)).data["steps"] if one.action == "note_need"]
    assert len(needs) == 1, "also with the measure's own parties known"


async def test_the_executive_head_sees_a_measure_only_once_it_is_asked_of_her_or_escalated(house: House) -> None:
    case_id = await reported(house, PARTIES)
    await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK)
    (measure,) = await measures(house)
    await route(house.desk, CaseId(measure))
    assert await seen_by(house, EXECUTIVE, "interim_measure") == []
    await house.act(OTHER_HEAD, measure, "acknowledge_alert")
    assert isinstance(await house.act(OTHER_HEAD, measure, "ask_signature"), Decided)
    assert await seen_by(house, EXECUTIVE, "interim_measure") == [measure]
    assert ("interim_measure.signature_asked", EXECUTIVE) in await house.notices()
