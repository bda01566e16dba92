"""A consent that a case rests on: kept in the transaction of her act, and proven to the desk at the moment it counts.

Her act reaches the desk as an event, which may be on its way. Here it holds at once: from the commit of a revocation
on nobody gets a proof, whether or not the desk has heard of it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail, service_tokens
from services.intake.bodies import Act
from services.intake.domain.consents import ACTS, consent_of
from services.intake.intake import Intake, audit_object, report_of_desk
from services.intake.tables import Consent, PersonAction, Report


async def keep_consent(session: AsyncSession, report: Report, act: Act, now: datetime) -> None:
    """A new version of what she agrees to, where the act says anything of it. Of what is taken back the trail says how
    often it had been proven before: so much had already gone.
    """
    if (act.lifecycle, act.action) not in ACTS:
        return
    to, given = ACTS[act.lifecycle, act.action]
    name = consent_of(act.lifecycle, act.number, to)
    earlier = [one for one, _ in await _versions(session, report.report_id, name)]
    version = earlier[-1].version + 1 if earlier else 1
    session.add(
        Consent(report_id=report.report_id, consent=name, version=version, given=given, at=now, action_id=act.action_id)
    )
    facts: dict[str, str | int] = {"consent": name, "version": version}
    if not given:
        facts["already_proven"] = sum(one.proven for one in earlier)
    what = "consent_given" if given else "consent_revoked"
    await audit_trail.record(session, what, object_ref=audit_object(report), actor=None, facts=facts)


async def prove_consent(
    intake: Intake, service: str, report_id: UUID, lifecycle: str, number: int, to: str, now: datetime
) -> str:
    """What she says now on the case of this desk, signed for it and good for a minute: yes or no, by which act and
    since when; `to` which, where the case rests on more than one consent. An act that the desk has refused counts for
    nothing. Raises NothingHere.
    """
    name = consent_of(lifecycle, number, to)
    async with intake.database.transaction() as session:
        # Locked: a revocation that is being written is waited for.
        report = await report_of_desk(session, service, report_id, lifecycle=lifecycle, lock=True)
        standing = [
            one for one, refused in await _versions(session, report_id, name) if not (one.given and refused is not None)
        ]
        last = standing[-1] if standing else None
        if last is not None and last.given:
            last.proven += 1
        claims: dict[str, Any] = {
            "report_id": str(report_id),
            "lifecycle": lifecycle,
            "number": number,
            "to": to,
            "given": last is not None and last.given,
            "action_id": str(last.action_id) if last and last.action_id else "",
            "at": last.at.isoformat() if last else "",
        }
        facts: dict[str, str | int] = {
            "service": service,
            "consent": name,
            "version": last.version if last else 0,
            "given": str(claims["given"]).lower(),
        }
        await audit_trail.record(session, "consent_looked_up", object_ref=audit_object(report), actor=None, facts=facts)
    return service_tokens.mint(intake.keys.signing, "intake", service, claims, now)


async def _versions(session: AsyncSession, report_id: UUID, name: str) -> list[tuple[Consent, str | None]]:
    """Every version, oldest first, with the code by which the desk has refused the act that made it."""
    of_act = (col(PersonAction.report_id) == col(Consent.report_id)) & (
        col(PersonAction.action_id) == col(Consent.action_id)
    )
    found = await session.execute(
        select(Consent, col(PersonAction.refused))
        .outerjoin(PersonAction, of_act)
        .where(col(Consent.report_id) == report_id, col(Consent.consent) == name)
        .order_by(col(Consent.version))
    )
    return [(one, refused) for one, refused in found]
