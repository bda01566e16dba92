"""The ids that services share, each a type of its own so that one cannot stand in for another."""

from typing import NewType
from uuid import UUID, uuid4

ReportId = NewType("ReportId", UUID)
CaseId = NewType("CaseId", UUID)
ActionId = NewType("ActionId", UUID)
ItemId = NewType("ItemId", UUID)
MeasureId = NewType("MeasureId", UUID)
StaffId = NewType("StaffId", str)


def new_id() -> UUID:
    """A fresh random id (UUIDv4): it says nothing of when or by whom it was made."""
    return uuid4()
