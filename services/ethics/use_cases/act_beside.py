"""What follows from a step in a retaliation case outside of it: the register, HR, the organisation's side, a query, a
decider. Each in the step's transaction.
"""

import base64
import json
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import seal_to
from contracts.holds.v1.holds_pb2 import HoldAsked, HoldReleased
from contracts.ids import new_id
from contracts.requests.v1.requests_pb2 import ProtectionAlerted
from contracts.topics import ETHICS_HOLDS, ETHICS_REQUESTS
from lifecycle import bodies, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk, EffectRefused
from lifecycle.fields import time_of
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, Refused
from lifecycle.records import CaseRow
from lifecycle.told import route_key
from policy.model import Role
from services.ethics.domain import recommendation
from services.ethics.domain.retaliation_protecting import ALERT_FIELDS
from services.ethics.domain.retaliation_rules import THIRD_PARTY
from services.ethics.use_cases.ask import ask, protections_at
from services.ethics.use_cases.names import day_of, person_tag
from services.ethics.use_cases.protect import answer_contact, correct_activity, end_protection
from services.ethics.use_cases.route_case import RETALIATION, SYSTEM, person_of, protection_of

PERSON_UNKNOWN: Final = Refused("PERSON_UNKNOWN", "policy 2.4")
"""Nobody is named whom it could protect."""
# The same for everybody, so that the length tells nothing.
_PERSON_BYTES: Final = 128

_ADD_HOLD: Final = text("insert into holds (hold_id, case_id) values (:hold_id, :case_id)")
_HOLDS: Final = text("select hold_id from holds where case_id = :case_id")
_CASE_OF: Final = text("select case_id from holds where hold_id = :hold_id")


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Raises EffectRefused, and DeskKeyUnknown until the other side has published its key."""
    match effect.name:
        case "contact_answered":
            agreed = case.facts["contact_agreed"] is True
            await answer_contact(session, protection_of(desk, row.case_id), agreed=agreed)
        case "activity_corrected":
            await _correct(session, desk, row, case)
        case "protection_closed":
            await end_protection(session, desk, protection_of(desk, row.case_id), day_of(case.steps[-1].at))
        case "measures_alerted":
            await _alert(session, desk, row, case)
        case "hr_hold_asked":
            await _ask_hold(session, desk, row, case)
        case "hr_hold_released":
            await _release_hold(session, row)
        case "answer_recommendation":
            await _answer(session, desk, row, case)
        case unknown:
            raise LookupError(unknown)


async def open_beside(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Raises EffectRefused."""
    if effect.name == recommendation.NAME:
        await _recommend(session, desk, row, case, effect)
    else:
        await _query(session, desk, row, case)


async def case_of_hold(session: AsyncSession, hold_id: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(_CASE_OF, params={"hold_id": hold_id})
    return found


async def forget_holds(session: AsyncSession, case_id: UUID) -> None:
    await session.execute(text("delete from holds where case_id = :case_id"), params={"case_id": case_id})


async def _correct(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    if await person_of(session, desk, row) is None:
        raise EffectRefused(PERSON_UNKNOWN)
    step = case.steps[-1]
    started_at = day_of(time_of(case.facts, "activity_on"))
    asked = await correct_activity(
        session, desk, protection_of(desk, row.case_id), str(case.facts["activity"]), started_at, step.by, step.at
    )
    desk.wake(session, *asked)


async def _alert(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """Of her request nothing goes along but whom it concerns, what the office wrote of the risk, and the key by which
    she alone reads what becomes of it.
    """
    concerned = await parties.parties_of(session, desk, row)
    if concerned is None or concerned.affected_individual is None:
        raise EffectRefused(PERSON_UNKNOWN)
    step = case.steps[-1]
    told = {
        "affected_individual": concerned.affected_individual,
        "alleged_offender": list(concerned.alleged_offender),
        "not_these_people": list(concerned.refused),
        "about_offices": list(concerned.about),
        "writer": THIRD_PARTY if case.facts["kind"] == THIRD_PARTY else "affected",
        "route_key": base64.b64encode(await route_key(session, row.report_id) or b"").decode(),
        "facts": {one.name: step.facts[one.name] for one in ALERT_FIELDS if one.name in step.facts},
        "risk_facts": await bodies.words_of(session, desk, row, "risk_facts", step.action),
        "by": step.by,
    }
    report_id = str(row.report_id)
    key = await desk_key(session, "workflow", "measures")
    sealed = seal_to(key.public, json.dumps(told).encode(), context=b"alert|" + report_id.encode())
    await add_event(session, ETHICS_REQUESTS, report_id, ProtectionAlerted(report_id=report_id, sealed_alert=sealed))


async def _ask_hold(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    staff_id = await person_of(session, desk, row)
    if staff_id is None:
        raise EffectRefused(PERSON_UNKNOWN)
    hold_id = new_id()
    await session.execute(_ADD_HOLD, params={"hold_id": hold_id, "case_id": row.case_id})
    key = await desk_key(session, "hr_bridge", "hr")
    person = json.dumps({"person": staff_id}).encode()
    message = HoldAsked(
        hold_id=str(hold_id),
        kind=str(case.facts["contested"]),
        sealed_person=seal_to(key.public, person, context=b"hold|" + str(hold_id).encode(), size=_PERSON_BYTES),
        until_at=time_of(case.facts, "hold_until"),
    )
    await add_event(session, ETHICS_HOLDS, str(hold_id), message)


async def _release_hold(session: AsyncSession, row: CaseRow) -> None:
    for hold_id in await session.scalars(_HOLDS, params={"case_id": row.case_id}):
        await add_event(session, ETHICS_HOLDS, str(hold_id), HoldReleased(hold_id=str(hold_id)))
    # A new one gets a name of its own; nothing is said twice of an old one.
    await forget_holds(session, row.case_id)


async def _recommend(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    step = case.steps[-1]
    there = await records.of_report(session, row.report_id, recommendation.NAME)
    facts = {name: case.facts[name] for name in ("remedy", "decider")}
    case_id = await open_case(session, desk, row.report_id, recommendation.NAME, len(there) + 1, facts, step.at)
    opened = await records.lock(session, case_id)
    assert opened is not None
    words = await bodies.words_of(session, desk, row, recommendation.TEXT, step.action)
    action = Action(new_id(), recommendation.EXPLAIN, {}, frozenset({recommendation.TEXT}))
    texts, _ = await bodies.store(session, desk, opened, action.id, {recommendation.TEXT: words})
    actor = Actor(ActorKind.STAFF, str(effect.facts["by"]), frozenset({Role(str(effect.facts["role"]))}))
    outcome = await decide_as(session, desk, case_id, action, actor, step.at, texts)
    assert not isinstance(outcome, Refused)  # its first step, by whoever may recommend
    desk.wake(session, case_id)


async def _answer(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """What was decided goes back to the request it came from; not where that was closed meanwhile, as at her wish:
    whoever is asked can answer all the same.
    """
    request = await records.find(session, row.report_id, RETALIATION, 1)
    assert request is not None  # it opened this one, and is kept at least as long
    if request.closed_at is not None:
        return
    step = case.steps[-1]
    outcome = await decide_as(session, desk, request.case_id, Action(new_id(), f"record_{case.state}"), SYSTEM, step.at)
    if isinstance(outcome, Refused):
        raise EffectRefused(outcome)
    desk.wake(session, request.case_id)


async def _query(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """A matter of its own, about somebody who talked or a complaint that was made."""
    staff_id = await person_of(session, desk, row)
    if staff_id is None:
        raise EffectRefused(PERSON_UNKNOWN)
    step = case.steps[-1]
    protections = await protections_at(session, person_tag(desk, staff_id), step.at)
    about, office = str(case.facts["about"]), desk.office_of(row)
    case_id = await ask(session, desk, staff_id, protections, about, {}, step.at, office=office)
    opened = await records.lock(session, case_id)
    assert opened is not None
    action = Action(new_id(), "note_query", {}, frozenset({"note"}))
    words = await bodies.words_of(session, desk, row, "note", step.action)
    texts, _ = await bodies.store(session, desk, opened, action.id, {"note": words})
    actor = Actor(ActorKind.STAFF, step.by, frozenset({Role.ETHICS_OFFICER}))
    await decide_as(session, desk, case_id, action, actor, step.at, texts)
    desk.wake(session, case_id)
