"""A review beyond its table: it freezes the file, lets its reviewer in, and at its end undoes both."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId, new_id
from lifecycle import changes, freezing, notices, records
from lifecycle.clocks import DUE
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk, EffectRefused
from lifecycle.model import FROZEN, Action, Actor, ActorKind, Case, Effect, Facts, Refused
from lifecycle.recipients import appointed
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from policy.model import Role
from services.workflow.domain import review
from services.workflow.domain.measure_parts import BY_ETHICS

REVIEW: Final = review.LIFECYCLE.name
SYSTEM: Final = Actor(ActorKind.SYSTEM)
WINDOW: Final = "review.request"
OTHER_PARTY: Final = "alleged_offender"
OF_MEASURES: Final = frozenset({Role.ADMINISTRATIVE_HEAD, Role.HR_DIRECTOR})
OF_REPORTS: Final = frozenset({Role.INVESTIGATOR})
"""Whose decision is looked at, by what the review is about."""


def readers(row: CaseRow) -> frozenset[Role]:
    """Who may see this review: the reviewer, and whose decision it is."""
    about = from_json(row.data).facts["about"]
    return frozenset({Role.REVIEWER}) | (OF_MEASURES if about == "measure" else OF_REPORTS)


async def open_review(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Asked for in any case of a report, by the party that the effect names, about what the action or the effect says.
    The file of the report stays as it is from now on.
    """
    there = await records.of_report(session, row.report_id, REVIEW)
    clock, by_ethics = case.clocks.get(WINDOW), case.facts.get("origin") == BY_ETHICS
    facts = {
        "party": effect.facts["party"],
        # Of what the ethics office asked for there is nothing else on this side (invariant 31).
        "about": "measure" if by_ethics else effect.facts.get("about") or case.facts["about"],
        **({"after_the_window": True} if clock and DUE in clock.rung else {}),
        **({"asked_in": str(row.case_id)} if effect.facts["party"] == OTHER_PARTY else {}),
    }
    now = case.steps[-1].at
    case_id = await open_case(session, desk, row.report_id, REVIEW, len(there) + 1, facts, now)
    desk.wake(session, case_id)
    for one in await _of_file(session, desk, row.report_id):
        if one.case_id != case_id:
            await _freeze(session, desk, one, now)


async def open_beside(
    session: AsyncSession, desk: Desk, report_id: UUID, lifecycle: str, number: int, facts: Facts, now: datetime
) -> CaseId:
    """Opens a case under a report that has others, of which the caller has locked one: a review that is asked for at
    this moment waits, and finds the new case. While a review of one of them is open, the new case stays as it is, too:
    the review's row is locked, so that it does not end meanwhile without setting this one free.
    """
    case_id = await open_case(session, desk, report_id, lifecycle, number, facts, now)
    found = [await records.lock(session, one.case_id) for one in await records.of_report(session, report_id, REVIEW)]
    if any(one and not desk.lifecycles[REVIEW].state_of[one.state].closed for one in found):
        opened = await records.lock(session, case_id)
        assert opened is not None  # just now
        await _freeze(session, desk, opened, now)
    return case_id


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    match effect.name:
        case "reviewer_admitted":
            await _admit(session, desk, row, case)
        case "review_ended":
            await _end(session, desk, row, case)
        case "review_decided":
            await _tell_other_party(session, desk, case)
            roles = OF_MEASURES if case.facts["about"] == "measure" else OF_REPORTS
            for role in sorted(roles):
                notices.tell(session, desk, row, case, appointed("review.decision_came", role))
        case unknown:
            raise LookupError(unknown)


async def _admit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """Raises EffectRefused for whoever had a part in the file."""
    reviewer = case.steps[-1].by
    for one in await records.of_report(session, row.report_id):
        if one.lifecycle != REVIEW and one.erased_at is None:
            did = next((step.action for step in from_json(one.data).steps if step.by == reviewer), None)
            if did is not None:
                raise EffectRefused(Refused("SAME_PERSON", "policy 2.2", {"did": did}))
    await _each(session, desk, row.report_id, case, "admit_reviewer", {"reviewer": reviewer})


async def _tell_other_party(session: AsyncSession, desk: Desk, case: Case) -> None:
    """Who asked from the other side is told in his own case; the person's inbox shows her own review."""
    if case.facts["party"] == OTHER_PARTY:
        told = Action(new_id(), "receive_review", {"outcome": case.facts["outcome"]})
        his = UUID(str(case.facts["asked_in"]))
        await decide_as(session, desk, his, told, SYSTEM, case.steps[-1].at)
        desk.wake(session, his)


async def _end(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    others = [one for one in await records.of_report(session, row.report_id, REVIEW) if one.case_id != row.case_id]
    await _each(session, desk, row.report_id, case, "dismiss_reviewer", {})
    if all(desk.lifecycles[REVIEW].state_of[one.state].closed for one in others):
        now = case.steps[-1].at
        for one in await _of_file(session, desk, row.report_id):
            frozen, table = from_json(one.data), desk.lifecycles[one.lifecycle]
            if frozen.facts.get(FROZEN) is True:
                await _keep(session, desk, one, freezing.unfreeze(table, frozen, now, desk.policy_of(one)))


async def _of_file(session: AsyncSession, desk: Desk, report_id: UUID) -> list[CaseRow]:
    """Every case of the report of which something is left, locked in one order. Who opens another one meanwhile holds
    one of these, so that it is found once that one is let go.
    """
    found: dict[UUID, CaseRow | None] = {}
    while more := [one.case_id for one in await records.of_report(session, report_id) if one.case_id not in found]:
        for case_id in more:
            found[case_id] = await records.lock(session, case_id)
    return [
        one
        for one in found.values()
        if one and one.erased_at is None and not desk.lifecycles[one.lifecycle].is_gone(one.state)
    ]


async def _freeze(session: AsyncSession, desk: Desk, row: CaseRow, now: datetime) -> None:
    case = from_json(row.data)
    if case.facts.get(FROZEN) is not True:
        await _keep(session, desk, row, freezing.freeze(case, now))


async def _keep(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    facts = {"action": case.steps[-1].action}
    await changes.keep_change(session, desk, row, case, desk.policy_of(row), "case.acted", "system", facts)
    desk.wake(session, row.case_id)


async def _each(session: AsyncSession, desk: Desk, report_id: UUID, case: Case, name: str, facts: Facts) -> None:
    """Every case of the report that knows such an action in its present state."""
    for one in await records.of_report(session, report_id):
        if one.erased_at is None and (one.state, name) in desk.lifecycles[one.lifecycle].rule_of:
            await decide_as(session, desk, one.case_id, Action(new_id(), name, facts), SYSTEM, case.steps[-1].at)
            desk.wake(session, one.case_id)
