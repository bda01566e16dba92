"""Protection from retaliation as far as intake knows of it: it begins with a report or with telling a manager, and from
the day on which nothing of that is open the look-ahead runs.

The ethics office alone learns whose act it is, under an id that belongs to no report: here it is derived from one, with
the cell's key, and kept nowhere.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.access_code import AccessCode
from chassis.desk_keys import desk_key
from chassis.outbox import add_event
from chassis.sealing import seal_to, tag
from contracts.intake.v1.reports_pb2 import ProtectedActivity, ProtectionClosed, ProtectionContact, ProtectionStarted
from contracts.topics import INTAKE_REPORTS_ETHICS
from policy.model import Protected
from services.intake.bodies import AnswerConsent
from services.intake.domain.writers import for_somebody_else
from services.intake.intake import Intake, NothingHere, audit_object, lock_report
from services.intake.parties import Parties
from services.intake.route_list import routes_of
from services.intake.routing import desk_of
from services.intake.tables import Consent, Report

ETHICS_CONTACT: Final = "ethics_contact"
"""Whether the ethics office may contact whoever writes."""
WATCH: Final = "retaliation_watch"
"""Whether whoever writes is in the office's register because of this report; not there for nobody's."""
WATCHES_FOR_RETALIATION: Final = ("ethics", "ethics")
"""Service and desk."""
PERSON_BYTES: Final = 256
"""What a protected person's record is padded to before it is sealed: no two differ in length."""

_RETALIATION: Final = "retaliation"
_ACTIVITIES: Final = {
    Protected.REPORTED: ProtectedActivity.PROTECTED_ACTIVITY_REPORTED,
    Protected.TOLD_SUPERVISOR: ProtectedActivity.PROTECTED_ACTIVITY_TOLD_SUPERVISOR,
}
_ANSWERS: Final = text("""
    select distinct on (consent) consent, version, given from consents where report_id = :report_id
    order by consent, version desc
""")
_ELSEWHERE: Final = ("passed_on", "turned_into_sea")
"""Such a case is over only for the desk that had it: until the report is the next one's, and that has said that it has
it, nothing of the matter is over.
"""
_GOES_ON: Final = text("""
    select exists (
        select from route_cases where report_id = :report_id
        and (not closed or (state = any(:elsewhere) and lifecycle = :lifecycle))
    )
""")


def whoever_writes(parties: Parties, route: str, choices: Mapping[str, str]) -> str | None:
    """Whose act it is that is protected (policy 1), and who may get another code for it (invariant 8): whoever reports,
    for herself or for somebody else. The one whom it happened to is not watched over for what another has done, without
    having heard of it or being able to opt out, and does not get to read it; nor where what another wrote is taken over
    and it is not said again for whom.
    """
    for_another = parties.reporter is not None or for_somebody_else(route, choices)
    return parties.reporter or (None if for_another else parties.affected_individual)


async def start(
    session: AsyncSession,
    intake: Intake,
    report: Report,
    staff_id: str,
    parties: Parties,
    *,
    contact: bool,
    now: datetime,
) -> None:
    """What she does is protected from the day on which it was reported. Where it is about the ethics office itself, who
    stands in for that office learns it. Raises DeskKeyUnknown until the ethics office has published its keys.
    """
    protects = intake.policy.routes[report.lifecycle].protects
    assert protects is not None  # whoever calls this has looked
    at = await desk_of(session, intake, _RETALIATION, parties, now)
    ethics = await desk_key(session, at.service, at.key)
    id_ = str(_protection_id(intake, report.report_id))
    person = json.dumps({"staff_id": staff_id, ETHICS_CONTACT: contact}).encode()
    message = ProtectionStarted(
        protection_id=id_,
        sealed_person=seal_to(ethics.public, person, context=b"protection|" + id_.encode(), size=PERSON_BYTES),
        started_at=_day_of(report.lodged_at),
        activity=_ACTIVITIES[protects],
    )
    session.add(Consent(report_id=report.report_id, consent=WATCH, version=1, given=True, at=now))
    await add_event(session, INTAKE_REPORTS_ETHICS, id_, message)


async def close_when_over(session: AsyncSession, intake: Intake, report: Report, now: datetime) -> None:
    """A case of the report has ended: where it was the last one, the office's look-ahead runs from today. A later end,
    as of a review, is said again.
    """
    asked = {"report_id": report.report_id, "lifecycle": report.lifecycle, "elsewhere": list(_ELSEWHERE)}
    if report.opened_at is None or await session.scalar(_GOES_ON, params=asked):
        return
    if WATCH in await answers_of(session, report.report_id):
        id_ = str(_protection_id(intake, report.report_id))
        message = ProtectionClosed(protection_id=id_, closed_on=_day_of(now))
        await add_event(session, INTAKE_REPORTS_ETHICS, id_, message)


async def answer_consent(intake: Intake, code: AccessCode, answer: AnswerConsent, now: datetime) -> None:
    """Hers to give and to take back at any time, each answer dated and kept (invariant 15). The office hears of it
    where it watches for her; the same answer again changes nothing. Raises NothingHere, AlreadyErased.
    """
    async with intake.database.transaction() as session:
        if answer.report_id not in await routes_of(session, intake, code):
            raise NothingHere
        report = await lock_report(session, answer.report_id)
        known = await answers_of(session, report.report_id)
        version, given = known.get(answer.consent, (0, None))
        if given is answer.given:
            return
        session.add(
            Consent(report_id=report.report_id, consent=answer.consent, version=version + 1, given=answer.given, at=now)
        )
        if WATCH in known:
            id_ = str(_protection_id(intake, report.report_id))
            message = ProtectionContact(protection_id=id_, agreed=answer.given)
            await add_event(session, INTAKE_REPORTS_ETHICS, id_, message)
        await audit_trail.record(session, "consent_answered", object_ref=audit_object(report), actor=None)


async def answers_of(session: AsyncSession, report_id: UUID) -> dict[str, tuple[int, bool]]:
    """The newest answer to each consent: its version, and whether it was given."""
    found = await session.execute(_ANSWERS, params={"report_id": report_id})
    return {row.consent: (row.version, row.given) for row in found}


def _protection_id(intake: Intake, report_id: UUID) -> UUID:
    """Random to whoever does not hold the cell's key."""
    return UUID(bytes=tag(intake.keys.cell, "protection", report_id.bytes)[:16], version=4)


def _day_of(at: datetime) -> datetime:
    """The day alone: to the microsecond it would say which report this belongs to."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
