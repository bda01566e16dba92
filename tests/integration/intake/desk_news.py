"""What a desk tells of its case, for the pages: the case, its offers, and what reached the desk of what she did."""

import json
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from contracts.cases.v1.cases_pb2 import CaseChanged, Offer
from tests.integration.intake.world import World

SOON = datetime(2027, 3, 2, 9, tzinfo=UTC)


def tells(report_id: str, version: int = 1, **changes: Any) -> CaseChanged:
    next_date = Timestamp()
    next_date.FromDatetime(SOON)
    given: dict[str, Any] = {
        "report_id": report_id,
        "lifecycle": "informal_resolution",
        "number": 1,
        "version": version,
        "state": "talking",
        "next_date": next_date,
        "offers": [],
        "wording_key": "informal_resolution.talking",
    }
    return CaseChanged(**(given | changes))


def offer(action: str, *fields: dict[str, Any], asked: bool = False) -> Offer:
    return Offer(action=action, fields_json=json.dumps(fields), asked=asked)


async def acts(world: World, report_id: str) -> list[Any]:
    return [one.message for one in await world.events(report_id) if type(one.message).__name__ == "PersonActed"]
