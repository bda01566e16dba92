"""Who reports, for one handler of one case and one purpose: asked for by that handler, decided by the custodian, sealed
to that handler alone, and over after a time (policy 1; invariants 2 and 4).

A no, the custodian's (`decide_release`) or her own, is kept for as long as the purpose would have lasted: the same
handler does not ask for the same until somebody says yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, failpoints
from chassis.access_code import AccessCode
from chassis.outbox import add_event
from chassis.sealing import handler_label
from contracts.intake.v1.reports_pb2 import IdentityAnswered, IdentityAsked
from contracts.topics import reports_to
from policy.model import Policy
from services.intake.bodies import AnswerRelease
from services.intake.domain.codes import NAMED_AT
from services.intake.intake import Intake, NothingHere, audit_object, lock_report, report_of_desk
from services.intake.route_list import routes_of
from services.intake.tables import Consent, IdentityRelease, Item, ItemKind, Report
from services.intake.use_cases.choose_mails import tell_her
from services.intake.use_cases.give_name import CONFIDENTIAL
from services.intake.use_cases.hand_out import HandedOut
from services.intake.use_cases.protect import answers_of

RULE: Final = "invariant 2"


class RefusedLately(Exception):
    """The custodian, or she, has said no to the same, for the same handler, and the purpose's days are not over."""


@dataclass(frozen=True)
class Asked:
    """By whom, in which part of which case, and for what; `public_key` is made for this request alone."""

    release_id: UUID
    report_id: UUID
    lifecycle: str
    purpose: str
    role: str
    staff_id: str
    public_key: bytes


async def ask_release(intake: Intake, service: str, asked: Asked, now: datetime) -> None:
    """The same again changes nothing. Raises NothingHere alike for a report that is not this desk's, for a purpose that
    the policy does not know, where there is no identity, and for somebody who is kept from it; and RefusedLately.
    """
    async with intake.database.transaction() as session:
        report = await report_of_desk(session, service, asked.report_id, lifecycle=asked.lifecycle, lock=True)
        known = await session.get(IdentityRelease, asked.release_id)
        if known is not None and (known.report_id, known.staff_id) == (asked.report_id, asked.staff_id):
            return
        purpose = intake.policy.identity_purposes.get(asked.purpose)
        kept = intake.policy.routes[report.lifecycle].keeps_reporter
        fits = purpose and kept and asked.role in purpose.roles
        there = await identity_of(session, report)
        if known or not fits or there is None or await intake.excludes(session, report.report_id, asked.staff_id):
            raise NothingHere
        if await _refused_lately(session, intake, asked, now):
            raise RefusedLately
        session.add(
            IdentityRelease(
                release_id=asked.release_id,
                report_id=asked.report_id,
                service=service,
                lifecycle=asked.lifecycle,
                purpose=asked.purpose,
                role=asked.role,
                staff_id=asked.staff_id,
                public_key=asked.public_key,
                asked_at=now,
            )
        )
        await _record(session, report, "identity_asked", asked.staff_id, asked.purpose, asked.role)
        # The desk has the custodian told: by what is written with the request, whatever becomes of its answer.
        waits = IdentityAsked(report_id=str(asked.report_id), request_id=str(asked.release_id))
        await add_event(session, reports_to(service), str(asked.report_id), waits)
        if purpose and purpose.consent:
            await tell_her(session, report.report_id, now)
    failpoints.hit("intake.identity_asked")


async def hand_out_identity(
    intake: Intake, service: str, release_id: UUID, report_id: UUID, staff_id: str, now: datetime
) -> HandedOut:
    """One look of the handler to whom it was released; each stands in the trail before anything leaves. Raises
    NothingHere alike for somebody else, for what was not agreed to and for what is over.
    """
    async with intake.database.transaction() as session:
        report = await report_of_desk(session, service, report_id)
        release = await session.get(IdentityRelease, release_id)
        if release is None or (release.report_id, release.staff_id) != (report_id, staff_id) or _is_over(release, now):
            raise NothingHere
        item = await identity_of(session, report)
        if item is None or await intake.excludes(session, report_id, staff_id):
            raise NothingHere
        await _record(session, report, "identity_handed_out", staff_id, release.purpose, release.role)
    label = handler_label(release_id)
    wraps = await intake.keystore.wraps_of([item.item_id], label)
    if item.item_id not in wraps:
        raise NothingHere
    return HandedOut(item.item_id, item.kind, item.direction, item.day, item.ciphertext, wraps[item.item_id])


def _is_over(release: IdentityRelease, now: datetime) -> bool:
    return release.until is None or release.until <= now or release.ended_at is not None


async def end_release(
    session: AsyncSession, intake: Intake, service: str, report_id: UUID, release_id: UUID, now: datetime
) -> None:
    """The handler needs it no longer, or is on the case no longer. Neither an ended one nor another's is touched."""
    release = await session.get(IdentityRelease, release_id, with_for_update=True)
    if release is not None and (release.report_id, release.service) == (report_id, service):
        await _end(session, intake, release, now)


async def end_over(intake: Intake, now: datetime) -> int:
    """Ends what has had its time, and drops requests that nobody has answered, and refusals, after as long as it would
    have had; how many were ended.
    """
    still = select(IdentityRelease).where(col(IdentityRelease.ended_at).is_(None))
    async with intake.database.transaction() as session:
        found = list(await session.scalars(still.with_for_update()))
        over = [one for one in found if now >= (one.until or one.asked_at + _waits(intake, one.purpose))]
        for release in over:
            await _end(session, intake, release, now)
        refused = select(IdentityRelease).where(col(IdentityRelease.given_at).is_(None))
        for one in await session.scalars(refused.where(col(IdentityRelease.ended_at) <= now).with_for_update()):
            if _is_past(intake, one, now):
                await session.delete(one)
    return len(over)


async def _refused_lately(session: AsyncSession, intake: Intake, asked: Asked, now: datetime) -> bool:
    same = select(IdentityRelease).where(
        col(IdentityRelease.report_id) == asked.report_id,
        col(IdentityRelease.lifecycle) == asked.lifecycle,
        col(IdentityRelease.purpose) == asked.purpose,
        col(IdentityRelease.staff_id) == asked.staff_id,
        or_(col(IdentityRelease.given_at).is_(None), col(IdentityRelease.agrees).is_(False)),
    )
    return any(one.ended_at and not _is_past(intake, one, now) for one in await session.scalars(same))


def _is_past(intake: Intake, refused: IdentityRelease, now: datetime) -> bool:
    return refused.ended_at is not None and now >= refused.ended_at + _waits(intake, refused.purpose)


def _waits(intake: Intake, purpose: str) -> timedelta:
    known = intake.policy.identity_purposes.get(purpose)
    return timedelta(days=known.days if known else 0)


async def answer_release(intake: Intake, code: AccessCode, answer: AnswerRelease, now: datetime) -> None:
    """Hers where the purpose needs her yes, each answer dated and kept (invariant 15). A no ends what was given: what
    was seen stays seen. Raises NothingHere, AlreadyErased.
    """
    async with intake.database.transaction() as session:
        if answer.report_id not in await routes_of(session, intake, code):
            raise NothingHere
        report = await lock_report(session, answer.report_id)
        release = await session.get(IdentityRelease, answer.release_id, with_for_update=True)
        if release is None or release.report_id != report.report_id or release.ended_at is not None:
            raise NothingHere
        if not asks_her(intake, release) or release.agrees is answer.agreed:
            return
        consent = f"identity.{release.release_id}"
        version, _ = (await answers_of(session, report.report_id)).get(consent, (0, False))
        session.add(
            Consent(report_id=report.report_id, consent=consent, version=version + 1, given=answer.agreed, at=now)
        )
        await audit_trail.record(session, "consent_answered", object_ref=audit_object(report), actor=None)
        release.agrees = answer.agreed
        if not answer.agreed:
            await _end(session, intake, release, now, refused=True)


async def _end(
    session: AsyncSession, intake: Intake, release: IdentityRelease, now: datetime, *, refused: bool = False
) -> None:
    if release.ended_at is not None:
        return
    report = await session.get_one(Report, release.report_id)
    await _record(session, report, "identity_release_ended", None, release.purpose, release.role)
    await close(session, intake, release, report, now)
    if release.given_at is None and not refused:
        await session.delete(release)


async def close(session: AsyncSession, intake: Intake, release: IdentityRelease, report: Report, now: datetime) -> None:
    """It opens nothing from here on, and its desk hears so."""
    await _destroy_wrap(session, intake, release, report)
    release.ended_at = now
    await tell_desk(session, release)


async def _destroy_wrap(session: AsyncSession, intake: Intake, release: IdentityRelease, report: Report) -> None:
    """Also of a request that was never given: agreeing to it may have been cut off before its commit."""
    item = await identity_of(session, report)
    if item is not None:
        await intake.keystore.destroy_wraps_of([item.item_id], handler_label(release.release_id))


async def tell_desk(session: AsyncSession, release: IdentityRelease) -> None:
    """That it is given, and until when; or, by saying no time, that it is over."""
    until = None if release.ended_at else release.until
    answer = IdentityAnswered(report_id=str(release.report_id), request_id=str(release.release_id), until=until)
    await add_event(session, reports_to(release.service), str(release.report_id), answer)


async def identity_of(session: AsyncSession, report: Report) -> Item | None:
    """None for an anonymous report, for one without a number, and on the person's side."""
    if report.mode != CONFIDENTIAL or report.service not in NAMED_AT:
        return None
    of_report = select(Item).where(col(Item.report_id) == report.report_id, col(Item.kind) == ItemKind.IDENTITY)
    found: Item | None = await session.scalar(of_report)
    return found


async def _record(session: AsyncSession, report: Report, act: str, actor: str | None, purpose: str, role: str) -> None:
    facts: Mapping[str, str | int] = {"purpose": purpose, "role": role}
    await audit_trail.record(session, act, object_ref=audit_object(report), actor=actor, rule=RULE, facts=facts)


def asks_her(intake: Intake, release: IdentityRelease) -> bool:
    """Whether it is hers to agree to."""
    purpose = intake.policy.identity_purposes.get(release.purpose)
    return purpose is not None and purpose.consent


def shows_her(intake: Intake, release: IdentityRelease) -> bool:
    """Whether her inbox says of it: what she is asked, and what was given unless the policy says otherwise; not what
    was refused before that.
    """
    if release.given_at is None:
        return release.ended_at is None and asks_her(intake, release)
    return is_told(intake.policy, release.purpose)


def is_told(policy: Policy, purpose: str) -> bool:
    """Whether she is told of what was given for this."""
    known = policy.identity_purposes.get(purpose)
    return known is None or known.consent or known.told
