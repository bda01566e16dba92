"""The one transaction in which a case changes: what somebody did, or a clock that rang, with everything beside it.

Order for an action: signature, known action id, version, rules. A retry of a success is a
success; a refusal leaves an audit row and nothing else.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from contracts.ids import CaseId, new_id
from lifecycle import access, bodies, changes, engine, looking, migration, pinned, placing, records, routing
from lifecycle.desk import Desk
from lifecycle.durable import Decided
from lifecycle.migration import MIGRATE
from lifecycle.model import Action, Actor, Case, DueKind, Facts, Refused
from lifecycle.records import ActionRow, CaseRow
from lifecycle.routing import Place
from lifecycle.serial import from_json, to_json
from lifecycle.signed import SignedAction
from policy.model import Role

EDGE: Final = "decide"
"""The rule a refusal names when it comes from here and from no procedure."""
_RINGS_AT_ONCE: Final = 50
_CLOCKS_APART: Final = timedelta(seconds=5)
_ASK_AGAIN: Final = timedelta(hours=1)


class Refusal(StrEnum):
    """Why an action got no further than here."""

    CASE_UNKNOWN = "CASE_UNKNOWN"
    CASE_ERASED = "CASE_ERASED"
    ACTION_FORGED = "ACTION_FORGED"
    ACTION_ID_TAKEN = "ACTION_ID_TAKEN"
    VERSION_STALE = "VERSION_STALE"


async def decide(session: AsyncSession, desk: Desk, signed: SignedAction, now: datetime) -> Decided | Refused:
    """A staff member's signed action. Its roles and exclusions are those of this moment, not those of the signature.
    Raises EffectRefused: roll back, then `refuse_signed`.
    """
    case_id, action_id = UUID(signed.case_id), UUID(signed.action_id)
    locked = await access.lock(session, desk, case_id, action_id, signed.staff_id, now)
    if locked is None:
        return Refused(Refusal.CASE_UNKNOWN, EDGE)
    row, known, actor = locked
    # The wall clock, not the case's: a signature is short-lived wherever the case's clock stands.
    if not signed.verify(desk.keys.signing.public_key(), datetime.now(UTC)):
        return await refuse(session, desk, row, Refused(Refusal.ACTION_FORGED, EDGE), None)
    action = Action(action_id, signed.name, signed.facts, frozenset(signed.bodies))
    actor = replace(actor, roles=actor.roles & set(map(Role, signed.roles)))
    if known:
        return await _answer_again(session, desk, row, known, action, actor)
    if not access.may_see(desk, row, actor):
        return await refuse(session, desk, row, Refused(Refusal.CASE_UNKNOWN, EDGE), actor)
    if signed.seen_version != row.version:
        return await refuse(session, desk, row, Refused(Refusal.VERSION_STALE, EDGE), actor, action.name)
    if await bodies.hash_of(session, case_id, action_id, signed.bodies) != signed.body_hash:
        return await refuse(session, desk, row, Refused(Refusal.ACTION_FORGED, EDGE), actor, action.name)
    return await _act(session, desk, row, action, actor, now, signed.bodies, signed.body_hash)


async def decide_as(
    session: AsyncSession,
    desk: Desk,
    case_id: UUID,
    action: Action,
    actor: Actor,
    now: datetime,
    texts: Mapping[str, str] = MappingProxyType({}),
) -> Decided | Refused:
    """An action whose sender is known already: the person's own, which intake signed, or the system's. It carries no
    version: a reminder that rang meanwhile must not refuse her. `texts`: rows that `bodies.store` made for this action
    in this transaction. A refusal is audited here.
    """
    row, known = await looking.lock_and_known(session, case_id, action.id)
    if row is None:
        return Refused(Refusal.CASE_UNKNOWN, EDGE)
    if known:
        return await _answer_again(session, desk, row, known, action, actor)
    body_hash = await bodies.hash_of(session, case_id, action.id, texts)
    return await _act(session, desk, row, action, actor, now, texts, body_hash)


async def open_case(
    session: AsyncSession,
    desk: Desk,
    report_id: UUID,
    lifecycle: str,
    number: int,
    facts: Facts,
    now: datetime,
    place: Place | None = None,
) -> CaseId:
    """Opens the case, or finds the one that is open already under this report, lifecycle and number. `place`: where
    intake had it go; a case that follows from another is where that one is. Afterwards its workflow is to be started:
    return `desk.poke(case_id)` from a consumer. Raises InvalidFacts.
    """
    if known := await records.find(session, report_id, lifecycle, number):
        return CaseId(known.case_id)
    policy = desk.policy
    place = place or await routing.place_of_report(session, report_id)
    case = engine.open_case(desk.lifecycles[lifecycle], report_id, number, facts, now, policy)
    row = CaseRow(
        case_id=new_id(),
        report_id=report_id,
        lifecycle=lifecycle,
        number=number,
        state=case.state,
        version=case.version,
        data=to_json(case),
        policy_name=policy.name,
        policy_version=policy.version,
        policy_hash=policy.content_hash,
        workflow_id=str(new_id()),
        next_due_at=changes.next_due_at(desk, case, policy),
        unmet_at=engine.unmet_at(case),
        errands=changes.errands((), case),
        handlers=changes.handlers(case),
        placed_version=0,
        opened_at=now,
        changed_at=now,
        closed_at=None,
        erased_at=None,
        desk=place.desk,
        office=place.office or routing.key_at(desk, policy, lifecycle, place.desk),
    )
    await pinned.keep(session, desk, policy)
    if not await records.insert(session, row):
        # Another transaction opened it while this one looked: its row is committed by now.
        found = await records.find(session, report_id, lifecycle, number)
        assert found is not None
        return CaseId(found.case_id)
    unwanted = await records.contact_unwanted(session, report_id, case.facts)
    await changes.tell(session, desk, row, case, policy, "case.opened", None, {}, unwanted=unwanted)
    return CaseId(row.case_id)


def is_shown_to_her(desk: Desk, row: CaseRow) -> bool:
    """Whether the person may know of this case. Where her inbox may hide one of its kind, none that is erased says any
    more whether it did.
    """
    lifecycle = desk.lifecycles[row.lifecycle]
    return lifecycle.shown is None if row.erased_at is not None else lifecycle.person_sees(from_json(row.data))


def outcome(desk: Desk, row: CaseRow, action: Action, actor: Actor, now: datetime) -> Case | Refused:
    """What the rules make of the action: the procedure's own, or those of going over to the policy in force."""
    lifecycle, case, policy = desk.lifecycles[row.lifecycle], from_json(row.data), desk.policy_of(row)
    if action.name != MIGRATE:
        return engine.apply(lifecycle, case, action, actor, now, policy)
    if row.desk and row.desk not in desk.policy.desks:
        return Refused(migration.Refusal.DESK_UNKNOWN, migration.RULE, {"policy": desk.policy.pin})
    return migration.migrate(lifecycle, case, action, actor, now, policy, desk.policy)


async def ring(session: AsyncSession, desk: Desk, case_id: UUID, now: datetime) -> Decided:
    """Rings everything that is due at `now`, and says how the case stands. A clock whose outcome cannot be undone
    rings only when the database's clock agrees; when `now` has jumped ahead of it, the answer asks to ring again.
    Raises LookupError for an unknown case.
    """
    row = await records.lock(session, case_id)
    if row is None:
        raise LookupError("there is no such case")
    if row.erased_at is not None:
        return standing_of(row)
    policy = desk.policy_of(row)
    lifecycle = desk.lifecycles[row.lifecycle]
    for _ in range(_RINGS_AT_ONCE):
        case = from_json(row.data)
        due = engine.next_due(lifecycle, case, policy)
        if due is None or due.at > now:
            break
        if due.irreversible and (early := due.at - await records.clock_now(session)) > _CLOCKS_APART:
            await audit_trail.record(
                session, "clock.refused", object_ref=str(case_id), actor=None, facts={"clock": due.key}
            )
            return replace(standing_of(row), next_due_at=now + min(early, _ASK_AGAIN))
        rung = engine.on_due(lifecycle, case, due, now, policy)
        kind = "clock.reminded" if due.kind is DueKind.REMINDER else "clock.rang"
        row = await changes.keep_change(session, desk, row, rung, policy, kind, None, {"clock": due.key})
    return standing_of(row)


async def stand(session: AsyncSession, case_id: UUID) -> Decided:
    """How the case stands. Raises LookupError for an unknown one."""
    row = await records.load(session, case_id)
    if row is None:
        raise LookupError("there is no such case")
    return standing_of(row)


def standing_of(row: CaseRow) -> Decided:
    return Decided(
        case_id=str(row.case_id),
        version=row.version,
        next_due_at=row.next_due_at,
        errands=tuple(row.errands),
        over=row.erased_at is not None,
    )


def answer_of(case_id: UUID, case: Case) -> dict[str, Any]:
    """What the sender of an action is told, the first time and every time it is sent again."""
    unmet_at = engine.unmet_at(case)
    return {
        "case_id": str(case_id),
        "version": case.version,
        "state": case.state,
        "next_date": unmet_at.date().isoformat() if unmet_at else None,
    }


async def refuse(
    session: AsyncSession, desk: Desk, row: CaseRow, refused: Refused, actor: Actor | None, action: str = ""
) -> Refused:
    """Audits the refusal and gives it back. Whoever must not see the case stands in the trail under the case's tag
    alone: a name beside a case's id would tell that the two belong together.
    """
    facts: dict[str, str | int] = {"code": refused.code}
    if action == MIGRATE or action in desk.lifecycles[row.lifecycle].by_action:
        facts["action"] = action
    name = None if actor is None else actor.name
    if actor is not None and actor.staff_id is not None and not access.may_see(desk, row, actor):
        name = access.hidden_name(desk, row.case_id, actor.staff_id)
    await audit_trail.record(
        session, "action.refused", object_ref=str(row.case_id), actor=name, rule=refused.rule, facts=facts
    )
    return refused


async def refuse_signed(
    session: AsyncSession, desk: Desk, signed: SignedAction, refused: Refused, now: datetime
) -> Refused:
    """Audits what another case refused, in a transaction after the one that it stopped."""
    row = await records.lock(session, UUID(signed.case_id))
    assert row is not None  # cases are never deleted, and this one was there
    actor = await access.actor_of(session, desk, row, signed.staff_id, now)
    return await refuse(session, desk, row, refused, actor, signed.name)


async def _answer_again(
    session: AsyncSession, desk: Desk, row: CaseRow, known: ActionRow, action: Action, actor: Actor
) -> Decided | Refused:
    """The first answer to an action that is known already: also to somebody who may not see the case any more, and
    after its erasure, when its sender stands there under a tag.
    """
    senders = {actor.name}
    if actor.staff_id is not None:
        senders.add(access.hidden_name(desk, row.case_id, actor.staff_id))
    if (known.case_id, known.action) == (row.case_id, action.name) and known.actor in senders:
        return replace(standing_of(row), answer=dict(known.answer))
    return await refuse(session, desk, row, Refused(Refusal.ACTION_ID_TAKEN, EDGE), actor, action.name)


async def _act(
    session: AsyncSession,
    desk: Desk,
    row: CaseRow,
    action: Action,
    actor: Actor,
    now: datetime,
    texts: Mapping[str, str],
    body_hash: str,
) -> Decided | Refused:
    if row.erased_at is not None:
        return await refuse(session, desk, row, Refused(Refusal.CASE_ERASED, EDGE), actor, action.name)
    action = await placing.placed(session, desk, row, action, actor, now)
    after = outcome(desk, row, action, actor, now)
    if isinstance(after, Refused):
        return await refuse(session, desk, row, after, actor, action.name)
    facts = {"action": action.name}
    if action.name == MIGRATE:
        facts |= {"policy": desk.policy.pin, "was": f"{row.policy_name}/{row.policy_version}"}
        row = replace(
            row,
            policy_name=desk.policy.name,
            policy_version=desk.policy.version,
            policy_hash=desk.policy.content_hash,
        )
        await pinned.keep(session, desk, desk.policy)
    policy = desk.policy_of(row)
    answer = answer_of(row.case_id, after)
    taken = ActionRow(
        action_id=action.id,
        case_id=row.case_id,
        version=after.version,
        action=action.name,
        actor=actor.name,
        roles=sorted(actor.roles),
        bodies=dict(texts),
        body_hash=body_hash,
        at=now,
        answer=answer,
    )
    changed = await changes.keep_change(session, desk, row, after, policy, "case.acted", actor.name, facts, taken)
    return replace(standing_of(changed), answer=answer)
