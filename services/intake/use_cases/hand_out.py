"""Handing sealed items to the desk they were sealed to. The audit row is committed before anything leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis import audit_trail
from chassis.sealing import desk_label
from services.intake.intake import Intake, NothingHere, audit_actor, audit_object, report_of_desk
from services.intake.items import items_of
from services.intake.tables import Item, ItemKind, Report

ORIGINALS_FOR: Final = ("workflow", "evidence")
"""The one service, and the one purpose, for which a file as it was sent is handed out."""
_OF_FILES: Final = {ItemKind.FILE: "file_handed_out", ItemKind.ORIGINAL: "original_handed_out"}


@dataclass(frozen=True)
class HandedOut:
    """An item with the wrap of its key to the desk that asked."""

    item_id: UUID
    kind: str
    direction: str
    day: date
    ciphertext: bytes
    wrapped: bytes


async def hand_out_parties(intake: Intake, service: str, report_id: UUID) -> list[HandedOut]:
    """The parties of a report, for its own service and for routing alone. Raises NothingHere."""
    async with intake.database.transaction() as session:
        report = await report_of_desk(session, service, report_id)
        items = [item for item in await items_of(session, [report_id]) if item.kind == ItemKind.PARTIES]
        await audit_trail.record(
            session,
            "parties_handed_out",
            object_ref=audit_object(report),
            actor=None,
            facts={"service": service, "purpose": "routing"},
        )
    return await _with_wraps(intake, report, items)


async def hand_out_contents(
    intake: Intake, service: str, report_id: UUID, staff_id: str, purpose: str
) -> list[HandedOut]:
    """Everything of a report, for one person of its desk and one purpose. Raises NothingHere, also for somebody whom
    the person named or refused: that refusal is audited.
    """
    async with intake.database.transaction() as session:
        report = await report_of_desk(session, service, report_id)
        excluded = await intake.excludes(session, report_id, staff_id)
        items = [] if excluded else await items_of(session, [report_id])
        await _record(session, report, "contents_refused" if excluded else "contents_handed_out", staff_id, purpose)
    if excluded:
        raise NothingHere
    return await _with_wraps(intake, report, [item for item in items if item.kind != ItemKind.ORIGINAL])


async def hand_out_file(
    intake: Intake, service: str, report_id: UUID, item_id: UUID, staff_id: str, purpose: str
) -> HandedOut:
    """One of a file's two items, for one person of its desk and one purpose; its chunks are no secret to whoever has
    that. A file as it was sent is for oversight alone, as evidence. Raises NothingHere, as `hand_out_contents`.
    """
    async with intake.database.transaction() as session:
        report = await report_of_desk(session, service, report_id)
        item = await session.get(Item, item_id)
        if item is None or item.report_id != report_id or item.kind not in _OF_FILES:
            raise NothingHere
        excluded = await intake.excludes(session, report_id, staff_id)
        if item.kind == ItemKind.ORIGINAL and (service, purpose) != ORIGINALS_FOR:
            raise NothingHere
        act = "file_refused" if excluded else _OF_FILES[item.kind]
        await _record(session, report, act, staff_id, purpose)
    if excluded:
        raise NothingHere
    found = await _with_wraps(intake, report, [item])
    if not found:
        raise NothingHere
    return found[0]


async def _record(session: Any, report: Report, act: str, staff_id: str, purpose: str) -> None:
    # A refused reader is a party or somebody she does not want: the trail does not say who.
    actor = None if act.endswith("_refused") else audit_actor(report, staff_id)
    await audit_trail.record(
        session,
        act,
        object_ref=audit_object(report),
        actor=actor,
        facts={"service": report.service, "purpose": purpose},
    )


async def _with_wraps(intake: Intake, report: Report, items: Sequence[Item]) -> list[HandedOut]:
    label = desk_label(report.service, report.office)
    wraps = await intake.keystore.wraps_of([item.item_id for item in items], label) if items else {}
    return [
        HandedOut(item.item_id, item.kind, item.direction, item.day, item.ciphertext, wraps[item.item_id])
        for item in items
        if item.item_id in wraps
    ]
