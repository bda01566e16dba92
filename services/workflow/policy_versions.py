"""Putting a version of a pack in force: one person drafts, another approves, and from its day on new cases begin with
it in every service.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.outbox import add_event
from contracts.policy.v1.policy_pb2 import PolicyInForce, PolicyVersion
from contracts.topics import WORKFLOW_POLICY
from lifecycle import in_force
from lifecycle.desk import Desk
from lifecycle.model import Refused
from policy.appointing import with_changes
from policy.changes import differences
from policy.entry import PolicyBroken
from policy.lint import lint
from policy.load import packs_to_follow
from policy.model import Policy
from services.workflow import second_words
from services.workflow.appointments import NotDrafted, changes_now, policy_now
from services.workflow.domain import putting_in_force
from services.workflow.domain.putting_in_force import RULE, Refusal
from services.workflow.tables import PolicyDraft

_ONE_AT_A_TIME: Final = sa.text("select pg_advisory_xact_lock(hashtext(current_schema() || '.versions'))")


async def drafts(session: AsyncSession) -> Sequence[PolicyDraft]:
    """Those that wait for a second person, the oldest first."""
    waiting = select(PolicyDraft).where(col(PolicyDraft.decided_at).is_(None))
    return (await session.exec(waiting.order_by(col(PolicyDraft.drafted_at)))).all()


async def find_draft(session: AsyncSession, draft_id: UUID, *, lock: bool = False) -> PolicyDraft:
    """One that waits. Raises NotDrafted."""
    found = await session.get(PolicyDraft, draft_id, with_for_update=lock)
    if found is None or found.decided_at is not None:
        raise NotDrafted
    return found


async def decided(session: AsyncSession) -> Sequence[PolicyVersion]:
    """Every version that was put in force, the first first."""
    return (await in_force.kept(session, PolicyInForce)).decided


async def draft_version(
    session: AsyncSession, desk: Desk, draft_id: UUID, pin: str, from_day: date, by: str, now: datetime
) -> Refused | None:
    """Nothing is in force by it. Sent again under the same id, it is the same draft."""
    if await session.get(PolicyDraft, draft_id) is not None:
        return None
    current = await policy_now(session, desk)
    after = await usable(session, desk, pin, now)
    refused = (
        after if isinstance(after, Refused) else putting_in_force.drafting_refused(current, after, from_day, by, now)
    )
    await _record(session, "policy.drafted", draft_id, by, pin, refused)
    if refused is None:
        assert isinstance(after, Policy)  # or it was refused
        session.add(
            PolicyDraft(
                draft_id=draft_id,
                pack=after.name,
                version=after.version,
                content_hash=after.content_hash,
                from_day=from_day,
                drafted_by=by,
                drafted_at=now,
            )
        )
        found = differences(current, after)
        await second_words.ask(session, desk, draft_id, putting_in_force.approvers(current, found, by, now))
    return refused


async def approve(session: AsyncSession, desk: Desk, draft_id: UUID, by: str, now: datetime) -> Refused | None:
    """A second person's word: everybody is told, and from its day on new cases begin with it. What the version differs
    in is looked at again, by its files as they are now. Raises NotDrafted.
    """
    await session.execute(_ONE_AT_A_TIME)
    draft = await find_draft(session, draft_id, lock=True)
    refused = await approving_refused(session, desk, draft, by, now)
    await _record(session, "policy.approved", draft_id, by, f"{draft.pack}/{draft.version}", refused)
    if refused is not None:
        return refused
    said = await in_force.kept(session, PolicyInForce)
    said.number += 1
    said.decided.append(
        PolicyVersion(
            pack=draft.pack,
            version=draft.version,
            content_hash=draft.content_hash,
            from_day=max(draft.from_day, now.date()).isoformat(),
            drafted_by=draft.drafted_by,
            confirmed_by=by,
        )
    )
    draft.decided_by, draft.decided_at, draft.approved = by, now, True
    await in_force.keep(session, said)
    await add_event(session, WORKFLOW_POLICY, in_force.VERSIONS, said)
    return None


async def approving_refused(
    session: AsyncSession, desk: Desk, draft: PolicyDraft, by: str, now: datetime
) -> Refused | None:
    current = await policy_now(session, desk)
    after = await usable(session, desk, f"{draft.pack}/{draft.version}", now)
    if isinstance(after, Refused):
        return after
    if after.content_hash != draft.content_hash:
        return Refused(Refusal.NOT_WHAT_WAS_DRAFTED, RULE)
    # What has been decided and is still to come is not taken back by the way either.
    still_to_come = [one for one in await decided(session) if one.from_day > now.date().isoformat()]
    try:
        coming = [(one.from_day, in_force.decided_on(one)) for one in still_to_come]
    except PolicyBroken:
        return Refused(Refusal.LATER_ONE_MISSING, RULE)
    found = [one for before in (current, *(policy for _, policy in coming)) for one in differences(before, after)]
    drafted = (draft.drafted_by, draft.drafted_at)
    refused = putting_in_force.approving_refused(current, found, draft.from_day, drafted, by, now)
    from_day = max(draft.from_day, now.date()).isoformat()
    sooner = [policy for day, policy in coming if day <= from_day]
    # Of several that begin on one day, the last one that was decided.
    later = {day: policy for day, policy in coming if day > from_day}
    return refused or putting_in_force.later_refused((current, *sooner), after, later.values())


async def set_aside(session: AsyncSession, desk: Desk, draft_id: UUID, by: str, now: datetime) -> Refused | None:
    """Whoever drafted it takes it back, or a second person does not approve. Raises NotDrafted."""
    draft = await find_draft(session, draft_id, lock=True)
    policy = await policy_now(session, desk)
    may = putting_in_force.may_draft(policy, by, now) or putting_in_force.may_approve(policy, by, now)
    refused = None if may else Refused(Refusal.NOT_DELEGATED, RULE)
    await _record(session, "policy.set_aside", draft_id, by, f"{draft.pack}/{draft.version}", refused)
    if refused is None:
        draft.decided_by, draft.decided_at, draft.approved = by, now, False
    return refused


async def say_again(desk: Desk) -> None:
    """At every start, as appointments are."""
    async with desk.database.transaction() as session:
        await session.execute(_ONE_AT_A_TIME)
        said = await in_force.kept(session, PolicyInForce)
        if said.number:
            await add_event(session, WORKFLOW_POLICY, in_force.VERSIONS, said)


async def usable(session: AsyncSession, desk: Desk, pin: str, now: datetime) -> Policy | Refused:
    """A version that services may follow and in which nothing is wrong, with everybody who is appointed now."""
    if pin not in packs_to_follow():
        return Refused(Refusal.UNKNOWN_VERSION, RULE)
    name, _, version = pin.partition("/")
    decided = await changes_now(session, desk)
    found = lint(name, version, now, decided=decided)
    if found.policy is None:
        return Refused(Refusal.HAS_MISTAKES, RULE)
    refused = putting_in_force.people_refused(with_changes(found.policy, decided), now)
    return refused or (Refused(Refusal.HAS_MISTAKES, RULE) if found.mistakes else found.policy)


async def _record(session: AsyncSession, act: str, draft_id: UUID, by: str, pin: str, refused: Refused | None) -> None:
    facts: dict[str, str | int] = {"version": pin}
    if refused is not None:
        act, facts = f"{act}.refused", facts | {"code": refused.code}
    rule = refused.rule if refused else RULE
    await audit_trail.record(session, act, object_ref=str(draft_id), actor=by, rule=rule, facts=facts)
