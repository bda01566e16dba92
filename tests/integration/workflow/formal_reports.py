"""Short ways through a formal report on the real stores, for tests of it."""

import json
from typing import Any
from uuid import UUID, uuid4

from contracts.ids import CaseId
from contracts.intake.v1.reports_pb2 import PersonActed
from contracts.topics import INTAKE_REPORTS_WORKFLOW
from lifecycle import records
from lifecycle.durable import Decided
from lifecycle.exclusions import Parties
from lifecycle.model import Action
from lifecycle.serial import from_json
from tests.integration.workflow.house import INVESTIGATOR, OTHER_MANAGER, PERSON, SUPERVISOR, House

REVIEWER, SECOND_REVIEWER = "S0068", "S0076"
TWO = Parties(affected_individual=PERSON, alleged_offender=(SUPERVISOR, OTHER_MANAGER))


async def checked(
    house: House,
    staff_id: str,
    case_id: UUID,
    name: str,
    facts: dict[str, Any] | None = None,
    texts: dict[str, str] | None = None,
) -> Any:
    """An action as the web process takes it: looked at first, then sent."""
    action = Action(uuid4(), name, facts or {}, frozenset(texts or {}))
    async with house.desk.database.transaction_if_needed() as begun:
        await house.desk.check(begun, await house.row(case_id), action, texts or {})
    return await house.act(staff_id, case_id, name, facts, texts)


async def took(house: House, *action: Any) -> Decided:
    answer = await checked(house, *action)
    assert isinstance(answer, Decided), answer
    return answer


async def assessing(house: House, named: Parties = TWO, by: str = INVESTIGATOR) -> CaseId:
    await house.people()
    await house.peer_key("ethics", "ethics")
    case_id = await house.open()
    await house.route(case_id, named)
    await took(house, INVESTIGATOR, case_id, "acknowledge")
    await took(house, by, case_id, "start_assessment")
    return case_id


async def investigating(house: House, named: Parties = TWO) -> CaseId:
    case_id = await assessing(house, named)
    await took(house, INVESTIGATOR, case_id, "open_investigation", {"kind": "other"}, {"reasons": "r"})
    return case_id


async def of_report(house: House, case_id: UUID, lifecycle: str) -> list[records.CaseRow]:
    async with house.desk.database.transaction() as session:
        found = await records.of_report(session, (await house.row(case_id)).report_id)
    return [one for one in found if one.lifecycle == lifecycle]


async def facts_of(house: House, case_id: UUID) -> Any:
    return from_json((await house.row(case_id)).data).facts


async def by_her(house: House, case_id: UUID, name: str, **facts: Any) -> None:
    row = await house.row(case_id)

    message = PersonActed(
        report_id=str(row.report_id),
        lifecycle=row.lifecycle,
        number=row.number,
        action_id=str(uuid4()),
        action=name,
        facts_json=json.dumps(facts),
    )
    await house.receive(INTAKE_REPORTS_WORKFLOW, str(row.report_id), message)
