"""What a desk tells of its case, as the person sees it: kept, confirmed, and at the end erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.outbox import add_event
from chassis.sealing import is_for
from contracts.intake.v1.reports_pb2 import PlacedInInbox
from contracts.topics import reports_to
from services.intake.intake import Intake, audit_object, desk_of_case
from services.intake.tables import Consent, Exclusion, Item, PersonAction, Report, RouteCase
from services.intake.use_cases.choose_mails import forget_mails, tell_her
from services.intake.use_cases.pass_on import had
from services.intake.use_cases.protect import close_when_over
from services.intake.use_cases.replace_code import tell_desks


class NotItsReport(Exception):
    """A desk tells of a report that went to another desk."""


async def show_case(session: AsyncSession, intake: Intake, service: str, case: RouteCase, now: datetime) -> None:
    """Put a case as it is now into the inbox and confirm that it lies there. An older version than the one shown, and
    a matter that did not come through intake, change nothing. A desk that has passed the report on still tells of its
    own case. Raises NotItsReport.
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
            await tell_desks(session, report)
        if _shows_anew(before, case):
            await tell_her(session, case.report_id, now)
        if ends:
            await close_when_over(session, intake, report, now)


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
    session: AsyncSession, intake: Intake, service: str, report_id: UUID, lifecycle: str, now: datetime
) -> None:
    """The desk has erased the matter: destroy what opens its contents, then forget them. What remains says that there
    was a route and how its case ended. Raises NotItsReport.
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
    for table in (Item, Exclusion, Consent, PersonAction):
        await session.execute(delete(table).where(col(table.report_id) == report_id))
    await audit_trail.record(session, "contents_erased", object_ref=audit_object(report), actor=None)


def _shows_anew(before: RouteCase | None, case: RouteCase) -> bool:
    """Whether she finds something else than before: how it stands, or what she is asked. The rest of a case's versions
    are steps of others that her inbox does not show.
    """
    shown = [(one.wording_key, one.state, one.offers) if one else None for one in (before, case)]
    return shown[0] != shown[1]


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
