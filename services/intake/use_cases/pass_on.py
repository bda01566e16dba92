"""A report that came to the wrong desk goes on to the one that the routing table names (policy 2.5, invariant 34); so
does one whose desk may not have it any more, to the next one.

From the first step on the old desk is handed nothing any more and everything new is sealed to the new one. It wraps the
keys of what is there to the new desk; intake keeps these wraps, destroys the old desk's, and tells the new one under
the same id, with the time at which the report first arrived. Each step may be repeated after a crash.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import audit_trail
from chassis.desk_keys import DeskPublicKey, desk_key
from chassis.keystore import Wrap
from chassis.sealing import desk_label
from policy.decisions import Desk
from policy.model import Office
from policy.routing import desk_for
from services.intake.intake import Intake, NothingHere, audit_object, lock_report
from services.intake.items import items_of
from services.intake.tables import Passing, Report
from services.intake.use_cases.announce import announce


class NotToBePassedOn(Exception):
    """`code` says why: it is this desk's own, or it has come from where it would go."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WrapsMissing(Exception):
    """Not everything that the old desk could open is wrapped to the new one: nothing was destroyed."""


@dataclass(frozen=True)
class Asked:
    """What a desk knows of a matter that is not its own: what it is, and which offices it is about."""

    report_id: UUID
    service: str
    office: str
    matter: str
    about: Collection[Office]


@dataclass(frozen=True)
class Moving:
    """A desk has a report no longer: another of the same service has it, by its name in the routing table."""

    report_id: UUID
    service: str
    office: str
    desk: str


@dataclass(frozen=True)
class Begun:
    """Where it goes, and the wraps of the old desk that still stand."""

    target: DeskPublicKey
    wraps: Mapping[UUID, bytes]


async def look(intake: Intake, asked: Asked) -> DeskPublicKey:
    """Where it would go. Raises NothingHere, NotToBePassedOn, DeskKeyUnknown."""
    async with intake.database.transaction() as session:
        report = await lock_report(session, asked.report_id)
        _check_own(report, asked)
        _, key = await _target(session, intake, report, asked)
        return key


async def begin(intake: Intake, asked: Asked | Moving, now: datetime) -> Begun:
    """The old desk is locked out from here on. Raises NothingHere, NotToBePassedOn, DeskKeyUnknown."""
    async with intake.database.transaction() as session:
        report = await lock_report(session, asked.report_id)
        passing = await session.get(Passing, (asked.report_id, asked.service, asked.office))
        if passing is None:
            if isinstance(asked, Asked):
                _check_own(report, asked)
            at, target = await _target(session, intake, report, asked)
            # Where it is to go already, as another case of the report has found: nothing is left to lock.
            if (report.service, report.office) != (target.service, target.office):
                _check_own(report, asked)
            session.add(
                Passing(
                    report_id=report.report_id,
                    service=asked.service,
                    office=asked.office,
                    to_service=target.service,
                    to_office=target.office,
                    to_desk=at,
                    begun_at=now,
                    done_at=None,
                )
            )
            report.service, report.office = target.service, target.office
            if isinstance(asked, Asked):
                report.lifecycle = asked.matter
                report.next_date, report.opened_at = intake.first_date(asked.matter, report.lodged_at), None
            await audit_trail.record(session, "passing_begun", object_ref=audit_object(report), actor=None)
        else:
            target = await desk_key(session, passing.to_service, passing.to_office)
        items = await items_of(session, [asked.report_id])
    old = desk_label(asked.service, asked.office)
    return Begun(target, await intake.keystore.wraps_of([item.item_id for item in items], old) if items else {})


async def finish(
    intake: Intake, report_id: UUID, service: str, office: str, wraps: Mapping[UUID, bytes], now: datetime
) -> str:
    """Keep the new desk's wraps, destroy the old desk's, tell the new desk; a digest of what was done. Raises
    NothingHere, WrapsMissing, DeskKeyUnknown.
    """
    old = desk_label(service, office)
    async with intake.database.transaction() as session:
        report = await lock_report(session, report_id)
        passing = await session.get(Passing, (report_id, service, office), with_for_update=True)
        if passing is None:
            raise NothingHere
        target = await desk_key(session, passing.to_service, passing.to_office)
        items = await items_of(session, [report_id])
        ids = [item.item_id for item in items]
        if passing.done_at is None:
            await _rewrap(intake, report_id, ids, old, target, wraps)
            await intake.keystore.destroy_wraps(report_id, old)
            passing.done_at = now
            # A desk of the same service that has the case already has opened it.
            if report.opened_at is None:
                await announce(session, report, items, target, passing.to_desk, {})
            facts: dict[str, str | int] = {"from": old, "to": target.label, "items": len(ids)}
            await audit_trail.record(session, "passed_on", object_ref=audit_object(report), actor=None, facts=facts)
    left = await intake.keystore.wraps_of(ids, old) if ids else {}
    assert not left  # destroyed above, in this call or an earlier one, and nothing seals to that desk any more
    return hashlib.sha256("|".join((str(report_id), old, target.label, *sorted(map(str, ids)))).encode()).hexdigest()


async def had(session: AsyncSession, report_id: UUID, service: str) -> bool:
    """Whether this service had the report and has passed it on: what it still tells of that is its own."""
    found = select(Passing).where(col(Passing.report_id) == report_id, col(Passing.service) == service)
    return (await session.scalars(found)).first() is not None


def _check_own(report: Report, asked: Asked | Moving) -> None:
    if (report.service, report.office) != (asked.service, asked.office):
        raise NothingHere


async def _target(
    session: AsyncSession, intake: Intake, report: Report, asked: Asked | Moving
) -> tuple[str, DeskPublicKey]:
    """The desk that the routing table names, or the one standing in for it, and no other (invariant 34)."""
    if isinstance(asked, Asked):
        desk = desk_for(intake.policy, asked.matter, asked.about)
    else:
        desk = desk_in_place(intake, report.lifecycle, asked.service, asked.desk)
    if (desk.service, desk.key) == (asked.service, asked.office):
        raise NotToBePassedOn("ITS_OWN_DESK")
    if await session.get(Passing, (asked.report_id, desk.service, desk.key)) is not None:
        raise NotToBePassedOn("CAME_FROM_THERE")
    return desk.name, await desk_key(session, desk.service, desk.key)


def desk_in_place(intake: Intake, route: str, service: str, name: str) -> Desk:
    """The desk of this name, where it is the usual one of the route or may stand in for it. Raises NotToBePassedOn."""
    policy = intake.policy
    if route not in policy.routes:
        raise NotToBePassedOn("NO_SUCH_DESK")
    usual = policy.desks[policy.routes[route].desk]
    if name not in {usual.name, *(one.desk for one in usual.instead)} or policy.desks[name].service != service:
        raise NotToBePassedOn("NO_SUCH_DESK")
    return policy.desks[name]


async def _rewrap(
    intake: Intake,
    report_id: UUID,
    ids: Collection[UUID],
    old: str,
    target: DeskPublicKey,
    wraps: Mapping[UUID, bytes],
) -> None:
    """Whatever the old desk can open, the new one can, too, before anything is destroyed."""
    there = await intake.keystore.wraps_of(list(ids), target.label) if ids else {}
    opened_by_old = await intake.keystore.wraps_of(list(ids), old) if ids else {}
    if opened_by_old.keys() - there.keys() - wraps.keys():
        raise WrapsMissing
    new = [
        Wrap(item_id, target.label, report_id, wraps[item_id])
        for item_id in opened_by_old
        if item_id in wraps and item_id not in there
    ]
    await intake.keystore.put_wraps(new)
