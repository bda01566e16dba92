"""All open cases of one kind that somebody sees, for a panel that puts them in an order of its own."""

from datetime import datetime
from typing import Final

from lifecycle import at_desk
from lifecycle.access import DUE_FIRST
from lifecycle.desk import Desk
from lifecycle.model import Actor
from lifecycle.records import CaseRow

_PAGE: Final = 200


async def open_cases(
    desk: Desk, staff_id: str, lifecycle: str, until: datetime | None = None
) -> list[tuple[CaseRow, Actor]]:
    """By their next date, each with who reads it; with `until` only those that have one before it."""
    found: list[tuple[CaseRow, Actor]] = []
    position = None
    while True:
        some, position = await at_desk.list_cases(desk, staff_id, position, _PAGE, DUE_FIRST, lifecycle)
        found += [one for one in some if not until or (one[0].unmet_at and one[0].unmet_at < until)]
        if position is None or (until and position[0] >= until):
            return found
