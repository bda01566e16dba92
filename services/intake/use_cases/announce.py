"""The news that a desk has a report: of the report and its items, never of what they say."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.desk_keys import DeskPublicKey
from chassis.outbox import add_event
from contracts.intake.v1.reports_pb2 import ReportingMode, ReportLodged
from contracts.topics import reports_to
from services.intake.items import SealedItem
from services.intake.tables import Item, ItemKind, Report

_MODES: Final = {
    "confidential": ReportingMode.REPORTING_MODE_CONFIDENTIAL,
    "anonymous": ReportingMode.REPORTING_MODE_ANONYMOUS,
}


async def announce(
    session: AsyncSession,
    report: Report,
    items: Sequence[SealedItem | Item],
    desk: DeskPublicKey,
    at: str,
    choices: Mapping[str, str],
) -> None:
    """To the report's own desk, which the routing table calls `at`. `choices` are what she chose when lodging, for its
    opening.
    """
    parties = [str(item.item_id) for item in items if item.kind == ItemKind.PARTIES]
    message = ReportLodged(
        report_id=str(report.report_id),
        lifecycle=report.lifecycle,
        mode=_MODES[report.mode],
        lodged_at=report.lodged_at,
        route_public_key=report.route_public_key or b"",
        parties_item_id=parties[0] if parties else "",
        item_ids=[str(item.item_id) for item in items if item.kind not in (ItemKind.PARTIES, ItemKind.IDENTITY)],
        desk_key_id=desk.key_id,
        language=report.language,
        facts_json=json.dumps(choices),
        desk=at,
    )
    await add_event(session, reports_to(report.service), str(report.report_id), message)
