"""Workflow's tables: cases and what every desk keeps, and which measure belongs to which case."""

from uuid import UUID

from sqlalchemy import MetaData
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


define_with_reports(Base.metadata)
