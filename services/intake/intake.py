"""What intake's use cases work with, and the few rules that all of them share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.database import Database
from chassis.keys import ServiceKeys
from chassis.keystore import Keystore
from chassis.sealing import tag
from policy.model import Policy
from services.intake.files.receiving import Receiving
from services.intake.room import Room
from services.intake.tables import Exclusion, Report

_BESIDE: Final = {("ethics", "interim_measure"): "workflow", ("ethics", "review"): "workflow"}
"""What another service than a report's own runs under it: the ethics office alerts, others decide on the measure."""
# The service on the person's side: nothing that leaves intake tells its matters or readers apart.
_OMBUDS: Final = "ombuds"


class NothingHere(LookupError):
    """Unknown, somebody else's, or not to be seen by whoever asks; which of them is not told."""


class AlreadyErased(Exception):
    """What was written on this route was destroyed; nothing can be added to it."""


@dataclass(eq=False)
class Intake:
    """Intake's stores, keys and policy, whose list of people is replaced while it runs."""

    database: Database
    keystore: Keystore
    keys: ServiceKeys
    policy: Policy
    receiving: Receiving = field(default_factory=Receiving)
    room: Room = field(default_factory=Room)

    def first_date(self, route: str, now: datetime) -> datetime | None:
        """When she can expect a first answer; none where the organisation has set no time for it."""
        clock = self.policy.routes[route].first_clock
        return self.policy.due(clock, now) if self.policy.is_set(clock) else None

    def exclusion_tag(self, report_id: UUID, staff_id: str) -> bytes:
        """Recognises a person named at lodging in one report, and names nobody. Case does not matter: people type."""
        return tag(self.keys.cell, "exclusion", report_id.bytes, staff_id.casefold())

    async def excludes(self, session: AsyncSession, report_id: UUID, staff_id: str) -> bool:
        """Whether the person was named or refused when the report was lodged."""
        found = await session.get(Exclusion, (report_id, self.exclusion_tag(report_id, staff_id)))
        return found is not None


def desk_of_case(report: Report, lifecycle: str) -> str:
    """The service whose case of this report that is: it tells of it, and what she does in it goes there."""
    return _BESIDE.get((report.service, lifecycle), report.service)


def desks_of(report: Report) -> set[str]:
    """Every service that may have a case of this report."""
    beside = {service for (own, _), service in _BESIDE.items() if own == report.service}
    return {report.service, *beside}


def audit_object(report: Report) -> str:
    """What an audit entry names: the new route alone, and for the ombuds cell nothing but the cell."""
    return _OMBUDS if report.service == _OMBUDS else str(report.report_id)


def audit_actor(report: Report, staff_id: str) -> str | None:
    """Who read or wrote, except in the ombuds cell, whose people nobody outside can count."""
    return None if report.service == _OMBUDS else staff_id


async def lock_report(session: AsyncSession, report_id: UUID) -> Report:
    """The report, locked until commit, so that its items are numbered one by one. Raises NothingHere, AlreadyErased."""
    report = await session.get(Report, report_id, with_for_update=True)
    if report is None:
        raise NothingHere
    if report.erased_at is not None:
        raise AlreadyErased
    return report


async def report_of_desk(
    session: AsyncSession, service: str, report_id: UUID, *, lifecycle: str | None = None, lock: bool = False
) -> Report:
    """A report that still has contents, and that went to this service, or where `lifecycle` is given: under which this
    service has such a case; with `lock`, until commit. Raises NothingHere.
    """
    report = await session.get(Report, report_id, with_for_update=lock)
    if report is None or report.erased_at is not None:
        raise NothingHere
    if service != (desk_of_case(report, lifecycle) if lifecycle else report.service):
        raise NothingHere
    return report


def utc_now() -> datetime:
    return datetime.now(UTC)
