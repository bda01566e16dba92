"""The tables of notifications: what is still to be sent, and what was sent when, for which event."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Text, false, func
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis import tables
from lifecycle import in_force

AWARE: Any = DateTime(timezone=True)


class Ending(StrEnum):
    """How a notice ended. Stored: a value never changes its meaning."""

    SENT = "sent"
    NO_RECIPIENT = "no_recipient"
    """The service that asked does not know (any more) who was meant."""
    REFUSED = "refused"
    """The mail server will never take it."""
    OVERTAKEN = "overtaken"
    """A digest that could not go until it was time for the next."""
    JOINED = "joined"
    """A mail to the same person was on its way already, and says as much."""
    GAVE_UP = "gave_up"
    """Tried for three days."""


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=tables.NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Waiting(Base, table=True):
    """A notice that has not ended. `failure` says why the last attempt did not work; who is meant is not kept, nor what
    about: every mail says the same.

    `may_wait`: for the next digest; `late_office`: whose desk's time was not kept, which the mail says.
    `goes_with`: what else goes to the same person, where a mail is not to go at once, and names nobody; `goes_at`: when
    it is to go, and since when it is tried.
    """

    __tablename__ = "waiting"
    event_id: UUID = Field(primary_key=True)
    source: str = Field(sa_type=Text)
    recipient_ref: UUID
    received_at: datetime = Field(sa_type=AWARE, sa_column_kwargs={"server_default": func.now()})
    next_try_at: datetime = Field(sa_type=AWARE, index=True, sa_column_kwargs={"server_default": func.now()})
    tries: int = Field(sa_column_kwargs={"server_default": "0"})
    failure: str | None = Field(sa_type=Text)
    may_wait: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    late_office: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    goes_with: UUID | None = Field(default=None, index=True)
    goes_at: datetime = Field(sa_type=AWARE, sa_column_kwargs={"server_default": func.now()})


class Sent(Base, table=True):
    """A notice that has ended; the same event coming again finds this row and does nothing. Beside a mail server's log,
    which has the time and the address, anything more would tell who holds a talk.
    """

    __tablename__ = "sent"
    event_id: UUID = Field(primary_key=True)
    channel: str = Field(sa_type=Text)
    state: Ending = Field(sa_type=Text)
    at: datetime = Field(sa_type=AWARE, sa_column_kwargs={"server_default": func.now()})


tables.define(Base.metadata)
in_force.define(Base.metadata)
