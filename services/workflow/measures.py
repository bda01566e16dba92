"""Interim measures beyond their table: opened by a need or an alert of whichever case, and released when she knows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import CaseId, new_id
from lifecycle import bodies, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk, EffectRefused
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, Fact, Facts, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.table import FieldKind
from policy.model import Role
from services.workflow import consents, reviews
from services.workflow.domain import interim_measure
from services.workflow.domain.measure_parts import BY_ETHICS, BY_OVERSIGHT, needs_release, rests_on_her_word
from services.workflow.domain.measure_readers import PERSONS
from services.workflow.domain.measure_rules import ARRANGEMENT

LIFECYCLE: Final = interim_measure.LIFECYCLE.name
ALERT, NOTE_NEED, RISK_FACTS = "alert", "note_need", "risk_facts"
DECIDE = "decide_measure"
WATCHED: Final = ("formal_report", "sea_report", LIFECYCLE)
"""Where a change of her line calls for a measure by itself."""
WRITES_FOR_HERSELF: Final = {"supervisor_request"}
"""Lifecycles that only the affected person herself lodges."""
SYSTEM: Final = Actor(ActorKind.SYSTEM)

__all__ = ["ALERT", "ARRANGEMENT", "DECIDE", "LIFECYCLE", "NOTE_NEED", "PERSONS", "alert", "alert_from", "case_of",
           "measure_id", "note_line", "release"]  # fmt: skip


async def alert(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """A need that somebody has seen, or an alert, in another case of the report: joins its measure, else opens one.
    What was written of the risk goes along, sealed anew under the measure's key; of the report nothing else does.
    Raises EffectRefused when its sender may not do so in the measure that is there, as who asked for consent in it
    (invariant 33).
    """
    step, asked = case.steps[-1], effect.facts
    words = await bodies.text_of(session, desk, row, RISK_FACTS, step.action)
    role = Role(str(asked["role"])) if "role" in asked else None
    actor = Actor(ActorKind.STAFF, str(asked["by"]), frozenset({role})) if role else Actor(ActorKind(str(asked["by"])))
    name = str(asked["action"])
    measure = await _joinable(session, desk, row.report_id, name, BY_OVERSIGHT) or await _opened(
        session, desk, row.report_id, {"writer": _writer(case)}, step.at
    )
    await _take(session, desk, measure, name, step.facts, words, actor, step.at)


async def alert_from(
    session: AsyncSession,
    desk: Desk,
    report_id: UUID,
    words: str,
    facts: Facts,
    staff_id: str,
    writer: Fact,
    named: Parties,
) -> UUID:
    """An alert of the ethics office, with whom it concerns; the measure's case. Raises EffectRefused."""
    now = datetime.now(UTC)
    # It comes from no case of ours: the oldest that there is stands for the report (`reviews.open_beside`).
    for one in (await records.of_report(session, report_id))[:1]:
        await records.lock(session, one.case_id)
    measure = await _joinable(session, desk, report_id, ALERT, BY_ETHICS)
    if measure is None:
        measure = await _opened(session, desk, report_id, {"writer": writer, "origin": BY_ETHICS}, now)
    # Whoever she has named since an earlier alert does not see it either.
    await keep_parties(session, desk, measure, named)
    actor = Actor(ActorKind.STAFF, staff_id, frozenset({Role.ETHICS_OFFICER}))
    await _take(session, desk, measure, ALERT, facts, words, actor, now)
    return measure.case_id


async def note_line(session: AsyncSession, desk: Desk, row: CaseRow) -> None:
    """The one whom a matter is about has become her supervisor: the system itself has seen that a measure is needed,
    once under a report. Of a measure that the ethics office asked for, that office hears, and oversight does not
    (invariant 31).
    """
    of_report = [one for one in await records.of_report(session, row.report_id) if one.closed_at is None]
    watched = [one.case_id for one in of_report if one.lifecycle in WATCHED]
    if row.case_id not in watched[:1]:
        return
    now, facts = datetime.now(UTC), from_json(row.data).facts
    origin = facts.get("origin", BY_OVERSIGHT)
    measure = await _joinable(session, desk, row.report_id, NOTE_NEED, origin) or await _opened(
        session, desk, row.report_id, {"writer": facts.get("writer", "unsaid"), "origin": origin}, now
    )
    await _take(session, desk, measure, NOTE_NEED, {}, None, SYSTEM, now)


async def note_writer(session: AsyncSession, desk: Desk, row: CaseRow, case: Case) -> None:
    """She has said who she is in her report: the measures under it that did not know are told."""
    facts, now = {"writer": case.facts["writer"]}, case.steps[-1].at
    for one in await records.of_report(session, row.report_id, LIFECYCLE):
        open_ = (one.state, "record_writer") in desk.lifecycles[LIFECYCLE].rule_of
        # Of an erased one nothing is left that could be read.
        if open_ and from_json(one.data).facts["writer"] == "unsaid":
            await decide_as(session, desk, one.case_id, Action(new_id(), "record_writer", facts), SYSTEM, now)


async def keep_parties(session: AsyncSession, desk: Desk, row: CaseRow, named: Parties) -> None:
    """Whom a case concerns that no person has lodged: from here on those in conflict do not see it."""
    await parties.bring(session, desk, row, named)


async def release(desk: Desk, case_id: CaseId) -> None:
    """The errand of a measure that she knows of: it takes effect and the other side is told, if she still agrees to
    what changes for her; where that waits for oversight, oversight is asked. Bears being done twice. Raises
    IntakeUnreachable, ConsentUnsettled.
    """
    async with desk.database.transaction() as session:
        row = await records.load(session, case_id)
    if row is None or row.state != "told_first":
        return
    rests = rests_on_her_word(from_json(row.data))
    proof = await consents.fetched(desk, row) if rests else {}
    async with desk.database.transaction() as session:
        row = await records.lock(session, case_id)
        if row is None or row.state != "told_first":
            return
        if proof is None:
            await consents.record(session, desk, row, "record_no_proof", {})
        elif needs_release(from_json(row.data), desk.policy_of(row)):
            await consents.record(session, desk, row, "ask_release", {})
        else:
            await consents.record(session, desk, row, "make_effective", proof)


async def measure_id(session: AsyncSession, case_id: UUID) -> UUID:
    """Random, made when it is first needed; every decision on the same measure goes under it."""
    await session.execute(
        text("insert into measures (measure_id, case_id) values (:measure_id, :case_id) on conflict do nothing"),
        {"measure_id": new_id(), "case_id": case_id},
    )
    found: UUID = await session.scalar(
        text("select measure_id from measures where case_id = :case_id"), params={"case_id": case_id}
    )
    return found


async def case_of(session: AsyncSession, measure: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(
        text("select case_id from measures where measure_id = :measure_id"), params={"measure_id": measure}
    )
    return found


async def _joinable(session: AsyncSession, desk: Desk, report_id: UUID, action: str, origin: Fact) -> CaseRow | None:
    """The newest measure of the report in which the action is open, and which the same side has asked for."""
    rules = desk.lifecycles[LIFECYCLE].rule_of
    of_report = await records.of_report(session, report_id, LIFECYCLE)
    found = [one for one in of_report if (one.state, action) in rules]
    ours = [one for one in found if from_json(one.data).facts["origin"] == origin]
    return ours[-1] if ours else None


async def _opened(session: AsyncSession, desk: Desk, report_id: UUID, facts: Facts, now: datetime) -> CaseRow:
    there = await records.of_report(session, report_id, LIFECYCLE)
    case_id = await reviews.open_beside(session, desk, report_id, LIFECYCLE, len(there) + 1, facts, now)
    desk.wake(session, case_id)
    opened = await records.lock(session, case_id)
    assert opened is not None
    return opened


async def _take(
    session: AsyncSession,
    desk: Desk,
    measure: CaseRow,
    name: str,
    facts: Facts,
    words: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    """The action, with those of the facts that it takes where the measure stands; red, where any alert says red."""
    rule = desk.lifecycles[LIFECYCLE].rule_of[measure.state, name]
    taken = {one.name: facts[one.name] for one in rule.fields if one.kind is not FieldKind.TEXT and one.name in facts}
    action = Action(new_id(), name, taken, frozenset({RISK_FACTS}) if words else frozenset())
    texts: Mapping[str, str] = {}
    if words:
        texts, _ = await bodies.store(session, desk, measure, action.id, {RISK_FACTS: words})
    _raise_if_refused(await decide_as(session, desk, measure.case_id, action, actor, now, texts))
    desk.wake(session, measure.case_id)
    known = from_json(measure.data).facts.get("urgency")
    if name == ALERT and facts.get("urgency") == "red" and known == "green":
        urgent = Action(new_id(), "raise_urgency")
        _raise_if_refused(await decide_as(session, desk, measure.case_id, urgent, actor, now))


def _raise_if_refused(outcome: object) -> None:
    if isinstance(outcome, Refused):
        raise EffectRefused(outcome)


def _writer(case: Case) -> Fact:
    """Whether the one who writes is the one to be protected, as the opening of the case says."""
    if case.lifecycle in WRITES_FOR_HERSELF:
        return "affected"
    said = case.facts.get("writer", "unsaid")
    return said if said in {"affected", "witness", "third_party"} else "unsaid"
