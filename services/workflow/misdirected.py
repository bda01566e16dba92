"""A misdirected report beyond its table: it opens when somebody passes it on, goes by an errand, and leaves nothing
where it came to.
"""

import uuid
from collections.abc import Collection
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun
from contracts.ids import CaseId, new_id
from lifecycle import contents, parties, passing_on, records, reports
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk
from lifecycle.erasing import strip
from lifecycle.model import PASSED_ON, Action, Actor, ActorKind, Case, Facts, Refused
from lifecycle.records import CaseRow
from lifecycle.routing import offices_about
from lifecycle.serial import from_json
from policy.model import Office
from services.workflow import beside
from services.workflow.domain import formal_report, misdirected_report, supervisor_request

MISDIRECTED: Final = misdirected_report.LIFECYCLE.name
SYSTEM: Final = Actor(ActorKind.SYSTEM)
CAME_TO: Final = {supervisor_request.LIFECYCLE.name: "manager", formal_report.LIFECYCLE.name: "oversight"}
_RELAYED: Final = uuid.UUID("5a0b9f3e-6f4c-4f0e-9f7e-3b1d2a9c8e11")


async def check(begun: Begun, desk: Desk, row: CaseRow, action: Action) -> Refused | None:
    """Whether it may go at all, before anything is locked (invariant 34). Raises IntakeUnreachable."""
    if action.name != "pass_on" or row.lifecycle not in CAME_TO:
        return None
    try:
        body = await passing_on.target(
            desk, row, str(action.facts.get("matter")), await _about(await begun(), desk, row)
        )
    except contents.NotHandedOut:
        body = None
    return None if body else Refused("NOT_MISDIRECTED", "invariant 34", {"field": "matter"})


async def receive(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """Somebody has passed it on: from this moment nobody reads it here."""
    now = case.steps[-1].at
    facts = {
        "received_at": case.facts["lodged_at"],
        "received_by": CAME_TO[row.lifecycle],
        "matter": case.facts["matter"],
    }
    number = 1 + len(await beside.case_ids(session, row.report_id, MISDIRECTED))
    case_id = await open_case(session, desk, row.report_id, MISDIRECTED, number, facts, now)
    await decide_as(session, desk, case_id, Action(new_id(), "lock"), SYSTEM, now)
    desk.wake(session, case_id)


async def pass_on(desk: Desk, case_id: CaseId) -> None:
    """The errand of a locked one. Bears being done twice, and being killed after any step. Raises IntakeUnreachable."""
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
        if row is None or row.state not in ("locked", "referred"):
            return
        source = await _source(session, row)
        about = await _about(session, desk, source)
    facts = from_json(row.data).facts
    gone = await passing_on.relay(desk, source, str(facts["matter"]), about)
    await _record(desk, case_id, "record_referred", {"body": gone.body})
    await strip(desk, CaseId(source.case_id))
    async with desk.database.transaction() as session:
        if not gone.body.startswith(f"{desk.service}/"):
            await reports.forget(session, source.report_id)
    await _record(desk, case_id, "record_purged", {"proof": gone.proof})


async def _source(session: AsyncSession, row: CaseRow) -> CaseRow:
    """The case in which it came to the wrong place."""
    came_to = from_json(row.data).facts["received_by"]
    of_report = await records.of_report(session, row.report_id)
    return next(one for one in of_report if CAME_TO.get(one.lifecycle) == came_to and one.state == PASSED_ON)


async def _about(session: AsyncSession, desk: Desk, row: CaseRow) -> Collection[Office]:
    """The offices that the matter is about: intake learns these, and no name."""
    found = await parties.parties_of(session, desk, row)
    now = await records.clock_now(session)
    return await offices_about(session, desk.policy, found, now) if found else frozenset()


async def _record(desk: Desk, case_id: CaseId, name: str, facts: Facts) -> None:
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or (row.state, name) not in desk.lifecycles[MISDIRECTED].rule_of:
            return
        action = Action(uuid.uuid5(_RELAYED, f"{case_id}:{name}"), name, facts)
        await decide_as(session, desk, case_id, action, SYSTEM, await records.clock_now(session))
