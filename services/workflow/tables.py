"""Workflow's tables: cases and what every desk keeps, and which measure belongs to which case."""

from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis import tables
from lifecycle import directory, exclusions, notices, parties, records, reports


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=tables.NAMING))):
    """A registry of one's own: its metadata holds the tables of this service and no other's."""


class Measure(Base, table=True):
    """The random name under which the HR bridge knows an interim measure: it leads back to a case here alone."""

    __tablename__ = "measures"
    measure_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="cases.case_id", unique=True)


def define(metadata: MetaData) -> None:
    """The tables that are not this service's own kind."""
    tables.define(metadata)
    records.define(metadata)
    directory.define(metadata)
    exclusions.define(metadata)
    parties.define(metadata)
    reports.define(metadata)
    notices.define(metadata)


define(Base.metadata)
