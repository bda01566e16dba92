"""What a desk tells of its case, as the person sees it: kept, confirmed, and at the end erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_actors, audit_trail
from chassis.outbox import add_event
from chassis.sealing import is_for
from contracts.intake.v1.reports_pb2 import PlacedInInbox
from contracts.topics import reports_to
from services.intake.intake import Intake, audit_object, desk_of_case
from services.intake.tables import Consent, Exclusion, IdentityRelease, Item, PersonAction, Report, RouteCase
from services.intake.use_cases.choose_mails import forget_mails, tell_her
from services.intake.use_cases.pass_on import had
from services.intake.use_cases.protect import close_when_over
from services.intake.use_cases.replace_code import tell_desks


class NotItsReport(Exception):
    """A desk tells of a report that went to another desk."""


async def show_case(
    session: AsyncSession, intake: Intake, service: str, case: RouteCase, now: datetime, *, quiet: bool = False
) -> None:
    """Put a case as it is now into the inbox and confirm that it lies there. An older version than the one shown, and
    a matter that did not come through intake, change nothing; told again to her newer code, that version opens to it. A
    desk that has passed the report on still tells of its own case. `quiet`: no mail says so. Raises NotItsReport.
    """
    report = await session.get(Report, case.report_id, with_for_update=True)
    if report is None:
        return
    if service not in {report.service, desk_of_case(report, case.lifecycle)} and not await had(
        session, case.report_id, service
    ):
        raise NotItsReport
    before = await session.get(RouteCase, (case.report_id, case.lifecycle, case.number))
    ends = case.closed and not (before and before.closed)
    values: dict[str, Any] = case.model_dump()
    row = insert(RouteCase).values(**values)
    row = row.on_conflict_do_update(
        constraint="pk_route_cases",
        set_=values,
        where=col(RouteCase.version) < row.excluded.version,
    )
    if (await session.execute(row.returning(col(RouteCase.version)))).first() is not None:
        placed = PlacedInInbox(
            report_id=str(case.report_id), lifecycle=case.lifecycle, number=case.number, version=case.version
        )
        await add_event(session, reports_to(service), str(case.report_id), placed)
        key, told = report.route_public_key, case.sealed_facts
        if key and told and not is_for(key, told):
            # Sealed to the code before this one: the desk has not heard of it yet, or did before it had the report.
            # Told the key, it tells this version again.
            await tell_desks(session, report)
        if _shows_anew(before, case) and not quiet:
            await tell_her(session, case.report_id, now)
        if ends:
            await close_when_over(session, intake, report, now)
    elif before is not None and before.version == case.version and _opens_now(report, before, case):
        before.sealed_facts = case.sealed_facts


async def note_opened(session: AsyncSession, service: str, report_id: UUID, now: datetime) -> None:
    """The desk has opened its case. Raises NotItsReport."""
    report = await _own_report(session, service, report_id)
    if report is not None and report.opened_at is None:
        report.opened_at = now


async def note_refused(
    session: AsyncSession, service: str, report_id: UUID, lifecycle: str, action_id: UUID, code: str, now: datetime
) -> None:
    """The desk could not take an action of hers: her inbox says so. Raises NotItsReport."""
    if await _own_report(session, service, report_id, lifecycle) is None:
        return
    mine = col(PersonAction.report_id) == report_id, col(PersonAction.action_id) == action_id
    await session.execute(update(PersonAction).where(*mine).values(refused=code))
    await tell_her(session, report_id, now)


async def erase_route(
    session: AsyncSession,
    intake: Intake,
    service: str,
    report_id: UUID,
    lifecycle: str,
    now: datetime,
    actors_until: datetime | None,
) -> None:
    """The desk has erased the matter: destroy what opens its contents, then forget them. What remains says that there
    was a route and how its case ended, and until `actors_until` who opened it. Raises NotItsReport.
    """
    report = await _own_report(session, service, report_id, lifecycle)
    if report is None or report.lifecycle != lifecycle or report.erased_at is not None:
        return
    # The date stays: the same Idempotency-Key gets the same answer.
    report.erased_at, report.route_public_key = now, None
    await session.flush()
    # From here on nothing is added to the route: its row is locked and says so.
    await intake.keystore.destroy_group(report_id)
    of_route = update(RouteCase).where(col(RouteCase.report_id) == report_id)
    await session.execute(of_route.values(sealed_facts=None))
    await forget_mails(session, report_id)
    for table in (Item, Exclusion, Consent, IdentityRelease, PersonAction):
        await session.execute(delete(table).where(col(table.report_id) == report_id))
    # For the ombuds cell entries name the cell alone, and nobody.
    if actors_until and audit_object(report) == str(report_id):
        await audit_actors.keep_until(session, str(report_id), actors_until)
    await audit_trail.record(session, "contents_erased", object_ref=audit_object(report), actor=None)


def _opens_now(report: Report, before: RouteCase, case: RouteCase) -> bool:
    """Whether what she alone is told opens to her code as it comes, and as it lies there it does not."""
    kept, comes = (
        report.route_public_key and one.sealed_facts and is_for(report.route_public_key, one.sealed_facts)
        for one in (before, case)
    )
    return bool(comes and not kept)


def _shows_anew(before: RouteCase | None, case: RouteCase) -> bool:
    """Whether she finds something else than before: how it stands, what she is asked, or a word to her, which is said
    anew each time even if it is the same. The rest of a case's versions are steps of others that her inbox does not
    show: one that only puts the state's words back tells her nothing, and no mail says when it was. Nor is it news to
    her that she is not asked any more what she has just answered.
    """
    if before is None or case.wording_key != f"{case.lifecycle}.{case.state}":
        return True
    return (before.state, _open(before)) != (case.state, _open(case)) or bool(_asked(case) - _asked(before))


def _open(case: RouteCase) -> list[dict[str, Any]]:
    return [{**offer, "asked": False} for offer in case.offers]


def _asked(case: RouteCase) -> set[str]:
    return {offer["action"] for offer in case.offers if offer.get("asked")}


async def _own_report(
    session: AsyncSession, service: str, report_id: UUID, lifecycle: str | None = None
) -> Report | None:
    """None too for a report that this service has passed on: its contents are no business of its any more."""
    report = await session.get(Report, report_id, with_for_update=True)
    if report is None or service in {report.service, lifecycle and desk_of_case(report, lifecycle)}:
        return report
    if await had(session, report_id, service):
        return None
    raise NotItsReport
