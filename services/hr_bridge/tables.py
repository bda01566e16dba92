"""The HR bridge's tables: the people directory, what HR was asked to do and did, what HR has declared."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis import tables
from lifecycle import in_force
from services.hr_bridge.domain.line_change import FailureCode, TaskKind, TaskState

AWARE: Any = DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=tables.NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class PersonState(SQLModel):
    """What the directory says of one person. No name: nothing here needs one."""

    unit: str = Field(sa_type=Text)
    station: str = Field(sa_type=Text)
    line_staff_id: str = Field(sa_type=Text)
    """Empty for whoever reports to nobody."""
    contract: str = Field(sa_type=Text)
    contract_end: date | None
    active: bool
    mail_address: str = Field(sa_type=Text)
    valid_from: datetime = Field(sa_type=AWARE)


class Person(PersonState, Base, table=True):
    __tablename__ = "people"
    staff_id: str = Field(sa_type=Text, primary_key=True)


class PastPerson(PersonState, Base, table=True):
    """A state that another one has replaced. `compared`: it was asked whether HR declared the change that ended it."""

    __tablename__ = "people_history"
    __table_args__: ClassVar[Any] = (
        Index("ix_people_history_not_compared", "ended_at", postgresql_where=text("not compared")),
    )
    staff_id: str = Field(sa_type=Text, primary_key=True)
    ended_at: datetime = Field(sa_type=AWARE, primary_key=True)
    compared: bool = Field(sa_column_kwargs={"server_default": text("false")})


class Task(Base, table=True):
    """
    One thing to do in the HR system for one measure; `number` orders the tasks of a measure. Or one to leave undone: a
    hold, which stands alone under its own id in the place of a measure's, with the kind of action as its `type`.

    `sealed_persons` is what the event brought; `before_image`, sealed to HR's own key and committed before the HR
    system is touched, says whose line (`person`) was whose (`from`) and whose it is to be (`to`); for a separation, at
    which duty station they were and are to be.
    """

    __tablename__ = "tasks"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("measure_id", "number"),
        Index("ix_tasks_open", "due_at", postgresql_where=text("state in ('waiting', 'running')")),
        Index("ix_tasks_created", "created_at", "task_id"),
    )
    task_id: UUID = Field(primary_key=True)
    measure_id: UUID
    number: int
    kind: TaskKind = Field(sa_type=Text)
    state: TaskState = Field(sa_type=Text)
    code: FailureCode | None = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=AWARE)
    decision_id: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    """Which of workflow's decisions it answers."""
    type: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "reporting_line_change"})
    until_at: datetime | None = Field(sa_type=AWARE)
    sealed_persons: bytes
    before_image: bytes | None
    proof_hash: bytes | None
    created_at: datetime = Field(sa_type=AWARE)
    finished_at: datetime | None = Field(sa_type=AWARE)


class TaskAction(Base, table=True):
    """A confirmation; given twice, it gets the first answer."""

    __tablename__ = "task_actions"
    action_id: UUID = Field(primary_key=True)
    task_id: UUID
    staff_id: str = Field(sa_type=Text)
    state: TaskState = Field(sa_type=Text)
    at: datetime = Field(sa_type=AWARE)


# Keyed digests alone: a copy of this table tells neither whom an action was about nor what it was.
PERSONNEL_ACTIONS = Table(
    "personnel_actions",
    Base.metadata,
    Column("reference_tag", LargeBinary, primary_key=True),
    Column("content_tag", LargeBinary, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)
PERSONNEL_COUNTERS = Table(
    "personnel_counters",
    Base.metadata,
    Column("source", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
DECLARED_CHANGES = Table(
    "declared_changes",
    Base.metadata,
    Column("tag", LargeBinary, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
WEBHOOK_NONCES = Table(
    "webhook_nonces",
    Base.metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)

tables.define(Base.metadata)
in_force.define(Base.metadata)
