"""The ethics office's tables: who is protected, what was seen about whom, what its queries and its holds are about.

No staff id stands here in clear: people are tags under the cell's key, everything said of them is sealed.
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import NAMING
from lifecycle.tables import define_with_reports
from services.ethics.domain.query import PERSONNEL_ACTION

AWARE: Any = DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Protected(Base, table=True):
    """One protected activity of one person (invariant 45). Somebody who did two has two rows, and is protected since
    the earlier.

    `until`: the end of the look-ahead in which what happens to the person is queried (invariant 46); none while the
    matter that it rests on is open. `contact_agreed`: whether the office may contact the person about this protection,
    each with an answer of its own. Of times the day alone is kept, as intake tells it: an exact one, also of when word
    came, would say which report it belongs to.
    """

    __tablename__ = "protected"
    protection_id: UUID = Field(primary_key=True)
    sealed_person: bytes
    person_tag: bytes = Field(index=True)
    activity: str = Field(sa_type=Text)
    started_at: datetime = Field(sa_type=AWARE)
    until: datetime | None = Field(sa_type=AWARE)
    contact_agreed: bool


class EndedEarly(Base, table=True):
    """Word of an end that came before word of the protection: the topic that both come by keeps no order."""

    __tablename__ = "ended_early"
    protection_id: UUID = Field(primary_key=True)
    ended_on: datetime = Field(sa_type=AWARE)


class ContractEnd(Base, table=True):
    """The last day of everybody's contract, by tag: whoever becomes protected tomorrow is watched from then on."""

    __tablename__ = "contract_ends"
    person_tag: bytes = Field(primary_key=True)
    ends_on: date


class WatchedEnd(Base, table=True):
    """A contract's end that was asked about at `days` before it; 0 is the end itself."""

    __tablename__ = "watched_ends"
    person_tag: bytes = Field(primary_key=True)
    ends_on: date = Field(primary_key=True)
    days: int = Field(primary_key=True)


class Hold(Base, table=True):
    """The random name under which HR knows what it is asked to leave undone: it leads back to a case here alone."""

    __tablename__ = "holds"
    hold_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.case_id", index=True)


class SeenAction(Base, table=True):
    """A personnel action, or a complaint, that was looked at, about whomever. `told_at`: when word of it was sent.

    It stays sealed as it came, for as long as a protection that began before it may still arrive;
    then `person_tag` and `sealed` are emptied and only that it was seen remains, for ever: nothing else would know the
    event when its record is sent again.
    """

    __tablename__ = "seen_actions"
    __table_args__: ClassVar[Any] = (
        Index("ix_seen_actions_person_tag_told_at", "person_tag", "told_at"),
        Index("ix_seen_actions_kept", "seen_at", postgresql_where=text("sealed is not null")),
    )
    event_id: UUID = Field(primary_key=True)
    about: str = Field(sa_type=Text, sa_column_kwargs={"server_default": PERSONNEL_ACTION})
    person_tag: bytes | None
    sealed: bytes | None
    told_at: datetime = Field(sa_type=AWARE)
    seen_at: datetime = Field(sa_type=AWARE, sa_column_kwargs={"server_default": func.now()})
    case_id: UUID | None


# What a query is about, sealed under the key of its case: gone with the case.
QUERY_FACTS = Table(
    "query_facts",
    Base.metadata,
    Column("case_id", Uuid, ForeignKey("cases.case_id"), primary_key=True),
    Column("item_id", Uuid, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
# The HR bridge numbers what it tells, from 1 and without holes, for each of its sources (inside the seal).
ACTION_NUMBERS = Table(
    "action_numbers",
    Base.metadata,
    Column("source", Text, primary_key=True),
    Column("highest", BigInteger, nullable=False),
)
# Numbers below the highest that have not come: late, or withheld.
MISSING_NUMBERS = Table(
    "missing_numbers",
    Base.metadata,
    Column("source", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("noticed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("alarmed_at", DateTime(timezone=True)),
)
# One row, renewed while the sentinel works.
SENTINEL = Table(
    "sentinel",
    Base.metadata,
    Column("one", Boolean, CheckConstraint("one", name="one"), primary_key=True),
    Column("works_at", DateTime(timezone=True), nullable=False),
)

define_with_reports(Base.metadata)
