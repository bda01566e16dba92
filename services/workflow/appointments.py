"""Appointments as they are administered: one person drafts, a second approves, and every service goes by it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.outbox import add_event
from contracts.policy.v1.policy_pb2 import AppointmentEnded, AppointmentsInForce
from contracts.topics import WORKFLOW_POLICY
from lifecycle import directory, in_force
from lifecycle.desk import Desk
from lifecycle.model import Refused
from policy.appointing import Changes, Ended, appointment_id, with_changes
from policy.model import Appointment, Policy, Role
from services.workflow import second_words
from services.workflow.domain import appointing
from services.workflow.domain.appointing import RULE, Refusal
from services.workflow.tables import AppointmentDraft, DraftKind

_ONE_AT_A_TIME: Final = sa.text("select pg_advisory_xact_lock(hashtext(current_schema() || '.appointments'))")
_AT_WORK: Final = sa.text("select staff_id from people where active and staff_id = any(:asked)")
_STATIONS: Final = sa.text("select distinct station from people where active order by station")


@dataclass(frozen=True)
class Wanted:
    """An appointment as somebody drafts it; staff ids as they were typed."""

    staff_id: str
    role: Role
    place: str
    from_: date
    to: date | None = None
    substitute_for: str | None = None
    languages: tuple[str, ...] = ()
    gender: str | None = None


class NotDrafted(LookupError):
    """There is no such draft, or it has been decided."""


async def changes_now(session: AsyncSession, desk: Desk) -> Changes:
    """Every appointment and end decided so far, also where this process has not gone by it yet."""
    return in_force.changes_of(await in_force.kept(session, AppointmentsInForce), desk.policy)


async def policy_now(session: AsyncSession, desk: Desk) -> Policy:
    return with_changes(desk.policy, await changes_now(session, desk))


async def stations(session: AsyncSession) -> Sequence[str]:
    """Every duty station where somebody works, by the people directory."""
    return list((await session.execute(_STATIONS)).scalars())


async def drafts(session: AsyncSession) -> Sequence[AppointmentDraft]:
    """Those that wait for a second person, the oldest first."""
    waiting = select(AppointmentDraft).where(col(AppointmentDraft.decided_at).is_(None))
    return (await session.exec(waiting.order_by(col(AppointmentDraft.drafted_at)))).all()


async def find_draft(session: AsyncSession, draft_id: UUID, *, lock: bool = False) -> AppointmentDraft:
    """One that waits. Raises NotDrafted."""
    found = await session.get(AppointmentDraft, draft_id, with_for_update=lock)
    if found is None or found.decided_at is not None:
        raise NotDrafted
    return found


async def draft_appointment(
    session: AsyncSession, desk: Desk, draft_id: UUID, wanted: Wanted, by: str, now: datetime
) -> Refused | None:
    """Nothing is in force by it. Sent again under the same id, it is the same draft."""
    if await session.get(AppointmentDraft, draft_id) is not None:
        return None
    spelled = await directory.spelled(session, [wanted.staff_id, wanted.substitute_for or ""])
    policy = await policy_now(session, desk)
    one = Appointment(
        staff_id=spelled[wanted.staff_id],
        role=wanted.role,
        office=policy.roles[wanted.role].office,
        place=wanted.place,
        from_=wanted.from_,
        to=wanted.to,
        substitute_for=spelled[wanted.substitute_for] if wanted.substitute_for else None,
        languages=wanted.languages,
        gender=wanted.gender,
        appointed_by=by,
        confirmed_by="",
    )
    refused = await _appointing_refused(session, policy, one, by, now)
    if refused is None:
        session.add(
            AppointmentDraft(
                draft_id=draft_id,
                kind=DraftKind.APPOINT,
                appointment=appointment_id(one),
                staff_id=one.staff_id,
                role=one.role,
                place=one.place,
                from_day=one.from_,
                to_day=one.to,
                substitute_for=one.substitute_for,
                languages=list(one.languages),
                gender=one.gender,
                drafted_by=by,
                drafted_at=now,
            )
        )
        await second_words.ask(session, desk, draft_id, appointing.approvers(policy, by, one.staff_id, now))
    await _record(session, "appointment.drafted", draft_id, by, DraftKind.APPOINT, appointment_id(one), refused)
    return refused


async def draft_end(
    session: AsyncSession, desk: Desk, draft_id: UUID, ended: Ended, by: str, now: datetime
) -> Refused | None:
    """As `draft_appointment`, for the last day of one that there is."""
    if await session.get(AppointmentDraft, draft_id) is not None:
        return None
    policy = await policy_now(session, desk)
    refused = _may_draft(policy, by, now) or appointing.ending_refused(policy, ended, now.date())
    if refused is None:
        [one] = [one for one in policy.appointments if appointment_id(one) == ended.appointment]
        session.add(
            AppointmentDraft(
                draft_id=draft_id,
                kind=DraftKind.END,
                appointment=ended.appointment,
                staff_id=one.staff_id,
                role=one.role,
                place=one.place,
                from_day=one.from_,
                to_day=ended.last_day,
                languages=[],
                drafted_by=by,
                drafted_at=now,
            )
        )
        await second_words.ask(session, desk, draft_id, appointing.approvers(policy, by, None, now))
    await _record(session, "appointment.drafted", draft_id, by, DraftKind.END, ended.appointment, refused)
    return refused


async def approve(session: AsyncSession, desk: Desk, draft_id: UUID, by: str, now: datetime) -> Refused | None:
    """A second person's word: from here on it counts, and everybody is told. Every rule is asked again: what was
    possible when it was drafted may not be any more. Raises NotDrafted.
    """
    # The decisions of everybody are numbered in one row.
    await session.execute(_ONE_AT_A_TIME)
    draft = await find_draft(session, draft_id, lock=True)
    policy = await policy_now(session, desk)
    appointed = draft.staff_id if draft.kind == DraftKind.APPOINT else None
    refused = appointing.approving_refused(policy, draft.drafted_by, by, appointed, now)
    said = await in_force.kept(session, AppointmentsInForce)
    if draft.kind == DraftKind.APPOINT:
        one = appointing.beginning(_appointment(draft, policy, by), now.date())
        refused = refused or await _appointing_refused(session, policy, one, draft.drafted_by, now)
        said.appointed.append(in_force.message_of(one))
        changed = appointment_id(one)
    else:
        assert draft.to_day is not None  # an end has a last day
        ended = Ended(draft.appointment, draft.to_day)
        refused = refused or appointing.ending_refused(policy, ended, now.date())
        said.ended.append(
            AppointmentEnded(
                appointment_id=ended.appointment,
                last_day=ended.last_day.isoformat(),
                ended_by=draft.drafted_by,
                confirmed_by=by,
            )
        )
        changed = draft.appointment
    await _record(session, "appointment.approved", draft_id, by, draft.kind, changed, refused)
    if refused is not None:
        return refused
    said.number += 1
    draft.appointment, draft.decided_by, draft.decided_at, draft.approved = changed, by, now, True
    await in_force.keep(session, said)
    await add_event(session, WORKFLOW_POLICY, in_force.APPOINTMENTS, said)
    return None


async def set_aside(session: AsyncSession, desk: Desk, draft_id: UUID, by: str, now: datetime) -> Refused | None:
    """Whoever drafted it takes it back, or a second person does not approve. Raises NotDrafted."""
    draft = await find_draft(session, draft_id, lock=True)
    policy = await policy_now(session, desk)
    may = appointing.may_draft(policy, by, now) or appointing.may_approve(policy, by, now)
    refused = None if may else Refused(Refusal.NOT_DELEGATED, RULE)
    await _record(session, "appointment.set_aside", draft_id, by, draft.kind, draft.appointment, refused)
    if refused is None:
        draft.decided_by, draft.decided_at, draft.approved = by, now, False
    return refused


async def say_again(desk: Desk) -> None:
    """At every start, as desk keys are: whoever has lost what is in force has it again."""
    async with desk.database.transaction() as session:
        # What is on its way by a decision is not followed by what was before it.
        await session.execute(_ONE_AT_A_TIME)
        said = await in_force.kept(session, AppointmentsInForce)
        if said.number:
            await add_event(session, WORKFLOW_POLICY, in_force.APPOINTMENTS, said)


def _appointment(draft: AppointmentDraft, policy: Policy, confirmed_by: str) -> Appointment:
    role = Role(draft.role)
    return Appointment(
        staff_id=draft.staff_id,
        role=role,
        office=policy.roles[role].office,
        place=draft.place,
        from_=draft.from_day,
        to=draft.to_day,
        substitute_for=draft.substitute_for,
        languages=tuple(draft.languages),
        gender=draft.gender,
        appointed_by=draft.drafted_by,
        confirmed_by=confirmed_by,
    )


def _may_draft(policy: Policy, by: str, now: datetime) -> Refused | None:
    return None if appointing.may_draft(policy, by, now) else Refused(Refusal.NOT_DELEGATED, RULE)


async def _appointing_refused(
    session: AsyncSession, policy: Policy, one: Appointment, drafted_by: str, now: datetime
) -> Refused | None:
    people, places = await _at_work(session, [one.staff_id]), await stations(session)
    ended = {end.appointment_id for end in (await in_force.kept(session, AppointmentsInForce)).ended}
    return _may_draft(policy, drafted_by, now) or appointing.appointing_refused(
        policy, one, people, places, ended, now.date()
    )


async def _at_work(session: AsyncSession, asked: Sequence[str]) -> Collection[str]:
    return set((await session.execute(_AT_WORK, {"asked": list(asked)})).scalars())


async def _record(
    session: AsyncSession, act: str, draft_id: UUID, by: str, kind: str, changed: str, refused: Refused | None
) -> None:
    facts: dict[str, str | int] = {"kind": kind, "appointment": changed}
    if refused is not None:
        act, facts = f"{act}.refused", facts | {"code": refused.code}
    rule = refused.rule if refused else RULE
    await audit_trail.record(session, act, object_ref=str(draft_id), actor=by, rule=rule, facts=facts)
