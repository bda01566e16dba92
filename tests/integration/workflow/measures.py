"""Short ways through measures on real stores: opened by staff, decided, answered by HR, shown in her inbox."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import PlacedInInbox
from contracts.measures.v1.measures_pb2 import MeasureApplied
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import access
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from services.workflow.desk import route
from services.workflow.web.openings import Concerned, OpenCase, opened
from tests.integration.workflow.formal_reports import took
from tests.integration.workflow.house import (
    HR_DIRECTOR,
    INVESTIGATOR,
    OTHER_HEAD,
    OTHER_MANAGER,
    PARTIES,
    PERSON,
    SUPERVISOR,
    House,
)
from tests.integration.workflow.test_alerts_and_results import ALERT, LEAST, REASONS, RISK, measures, reported

GUARD, WELFARE, EXECUTIVE = "S0069", "S0014", "S0001"
LETTER = "You stay at home with full pay until the date below. This is no finding against you."
HOW = "He stays at home with full pay, and hands in badge and computer on the day."
SUSPENSION: dict[str, Any] = {
    "type": "suspension_with_pay",
    "burden": "alleged_offender",
    "serious_misconduct": True,
    "hearing": "will_be_heard",
    "redeployment_considered": True,
}


def terms(**facts: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"from_at": now, "review_at": now + timedelta(seconds=200), "until_at": now + timedelta(seconds=400)}
    return {
        "purpose": "prevent_repetition",
        "effects_seen": True,
        **{name: at.isoformat() for name, at in times.items()},
        **facts,
    }


def words(**named: str) -> dict[str, str]:
    return {"reasons": REASONS, "least_burden": LEAST, "persons": json.dumps(named)}


async def open_by_staff(
    house: House,
    staff_id: str,
    lifecycle: str,
    facts: dict[str, Any],
    texts: dict[str, str] | None = None,
    **named: Any,
) -> Any:
    asked = OpenCase(
        lifecycle=lifecycle,
        action_id=uuid4(),
        parties=Concerned(**({"affected_individual": PERSON, "alleged_offender": [SUPERVISOR]} | named)),
        facts=facts,
        texts=texts or {},
    )
    async with house.desk.database.transaction() as session:
        return await opened(session, house.desk, staff_id, asked, datetime.now(UTC))


async def acknowledged(house: House, named: Parties = PARTIES) -> UUID:
    """Oversight has alerted, and a head has the measure before them."""
    case_id = await reported(house, named)
    assert isinstance(await house.act(INVESTIGATOR, case_id, "alert_interim_measures", ALERT, RISK), Decided)
    (measure,) = await measures(house)
    await route(house.desk, CaseId(measure))
    assert isinstance(await house.act(OTHER_HEAD, measure, "acknowledge_alert"), Decided)
    return measure


async def suspended(house: House) -> UUID:
    """The supervisor is suspended with pay, and she knows; oversight has not released the letter."""
    measure = await acknowledged(house)
    texts = words(person=SUPERVISOR) | {"arrangement": HOW}
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", terms(**SUSPENSION), texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    await placed(house, measure)
    await house.run_errands()
    return measure


async def extended(house: House, measure: UUID, **shown: Any) -> None:
    """It is to last longer; HR has not done it."""
    now = datetime.fromisoformat((await house.row(measure)).data["facts"]["until_at"]) - timedelta(seconds=5)
    times = {"review_at": now + timedelta(seconds=90), "until_at": now + timedelta(seconds=180)}
    facts = {"effects_seen": True, **shown, **{name: at.isoformat() for name, at in times.items()}}
    texts = {"reasons": "Nothing between them has changed.", "least_burden": LEAST, "arrangement": HOW}
    assert isinstance(await house.act(HR_DIRECTOR, measure, "extend_measure", facts, texts, now=now), Decided)


async def placed(house: House, case_id: UUID) -> None:
    row = await house.row(case_id)
    message = PlacedInInbox(
        report_id=str(row.report_id), lifecycle=row.lifecycle, number=row.number, version=row.version
    )
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(row.report_id), message)


async def name_at_hr(house: House, measure: UUID) -> str:
    ((found,),) = await house.query("select measure_id from measures where case_id = :case", case=measure)
    return str(found)


async def seen_by(house: House, staff_id: str, lifecycle: str) -> list[UUID]:
    async with house.desk.database.transaction() as session:
        found, _ = await access.cases_seen_by(session, house.desk, staff_id, datetime.now(UTC), after=None, limit=50)
    return [row.case_id for row, _ in found if row.lifecycle == lifecycle]


async def line_changed(house: House) -> UUID:
    """Somebody else supervises her for a time, and HR has done it."""
    measure = await acknowledged(house)
    named = {"person": PERSON, "current_supervisor": SUPERVISOR, "temporary_supervisor": OTHER_MANAGER}
    texts = words(**named, next_level_manager="S0016", approver=OTHER_HEAD) | {"arrangement": "Another approves."}
    burden = {"type": "reporting_line_change", "burden": "alleged_offender"}
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", terms(**burden), texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    await placed(house, measure)
    await house.run_errands()
    return measure


def varied(**facts: Any) -> dict[str, Any]:
    """A measure's terms once more, and for a shorter time."""
    now = datetime.now(UTC)
    times = {"review_at": now + timedelta(seconds=90), "until_at": now + timedelta(seconds=150)}
    return {"effects_seen": True, **{name: at.isoformat() for name, at in times.items()}, **facts}


async def told_of_a_measure(house: House, named: Parties = PARTIES) -> UUID:
    return await decided_and_told(house, await acknowledged(house, named))


async def decided_and_told(house: House, measure: UUID) -> UUID:
    kind: dict[str, Any] = {"type": "suspension_with_pay", "burden": "alleged_offender"}
    facts = terms(**kind, serious_misconduct=True, hearing="heard", redeployment_considered=True)
    texts = words(person=SUPERVISOR) | {"arrangement": "He stays at home with full pay."}
    assert isinstance(await house.act(OTHER_HEAD, measure, "decide_measure", facts, texts), Decided)
    await house.hr_answers(await name_at_hr(house, measure), MeasureApplied)
    await placed(house, measure)
    await house.run_errands()
    await took(house, INVESTIGATOR, measure, "release_notice", {}, {"letter": "You stay at home."})
    return measure
