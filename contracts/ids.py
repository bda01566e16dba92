"""Ids: how a fresh one is made, and that of a case as a type of its own, so that no other stands in for it."""

from typing import NewType
from uuid import UUID, uuid4

CaseId = NewType("CaseId", UUID)


def new_id() -> UUID:
    """A fresh random id (UUIDv4): it says nothing of when or by whom it was made."""
    return uuid4()
