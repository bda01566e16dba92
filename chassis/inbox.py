"""Events coming in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from google.protobuf.message import Message
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.topics import Topic

AfterCommit = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Event:
    """A verified event with its message read. `source` is the service that signed it."""

    topic: Topic
    key: str
    id: UUID
    source: str
    sequence: int
    time: datetime
    message: Message
    traceparent: str | None


Handler = Callable[[AsyncSession, Event], Awaitable[AfterCommit | None]]
Acknowledge = Callable[[AsyncSession, Event], Awaitable[None]]


class InvalidMessage(ValueError):
    """An event that can never be applied: it becomes a dead letter. `code` says why, in one fixed word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
