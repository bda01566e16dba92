"""The alleged offender's own case beside its table: opened when he is told, and joined by whatever concerns him."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Begun
from contracts.ids import new_id
from lifecycle import access, bodies, exclusions, notices, parties, records
from lifecycle.decide import decide_as
from lifecycle.desk import Desk, EffectRefused
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Case, Effect, Fact, Refused, Step
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.table import FieldKind, Rule
from policy.model import Role
from services.workflow import formal_reports, measures, other_side, reviews
from services.workflow.domain import respondent
from services.workflow.domain.formal_rules import OVERSIGHT
from services.workflow.domain.measure_parts import BY_ETHICS, BY_OVERSIGHT, FOR_WHOM, NOT_OVER, lapses, on_other_side
from services.workflow.domain.respondent_rules import MEASURE_OVER

LIFECYCLE: Final = respondent.LIFECYCLE.name
REPORT: Final = "formal_report"
NOTIFY, OF_MEASURE, CLEAR, NO_FINDING = "notify", "tell_of_measure", "clear", "tell_no_finding"
RESPONDENT, WROTE = "respondent", "respondent.wrote"
UNSETTLED: Final = frozenset({"subject_left", "another_body_acts"})
"""An investigation that ends for one of these reasons clears nobody: what was said stands open, and it may go on where
the office has nothing to say (policy 2.2: ClearCheck has departures with pending allegations, too).
"""
_ALSO: Final = uuid.UUID("0c1f9d3e-7a55-4b0e-9a58-3d1d2d0a4e21")
_HIGHEST: Final = 2**31 - 1


async def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Something in a case of the report concerns the one whom it is about: it arrives in his own case, word for word.
    `notify` opens that; `clear` goes to everybody whom the file is about. Raises EffectRefused.
    """
    step, name = case.steps[-1], str(effect.facts["action"])
    if name == CLEAR:
        unsettled = step.facts.get("discontinued_for") in UNSETTLED
        await (_tell_no_finding if unsettled else _clear)(session, desk, row, step)
        return
    texts = await _texts(session, desk, row, step.action)
    to = await meant(session, desk, row, case, name)
    if not to and (await _named(session, desk, row)).alleged_offender:
        raise EffectRefused(Refused("FOR_WHOM_MISSING", "policy 2.13", {"field": FOR_WHOM}))
    for staff_id in to:
        await _join(session, desk, row, case, name, staff_id, texts)


async def tell_of_measure(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, staff_id: str) -> bool:
    """A measure over his work has taken effect without a letter of the office: his case has one that says for what kind
    of reason it is, and what he can do. Not where nobody could be his contact: then he is told the dates alone.
    """
    letter = desk.policy_of(row).options["letter"].choices.get(f"measure_{case.facts['purpose']}")
    if letter is None or not on_other_side(case.facts) or await _supporter(session, desk, row) is None:
        return False
    await _join(session, desk, row, case, NOTIFY, staff_id, {"letter": letter})
    return True


async def check(begun: Begun, desk: Desk, row: CaseRow, action: Action) -> Refused | None:
    """His case does not close over a measure that stands, or that she does not know to be over (invariant 43)."""
    if row.lifecycle != LIFECYCLE or action.facts.get("reason") != MEASURE_OVER:
        return None
    session = await begun()
    (he,) = (await _named(session, desk, row)).alleged_offender
    found = await other_side.over_work_of(session, desk, row.report_id, he)
    stands = any(one.state in NOT_OVER and _origin(one) == _origin(row) for one, _ in found)
    return Refused("MEASURE_STANDS", "invariant 43", {"needs": "lift_measure"}) if stands else None


async def _join(
    session: AsyncSession, desk: Desk, row: CaseRow, case: Case, name: str, staff_id: str, texts: Mapping[str, str]
) -> None:
    step = case.steps[-1]
    his = await _his(session, desk, row, staff_id)
    if his is None and name != NOTIFY:
        raise EffectRefused(Refused("NOT_NOTIFIED", "invariant 48", {"action": name}))
    facts: dict[str, Fact] = dict(step.facts)
    if his is None:
        his = await _opened(session, desk, row, staff_id, step.at)
        facts[RESPONDENT] = access.part_name(desk, staff_id)
        facts[respondent.SUPPORT] = await _support(session, desk, his)
    if row.lifecycle == REPORT:
        facts |= {"file": str(row.case_id)}
    else:
        name = OF_MEASURE
        facts |= {key: case.facts[key] for key in ("from_at", "until_at")}
    await _take(session, desk, his, name, facts, texts, step.at)


async def _clear(session: AsyncSession, desk: Desk, row: CaseRow, step: Step) -> None:
    """Whoever was told gets the letter, and is cleared for all who were told; where a measure alone rested on it and
    nothing was written to him, that ends all the same.
    """
    letter = desk.policy_of(row).options["letter"].choices["clearance"]
    for staff_id in await formal_reports.subjects_of(session, desk, row):
        his = await _his(session, desk, row, staff_id)
        if his is None:
            await _undo(session, desk, row, staff_id, step.at)
        elif (his.state, CLEAR) in desk.lifecycles[LIFECYCLE].rule_of:
            await _take(session, desk, his, CLEAR, {}, {"letter": letter}, step.at)


async def _tell_no_finding(session: AsyncSession, desk: Desk, row: CaseRow, step: Step) -> None:
    """Whoever was told of the inquiry hears that it has ended; measures stay as they were decided."""
    letter = desk.policy_of(row).options["letter"].choices["no_finding"]
    for staff_id in await formal_reports.subjects_of(session, desk, row):
        his = await _his(session, desk, row, staff_id)
        if his is not None and (his.state, NO_FINDING) in desk.lifecycles[LIFECYCLE].rule_of:
            await _take(session, desk, his, NO_FINDING, {}, {"letter": letter}, step.at)


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """He has written: his file in the report learns that he did, and not what; where it can do nothing with that, those
    hear who handle his case. Or he is cleared: everybody once told is told, and what was decided over his work ends
    (policy 2.13).
    """
    at = case.steps[-1].at
    file = await records.load(session, UUID(str(case.facts["file"]))) if "file" in case.facts else None
    if effect == respondent.CLEARED:
        (he,) = (await _named(session, desk, row)).alleged_offender
        await _undo(session, desk, row, he, at)
        if file is not None:
            await _tell_part_takers(session, desk, file, at)
    elif effect == respondent.LONGER:
        await _lengthen(session, desk, file, case)
    else:
        action = Action(uuid.uuid5(_ALSO, f"{row.case_id}:{case.version}:{effect.name}"), effect.name)
        if file is None or isinstance(
            await decide_as(session, desk, file.case_id, action, measures.SYSTEM, at), Refused
        ):
            role = Role.ETHICS_OFFICER if case.facts["origin"] == BY_ETHICS else Role.INTAKE_OFFICER
            await notices.tell_role(session, desk, row, role, WROTE, at)
        else:
            desk.wake(session, file.case_id)


async def _lengthen(session: AsyncSession, desk: Desk, file: CaseRow | None, case: Case) -> None:
    """The report's clock, unless that is where the time was given."""
    until, current = str(case.facts["response_until"]), file and from_json(file.data).clocks.get("subject.response")
    if file is not None and current and current.due_at.isoformat() != until:
        action = Action(new_id(), "record_extension", {"response_until": until})
        await decide_as(session, desk, file.case_id, action, measures.SYSTEM, case.steps[-1].at)
        desk.wake(session, file.case_id)


async def _undo(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, at: datetime) -> None:
    """Every measure over his work. Pay and rights come back by themselves; what keeps him away from her is lifted by
    somebody who has seen to her safety first.
    """
    for one, measure in await other_side.over_work_of(session, desk, row.report_id, staff_id):
        name = "record_clearance" if lapses(measure, desk.policy_of(one)) else "ask_for_lifting"
        if (one.state, name) in desk.lifecycles[measures.LIFECYCLE].rule_of:
            action = Action(uuid.uuid5(_ALSO, f"{row.case_id}:{row.version}:{one.case_id}"), name)
            await decide_as(session, desk, one.case_id, action, measures.SYSTEM, at)
            desk.wake(session, one.case_id)
        await _tell_the_told(session, desk, one, measure)


async def _tell_part_takers(session: AsyncSession, desk: Desk, file: CaseRow, at: datetime) -> None:
    """Legal affairs, whoever decided or was to sign: everybody beside oversight who had a part in his file."""
    steps = from_json(file.data).steps
    told = {step.by for step in steps[:-1] if step.role and step.role not in OVERSIGHT} - {steps[-1].by}
    for staff_id in sorted(told):
        await _tell_unless_excluded(session, desk, file, staff_id, at)


async def _tell_the_told(session: AsyncSession, desk: Desk, row: CaseRow, measure: Case) -> None:
    """Who alerted, signed and decided, HR, and whoever stood in for him: they heard of a measure over his work."""
    acts = {"alert", "sign_measure", "decide_measure", "extend_measure", "vary_measure", "lift_measure"}
    told = {step.by for step in measure.steps if step.action in acts}
    policy, now = desk.policy_of(row), measure.steps[-1].at
    told |= {one.staff_id for one in policy.appointed(Role.HR_OFFICER, now)}
    if persons := await other_side.named_in(session, desk, row, measure):
        told |= {persons.temporary_supervisor} - {""}
    for staff_id in sorted(told):
        await _tell_unless_excluded(session, desk, row, staff_id, now)


async def _tell_unless_excluded(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, now: datetime) -> None:
    if not (await access.actor_of(session, desk, row, staff_id, now)).excluded:
        await notices.add(session, desk, row, staff_id, respondent.CLEARED.name)


async def meant(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, name: str) -> Sequence[str]:
    """Whom a letter is for: whom a measure reaches; of a report, the one whom the file is about. Raises EffectRefused
    where that is not one person: each has a sub-file.
    """
    if row.lifecycle == measures.LIFECYCLE:
        return await other_side.reached(session, desk, row, case)
    of_file: Sequence[str] = await formal_reports.subjects_of(session, desk, row)
    if name != NOTIFY:
        # Somebody who was named later has a sub-file to wait for, and holds nobody up.
        of_file = [one for one in of_file if await _his(session, desk, row, one)] or of_file
    if len(of_file) != 1:
        raise EffectRefused(Refused("RESPONDENT_UNCLEAR", "policy 2.13", {"needs": "open_subfile"}))
    return of_file


async def _named(session: AsyncSession, desk: Desk, row: CaseRow) -> Parties:
    return await parties.parties_of(session, desk, row) or Parties()


async def _his(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str) -> CaseRow | None:
    """The case of somebody who was told of something in this report, for as long as it is open; of what the ethics
    office asked for, another than of what oversight did.
    """
    name = access.part_name(desk, staff_id)
    found = await records.of_report(session, row.report_id, LIFECYCLE)
    his = [one for one in found if one.closed_at is None and access.assigned_to(one, name)]
    return next((one for one in his if _origin(one) == _origin(row)), None)


def _origin(row: CaseRow) -> Fact:
    return from_json(row.data).facts.get("origin", BY_OVERSIGHT)


async def _opened(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, now: datetime) -> CaseRow:
    """His case, about nobody but him: its number is drawn, so that it does not say how many others there are. Whoever
    must not see the report does not see it either.
    """
    number = secrets.randbelow(_HIGHEST) + 1
    facts = {"origin": _origin(row)}
    case_id = await reviews.open_beside(session, desk, row.report_id, LIFECYCLE, number, facts, now)
    desk.wake(session, case_id)
    opened = await records.lock(session, case_id)
    assert opened is not None
    named = await _named(session, desk, row)
    others = (one for one in named.alleged_offender if one != staff_id)
    his = Parties(named.affected_individual, (staff_id,), (*named.refused, *others))
    await measures.keep_parties(session, desk, opened, his)
    return opened


async def _support(session: AsyncSession, desk: Desk, row: CaseRow) -> str:
    """Oversight can name another. Raises EffectRefused where there is nobody."""
    found = await _supporter(session, desk, row)
    if found is None:
        raise EffectRefused(Refused("NO_SUPPORT_CONTACT", "invariant 48", {"field": respondent.SUPPORT}))
    return found


async def _supporter(session: AsyncSession, desk: Desk, row: CaseRow) -> str | None:
    """The first welfare officer who may know of it."""
    now = from_json(row.data).steps[-1].at
    for one in desk.policy_of(row).appointed(Role.WELFARE_OFFICER, now):
        if not await exclusions.excluded(session, desk.keys.cell, row.case_id, one.staff_id):
            return one.staff_id
    return None


async def _texts(session: AsyncSession, desk: Desk, row: CaseRow, action: str) -> dict[str, str]:
    """The words that came with the last step; `request` of a review and the like are not passed on."""
    found = await bodies.texts_of(session, desk, row)
    newest = max((one.at for one in found if one.action == action), default=None)
    return {one.name: one.text for one in found if one.action == action and one.at == newest}


async def _take(
    session: AsyncSession,
    desk: Desk,
    row: CaseRow,
    name: str,
    facts: Mapping[str, Fact],
    texts: Mapping[str, str],
    now: datetime,
) -> None:
    """With those of the facts and words alone that his case takes: reasons of the office are none of them."""
    current = await records.lock(session, row.case_id)
    assert current is not None
    rule: Rule | None = desk.lifecycles[LIFECYCLE].rule_of.get((current.state, name))
    fields = rule.fields if rule else ()
    taken = {one.name: facts[one.name] for one in fields if one.kind is not FieldKind.TEXT and one.name in facts}
    words = {one.name: texts[one.name] for one in fields if one.kind is FieldKind.TEXT and one.name in texts}
    action = Action(new_id(), name, taken, frozenset(words))
    named, _ = await bodies.store(session, desk, current, action.id, words)
    outcome = await decide_as(session, desk, row.case_id, action, measures.SYSTEM, now, named)
    if isinstance(outcome, Refused):
        raise EffectRefused(outcome)
