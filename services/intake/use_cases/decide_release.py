"""What the custodian makes of a request to learn who reports: asked of intake's own exclusions and of the desk, which
knows the lines and whom it found later (invariants 2 and 32).

The custodian's key lies here: the key of the identity is opened in memory and wrapped anew, the identity never is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.keystore import Wrap
from chassis.sealing import handler_label, unwrap, wrap, wrap_context
from chassis.web.sign_in import SignedIn
from services.intake.asked_desks import DeskUnreachable, open_to_custodian
from services.intake.intake import AlreadyErased, Intake, NothingHere, audit_object, lock_report
from services.intake.items import CUSTODIAN
from services.intake.tables import IdentityRelease, Item, Report
from services.intake.use_cases.choose_mails import tell_her
from services.intake.use_cases.release_identity import RULE, close, identity_of, tell_desk


class HerAnswerMissing(Exception):
    """For this purpose she has to agree first, and she has not."""


@dataclass(frozen=True)
class Waiting:
    """What waits for a custodian, oldest first; `whole` is false where a desk did not answer, so there may be more."""

    requests: list[IdentityRelease]
    whole: bool


async def requests_for(intake: Intake, peers: Mapping[str, str], acting: SignedIn) -> Waiting:
    """Neither what is about the custodian nor what he asks for himself, nor what a desk keeps from him, or does not
    answer about.
    """
    waits = select(IdentityRelease).where(
        col(IdentityRelease.given_at).is_(None), col(IdentityRelease.ended_at).is_(None)
    )
    async with intake.database.transaction() as session:
        found = list(await session.scalars(waits.order_by(col(IdentityRelease.asked_at))))
        own = [one for one in found if await _may_decide(session, intake, one, acting.staff_id)]
    clear: set[tuple[str, UUID]] = set()
    whole = True
    # Of every desk that somebody asks from: that one is silent must not tell that something there is kept from him.
    for service in {one.service for one in found}:
        reports = [one.report_id for one in own if one.service == service]
        try:
            clear |= {(service, one) for one in await open_to_custodian(intake, peers, acting, service, reports)}
        except NothingHere:
            continue
        except DeskUnreachable:
            whole = False
    return Waiting([one for one in own if (one.service, one.report_id) in clear], whole)


async def request_for(intake: Intake, peers: Mapping[str, str], release_id: UUID, acting: SignedIn) -> IdentityRelease:
    """Raises NothingHere for one that is decided, gone, or not for this custodian; DeskUnreachable."""
    await _check_with_desk(intake, peers, release_id, acting)
    async with intake.database.transaction() as session:
        release, _ = await _open_to(session, intake, release_id, acting.staff_id)
        return release


async def refuse_release(
    intake: Intake, peers: Mapping[str, str], release_id: UUID, acting: SignedIn, now: datetime
) -> None:
    """The same handler asks nobody for the same until its days are over. Raises NothingHere, DeskUnreachable."""
    await _check_with_desk(intake, peers, release_id, acting)
    async with intake.database.transaction() as session:
        release, report = await _open_to(session, intake, release_id, acting.staff_id)
        await close(session, intake, release, report, now)
        await _record_decision(session, report, "identity_refused", acting.staff_id, release)


async def agree_to_release(
    intake: Intake, peers: Mapping[str, str], release_id: UUID, acting: SignedIn, now: datetime
) -> None:
    """From here on that one handler may open it, for as long as the policy says. Raises NothingHere, also where she has
    refused that handler since; HerAnswerMissing; DeskUnreachable.
    """
    await _check_with_desk(intake, peers, release_id, acting)
    async with intake.database.transaction() as session:
        release, report = await _open_to(session, intake, release_id, acting.staff_id)
        purpose, item = intake.policy.identity_purposes.get(release.purpose), await identity_of(session, report)
        kept_out = await intake.excludes(session, release.report_id, release.staff_id)
        if purpose is None or item is None or kept_out:
            raise NothingHere
        if purpose.consent and release.agrees is not True:
            raise HerAnswerMissing
        # Where this does not get to its commit, the wrap goes once the request is over: `close`.
        await intake.keystore.put_wraps([await _wrapped_to(intake, item, release)])
        release.given_at, release.until = now, now + timedelta(days=purpose.days)
        await tell_desk(session, release)
        await _record_decision(session, report, "identity_released", acting.staff_id, release)
        if purpose.told:
            await tell_her(session, report.report_id, now)


async def _wrapped_to(intake: Intake, item: Item, release: IdentityRelease) -> Wrap:
    """The key of the identity for this one handler. Raises NothingHere where the custodian's wrap is gone."""
    wraps = await intake.keystore.wraps_of([item.item_id], CUSTODIAN)
    if item.item_id not in wraps:
        raise NothingHere
    own = wrap_context(item.report_id, item.item_id, CUSTODIAN)
    data_key = unwrap(wraps[item.item_id], intake.keys.desk("custodian"), context=own)
    label = handler_label(release.release_id)
    theirs = wrap(data_key, release.public_key, context=wrap_context(item.report_id, item.item_id, label))
    return Wrap(item.item_id, label, item.report_id, theirs)


async def _check_with_desk(intake: Intake, peers: Mapping[str, str], release_id: UUID, acting: SignedIn) -> None:
    """Raises NothingHere where the desk of the case keeps the custodian from it, and DeskUnreachable."""
    async with intake.database.transaction() as session:
        asked = await session.get(IdentityRelease, release_id)
    if asked is None:
        raise NothingHere
    if asked.report_id not in await open_to_custodian(intake, peers, acting, asked.service, [asked.report_id]):
        raise NothingHere


async def _open_to(
    session: AsyncSession, intake: Intake, release_id: UUID, custodian: str
) -> tuple[IdentityRelease, Report]:
    """Both locked until commit, the report first, as by whoever else takes both: neither is erased meanwhile."""
    report_id = await session.scalar(
        select(col(IdentityRelease.report_id)).where(col(IdentityRelease.release_id) == release_id)
    )
    if report_id is None:
        raise NothingHere
    try:
        report = await lock_report(session, report_id)
    except AlreadyErased:
        raise NothingHere from None
    release = await session.get(IdentityRelease, release_id, with_for_update=True)
    if (
        release is None
        or release.given_at
        or release.ended_at
        or not await _may_decide(session, intake, release, custodian)
    ):
        raise NothingHere
    return release, report


async def _may_decide(session: AsyncSession, intake: Intake, release: IdentityRelease, custodian: str) -> bool:
    """Two persons: whoever asks does not decide. And nobody who is named or refused in the report."""
    if release.staff_id.casefold() == custodian.casefold():
        return False
    return not await intake.excludes(session, release.report_id, custodian)


async def _record_decision(
    session: AsyncSession, report: Report, act: str, custodian: str, release: IdentityRelease
) -> None:
    """`for_role`: who decides is the custodian, in no other part."""
    facts: Mapping[str, str | int] = {"purpose": release.purpose, "for_role": release.role}
    await audit_trail.record(session, act, object_ref=audit_object(report), actor=custodian, rule=RULE, facts=facts)
