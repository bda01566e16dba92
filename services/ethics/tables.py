"""The ethics office's tables: who is protected, which personnel actions were seen, and what its queries are about.

No staff id stands here in clear: people are tags under the cell's key, everything said of them is sealed.
"""

from datetime import datetime
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
from lifecycle.tables import define

AWARE: Any = DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Protected(Base, table=True):
    """One protected activity of one person (invariant 45); somebody who did two has two rows.

    `until`: the end of the look-ahead in which HR's actions about the person are queried (invariant 46). Of times the
    day alone is kept, as intake tells it: an exact one, also of when word came, would say which report it belongs to.
    """

    __tablename__ = "protected"
    protection_id: UUID = Field(primary_key=True)
    sealed_person: bytes
    person_tag: bytes = Field(index=True)
    activity: str = Field(sa_type=Text)
    started_at: datetime = Field(sa_type=AWARE)
    until: datetime = Field(sa_type=AWARE)


class SeenAction(Base, table=True):
    """A personnel action that was looked at, about whomever. `told_at`: when the HR bridge told of it.

    The action itself stays sealed as it came, for as long as a protection that began before it may still arrive;
    then `person_tag` and `sealed` are emptied and only that it was seen remains, for ever: nothing else would know the
    event when its record is sent again.
    """

    __tablename__ = "seen_actions"
    __table_args__: ClassVar[Any] = (
        Index("ix_seen_actions_person_tag_told_at", "person_tag", "told_at"),
        Index("ix_seen_actions_kept", "seen_at", postgresql_where=text("sealed is not null")),
    )
    event_id: UUID = Field(primary_key=True)
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

define(Base.metadata)
