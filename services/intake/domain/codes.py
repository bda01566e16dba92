"""Which report somebody means who has lost her code. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

NAMED_AT: Final = frozenset({"workflow", "ethics"})
"""Services whose reporters the custodian may know by name. A talk and help are on the person's side: nobody outside of
their cells learns who came to them (invariants 28, 30), so for those nobody gives another code.
"""
ABOUT: Final = timedelta(days=3)
"""How well a day is remembered."""


class SeveralMatch(Exception):
    """More than one was sent about then, and none or several on the very day."""


def meant(sent_on: Mapping[UUID, date], day: date) -> UUID | None:
    """The one report, by the days on which a person's reports were sent: that of the very day before those about it;
    None where there is none. Raises SeveralMatch: one route at a time (invariant 8).
    """
    for near in (timedelta(), ABOUT):
        found = [report_id for report_id, on in sent_on.items() if abs(on - day) <= near]
        if len(found) > 1:
            raise SeveralMatch
        if found:
            return found[0]
    return None
