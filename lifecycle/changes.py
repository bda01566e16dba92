"""What goes with every new version of a case: its row, the person's news, the trail, and what follows from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.outbox import add_event
from contracts.cases.v1.cases_pb2 import CaseChanged, Offer
from contracts.topics import cases_of
from lifecycle import engine, records, told
from lifecycle.desk import Desk
from lifecycle.model import NO_NEWS, RING, Actor, ActorKind, Case, EffectKind
from lifecycle.recipients import HER_INBOX
from lifecycle.records import ActionRow, CaseRow
from lifecycle.serial import from_json, to_json
from lifecycle.table import Field, Lifecycle
from policy.model import Policy

ERASE: Final = "erase"
"""The errand of every lifecycle that ends by erasing."""


async def keep_change(
    session: AsyncSession,
    desk: Desk,
    row: CaseRow,
    case: Case,
    policy: Policy,
    act: str,
    actor: str | None,
    facts: Mapping[str, str | int],
    taken: ActionRow | None = None,
) -> CaseRow:
    """Keeps the new version of a locked case, the action that made it, and everything that goes with it."""
    closed = desk.lifecycles[row.lifecycle].is_closed(case)
    changed = replace(
        row,
        state=case.state,
        version=case.version,
        data=to_json(case),
        next_due_at=next_due_at(desk, case, policy),
        unmet_at=engine.unmet_at(case),
        errands=errands(row.errands, case),
        handlers=handlers(case),
        closed_at=(row.closed_at or case.steps[-1].at) if closed else None,
    )
    unwanted = await records.save(session, changed, taken)
    if row.data.get("assigned", {}).items() - changed.data["assigned"].items() or changed.closed_at != row.closed_at:
        await desk.parts_lost(session, changed)
    await tell(session, desk, changed, case, policy, act, actor, facts, unwanted=unwanted)
    return changed


async def tell(
    session: AsyncSession,
    desk: Desk,
    row: CaseRow,
    case: Case,
    policy: Policy,
    act: str,
    actor: str | None,
    facts: Mapping[str, str | int],
    *,
    unwanted: bool,
) -> None:
    """The news of a change: to the person's inbox, to the trail, and to whom the procedure says. `unwanted`: she is not
    to be written to.
    """
    said = {**facts, "lifecycle": case.lifecycle, "state": case.state, "version": case.version}
    await audit_trail.record(session, act, object_ref=str(row.case_id), actor=actor, facts=said)
    if desk.lifecycles[case.lifecycle].person_sees(case):
        alone = await _told_alone(session, desk, case, policy)
        await _tell_her(session, desk, case, policy, alone, unwanted=unwanted)
    for effect in case.effects:
        if effect.kind not in (EffectKind.ERRAND, EffectKind.ERASE):
            await desk.effects(session, row, case, effect)


async def tell_anew(session: AsyncSession, desk: Desk, row: CaseRow) -> None:
    """What the person alone is told of a case, sealed to the code that she has now: it stands as it stood."""
    case, policy = from_json(row.data), desk.policy_of(row)
    if desk.lifecycles[case.lifecycle].person_sees(case) and (alone := await _told_alone(session, desk, case, policy)):
        unwanted = await records.contact_unwanted(session, case.report_id, case.facts)
        await _tell_her(session, desk, case, policy, alone, unwanted=unwanted)


async def _told_alone(session: AsyncSession, desk: Desk, case: Case, policy: Policy) -> bytes:
    return await told.sealed(session, desk.lifecycles[case.lifecycle], case, policy)


async def _tell_her(
    session: AsyncSession, desk: Desk, case: Case, policy: Policy, alone: bytes, *, unwanted: bool
) -> None:
    step = case.steps[-1]
    if (step.action, step.facts.get("clock")) == (RING, NO_NEWS) and await _hears_elsewhere(session, desk, case):
        case = replace(case, effects=())
    news = _news(desk, case, policy)
    news.sealed_facts = alone
    news.no_contact = unwanted
    if unwanted:
        for offer in news.offers:
            offer.asked = False
    await add_event(session, cases_of(desk.service), str(case.report_id), news)


async def _hears_elsewhere(session: AsyncSession, desk: Desk, case: Case) -> bool:
    """Whether an older case of her report tells her by itself that nothing has moved: one of them does."""
    for row in await records.of_report(session, case.report_id):
        if (row.lifecycle, row.number) == (case.lifecycle, case.number):
            break
        if row.closed_at is None and row.erased_at is None:
            other = from_json(row.data)
            clock = other.clocks.get(NO_NEWS)
            if clock and clock.runs and desk.lifecycles[row.lifecycle].person_sees(other):
                return True
    return False


def _news(desk: Desk, case: Case, policy: Policy) -> CaseChanged:
    lifecycle = desk.lifecycles[case.lifecycle]
    at = case.steps[-1].at
    offers = engine.offers(lifecycle, case, Actor(ActorKind.PERSON), at, policy)
    clock = engine.next_clock(lifecycle, case)
    return CaseChanged(
        report_id=str(case.report_id),
        lifecycle=case.lifecycle,
        number=case.number,
        version=case.version,
        state=lifecycle.seen_as(case),
        offers=[
            Offer(
                action=offer.action,
                fields_json=json.dumps([field_of(one) for one in offer.fields]),
                asked=offer.asked,
            )
            for offer in offers
            if offer.open
        ],
        wording_key=wording_key(lifecycle, case),
        next_date=clock.due_at if clock else None,
        next_clock=clock.key if clock else "",
        changed_at=at,
        closed=lifecycle.is_closed(case),
    )


def wording_key(lifecycle: Lifecycle, case: Case) -> str:
    """What her inbox says: of the state, unless this very change has something of its own to say to her."""
    notes = [one.name for one in case.effects if one.kind is EffectKind.NOTIFY and one.facts.get("to") == HER_INBOX]
    return notes[-1] if notes else f"{case.lifecycle}.{lifecycle.seen_as(case)}"


def field_of(one: Field) -> dict[str, Any]:
    """A field as clients see it."""
    return {
        "name": one.name,
        "kind": one.kind.value,
        "required": one.required,
        **({"choices": list(one.choices)} if isinstance(one.choices, tuple) and one.choices else {}),
    }


def next_due_at(desk: Desk, case: Case, policy: Policy) -> datetime | None:
    due = engine.next_due(desk.lifecycles[case.lifecycle], case, policy)
    return due.at if due else None


def errands(waiting: Sequence[str], case: Case) -> tuple[str, ...]:
    """With the version, so that an errand asked for again while the first is being run is not taken for done."""
    asked = [ERASE for effect in case.effects if effect.kind is EffectKind.ERASE]
    asked += [effect.name for effect in case.effects if effect.kind is EffectKind.ERRAND]
    return (*waiting, *(f"{name}:{case.version}" for name in asked))


def handlers(case: Case) -> tuple[str, ...]:
    return tuple(sorted(set(case.assigned.values())))
