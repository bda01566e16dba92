"""The alleged offender's own case beside its table: opened when he is told, and joined by whatever concerns him."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.ids import new_id
from lifecycle import access, bodies, directory, exclusions, notices, parties, records
from lifecycle.decide import decide_as, open_case
from lifecycle.desk import Desk, EffectRefused
from lifecycle.exclusions import Parties
from lifecycle.model import Action, Actor, ActorKind, Case, Effect, Fact, Refused
from lifecycle.records import CaseRow
from lifecycle.serial import from_json
from lifecycle.table import FieldKind, Rule
from policy.model import Role, Side
from services.workflow import measures
from services.workflow.domain import respondent
from services.workflow.domain.measure_parts import lapses
from services.workflow.domain.persons import Persons, PersonsWrong

LIFECYCLE: Final = respondent.LIFECYCLE.name
REPORT: Final = "formal_report"
NOTIFY, CLEAR = "notify", "clear"
RESPONDENT: Final = "respondent"
"""The text by which whoever writes says which of several people is meant, by staff id."""
_ALSO: Final = uuid.UUID("0c1f9d3e-7a55-4b0e-9a58-3d1d2d0a4e21")
_HIGHEST: Final = 2**31 - 1


async def tell(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """Something in a case of the report concerns the one whom it is about: it arrives in his own case, word for word.
    `notify` opens that; `clear` goes to everybody who was told. Raises EffectRefused.
    """
    step, name = case.steps[-1], str(effect.facts["action"])
    actor = Actor(ActorKind.STAFF, str(effect.facts["by"]), frozenset({Role(str(effect.facts["role"]))}))
    file = row.number if row.lifecycle == REPORT else 0
    known = await _of_file(session, row, file)
    if name == CLEAR:
        letter = desk.policy_of(row).options["letter"].choices["clearance"]
        for one in known:
            if (one.state, CLEAR) in desk.lifecycles[LIFECYCLE].rule_of:
                await _take(session, desk, one, CLEAR, {}, {"letter": letter}, actor, step.at)
        return
    texts = await _texts(session, desk, row, step.action)
    staff_id = await _meant(session, desk, row, case, texts)
    if staff_id is None:
        raise EffectRefused(Refused("RESPONDENT_UNCLEAR", "policy 2.13", {"field": RESPONDENT}))
    his = next((one for one in known if _is_his(desk, one, staff_id)), None)
    if his is None and name != NOTIFY:
        raise EffectRefused(Refused("NOT_NOTIFIED", "invariant 48", {"action": name}))
    facts: dict[str, Fact] = {**step.facts, "letter_about": "allegation" if row.lifecycle == REPORT else "measure"}
    if his is None:
        his = await _opened(session, desk, row, staff_id, file, step.at)
        facts[RESPONDENT] = access.part_name(desk, staff_id)
        facts[respondent.SUPPORT] = await _support(session, desk, his, step.at)
    if row.lifecycle == measures.LIFECYCLE:
        facts |= {key: case.facts[key] for key in ("from_at", "until_at") if key in case.facts}
    await _take(session, desk, his, name, facts, texts, actor, step.at)


async def emit(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, effect: Effect) -> None:
    """He has answered: the report's own case learns that he did, and not what. Or he is cleared: everybody once told is
    told, and what was decided over his work ends (policy 2.13).
    """
    at = case.steps[-1].at
    if effect == respondent.CLEARED:
        await _undo(session, desk, row, case, at)
        return
    for one in await records.of_report(session, row.report_id, REPORT):
        if one.number == case.facts["file"]:
            action = Action(uuid.uuid5(_ALSO, f"{row.case_id}:{case.version}:{effect.name}"), effect.name)
            await decide_as(session, desk, one.case_id, action, measures.SYSTEM, at)
            desk.wake(session, one.case_id)


async def _undo(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, at: datetime) -> None:
    """Every measure over his work. Pay and rights come back by themselves; what keeps him away from her is lifted by
    somebody who has seen to her safety first.
    """
    (he,) = (await _named(session, desk, row)).alleged_offender
    for one in await records.of_report(session, row.report_id, measures.LIFECYCLE):
        if one.erased_at is not None:
            continue
        measure = from_json(one.data)
        on_him = measure.facts.get("burden") == Side.ALLEGED_OFFENDER
        if not on_him or await _person(session, desk, one, measure) != he:
            continue
        name = "record_clearance" if lapses(measure, desk.policy_of(one)) else "ask_for_lifting"
        if (one.state, name) in desk.lifecycles[measures.LIFECYCLE].rule_of:
            action = Action(uuid.uuid5(_ALSO, f"{row.case_id}:{case.version}:{one.case_id}"), name)
            await decide_as(session, desk, one.case_id, action, measures.SYSTEM, at)
            desk.wake(session, one.case_id)
        await _tell_the_told(session, desk, one, measure)


async def _tell_the_told(session: AsyncSession, desk: Desk, row: CaseRow, measure: Case) -> None:
    """Who alerted, signed and decided, HR, and whoever stood in for him: they heard of a measure over his work."""
    acts = {"alert", "sign_measure", "decide_measure", "extend_measure", "vary_measure", "lift_measure"}
    told = {step.by for step in measure.steps if step.action in acts}
    policy, now = desk.policy_of(row), measure.steps[-1].at
    told |= {one.staff_id for one in policy.appointed(Role.HR_OFFICER, now)}
    try:
        words = await bodies.text_of(session, desk, row, measures.PERSONS) or ""
        told |= {Persons.parse(words, str(measure.facts["type"])).temporary_supervisor} - {""}
    except PersonsWrong:
        pass
    for staff_id in sorted(told):
        actor = await access.actor_of(session, desk, row, staff_id, now)
        if not actor.excluded:
            await notices.add(session, desk, row, staff_id, respondent.CLEARED.name)


async def _meant(session: AsyncSession, desk: Desk, row: CaseRow, case: Case, texts: Mapping[str, str]) -> str | None:
    """Whom a letter is for: as its writer says, whose work a measure changes, or the only one named."""
    named = await _named(session, desk, row)
    if row.lifecycle == measures.LIFECYCLE:
        person = await _person(session, desk, row, case)
        if case.facts.get("burden") == Side.ALLEGED_OFFENDER and person is not None:
            return person
    if said := texts.get(RESPONDENT, "").strip():
        spelled = (await directory.spelled(session, [said]))[said]
        return spelled if spelled in named.alleged_offender else None
    return named.alleged_offender[0] if len(named.alleged_offender) == 1 else None


async def _named(session: AsyncSession, desk: Desk, row: CaseRow) -> Parties:
    return await parties.parties_of(session, desk, row) or Parties()


async def _person(session: AsyncSession, desk: Desk, row: CaseRow, measure: Case) -> str | None:
    words = await bodies.text_of(session, desk, row, measures.PERSONS)
    try:
        return Persons.parse(words, str(measure.facts["type"])).person if words else None
    except PersonsWrong:
        return None


async def _of_file(session: AsyncSession, row: CaseRow, file: int) -> Sequence[CaseRow]:
    """The cases of those told in this file of the report; a measure's letter belongs to whichever file names him."""
    found = await records.of_report(session, row.report_id, LIFECYCLE)
    return [one for one in found if one.erased_at is None and (file in (0, _file(one)) or _file(one) == 0)]


def _file(row: CaseRow) -> int:
    return int(from_json(row.data).facts["file"])


def _is_his(desk: Desk, row: CaseRow, staff_id: str) -> bool:
    return bool(access.assigned_to(row, access.part_name(desk, staff_id)))


async def _opened(session: AsyncSession, desk: Desk, row: CaseRow, staff_id: str, file: int, now: datetime) -> CaseRow:
    """His case, about nobody but him: its number is drawn, so that it does not say how many others there are. Whoever
    must not see the report does not see it either.
    """
    number = secrets.randbelow(_HIGHEST) + 1
    case_id = await open_case(session, desk, row.report_id, LIFECYCLE, number, {"file": file}, now)
    desk.wake(session, case_id)
    opened = await records.lock(session, case_id)
    assert opened is not None
    named = await _named(session, desk, row)
    others = (one for one in named.alleged_offender if one != staff_id)
    his = Parties(named.affected_individual, (staff_id,), (*named.refused, *others))
    await measures.keep_parties(session, desk, opened, his)
    return opened


async def _support(session: AsyncSession, desk: Desk, row: CaseRow, now: datetime) -> str:
    """The first welfare officer who may know of it; oversight can name another."""
    found = [one.staff_id for one in desk.policy_of(row).appointed(Role.WELFARE_OFFICER, now)]
    for staff_id in found:
        if not await exclusions.excluded(session, desk.keys.cell, row.case_id, staff_id):
            return staff_id
    raise EffectRefused(Refused("NO_SUPPORT_CONTACT", "invariant 48", {"field": respondent.SUPPORT}))


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
    actor: Actor,
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
    outcome = await decide_as(session, desk, row.case_id, action, actor, now, named)
    if isinstance(outcome, Refused):
        raise EffectRefused(outcome)
