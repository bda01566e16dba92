"""The ombuds cell's tables: its talks and what every desk keeps. No key leads from here to any other service."""

from uuid import UUID

from sqlalchemy import MetaData, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import NAMING
from lifecycle.tables import define_with_reports


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class TalkCounted(Base, table=True):
    """That a talk is in the sum of its half-year and region; it goes when the talk is purged."""

    __tablename__ = "talks_counted"
    case_id: UUID = Field(primary_key=True, foreign_key="cases.case_id")


class TalkCount(Base, table=True):
    """Of a half-year and region. It names no talk, and none leads to it."""

    __tablename__ = "talk_counts"
    period: str = Field(primary_key=True, sa_type=Text)
    region: str = Field(primary_key=True, sa_type=Text)
    talks: int


class ToldPeriod(Base, table=True):
    """A half-year whose sums were told: never again."""

    __tablename__ = "told_periods"
    period: str = Field(primary_key=True, sa_type=Text)


define_with_reports(Base.metadata)
