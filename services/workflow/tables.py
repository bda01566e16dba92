"""Workflow's tables: cases and what every desk keeps, which measure belongs to which case, and what is drafted about
appointments and policy.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import NAMING
from lifecycle.tables import define_with_reports


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Measure(Base, table=True):
    """The random name under which the HR bridge knows an interim measure: it leads back to a case here alone."""

    __tablename__ = "measures"
    measure_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.case_id", unique=True)


AWARE: Any = DateTime(timezone=True)


class DraftKind(StrEnum):
    """Stored: a value never changes its meaning."""

    APPOINT = "appoint"
    END = "end"


class AppointmentDraft(Base, table=True):
    """An appointment that somebody has drafted, or the end of one (`to_day` is its last day then), until a second
    person approves or sets it aside. `appointment` is the one that it makes or ends.
    """

    __tablename__ = "appointment_drafts"
    draft_id: UUID = Field(primary_key=True)
    kind: DraftKind = Field(sa_type=Text)
    appointment: str = Field(sa_type=Text)
    staff_id: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    place: str = Field(sa_type=Text)
    from_day: date
    to_day: date | None = None
    substitute_for: str | None = Field(default=None, sa_type=Text)
    languages: list[str] = Field(sa_type=ARRAY(Text))
    gender: str | None = Field(default=None, sa_type=Text)
    drafted_by: str = Field(sa_type=Text)
    drafted_at: datetime = Field(sa_type=AWARE)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_at: datetime | None = Field(default=None, sa_type=AWARE)
    approved: bool | None = None


class PolicyDraft(Base, table=True):
    """That somebody has drafted with which version new cases begin from a day on, until it is decided on. The hash is
    that of the files as they were then.
    """

    __tablename__ = "policy_drafts"
    draft_id: UUID = Field(primary_key=True)
    pack: str = Field(sa_type=Text)
    version: str = Field(sa_type=Text)
    content_hash: str = Field(sa_type=Text)
    from_day: date
    drafted_by: str = Field(sa_type=Text)
    drafted_at: datetime = Field(sa_type=AWARE)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_at: datetime | None = Field(default=None, sa_type=AWARE)
    approved: bool | None = None


class IdentityRequest(Base, table=True):
    """That a handler of a case asks the custodian who reports, for one purpose; gone once that is refused or over. The
    pair that the answer is sealed to is made for it alone, and lies sealed under the key of the case. `until`: given,
    and until when.
    """

    __tablename__ = "identity_requests"
    __table_args__: ClassVar[Any] = (UniqueConstraint("case_id", "staff_id", "purpose"),)
    request_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.case_id")
    staff_id: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    ciphertext: bytes
    wrapped: bytes
    asked_at: datetime = Field(sa_type=AWARE)
    until: datetime | None = Field(default=None, sa_type=AWARE)


class FigurePeriod(Base, table=True):
    """A half-year whose figures are published: they are never counted again."""

    __tablename__ = "figure_periods"
    period: str = Field(primary_key=True, sa_type=Text)
    published_at: datetime = Field(sa_type=AWARE)


class Figure(Base, table=True):
    """One published number, rounded; none where it is not shown. What it was rounded from is kept nowhere."""

    __tablename__ = "figures"
    period: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(primary_key=True, sa_type=Text)
    outcome: str = Field(primary_key=True, sa_type=Text)
    region: str = Field(primary_key=True, sa_type=Text)
    about: int | None = None


class PromiseRate(Base, table=True):
    """How often a promise about time was kept in a half-year, of ten; none where it is not shown."""

    __tablename__ = "promise_rates"
    period: str = Field(primary_key=True, sa_type=Text)
    lifecycle: str = Field(primary_key=True, sa_type=Text)
    clock: str = Field(primary_key=True, sa_type=Text)
    tenths: int | None = None


define_with_reports(Base.metadata)
